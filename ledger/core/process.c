/* ledger/core/process.c - see process.h. */
#include "ledger/core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXEC_FAILED = 127 };

static bool find_user(const char *name, struct user *out)
{
    const struct passwd *p = getpwnam(name);
    if (p == NULL || p->pw_uid == 0)
        return false;
    out->uid = p->pw_uid;
    out->gid = p->pw_gid;
    snprintf(out->name, sizeof out->name, "%s", p->pw_name);
    return true;
}

enum err user_unprivileged(struct user *out)
{
    if (geteuid() != 0) {
        const struct passwd *p = getpwuid(geteuid());
        *out = (struct user){.uid = geteuid(), .gid = getegid()};
        snprintf(out->name, sizeof out->name, "%s", p != NULL ? p->pw_name : "this user");
        return OK;
    }
    if (find_user("postgres", out) || find_user("nobody", out))
        return OK;
    return err_with(ERR_CONFIG, "PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

/* In the child, before exec. For good: real, effective and saved ids. */
static bool become(const struct user *u)
{
    if (geteuid() != 0)
        return geteuid() == u->uid;
    return setgroups(0, NULL) == 0 && setgid(u->gid) == 0 && setuid(u->uid) == 0;
}

static enum err wait_for(pid_t pid, const char *what)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_with(ERR_IO, "%s: %s", what, strerror(errno));
    if (WIFSIGNALED(status))
        return err_with(ERR_IO, "%s was ended by signal %d", what, WTERMSIG(status));
    if (WEXITSTATUS(status) == EXEC_FAILED)
        return err_with(ERR_IO, "%s could not be run", what);
    if (WEXITSTATUS(status) != 0)
        return err_with(ERR_IO, "%s left with status %d", what, WEXITSTATUS(status));
    return OK;
}

bool user_may_use(const struct user *u, const char *directory)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(become(u) && access(directory, R_OK | W_OK | X_OK) == 0 ? 0 : 1);
    bool may = pid > 0 && wait_for(pid, "access") == OK;
    err_clear(); /* "no" is an answer, not a failure */
    return may;
}

/* Only async-signal-safe calls: other threads may have held any lock when we forked. They may be opening files, too. */
static _Noreturn void child(const struct user *u, const char *const argv[], int output, bool detached)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (detached)
        setsid();
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && become(u) && chdir("/") == 0) {
        closefrom(STDERR_FILENO + 1);
        execv(argv[0], (char *const *)argv);
    }
    _exit(EXEC_FAILED);
}

enum err process_start(const struct user *u, const char *const argv[], int output, bool detached, pid_t *out)
{
    pid_t pid = fork();
    if (pid < 0)
        return err_with(ERR_IO, "fork: %s", strerror(errno));
    if (pid == 0)
        child(u, argv, output, detached);
    *out = pid;
    return OK;
}

enum err process_run(const struct user *u, const char *const argv[], int output)
{
    pid_t pid;
    TRY(process_start(u, argv, output, false, &pid));
    return wait_for(pid, argv[0]);
}

enum err process_output(const char *const argv[], char *out, size_t size)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_with(ERR_IO, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        if (dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0 && dup2(nothing, STDIN_FILENO) >= 0)
            execvp(argv[0], (char *const *)argv);
        _exit(EXEC_FAILED);
    }
    close(ends[1]);
    size_t n = 0;
    char rest[256];
    for (;;) {
        bool full = n + 1 >= size;
        ssize_t got = read(ends[0], full ? rest : out + n, full ? sizeof rest : size - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += full ? 0 : (size_t)got;
    }
    close(ends[0]);
    out[n] = '\0';
    return pid < 0 ? err_with(ERR_IO, "fork: %s", strerror(errno)) : wait_for(pid, argv[0]);
}

/* ledger/core/cluster.c - see cluster.h. */
#include "ledger/core/cluster_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ledger/core/db.h"
#include "ledger/core/file.h"
#include "ledger/core/log.h"
#include "ledger/core/migrate.h"

enum {
    START_SECONDS = 600, /* crash recovery of a large database takes a while */
    STOP_SECONDS = 120,
    STEP_MS = 20,
    ORPHAN_TRIES = 10,
    ORPHAN_WAIT_MS = 500,
    LOG_TAIL = 2048
};

/* Settings that fit a machine which also runs the mirror; durability is never traded. */
static const char settings[] = "listen_addresses = ''\n"
                               "port = 5432\n"
                               "unix_socket_permissions = 0700\n"
                               "max_connections = 100\n"
                               "shared_buffers = 256MB\n"
                               "wal_compression = on\n"
                               "max_wal_size = 4GB\n"
                               "checkpoint_timeout = 15min\n"
                               "checkpoint_completion_target = 0.9\n"
                               "fsync = on\n"
                               "synchronous_commit = on\n"
                               "full_page_writes = on\n"
                               "random_page_cost = 1.1\n"
                               "autovacuum = on\n"
                               "jit = off\n"
                               "logging_collector = off\n"
                               "log_destination = 'stderr'\n"
                               "log_checkpoints = off\n"
                               "log_line_prefix = '%m [%p] '\n"
                               "timezone = 'UTC'\n";

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* ---- making, starting, stopping ---- */

static void tell_log(const struct cluster *c)
{
    char tail[LOG_TAIL + 1];
    int fd = open(c->log, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    off_t size = lseek(fd, 0, SEEK_END);
    ssize_t n = pread(fd, tail, LOG_TAIL, size > LOG_TAIL ? size - LOG_TAIL : 0);
    close(fd);
    tail[n > 0 ? n : 0] = '\0';
    char *rest = NULL;
    for (char *line = strtok_r(tail, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        log_error("postgres", "%s", line);
}

static enum err open_log(const struct cluster *c, int *out)
{
    int fd = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_error("cannot write", c->log);
    *out = fd;
    return OK;
}

/* The running postmaster's pid, or 0. A pid file whose process is another program's (numbers are used again, above all in
 * containers) is stale; PostgreSQL itself would only see that some process has the number, and refuse to start. */
static pid_t running(const struct cluster *c, bool *stale)
{
    char path[PATH_MAX], text[64], cwd[PATH_MAX];
    snprintf(path, sizeof path, "%s/postmaster.pid", c->data);
    *stale = false;
    if (file_read(path, text, sizeof text) != OK)
        return 0;
    long pid = strtol(text, NULL, 10);
    snprintf(path, sizeof path, "/proc/%ld/cwd", pid);
    ssize_t n = pid > 0 ? readlink(path, cwd, sizeof cwd - 1) : -1;
    cwd[n > 0 ? n : 0] = '\0';
    *stale = strcmp(cwd, c->data) != 0;
    return *stale ? 0 : (pid_t)pid;
}

/* Line 8 of postmaster.pid is "ready" once connections are taken. */
static bool is_ready(const struct cluster *c)
{
    char path[PATH_MAX], text[PATH_MAX + 512];
    snprintf(path, sizeof path, "%s/postmaster.pid", c->data);
    if (file_read(path, text, sizeof text) != OK)
        return false;
    const char *line = text;
    for (int i = 1; i < 8 && line != NULL; i++) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return line != NULL && strncmp(line, "ready", 5) == 0;
}

/* initdb under another name, renamed when whole: one that was killed half-way is not taken for a cluster. */
static enum err make_data(struct cluster *c)
{
    if (access(c->data, F_OK) == 0)
        return OK;
    const char *fresh = arena_printf(&c->arena, "%s.new", c->data);
    const char *initdb = arena_printf(&c->arena, "%s/initdb", c->bin);
    const char *const remove[] = {"/bin/rm", "-rf", "--", fresh, NULL};
    const char *const make[] = {initdb,
                                "-D",
                                fresh,
                                "-U",
                                "postgres",
                                "-A",
                                "trust",
                                "--locale=C",
                                "--encoding=UTF8",
                                "--data-checksums",
                                "--no-instructions",
                                NULL};
    int output;
    log_info("cluster", "making a PostgreSQL cluster in %s, run by user %s", c->directory, c->user.name);
    TRY(open_log(c, &output));
    enum err e = process_run(&c->user, remove, output);
    if (e == OK)
        e = process_run(&c->user, make, output);
    close(output);
    if (e != OK) {
        tell_log(c);
        return e;
    }
    TRY(file_write(&c->user, arena_printf(&c->arena, "%s/pg_hba.conf", fresh),
                   "# Only over the socket, whose directory lets nobody else in.\nlocal all all trust\n"));
    TRY(file_write(&c->user, arena_printf(&c->arena, "%s/postgresql.conf", fresh), "include 'altledger.conf'\n"));
    return rename(fresh, c->data) == 0 ? OK : file_error("cannot rename", fresh);
}

static enum err wait_ready(const struct cluster *c, pid_t pid)
{
    for (int i = 0; i < START_SECONDS * 1000 / STEP_MS; i++) {
        if (is_ready(c))
            return OK;
        if (c->hurry != NULL && atomic_load(c->hurry))
            return ERR_STOPPED;
        if (waitpid(pid, NULL, WNOHANG) == pid || kill(pid, 0) != 0) {
            tell_log(c);
            return err_with(ERR_IO, "PostgreSQL did not start; see %s", c->log);
        }
        pause_ms(STEP_MS);
    }
    return err_with(ERR_IO, "PostgreSQL was not ready within %d s; see %s", START_SECONDS, c->log);
}

static enum err start_program(struct cluster *c)
{
    TRY(file_write(&c->user, arena_printf(&c->arena, "%s/altledger.conf", c->data),
                   arena_printf(&c->arena, "# Written at every start.\n%sunix_socket_directories = '%s'\n", settings,
                                c->socket)));
    const char *program = arena_printf(&c->arena, "%s/postgres", c->bin);
    int output;
    pid_t pid;
    TRY(open_log(c, &output));
    enum err e = process_start(&c->user, (const char *const[]){program, "-D", c->data, NULL}, output, true, &pid);
    close(output);
    TRY(e);
    TRY(file_write(&c->user, c->marker, arena_printf(&c->arena, "%d\n", (int)pid)));
    e = wait_ready(c, pid);
    if (e == ERR_STOPPED) { /* it may have no pid file yet by which stop would find it */
        kill(pid, SIGINT);
        waitpid(pid, NULL, 0);
    }
    return e;
}

static enum err start(struct cluster *c)
{
    bool stale;
    pid_t pid = running(c, &stale);
    if (pid != 0)
        return wait_ready(c, pid);
    if (stale) {
        log_warn("cluster", "removed a stale postmaster.pid");
        unlink(arena_printf(&c->arena, "%s/postmaster.pid", c->data));
        unlink(arena_printf(&c->arena, "%s/.s.PGSQL.5432.lock", c->socket)); /* names the same process */
    }
    enum err e = start_program(c);
    /* The orphans of a killed postmaster end by themselves, but hold its shared memory until then. */
    for (int i = 0; stale && e == ERR_IO && i < ORPHAN_TRIES; i++) {
        pause_ms(ORPHAN_WAIT_MS);
        e = start_program(c);
    }
    return e;
}

static bool is_ours(const struct cluster *c, pid_t pid)
{
    char text[32] = "";
    return file_read(c->marker, text, sizeof text) == OK && strtol(text, NULL, 10) == pid;
}

/* Fast shutdown; an immediate one (recovered from at the next start) if that takes too long. */
static void stop(const struct cluster *c)
{
    bool stale;
    pid_t pid = running(c, &stale);
    if (pid == 0 || !is_ours(c, pid))
        return; /* nobody of us started it */
    kill(pid, SIGINT);
    for (int i = 0; i < STOP_SECONDS * 1000 / STEP_MS; i++) {
        waitpid(pid, NULL, WNOHANG); /* it may be our child */
        if (running(c, &stale) == 0)
            return;
        pause_ms(STEP_MS);
    }
    log_warn("cluster", "PostgreSQL did not stop within %d s: stopping it at once", STOP_SECONDS);
    kill(pid, SIGQUIT);
}

/* The login and the database, each made once; roles.sql gives the login what it may take on. */
static enum err make_database(const char *maintenance, const char *admin)
{
    struct db *db = NULL;
    AUTO_ROWS rows = NULL;
    TRY(db_open(maintenance, NULL, "altledger cluster", &db));
    enum err e = db_query(db,
                          "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'altledger'),"
                          " EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = 'altledger'),"
                          " EXISTS (SELECT FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba"
                          "  WHERE d.datname = 'altledger' AND r.rolname = 'altledger_owner')",
                          WITH_NOTHING, &rows);
    if (e == OK && !rows_bool(rows, 0, 0))
        e = db_script(db, "CREATE ROLE altledger LOGIN NOINHERIT");
    if (e == OK && !rows_bool(rows, 0, 1))
        e = db_script(db, "CREATE DATABASE altledger TEMPLATE template0");
    bool whole = e == OK && rows_bool(rows, 0, 2);
    db_close(db);
    if (e != OK || whole)
        return e;
    TRY(db_open(admin, NULL, "altledger cluster", &db));
    e = db_script(db, "SET altledger.login = 'altledger'");
    if (e == OK)
        e = migrate_roles(db);
    if (e == OK)
        e = db_script(db, "ALTER DATABASE altledger OWNER TO altledger_owner");
    db_close(db);
    return e;
}

static enum err open_locked(struct cluster *c)
{
    TRY(cluster_find_programs(c));
    TRY(make_data(c));
    TRY(start(c));
    const char *at = arena_printf(&c->arena, "host='%s' port=5432", c->socket);
    c->conninfo = arena_printf(&c->arena, "%s user=altledger dbname=altledger", at);
    c->admin = arena_printf(&c->arena, "%s user=postgres dbname=altledger", at);
    return make_database(arena_printf(&c->arena, "%s user=postgres dbname=postgres", at), c->admin);
}

static enum err open_placed(struct cluster *c, const char *directory)
{
    TRY(user_unprivileged(&c->user));
    TRY(cluster_place_directory(c, directory));
    TRY(cluster_place_socket(c));
    c->data = arena_printf(&c->arena, "%s/data", c->directory);
    c->log = arena_printf(&c->arena, "%s/log", c->directory);
    c->marker = arena_printf(&c->arena, "%s/started", c->directory);
    TRY(file_open_lock(arena_printf(&c->arena, "%s/change", c->directory), &c->change));
    TRY(file_open_lock(arena_printf(&c->arena, "%s/users", c->directory), &c->users));
    TRY(file_lock(c->change, LOCK_EX));
    TRY(file_lock(c->users, LOCK_SH));
    TRY(open_locked(c));
    bool stale;
    c->ours = is_ours(c, running(c, &stale));
    return file_lock(c->change, LOCK_UN);
}

/* Under the change lock. */
static enum err revive(struct cluster *c)
{
    bool stale;
    pid_t pid = running(c, &stale);
    if (pid != 0) {
        c->ours = is_ours(c, pid);
        return OK;
    }
    if (!c->ours)
        return OK;
    log_warn("cluster", "PostgreSQL is gone: starting it again");
    TRY(start(c));
    log_info("cluster", "PostgreSQL runs again");
    return OK;
}

enum err cluster_revive(struct cluster *c, const atomic_bool *stop)
{
    if (flock(c->change, LOCK_EX | LOCK_NB) != 0)
        return OK; /* another altledger is starting or stopping it */
    c->hurry = stop;
    enum err e = revive(c);
    c->hurry = NULL;
    flock(c->change, LOCK_UN);
    return e;
}

enum err cluster_open(const char *directory, struct cluster **out)
{
    struct cluster *c = memory_resize(NULL, sizeof *c);
    *c = (struct cluster){.users = -1, .change = -1};
    enum err e = open_placed(c, directory);
    if (e == OK) {
        *out = c;
        return OK;
    }
    AUTO_ARENA arena = {0};
    const char *detail = arena_printf(&arena, "%s", err_detail());
    cluster_close(c);
    return err_with(e, "%s", detail);
}

const char *cluster_conninfo(const struct cluster *c)
{
    return c->conninfo;
}

const char *cluster_admin_conninfo(const struct cluster *c)
{
    return c->admin;
}

const char *cluster_directory(const struct cluster *c)
{
    return c->directory;
}

void cluster_close(struct cluster *c)
{
    if (c == NULL)
        return;
    /* Under the change lock: nobody starts to use it between our look and the stop. */
    if (c->users >= 0 && file_lock(c->change, LOCK_EX) == OK && flock(c->users, LOCK_EX | LOCK_NB) == 0)
        stop(c);
    if (c->users >= 0)
        close(c->users);
    if (c->change >= 0)
        close(c->change);
    arena_done(&c->arena);
    memory_free(c);
}

/* ledger/core/file.c - see file.h. */
#include "ledger/core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum err file_error(const char *what, const char *path)
{
    return err_with(ERR_IO, "%s %s: %s", what, path, strerror(errno));
}

enum err file_make_directory(const char *path, mode_t mode)
{
    return mkdir(path, mode) == 0 || errno == EEXIST ? OK : file_error("cannot make", path);
}

enum err file_make_path(struct arena *arena, const char *path, const char **out)
{
    char *each = arena_text(arena, path, strlen(path));
    for (char *slash = strchr(each + 1, '/'); each[0] != '\0' && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        TRY(file_make_directory(each, 0755));
        *slash = '/';
    }
    TRY(file_make_directory(path, 0755));
    char real[PATH_MAX];
    if (realpath(path, real) == NULL)
        return file_error("cannot use", path);
    *out = arena_text(arena, real, strlen(real));
    return OK;
}

enum err file_own_directory(const struct user *u, const char *path)
{
    struct stat s;
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST)
        return file_error("cannot make", path);
    if (made && geteuid() == 0 && chown(path, u->uid, u->gid) != 0)
        return file_error("cannot give away", path);
    if (lstat(path, &s) != 0)
        return file_error("cannot use", path);
    if (!S_ISDIR(s.st_mode) || s.st_uid != u->uid || (s.st_mode & 077) != 0)
        return err_with(ERR_CONFIG, "%s must be a directory of mode 0700 that belongs to %s", path, u->name);
    return OK;
}

enum err file_read(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_NOT_FOUND;
    ssize_t n = read(fd, out, size - 1);
    close(fd);
    if (n < 0)
        return file_error("cannot read", path);
    out[n] = '\0';
    return OK;
}

enum err file_write(const struct user *u, const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_error("cannot write", path);
    size_t n = strlen(text);
    bool done = write(fd, text, n) == (ssize_t)n && (geteuid() != 0 || fchown(fd, u->uid, u->gid) == 0);
    return close(fd) == 0 && done ? OK : file_error("cannot write", path);
}

enum err file_open_lock(const char *path, int *out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_error("cannot open", path);
    *out = fd;
    return OK;
}

enum err file_lock(int fd, int how)
{
    while (flock(fd, how) != 0)
        if (errno != EINTR)
            return err_with(ERR_IO, "flock: %s", strerror(errno));
    return OK;
}

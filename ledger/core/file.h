/* ledger/core/file.h - directories, small files and locks, made for a user who need not be us. */
#ifndef LEDGER_CORE_FILE_H
#define LEDGER_CORE_FILE_H

#include "ledger/core/arena.h"
#include "ledger/core/process.h"

/* ERR_IO with "what path: why" (errno). */
enum err file_error(const char *what, const char *path);

/* One that is there already is fine. ERR_IO. */
MUST_CHECK enum err file_make_directory(const char *path, mode_t mode);
/* mkdir -p; *out is the path without links and dots, in the arena. ERR_IO. */
MUST_CHECK enum err file_make_path(struct arena *arena, const char *path, const char **out);
/* A directory of mode 0700 that belongs to u and to nobody else; made if absent. ERR_CONFIG: it is another's; ERR_IO. */
MUST_CHECK enum err file_own_directory(const struct user *u, const char *path);

/* The start of a file, at most size - 1 bytes, NUL-terminated. ERR_NOT_FOUND: it cannot be opened. */
MUST_CHECK enum err file_read(const char *path, char *out, size_t size);
/* Replace a file's text; mode 0600, owned by u. ERR_IO. */
MUST_CHECK enum err file_write(const struct user *u, const char *path, const char *text);

/* A file for flock; the caller closes it. ERR_IO. */
MUST_CHECK enum err file_open_lock(const char *path, int *out);
/* flock that waits, signals or not. ERR_IO. */
MUST_CHECK enum err file_lock(int fd, int how);

#endif

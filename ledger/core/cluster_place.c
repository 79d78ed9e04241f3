/* ledger/core/cluster_place.c - where the private PostgreSQL lies and which one it is; see cluster_impl.h. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "ledger/core/cluster_impl.h"
#include "ledger/core/digest.h"
#include "ledger/core/file.h"
#include "ledger/core/log.h"

enum {
    MAJOR_LEAST = 15,
    NAME_HASH_BYTES = 4,
    SOCKET_NAME = sizeof "/.s.PGSQL.5432" - 1,
    SOCKET_DIRECTORY_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 - SOCKET_NAME /* 107 bytes in all */
};
#define FALLBACK_ROOT "/var/lib/altledger"

/* ---- where it lies ---- */

/* Readable and unique: the last two parts of the path and four bytes of its hash. */
static const char *name_of(struct arena *arena, const char *path)
{
    const char *part = path + strlen(path);
    for (int slashes = 0; part > path && slashes < 2; part--)
        slashes += part[-1] == '/';
    char *name = arena_text(arena, part, strlen(part));
    for (char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p))
            *p = '-';
    while (*name == '-')
        name++;
    struct hash h = keccak_bytes(path, strlen(path));
    char hex[2 * NAME_HASH_BYTES + 1] = ""; /* its last byte stays NUL */
    hex_encode((struct slice){h.b, NAME_HASH_BYTES}, hex);
    return arena_printf(arena, "%.40s%s%s", name, *name != '\0' ? "-" : "", hex);
}

enum err cluster_place_directory(struct cluster *c, const char *directory)
{
    const char *base;
    TRY(file_make_path(&c->arena, directory, &base));
    const char *inside = arena_printf(&c->arena, "%s/postgres", base);
    c->directory = inside;
    bool existed = access(inside, F_OK) == 0;
    enum err e = file_own_directory(&c->user, inside);
    if (e != OK || geteuid() != 0 || user_may_use(&c->user, inside))
        return e;
    if (!existed)
        rmdir(inside);
    TRY(file_make_directory(FALLBACK_ROOT, 0755));
    c->directory = arena_printf(&c->arena, FALLBACK_ROOT "/%s", name_of(&c->arena, base));
    log_info("cluster", "user %s cannot enter %s: the database lies in %s", c->user.name, base, c->directory);
    return file_own_directory(&c->user, c->directory);
}

bool cluster_exists(const char *directory)
{
    AUTO_ARENA arena = {0};
    char base[PATH_MAX];
    if (realpath(directory, base) == NULL)
        return false;
    return access(arena_printf(&arena, "%s/postgres/data/PG_VERSION", base), F_OK) == 0 ||
           access(arena_printf(&arena, FALLBACK_ROOT "/%s/data/PG_VERSION", name_of(&arena, base)), F_OK) == 0;
}

/* libpq and unix_socket_directories split at commas, and an address holds 107 bytes. */
static bool suits_socket(const char *directory)
{
    if (strlen(directory) > SOCKET_DIRECTORY_MAX)
        return false;
    for (const char *p = directory; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr("/._-+", *p) == NULL)
            return false;
    return true;
}

enum err cluster_place_socket(struct cluster *c)
{
    c->socket = arena_printf(&c->arena, "%s/socket", c->directory);
    if (!suits_socket(c->socket)) {
        c->socket = arena_printf(&c->arena, "%s/altledger-%s", geteuid() == 0 ? "/run" : "/tmp",
                                 name_of(&c->arena, c->directory));
        log_info("cluster", "%s cannot hold a socket: it lies in %s", c->directory, c->socket);
    }
    return file_own_directory(&c->user, c->socket);
}

/* ---- which PostgreSQL ---- */

static long major_of(const char *bin)
{
    char program[PATH_MAX], initdb[PATH_MAX], text[128];
    snprintf(program, sizeof program, "%s/postgres", bin);
    snprintf(initdb, sizeof initdb, "%s/initdb", bin);
    if (access(program, X_OK) != 0 || access(initdb, X_OK) != 0 ||
        process_output((const char *const[]){program, "--version", NULL}, text, sizeof text) != OK)
        return 0;
    const char *number = strpbrk(text, "0123456789");
    return number != NULL ? strtol(number, NULL, 10) : 0;
}

/* The version that made the data, or else the newest. */
static void consider(struct cluster *c, const char *bin, long wanted, long *best)
{
    long major = major_of(bin);
    if (major < MAJOR_LEAST || (wanted != 0 && major != wanted) || major <= *best)
        return;
    *best = major;
    c->bin = arena_text(&c->arena, bin, strlen(bin));
}

enum err cluster_find_programs(struct cluster *c)
{
    char text[PATH_MAX], path[PATH_MAX];
    snprintf(path, sizeof path, "%s/PG_VERSION", c->data);
    long wanted = file_read(path, text, sizeof text) == OK ? strtol(text, NULL, 10) : 0, best = 0;
    if (process_output((const char *const[]){"pg_config", "--bindir", NULL}, text, sizeof text) == OK) {
        text[strcspn(text, "\n")] = '\0';
        consider(c, text, wanted, &best);
    }
    DIR *versions = opendir("/usr/lib/postgresql");
    for (const struct dirent *d; versions != NULL && (d = readdir(versions)) != NULL;) {
        snprintf(path, sizeof path, "/usr/lib/postgresql/%s/bin", d->d_name);
        consider(c, path, wanted, &best);
    }
    if (versions != NULL)
        closedir(versions);
    if (best == 0 && wanted != 0)
        return err_with(ERR_CONFIG, "%s was made by PostgreSQL %ld, which is not installed", c->data, wanted);
    if (best == 0)
        return err_with(ERR_CONFIG, "no PostgreSQL %d or later is installed (apt-get install postgresql)", MAJOR_LEAST);
    return OK;
}

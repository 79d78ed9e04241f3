/* governance/keys.c - the service's keys: read from their files, made where they are missing; see keys.h. */
#include "governance/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/core/file.h"

enum { SECRET = 32, SECRET_TEXT = 2 + 2 * SECRET + 1 /* newline */ };

struct secret {
    uint8_t b[SECRET];
};

static void wipe_secret(struct secret *s)
{
    explicit_bzero(s, sizeof *s);
}
#define AUTO_SECRET __attribute__((cleanup(wipe_secret))) struct secret

static bool is_seed(const struct secret *s)
{
    (void)s;
    return true;
}

static bool is_sig_key(const struct secret *s)
{
    struct sig_key key;
    struct address ignored;
    memcpy(key.b, s->b, sizeof key.b);
    bool fine = sig_key_address(&key, &ignored) == OK;
    explicit_bzero(&key, sizeof key);
    return fine;
}

/* ---- reading ---- */

static enum err refuse_file(const char *path, const char *why)
{
    return err_with(ERR_CONFIG, "key file %s: %s", path, why);
}

static enum err read_open_file(int fd, const char *path, bool (*is_key)(const struct secret *), struct secret *out)
{
    struct stat s;
    if (fstat(fd, &s) != 0)
        return file_error("cannot read", path);
    if (!S_ISREG(s.st_mode) || (s.st_mode & 077) != 0)
        return refuse_file(path, "must be a file that only its owner may read (mode 0400)");
    char text[SECRET_TEXT + 1]; /* one more than there should be */
    ssize_t n = read(fd, text, sizeof text);
    size_t bytes = 0;
    AUTO_SECRET secret;
    bool fine = n == SECRET_TEXT && text[SECRET_TEXT - 1] == '\n' &&
                hex_parse(text, SECRET_TEXT - 1, secret.b, sizeof secret.b, &bytes) == OK && is_key(&secret);
    explicit_bzero(text, sizeof text);
    if (n < 0)
        return file_error("cannot read", path);
    if (!fine)
        return refuse_file(path, "is not 0x, 64 hexadecimal digits of a key, and a newline");
    *out = secret;
    return OK;
}

/* ERR_NOT_FOUND: there is no such file. */
static enum err read_secret(const char *path, bool (*is_key)(const struct secret *), struct secret *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : file_error("cannot read", path);
    enum err e = read_open_file(fd, path, is_key, out);
    close(fd);
    return e;
}

/* ---- making ---- */

static enum err write_secret(int fd, const char *path, bool (*is_key)(const struct secret *))
{
    AUTO_SECRET secret;
    do
        TRY(random_fill(secret.b, sizeof secret.b));
    while (!is_key(&secret));
    char text[SECRET_TEXT];
    memcpy(text, "0x", 2);
    hex_encode((struct slice){secret.b, sizeof secret.b}, text + 2);
    text[SECRET_TEXT - 1] = '\n';
    bool done = write(fd, text, sizeof text) == (ssize_t)sizeof text && fchmod(fd, 0400) == 0 && fsync(fd) == 0;
    explicit_bzero(text, sizeof text);
    return done ? OK : file_error("cannot write", path);
}

static enum err sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_error("cannot use", directory);
    bool done = fsync(fd) == 0;
    close(fd);
    return done ? OK : file_error("cannot use", directory);
}

/* The whole file appears at once, by a link that is not made over another: of two processes one wins, and both read its key. */
static enum err make_secret(const char *directory, const char *path, bool (*is_key)(const struct secret *),
                            struct arena *arena)
{
    char *draft = arena_printf(arena, "%s.XXXXXX", path);
    int fd = mkostemp(draft, O_CLOEXEC);
    if (fd < 0)
        return file_error("cannot make", draft);
    enum err e = write_secret(fd, draft, is_key);
    close(fd);
    if (e == OK && link(draft, path) != 0 && errno != EEXIST)
        e = file_error("cannot make", path);
    unlink(draft);
    TRY(e);
    return sync_directory(directory);
}

static enum err read_or_make(struct arena *arena, const char *directory, const char *name,
                             bool (*is_key)(const struct secret *), struct secret *out)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);
    enum err e = read_secret(path, is_key, out);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(make_secret(directory, path, is_key, arena));
    e = read_secret(path, is_key, out);
    return e == ERR_NOT_FOUND ? refuse_file(path, "was taken away as soon as it was made") : e;
}

/* Of mode 0700 if it is made; directories above it as file_make_path makes them. */
static enum err make_directory(struct arena *arena, const char *directory)
{
    size_t n = strlen(directory);
    while (n > 1 && directory[n - 1] == '/')
        n--;
    const char *own = arena_text(arena, directory, n), *slash = strrchr(own, '/'), *ignored;
    if (slash != NULL && slash != own)
        TRY(file_make_path(arena, arena_text(arena, own, (size_t)(slash - own)), &ignored));
    return file_make_directory(own, 0700);
}

enum err keys_open(const char *directory, const char *origin, struct keys *out)
{
    if (note_key_check_origin(origin) != OK)
        return err_with(ERR_CONFIG, "--origin %s: 1 to %d printable characters of ASCII, without space and '+'", origin,
                        ORIGIN_MAX);
    AUTO_ARENA arena = {0};
    AUTO_SECRET log, receipts;
    TRY(make_directory(&arena, directory));
    TRY(read_or_make(&arena, directory, "log.ed25519", is_seed, &log));
    TRY(read_or_make(&arena, directory, "receipts.secp256k1", is_sig_key, &receipts));
    memcpy(out->log.b, log.b, sizeof out->log.b);
    memcpy(out->receipts.b, receipts.b, sizeof out->receipts.b);
    out->note.origin = origin;
    ed25519_public(&out->log, out->note.public_key);
    return sig_key_address(&out->receipts, &out->receipts_address);
}

void keys_done(struct keys *k)
{
    explicit_bzero(k, sizeof *k);
}

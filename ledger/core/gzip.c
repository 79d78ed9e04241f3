/* ledger/core/gzip.c - lines out of plain or gzip files by zlib; see gzip.h. */
#include "ledger/core/gzip.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

enum {
    FILE_BLOCK = 128 << 10,
    TEXT_BLOCK = 256 << 10,
    GZIP_WINDOW = 15 + 16, /* zlib: the largest window, with gzip header and trailer only */
    GZIP_LEVEL = 5,        /* replies: hex and digits gain little from more effort */
    GZIP_MEMORY = 8        /* zlib's default */
};

struct line_reader {
    char *path;
    int fd;
    bool end_of_file;
    bool is_gzip, in_member; /* in_member: between a member's first byte and its checked trailer */
    z_stream z;              /* next_in, avail_in: what was read from the file and not consumed, of plain files too */
    uint8_t file[FILE_BLOCK];
    struct buffer text; /* from `start`: what was decoded and not given out */
    size_t start, scanned, max;
    uint64_t line_no;
    enum err failed; /* sticky */
};

static enum err fail(const struct line_reader *r, const char *what)
{
    return err_with(ERR_IO, "%s: after line %llu: %s", r->path, (unsigned long long)r->line_no, what);
}

/* Top up the file block; at the end of the file, end_of_file. */
static enum err fill(struct line_reader *r)
{
    if (r->z.avail_in > 0)
        memmove(r->file, r->z.next_in, r->z.avail_in);
    r->z.next_in = r->file;
    ssize_t n;
    do
        n = read(r->fd, r->file + r->z.avail_in, FILE_BLOCK - r->z.avail_in);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail(r, strerror(errno));
    r->end_of_file = n == 0;
    r->z.avail_in += (unsigned)n;
    return OK;
}

/* At least two bytes in the file block, unless the file ends before. */
static enum err fill_two(struct line_reader *r)
{
    while (r->z.avail_in < 2 && !r->end_of_file)
        TRY(fill(r));
    return OK;
}

static bool at_magic(const struct line_reader *r)
{
    return r->z.avail_in >= 2 && r->z.next_in[0] == 0x1f && r->z.next_in[1] == 0x8b;
}

static enum err lines_begin(struct line_reader *r)
{
    TRY(fill_two(r));
    if (!at_magic(r))
        return OK;
    int rc = inflateInit2(&r->z, GZIP_WINDOW);
    assert(rc == Z_OK);
    r->is_gzip = r->in_member = true;
    return OK;
}

enum err line_open(const char *path, struct line_reader **out)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_with(ERR_IO, "%s: %s", path, strerror(errno));
    struct line_reader *r = memory_resize(NULL, sizeof *r);
    memset(r, 0, sizeof *r);
    r->fd = fd;
    r->max = LINE_BYTES_MAX;
    r->path = memory_resize(NULL, strlen(path) + 1);
    memcpy(r->path, path, strlen(path) + 1);
    enum err e = lines_begin(r);
    if (e != OK) {
        line_close(&r);
        return e;
    }
    *out = r;
    return OK;
}

void line_limit(struct line_reader *r, size_t max)
{
    assert(max <= LINE_BYTES_MAX);
    r->max = max;
}

void line_close(struct line_reader **r)
{
    struct line_reader *l = *r;
    if (l == NULL)
        return;
    if (l->is_gzip)
        inflateEnd(&l->z);
    close(l->fd);
    buffer_done(&l->text);
    memory_free(l->path);
    memory_free(l);
    *r = NULL;
}

static enum err append_plain(struct line_reader *r)
{
    buffer_bytes(&r->text, r->z.next_in, r->z.avail_in);
    r->z.avail_in = 0;
    return r->end_of_file ? OK : fill(r);
}

/* A member has ended: begin the next, or be at the end of the file. */
static enum err next_member(struct line_reader *r)
{
    r->in_member = false;
    TRY(fill_two(r));
    if (r->z.avail_in == 0)
        return OK;
    if (!at_magic(r))
        return fail(r, "bytes that are not gzip follow a gzip member");
    int rc = inflateReset(&r->z);
    assert(rc == Z_OK);
    r->in_member = true;
    return OK;
}

static enum err append_inflated(struct line_reader *r)
{
    if (r->z.avail_in == 0 && !r->end_of_file)
        TRY(fill(r));
    buffer_reserve(&r->text, TEXT_BLOCK);
    size_t room = r->text.size - r->text.n;
    r->z.avail_out = room > UINT_MAX ? UINT_MAX : (unsigned)room;
    r->z.next_out = r->text.p + r->text.n;
    int rc = inflate(&r->z, Z_NO_FLUSH);
    r->text.n = (size_t)(r->z.next_out - r->text.p);
    if (rc == Z_STREAM_END)
        return next_member(r);
    if (rc == Z_OK)
        return OK;
    if (rc == Z_BUF_ERROR) /* no progress: all input was used, and no output is pending inside zlib */
        return r->end_of_file ? fail(r, "the gzip file is truncated") : OK;
    return fail(r, r->z.msg != NULL ? r->z.msg : "the gzip file is damaged");
}

static bool has_more(const struct line_reader *r)
{
    return r->is_gzip ? r->in_member : r->z.avail_in > 0 || !r->end_of_file;
}

/* Give out text[start, end) as a line; the next begins at `after`. */
static enum err give(struct line_reader *r, size_t end, size_t after, struct slice *line, uint64_t *line_no)
{
    if (end - r->start > r->max)
        return err_with(ERR_TOO_LARGE, "%s: line %llu is longer than %zu bytes", r->path,
                        (unsigned long long)r->line_no + 1, r->max);
    *line = (struct slice){r->text.p + r->start, end - r->start};
    *line_no = ++r->line_no;
    r->start = r->scanned = after;
    return OK;
}

static enum err find_line(struct line_reader *r, struct slice *line, uint64_t *line_no)
{
    for (;;) {
        const uint8_t *newline = NULL;
        if (r->text.n > r->scanned)
            newline = memchr(r->text.p + r->scanned, '\n', r->text.n - r->scanned);
        if (newline != NULL) {
            size_t at = (size_t)(newline - r->text.p);
            return give(r, at, at + 1, line, line_no);
        }
        r->scanned = r->text.n;
        if (!has_more(r))
            return r->start == r->text.n ? ERR_END : give(r, r->text.n, r->text.n, line, line_no);
        if (r->text.n - r->start > r->max)
            return give(r, r->text.n, r->text.n, line, line_no); /* refuses it */
        if (r->start > 0) {
            memmove(r->text.p, r->text.p + r->start, r->text.n - r->start);
            r->text.n -= r->start;
            r->scanned -= r->start;
            r->start = 0;
        }
        TRY(r->is_gzip ? append_inflated(r) : append_plain(r));
    }
}

enum err line_next(struct line_reader *r, struct slice *line, uint64_t *line_no)
{
    if (r->failed == OK)
        r->failed = find_line(r, line, line_no);
    return r->failed;
}

void gzip_compress(struct slice in, struct buffer *out)
{
    assert(in.n <= UINT_MAX / 2);
    z_stream z = {0};
    int rc = deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY);
    assert(rc == Z_OK);
    size_t bound = deflateBound(&z, in.n);
    buffer_reserve(out, bound);
    z.next_in = (Bytef *)in.p;
    z.avail_in = (unsigned)in.n;
    z.next_out = out->p + out->n;
    z.avail_out = (unsigned)bound;
    rc = deflate(&z, Z_FINISH);
    assert(rc == Z_STREAM_END);
    out->n += z.total_out;
    deflateEnd(&z);
}

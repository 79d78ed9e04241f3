/* tests/ledger/core/test_gzip.c - lines come out the same of plain and gzip files, and a cut file is never a whole one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/core/gzip.h"
#include "tests/support/unit.h"

enum { LINES = 3000 };

static char path[] = "/tmp/test_gzip_XXXXXX";

static int make_file(void **unused)
{
    (void)unused;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int remove_file(void **unused)
{
    (void)unused;
    return unlink(path);
}

static void write_file(const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static struct slice slice_of(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

/* Read the whole file; its lines, each ended by '|', in `got`. */
static enum err read_all(struct buffer *got, uint64_t *lines)
{
    AUTO_LINES r = NULL;
    struct slice line;
    uint64_t line_no;
    enum err e;
    *lines = 0;
    buffer_reset(got);
    assert_int_equal(line_open(path, &r), OK);
    while ((e = line_next(r, &line, &line_no)) == OK) {
        assert_true(line_no == ++*lines);
        buffer_bytes(got, line.p, line.n);
        buffer_u8(got, '|');
    }
    assert_int_equal(line_next(r, &line, &line_no), e); /* errors and the end last */
    return e;
}

/* As plain text, as one gzip member, and split at every byte into two members. */
static void assert_lines(const char *text, const char *want, uint64_t want_lines)
{
    AUTO_BUFFER got = {0}, packed = {0};
    struct slice all = slice_of(text);
    uint64_t lines;
    for (size_t split = 0; split <= all.n + 1; split++) {
        buffer_reset(&packed);
        if (split <= all.n) {
            gzip_compress((struct slice){all.p, split}, &packed);
            gzip_compress((struct slice){all.p + split, all.n - split}, &packed);
            write_file(packed.p, packed.n);
        } else {
            write_file(all.p, all.n);
        }
        assert_int_equal(read_all(&got, &lines), ERR_END);
        assert_int_equal(got.n, strlen(want));
        assert_memory_equal(got.p == NULL ? (const uint8_t *)"" : got.p, want, got.n);
        assert_true(lines == want_lines);
    }
}

static void line_next__gives_the_same_lines_of_plain_and_gzip(void **unused)
{
    (void)unused;
    assert_lines("", "", 0);
    assert_lines("\n", "|", 1);
    assert_lines("a", "a|", 1);
    assert_lines("a\n", "a|", 1);
    assert_lines("a\n\nb\r\nlast", "a||b\r|last|", 4);
    assert_lines("\x1f", "\x1f|", 1);
}

/* Lines of growing length, about 9 MB: many blocks of file and of text. */
static void fill_long(struct buffer *b)
{
    for (size_t i = 0; i < LINES; i++) {
        buffer_printf(b, "%zu:", i);
        buffer_reserve(b, 2 * i);
        for (size_t k = 0; k < 2 * i; k++)
            b->p[b->n++] = (uint8_t)('a' + (i * 31 + k * k * 7 + k / 3) % 26);
        buffer_u8(b, '\n');
    }
}

static void assert_long(void)
{
    AUTO_LINES r = NULL;
    struct slice line;
    uint64_t line_no = 0;
    assert_int_equal(line_open(path, &r), OK);
    for (size_t i = 0; i < LINES; i++) {
        char head[32];
        int n = snprintf(head, sizeof head, "%zu:", i);
        assert_int_equal(line_next(r, &line, &line_no), OK);
        assert_true(line_no == i + 1);
        assert_int_equal(line.n, (size_t)n + 2 * i);
        assert_memory_equal(line.p, head, n);
    }
    assert_int_equal(line_next(r, &line, &line_no), ERR_END);
}

static void line_next__crosses_blocks(void **unused)
{
    (void)unused;
    AUTO_BUFFER text = {0}, packed = {0};
    fill_long(&text);
    write_file(text.p, text.n);
    assert_long();
    for (size_t at = 0, piece = 100000; at < text.n; at += piece) {
        size_t rest = text.n - at;
        gzip_compress((struct slice){text.p + at, piece < rest ? piece : rest}, &packed);
    }
    write_file(packed.p, packed.n);
    assert_long();
}

/* A megabyte of equal bytes is a thousand of gzip: what zlib holds back must come out before the file's end counts. */
static void line_next__drains_zlib_at_the_end_of_the_file(void **unused)
{
    (void)unused;
    AUTO_BUFFER text = {0}, packed = {0}, got = {0};
    buffer_reserve(&text, 5 << 20);
    memset(text.p, 'z', 5 << 20);
    gzip_compress((struct slice){text.p, 5 << 20}, &packed);
    assert_true(packed.n < 10000);
    write_file(packed.p, packed.n);
    uint64_t lines;
    assert_int_equal(read_all(&got, &lines), ERR_END);
    assert_int_equal(got.n, (5 << 20) + 1);
    assert_true(lines == 1);
}

static void line_next__tells_a_truncated_gzip_from_its_end(void **unused)
{
    (void)unused;
    AUTO_BUFFER one = {0}, two = {0}, got = {0};
    gzip_compress(slice_of("first\nsecond\n"), &one);
    buffer_bytes(&two, one.p, one.n);
    gzip_compress(slice_of("third\nfourth"), &two);
    uint64_t lines;
    for (size_t n = 2; n < two.n; n++) {
        write_file(two.p, n);
        enum err e = read_all(&got, &lines);
        assert_int_equal(e, n == one.n ? ERR_END : ERR_IO);
        if (n >= one.n)
            assert_memory_equal(got.p, "first|second|", 13);
        if (n > one.n + 1)
            assert_non_null(strstr(err_detail(), "truncated"));
        assert_true(lines <= 3); /* what is unfinished is no line */
    }
    write_file(two.p, two.n);
    assert_int_equal(read_all(&got, &lines), ERR_END);
    assert_true(lines == 4);
}

static void line_next__refuses_damaged_gzip(void **unused)
{
    (void)unused;
    AUTO_BUFFER packed = {0}, got = {0};
    uint64_t lines;
    gzip_compress(slice_of("first\nsecond\n"), &packed);
    for (size_t i = 10; i < packed.n; i++) { /* after the header: data, CRC, length; all bits, as a few are padding */
        packed.p[i] ^= 0xff;
        write_file(packed.p, packed.n);
        assert_int_equal(read_all(&got, &lines), ERR_IO);
        packed.p[i] ^= 0xff;
    }
    buffer_text(&packed, "tail");
    write_file(packed.p, packed.n);
    assert_int_equal(read_all(&got, &lines), ERR_IO);
    assert_non_null(strstr(err_detail(), path));
}

static void line_next__bounds_a_line(void **unused)
{
    (void)unused;
    AUTO_BUFFER packed = {0};
    gzip_compress(slice_of("1234\n12345\n1"), &packed);
    for (size_t max = 3; max <= 5; max++) {
        AUTO_LINES r = NULL;
        struct slice line;
        uint64_t line_no = 0;
        write_file(packed.p, packed.n);
        assert_int_equal(line_open(path, &r), OK);
        line_limit(r, max);
        assert_int_equal(line_next(r, &line, &line_no), max >= 4 ? OK : ERR_TOO_LARGE);
        assert_int_equal(line_next(r, &line, &line_no), max >= 5 ? OK : ERR_TOO_LARGE);
    }
    /* A line without end is refused before it fills memory. */
    AUTO_BUFFER zeros = {0}, bomb = {0};
    buffer_reserve(&zeros, 8 << 20);
    memset(zeros.p, '0', 8 << 20);
    gzip_compress((struct slice){zeros.p, 8 << 20}, &bomb);
    bomb.p[bomb.n - 1] ^= 0xff; /* who reads to the end says ERR_IO */
    write_file(bomb.p, bomb.n);
    AUTO_LINES r = NULL;
    struct slice line;
    uint64_t line_no = 0;
    assert_int_equal(line_open(path, &r), OK);
    line_limit(r, 1000);
    assert_int_equal(line_next(r, &line, &line_no), ERR_TOO_LARGE);
    assert_true(line_no == 0);
}

static void line_open__refuses_what_cannot_be_read(void **unused)
{
    (void)unused;
    struct line_reader *r = NULL;
    assert_int_equal(line_open("/nonexistent/file", &r), ERR_IO);
    assert_int_equal(line_open("/", &r), ERR_IO); /* a directory opens but does not read */
    assert_null(r);
    line_close(&r);
}

static void gzip_compress__is_deterministic_and_appends(void **unused)
{
    (void)unused;
    AUTO_BUFFER a = {0}, b = {0};
    buffer_text(&b, "head");
    gzip_compress(slice_of("the same"), &a);
    gzip_compress(slice_of("the same"), &b);
    assert_int_equal(b.n, a.n + 4);
    assert_memory_equal(b.p, "head", 4);
    assert_memory_equal(b.p + 4, a.p, a.n);
    assert_memory_equal(a.p, "\x1f\x8b\x08\0\0\0\0\0", 8); /* no flags, no time */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_next__gives_the_same_lines_of_plain_and_gzip),
        cmocka_unit_test(line_next__crosses_blocks),
        cmocka_unit_test(line_next__drains_zlib_at_the_end_of_the_file),
        cmocka_unit_test(line_next__tells_a_truncated_gzip_from_its_end),
        cmocka_unit_test(line_next__refuses_damaged_gzip),
        cmocka_unit_test(line_next__bounds_a_line),
        cmocka_unit_test(line_open__refuses_what_cannot_be_read),
        cmocka_unit_test(gzip_compress__is_deterministic_and_appends),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}

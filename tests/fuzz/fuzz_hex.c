/* tests/fuzz/fuzz_hex.c - the hexadecimal readers against a slow reading of the same text by the C library. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/arena.h"
#include "ledger/core/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 64 };

/* The bytes that text stands for, by strtoul of two digits at a time; false if it is no such text. */
static bool slow_hex(const char *text, size_t n, struct buffer *out)
{
    if (n < 2 || memcmp(text, "0x", 2) != 0 || n % 2 != 0)
        return false;
    for (size_t i = 2; i < n; i += 2) {
        char pair[3] = {text[i], text[i + 1], '\0'};
        if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
            return false;
        buffer_u8(out, (uint8_t)strtoul(pair, NULL, 16));
    }
    return true;
}

static void check_bytes(const char *text, size_t n, bool valid, const struct buffer *want)
{
    uint8_t out[OUT_MAX];
    size_t out_n = 0;
    enum err e = hex_parse(text, n, out, sizeof out, &out_n);
    assert((e == OK) == (valid && want->n <= OUT_MAX));
    if (e == OK)
        assert(out_n == want->n && (out_n == 0 || memcmp(out, want->p, out_n) == 0));
    struct address a, a2;
    e = address_parse(text, n, &a);
    assert((e == OK) == (valid && want->n == sizeof a.b));
    if (e == OK) {
        char back[ADDRESS_TEXT + 1];
        assert(memcmp(a.b, want->p, sizeof a.b) == 0);
        address_format(a, back);
        assert(address_parse(back, ADDRESS_TEXT, &a2) == OK && address_equal(a, a2));
    }
    struct hash h, h2;
    e = hash_parse(text, n, &h);
    assert((e == OK) == (valid && want->n == sizeof h.b));
    if (e == OK) {
        char back[HASH_TEXT + 1];
        assert(memcmp(h.b, want->p, sizeof h.b) == 0);
        hash_format(h, back);
        assert(hash_parse(back, HASH_TEXT, &h2) == OK && hash_equal(h, h2));
    }
}

static void check_quantity(const char *text, size_t n)
{
    bool valid = n >= 3 && n <= 18 && memcmp(text, "0x", 2) == 0 && (n == 3 || text[2] != '0');
    for (size_t i = 2; i < n && valid; i++)
        valid = isxdigit((unsigned char)text[i]);
    uint64_t v = 0;
    enum err e = quantity_parse(text, n, &v);
    assert((e == OK) == valid);
    if (valid) {
        char copy[19] = {0};
        memcpy(copy, text, n);
        assert(v == strtoull(copy, NULL, 16));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_BUFFER want = {0};
    const char *text = (const char *)data;
    bool valid = slow_hex(text, size, &want);
    check_bytes(text, size, valid, &want);
    check_quantity(text, size);
    for (size_t i = 0; i < size;) {
        size_t n = utf8_sequence(text + i, size - i);
        assert(n <= 4 && n <= size - i && (n != 1 || data[i] < 0x80));
        i += n == 0 ? 1 : n;
    }
    return 0;
}

/* tests/fuzz/fuzz_rlp.c - any tree of strings and lists written as RLP is read back by a strict reader as the same tree. */
#include <assert.h>
#include <string.h>

#include "ledger/mirror/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { DEPTH_MAX = 12, STRING_MAX = 70000 };

static uint8_t zeros[STRING_MAX];

struct input {
    const uint8_t *p, *end;
};

static uint8_t take(struct input *in)
{
    return in->p < in->end ? *in->p++ : 0;
}

/* A node is a list of up to 7 nodes, a run of zeros (for long lengths), an integer or a string out of the input. */
static struct slice string_of(struct input *in, uint8_t op, uint64_t *integer)
{
    size_t n = op >> 2;
    *integer = 0;
    if ((op & 3) == 1)
        return (struct slice){zeros, n * n * 17};
    if (n > (size_t)(in->end - in->p))
        n = (size_t)(in->end - in->p);
    struct slice s = {in->p, n};
    in->p += n;
    for (size_t i = 0; (op & 3) == 2 && i < n; i++)
        *integer = *integer << 8 | s.p[i];
    return s;
}

static void write_tree(struct input *in, int depth, struct buffer *b)
{
    uint8_t op = take(in);
    uint64_t integer;
    if ((op & 3) == 3 && depth < DEPTH_MAX) {
        size_t list = rlp_list_begin(b);
        for (int i = op >> 5; i > 0; i--)
            write_tree(in, depth + 1, b);
        rlp_list_end(b, list);
        return;
    }
    struct slice s = string_of(in, op, &integer);
    if ((op & 3) == 2)
        rlp_u64(b, integer);
    else
        rlp_bytes(b, s.p, s.n);
}

/* The payload of the item at *p, of a list or not; only the one canonical form is accepted. */
static struct slice read_item(const uint8_t **p, const uint8_t *end, bool list)
{
    assert(*p < end);
    uint8_t base = list ? 0xc0 : 0x80, first = **p;
    if (!list && first < 0x80)
        return (struct slice){(*p)++, 1};
    (*p)++;
    assert(first >= base && (list || first < 0xc0));
    size_t n = first - base;
    if (n > 55) {
        size_t width = n - 55;
        assert(width <= (size_t)(end - *p) && **p != 0);
        for (n = 0; width > 0; width--)
            n = n << 8 | *(*p)++;
        assert(n > 55);
    }
    assert(n <= (size_t)(end - *p));
    struct slice payload = {*p, n};
    *p += n;
    assert(list || n != 1 || payload.p[0] >= 0x80);
    return payload;
}

static void check_tree(struct input *in, int depth, const uint8_t **p, const uint8_t *end)
{
    uint8_t op = take(in);
    uint64_t integer;
    if ((op & 3) == 3 && depth < DEPTH_MAX) {
        struct slice list = read_item(p, end, true);
        const uint8_t *inner = list.p;
        for (int i = op >> 5; i > 0; i--)
            check_tree(in, depth + 1, &inner, list.p + list.n);
        assert(inner == list.p + list.n);
        return;
    }
    struct slice s = string_of(in, op, &integer), got = read_item(p, end, false);
    if ((op & 3) == 2) {
        uint64_t v = 0;
        assert(got.n <= 8 && (got.n == 0 || got.p[0] != 0));
        for (size_t i = 0; i < got.n; i++)
            v = v << 8 | got.p[i];
        assert(v == integer);
    } else {
        assert(slice_equal(s, got));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO_BUFFER b = {0};
    struct input in = {bytes, bytes + size}, again = in;
    write_tree(&in, 0, &b);
    const uint8_t *p = b.p;
    check_tree(&again, 0, &p, b.p + b.n);
    assert(p == b.p + b.n);
    return 0;
}

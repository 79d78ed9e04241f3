/* tests/fuzz/fuzz_amount.c - amounts against schoolbook arithmetic on bytes, and their texts and numerics against it. */
#include <assert.h>
#include <string.h>

#include "ledger/core/amount.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AMOUNT_BYTES = 32, WIDE = 66 };

/* Little-endian, base 256. */
struct wide {
    uint8_t b[WIDE];
};

static struct wide wide_of(struct amount a)
{
    struct wide w = {0};
    uint8_t be[AMOUNT_BYTES];
    amount_to_be(a, be);
    for (unsigned i = 0; i < AMOUNT_BYTES; i++)
        w.b[i] = be[AMOUNT_BYTES - 1 - i];
    return w;
}

static bool fits(const struct wide *w)
{
    unsigned high = 0;
    for (unsigned i = AMOUNT_BYTES; i < WIDE; i++)
        high |= w->b[i];
    return high == 0;
}

static int compare(const struct wide *a, const struct wide *b)
{
    for (unsigned i = WIDE; i-- > 0;) {
        if (a->b[i] != b->b[i])
            return a->b[i] < b->b[i] ? -1 : 1;
    }
    return 0;
}

static struct wide plus(const struct wide *a, const struct wide *b)
{
    struct wide w;
    unsigned carry = 0;
    for (unsigned i = 0; i < WIDE; i++, carry >>= 8) {
        carry += (unsigned)a->b[i] + b->b[i];
        w.b[i] = (uint8_t)carry;
    }
    return w;
}

static struct wide minus(const struct wide *a, const struct wide *b)
{
    struct wide w;
    int borrow = 0;
    for (unsigned i = 0; i < WIDE; i++) {
        int d = a->b[i] - b->b[i] - borrow;
        borrow = d < 0;
        w.b[i] = (uint8_t)(d & 0xff);
    }
    return w;
}

static struct wide times(const struct wide *a, const struct wide *b)
{
    struct wide w = {0};
    for (unsigned i = 0; i < AMOUNT_BYTES; i++) {
        unsigned carry = 0;
        for (unsigned k = 0; k <= AMOUNT_BYTES; k++, carry >>= 8) {
            carry += (unsigned)a->b[i] * b->b[k] + w.b[i + k];
            w.b[i + k] = (uint8_t)carry;
        }
    }
    return w;
}

/* Long division, one bit at a time. */
static struct wide divide(const struct wide *n, const struct wide *by, struct wide *rest)
{
    struct wide q = {0}, r = {0};
    unsigned top = WIDE;
    while (top > 0 && n->b[top - 1] == 0)
        top--;
    for (unsigned bit = 8 * top; bit-- > 0;) {
        r = plus(&r, &r);
        q = plus(&q, &q);
        r.b[0] = (uint8_t)(r.b[0] | (n->b[bit / 8] >> bit % 8 & 1));
        if (compare(&r, by) >= 0) {
            r = minus(&r, by);
            q.b[0] |= 1;
        }
    }
    *rest = r;
    return q;
}

static void check_result(enum err e, struct amount got, const struct wide *want, bool refused)
{
    assert((e == OK) == (!refused && fits(want)));
    assert(e == OK || e == ERR_OVERFLOW);
    if (e == OK) {
        struct wide w = wide_of(got);
        assert(compare(&w, want) == 0);
    }
}

static void check_arithmetic(struct amount a, struct amount b, struct amount c)
{
    const struct wide wa = wide_of(a), wb = wide_of(b), wc = wide_of(c), one = {{1}}, zero = {{0}};
    struct amount got = {0};
    struct wide want = plus(&wa, &wb);
    enum err e = amount_add(a, b, &got);
    check_result(e, got, &want, false);
    want = minus(&wa, &wb);
    e = amount_subtract(a, b, &got);
    check_result(e, got, &want, compare(&wa, &wb) < 0);
    assert(amount_compare(a, b) == compare(&wa, &wb));
    bool by_zero = compare(&wc, &zero) == 0;
    struct wide rest = zero, product = times(&wa, &wb), q = zero;
    if (!by_zero)
        q = divide(&product, &wc, &rest);
    e = amount_mul_div_floor(a, b, c, &got);
    check_result(e, got, &q, by_zero);
    want = compare(&rest, &zero) == 0 ? q : plus(&q, &one);
    e = amount_mul_div_ceil(a, b, c, &got);
    check_result(e, got, &want, by_zero);
    e = delta_apply(a, delta_between(a, b), &got);
    check_result(e, got, &wb, false);
}

/* Divide by ten in place; returns the rest. */
static unsigned take_digit(struct wide *w)
{
    unsigned rest = 0;
    for (unsigned i = AMOUNT_BYTES; i-- > 0; rest %= 10) {
        rest = rest << 8 | w->b[i];
        w->b[i] = (uint8_t)(rest / 10);
    }
    return rest;
}

static void check_text(struct amount a)
{
    struct wide w = wide_of(a);
    const struct wide zero = {{0}};
    char text[AMOUNT_TEXT + 1];
    size_t n = amount_format(a, text);
    assert(n <= AMOUNT_TEXT && text[n] == '\0');
    for (size_t i = n; i-- > 0;)
        assert(text[i] == (char)('0' + take_digit(&w)));
    assert(compare(&w, &zero) == 0 && (n == 1 || text[0] != '0'));
    struct amount back;
    assert(amount_parse(text, n, &back) == OK && amount_compare(back, a) == 0);
    uint8_t numeric[NUMERIC_MAX];
    size_t size = amount_to_numeric(a, numeric);
    assert(size <= NUMERIC_MAX && amount_from_numeric((struct slice){numeric, size}, &back) == OK);
    assert(amount_compare(back, a) == 0);
}

/* Any bytes as a numeric or a text: what is taken is what would be written. */
static void check_readers(const uint8_t *data, size_t size)
{
    struct delta d, again;
    struct total t, same;
    struct amount a;
    uint8_t numeric[NUMERIC_MAX];
    char text[AMOUNT_TEXT + 1];
    if (delta_from_numeric((struct slice){data, size}, &d) == OK) {
        size_t n = delta_to_numeric(d, numeric);
        assert(delta_from_numeric((struct slice){numeric, n}, &again) == OK);
        assert(again.negative == d.negative && amount_compare(again.magnitude, d.magnitude) == 0);
        assert(amount_from_numeric((struct slice){data, size}, &a) == (d.negative ? ERR_OVERFLOW : OK));
    }
    if (total_from_numeric((struct slice){data, size}, &t) == OK) {
        size_t n = total_to_numeric(t, numeric);
        assert(total_from_numeric((struct slice){numeric, n}, &same) == OK && total_compare(t, same) == 0);
    }
    if (amount_parse((const char *)data, size, &a) == OK)
        assert(amount_format(a, text) == size && memcmp(text, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_readers(size == 0 ? (const uint8_t *)"" : data, size);
    uint8_t be[3][AMOUNT_BYTES] = {{0}};
    /* Shorter inputs make smaller amounts: a third each, at the low end. */
    size_t third = size / 3 < AMOUNT_BYTES ? size / 3 : AMOUNT_BYTES;
    for (size_t i = 0; i < 3 && third > 0; i++)
        memcpy(be[i] + AMOUNT_BYTES - third, data + i * third, third);
    struct amount a = amount_from_be(be[0]), b = amount_from_be(be[1]), c = amount_from_be(be[2]);
    check_arithmetic(a, b, c);
    check_text(a);
    check_text(c);
    return 0;
}

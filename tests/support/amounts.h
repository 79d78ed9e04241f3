/* tests/support/amounts.h - amounts for tests: of a text, at random, compared. */
#ifndef TESTS_SUPPORT_AMOUNTS_H
#define TESTS_SUPPORT_AMOUNTS_H

#include <stdio.h>
#include <string.h>

#include "ledger/core/amount.h"
#include "tests/support/unit.h"

enum { ROUNDS = 20000 };

static uint64_t state;

static inline int start_random(void **unused)
{
    (void)unused;
    state = 20261121;
    printf("seed %llu\n", (unsigned long long)state);
    return 0;
}

/* splitmix64 */
static inline uint64_t random_u64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

/* Any width from 0 to 256 bits, and often runs of all-zero or all-one limbs, where carries live. */
static inline struct amount random_amount(void)
{
    struct amount a = {0};
    uint64_t bits = random_u64() % 257;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t pick = random_u64() % 4;
        a.limb[i] = pick == 0 ? 0 : pick == 1 ? UINT64_MAX : random_u64();
        uint64_t base = 64 * (uint64_t)i;
        if (bits <= base)
            a.limb[i] = 0;
        else if (bits - base < 64)
            a.limb[i] &= (UINT64_C(1) << (bits - base)) - 1;
    }
    return a;
}

static inline struct amount amount_of(const char *text)
{
    struct amount a = {0};
    assert_int_equal(amount_parse(text, strlen(text), &a), OK);
    return a;
}

static inline void assert_amount(struct amount got, const char *text)
{
    char out[AMOUNT_TEXT + 1];
    assert_int_equal(amount_format(got, out), strlen(text));
    assert_string_equal(out, text);
}

static inline void assert_same(struct amount a, struct amount b)
{
    assert_int_equal(amount_compare(a, b), 0);
}

#define MAX_TEXT "115792089237316195423570985008687907853269984665640564039457584007913129639935"

#endif

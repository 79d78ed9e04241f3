/* ledger/core/amount.h - whole amounts of 256 bits, checked, never floating point.
 *
 * Units: base units of whatever asset (wei, shares, WAD). Nothing here wraps: a result outside [0, 2^256) is
 * ERR_OVERFLOW and the output is untouched. Members are touched only in amount*.c (lint greps). The limbs are
 * GMP's (mpn layer), least significant first. */
#ifndef LEDGER_CORE_AMOUNT_H
#define LEDGER_CORE_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/bytes.h"
#include "ledger/core/err.h"

struct amount {
    uint64_t limb[4];
};

/* A signed change of an amount, in (-2^256, 2^256). Zero is never negative. */
struct delta {
    struct amount magnitude;
    bool negative;
};

/* A running total of many amounts, in [0, 2^512): 2^256 additions cannot overflow it. */
struct total {
    uint64_t limb[8];
};

enum { AMOUNT_TEXT = 78, DELTA_TEXT = 79, TOTAL_TEXT = 155 }; /* longest decimal forms, without NUL */

extern const struct amount amount_zero;
extern const struct amount amount_max; /* 2^256 - 1 */
extern const struct amount amount_wad; /* 1e18 */

struct amount amount_from_u64(uint64_t v);
struct amount amount_from_be(const uint8_t be[32]);
void amount_to_be(struct amount a, uint8_t be[32]);
/* ERR_OVERFLOW: does not fit. */
MUST_CHECK enum err amount_to_u64(struct amount a, uint64_t *out);

bool amount_is_zero(struct amount a);
int amount_compare(struct amount a, struct amount b); /* -1, 0, 1 */

/* ERR_OVERFLOW: the sum is 2^256 or more; the difference is negative. */
MUST_CHECK enum err amount_add(struct amount a, struct amount b, struct amount *out);
MUST_CHECK enum err amount_subtract(struct amount a, struct amount b, struct amount *out);
struct amount amount_minus_or_zero(struct amount a, struct amount b); /* a - b, 0 where that is negative */
/* a * b / c over a 512-bit product. ERR_OVERFLOW: c is zero or the quotient does not fit. */
MUST_CHECK enum err amount_mul_div_floor(struct amount a, struct amount b, struct amount c, struct amount *out);
MUST_CHECK enum err amount_mul_div_ceil(struct amount a, struct amount b, struct amount c, struct amount *out);

/* Decimal digits, NUL-terminated; returns the length. */
size_t amount_format(struct amount a, char out[AMOUNT_TEXT + 1]);
size_t delta_format(struct delta d, char out[DELTA_TEXT + 1]);
size_t total_format(struct total t, char out[TOTAL_TEXT + 1]);
/* Digits only: no sign, space, leading zero (but "0"), exponent. ERR_FIELD: malformed; ERR_OVERFLOW: 2^256 or more. */
MUST_CHECK enum err amount_parse(const char *text, size_t n, struct amount *out);

struct delta delta_between(struct amount before, struct amount after); /* after - before */
struct delta delta_plus(struct amount a);
struct delta delta_minus(struct amount a);
/* before + d. ERR_OVERFLOW: the result is negative or 2^256 or more. */
MUST_CHECK enum err delta_apply(struct amount before, struct delta d, struct amount *out);

void total_add(struct total *t, struct amount a);
int total_compare(struct total a, struct total b);
void total_to_be(struct total t, uint8_t be[64]);
struct total total_from_be(const uint8_t be[64]);

extern const struct total total_zero;
struct total total_of(struct amount a);
bool total_is_zero(struct total t);
/* ERR_OVERFLOW: 2^256 or more. */
MUST_CHECK enum err total_to_amount(struct total t, struct amount *out);
/* Results outside [0, 2^512) are the caller's mistake: assertions. */
void total_subtract(struct total *t, struct amount a);
/* The same to many: to totals[which[i]], i < n. */
void totals_add(struct total *totals, const uint32_t *which, size_t n, struct amount a);
void totals_subtract(struct total *totals, const uint32_t *which, size_t n, struct amount a);
struct total total_plus(struct total a, struct total b);
struct total total_times(struct total t, uint64_t by);
struct total amount_square(struct amount a); /* fits always */
struct total amount_product(struct amount a, struct amount b);
/* floor(a * part / whole), and what remains: a * part modulo whole. Assertions: part <= whole, whole is not zero. */
struct amount amount_share(struct amount a, struct total part, struct total whole, struct total *rest);
/* floor(2^64 * the square root of a * part / whole), below 2^192. Assertions: part <= whole, whole is not zero. */
struct amount amount_root_of_share(struct amount a, uint64_t part, uint64_t whole);

/* PostgreSQL's binary numeric (numeric_send): digits base 10000, most significant first, scale 0. `out` takes at
 * most NUMERIC_MAX bytes; returns the length. Reading: ERR_FIELD for NaN, infinities, fractions, malformed bytes;
 * ERR_OVERFLOW for values outside the type. */
enum { NUMERIC_MAX = 8 + 2 * 40 };
size_t amount_to_numeric(struct amount a, uint8_t out[NUMERIC_MAX]);
size_t delta_to_numeric(struct delta d, uint8_t out[NUMERIC_MAX]);
size_t total_to_numeric(struct total t, uint8_t out[NUMERIC_MAX]);
MUST_CHECK enum err amount_from_numeric(struct slice in, struct amount *out);
MUST_CHECK enum err delta_from_numeric(struct slice in, struct delta *out);
MUST_CHECK enum err total_from_numeric(struct slice in, struct total *out);

#endif

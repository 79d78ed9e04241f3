/* ledger/core/amount.c - 256-bit amounts on GMP's mpn layer; see amount.h. */
#include "ledger/core/amount.h"

#include <string.h>

#include "ledger/core/amount_limbs.h"

enum { WORD_DIGITS = 16, WORDS_MAX = 10 /* 155 digits in words of 16 */ };

#define WORD_BASE UINT64_C(10000000000000000) /* 10^16: four digits of PostgreSQL's base 10000 */

const struct amount amount_zero;
const struct amount amount_max = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
const struct amount amount_wad = {{UINT64_C(1000000000000000000), 0, 0, 0}};

struct amount amount_from_u64(uint64_t v)
{
    return (struct amount){{v, 0, 0, 0}};
}

struct amount amount_from_be(const uint8_t be[32])
{
    struct amount a;
    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t limb;
        memcpy(&limb, be + 8 * (LIMBS - 1 - i), sizeof limb);
        a.limb[i] = __builtin_bswap64(limb);
    }
    return a;
}

static void limbs_to_be(const uint64_t *limb, size_t n, uint8_t *be)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t swapped = __builtin_bswap64(limb[i]);
        memcpy(be + 8 * (n - 1 - i), &swapped, sizeof swapped);
    }
}

void amount_to_be(struct amount a, uint8_t be[32])
{
    limbs_to_be(a.limb, LIMBS, be);
}

enum err amount_to_u64(struct amount a, uint64_t *out)
{
    if (limbs_used(a.limb, LIMBS) > 1)
        return err_with(ERR_OVERFLOW, "an amount does not fit 64 bits");
    *out = a.limb[0];
    return OK;
}

bool amount_is_zero(struct amount a)
{
    return (a.limb[0] | a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

int amount_compare(struct amount a, struct amount b)
{
    int c = mpn_cmp(a.limb, b.limb, LIMBS);
    return (c > 0) - (c < 0);
}

enum err amount_add(struct amount a, struct amount b, struct amount *out)
{
    struct amount sum;
    if (mpn_add_n(sum.limb, a.limb, b.limb, LIMBS) != 0)
        return err_with(ERR_OVERFLOW, "a sum is 2^256 or more");
    *out = sum;
    return OK;
}

enum err amount_subtract(struct amount a, struct amount b, struct amount *out)
{
    struct amount difference;
    if (mpn_sub_n(difference.limb, a.limb, b.limb, LIMBS) != 0)
        return err_with(ERR_OVERFLOW, "a difference is negative");
    *out = difference;
    return OK;
}

struct amount amount_minus_or_zero(struct amount a, struct amount b)
{
    return amount_compare(a, b) > 0 ? delta_between(b, a).magnitude : amount_zero;
}

/* a * b / c, rounded up when asked to and the division is not even. */
static enum err mul_div(struct amount a, struct amount b, struct amount c, bool up, struct amount *out)
{
    mp_size_t c_used = limbs_used(c.limb, LIMBS);
    if (c_used == 0)
        return err_with(ERR_OVERFLOW, "a division by zero");
    mp_limb_t product[2 * LIMBS], rest[LIMBS] = {0}, quotient[2 * LIMBS + 1] = {0};
    mpn_mul_n(product, a.limb, b.limb, LIMBS);
    mp_size_t used = limbs_used(product, (mp_size_t)2 * LIMBS);
    bool uneven = used > 0;
    if (used >= c_used) { /* mpn_tdiv_qr: nn >= dn, the divisor's top limb is not zero */
        mpn_tdiv_qr(quotient, rest, 0, product, used, c.limb, c_used);
        uneven = limbs_used(rest, c_used) > 0;
    }
    if (up && uneven)
        mpn_add_1(quotient, quotient, 2 * LIMBS + 1, 1);
    if (limbs_used(quotient, 2 * LIMBS + 1) > LIMBS)
        return err_with(ERR_OVERFLOW, "a quotient is 2^256 or more");
    memcpy(out->limb, quotient, sizeof out->limb);
    return OK;
}

enum err amount_mul_div_floor(struct amount a, struct amount b, struct amount c, struct amount *out)
{
    return mul_div(a, b, c, false, out);
}

enum err amount_mul_div_ceil(struct amount a, struct amount b, struct amount c, struct amount *out)
{
    return mul_div(a, b, c, true, out);
}

/* Split into words of base 10^16, least significant first; destroys limb. Returns how many; none for zero. */
static size_t split_words(uint64_t *limb, mp_size_t n, uint64_t word[WORDS_MAX])
{
    size_t words = 0;
    n = limbs_used(limb, n);
    for (; n > 1; n = limbs_used(limb, n))
        word[words++] = mpn_divrem_1(limb, 0, limb, n, WORD_BASE);
    for (uint64_t low = n == 1 ? limb[0] : 0; low > 0; low /= WORD_BASE)
        word[words++] = low % WORD_BASE;
    return words;
}

/* acc = acc * by + plus, n limbs wide; false when that does not fit. */
static bool append_word(uint64_t *acc, mp_size_t n, uint64_t by, uint64_t plus)
{
    mp_limb_t high = mpn_mul_1(acc, acc, n, by);
    mp_limb_t carry = mpn_add_1(acc, acc, n, plus);
    return high == 0 && carry == 0;
}

/* The digits of a number given by its limbs, which are destroyed, and NUL. Returns their count. */
static size_t format_limbs(uint64_t *limb, mp_size_t n, char *out)
{
    uint64_t word[WORDS_MAX];
    size_t words = split_words(limb, n, word);
    char text[WORDS_MAX * WORD_DIGITS];
    for (size_t i = 0; i < words; i++) {
        uint64_t w = word[words - 1 - i];
        for (size_t k = WORD_DIGITS; k-- > 0; w /= 10)
            text[i * WORD_DIGITS + k] = (char)('0' + w % 10);
    }
    size_t end = words * WORD_DIGITS, start = 0;
    while (start < end && text[start] == '0')
        start++;
    if (start == end) {
        memcpy(out, "0", 2);
        return 1;
    }
    memcpy(out, text + start, end - start);
    out[end - start] = '\0';
    return end - start;
}

size_t amount_format(struct amount a, char out[AMOUNT_TEXT + 1])
{
    return format_limbs(a.limb, LIMBS, out);
}

size_t delta_format(struct delta d, char out[DELTA_TEXT + 1])
{
    size_t sign = d.negative ? 1 : 0;
    out[0] = '-';
    return sign + format_limbs(d.magnitude.limb, LIMBS, out + sign);
}

size_t total_format(struct total t, char out[TOTAL_TEXT + 1])
{
    return format_limbs(t.limb, TOTAL_LIMBS, out);
}

enum err amount_parse(const char *text, size_t n, struct amount *out)
{
    bool well_formed = n > 0 && (text[0] != '0' || n == 1);
    for (size_t i = 0; i < n && well_formed; i++)
        well_formed = text[i] >= '0' && text[i] <= '9';
    if (!well_formed)
        return err_with(ERR_FIELD, "an amount is decimal digits without sign or leading zeros");
    bool fits = true;
    struct amount a = {0};
    for (size_t i = 0; i < n && fits;) {
        uint64_t word = 0, by = 1;
        for (size_t end = i + WORD_DIGITS; i < end && i < n; i++, by *= 10)
            word = word * 10 + (uint64_t)(text[i] - '0');
        fits = append_word(a.limb, LIMBS, by, word);
    }
    if (!fits)
        return err_with(ERR_OVERFLOW, "an amount is 2^256 or more");
    *out = a;
    return OK;
}

struct delta delta_between(struct amount before, struct amount after)
{
    struct delta d = {.negative = amount_compare(after, before) < 0};
    if (d.negative)
        mpn_sub_n(d.magnitude.limb, before.limb, after.limb, LIMBS);
    else
        mpn_sub_n(d.magnitude.limb, after.limb, before.limb, LIMBS);
    return d;
}

struct delta delta_plus(struct amount a)
{
    return (struct delta){a, false};
}

struct delta delta_minus(struct amount a)
{
    return (struct delta){a, !amount_is_zero(a)};
}

enum err delta_apply(struct amount before, struct delta d, struct amount *out)
{
    return d.negative ? amount_subtract(before, d.magnitude, out) : amount_add(before, d.magnitude, out);
}

void total_add(struct total *t, struct amount a)
{
    mp_limb_t carry = mpn_add(t->limb, t->limb, TOTAL_LIMBS, a.limb, LIMBS);
    assert(carry == 0); /* needs more than 2^256 additions */
}

int total_compare(struct total a, struct total b)
{
    int c = mpn_cmp(a.limb, b.limb, TOTAL_LIMBS);
    return (c > 0) - (c < 0);
}

void total_to_be(struct total t, uint8_t be[64])
{
    limbs_to_be(t.limb, TOTAL_LIMBS, be);
}

/* PostgreSQL's numeric_send: int16 ndigits, int16 weight (of the first digit, in powers of 10000), uint16 sign, uint16
 * dscale, then ndigits of int16 in base 10000. Zero digits at either end are left out; zero has none at all. */
enum {
    NUMERIC_BASE = 10000,
    NUMERIC_BASE_SQUARED = NUMERIC_BASE * NUMERIC_BASE,
    NUMERIC_HEAD = 8,
    WORD_GROUPS = 4,
    NUMERIC_POSITIVE = 0x0000,
    NUMERIC_NEGATIVE = 0x4000
};

static void write_be16(uint8_t *p, uint64_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static int read_be16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static size_t limbs_to_numeric(uint64_t *limb, mp_size_t n, bool negative, uint8_t out[NUMERIC_MAX])
{
    uint64_t word[WORDS_MAX];
    size_t words = split_words(limb, n, word), groups = words * WORD_GROUPS;
    uint64_t group[WORDS_MAX * WORD_GROUPS]; /* least significant first */
    for (size_t i = 0; i < words; i++) {
        uint64_t high = word[i] / NUMERIC_BASE_SQUARED, low = word[i] % NUMERIC_BASE_SQUARED;
        group[WORD_GROUPS * i] = low % NUMERIC_BASE;
        group[WORD_GROUPS * i + 1] = low / NUMERIC_BASE;
        group[WORD_GROUPS * i + 2] = high % NUMERIC_BASE;
        group[WORD_GROUPS * i + 3] = high / NUMERIC_BASE;
    }
    size_t first = 0;
    while (groups > 0 && group[groups - 1] == 0)
        groups--;
    while (first < groups && group[first] == 0)
        first++;
    write_be16(out, groups - first);
    write_be16(out + 2, groups > 0 ? groups - 1 : 0);
    write_be16(out + 4, negative ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
    write_be16(out + 6, 0);
    uint8_t *p = out + NUMERIC_HEAD;
    for (size_t i = groups; i > first; i--, p += 2)
        write_be16(p, group[i - 1]);
    return (size_t)(p - out);
}

size_t amount_to_numeric(struct amount a, uint8_t out[NUMERIC_MAX])
{
    return limbs_to_numeric(a.limb, LIMBS, false, out);
}

size_t delta_to_numeric(struct delta d, uint8_t out[NUMERIC_MAX])
{
    return limbs_to_numeric(d.magnitude.limb, LIMBS, d.negative, out);
}

size_t total_to_numeric(struct total t, uint8_t out[NUMERIC_MAX])
{
    return limbs_to_numeric(t.limb, TOTAL_LIMBS, false, out);
}

/* The digits of one numeric, after its head was checked. */
static enum err groups_to_limbs(const uint8_t *digits, int n_digits, int weight, uint64_t *limb, mp_size_t n)
{
    for (int i = 0; i < n_digits; i++) {
        int group = read_be16(digits + 2 * (size_t)i);
        if (group >= NUMERIC_BASE)
            return err_with(ERR_FIELD, "a numeric digit is 10000 or more");
        if (i > weight && group != 0)
            return err_with(ERR_FIELD, "a numeric has a fraction");
    }
    if (n_digits == 0)
        return OK;
    bool fits = true;
    for (int i = 0; i <= weight && fits;) {
        uint64_t word = 0, by = 1;
        for (int end = i + WORD_GROUPS; i < end && i <= weight; i++, by *= NUMERIC_BASE)
            word = word * NUMERIC_BASE + (uint64_t)(i < n_digits ? read_be16(digits + 2 * (size_t)i) : 0);
        fits = append_word(limb, n, by, word);
    }
    return fits ? OK : err_with(ERR_OVERFLOW, "a numeric is larger than its type");
}

static enum err numeric_to_limbs(struct slice in, bool *negative, uint64_t *limb, mp_size_t n)
{
    if (in.n < NUMERIC_HEAD)
        return err_with(ERR_FIELD, "a numeric is cut short");
    int n_digits = read_be16(in.p), weight = (int16_t)read_be16(in.p + 2), sign = read_be16(in.p + 4);
    if (in.n != NUMERIC_HEAD + 2 * (size_t)n_digits)
        return err_with(ERR_FIELD, "a numeric's length does not match its digits");
    if (sign != NUMERIC_POSITIVE && sign != NUMERIC_NEGATIVE)
        return err_with(ERR_FIELD, "a numeric is not a finite number");
    TRY(groups_to_limbs(in.p + NUMERIC_HEAD, n_digits, weight, limb, n));
    *negative = sign == NUMERIC_NEGATIVE && limbs_used(limb, n) > 0;
    return OK;
}

enum err amount_from_numeric(struct slice in, struct amount *out)
{
    struct delta d;
    TRY(delta_from_numeric(in, &d));
    if (d.negative)
        return err_with(ERR_OVERFLOW, "a numeric is negative");
    *out = d.magnitude;
    return OK;
}

enum err delta_from_numeric(struct slice in, struct delta *out)
{
    struct delta d = {0};
    TRY(numeric_to_limbs(in, &d.negative, d.magnitude.limb, LIMBS));
    *out = d;
    return OK;
}

enum err total_from_numeric(struct slice in, struct total *out)
{
    struct total t = {0};
    bool negative;
    TRY(numeric_to_limbs(in, &negative, t.limb, TOTAL_LIMBS));
    if (negative)
        return err_with(ERR_OVERFLOW, "a numeric is negative");
    *out = t;
    return OK;
}

/* ledger/core/amount_wide.c - totals, and the wide products and roots that shares of an amount take; see amount.h. */
#include <string.h>

#include "ledger/core/amount_limbs.h"

const struct total total_zero;

struct total total_of(struct amount a)
{
    struct total t = {0};
    memcpy(t.limb, a.limb, sizeof a.limb);
    return t;
}

bool total_is_zero(struct total t)
{
    return limbs_used(t.limb, TOTAL_LIMBS) == 0;
}

enum err total_to_amount(struct total t, struct amount *out)
{
    if (limbs_used(t.limb, TOTAL_LIMBS) > LIMBS)
        return err_with(ERR_OVERFLOW, "a sum is 2^256 or more");
    memcpy(out->limb, t.limb, sizeof out->limb);
    return OK;
}

struct total total_from_be(const uint8_t be[64])
{
    struct amount high = amount_from_be(be), low = amount_from_be(be + 32);
    struct total t;
    memcpy(t.limb, low.limb, sizeof low.limb);
    memcpy(t.limb + LIMBS, high.limb, sizeof high.limb);
    return t;
}

void total_subtract(struct total *t, struct amount a)
{
    mp_limb_t borrow = mpn_sub(t->limb, t->limb, TOTAL_LIMBS, a.limb, LIMBS);
    assert(borrow == 0);
}

void totals_add(struct total *totals, const uint32_t *which, size_t n, struct amount a)
{
    for (size_t i = 0; i < n; i++) {
        mp_limb_t *limb = totals[which[i]].limb, carry = mpn_add_n(limb, limb, a.limb, LIMBS);
        if (carry != 0)
            carry = mpn_add_1(limb + LIMBS, limb + LIMBS, TOTAL_LIMBS - LIMBS, carry);
        assert(carry == 0);
    }
}

void totals_subtract(struct total *totals, const uint32_t *which, size_t n, struct amount a)
{
    for (size_t i = 0; i < n; i++) {
        mp_limb_t *limb = totals[which[i]].limb, borrow = mpn_sub_n(limb, limb, a.limb, LIMBS);
        if (borrow != 0)
            borrow = mpn_sub_1(limb + LIMBS, limb + LIMBS, TOTAL_LIMBS - LIMBS, borrow);
        assert(borrow == 0);
    }
}

struct total total_plus(struct total a, struct total b)
{
    struct total sum;
    mp_limb_t carry = mpn_add_n(sum.limb, a.limb, b.limb, TOTAL_LIMBS);
    assert(carry == 0);
    return sum;
}

struct total total_times(struct total t, uint64_t by)
{
    struct total product;
    mp_limb_t high = mpn_mul_1(product.limb, t.limb, TOTAL_LIMBS, by);
    assert(high == 0);
    return product;
}

struct total amount_square(struct amount a)
{
    struct total square;
    mpn_sqr(square.limb, a.limb, LIMBS);
    return square;
}

struct total amount_product(struct amount a, struct amount b)
{
    struct total product;
    mpn_mul_n(product.limb, a.limb, b.limb, LIMBS);
    return product;
}

struct amount amount_share(struct amount a, struct total part, struct total whole, struct total *rest)
{
    mp_size_t a_used = limbs_used(a.limb, LIMBS), part_used = limbs_used(part.limb, TOTAL_LIMBS),
              whole_used = limbs_used(whole.limb, TOTAL_LIMBS);
    assert(whole_used > 0 && total_compare(part, whole) <= 0);
    struct amount share = {0};
    *rest = total_zero;
    if (a_used == 0 || part_used == 0)
        return share;
    mp_limb_t product[TOTAL_LIMBS + LIMBS], quotient[TOTAL_LIMBS + LIMBS];
    mp_size_t used = part_used + a_used;
    if (part_used >= a_used) /* mpn_mul: the longer one comes first */
        mpn_mul(product, part.limb, part_used, a.limb, a_used);
    else
        mpn_mul(product, a.limb, a_used, part.limb, part_used);
    if (used < whole_used) {
        memcpy(rest->limb, product, (size_t)used * sizeof product[0]);
        return share;
    }
    mpn_tdiv_qr(quotient, rest->limb, 0, product, used, whole.limb, whole_used);
    mp_size_t quotient_used = limbs_used(quotient, used - whole_used + 1);
    assert(quotient_used <= a_used); /* because part <= whole */
    memcpy(share.limb, quotient, (size_t)quotient_used * sizeof quotient[0]);
    return share;
}

struct amount amount_root_of_share(struct amount a, uint64_t part, uint64_t whole)
{
    enum { SHIFT = 2, WIDE = LIMBS + 1 + SHIFT }; /* 2^128 is two limbs */
    assert(whole > 0 && part <= whole);
    struct amount root = {0};
    mp_limb_t wide[WIDE] = {0};
    wide[WIDE - 1] = mpn_mul_1(wide + SHIFT, a.limb, LIMBS, part);
    mp_size_t used = limbs_used(wide, WIDE);
    if (used == 0)
        return root;
    mpn_divrem_1(wide, 0, wide, used, whole);
    used = limbs_used(wide, used);
    assert(used <= LIMBS + SHIFT); /* because part <= whole */
    if (used > 0)
        mpn_sqrtrem(root.limb, NULL, wide, used);
    return root;
}

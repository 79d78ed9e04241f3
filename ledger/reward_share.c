/* ledger/reward_share.c - see reward_share.h. */
#include "ledger/reward_share.h"

#include <assert.h>
#include <string.h>

struct amount reward_sum(struct amount a, struct amount b)
{
    struct amount sum;
    enum err e = amount_add(a, b, &sum);
    assert(e == OK);
    return sum;
}

struct amount reward_less(struct amount a, struct amount b)
{
    struct amount rest;
    enum err e = amount_subtract(a, b, &rest);
    assert(e == OK);
    return rest;
}

struct amount reward_bips(struct amount a, uint64_t bips)
{
    struct amount part;
    assert(bips <= BIPS_ALL);
    enum err e = amount_mul_div_floor(a, amount_from_u64(bips), amount_from_u64(BIPS_ALL), &part);
    assert(e == OK);
    return part;
}

struct total reward_weigh(const struct reward_stake *stakes, size_t n, const struct amount *multipliers,
                          struct buffer *weights)
{
    struct total sum = total_zero;
    for (size_t i = 0; i < n;) {
        struct reward_weight w = {.staker = stakes[i].staker};
        do {
            struct amount multiplier = multipliers[stakes[i].strategy_at];
            if (!amount_is_zero(multiplier))
                w.weight = total_plus(w.weight, amount_product(multiplier, stakes[i].shares));
            i++;
        } while (i < n && address_equal(stakes[i].staker, w.staker));
        if (total_is_zero(w.weight))
            continue;
        sum = total_plus(sum, w.weight);
        buffer_bytes(weights, &w, sizeof w);
    }
    return sum;
}

struct amount reward_share_pool(struct amount pool, struct reward_part *parts, size_t n, struct total all)
{
    struct amount left = pool;
    struct total rest;
    for (size_t i = 0; i < n; i++) {
        parts[i].tokens = amount_share(pool, parts[i].weight, all, &rest);
        left = reward_less(left, parts[i].tokens);
    }
    return left;
}

static void pay(struct buffer *payments, struct address earner, enum reward_role role, struct amount amount)
{
    struct reward_payment payment;
    if (amount_is_zero(amount))
        return;
    memset(&payment, 0, sizeof payment);
    payment.earner = earner;
    payment.role = (uint8_t)role;
    payment.amount = amount;
    buffer_bytes(payments, &payment, sizeof payment);
}

void reward_share_part(struct reward_part *part, const struct reward_weight *stakers, size_t n, struct buffer *payments)
{
    part->first = payments->n / sizeof(struct reward_payment);
    part->commission = reward_bips(part->tokens, (uint64_t)part->split_bips);
    pay(payments, part->operator, REWARD_ROLE_OPERATOR, part->commission);
    struct amount shared = reward_less(part->tokens, part->commission), left = shared;
    struct total rest;
    buffer_reserve(payments, n * sizeof(struct reward_payment));
    for (size_t i = 0; i < n; i++) {
        struct amount share = amount_share(shared, stakers[i].weight, part->stake_weight, &rest);
        left = reward_less(left, share);
        pay(payments, stakers[i].staker, REWARD_ROLE_STAKER, share);
    }
    part->remainder = left;
    part->paid = reward_less(shared, left);
    part->n = payments->n / sizeof(struct reward_payment) - part->first;
}

/* ledger/alt_index.c - see alt_index.h. */
#include "ledger/alt_index.h"

bool alt_index_at(const struct alt_index *i, int64_t now, struct amount *out)
{
    if ((i->has_accrual && i->accrued_at == now) || (i->has_total && amount_is_zero(i->total_voting_stake))) {
        *out = i->stored;
        return true;
    }
    if (!i->has_terms || !i->has_total)
        return false;
    int64_t last = i->updated_at < i->starts_at ? i->starts_at : i->updated_at;
    if (last == now || amount_is_zero(i->emission_per_second) || now < i->starts_at || last >= i->ends_at) {
        *out = i->stored;
        return true;
    }
    int64_t until = now > i->ends_at ? i->ends_at : now;
    struct amount rate, added;
    return until >= last &&
           amount_mul_div_floor(i->emission_per_second, amount_from_u64((uint64_t)(until - last)), amount_from_u64(1),
                                &rate) == OK &&
           amount_mul_div_floor(rate, amount_wad, i->total_voting_stake, &added) == OK &&
           amount_add(i->stored, added, out) == OK;
}

bool alt_accrued(struct amount voting_stake, struct amount index, struct amount user_index, struct amount *out)
{
    struct amount by;
    return amount_subtract(index, user_index, &by) == OK &&
           amount_mul_div_floor(voting_stake, by, amount_wad, out) == OK;
}

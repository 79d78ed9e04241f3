/* ledger/core/amount_limbs.h - what the files amount*.c share: limbs as GMP sees them. The only file that includes GMP. */
#ifndef LEDGER_CORE_AMOUNT_LIMBS_H
#define LEDGER_CORE_AMOUNT_LIMBS_H

#include <assert.h>

#include <gmp.h>

#include "ledger/core/amount.h"

static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "limbs are GMP's own");

enum { LIMBS = 4, TOTAL_LIMBS = 8 };

/* Limbs without the zero ones at the top. */
static inline mp_size_t limbs_used(const uint64_t *limb, mp_size_t n)
{
    while (n > 0 && limb[n - 1] == 0)
        n--;
    return n;
}

#endif

/* tests/ledger/support/encumbered.h - what an allocation contributes to getEncumberedMagnitude, which is the sum over all sets. */
#ifndef TESTS_LEDGER_SUPPORT_ENCUMBERED_H
#define TESTS_LEDGER_SUPPORT_ENCUMBERED_H

#include "ledger/allocation.h"
#include "tests/support/unit.h"

/* An increase counts at once, a decrease when it takes effect. */
static inline struct amount allocation_encumbers(const struct allocation_state *state)
{
    struct amount all = state->current;
    if (!state->pending.negative)
        assert_int_equal(delta_apply(state->current, state->pending, &all), OK);
    return all;
}

#endif

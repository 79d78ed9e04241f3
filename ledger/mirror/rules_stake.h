/* ledger/mirror/rules_stake.h - what the rules of EigenLayer stake and of its withdrawal queue both look at: the logs around theirs. */
#ifndef LEDGER_MIRROR_RULES_STAKE_H
#define LEDGER_MIRROR_RULES_STAKE_H

#include "ledger/mirror/rules.h"

/* StrategyManager.Deposit, in the form of the slashing release or before it (which names the token too). */
struct deposit_log {
    struct address staker, strategy;
    struct amount shares;
};

static inline bool deposit_read(const struct decoded_log *log, struct deposit_log *out)
{
    if (!place_is(log, "StrategyManager.Deposit"))
        return false;
    const struct abi_value *v = log->values;
    bool names_token = log->event->n_inputs == 4;
    *out = (struct deposit_log){v[0].address, v[names_token ? 2 : 1].address, v[names_token ? 3 : 2].number};
    return true;
}

/* The contracts whose logs are in one strict order with deposits and withdrawals; between them come logs of tokens, strategies, pods. */
static inline bool is_core(const struct decoded_log *log)
{
    return log->contract->kind == KIND_DELEGATION_MANAGER || log->contract->kind == KIND_STRATEGY_MANAGER;
}

/* ExchangeRateEmitted of this strategy: it has just issued shares for tokens, or paid tokens for shares. */
static inline bool is_rate_of(const struct place *at, size_t j, struct address strategy)
{
    return address_equal(at->block->logs[j].address, strategy) &&
           place_is(&at->decoded[j], "Strategy.ExchangeRateEmitted");
}

#endif

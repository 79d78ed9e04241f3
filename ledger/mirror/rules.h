/* ledger/mirror/rules.h - rules: what an event of a contract does to the books. Tables of them, one a family of contracts.
 *
 * A rule takes the arguments of the event in declared order and calls functions of ledger/. It is pure: it may look at the
 * block's other logs, but reads nothing else than books. To add one: a row in a table. */
#ifndef LEDGER_MIRROR_RULES_H
#define LEDGER_MIRROR_RULES_H

#include <string.h>

#include "ledger/mirror/apply.h"

/* Where a rule stands: the log, its block and what lies around it in the block. */
struct place {
    struct books *books;
    const struct network *network;
    const struct block *block;
    const struct decoded_log *decoded;
    size_t i;                        /* this log: block->logs[i], decoded[i] */
    const struct contract *contract; /* the emitter's entry in the network file */
    struct address emitter;
};

typedef void rule(const struct place *at, const struct abi_value *v);

struct rule_row {
    const char *group, *signature;
    rule *apply;
};

/* Each ends with {0}. Where an event has several kinds of emitters its one rule looks at place.contract->kind. */
extern const struct rule_row rules_token[], rules_stake[], rules_withdrawal[], rules_allocation[], rules_alt_staking[],
    rules_alt_reward[], rules_registry[], rules_rewards[];
/* ERC-1155 transfers of ALT's own staking, whose positions have books of their own. */
rule rule_alt_transfer_single, rule_alt_transfer_batch;

/* Whether the log was decoded as the event of this public name ("ERC20.Transfer"). */
static inline bool place_is(const struct decoded_log *log, const char *type)
{
    return log->values != NULL && strcmp(log->event->type, type) == 0;
}

/* Whether log j of the block belongs to the transaction of this log. */
static inline bool place_same_tx(const struct place *at, size_t j)
{
    return j < at->block->n_logs && hash_equal(at->block->logs[j].tx_hash, at->block->logs[at->i].tx_hash);
}

#endif

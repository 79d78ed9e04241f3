/* ledger/mirror/rules_alt.h - what the rules of ALT's own staking share: where they stand, and the contract's logs around them.
 *
 * Order of logs in the contract (StakedMultiToken): a call first updates rewards (DistributionIndexUpdated, UserIndexUpdated,
 * CollectFee, the fees' Transfers, RewardsAccrued; one distribution after the other), then says what it does (Stake, Unstake, ...),
 * then moves tokens and the ERC-1155 position. */
#ifndef LEDGER_MIRROR_RULES_ALT_H
#define LEDGER_MIRROR_RULES_ALT_H

#include "ledger/alt_staking.h"
#include "ledger/mirror/rules.h"

#define ALT_GROUP "AltLayerStakedMultiToken"

/* The contract, as of this log; its first log books what initialize() sets without an event. */
struct alt alt_of(const struct place *at);
/* All distributions were updated in this block. */
void alt_accrue(const struct place *at, const struct alt *alt);
/* Whether log j is the contract's event of this public name. */
bool alt_log_is(const struct place *at, size_t j, const char *type);
/* The contract's next log in the transaction after j; n_logs: none. */
size_t alt_next_log(const struct place *at, size_t j);

#endif

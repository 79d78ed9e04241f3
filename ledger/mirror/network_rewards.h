/* ledger/mirror/network_rewards.h - what a network file says of rewards, read into struct reward_terms.
 *
 * Fee collectors: ledger/README.md, "Fee collectors". Mistakes are ERR_CONFIG; the detail begins with the member's path. */
#ifndef LEDGER_MIRROR_NETWORK_REWARDS_H
#define LEDGER_MIRROR_NETWORK_REWARDS_H

#include "ledger/mirror/network.h"

enum { EPOCH_DAYS_MAX = 3660 };

/* Fill n->rewards: after the contracts and all `parameters` of the file. */
MUST_CHECK enum err network_read_rewards(struct network *n);
/* The collector at this address if it collects at this block, else NULL. */
const struct reward_collector *network_collector(const struct network *n, struct address a, uint64_t block);

#endif

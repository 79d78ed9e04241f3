/* api/rewards_claim.h - a proof as the struct that RewardsCoordinator.processClaim takes: its JSON and its calldata. */
#ifndef API_REWARDS_CLAIM_H
#define API_REWARDS_CLAIM_H

#include "api/route.h"
#include "ledger/reward_tree.h"

struct claim {
    const uint32_t *root_index; /* NULL: the root is not on L1, as far as is known */
    struct address earner, recipient;
    const struct reward_proof *proof;
};

/* Members `claim` and `calldata` of an object that is being written; the latter is null without a root's index. */
void claim_write(struct json_writer *w, const struct claim *claim, struct arena *arena);

extern const struct member claim_members[]; /* of `claim`; ends with {0} */

#endif

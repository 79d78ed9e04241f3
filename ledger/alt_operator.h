/* ledger/alt_operator.h - operators of ALT's own staking: registration, freezing, fees, node keys, activity.
 *
 * An operator is active if it is not frozen and its voting stake, totalSupply - totalCooldownAmounts, is at least minVotingStake
 * (isActiveOperator). There is no unfreezing. A fee changes after a cooldown of its own; the pending one stays after it was set. */
#ifndef LEDGER_ALT_OPERATOR_H
#define LEDGER_ALT_OPERATOR_H

#include "ledger/alt_staking.h"

struct alt_operator_row {
    struct address contract;
    struct address operator;
    uint64_t position;
    int32_t log_index;
    bool registered;
    bool frozen;
    int32_t fee_bps;
    int32_t pending_fee_bps;
    struct instant fee_cooldown_end; /* 1970: none was ever started */
    struct address node_key;         /* the authenticated one, or the zero address */
    struct amount cooldown_doubt;    /* sum of its stakers' doubts: totalCooldownAmounts may be less by as much */
    int32_t voted_alerts;            /* length of getVotedAlerts (ledger.alt_vote) */
    bool votes_known;                /* false: whether its votes were cleared hangs on a cooldown in doubt */
};

/* The operator as of now: of one never seen, everything is zero and its votes known. */
struct alt_operator_row alt_operator_get(const struct alt *at, struct address operator);
void alt_operator_put(const struct alt *at, struct alt_operator_row *row);
bool alt_is_frozen(const struct alt *at, struct address operator);

enum alt_activity { ALT_INACTIVE, ALT_ACTIVE, ALT_ACTIVITY_UNKNOWN };
enum alt_activity alt_activity(const struct alt *at, struct address operator);

void alt_apply_registered(const struct alt *at, struct address operator);
void alt_apply_fee_bps(const struct alt *at, struct address operator, int32_t bps);
void alt_apply_pending_fee(const struct alt *at, struct address operator, int32_t bps, int64_t cooldown_end);
/* The zero address: removed. */
void alt_apply_node_key(const struct alt *at, struct address operator, struct address key);
/* Frozen: also clears the operator's votes. */
void alt_apply_frozen(const struct alt *at, struct address operator);

#endif

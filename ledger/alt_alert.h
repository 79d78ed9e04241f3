/* ledger/alt_alert.h - alerts of ALT's own staking: votes of operators, activation, the silent clearing of votes.
 *
 * AlertVoted says the vote count and whether the alert is active. Votes are cleared without an event (_clearVotes): by freezing an
 * operator, and by an unstake that leaves it inactive, every alert on its list that is not active loses one vote, even if the list
 * names it from before a reset. An alert about a block never expires; one about a message expires expiryDuration after its last
 * vote, and a vote after that starts the count again (resetCount). Which kind a hash is of, no event says: it is learnt from what a
 * later vote does to the count, or read. A hash has one kind for ever, for the two encodings differ in length. */
#ifndef LEDGER_ALT_ALERT_H
#define LEDGER_ALT_ALERT_H

#include "ledger/alt_staking.h"

enum alt_alert_kind { ALT_ALERT_UNKNOWN = 0, ALT_ALERT_BLOCK = 1, ALT_ALERT_MESSAGE = 2 };

struct alt_alert_row {
    struct address contract;
    struct hash alert;
    uint64_t position;
    int32_t log_index;
    struct amount vote_count;
    bool count_known; /* false: whether votes were cleared hangs on a cooldown in doubt */
    bool is_active;
    bool listed;  /* contains(): voted on and not removed since */
    int16_t kind; /* enum alt_alert_kind */
    struct instant
        expiry;          /* if about a message: 1970: none (never voted on, or removed); 1969-12-31 23:59:59: unknown */
    int32_t reset_count; /* if about a message */
    bool reset_count_known;
};

/* getVotedAlerts: entry `place` of an operator's list, which is as long as the operator's row says. */
struct alt_vote_row {
    struct address contract;
    struct address operator;
    int32_t place;
    uint64_t position;
    int32_t log_index;
    struct hash alert;
};

void alt_apply_vote(const struct alt *at, struct hash alert, struct address operator, struct amount vote_count,
                    bool is_active);
void alt_apply_alert_removed(const struct alt *at, struct hash alert);
void alt_clear_votes(const struct alt *at, struct address operator);
void alt_clear_votes_if_inactive(const struct alt *at, struct address operator);

#endif

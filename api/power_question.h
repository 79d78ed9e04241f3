/* api/power_question.h - what a question for voting power is about: a proposal, or a policy and a space; and so its block and its rule.
 *
 * proposal=: power at the proposal's snapshot. An off-chain proposal has its own policy and its space; of an on-chain one, whose
 * governor counts in its own way, the default policy is shown. Else policy= and space=, at the block of at=. */
#ifndef API_POWER_QUESTION_H
#define API_POWER_QUESTION_H

#include "api/power.h"

enum power_subject { POWER_OF_BLOCK, POWER_OF_ONCHAIN, POWER_OF_OFFCHAIN };

struct power_question {
    enum power_subject subject;
    struct power_rule rule;
    struct hash proposal; /* its id */
    bool has_block;       /* the snapshot is past and mirrored */
    uint64_t block;       /* the proposal's snapshot block */
    const char *unit;     /* of `snapshot`: block, time */
    int64_t snapshot;     /* as the proposal says it */
    struct address token; /* on-chain: whose units the governor counts */
    uint64_t log_size;    /* off-chain: of the message log that was read */
};

/* ERR_FIELD: policy or space beside a proposal, or no such policy; ERR_NOT_FOUND: no such proposal; ERR_CONFLICT: several governors
 * have one of this number. */
MUST_CHECK enum err power_question_read(const struct request *r, struct db *db, struct power_question *out);
/* For struct route: the snapshot's block in place of at=. Also ERR_CONFLICT: the snapshot is not past yet. */
MUST_CHECK enum err power_question_place(const struct request *r, struct db *db, struct at *at);

/* Of the parameters policy and space alone. ERR_FIELD: no such policy. */
MUST_CHECK enum err power_rule_read(const struct request *r, struct power_rule *out);

#define POWER_RULE_PARAMETERS                                                                                    \
    {.name = "policy",                                                                                           \
     .type = PARAMETER_TEXT,                                                                                     \
     .about = "What counts: a name (frozen-at-snapshot, delegates, tokens, stake, stake-and-leaving, "           \
              "everything), or parts (held, delegated_in, staked, cooling_down, queued, registry) joined by +. " \
              "Default: frozen-at-snapshot."},                                                                   \
    {                                                                                                            \
        .name = "space", .type = PARAMETER_TEXT, .max = 128,                                                     \
        .about = "With a policy that has registry: in which space, by its id. Default: as in a space for which " \
                 "nobody set a delegate of its own."                                                             \
    }
#define POWER_QUESTION_PARAMETERS                                                                        \
    {.name = "proposal",                                                                                 \
     .type = PARAMETER_TEXT,                                                                             \
     .max = AMOUNT_TEXT,                                                                                 \
     .about = "At the snapshot of this proposal instead of at=, by its policy; 409 before it is past."}, \
        POWER_RULE_PARAMETERS

#endif

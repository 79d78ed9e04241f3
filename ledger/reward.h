/* ledger/reward.h - what is to be distributed, and what RewardsCoordinator says of splits, claimers, roots and claims: rows and rules of their events.
 *
 * Source: Layr-Labs/eigenlayer-contracts v1.12.0, RewardsCoordinator. How it is shared: ledger/README.md, reward_compute.h. Units: base
 * units of the token; bips; unix seconds; days since 1970 (UTC), never below 0. Every function books nothing for an amount of zero but its
 * row. What 256 bits cannot hold leaves neither row nor movement, and the distributor is marked inconsistent. */
#ifndef LEDGER_REWARD_H
#define LEDGER_REWARD_H

#include "ledger/books.h"

/* Numbers as in the table: never reused. */
#define REWARD_KINDS(KIND)                                \
    KIND(REWARD_AVS, 1, "avs")                            \
    KIND(REWARD_FOR_ALL, 2, "for_all")                    \
    KIND(REWARD_ALL_EARNERS, 3, "all_earners")            \
    KIND(REWARD_DIRECTED_AVS, 4, "operator_directed_avs") \
    KIND(REWARD_DIRECTED_SET, 5, "operator_directed_set") \
    KIND(REWARD_UNIQUE_STAKE, 6, "unique_stake")          \
    KIND(REWARD_TOTAL_STAKE, 7, "total_stake")            \
    KIND(REWARD_FEE, 8, "fee")
#define REWARD_KIND_ENUM(code, number, name) code = number,
enum reward_kind { REWARD_KINDS(REWARD_KIND_ENUM) };
#undef REWARD_KIND_ENUM

/* As what somebody is paid; part of account keys and payout ids. */
#define REWARD_ROLES(ROLE)                                     \
    ROLE(REWARD_ROLE_OPERATOR, 1, "operator") /* commission */ \
    ROLE(REWARD_ROLE_STAKER, 2, "staker")                      \
    ROLE(REWARD_ROLE_REFUND, 3, "refund") /* to the AVS */     \
    ROLE(REWARD_ROLE_TREASURY, 4, "treasury")
#define REWARD_ROLE_ENUM(code, number, name) code = number,
enum reward_role { REWARD_ROLES(REWARD_ROLE_ENUM) };
#undef REWARD_ROLE_ENUM

enum { REWARD_NO_SET = -1, BIPS_ALL = 10000, DAY_SECONDS = 86400 };

/* What is to be distributed: a reward submission of a RewardsCoordinator, or the income of a fee collector in an epoch. */
struct reward_submission_row {
    struct hash submission;
    uint64_t position;
    int32_t log_index;
    int16_t kind;
    struct address distributor, submitter, avs;
    int64_t operator_set; /* REWARD_NO_SET: none */
    struct amount nonce;
    struct address token;
    struct amount amount;
    int64_t start_time, duration;
    int64_t day; /* of its event */
    struct slice description;
};

struct reward_strategy_row {
    struct hash submission;
    int64_t item;
    uint64_t position;
    int32_t log_index;
    struct address strategy;
    struct amount multiplier;
};

struct reward_operator_row {
    struct hash submission;
    int64_t item;
    uint64_t position;
    int32_t log_index;
    struct address operator;
    struct amount amount;
};

struct reward_split_row {
    struct address operator, avs; /* avs zero: programmatic incentives */
    int64_t operator_set;         /* REWARD_NO_SET: per AVS, or programmatic */
    struct address distributor;
    uint64_t position;
    int32_t log_index;
    int64_t activated_at, old_bips, new_bips;
    bool first; /* of its key: until it is in force the default counts */
};

enum reward_setting {
    REWARD_ACTIVATION_DELAY = 1, /* seconds */
    REWARD_DEFAULT_SPLIT = 2,    /* bips */
    REWARD_UPDATER = 3,          /* address */
    REWARD_FEE_RECIPIENT = 4,    /* address */
    REWARD_GLOBAL_COMMISSION = 5 /* bips, before v2 */
};
struct reward_setting_row {
    int64_t setting;
    struct address distributor;
    uint64_t position;
    int32_t log_index;
    struct amount number;
    struct address address;
};

enum reward_permission { REWARD_SUBMITS_FOR_ALL = 1, REWARD_PAYS_PROTOCOL_FEE = 2 };
struct reward_permission_row {
    int64_t permission;
    struct address distributor, account;
    uint64_t position;
    int32_t log_index;
    bool granted;
};

struct reward_claimer_row {
    struct address earner, distributor;
    uint64_t position;
    int32_t log_index;
    struct address claimer;
};

struct reward_root_row {
    int64_t root_index;
    struct address distributor;
    uint64_t position;
    int32_t log_index;
    struct hash root;
    int64_t end_time, activated_at;
    bool disabled;
};

struct reward_claim_row {
    struct address earner, token, distributor;
    uint64_t position;
    int32_t log_index;
    struct hash root;
    struct address claimer, recipient;
    struct amount amount;
};

/* A submission as its event says it. */
struct reward_submission {
    enum reward_kind kind;
    struct hash hash;
    struct address distributor, submitter, avs;
    int64_t operator_set;
    struct amount nonce;
    struct address token;
    struct amount amount; /* operator-directed: ignored, the sum of the operators' */
    int64_t start_time, duration;
    struct slice description;
    struct reward_listed {
        struct address address; /* strategy, operator */
        struct amount amount;   /* multiplier, amount */
    } * strategies, *operators;
    size_t n_strategies, n_operators;
};

/* `day`: of the block. A hash that was seen before, or amounts whose sum leaves 256 bits: nothing is booked, the distributor is marked inconsistent.
 * The amount stands in reward.pending of the submitter (of fees: of the collector), in the name of the submission. */
void reward_apply_submission(struct books *b, const struct reward_submission *s, int64_t day);
/* Income of a fee collector: a transfer of `token` to it. `epoch_days` of its parameters, above 0. The epoch's first transfer brings its row. */
void reward_apply_fee(struct books *b, struct address collector, struct address token, struct amount value, int64_t day,
                      uint64_t epoch_days);
struct hash reward_fee_id(struct address collector, struct address token, uint64_t epoch);

/* Bips above 10,000 are kept as they are and mark the distributor inconsistent; they count as 10,000. So is REWARD_DEFAULT_SPLIT. */
void reward_apply_split(struct books *b, struct address distributor, struct address operator, struct address avs,
                        int64_t operator_set, int64_t activated_at, int64_t old_bips, int64_t new_bips);
void reward_apply_setting(struct books *b, struct address distributor, enum reward_setting setting,
                          struct amount number, struct address address);
void reward_apply_permission(struct books *b, struct address distributor, struct address account,
                             enum reward_permission permission, bool granted);
void reward_apply_claimer(struct books *b, struct address distributor, struct address earner, struct address claimer);
void reward_apply_root(struct books *b, struct address distributor, int64_t root_index, struct hash root,
                       int64_t end_time, int64_t activated_at);
/* A root that is not known: the distributor is marked inconsistent. */
void reward_apply_root_disabled(struct books *b, struct address distributor, int64_t root_index);
/* RewardsClaimed: `amount` is what this claim paid. */
void reward_apply_claim(struct books *b, struct address distributor, struct hash root, struct address earner,
                        struct address claimer, struct address recipient, struct address token, struct amount amount);

/* Accounts of the reward books (ledger/README.md, "Books"). */
struct account_key reward_key_submitted(struct address token, struct address distributor);
struct account_key reward_key_of_submission(enum book book, struct address token, struct address owner,
                                            struct hash submission); /* pending, remainder, burned */
struct account_key reward_key_of_earner(enum book book, struct address token, struct address earner,
                                        struct address distributor); /* earned, claimed, settled */
struct account_key reward_key_pool(struct address token, struct address operator, struct hash submission, int64_t day,
                                   enum reward_role role);

#endif

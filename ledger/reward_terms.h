/* ledger/reward_terms.h - what a network file says of rewards: the parameters of distribution, and its fee collectors. */
#ifndef LEDGER_REWARD_TERMS_H
#define LEDGER_REWARD_TERMS_H

#include <stdbool.h>

#include "ledger/core/bytes.h"

enum { REWARD_BOOKING_DELAY_DEFAULT = 96, REWARD_DEFAULT_SPLIT_BIPS = 1000 };

struct reward_operator_set {
    struct address avs;
    int64_t id;
};

/* A fee collector: where its income goes; the three parts sum to 10,000. */
struct reward_collector {
    struct address address;
    uint64_t epoch_days;
    uint64_t operators_bips, treasury_bips, burn_bips;
    struct address treasury;
    struct reward_operator_set *sets;
    size_t n_sets;
};

struct reward_terms {
    bool wanted;                         /* there is a RewardsCoordinator or a fee collector: days are closed */
    uint64_t booking_delay;              /* reward_booking_delay_blocks */
    int64_t default_split_bips;          /* where no event says it */
    struct address coordinator;          /* whose splits count for fees: the lowest RewardsCoordinator; zero: none */
    struct reward_collector *collectors; /* ascending by address */
    size_t n_collectors;
};

#endif

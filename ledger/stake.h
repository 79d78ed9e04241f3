/* ledger/stake.h - EigenLayer stake: operators, delegation, deposit shares and their scaling factors, operator shares, strategies.
 *
 * Sources: Layr-Labs/eigenlayer-contracts v1.12.0, DelegationManager, StrategyManager, SlashingLib. Notation of SlashingLib: W = 1e18,
 * s deposit shares (book deposit), k deposit scaling factor (W unless set), m maximum magnitude of the operator (W unless set, W
 * when not delegated), l beacon chain slashing factor (W unless set); f = m, for beacon ETH mulWad(m, l).
 * withdrawable = mulWad(mulWad(s, k), f); it is in no event and computed on read.
 * Units: shares of the strategy; factors in WAD. Books: deposit (owner staker), operator (owner operator), strategy (owner strategy:
 * all shares it has issued), each against its .issued. */
#ifndef LEDGER_STAKE_H
#define LEDGER_STAKE_H

#include "ledger/books.h"

/* An EigenLayer operator: registered for good by its first row (OperatorRegistered); later rows change its approver (DelegationApproverUpdated). */
struct operator_row {
    struct address operator;
    uint64_t position;
    int32_t log_index;
    struct address approver;
};

/* To whom a staker is delegated (StakerDelegated, StakerUndelegated); the zero address: to nobody. */
struct delegation_row {
    struct address staker;
    uint64_t position;
    int32_t log_index;
    struct address operator;
};

/* Deposit scaling factor of a staker in a strategy (DepositScalingFactorUpdated), WAD. No row: 1e18. */
struct scaling_factor_row {
    struct address staker;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount factor;
};

/* Where logs leave open how many deposit shares a withdrawal took: the true deposit shares are the booked ones less at most this. Zero: no doubt any more. */
struct deposit_doubt_row {
    struct address staker;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount most;
};

/* Beacon chain slashing factor of a pod owner (BeaconChainSlashingFactorDecreased), WAD. No row: 1e18. */
struct beacon_factor_row {
    struct address staker;
    uint64_t position;
    int32_t log_index;
    struct amount factor;
};

/* Registration of an operator with an AVS of the M2 kind (OperatorAVSRegistrationStatusUpdated). */
struct avs_registration_row {
    struct address operator;
    struct address avs;
    uint64_t position;
    int32_t log_index;
    bool registered;
};

/* Underlying token of a strategy (StrategyTokenSet, StrategySetForToken, or the Transfer of its first deposit). */
struct strategy_token_row {
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct address token;
};

/* Tokens per share that a strategy gave after a deposit or withdrawal (ExchangeRateEmitted), WAD. A donation changes the rate without an event. */
struct strategy_rate_row {
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount rate;
};

/* SlashingLib: floor(x * y / 1e18), floor(x * 1e18 / y). ERR_OVERFLOW: does not fit; division by zero. */
MUST_CHECK enum err wad_mul(struct amount x, struct amount y, struct amount *out);
MUST_CHECK enum err wad_div(struct amount x, struct amount y, struct amount *out);

#endif

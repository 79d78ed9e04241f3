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

/* The pseudo strategy of beacon chain ETH, whose deposit shares EigenPodManager keeps. */
extern const struct address beacon_strategy;

/* A slash whose shares wait to be burned or redistributed. Where no log names it (before v1.5, beacon ETH): known is false. */
struct slash_name {
    bool known;
    struct address avs;
    uint32_t operator_set;
    struct amount slash_id;
};

/* `manager` is the contract that says so: it is marked inconsistent where an account has less than is taken (then what is there is
 * taken), or 256 bits cannot hold the movement (then nothing is booked). Amounts of zero book nothing. */
void stake_apply_operator(struct books *b, struct address operator, struct address approver);
void stake_apply_delegation(struct books *b, struct address staker, struct address operator);
void stake_apply_factor(struct books *b, struct address staker, struct address strategy, struct amount factor);
/* OperatorSharesIncreased (more) and OperatorSharesDecreased: exact, a slash of live shares included. */
void stake_apply_operator_shares(struct books *b, struct address manager, struct address operator,
                                 struct address strategy, struct amount shares, bool more);
/* Deposit: of tokens, or shares back from the queue. */
void stake_apply_deposit(struct books *b, struct address manager, struct address staker, struct address strategy,
                         struct amount shares);
/* Deposit shares that went to the queue. */
void stake_apply_removal(struct books *b, struct address manager, struct address staker, struct address strategy,
                         struct amount shares);
/* Deposit shares of the beacon chain strategy, absolute (NewTotalShares; a deficit of old times is zero). */
void stake_apply_beacon_shares(struct books *b, struct address manager, struct address staker, struct amount shares);
void stake_apply_beacon_factor(struct books *b, struct address staker, struct amount factor);
/* Shares that a strategy issued for tokens (more), or took back and paid. */
void stake_apply_issued(struct books *b, struct address manager, struct address strategy, struct amount shares,
                        bool more);
void stake_apply_slashed(struct books *b, struct address manager, const struct slash_name *slash,
                         struct address strategy, struct amount shares);
/* Slashed shares were turned into tokens: gone from the strategy too. */
void stake_apply_cleared(struct books *b, struct address manager, const struct slash_name *slash,
                         struct address strategy, struct amount shares);
void stake_apply_registration(struct books *b, struct address operator, struct address avs, bool registered);
/* Tokens and rates: only what is new is appended. */
void stake_apply_token(struct books *b, struct address strategy, struct address token);
bool stake_wants_token(struct books *b, struct address strategy);
void stake_apply_rate(struct books *b, struct address strategy, struct amount rate);

/* For the neighbours' books: raise or lower an account against its issued account, as said above. */
void stake_raise(struct books *b, struct address manager, const struct account_key *key, enum book issued,
                 struct amount v);
void stake_lower(struct books *b, struct address manager, const struct account_key *key, enum book issued,
                 struct amount v);

#endif

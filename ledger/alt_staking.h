/* ledger/alt_staking.h - ALT's own staking: who staked how much with which operator, what of it cools down, the contract's settings.
 *
 * Source: the verified contract StakedMultiToken. A position is an ERC-1155 balance whose id is uint160(operator), 1:1 in ALT. Books,
 * asset contract || id: alt.staked (owner staker) against alt.staked.issued = totalSupply(operator); alt.cooldown (owner staker)
 * against alt.cooldown.issued = totalCooldownAmounts(operator). Global totals are sums over operators.
 *
 * unstake() lowers the cooldown by Unstake.assets without an event; switchOperator() emits the same Unstake and leaves it. Where an
 * account with code may have done either, the cooldown is in doubt: booked is the most it can be, and the row says how much less
 * it may be. What logs leave open is never guessed.
 *
 * What the books cannot explain marks the contract (token_mark_inconsistent) and is not booked. */
#ifndef LEDGER_ALT_STAKING_H
#define LEDGER_ALT_STAKING_H

#include "ledger/books.h"

/* Where all rules of the contract stand. */
struct alt {
    struct books *books;
    struct address contract;
    int64_t now; /* time of the block, unix seconds */
};

/* Numbers as in ledger.alt_setting: never reused. A setting without a row is unknown. */
enum alt_setting {
    ALT_SINCE = 0,                         /* the block of its first log */
    ALT_COOLDOWN_SECONDS = 1,              /* cooldownSeconds */
    ALT_OPERATOR_FEE_COOLDOWN_SECONDS = 2, /* operatorConfig.cooldownSeconds */
    ALT_PROTOCOL_FEE_COOLDOWN_SECONDS = 3, /* protocolConfig.cooldownSeconds */
    ALT_MIN_VOTING_STAKE = 4,              /* minVotingStake */
    ALT_EXPIRY_DURATION = 5,               /* expiryDuration of alerts, seconds */
    ALT_PROTOCOL_FEE_BPS = 6,              /* protocolConfig.fee.bps */
    ALT_PENDING_PROTOCOL_FEE_BPS = 7,      /* protocolConfig.fee.pendingBPS */
    ALT_PROTOCOL_FEE_COOLDOWN_END = 8,     /* protocolConfig.fee.cooldownEndTimestamp */
    ALT_PROTOCOL_FEE_VAULT = 9,            /* protocolConfig.vault as a number */
    ALT_TOTAL_DISTRIBUTIONS = 10,          /* totalDistributions, as last read; no event says so */
    ALT_DISTRIBUTIONS_SEEN = 11            /* the highest id of a distribution that a log or a read named */
};

struct alt_setting_row {
    struct address contract;
    int32_t setting;
    uint64_t position;
    int32_t log_index;
    struct amount value;
};

/* A staker's cooldown with an operator; its amount is the balance of alt.cooldown. */
struct alt_cooldown_row {
    struct address contract;
    struct address staker;
    struct address operator;
    uint64_t position;
    int32_t log_index;
    struct instant started_at; /* cooldowns().timestamp, while the amount is not zero */
    struct amount doubt;       /* the true amount lies between booked - doubt and booked */
    bool either;               /* it is exactly one of these two */
};

/* The contract updated all its distributions: every Stake, Unstake, CooldownToUnstake, RewardsClaimed, Frozen, OperatorRegistered and
 * transfer does. At most one row a block. */
struct alt_accrual_row {
    struct address contract;
    uint64_t position;
    int32_t log_index;
    struct instant time;
};

/* Whether the key's last row is in memory. Until then nothing is read from the chain because of it: the rule will run again. */
bool alt_knows(const struct alt *at, enum timeline_id id, const void *key);
/* False: unknown. */
bool alt_setting_get(const struct alt *at, enum alt_setting setting, struct amount *out);
void alt_setting_put(const struct alt *at, enum alt_setting setting, struct amount value);

struct amount alt_operator_id(struct address operator); /* addressToUint256 */
struct amount alt_staked(const struct alt *at, struct address staker, struct address operator);
struct amount alt_total_supply(const struct alt *at, struct address operator);
/* What cools down: the most that it can be. */
struct amount alt_cooling(const struct alt *at, struct address staker, struct address operator);
struct amount alt_total_cooling(const struct alt *at, struct address operator);

/* Book a movement within the contract's books; a zero moves nothing. False: 256 bits or a balance do not allow it; marked. */
bool alt_move(const struct alt *at, const struct account_key *debit, const struct account_key *credit, struct amount v);
void alt_inconsistent(const struct alt *at, const char *reason); /* a literal */

/* Appends a row unless this block has one. */
void alt_apply_accrual(const struct alt *at);
/* ERC-1155 transfer of an operator's id; from the zero address a mint, to it a burn. */
void alt_apply_transfer(const struct alt *at, struct address from, struct address to, struct address operator,
                        struct amount value);
/* CooldownToUnstake: the amount is absolute and the timer starts again. */
void alt_apply_cooldown(const struct alt *at, struct address staker, struct address operator, struct amount amount);

/* How an Unstake may have come about, as its transaction's other logs show. */
enum alt_unstake {
    ALT_UNSTAKE, /* unstake() */
    ALT_SWITCH,  /* the logs are those of switchOperator(), and the staker has no code, so that it made one call */
    ALT_UNSTAKE_OR_SWITCH /* the same logs, of a staker that may have called unstake() and stake() */
};
/* Unstake, before its burn. `may_read`: what cooldowns() answers at the end of the block holds right after this log. */
void alt_apply_unstake(const struct alt *at, struct address staker, struct address operator, struct amount assets,
                       enum alt_unstake how, bool may_read);
/* A staker's index rises by `by` and `gross` was paid for it: that tells a cooldown in doubt, for gross = floor(voting stake * by / 1e18). */
void alt_settle_cooldown(const struct alt *at, struct address staker, struct address operator, struct amount by,
                         struct amount gross);

#endif

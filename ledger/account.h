/* ledger/account.h - who owns what: accounts, balanced double entry, control totals.
 *
 * An account is (book, asset, owner[, second party]). Every movement debits one account and credits another by the same
 * amount; a debit raises a debit-normal balance, a credit raises a credit-normal one. Within a family of books and one
 * asset the debit-normal balances always sum to the credit-normal balances. Units: base units of the asset. */
#ifndef LEDGER_ACCOUNT_H
#define LEDGER_ACCOUNT_H

#include "ledger/core/amount.h"
#include "ledger/core/bytes.h"
#include "ledger/core/err.h"

/* Book numbers, as in ledger.book: never reused. */
#define BOOK_TABLE(BOOK)                                                                                               \
    BOOK(BOOK_TOKEN, 1, "token", true)                          /* holders of a token */                               \
    BOOK(BOOK_TOKEN_ISSUED, 2, "token.issued", false)           /* counter-account of mint and burn: supply */         \
    BOOK(BOOK_TOKEN_UNEXPLAINED, 3, "token.unexplained", false) /* what holders spent without having had it */         \
    BOOK(BOOK_VOTES, 4, "votes", true)                          /* voting units of a delegate */                       \
    BOOK(BOOK_VOTES_ISSUED, 5, "votes.issued", false)           /* counter-account: all delegated units */             \
    BOOK(BOOK_DEPOSIT, 6, "deposit", true)                      /* deposit shares of a staker in a strategy */         \
    BOOK(BOOK_DEPOSIT_ISSUED, 7, "deposit.issued", false)                                                              \
    BOOK(BOOK_OPERATOR, 8, "operator", true) /* shares delegated to an operator in a strategy */                       \
    BOOK(BOOK_OPERATOR_ISSUED, 9, "operator.issued", false)                                                            \
    BOOK(BOOK_QUEUED, 10, "queued", true) /* scaled shares of a staker in the queue; second: the operator then */      \
    BOOK(BOOK_QUEUED_ISSUED, 11, "queued.issued", false)                                                               \
    BOOK(BOOK_SLASHED, 12, "slashed", true) /* to be burned or redistributed; owner AVS, second: set, slash id */      \
    BOOK(BOOK_SLASHED_ISSUED, 13, "slashed.issued", false)                                                             \
    BOOK(BOOK_STRATEGY, 14, "strategy", true) /* all shares that a strategy has issued; owner: the strategy */         \
    BOOK(BOOK_STRATEGY_ISSUED, 15, "strategy.issued", false)                                                           \
    BOOK(BOOK_ALT_STAKED, 40, "alt.staked", true) /* ALT staked with an operator */                                    \
    BOOK(BOOK_ALT_STAKED_ISSUED, 41, "alt.staked.issued", false)                                                       \
    BOOK(BOOK_ALT_COOLDOWN, 42, "alt.cooldown", true) /* what of it cools down, at most */                             \
    BOOK(BOOK_ALT_COOLDOWN_ISSUED, 43, "alt.cooldown.issued", false)                                                   \
    BOOK(BOOK_ALT_REWARD, 44, "alt.reward", true) /* claimable rewards of a distribution; second: the operator */      \
    BOOK(BOOK_ALT_REWARD_CLAIMED, 45, "alt.reward.claimed", true)                                                      \
    BOOK(BOOK_ALT_REWARD_PROTOCOL_FEE, 46, "alt.reward.protocol_fee", true)                                            \
    BOOK(BOOK_ALT_REWARD_OPERATOR_FEE, 47, "alt.reward.operator_fee", true)                                            \
    BOOK(BOOK_ALT_REWARD_ACCRUED, 48, "alt.reward.accrued", false)                                                     \
    BOOK(BOOK_ALT_CLAIM, 49, "alt.claim", true) /* claims of an unknown distribution of a pool */                      \
    BOOK(BOOK_ALT_CLAIM_ISSUED, 50, "alt.claim.issued", false)                                                         \
    BOOK(BOOK_REWARD_PENDING, 60, "reward.pending", true) /* not yet distributed; second: the submission */            \
    BOOK(BOOK_REWARD_EARNED, 61, "reward.earned", true)   /* cumulative earnings; second: the distributor */           \
    BOOK(BOOK_REWARD_CLAIMED, 62, "reward.claimed", true) /* claimed on L1; second: the distributor */                 \
    BOOK(BOOK_REWARD_SETTLED, 63, "reward.settled",                                                                    \
         false)                                     /* counter-account of claimed: what of the earned is paid */       \
    BOOK(BOOK_REWARD_POOL, 64, "reward.pool", true) /* an operator's part on its way; second: submission, day, role */ \
    BOOK(BOOK_REWARD_REMAINDER, 65, "reward.remainder", true) /* what floors left; second: the submission */           \
    BOOK(BOOK_REWARD_BURNED, 66, "reward.burned", true)                                                                \
    BOOK(BOOK_REWARD_SUBMITTED, 67, "reward.submitted", false) /* second: the distributor */

#define BOOK_ENUM(code, number, name, debit_normal) code = number,
enum book { BOOK_TABLE(BOOK_ENUM) };
#undef BOOK_ENUM
bool book_is_debit_normal(enum book book);

enum { ASSET_MAX = 52, SECOND_MAX = 40 };

/* A key of the hash map: bytes without padding, unused ones zero. */
struct account_key {
    uint8_t book, asset_n, second_n, zero;
    uint8_t asset[ASSET_MAX];
    struct address owner;
    uint8_t second[SECOND_MAX];
};

struct account_key account_key_token(enum book book, struct address contract, struct address owner);
/* An account with a second party. */
struct account_key account_key_second(enum book book, struct address contract, struct address owner,
                                      struct slice second);
/* ERC-1155: the asset is contract || token id (32 bytes, big endian). */
struct account_key account_key_token_id(enum book book, struct address contract, struct amount id,
                                        struct address owner);

/* What is known of an account; id 0: not opened yet (balance 0). */
struct account_state {
    uint64_t id;
    struct amount balance;
};

struct books;

/* The account's state as of now in the batch. If it was not read yet: a need is noted and an empty state returned, whose
 * changes are dropped (the batch will be applied again). Valid until the batch settles. */
struct account_state *account_get(struct books *b, const struct account_key *key);

/* True if `debit` can be debited and `credit` credited by v without leaving [0, 2^256). */
bool account_can_move(struct books *b, const struct account_key *debit, const struct account_key *credit,
                      struct amount v);
/* Book the movement: the credit leg first. v must not be zero and account_can_move must hold (assertion). */
void account_move(struct books *b, const struct account_key *debit, const struct account_key *credit, struct amount v);

/* A movement from one account to many: the one is credited with the total (its entry has counter-account 0), then each of the many is
 * debited. The caller sees to it that they sum up to the total, and that nothing leaves [0, 2^256) (assertion). */
void account_pay_out(struct books *b, const struct account_key *from, struct amount total);
void account_pay_in(struct books *b, const struct account_key *to, const struct account_key *from, struct amount v);

#endif

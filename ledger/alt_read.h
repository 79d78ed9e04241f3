/* ledger/alt_read.h - what ALT's own staking contract answers where its logs leave something open.
 *
 * Each is one eth_call at the end of the current block (books_read): READ_KNOWN sets the output. READ_UNAVAILABLE also if it was
 * not asked yet (the batch will be applied again) or the answer has another form than the contract's. */
#ifndef LEDGER_ALT_READ_H
#define LEDGER_ALT_READ_H

#include "ledger/alt_staking.h"

enum { ALT_WORDS_MAX = 7 };

/* distributions(uint16) */
struct alt_terms {
    struct amount emission_per_second, index;
    struct address reward_token, reward_vault;
    int64_t start, end, update_timestamp;
};

/* A function without arguments; the word `i` of its answer of n words. */
enum read_state alt_read_word(const struct alt *at, const char *signature, size_t n, size_t i, struct amount *out);
enum read_state alt_read_terms(const struct alt *at, int32_t distribution, struct alt_terms *out);
/* cooldowns(operator, staker) */
enum read_state alt_read_cooldown(const struct alt *at, struct address operator, struct address staker,
                                  struct amount *amount, int64_t *started_at);
/* rewardBalance(distribution, operator, staker) */
enum read_state alt_read_reward(const struct alt *at, int32_t distribution, struct address operator,
                                struct address staker, struct amount *out);
/* alerts(hash).expiry */
enum read_state alt_read_alert_expiry(const struct alt *at, struct hash alert, struct amount *out);

#endif

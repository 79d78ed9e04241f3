/* ledger/alt_read.c - see alt_read.h: calldata and answers of a few view functions. */
#include "ledger/alt_read.h"

#include <assert.h>
#include <string.h>

enum { SELECTOR = 4, WORD = 32, ARGUMENTS_MAX = 3 };

/* Contract ABI: selector, then one word an argument; the answer is n words. */
static enum read_state call(const struct alt *at, const char *signature, const struct amount *arguments,
                            size_t n_arguments, struct amount *words, size_t n_words)
{
    uint8_t calldata[SELECTOR + ARGUMENTS_MAX * WORD];
    struct hash id = keccak_bytes((const uint8_t *)signature, strlen(signature));
    assert(n_arguments <= ARGUMENTS_MAX && n_words <= ALT_WORDS_MAX);
    memcpy(calldata, id.b, SELECTOR);
    for (size_t i = 0; i < n_arguments; i++)
        amount_to_be(arguments[i], calldata + SELECTOR + i * WORD);
    const struct chain_read *read = books_read(at->books, at->contract,
                                               (struct slice){calldata, SELECTOR + n_arguments * WORD});
    if (read == NULL)
        return READ_UNAVAILABLE;
    if (read->state != READ_KNOWN)
        return read->state;
    if (read->bytes.n != n_words * WORD)
        return READ_UNAVAILABLE;
    for (size_t i = 0; i < n_words; i++)
        words[i] = amount_from_be(read->bytes.p + i * WORD);
    return READ_KNOWN;
}

static struct amount address_word(struct address a)
{
    return alt_operator_id(a);
}

static struct address word_address(struct amount word)
{
    uint8_t be[WORD];
    struct address a;
    amount_to_be(word, be);
    memcpy(a.b, be + sizeof be - sizeof a.b, sizeof a.b);
    return a;
}

/* Times are uint40. */
static bool word_time(struct amount word, int64_t *out)
{
    uint64_t v;
    if (amount_to_u64(word, &v) != OK || v > INT64_MAX)
        return false;
    *out = (int64_t)v;
    return true;
}

enum read_state alt_read_word(const struct alt *at, const char *signature, size_t n, size_t i, struct amount *out)
{
    struct amount words[ALT_WORDS_MAX];
    enum read_state state = call(at, signature, NULL, 0, words, n);
    if (state == READ_KNOWN)
        *out = words[i];
    return state;
}

enum read_state alt_read_terms(const struct alt *at, int32_t distribution, struct alt_terms *out)
{
    struct amount id = amount_from_u64((uint64_t)distribution), w[7];
    enum read_state state = call(at, "distributions(uint16)", &id, 1, w, 7);
    if (state != READ_KNOWN)
        return state;
    /* emissionPerSecond, rewardToken, rewardVault, startTime, endTime, index, updateTimestamp */
    struct alt_terms terms = {.emission_per_second = w[0],
                              .index = w[5],
                              .reward_token = word_address(w[1]),
                              .reward_vault = word_address(w[2])};
    if (!word_time(w[3], &terms.start) || !word_time(w[4], &terms.end) || !word_time(w[6], &terms.update_timestamp))
        return READ_UNAVAILABLE;
    *out = terms;
    return READ_KNOWN;
}

enum read_state alt_read_cooldown(const struct alt *at, struct address operator, struct address staker,
                                  struct amount *amount, int64_t *started_at)
{
    struct amount arguments[2] = {address_word(operator), address_word(staker)}, w[2];
    enum read_state state = call(at, "cooldowns(address,address)", arguments, 2, w, 2);
    if (state != READ_KNOWN)
        return state;
    if (!word_time(w[0], started_at)) /* (uint40 timestamp, uint216 amount) */
        return READ_UNAVAILABLE;
    *amount = w[1];
    return READ_KNOWN;
}

enum read_state alt_read_reward(const struct alt *at, int32_t distribution, struct address operator,
                                struct address staker, struct amount *out)
{
    struct amount arguments[3] = {amount_from_u64((uint64_t)distribution), address_word(operator),
                                  address_word(staker)};
    return call(at, "rewardBalance(uint16,address,address)", arguments, 3, out, 1);
}

enum read_state alt_read_alert_expiry(const struct alt *at, struct hash alert, struct amount *out)
{
    struct amount argument = amount_from_be(alert.b), w[4];
    enum read_state state = call(at, "alerts(bytes32)", &argument, 1, w, 4);
    if (state == READ_KNOWN)
        *out = w[1]; /* (voteCount, expiry, resetCount, isActive) */
    return state;
}

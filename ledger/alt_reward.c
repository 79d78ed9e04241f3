/* ledger/alt_reward.c - see alt_reward.h. */
#include "ledger/alt_reward.h"

#include <string.h>

#include "ledger/alt_read.h"

static const struct record alt_distribution_record =
    RECORD(alt_distribution_row, FIELD(alt_distribution_row, contract), FIELD(alt_distribution_row, distribution),
           FIELD(alt_distribution_row, position), FIELD(alt_distribution_row, log_index),
           FIELD(alt_distribution_row, reward_token), FIELD(alt_distribution_row, reward_vault),
           FIELD(alt_distribution_row, is_read), FIELD(alt_distribution_row, emission_per_second),
           FIELD(alt_distribution_row, starts_at), FIELD(alt_distribution_row, ends_at),
           FIELD(alt_distribution_row, updated_at));
const struct timeline_def alt_distribution_timeline =
    {"alt_distribution", &alt_distribution_record, 2, 24, 0x66, false};

static const struct record alt_distribution_index_record =
    RECORD(alt_distribution_index_row, FIELD(alt_distribution_index_row, contract),
           FIELD(alt_distribution_index_row, distribution), FIELD(alt_distribution_index_row, position),
           FIELD(alt_distribution_index_row, log_index), FIELD(alt_distribution_index_row, index));
const struct timeline_def alt_distribution_index_timeline =
    {"alt_distribution_index", &alt_distribution_index_record, 2, 24, 0x64, false};

static const struct record alt_user_index_record =
    RECORD(alt_user_index_row, FIELD(alt_user_index_row, contract), FIELD(alt_user_index_row, staker),
           FIELD(alt_user_index_row, operator), FIELD(alt_user_index_row, distribution),
           FIELD(alt_user_index_row, position), FIELD(alt_user_index_row, log_index), FIELD(alt_user_index_row, index));
const struct timeline_def alt_user_index_timeline = {"alt_user_index", &alt_user_index_record, 4, 64, 0x65, false};

/* ---- keys --------------------------------------------------------------------------------------------------------- */

struct account_key alt_reward_key(const struct alt *at, enum book book, int32_t distribution, struct address operator,
                                  struct address owner)
{
    struct account_key key = account_key_token_id(book, at->contract, amount_from_u64((uint64_t)distribution), owner);
    memcpy(key.second, operator.b, sizeof operator.b);
    key.second_n = sizeof operator.b;
    return key;
}

int32_t alt_distributions_seen(const struct alt *at)
{
    struct amount seen;
    uint64_t n;
    if (!alt_setting_get(at, ALT_DISTRIBUTIONS_SEEN, &seen) || amount_to_u64(seen, &n) != OK)
        return 0;
    return (int32_t)n;
}

bool alt_see_distribution(const struct alt *at, struct amount id, int32_t *out)
{
    uint64_t n;
    if (amount_to_u64(id, &n) != OK || n == 0 || n > ALT_DISTRIBUTIONS_MAX) {
        alt_inconsistent(at, "a distribution with an impossible id was not booked");
        return false;
    }
    if ((int32_t)n > alt_distributions_seen(at))
        alt_setting_put(at, ALT_DISTRIBUTIONS_SEEN, amount_from_u64(n));
    *out = (int32_t)n;
    return true;
}

/* ---- indices ------------------------------------------------------------------------------------------------------ */

void alt_apply_distribution_index(const struct alt *at, int32_t distribution, struct amount index)
{
    struct alt_distribution_index_row row = {.contract = at->contract, .distribution = distribution, .index = index};
    books_append(at->books, TIMELINE_ALT_DISTRIBUTION_INDEX, &row);
}

void alt_apply_user_index(const struct alt *at, int32_t distribution, struct address staker, struct address operator,
                          struct amount index, struct amount gross)
{
    struct alt_user_index_row row = {.contract = at->contract,
                                     .staker = staker,
                                     .operator= operator,
                                     .distribution = distribution };
    const struct alt_user_index_row *last = books_last(at->books, TIMELINE_ALT_USER_INDEX, &row);
    struct amount by;
    if (amount_subtract(index, last != NULL ? last->index : amount_zero, &by) == OK)
        alt_settle_cooldown(at, staker, operator, by, gross);
    row.index = index;
    books_append(at->books, TIMELINE_ALT_USER_INDEX, &row);
}

/* ---- accruals ----------------------------------------------------------------------------------------------------- */

static void accrue(const struct alt *at, enum book book, int32_t distribution, struct address operator,
                   struct address owner, struct amount v)
{
    struct account_key debit = alt_reward_key(at, book, distribution, operator, owner);
    struct account_key credit = alt_reward_key(at, BOOK_ALT_REWARD_ACCRUED, distribution, operator, address_zero);
    alt_move(at, &debit, &credit, v);
}

void alt_apply_fees(const struct alt *at, int32_t distribution, struct address operator, struct amount protocol_fee,
                    struct amount operator_fee)
{
    accrue(at, BOOK_ALT_REWARD_PROTOCOL_FEE, distribution, operator, address_zero, protocol_fee);
    accrue(at, BOOK_ALT_REWARD_OPERATOR_FEE, distribution, operator, operator, operator_fee);
}

void alt_apply_accrued(const struct alt *at, int32_t distribution, struct address staker, struct address operator,
                       struct amount amount)
{
    accrue(at, BOOK_ALT_REWARD, distribution, operator, staker, amount);
}

/* ---- terms -------------------------------------------------------------------------------------------------------- */

struct alt_distribution_row alt_distribution_get(const struct alt *at, int32_t distribution)
{
    struct alt_distribution_row row = {.contract = at->contract, .distribution = distribution};
    const struct alt_distribution_row *last = books_last(at->books, TIMELINE_ALT_DISTRIBUTION, &row);
    return last != NULL ? *last : row;
}

void alt_learn_payer(const struct alt *at, int32_t distribution, struct alt_payer payer)
{
    struct alt_distribution_row row = alt_distribution_get(at, distribution);
    if (address_equal(row.reward_token, payer.token) && address_equal(row.reward_vault, payer.vault))
        return;
    if (!address_is_zero(row.reward_token)) {
        alt_inconsistent(at, "a distribution was paid from elsewhere than before");
        return;
    }
    row.reward_token = payer.token;
    row.reward_vault = payer.vault;
    books_append(at->books, TIMELINE_ALT_DISTRIBUTION, &row);
}

/* An answer that the logs exclude is not believed: the index is that of the last log, which an update of this block has written
 * before; token and vault never change. */
static bool fits_logs(const struct alt *at, const struct alt_distribution_row *known, const struct alt_terms *terms)
{
    struct alt_distribution_index_row key = {.contract = at->contract, .distribution = known->distribution};
    const struct alt_distribution_index_row *last = books_last(at->books, TIMELINE_ALT_DISTRIBUTION_INDEX, &key);
    return amount_compare(terms->index, last != NULL ? last->index : amount_zero) == 0 &&
           !address_is_zero(terms->reward_token) &&
           (address_is_zero(known->reward_token) || (address_equal(known->reward_token, terms->reward_token) &&
                                                     address_equal(known->reward_vault, terms->reward_vault)));
}

static void read_terms(const struct alt *at, int32_t distribution)
{
    struct alt_distribution_row known = alt_distribution_get(at, distribution);
    struct alt_terms terms;
    if (alt_read_terms(at, distribution, &terms) != READ_KNOWN)
        return;
    if (!fits_logs(at, &known, &terms)) {
        alt_inconsistent(at, "a distribution is not what the logs say");
        return;
    }
    struct alt_distribution_row row = {.contract = at->contract,
                                       .distribution = distribution,
                                       .reward_token = terms.reward_token,
                                       .reward_vault = terms.reward_vault,
                                       .is_read = true,
                                       .emission_per_second = terms.emission_per_second,
                                       .starts_at = {terms.start},
                                       .ends_at = {terms.end},
                                       .updated_at = {terms.update_timestamp}};
    books_append(at->books, TIMELINE_ALT_DISTRIBUTION, &row);
}

void alt_read_distributions(const struct alt *at)
{
    struct amount total, known;
    uint64_t count;
    int32_t n = alt_distributions_seen(at);
    if (alt_read_word(at, "totalDistributions()", 1, 0, &total) != READ_KNOWN)
        return;
    if (amount_to_u64(total, &count) != OK || count > ALT_DISTRIBUTIONS_MAX || count < (uint64_t)n) {
        alt_inconsistent(at, "the number of distributions is not what the logs say");
        return;
    }
    if (!alt_setting_get(at, ALT_TOTAL_DISTRIBUTIONS, &known) || amount_compare(known, total) != 0)
        alt_setting_put(at, ALT_TOTAL_DISTRIBUTIONS, total);
    if (count == 0 || !alt_see_distribution(at, total, &n))
        return;
    for (int32_t i = 1; i <= n; i++)
        read_terms(at, i);
}

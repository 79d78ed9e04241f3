/* ledger/stake.c - see stake.h. */
#include "ledger/stake.h"

#include <string.h>

#include "ledger/token.h"

const struct address beacon_strategy = {{0xbe, 0xac, 0x0e, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
                                         0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xeb, 0xea, 0xc0}};

static const struct record operator_record = RECORD(operator_row, FIELD(operator_row, operator),
                                                    FIELD(operator_row, position), FIELD(operator_row, log_index),
                                                    FIELD(operator_row, approver));
const struct timeline_def operator_timeline = {"operator", &operator_record, 1, 20, 0x20, false};

static const struct record delegation_record = RECORD(delegation_row, FIELD(delegation_row, staker),
                                                      FIELD(delegation_row, position), FIELD(delegation_row, log_index),
                                                      FIELD(delegation_row, operator));
const struct timeline_def delegation_timeline = {"delegation", &delegation_record, 1, 20, 0x21, false};

static const struct record scaling_factor_record =
    RECORD(scaling_factor_row, FIELD(scaling_factor_row, staker), FIELD(scaling_factor_row, strategy),
           FIELD(scaling_factor_row, position), FIELD(scaling_factor_row, log_index),
           FIELD(scaling_factor_row, factor));
const struct timeline_def scaling_factor_timeline = {"scaling_factor", &scaling_factor_record, 2, 40, 0x22, true};

static const struct record deposit_doubt_record =
    RECORD(deposit_doubt_row, FIELD(deposit_doubt_row, staker), FIELD(deposit_doubt_row, strategy),
           FIELD(deposit_doubt_row, position), FIELD(deposit_doubt_row, log_index), FIELD(deposit_doubt_row, most));
const struct timeline_def deposit_doubt_timeline = {"deposit_doubt", &deposit_doubt_record, 2, 40, 0x23, false};

static const struct record beacon_factor_record =
    RECORD(beacon_factor_row, FIELD(beacon_factor_row, staker), FIELD(beacon_factor_row, position),
           FIELD(beacon_factor_row, log_index), FIELD(beacon_factor_row, factor));
const struct timeline_def beacon_factor_timeline = {"beacon_factor", &beacon_factor_record, 1, 20, 0x24, false};

static const struct record avs_registration_record =
    RECORD(avs_registration_row, FIELD(avs_registration_row, operator), FIELD(avs_registration_row, avs),
           FIELD(avs_registration_row, position), FIELD(avs_registration_row, log_index),
           FIELD(avs_registration_row, registered));
const struct timeline_def avs_registration_timeline =
    {"avs_registration", &avs_registration_record, 2, 40, 0x2d, false};

static const struct record strategy_token_record =
    RECORD(strategy_token_row, FIELD(strategy_token_row, strategy), FIELD(strategy_token_row, position),
           FIELD(strategy_token_row, log_index), FIELD(strategy_token_row, token));
const struct timeline_def strategy_token_timeline = {"strategy_token", &strategy_token_record, 1, 20, 0x31, false};

static const struct record strategy_rate_record =
    RECORD(strategy_rate_row, FIELD(strategy_rate_row, strategy), FIELD(strategy_rate_row, position),
           FIELD(strategy_rate_row, log_index), FIELD(strategy_rate_row, rate));
const struct timeline_def strategy_rate_timeline = {"strategy_rate", &strategy_rate_record, 1, 20, 0x32, false};

enum err wad_mul(struct amount x, struct amount y, struct amount *out)
{
    return amount_mul_div_floor(x, y, amount_wad, out);
}

enum err wad_div(struct amount x, struct amount y, struct amount *out)
{
    return amount_mul_div_floor(x, amount_wad, y, out);
}

static void mark_unfit(struct books *b, struct address manager)
{
    token_mark_inconsistent(b, manager, "a movement that 256 bits cannot hold was not booked");
}

static struct account_key issued_of(const struct account_key *key, enum book issued)
{
    struct account_key counter = {.book = (uint8_t)issued, .asset_n = key->asset_n};
    memcpy(counter.asset, key->asset, sizeof counter.asset);
    return counter;
}

void stake_raise(struct books *b, struct address manager, const struct account_key *key, enum book issued,
                 struct amount v)
{
    struct account_key counter = issued_of(key, issued);
    if (amount_is_zero(v))
        return;
    if (account_can_move(b, key, &counter, v))
        account_move(b, key, &counter, v);
    else
        mark_unfit(b, manager);
}

void stake_lower(struct books *b, struct address manager, const struct account_key *key, enum book issued,
                 struct amount v)
{
    struct account_key counter = issued_of(key, issued);
    struct amount has = account_get(b, key)->balance;
    if (amount_compare(has, v) < 0) {
        token_mark_inconsistent(b, manager, "more shares were taken than there were");
        v = has;
    }
    /* What is issued is the sum of all balances, so it can be lowered by any of them. */
    if (!amount_is_zero(v) && account_can_move(b, &counter, key, v))
        account_move(b, &counter, key, v);
}

static void change(struct books *b, struct address manager, const struct account_key *key, enum book issued,
                   struct amount v, bool more)
{
    (more ? stake_raise : stake_lower)(b, manager, key, issued, v);
}

void stake_apply_operator(struct books *b, struct address operator, struct address approver)
{
    struct operator_row row = {.operator= operator, .approver = approver };
    books_append(b, TIMELINE_OPERATOR, &row);
}

void stake_apply_delegation(struct books *b, struct address staker, struct address operator)
{
    struct delegation_row row = {.staker = staker, .operator= operator};
    books_append(b, TIMELINE_DELEGATION, &row);
}

void stake_apply_factor(struct books *b, struct address staker, struct address strategy, struct amount factor)
{
    struct scaling_factor_row row = {.staker = staker, .strategy = strategy, .factor = factor};
    books_append(b, TIMELINE_SCALING_FACTOR, &row);
}

void stake_apply_operator_shares(struct books *b, struct address manager, struct address operator,
                                 struct address strategy, struct amount shares, bool more)
{
    struct account_key key = account_key_token(BOOK_OPERATOR, strategy, operator);
    change(b, manager, &key, BOOK_OPERATOR_ISSUED, shares, more);
}

void stake_apply_deposit(struct books *b, struct address manager, struct address staker, struct address strategy,
                         struct amount shares)
{
    struct account_key key = account_key_token(BOOK_DEPOSIT, strategy, staker);
    stake_raise(b, manager, &key, BOOK_DEPOSIT_ISSUED, shares);
}

void stake_apply_removal(struct books *b, struct address manager, struct address staker, struct address strategy,
                         struct amount shares)
{
    struct account_key key = account_key_token(BOOK_DEPOSIT, strategy, staker);
    stake_lower(b, manager, &key, BOOK_DEPOSIT_ISSUED, shares);
}

void stake_apply_beacon_shares(struct books *b, struct address manager, struct address staker, struct amount shares)
{
    struct account_key key = account_key_token(BOOK_DEPOSIT, beacon_strategy, staker);
    struct delta d = delta_between(account_get(b, &key)->balance, shares);
    change(b, manager, &key, BOOK_DEPOSIT_ISSUED, d.magnitude, !d.negative);
}

void stake_apply_beacon_factor(struct books *b, struct address staker, struct amount factor)
{
    struct beacon_factor_row row = {.staker = staker, .factor = factor};
    books_append(b, TIMELINE_BEACON_FACTOR, &row);
}

void stake_apply_issued(struct books *b, struct address manager, struct address strategy, struct amount shares,
                        bool more)
{
    struct account_key key = account_key_token(BOOK_STRATEGY, strategy, strategy);
    change(b, manager, &key, BOOK_STRATEGY_ISSUED, shares, more);
}

static struct account_key slashed_key(const struct slash_name *slash, struct address strategy)
{
    uint8_t second[sizeof(uint32_t) + sizeof(struct hash)]; /* operator set, slash id */
    if (!slash->known)
        return account_key_token(BOOK_SLASHED, strategy, address_zero);
    for (int i = 0; i < 4; i++)
        second[i] = (uint8_t)(slash->operator_set >> (24 - 8 * i));
    amount_to_be(slash->slash_id, second + 4);
    return account_key_second(BOOK_SLASHED, strategy, slash->avs, (struct slice){second, sizeof second});
}

void stake_apply_slashed(struct books *b, struct address manager, const struct slash_name *slash,
                         struct address strategy, struct amount shares)
{
    struct account_key key = slashed_key(slash, strategy);
    stake_raise(b, manager, &key, BOOK_SLASHED_ISSUED, shares);
}

void stake_apply_cleared(struct books *b, struct address manager, const struct slash_name *slash,
                         struct address strategy, struct amount shares)
{
    struct account_key key = slashed_key(slash, strategy);
    stake_lower(b, manager, &key, BOOK_SLASHED_ISSUED, shares);
    stake_apply_issued(b, manager, strategy, shares, false);
}

void stake_apply_registration(struct books *b, struct address operator, struct address avs, bool registered)
{
    struct avs_registration_row row = {.operator= operator, .avs = avs, .registered = registered};
    books_append(b, TIMELINE_AVS_REGISTRATION, &row);
}

bool stake_wants_token(struct books *b, struct address strategy)
{
    return books_last(b, TIMELINE_STRATEGY_TOKEN, &strategy) == NULL;
}

void stake_apply_token(struct books *b, struct address strategy, struct address token)
{
    const struct strategy_token_row *last = books_last(b, TIMELINE_STRATEGY_TOKEN, &strategy);
    if (last != NULL && address_equal(last->token, token))
        return;
    struct strategy_token_row row = {.strategy = strategy, .token = token};
    books_append(b, TIMELINE_STRATEGY_TOKEN, &row);
}

void stake_apply_rate(struct books *b, struct address strategy, struct amount rate)
{
    const struct strategy_rate_row *last = books_last(b, TIMELINE_STRATEGY_RATE, &strategy);
    if (last != NULL && amount_compare(last->rate, rate) == 0)
        return;
    struct strategy_rate_row row = {.strategy = strategy, .rate = rate};
    books_append(b, TIMELINE_STRATEGY_RATE, &row);
}

/* ledger/alt_staking.c - see alt_staking.h: positions as double entry, cooldowns with their doubts, settings. */
#include "ledger/alt_staking.h"

#include <string.h>

#include "ledger/alt_alert.h"
#include "ledger/alt_operator.h"
#include "ledger/alt_read.h"
#include "ledger/position.h"
#include "ledger/token.h"

static const struct record alt_setting_record =
    RECORD(alt_setting_row, FIELD(alt_setting_row, contract), FIELD(alt_setting_row, setting),
           FIELD(alt_setting_row, position), FIELD(alt_setting_row, log_index), FIELD(alt_setting_row, value));
const struct timeline_def alt_setting_timeline = {"alt_setting", &alt_setting_record, 2, 24, 0x60, false};

static const struct record alt_accrual_record = RECORD(alt_accrual_row, FIELD(alt_accrual_row, contract),
                                                       FIELD(alt_accrual_row, position),
                                                       FIELD(alt_accrual_row, log_index), FIELD(alt_accrual_row, time));
const struct timeline_def alt_accrual_timeline = {"alt_accrual", &alt_accrual_record, 1, 20, 0x62, false};

static const struct record alt_cooldown_record =
    RECORD(alt_cooldown_row, FIELD(alt_cooldown_row, contract), FIELD(alt_cooldown_row, staker),
           FIELD(alt_cooldown_row, operator), FIELD(alt_cooldown_row, position), FIELD(alt_cooldown_row, log_index),
           FIELD(alt_cooldown_row, started_at), FIELD(alt_cooldown_row, doubt), FIELD(alt_cooldown_row, either));
const struct timeline_def alt_cooldown_timeline = {"alt_cooldown", &alt_cooldown_record, 3, 60, 0x63, false};

/* ---- settings ----------------------------------------------------------------------------------------------------- */

bool alt_knows(const struct alt *at, enum timeline_id id, const void *key)
{
    return map_get(&at->books->timelines[id].last, key) != NULL;
}

bool alt_setting_get(const struct alt *at, enum alt_setting setting, struct amount *out)
{
    struct alt_setting_row key = {.contract = at->contract, .setting = (int32_t)setting};
    const struct alt_setting_row *row = books_last(at->books, TIMELINE_ALT_SETTING, &key);
    if (row != NULL)
        *out = row->value;
    return row != NULL;
}

void alt_setting_put(const struct alt *at, enum alt_setting setting, struct amount value)
{
    struct alt_setting_row row = {.contract = at->contract, .setting = (int32_t)setting, .value = value};
    books_append(at->books, TIMELINE_ALT_SETTING, &row);
}

void alt_apply_accrual(const struct alt *at)
{
    const struct alt_accrual_row *last = books_last(at->books, TIMELINE_ALT_ACCRUAL, &at->contract);
    if (last != NULL && position_block(last->position) == at->books->block_number)
        return;
    struct alt_accrual_row row = {.contract = at->contract, .time = {at->now}};
    books_append(at->books, TIMELINE_ALT_ACCRUAL, &row);
}

/* ---- positions ---------------------------------------------------------------------------------------------------- */

struct amount alt_operator_id(struct address operator)
{
    uint8_t be[32] = {0};
    memcpy(be + sizeof be - sizeof operator.b, operator.b, sizeof operator.b);
    return amount_from_be(be);
}

static struct account_key key_of(const struct alt *at, enum book book, struct address operator, struct address owner)
{
    return account_key_token_id(book, at->contract, alt_operator_id(operator), owner);
}

static struct amount balance(const struct alt *at, enum book book, struct address operator, struct address owner)
{
    struct account_key key = key_of(at, book, operator, owner);
    return account_get(at->books, &key)->balance;
}

struct amount alt_staked(const struct alt *at, struct address staker, struct address operator)
{
    return balance(at, BOOK_ALT_STAKED, operator, staker);
}

struct amount alt_total_supply(const struct alt *at, struct address operator)
{
    return balance(at, BOOK_ALT_STAKED_ISSUED, operator, address_zero);
}

struct amount alt_cooling(const struct alt *at, struct address staker, struct address operator)
{
    return balance(at, BOOK_ALT_COOLDOWN, operator, staker);
}

struct amount alt_total_cooling(const struct alt *at, struct address operator)
{
    return balance(at, BOOK_ALT_COOLDOWN_ISSUED, operator, address_zero);
}

void alt_inconsistent(const struct alt *at, const char *reason)
{
    token_mark_inconsistent(at->books, at->contract, reason);
}

bool alt_move(const struct alt *at, const struct account_key *debit, const struct account_key *credit, struct amount v)
{
    if (amount_is_zero(v))
        return true;
    if (!account_can_move(at->books, debit, credit, v)) {
        alt_inconsistent(at, "a movement that a balance does not allow was not booked");
        return false;
    }
    account_move(at->books, debit, credit, v);
    return true;
}

/* ---- cooldowns ---------------------------------------------------------------------------------------------------- */

/* What is known of the amount that cools down. */
struct guess {
    struct amount low, high;
    bool either; /* one of the two, nothing between */
    int64_t started_at;
};

static struct amount lesser(struct amount a, struct amount b)
{
    return amount_compare(a, b) < 0 ? a : b;
}

static struct amount greater(struct amount a, struct amount b)
{
    return amount_compare(a, b) < 0 ? b : a;
}

static struct alt_cooldown_row cooldown_row(const struct alt *at, struct address staker, struct address operator)
{
    struct alt_cooldown_row row = {.contract = at->contract, .staker = staker, .operator= operator};
    const struct alt_cooldown_row *last = books_last(at->books, TIMELINE_ALT_COOLDOWN, &row);
    return last != NULL ? *last : row;
}

static struct guess guess_get(const struct alt *at, struct address staker, struct address operator)
{
    struct alt_cooldown_row row = cooldown_row(at, staker, operator);
    struct amount high = alt_cooling(at, staker, operator);
    return (struct guess){amount_minus_or_zero(high, row.doubt), high, row.either, row.started_at.unix_seconds};
}

/* The operator's total is in doubt by the sum of its stakers' doubts. */
static void change_doubt(const struct alt *at, struct address operator, struct amount before, struct amount after)
{
    struct delta change = delta_between(before, after);
    if (amount_is_zero(change.magnitude))
        return;
    struct alt_operator_row row = alt_operator_get(at, operator);
    if (delta_apply(row.cooldown_doubt, change, &row.cooldown_doubt) != OK) {
        alt_inconsistent(at, "more doubt of cooldowns than 256 bits hold");
        return;
    }
    alt_operator_put(at, &row);
}

static void guess_put(const struct alt *at, struct address staker, struct address operator, struct guess g)
{
    struct account_key holder = key_of(at, BOOK_ALT_COOLDOWN, operator, staker);
    struct account_key issued = key_of(at, BOOK_ALT_COOLDOWN_ISSUED, operator, address_zero);
    struct delta change = delta_between(alt_cooling(at, staker, operator), g.high);
    bool moved = change.negative ? alt_move(at, &issued, &holder, change.magnitude)
                                 : alt_move(at, &holder, &issued, change.magnitude);
    if (!moved)
        return;
    struct alt_cooldown_row row = cooldown_row(at, staker, operator);
    struct amount before = row.doubt, doubt = amount_minus_or_zero(g.high, g.low);
    bool either = g.either && !amount_is_zero(doubt);
    if (amount_compare(before, doubt) == 0 && row.either == either && row.started_at.unix_seconds == g.started_at)
        return;
    row.started_at.unix_seconds = g.started_at;
    row.doubt = doubt;
    row.either = either;
    books_append(at->books, TIMELINE_ALT_COOLDOWN, &row);
    change_doubt(at, operator, before, doubt);
}

void alt_apply_cooldown(const struct alt *at, struct address staker, struct address operator, struct amount amount)
{
    guess_put(at, staker, operator,(struct guess){amount, amount, false, at->now});
}

/* No more can cool down than is staked (the contract's _update reverts). */
static void cap_cooldown(const struct alt *at, struct address staker, struct address operator)
{
    struct guess g = guess_get(at, staker, operator);
    struct amount staked = alt_staked(at, staker, operator);
    if (amount_compare(g.high, staked) <= 0)
        return;
    if (amount_compare(g.low, staked) > 0) {
        alt_inconsistent(at, "more cools down than is staked");
        return;
    }
    g.high = g.either ? g.low : staked;
    guess_put(at, staker, operator, g);
}

void alt_apply_transfer(const struct alt *at, struct address from, struct address to, struct address operator,
                        struct amount value)
{
    bool mint = address_is_zero(from), burn = address_is_zero(to);
    if (!address_equal(from, to)) {
        struct account_key credit = key_of(at, mint ? BOOK_ALT_STAKED_ISSUED : BOOK_ALT_STAKED, operator, from);
        struct account_key debit = key_of(at, burn ? BOOK_ALT_STAKED_ISSUED : BOOK_ALT_STAKED, operator, to);
        if (!alt_move(at, &debit, &credit, value))
            return;
    }
    if (!mint)
        cap_cooldown(at, from, operator);
    if (burn) /* only _unstake burns; at its end: if (!isActiveOperator(operator)) _clearVotes(operator) */
        alt_clear_votes_if_inactive(at, operator);
}

/* ---- unstaking ---------------------------------------------------------------------------------------------------- */

struct attempt {
    struct amount assets, staked;
    bool may_unstake; /* the calls that the logs and the timer allow */
    bool may_switch;
};

/* Amounts that may cool down after it; n 0: it cannot have happened. */
struct outcomes {
    struct amount low, high;
    struct amount seen[4];
    size_t n; /* distinct ones among `seen` */
};

static void add_outcome(struct outcomes *o, struct amount v)
{
    for (size_t i = 0; i < o->n; i++)
        if (amount_compare(o->seen[i], v) == 0)
            return;
    o->low = o->n == 0 ? v : lesser(o->low, v);
    o->high = o->n == 0 ? v : greater(o->high, v);
    o->seen[o->n++] = v;
}

/* unstake(): at most what cools down, which it lowers. switchOperator(): at most the voting stake; nothing is lowered. */
static void try_amount(struct outcomes *o, const struct attempt *a, struct amount cooling)
{
    if (a->may_unstake && amount_compare(a->assets, cooling) <= 0)
        add_outcome(o, amount_minus_or_zero(cooling, a->assets));
    if (a->may_switch && amount_compare(a->assets, amount_minus_or_zero(a->staked, cooling)) <= 0)
        add_outcome(o, cooling);
}

/* The same for every amount from low to high. */
static void try_range(struct outcomes *o, const struct attempt *a, struct amount low, struct amount high)
{
    if (a->may_unstake && amount_compare(a->assets, high) <= 0) {
        add_outcome(o, amount_minus_or_zero(low, a->assets));
        add_outcome(o, amount_minus_or_zero(high, a->assets));
    }
    if (a->may_switch && amount_compare(a->assets, amount_minus_or_zero(a->staked, low)) <= 0) {
        add_outcome(o, low);
        add_outcome(o, lesser(high, amount_minus_or_zero(a->staked, a->assets)));
    }
}

/* unstake(): block.timestamp >= cooldown.timestamp + cooldownSeconds */
static bool timer_is_over(const struct alt *at, int64_t started_at)
{
    struct amount seconds, over;
    return !alt_setting_get(at, ALT_COOLDOWN_SECONDS, &seconds) ||
           (amount_add(amount_from_u64((uint64_t)started_at), seconds, &over) == OK &&
            amount_compare(amount_from_u64((uint64_t)at->now), over) >= 0);
}

/* Ask the contract; what it says must be one of what the logs allow. */
static void read_cooldown(const struct alt *at, struct address staker, struct address operator, struct guess * g)
{
    struct amount amount;
    int64_t started_at;
    if (alt_read_cooldown(at, operator, staker, &amount, &started_at) != READ_KNOWN)
        return;
    if (amount_compare(amount, g->low) < 0 || amount_compare(amount, g->high) > 0) {
        alt_inconsistent(at, "a cooldown is not what the logs say");
        return;
    }
    g->low = g->high = amount;
}

void alt_apply_unstake(const struct alt *at, struct address staker, struct address operator, struct amount assets,
                       enum alt_unstake how, bool may_read)
{
    struct guess g = guess_get(at, staker, operator);
    struct attempt a = {.assets = assets,
                        .staked = alt_staked(at, staker, operator),
                        .may_unstake = how != ALT_SWITCH && timer_is_over(at, g.started_at),
                        .may_switch = how != ALT_UNSTAKE && !alt_is_frozen(at, operator)};
    struct outcomes o = {.n = 0};
    bool is_pair = g.either || amount_compare(g.low, g.high) == 0;
    if (is_pair) {
        try_amount(&o, &a, g.high);
        if (g.either)
            try_amount(&o, &a, g.low);
    } else {
        try_range(&o, &a, g.low, g.high);
    }
    if (o.n == 0) {
        alt_inconsistent(at, "an unstake that neither cooldown nor voting stake allows");
        return;
    }
    g.low = o.low;
    g.high = o.high;
    g.either = is_pair && o.n == 2;
    if (amount_compare(g.low, g.high) != 0 && may_read)
        read_cooldown(at, staker, operator, & g);
    guess_put(at, staker, operator, g);
}

void alt_settle_cooldown(const struct alt *at, struct address staker, struct address operator, struct amount by,
                         struct amount gross)
{
    struct guess g = guess_get(at, staker, operator);
    if (!g.either || alt_is_frozen(at, operator))
        return;
    struct amount staked = alt_staked(at, staker, operator), of_low, of_high;
    if (amount_mul_div_floor(amount_minus_or_zero(staked, g.low), by, amount_wad, &of_low) != OK ||
        amount_mul_div_floor(amount_minus_or_zero(staked, g.high), by, amount_wad, &of_high) != OK)
        return;
    bool is_low = amount_compare(of_low, gross) == 0, is_high = amount_compare(of_high, gross) == 0;
    if (is_low == is_high)
        return;
    g.low = g.high = is_low ? g.low : g.high;
    guess_put(at, staker, operator, g);
}

/* ledger/withdrawal.c - see withdrawal.h. */
#include "ledger/withdrawal.h"

#include <string.h>

#include "ledger/allocation.h"
#include "ledger/core/digest.h"
#include "ledger/stake.h"
#include "ledger/token.h"

static const struct record withdrawal_record =
    RECORD(withdrawal_row, FIELD(withdrawal_row, root), FIELD(withdrawal_row, position),
           FIELD(withdrawal_row, log_index), FIELD(withdrawal_row, staker), FIELD(withdrawal_row, operator),
           FIELD(withdrawal_row, withdrawer), FIELD(withdrawal_row, nonce), FIELD(withdrawal_row, start_block),
           FIELD(withdrawal_row, slashable_until), FIELD(withdrawal_row, items), FIELD(withdrawal_row, state));
const struct timeline_def withdrawal_timeline = {"withdrawal", &withdrawal_record, 1, 32, 0x2e, false};

static const struct record withdrawal_share_record =
    RECORD(withdrawal_share_row, FIELD(withdrawal_share_row, root), FIELD(withdrawal_share_row, item),
           FIELD(withdrawal_share_row, position), FIELD(withdrawal_share_row, log_index),
           FIELD(withdrawal_share_row, strategy), FIELD(withdrawal_share_row, scaled_shares),
           FIELD(withdrawal_share_row, deposit_shares), FIELD(withdrawal_share_row, shares));
const struct timeline_def withdrawal_share_timeline =
    {"withdrawal_share", &withdrawal_share_record, 2, 40, 0x2f, false};

static const struct record withdrawal_payment_record =
    RECORD(withdrawal_payment_row, FIELD(withdrawal_payment_row, root), FIELD(withdrawal_payment_row, item),
           FIELD(withdrawal_payment_row, position), FIELD(withdrawal_payment_row, log_index),
           FIELD(withdrawal_payment_row, strategy), FIELD(withdrawal_payment_row, shares));
const struct timeline_def withdrawal_payment_timeline =
    {"withdrawal_payment", &withdrawal_payment_record, 2, 40, 0x30, false};

/* Keys of timelines, as they lead their rows. */
struct share_key {
    struct hash root;
    int64_t item;
};
struct pair_key {
    struct address who, strategy;
};

static struct account_key queued_key(struct address staker, struct address operator, struct address strategy)
{
    return account_key_second(BOOK_QUEUED, strategy, staker, (struct slice){operator.b, sizeof operator.b});
}

/* ---- queueing ----------------------------------------------------------------------------------------------------- */

/* k as it held for the item: before the reset that came with this queueing. */
static struct amount factor_before(struct books *b, struct address staker, const struct withdrawal_item *item)
{
    struct pair_key key = {staker, item->strategy};
    const struct scaling_factor_row *row = books_last(b, TIMELINE_SCALING_FACTOR, &key);
    if (row != NULL && item->factor_reset && row->position > 0)
        row = timeline_at(&b->timelines[TIMELINE_SCALING_FACTOR], &key, row->position - 1, &b->incomplete);
    return row != NULL ? row->factor : amount_wad;
}

static struct amount deposit_of(struct books *b, struct address staker, struct address strategy)
{
    struct account_key key = account_key_token(BOOK_DEPOSIT, strategy, staker);
    return account_get(b, &key)->balance;
}

/* The least x with x * k >= q * 1e18, at least `otherwise` if there is none. */
static struct amount least_with(struct amount q, struct amount k, struct amount otherwise)
{
    struct amount x;
    return amount_mul_div_ceil(q, amount_wad, k, &x) == OK ? x : otherwise;
}

struct withdrawal_taken withdrawal_taken(struct books *b, struct address staker, const struct withdrawal_item *item)
{
    struct amount one = amount_from_u64(1), q = item->scaled_shares, next;
    struct amount has = deposit_of(b, staker, item->strategy);
    if (item->takes_all && item->moves)
        return (struct withdrawal_taken){.least = has, .most = has, .left_known = true};

    struct amount k = factor_before(b, staker, item);
    struct withdrawal_taken taken = {.least = least_with(q, k, amount_zero), .most = amount_max};
    if (amount_is_zero(taken.least)) /* StrategyManager refuses to remove nothing */
        taken.least = one;
    if (amount_add(q, one, &next) == OK)
        taken.most = amount_minus_or_zero(least_with(next, k, amount_max), one);
    struct amount not_all = amount_minus_or_zero(has, one); /* something was left, or the factor had been reset */
    if (item->moves && amount_compare(taken.most, not_all) > 0)
        taken.most = not_all;
    if (!item->moves || amount_compare(taken.most, taken.least) < 0)
        taken.most = taken.least;
    return taken;
}

bool withdrawal_is_open(const struct withdrawal_taken *taken)
{
    return amount_compare(taken->least, taken->most) < 0;
}

static struct amount doubt_of(struct books *b, struct address staker, struct address strategy)
{
    struct pair_key key = {staker, strategy};
    const struct deposit_doubt_row *row = books_last(b, TIMELINE_DEPOSIT_DOUBT, &key);
    return row != NULL ? row->most : amount_zero;
}

void withdrawal_ask(struct books *b, struct address strategy_manager, struct address staker,
                    const struct withdrawal_item *item, struct amount later, struct withdrawal_taken *taken)
{
    static const char signature[] = "stakerDepositShares(address,address)";
    struct hash selector = keccak_bytes(signature, sizeof signature - 1);
    uint8_t calldata[4 + 2 * 32] = {0};
    memcpy(calldata, selector.b, 4);
    memcpy(calldata + 4 + 12, staker.b, sizeof staker.b);
    memcpy(calldata + 36 + 12, item->strategy.b, sizeof item->strategy.b);
    const struct chain_read *read = books_read(b, strategy_manager, (struct slice){calldata, sizeof calldata});
    if (read == NULL || read->state != READ_KNOWN || read->bytes.n != 32)
        return;

    struct amount left, most, has = deposit_of(b, staker, item->strategy);
    if (amount_add(taken->most, doubt_of(b, staker, item->strategy), &most) != OK ||
        amount_subtract(amount_from_be(read->bytes.p), later, &left) != OK ||
        amount_compare(left, amount_minus_or_zero(has, taken->least)) > 0 ||
        amount_compare(left, amount_minus_or_zero(has, most)) < 0)
        return;
    taken->left_known = true;
    taken->left = left;
}

void withdrawal_apply_queued(struct books *b, const struct withdrawal_row *queued)
{
    struct withdrawal_row row = *queued;
    books_append(b, TIMELINE_WITHDRAWAL, &row);
}

static void put_doubt(struct books *b, struct address staker, struct address strategy, struct amount most)
{
    struct deposit_doubt_row row = {.staker = staker, .strategy = strategy, .most = most};
    books_append(b, TIMELINE_DEPOSIT_DOUBT, &row);
}

/* Take x out of the deposit book, and say what stays in doubt. Returns x. */
static struct amount take(struct books *b, struct address manager, struct address staker, struct address strategy,
                          const struct withdrawal_taken *taken)
{
    struct amount x = taken->least, doubt, before = doubt_of(b, staker, strategy);
    if (taken->left_known) {
        /* What was left makes good for doubts of before, too; they were not part of this x. */
        struct amount gone = amount_minus_or_zero(deposit_of(b, staker, strategy), taken->left);
        if (!amount_is_zero(before))
            put_doubt(b, staker, strategy, amount_zero);
        stake_apply_removal(b, manager, staker, strategy, gone);
        return amount_compare(gone, taken->most) > 0 ? taken->most : gone;
    }
    stake_apply_removal(b, manager, staker, strategy, x);
    if (amount_add(before, amount_minus_or_zero(taken->most, taken->least), &doubt) != OK)
        doubt = amount_max;
    /* The factor was not reset, so that at least one share is left. */
    struct amount cap = amount_minus_or_zero(deposit_of(b, staker, strategy), amount_from_u64(1));
    if (amount_compare(doubt, cap) > 0)
        doubt = cap;
    if (amount_compare(doubt, before) != 0)
        put_doubt(b, staker, strategy, doubt);
    return x;
}

void withdrawal_apply_item(struct books *b, struct address manager, const struct withdrawal_row *queued, int64_t i,
                           const struct withdrawal_item *item, const struct withdrawal_taken *taken)
{
    struct withdrawal_share_row row = {.root = queued->root,
                                       .item = i,
                                       .strategy = item->strategy,
                                       .scaled_shares = item->scaled_shares,
                                       .deposit_shares = taken->least,
                                       .shares = item->shares};
    if (item->moves)
        row.deposit_shares = take(b, manager, queued->staker, item->strategy, taken);
    books_append(b, TIMELINE_WITHDRAWAL_SHARE, &row);
    struct account_key key = queued_key(queued->staker, queued->operator, item->strategy);
    stake_raise(b, manager, &key, BOOK_QUEUED_ISSUED, item->scaled_shares);
}

/* ---- completion ---------------------------------------------------------------------------------------------------- */

/* m of the withdrawal's operator at the end of its last slashable block; now, while it can still be slashed. */
static struct amount magnitude_of(struct books *b, const struct withdrawal_row *w, struct address strategy)
{
    struct pair_key key = {w->operator, strategy };
    if (address_is_zero(w->operator))
        return amount_wad;
    const struct max_magnitude_row *row = (uint64_t)w->slashable_until < b->block_number
                                              ? books_at_end_of(b, TIMELINE_MAX_MAGNITUDE, &key, w->slashable_until)
                                              : books_last(b, TIMELINE_MAX_MAGNITUDE, &key);
    return row != NULL ? row->magnitude : amount_wad;
}

/* SlashingLib.scaleForCompleteWithdrawal; for beacon chain ETH with the factor l of now. */
static struct amount payment(struct books *b, const struct withdrawal_row *w, const struct withdrawal_share_row *share)
{
    struct amount f = magnitude_of(b, w, share->strategy), p;
    if (address_equal(share->strategy, beacon_strategy)) {
        const struct beacon_factor_row *row = books_last(b, TIMELINE_BEACON_FACTOR, &w->staker);
        if (wad_mul(f, row != NULL ? row->factor : amount_wad, &f) != OK)
            return amount_zero;
    }
    return wad_mul(share->scaled_shares, f, &p) == OK ? p : amount_zero;
}

bool withdrawal_find(struct books *b, struct hash root, struct withdrawal_row *out)
{
    const struct withdrawal_row *row = books_last(b, TIMELINE_WITHDRAWAL, &root);
    if (row != NULL)
        *out = *row;
    return row != NULL;
}

/* False: not read yet. */
static bool share_at(struct books *b, struct hash root, int64_t i, struct withdrawal_share_row *out)
{
    struct share_key key = {root, i};
    const struct withdrawal_share_row *row = books_last(b, TIMELINE_WITHDRAWAL_SHARE, &key);
    if (row != NULL)
        *out = *row;
    return row != NULL;
}

bool withdrawal_due(struct books *b, struct hash root, size_t nth, bool backwards, struct withdrawal_due *out)
{
    struct withdrawal_row w;
    struct withdrawal_share_row share;
    if (!withdrawal_find(b, root, &w))
        return false;
    for (int64_t i = 0; i < w.items; i++) {
        if (!share_at(b, root, backwards ? w.items - 1 - i : i, &share))
            continue;
        struct amount p = payment(b, &w, &share);
        if (amount_is_zero(p) || nth-- > 0)
            continue;
        *out = (struct withdrawal_due){w.staker, w.withdrawer, share.strategy, p};
        return true;
    }
    return false;
}

void withdrawal_apply_completed(struct books *b, struct address manager, struct hash root, bool as_shares)
{
    struct withdrawal_row w;
    struct withdrawal_share_row share;
    if (!withdrawal_find(b, root, &w) || w.state != WITHDRAWAL_PENDING) {
        token_mark_inconsistent(b, manager, "a withdrawal was completed that was not in the queue");
        return;
    }
    w.state = WITHDRAWAL_NOTHING_PAID;
    for (int64_t i = 0; i < w.items; i++) {
        if (!share_at(b, root, i, &share))
            continue;
        struct account_key key = queued_key(w.staker, w.operator, share.strategy);
        stake_lower(b, manager, &key, BOOK_QUEUED_ISSUED, share.scaled_shares);
        struct withdrawal_payment_row row = {.root = root,
                                             .item = i,
                                             .strategy = share.strategy,
                                             .shares = payment(b, &w, &share)};
        books_append(b, TIMELINE_WITHDRAWAL_PAYMENT, &row);
        if (amount_is_zero(row.shares))
            continue;
        w.state = as_shares ? WITHDRAWAL_AS_SHARES : WITHDRAWAL_AS_TOKENS;
        if (!as_shares && !address_equal(share.strategy, beacon_strategy))
            stake_apply_issued(b, manager, share.strategy, row.shares, false);
    }
    books_append(b, TIMELINE_WITHDRAWAL, &w);
}

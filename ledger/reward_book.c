/* ledger/reward_book.c - see reward_book.h. */
#include "ledger/reward_book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/position.h"
#include "ledger/reward_share.h"
#include "ledger/reward_tree.h"

/* ---- what is touched ---------------------------------------------------------------------------------------------- */

static void touch(struct books *b, const struct account_key *key)
{
    bool added;
    if (map_get(&b->accounts, key) == NULL)
        map_put(&b->account_needs, key, &added);
    struct control_key control = {.book = key->book, .asset_n = key->asset_n};
    memcpy(control.asset, key->asset, key->asset_n);
    if (map_get(&b->controls, &control) == NULL)
        map_put(&b->control_needs, &control, &added);
}

static void touch_pool_account(struct books *b, const struct reward_pool *p, struct address operator,
                               enum reward_role role)
{
    struct account_key key = reward_key_pool(p->token, operator, p->submission, p->day, role);
    touch(b, &key);
}

static void touch_pool(struct books *b, const struct reward_computed *c, const struct reward_pool *p)
{
    static const enum book books[] = {BOOK_REWARD_PENDING, BOOK_REWARD_REMAINDER, BOOK_REWARD_BURNED};
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        struct account_key key = reward_key_of_submission(books[i], p->token, p->owner, p->submission);
        touch(b, &key);
    }
    struct account_key earned = reward_key_of_earner(BOOK_REWARD_EARNED, p->token, p->avs, p->distributor);
    touch(b, &earned);
    touch_pool_account(b, p, address_zero, REWARD_ROLE_REFUND);
    touch_pool_account(b, p, address_zero, REWARD_ROLE_TREASURY);
    for (size_t i = 0; i < p->n_parts; i++) {
        const struct reward_part *part = &c->parts[p->first_part + i];
        touch_pool_account(b, p, part->operator, REWARD_ROLE_OPERATOR);
        touch_pool_account(b, p, part->operator, REWARD_ROLE_STAKER);
    }
}

/* ---- the earned accounts of a distributor ------------------------------------------------------------------------- */

static enum err read_earned(struct books *b, struct db *db, uint64_t before, struct address distributor)
{
    bool added;
    map_put(&b->earned_known, &distributor, &added);
    if (!added)
        return OK;
    int16_t book = BOOK_REWARD_EARNED;
    TRY(db_stream_begin(db,
                        "SELECT a.asset, a.owner, a.id, e.balance FROM account a"
                        " CROSS JOIN LATERAL (SELECT x.balance FROM entry x WHERE x.account = a.id AND x.position < $3"
                        "   ORDER BY x.position DESC LIMIT 1) e"
                        " WHERE a.book = $1 AND a.second = $2 AND a.created < $3",
                        WITH(IN(&book), IN(&distributor), IN(&before))));
    for (;;) {
        struct rows *rows = NULL;
        TRY(db_stream_next(db, &rows));
        if (rows == NULL)
            return OK;
        for (size_t i = 0; i < rows_count(rows); i++) {
            struct address token;
            memcpy(token.b, rows_bytes(rows, i, 0).p, sizeof token.b);
            struct account_key key = reward_key_of_earner(BOOK_REWARD_EARNED, token, rows_address(rows, i, 1),
                                                          distributor);
            struct account_state *state = map_put(&b->accounts, &key, &added);
            if (added)
                *state = (struct account_state){rows_u64(rows, i, 2), rows_amount(rows, i, 3)};
        }
        rows_done(&rows);
    }
}

/* An account that was not among those read has not been opened yet. */
static void open_earners(struct books *b, const struct reward_computed *c, const struct reward_pool *p)
{
    struct account_key key = reward_key_of_earner(BOOK_REWARD_EARNED, p->token, address_zero, p->distributor);
    for (size_t i = 0; i < p->n_parts; i++) {
        const struct reward_part *part = &c->parts[p->first_part + i];
        for (size_t j = 0; j < part->n; j++) {
            bool added;
            key.owner = c->payments[part->first + j].earner;
            map_put(&b->accounts, &key, &added);
        }
    }
    bool added;
    key.owner = p->avs;
    map_put(&b->accounts, &key, &added);
    key.owner = p->treasury_address;
    map_put(&b->accounts, &key, &added);
}

enum err reward_book_prepare(struct books *b, struct db *db, uint64_t first_block, const struct reward_computed *c)
{
    for (size_t i = 0; i < c->n_pools; i++) {
        TRY(read_earned(b, db, position_start(first_block), c->pools[i].distributor));
        open_earners(b, c, &c->pools[i]);
        touch_pool(b, c, &c->pools[i]);
    }
    return OK;
}

/* ---- booking ------------------------------------------------------------------------------------------------------ */

static void move(struct books *b, const struct account_key *debit, const struct account_key *credit, struct amount v)
{
    if (!amount_is_zero(v))
        account_move(b, debit, credit, v);
}

/* From what is pending through an account that says what for, to those who are paid. */
static void pay(struct books *b, const struct reward_pool *p, struct address operator, enum reward_role role,
                const struct reward_payment *payments, size_t n)
{
    struct amount total = amount_zero;
    for (size_t i = 0; i < n; i++)
        total = reward_sum(total, payments[i].amount);
    if (n == 0)
        return;
    struct account_key pending = reward_key_of_submission(BOOK_REWARD_PENDING, p->token, p->owner, p->submission);
    struct account_key pool = reward_key_pool(p->token, operator, p->submission, p->day, role);
    struct account_key earned = reward_key_of_earner(BOOK_REWARD_EARNED, p->token, address_zero, p->distributor);
    account_move(b, &pool, &pending, total);
    account_pay_out(b, &pool, total);
    for (size_t i = 0; i < n; i++) {
        earned.owner = payments[i].earner;
        account_pay_in(b, &earned, &pool, payments[i].amount);
    }
}

static void pay_one(struct books *b, const struct reward_pool *p, enum reward_role role, struct address earner,
                    struct amount v)
{
    struct reward_payment payment = {.earner = earner, .role = (uint8_t)role, .amount = v};
    if (!amount_is_zero(v))
        pay(b, p, address_zero, role, &payment, 1);
}

size_t reward_commissions(const struct reward_computed *c, const struct reward_part *part)
{
    return part->n > 0 && c->payments[part->first].role == REWARD_ROLE_OPERATOR ? 1 : 0;
}

struct reward_share_row reward_share_row_of(const struct reward_computed *c, const struct reward_pool *p,
                                            const struct reward_part *part)
{
    return (struct reward_share_row){.submission = p->submission,
                                     .day = p->day,
                                     .operator= part->operator,
                                     .weight = part->weight,
                                     .tokens = part->tokens,
                                     .split_bips = part->split_bips,
                                     .commission = part->commission,
                                     .stake_weight = part->stake_weight,
                                     .stakers = (int64_t)(part->n - reward_commissions(c, part)),
                                     .paid = part->paid,
                                     .remainder = part->remainder};
}

struct reward_pool_row reward_pool_row_of(const struct reward_computed *c, const struct reward_pool *p)
{
    struct reward_pool_row row = {.submission = p->submission,
                                  .day = p->day,
                                  .distributor = p->distributor,
                                  .token = p->token,
                                  .paid_day = p->paid_day,
                                  .days = p->days,
                                  .snapshot_block = p->snapshot_block,
                                  .reason = (int16_t)p->reason,
                                  .tokens = p->tokens,
                                  .weight = p->weight,
                                  .operators = (int64_t)p->n_parts,
                                  .payouts = !amount_is_zero(p->treasury) + !amount_is_zero(p->refund),
                                  .paid = p->treasury,
                                  .refund = p->refund,
                                  .burned = p->burned,
                                  .remainder = p->remainder,
                                  .rest = p->rest};
    for (size_t i = 0; i < p->n_parts; i++) {
        const struct reward_part *part = &c->parts[p->first_part + i];
        row.paid = reward_sum(row.paid, reward_sum(part->commission, part->paid));
        row.payouts += (int64_t)part->n;
    }
    return row;
}

static void book_part(struct books *b, const struct reward_computed *c, const struct reward_pool *p,
                      const struct reward_part *part)
{
    const struct reward_payment *payments = &c->payments[part->first];
    size_t n_commission = reward_commissions(c, part);
    pay(b, p, part->operator, REWARD_ROLE_OPERATOR, payments, n_commission);
    pay(b, p, part->operator, REWARD_ROLE_STAKER, payments + n_commission, part->n - n_commission);
    struct reward_share_row row = reward_share_row_of(c, p, part);
    books_append(b, TIMELINE_REWARD_SHARE, &row);
}

/* What a pool held is accounted for to the unit. */
static void put_pool(struct books *b, const struct reward_computed *c, const struct reward_pool *p)
{
    struct reward_pool_row row = reward_pool_row_of(c, p);
    struct amount all = reward_sum(reward_sum(row.paid, row.refund), reward_sum(row.burned, row.remainder));
    assert(amount_compare(all, row.tokens) == 0);
    books_append(b, TIMELINE_REWARD_POOL, &row);
}

static void book_pool(struct books *b, const struct reward_computed *c, const struct reward_pool *p)
{
    for (size_t i = 0; i < p->n_parts; i++)
        book_part(b, c, p, &c->parts[p->first_part + i]);
    pay_one(b, p, REWARD_ROLE_REFUND, p->avs, p->refund);
    pay_one(b, p, REWARD_ROLE_TREASURY, p->treasury_address, p->treasury);
    struct account_key pending = reward_key_of_submission(BOOK_REWARD_PENDING, p->token, p->owner, p->submission);
    struct account_key burned = reward_key_of_submission(BOOK_REWARD_BURNED, p->token, p->owner, p->submission);
    struct account_key remainder = reward_key_of_submission(BOOK_REWARD_REMAINDER, p->token, p->owner, p->submission);
    move(b, &burned, &pending, p->burned);
    move(b, &remainder, &pending, reward_sum(p->remainder, p->rest));
    put_pool(b, c, p);
}

/* ---- distributions ------------------------------------------------------------------------------------------------ */

/* Every account of the distributor that has earned something, as it stands now. */
static size_t gather_leaves(const struct books *b, struct address distributor, struct arena *arena,
                            struct reward_leaf **out)
{
    struct reward_leaf *leaves = ARENA_ARRAY(arena, struct reward_leaf, b->accounts.n);
    size_t n = 0;
    for (size_t i = 0; i < b->accounts.n; i++) {
        const struct account_key *key = map_key_at(&b->accounts, i);
        const struct account_state *state = map_value_at(&b->accounts, i);
        if (key->book != BOOK_REWARD_EARNED || memcmp(key->second, distributor.b, sizeof distributor.b) != 0 ||
            amount_is_zero(state->balance))
            continue;
        leaves[n] = (struct reward_leaf){.earner = key->owner, .cumulative = state->balance};
        memcpy(leaves[n].token.b, key->asset, sizeof leaves[n].token.b);
        n++;
    }
    *out = leaves;
    return n;
}

static void put_distribution(struct books *b, const struct reward_computed *c, const struct reward_run *run,
                             int64_t day, struct address distributor)
{
    struct reward_distribution_row row = {.day = day, .distributor = distributor};
    for (size_t i = 0; i < c->n_pools; i++) {
        const struct reward_pool *p = &c->pools[i];
        if (p->paid_day != day || !address_equal(p->distributor, distributor))
            continue;
        row.pools++;
        row.payouts += !amount_is_zero(p->treasury) + !amount_is_zero(p->refund);
        for (size_t j = 0; j < p->n_parts; j++)
            row.payouts += (int64_t)c->parts[p->first_part + j].n;
    }
    if (row.payouts == 0)
        return;
    row.snapshot_block = (int64_t)run->last_block;
    AUTO_ARENA arena = {0};
    struct reward_leaf *leaves;
    size_t n = gather_leaves(b, distributor, &arena, &leaves);
    struct reward_tree tree = {0};
    if (n > 0) {
        enum err e = reward_tree_build(leaves, n, 0, &arena, &tree); /* no earner has a token twice */
        assert(e == OK);
    }
    row.root = tree.root;
    row.earners = (int64_t)tree.n_earners;
    books_append(b, TIMELINE_REWARD_DISTRIBUTION, &row);
}

/* The distributors that had pools on this day, each once, ascending. */
static void put_distributions(struct books *b, const struct reward_computed *c, const struct reward_run *run,
                              int64_t day)
{
    AUTO_BUFFER seen = {0};
    for (size_t i = 0; i < c->n_pools; i++)
        if (c->pools[i].paid_day == day)
            buffer_bytes(&seen, &c->pools[i].distributor, sizeof(struct address));
    struct address *a = (struct address *)seen.p;
    size_t n = seen.n / sizeof *a;
    if (n > 0)
        qsort(a, n, sizeof *a, address_compare);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !address_equal(a[i], a[i - 1]))
            put_distribution(b, c, run, day, a[i]);
}

/* Looking accounts up notes those that are not cached; then nothing is booked in this round. */
static bool all_cached(struct books *b, const struct reward_computed *c)
{
    size_t before = b->account_needs.n + b->control_needs.n;
    for (size_t i = 0; i < c->n_pools; i++)
        touch_pool(b, c, &c->pools[i]);
    bool cached = b->account_needs.n + b->control_needs.n == before;
    if (!cached)
        b->incomplete = true;
    return cached;
}

void reward_book_closing(struct books *b, const struct reward_closing *closing)
{
    const struct reward_computed *c = &closing->computed;
    if (!all_cached(b, c))
        return;
    for (size_t i = 0; i < c->n_pools; i++) {
        book_pool(b, c, &c->pools[i]);
        if (i + 1 == c->n_pools || c->pools[i + 1].paid_day != c->pools[i].paid_day)
            put_distributions(b, c, &closing->run, c->pools[i].paid_day);
    }
}

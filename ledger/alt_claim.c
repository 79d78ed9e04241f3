/* ledger/alt_claim.c - see alt_claim.h. */
#include "ledger/alt_claim.h"

#include "ledger/alt_read.h"

static const struct record alt_pool_record = RECORD(alt_pool_row, FIELD(alt_pool_row, contract),
                                                    FIELD(alt_pool_row, staker), FIELD(alt_pool_row, operator),
                                                    FIELD(alt_pool_row, distribution), FIELD(alt_pool_row, position),
                                                    FIELD(alt_pool_row, log_index), FIELD(alt_pool_row, pool));
const struct timeline_def alt_pool_timeline = {"alt_pool", &alt_pool_record, 4, 64, 0x67, false};

/* Whose rewards. */
struct party {
    const struct alt *at;
    struct address staker, operator;
    int32_t n; /* ids 1 .. n */
};

static struct amount balance(const struct party *p, enum book book, int32_t id)
{
    struct account_key key = alt_reward_key(p->at, book, id, p->operator, p->staker);
    return account_get(p->at->books, &key)->balance;
}

static struct alt_pool_row pool_row(const struct party *p, int32_t id)
{
    struct alt_pool_row row = {.contract = p->at->contract,
                               .staker = p->staker,
                               .operator= p->operator,
                               .distribution = id };
    const struct alt_pool_row *last = books_last(p->at->books, TIMELINE_ALT_POOL, &row);
    return last != NULL ? *last : row;
}

static int32_t pool_of(const struct party *p, int32_t id)
{
    return pool_row(p, id).pool;
}

static void put_pool(const struct party *p, int32_t id, int32_t pool)
{
    struct alt_pool_row row = pool_row(p, id);
    if (row.pool == pool)
        return;
    row.pool = pool;
    books_append(p->at->books, TIMELINE_ALT_POOL, &row);
}

/* Of the claims of a pool, by an amount that is on one side of its two accounts. */
static void book_open_claim(const struct party *p, int32_t pool, struct amount v, bool more)
{
    struct account_key holder = alt_reward_key(p->at, BOOK_ALT_CLAIM, pool, p->operator, p->staker);
    struct account_key issued = alt_reward_key(p->at, BOOK_ALT_CLAIM_ISSUED, pool, p->operator, address_zero);
    alt_move(p->at, more ? &holder : &issued, more ? &issued : &holder, v);
}

static void book_claim(const struct party *p, int32_t id, struct amount v)
{
    struct account_key claimed = alt_reward_key(p->at, BOOK_ALT_REWARD_CLAIMED, id, p->operator, p->staker);
    struct account_key claimable = alt_reward_key(p->at, BOOK_ALT_REWARD, id, p->operator, p->staker);
    alt_move(p->at, &claimed, &claimable, v);
}

/* Sum of what the members were credited with, but for one of them (0: none). */
static struct amount members_sum(const struct party *p, int32_t pool, int32_t but)
{
    struct amount sum = amount_zero;
    for (int32_t id = 1; id <= p->n; id++)
        if (id != but && pool_of(p, id) == pool && amount_add(sum, balance(p, BOOK_ALT_REWARD, id), &sum) != OK)
            return amount_max;
    return sum;
}

/* The most that can be claimable: all of it, less what the other members of its pool cannot have paid of the pool's claims. */
static struct amount claimable_most(const struct party *p, int32_t id)
{
    struct amount credited = balance(p, BOOK_ALT_REWARD, id), rest, left;
    int32_t pool = pool_of(p, id);
    if (pool == 0 || amount_subtract(balance(p, BOOK_ALT_CLAIM, pool), members_sum(p, pool, id), &rest) != OK)
        return credited;
    return amount_subtract(credited, rest, &left) == OK ? left : amount_zero;
}

static bool pays_so(const struct party *p, int32_t id, const struct alt_payer *payer)
{
    struct alt_distribution_row row = alt_distribution_get(p->at, id);
    return payer == NULL || address_is_zero(row.reward_token) ||
           (address_equal(row.reward_token, payer->token) && address_equal(row.reward_vault, payer->vault));
}

static bool may_have_paid(const struct party *p, int32_t id, struct amount amount, const struct alt_payer *payer)
{
    return amount_compare(claimable_most(p, id), amount) >= 0 && pays_so(p, id, payer);
}

/* One pool of both: members and open claims of `from` go to `into`. */
static void merge_pool(const struct party *p, int32_t from, int32_t into)
{
    if (from == into)
        return;
    struct amount open = balance(p, BOOK_ALT_CLAIM, from);
    book_open_claim(p, from, open, false);
    book_open_claim(p, into, open, true);
    for (int32_t id = 1; id <= p->n; id++)
        if (pool_of(p, id) == from)
            put_pool(p, id, into);
}

/* The candidates, and the pools that they are of, become one pool, named by its lowest member. */
static void book_in_pool(const struct party *p, struct amount amount, const struct alt_payer *payer)
{
    bool candidate[ALT_DISTRIBUTIONS_MAX + 1];
    int32_t into = 0;
    for (int32_t id = 1; id <= p->n; id++) {
        candidate[id] = may_have_paid(p, id, amount, payer);
        int32_t named = pool_of(p, id) != 0 ? pool_of(p, id) : id;
        if (candidate[id] && (into == 0 || named < into))
            into = named;
    }
    for (int32_t id = 1; id <= p->n; id++) {
        if (!candidate[id])
            continue;
        if (pool_of(p, id) != 0)
            merge_pool(p, pool_of(p, id), into);
        else
            put_pool(p, id, into);
    }
    book_open_claim(p, into, amount, true);
}

/* Give each member its part of the claims and end the pool. */
static void divide(const struct party *p, int32_t pool, const struct amount *part)
{
    book_open_claim(p, pool, balance(p, BOOK_ALT_CLAIM, pool), false);
    for (int32_t id = 1; id <= p->n; id++) {
        if (pool_of(p, id) != pool)
            continue;
        book_claim(p, id, part[id]);
        put_pool(p, id, 0);
    }
}

/* Where nothing is left in a pool, every member paid all it had. */
static void end_empty_pool(const struct party *p, int32_t pool)
{
    struct amount part[ALT_DISTRIBUTIONS_MAX + 1];
    if (amount_compare(members_sum(p, pool, 0), balance(p, BOOK_ALT_CLAIM, pool)) != 0)
        return;
    for (int32_t id = 1; id <= p->n; id++)
        part[id] = balance(p, BOOK_ALT_REWARD, id);
    divide(p, pool, part);
}

static void read_pool(const struct party *p, int32_t pool)
{
    struct amount part[ALT_DISTRIBUTIONS_MAX + 1], sum = amount_zero;
    bool all = true;
    for (int32_t id = 1; id <= p->n; id++) {
        struct amount left;
        if (pool_of(p, id) != pool)
            continue;
        if (alt_read_reward(p->at, id, p->operator, p->staker, &left) != READ_KNOWN) {
            all = false; /* go on, so that all are asked at once */
            continue;
        }
        if (amount_subtract(balance(p, BOOK_ALT_REWARD, id), left, &part[id]) != OK ||
            amount_add(sum, part[id], &sum) != OK) {
            alt_inconsistent(p->at, "claimable rewards are not what the logs say");
            return;
        }
    }
    if (!all)
        return;
    if (amount_compare(sum, balance(p, BOOK_ALT_CLAIM, pool)) != 0) {
        alt_inconsistent(p->at, "claimable rewards are not what the logs say");
        return;
    }
    divide(p, pool, part);
}

void alt_apply_claim(const struct alt *at, struct address staker, struct address operator, struct amount amount,
                     const struct alt_payer *payer, bool may_read)
{
    struct party p = {at, staker, operator, alt_distributions_seen(at)};
    int32_t found = 0, n = 0;
    if (amount_is_zero(amount))
        return; /* claimRewards reverts */
    for (int32_t id = 1; id <= p.n; id++)
        if (may_have_paid(&p, id, amount, payer)) {
            found = id;
            n++;
        }
    if (n == 0) {
        alt_inconsistent(at, "a claim of more than was accrued was not booked");
        return;
    }
    if (n > 1) {
        book_in_pool(&p, amount, payer);
    } else {
        book_claim(&p, found, amount);
        if (payer != NULL)
            alt_learn_payer(at, found, *payer);
    }
    for (int32_t id = 1; id <= p.n; id++)
        if (pool_of(&p, id) == id)
            end_empty_pool(&p, id);
    for (int32_t id = 1; may_read && id <= p.n; id++)
        if (pool_of(&p, id) == id)
            read_pool(&p, id);
}

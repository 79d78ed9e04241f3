/* api/rewards_compare.c - see rewards_compare.h. */
#include "api/rewards_compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/period.h"
#include "ledger/core/json.h"
#include "ledger/reward_book.h"

enum { NAME_TEXT = 300 };

struct comparison {
    struct db *db;
    const struct reward_computed *computed;
    struct arena *arena; /* of what is told */
    struct rewards_compared *out;
    const struct reward_pool *pool;
};

/* ---- what is told ---- */

__attribute__((format(printf, 2, 3))) static void differs(struct comparison *c, const char *format, ...)
{
    char text[NAME_TEXT], submission[HASH_TEXT + 1], day[DAY_TEXT + 1];
    va_list args;
    c->out->differences++;
    if (c->out->n_named == DIFFERENCES_NAMED)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hash_format(c->pool->submission, submission);
    day_format(c->pool->day, day);
    c->out->named[c->out->n_named++] = arena_printf(c->arena, "%s of %s: %s", submission, day, text);
}

/* Into the buffer, as JSON without quotes' meaning: only to be compared and shown. */
static const char *value_text(enum type type, const void *value, struct buffer *b)
{
    struct json_writer w;
    buffer_reset(b);
    jw_start(&w, b);
    switch (type) {
    case T_BOOL:
        jw_bool(&w, *(const bool *)value);
        break;
    case T_I16:
        jw_i64(&w, *(const int16_t *)value);
        break;
    case T_I32:
        jw_i64(&w, *(const int32_t *)value);
        break;
    case T_I64:
        jw_i64(&w, *(const int64_t *)value);
        break;
    case T_U64:
        jw_u64(&w, *(const uint64_t *)value);
        break;
    case T_AMOUNT:
        jw_amount(&w, *(const struct amount *)value);
        break;
    case T_DELTA:
        jw_delta(&w, *(const struct delta *)value);
        break;
    case T_TOTAL:
        jw_total(&w, *(const struct total *)value);
        break;
    case T_ADDRESS:
        jw_address(&w, *(const struct address *)value);
        break;
    case T_HASH:
        jw_hash(&w, *(const struct hash *)value);
        break;
    case T_BYTES:
        jw_hex(&w, *(const struct slice *)value);
        break;
    case T_TEXT:
        jw_text(&w, *(const char *const *)value);
        break;
    case T_TIME:
        jw_time(&w, *(const struct instant *)value);
        break;
    }
    buffer_u8(b, '\0');
    return (const char *)b->p;
}

/* All members but where the row stands. */
static void compare_rows(struct comparison *c, enum timeline_id id, const char *what, const void *computed,
                         const void *booked)
{
    const struct record *record = timeline_table[id]->row;
    AUTO_BUFFER a = {0};
    AUTO_BUFFER b = {0};
    for (size_t i = 0; i < record->n; i++) {
        const struct field *f = &record->fields[i];
        if (strcmp(f->name, "position") == 0 || strcmp(f->name, "log_index") == 0)
            continue;
        const char *ours = value_text(f->type, (const uint8_t *)computed + f->offset, &a);
        const char *theirs = value_text(f->type, (const uint8_t *)booked + f->offset, &b);
        if (strcmp(ours, theirs) != 0)
            differs(c, "%s%s is %s booked and %s computed", what, f->name, theirs, ours);
    }
}

/* ---- payouts ---- */

/* Those of one account of reward.pool, in the order of booking. */
static enum err compare_payments(struct comparison *c, struct address operator, enum reward_role role,
                                 const struct reward_payment *payments, size_t n)
{
    static const char sql[] =
        "SELECT o.owner, e.delta FROM ledger.account n JOIN ledger.entry e ON e.counter = n.id AND e.log_index = -2"
        " JOIN ledger.account o ON o.id = e.account AND o.book = 61 AND o.second = $5"
        " WHERE n.book = 64 AND n.asset = $1 AND n.owner = $2 AND n.second = $3 || $4 ORDER BY e.position";
    const struct reward_pool *p = c->pool;
    struct account_key key = reward_key_pool(p->token, operator, p->submission, p->day, role);
    struct slice submission = {p->submission.b, sizeof p->submission.b};
    struct slice rest = {key.second + sizeof p->submission.b, key.second_n - sizeof p->submission.b};
    AUTO_ROWS rows = NULL;
    char who[ADDRESS_TEXT + 1];
    TRY(db_query(c->db, sql, WITH(IN(&p->token), IN(&operator), IN(&submission), IN(&rest), IN(&p->distributor)),
                 &rows));
    c->out->payouts += n;
    address_format(operator, who);
    if (rows_count(rows) != n) {
        differs(c, "operator %s: %zu payouts as %s booked and %zu computed", who, rows_count(rows),
                role == REWARD_ROLE_OPERATOR ? "operator"
                : role == REWARD_ROLE_STAKER ? "staker"
                                             : "refund or treasury",
                n);
        return OK;
    }
    for (size_t i = 0; i < n; i++) {
        char earner[ADDRESS_TEXT + 1], amount[AMOUNT_TEXT + 1];
        struct delta booked = rows_delta(rows, i, 1);
        if (address_equal(rows_address(rows, i, 0), payments[i].earner) && !booked.negative &&
            amount_compare(booked.magnitude, payments[i].amount) == 0)
            continue;
        address_format(payments[i].earner, earner);
        amount_format(payments[i].amount, amount);
        differs(c, "operator %s: payout %zu, computed %s to %s, is booked otherwise", who, i + 1, amount, earner);
    }
    return OK;
}

static enum err compare_one(struct comparison *c, enum reward_role role, struct address earner, struct amount v)
{
    const struct reward_payment payment = {.earner = earner, .role = (uint8_t)role, .amount = v};
    return compare_payments(c, address_zero, role, &payment, amount_is_zero(v) ? 0 : 1);
}

/* ---- shares ---- */

static void compare_share(struct comparison *c, const struct reward_part *part, const struct reward_share_row *booked)
{
    char who[ADDRESS_TEXT + 1];
    struct reward_share_row row = reward_share_row_of(c->computed, c->pool, part);
    address_format(part->operator, who);
    compare_rows(c, TIMELINE_REWARD_SHARE, arena_printf(c->arena, "operator %s: ", who), &row, booked);
}

static enum err compare_part(struct comparison *c, const struct reward_part *part)
{
    const struct reward_payment *payments = &c->computed->payments[part->first];
    size_t n = reward_commissions(c->computed, part);
    TRY(compare_payments(c, part->operator, REWARD_ROLE_OPERATOR, payments, n));
    return compare_payments(c, part->operator, REWARD_ROLE_STAKER, payments + n, part->n - n);
}

static enum err compare_shares(struct comparison *c, struct arena *arena)
{
    static const char sql[] =
        "SELECT t.* FROM ledger.reward_share t WHERE t.submission = $1 AND t.day = $2 ORDER BY t.position";
    const struct reward_pool *p = c->pool;
    struct reward_share_row *booked = NULL;
    size_t n = 0;
    TRY(db_all(c->db, sql, WITH(IN(&p->submission), IN(&p->day)), timeline_table[TIMELINE_REWARD_SHARE]->row, arena,
               &booked, &n));
    c->out->shares += p->n_parts;
    if (n != p->n_parts) {
        differs(c, "%zu shares booked and %zu computed", n, p->n_parts);
        return OK;
    }
    for (size_t i = 0; i < n; i++) {
        const struct reward_part *part = &c->computed->parts[p->first_part + i];
        compare_share(c, part, &booked[i]);
        TRY(compare_part(c, part));
    }
    TRY(compare_one(c, REWARD_ROLE_REFUND, p->avs, p->refund));
    return compare_one(c, REWARD_ROLE_TREASURY, p->treasury_address, p->treasury);
}

/* ---- pools ---- */

static enum err compare_pool(struct comparison *c, const struct reward_pool_row *booked)
{
    AUTO_ARENA arena = {0};
    struct reward_pool_row row = reward_pool_row_of(c->computed, c->pool);
    c->out->pools++;
    compare_rows(c, TIMELINE_REWARD_POOL, "", &row, booked);
    return compare_shares(c, &arena);
}

void rewards_count(const struct reward_computed *c, struct rewards_compared *out)
{
    out->pools += c->n_pools;
    out->shares += c->n_parts;
    out->payouts += c->n_payments;
    for (size_t i = 0; i < c->n_pools; i++)
        out->payouts += (uint64_t)!amount_is_zero(c->pools[i].treasury) + !amount_is_zero(c->pools[i].refund);
}

enum err rewards_compare(struct db *db, const struct reward_question *q, const struct reward_computed *computed,
                         const atomic_bool *stop, struct arena *arena, struct rewards_compared *out)
{
    static const char sql[] = "SELECT t.* FROM ledger.reward_pool t WHERE t.paid_day >= $1 AND t.paid_day < $2"
                              " ORDER BY t.position";
    AUTO_ARENA own = {0};
    struct comparison c = {.db = db, .computed = computed, .arena = arena, .out = out};
    struct reward_pool_row *booked = NULL;
    size_t n = 0;
    TRY(db_all(db, sql, WITH(IN(&q->run.day), IN(&q->run.next_day)), timeline_table[TIMELINE_REWARD_POOL]->row, &own,
               &booked, &n));
    for (size_t i = 0; i < n || i < computed->n_pools; i++) {
        struct reward_pool only = {.day = q->run.day};
        if (atomic_load(stop))
            return ERR_STOPPED;
        if (q->progress != NULL)
            q->progress(q->arg, "pools compared", i, n);
        c.pool = i < computed->n_pools ? &computed->pools[i] : &only;
        if (i < n && i < computed->n_pools) {
            TRY(compare_pool(&c, &booked[i]));
            continue;
        }
        only.submission = i < n ? booked[i].submission : only.submission;
        only.day = i < n ? booked[i].day : only.day;
        differs(&c, i < n ? "a pool is booked and not computed" : "a pool is computed and not booked");
    }
    return OK;
}

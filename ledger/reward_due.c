/* ledger/reward_due.c - see reward_due.h. */
#include "ledger/reward_due.h"

#include <assert.h>

#include "ledger/position.h"
#include "ledger/reward_share.h"
#include "ledger/timeline.h"

bool reward_due_is_directed(const struct reward_due *due)
{
    return due->kind == REWARD_DIRECTED_AVS || due->kind == REWARD_DIRECTED_SET;
}

size_t reward_run_of(const struct reward_dues *dues, int64_t day)
{
    size_t low = 0, high = dues->n_runs;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (dues->runs[middle].day <= day)
            low = middle;
        else
            high = middle;
    }
    assert(high > low && dues->runs[low].day <= day && day < dues->runs[low].next_day);
    return low;
}

static const struct reward_collector *find_collector(const struct reward_terms *terms, struct address address)
{
    for (size_t i = 0; i < terms->n_collectors; i++)
        if (address_equal(terms->collectors[i].address, address))
            return &terms->collectors[i];
    return NULL;
}

/* D: the days whose midnight (d + 1) * 86400 lies in (start, start + duration]. */
static const char due_sql[] =
    "SELECT s.submission, s.position, s.kind, s.distributor, s.submitter, s.avs, s.token, s.operator_set, s.amount,"
    "       s.day, d.first, d.last"
    "  FROM reward_submission s"
    " CROSS JOIN LATERAL (SELECT s.start_time / 86400 AS first, (s.start_time + s.duration) / 86400 - 1 AS last"
    "                     OFFSET 0) d"
    " WHERE s.position <= $1"
    "   AND CASE WHEN d.last < d.first THEN s.day >= $2 AND s.day < $3"
    "            WHEN s.kind IN (4, 5, 8) THEN greatest(s.day, d.last) >= $2 AND greatest(s.day, d.last) < $3"
    "            WHEN s.day >= $2 THEN s.day < $3 AND d.first < $3"
    "            ELSE d.last >= $2 AND d.first < $3 END"
    " ORDER BY s.position";

static void due_from_row(const struct rows *rows, size_t i, const struct reward_terms *terms, struct reward_due *due)
{
    *due = (struct reward_due){
        .submission = rows_hash(rows, i, 0),
        .position = rows_u64(rows, i, 1),
        .kind = (enum reward_kind)rows_i64(rows, i, 2),
        .distributor = rows_address(rows, i, 3),
        .submitter = rows_address(rows, i, 4),
        .avs = rows_address(rows, i, 5),
        .token = rows_address(rows, i, 6),
        .operator_set = rows_i64(rows, i, 7),
        .amount = rows_amount(rows, i, 8),
        .event_day = rows_i64(rows, i, 9),
        .first = rows_i64(rows, i, 10),
        .last = rows_i64(rows, i, 11),
    };
    if (due->kind == REWARD_FEE)
        due->collector = find_collector(terms, due->distributor);
}

static enum err read_submissions(struct db *db, const struct reward_question *q, struct arena *arena,
                                 struct reward_dues *out)
{
    AUTO_ROWS rows = NULL;
    uint64_t until = position_end(q->run.last_block);
    TRY(db_query(db, due_sql, WITH(IN(&until), IN(&q->run.day), IN(&q->run.next_day)), &rows));
    out->n = rows_count(rows);
    out->due = ARENA_ARRAY(arena, struct reward_due, out->n);
    for (size_t i = 0; i < out->n; i++)
        due_from_row(rows, i, q->terms, &out->due[i]);
    return OK;
}

/* The submissions as an array: the statements below answer with their number in it, from 1. */
static const char *submissions_text(const struct reward_dues *dues, struct buffer *text)
{
    array_text_begin(text);
    for (size_t i = 0; i < dues->n; i++)
        array_text_value(text, T_HASH, &dues->due[i].submission);
    return array_text_end(text);
}

static enum err read_strategies(struct db *db, const char *submissions, uint64_t until, struct arena *arena,
                                struct reward_dues *dues)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT u.i, s.strategy, s.multiplier"
                 "  FROM unnest($1::text::bytea[]) WITH ORDINALITY u(submission, i)"
                 "  JOIN reward_strategy s ON s.submission = u.submission WHERE s.position <= $2 ORDER BY u.i, s.item",
                 WITH(IN(submissions), IN(&until)), &rows));
    size_t n = rows_count(rows);
    struct reward_counted *counted = ARENA_ARRAY(arena, struct reward_counted, n);
    for (size_t i = 0; i < n; i++) {
        struct reward_due *due = &dues->due[rows_i64(rows, i, 0) - 1];
        counted[i] = (struct reward_counted){rows_address(rows, i, 1), rows_amount(rows, i, 2)};
        if (due->n_counted++ == 0)
            due->counted = &counted[i];
    }
    return OK;
}

/* An operator that is listed twice has the sum. */
static void list_operator(struct reward_due *due, struct reward_directed *at, struct address operator,
                          struct amount amount)
{
    if (due->n_directed == 0)
        due->directed = at;
    struct reward_directed *last = due->n_directed == 0 ? NULL : &due->directed[due->n_directed - 1];
    if (last != NULL && address_equal(last->operator, operator))
        last->amount = reward_sum(last->amount, amount);
    else if (!amount_is_zero(amount))
        due->directed[due->n_directed++] = (struct reward_directed){.operator= operator, .amount = amount };
}

static enum err read_operators(struct db *db, const char *submissions, uint64_t until, struct arena *arena,
                               struct reward_dues *dues)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT u.i, s.operator, s.amount FROM unnest($1::text::bytea[]) WITH ORDINALITY u(submission, i)"
                 "  JOIN reward_operator s ON s.submission = u.submission WHERE s.position <= $2"
                 " ORDER BY u.i, s.operator, s.item",
                 WITH(IN(submissions), IN(&until)), &rows));
    size_t n = rows_count(rows);
    struct reward_directed *directed = ARENA_ARRAY(arena, struct reward_directed, n);
    for (size_t i = 0; i < n; i++)
        list_operator(&dues->due[rows_i64(rows, i, 0) - 1], &directed[i], rows_address(rows, i, 1),
                      rows_amount(rows, i, 2));
    return OK;
}

/* What a fee collector received for an epoch stands in its account reward.pending until the epoch is paid. */
static enum err read_fees(struct db *db, const char *submissions, uint64_t until, struct reward_dues *dues)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        db,
        "SELECT u.i, e.balance FROM unnest($1::text::bytea[]) WITH ORDINALITY u(submission, i)"
        "  JOIN reward_submission s ON s.submission = u.submission AND s.kind = 8 AND s.position <= $2"
        "  JOIN account a ON a.book = 60 AND a.asset = s.token AND a.owner = s.submitter AND a.second = s.submission"
        " CROSS JOIN LATERAL (SELECT x.balance FROM entry x WHERE x.account = a.id AND x.position <= $2"
        "                      ORDER BY x.position DESC LIMIT 1) e",
        WITH(IN(submissions), IN(&until)), &rows));
    for (size_t i = 0; i < rows_count(rows); i++)
        dues->due[rows_i64(rows, i, 0) - 1].amount = rows_amount(rows, i, 1);
    return OK;
}

/* The earliest day of the history that is to be paid before the run that is closed; that run's first day: none. */
static int64_t earliest_day(const struct reward_question *q, const struct reward_dues *dues)
{
    int64_t earliest = q->run.day;
    for (size_t i = 0; i < dues->n; i++) {
        const struct reward_due *due = &dues->due[i];
        bool looks_back = due->last >= due->first && due->last >= q->first_day &&
                          (reward_due_is_directed(due) || (due->kind != REWARD_FEE && due->event_day >= q->run.day));
        if (looks_back && due->first < earliest)
            earliest = due->first;
    }
    return earliest > q->first_day ? earliest : q->first_day;
}

static enum err read_runs(struct db *db, const struct reward_question *q, struct arena *arena, struct reward_dues *out)
{
    AUTO_ROWS rows = NULL;
    int64_t earliest = earliest_day(q, out);
    TRY(db_query(db,
                 "SELECT DISTINCT ON (day) day, next_day, last_block FROM reward_day WHERE day < $1 AND next_day > $2"
                 " ORDER BY day, position DESC",
                 WITH(IN(&q->run.day), IN(&earliest)), &rows));
    size_t n = rows_count(rows);
    out->runs = ARENA_ARRAY(arena, struct reward_run, n + 1);
    for (size_t i = 0; i < n; i++)
        out->runs[i] = (struct reward_run){rows_i64(rows, i, 0), rows_i64(rows, i, 1), (uint64_t)rows_i64(rows, i, 2)};
    out->runs[n] = q->run;
    out->n_runs = n + 1;
    return OK;
}

/* Marks the runs at whose snapshot an operator was registered, by rows of one registration in the order of their positions. */
static void mark_registered(const struct reward_dues *dues, const struct rows *rows, size_t first, size_t n,
                            bool *registered)
{
    bool now = false;
    for (size_t run = 0, i = first; run < dues->n_runs; run++) {
        for (; i < first + n && rows_u64(rows, i, 2) <= position_end(dues->runs[run].last_block); i++)
            now = rows_bool(rows, i, 3);
        registered[run] |= now;
    }
}

/* How many days of D are days of the run. */
static uint64_t days_in_run(const struct reward_due *due, const struct reward_run *run)
{
    int64_t from = due->first > run->day ? due->first : run->day;
    int64_t to = due->last < run->next_day - 1 ? due->last : run->next_day - 1;
    return to < from ? 0 : (uint64_t)(to - from + 1);
}

static enum err read_registrations(struct db *db, const struct reward_question *q, const struct reward_dues *dues,
                                   struct reward_due *due)
{
    AUTO_BUFFER text = {0};
    AUTO_ROWS rows = NULL;
    array_text_begin(&text);
    for (size_t i = 0; i < due->n_directed; i++)
        array_text_value(&text, T_ADDRESS, &due->directed[i].operator);
    const char *operators = array_text_end(&text);
    uint64_t until = position_end(q->run.last_block);
    TRY(db_query(db,
                 "SELECT o.i, -1::bigint AS operator_set, r.position, r.registered"
                 "  FROM unnest($1::text::bytea[]) WITH ORDINALITY o(operator, i)"
                 "  JOIN avs_registration r ON r.operator = o.operator AND r.avs = $2 AND r.position <= $3"
                 " WHERE $4 = -1"
                 " UNION ALL "
                 "SELECT o.i, m.operator_set, m.position, m.registered"
                 "  FROM unnest($1::text::bytea[]) WITH ORDINALITY o(operator, i)"
                 "  JOIN operator_set_member m ON m.operator = o.operator AND m.avs = $2 AND m.position <= $3"
                 " WHERE $4 = -1 OR m.operator_set = $4"
                 " ORDER BY 1, 2, 3",
                 WITH(IN(operators), IN(&due->avs), IN(&until), IN(&due->operator_set)), &rows));
    for (size_t i = 0, n; i < rows_count(rows); i += n) {
        for (n = 1; i + n < rows_count(rows) && rows_i64(rows, i + n, 0) == rows_i64(rows, i, 0) &&
                    rows_i64(rows, i + n, 1) == rows_i64(rows, i, 1);)
            n++;
        mark_registered(dues, rows, i, n, due->directed[rows_i64(rows, i, 0) - 1].registered);
    }
    return OK;
}

/* r(o), what each day has, and what is left of the whole. */
static enum err settle_directed(struct db *db, const struct reward_question *q, const struct reward_dues *dues,
                                struct arena *arena, struct reward_due *due)
{
    for (size_t i = 0; i < due->n_directed; i++)
        due->directed[i].registered = ARENA_ARRAY(arena, bool, dues->n_runs);
    TRY(read_registrations(db, q, dues, due));
    for (size_t i = 0; i < due->n_directed; i++) {
        struct reward_directed *d = &due->directed[i];
        for (size_t run = 0; run < dues->n_runs; run++)
            d->days += d->registered[run] ? days_in_run(due, &dues->runs[run]) : 0;
        if (d->days == 0) {
            due->refund = reward_sum(due->refund, d->amount);
            continue;
        }
        struct amount paid;
        TRY(amount_mul_div_floor(d->amount, amount_from_u64(1), amount_from_u64(d->days), &d->each));
        TRY(amount_mul_div_floor(d->each, amount_from_u64(d->days), amount_from_u64(1), &paid));
        due->rest = reward_sum(due->rest, reward_less(d->amount, paid));
    }
    return OK;
}

static enum err settle_daily(struct reward_due *due)
{
    struct amount paid, days = amount_from_u64((uint64_t)(due->last - due->first + 1));
    TRY(amount_mul_div_floor(due->amount, amount_from_u64(1), days, &due->daily));
    TRY(amount_mul_div_floor(due->daily, days, amount_from_u64(1), &paid));
    due->rest = reward_less(due->amount, paid);
    return OK;
}

/* A fee pool's parts are floors of the whole; without its collector's terms nobody has a part. */
static void settle_fee(struct reward_due *due)
{
    const struct reward_collector *c = due->collector;
    due->rest = due->amount;
    if (c == NULL)
        return;
    due->daily = reward_bips(due->amount, c->operators_bips);
    due->rest = reward_less(due->rest, due->daily);
    due->rest = reward_less(due->rest, reward_bips(due->amount, c->treasury_bips));
    due->rest = reward_less(due->rest, reward_bips(due->amount, c->burn_bips));
}

enum err reward_dues_read(struct db *db, const struct reward_question *q, struct arena *arena, struct reward_dues *out)
{
    AUTO_BUFFER text = {0};
    uint64_t until = position_end(q->run.last_block);
    TRY(read_submissions(db, q, arena, out));
    if (out->n == 0)
        return OK;
    const char *submissions = submissions_text(out, &text);
    TRY(read_strategies(db, submissions, until, arena, out));
    TRY(read_operators(db, submissions, until, arena, out));
    TRY(read_fees(db, submissions, until, out));
    TRY(read_runs(db, q, arena, out));
    for (size_t i = 0; i < out->n; i++) {
        struct reward_due *due = &out->due[i];
        if (due->last < due->first)
            due->rest = due->amount;
        else if (due->kind == REWARD_FEE)
            settle_fee(due);
        else if (reward_due_is_directed(due))
            TRY(settle_directed(db, q, out, arena, due));
        else
            TRY(settle_daily(due));
    }
    return OK;
}

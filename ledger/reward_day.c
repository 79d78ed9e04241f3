/* ledger/reward_day.c - see reward_day.h: the clock of days, and what a closing asks for. */
#include "ledger/reward_day.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/position.h"
#include "ledger/reward_book.h"

enum { TELL_SECONDS = 5, TELL_PAYMENTS = 100000 };

/* ---- the clock ---------------------------------------------------------------------------------------------------- */

static int64_t day_of(int64_t time)
{
    return time >= 0 ? time / DAY_SECONDS : -((-time + DAY_SECONDS - 1) / DAY_SECONDS);
}

static size_t n_open(const struct day_clock *c)
{
    return c->open.n / sizeof(struct reward_run);
}

static const struct reward_run *oldest(const struct day_clock *c)
{
    return n_open(c) > 0 ? (const struct reward_run *)c->open.p : NULL;
}

static void close_oldest(struct day_clock *c)
{
    c->open.n -= sizeof(struct reward_run);
    memmove(c->open.p, c->open.p + sizeof(struct reward_run), c->open.n);
}

static uint64_t closing_block(const struct books *b, const struct reward_run *run)
{
    return run->last_block + b->terms->booking_delay;
}

/* A block comes; whether it is the first of a later day: then the days before it are open now. */
static bool clock_advance(struct day_clock *c, uint64_t number, int64_t time)
{
    int64_t day = day_of(time);
    if (!c->begun) {
        c->begun = true;
        c->day = c->first_day = day;
        return false;
    }
    if (day <= c->day)
        return false;
    struct reward_run run = {.day = c->day, .next_day = day, .last_block = number - 1};
    buffer_bytes(&c->open, &run, sizeof run);
    c->day = day;
    return true;
}

void reward_days_use(struct books *b, const struct reward_terms *terms)
{
    b->terms = terms->wanted ? terms : NULL;
    assert(b->terms == NULL || terms->booking_delay > 0);
}

/* The day reached is that after the last one that ended; if none did, that of the first block. */
static enum err read_clock(struct db *db, uint64_t first_block, uint64_t delay, struct day_clock *c)
{
    AUTO_ROWS days = NULL;
    AUTO_ROWS open = NULL;
    uint64_t before = position_start(first_block);
    TRY(db_query(
        db,
        "SELECT coalesce((SELECT day FROM reward_day WHERE position < $2 ORDER BY day LIMIT 1), f.day),"
        "       coalesce((SELECT next_day FROM reward_day WHERE position < $2 ORDER BY day DESC LIMIT 1), f.day)"
        "  FROM (SELECT floor(extract(epoch FROM b.time) / 86400)::bigint AS day FROM mirror.chain h"
        "          JOIN mirror.block b ON b.id = h.block WHERE h.number < $1 ORDER BY h.number LIMIT 1) f",
        WITH(IN(&first_block), IN(&before)), &days));
    TRY(db_query(db,
                 "SELECT day, next_day, last_block FROM reward_day WHERE position < $1 AND last_block + $2 >= $3"
                 " ORDER BY day",
                 WITH(IN(&before), IN(&delay), IN(&first_block)), &open));
    buffer_reset(&c->open);
    c->begun = rows_count(days) > 0;
    c->first_day = c->begun ? rows_i64(days, 0, 0) : 0;
    c->day = c->begun ? rows_i64(days, 0, 1) : 0;
    for (size_t i = 0; i < rows_count(open); i++) {
        struct reward_run run = {rows_i64(open, i, 0), rows_i64(open, i, 1), rows_u64(open, i, 2)};
        buffer_bytes(&c->open, &run, sizeof run);
    }
    c->known = true;
    return OK;
}

enum err reward_days_read(struct books *b, struct db *db, uint64_t first_block)
{
    if (b->terms == NULL || b->clock.known)
        return OK;
    return read_clock(db, first_block, b->terms->booking_delay, &b->clock);
}

/* Close what the block closes; ERR_END: nothing. */
static enum err clock_close(const struct books *b, struct day_clock *c, uint64_t number)
{
    enum err e = ERR_END;
    for (const struct reward_run *run; (run = oldest(c)) != NULL && closing_block(b, run) <= number; e = OK) {
        if (closing_block(b, run) < number)
            return err_with(ERR_CONFIG,
                            "block %" PRIu64 " closes day %" PRId64
                            " and is not stored: its header can only be read with --source",
                            closing_block(b, run), run->day);
        close_oldest(c);
    }
    return e;
}

enum err reward_days_fit(const struct books *b, const struct reward_moment *blocks, size_t n, size_t *fit)
{
    *fit = n;
    if (b->terms == NULL)
        return OK;
    struct day_clock c = b->clock;
    AUTO_BUFFER open = {0};
    buffer_bytes(&open, b->clock.open.p, b->clock.open.n);
    c.open = open;
    enum err e = ERR_END;
    for (size_t i = 0; i < n; i++) {
        clock_advance(&c, blocks[i].number, blocks[i].time);
        e = clock_close(b, &c, blocks[i].number);
        if (e == ERR_END)
            continue;
        if (i > 0) { /* it begins the next batch; what is wrong with it is said then */
            *fit = i;
            e = ERR_END;
        }
        if (i > 0 || e != OK)
            break;
    }
    open = c.open;
    return e == ERR_END ? OK : e;
}

bool reward_days_due(const struct books *b, const struct reward_moment *block)
{
    if (b->terms == NULL)
        return false;
    const struct reward_run *run = oldest(&b->clock);
    if (run != NULL)
        return closing_block(b, run) <= block->number;
    /* With the shortest delay a day is closed by the first block of the next. */
    return b->terms->booking_delay == 1 && b->clock.begun && day_of(block->time) > b->clock.day;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------- */

void reward_day_begin(struct books *b, int64_t time)
{
    if (b->terms != NULL)
        b->day_ended = clock_advance(&b->batch_clock, b->block_number, time);
}

static void put_ended(struct books *b)
{
    const struct reward_run *run = (const struct reward_run *)(b->batch_clock.open.p + b->batch_clock.open.n) - 1;
    struct reward_day_row row = {.day = run->day, .next_day = run->next_day, .last_block = (int64_t)run->last_block};
    books_append(b, TIMELINE_REWARD_DAY, &row);
}

static const struct reward_closing *find_closing(const struct books *b, const struct reward_run *run)
{
    const struct reward_closing *c = (const struct reward_closing *)b->closings.p;
    for (size_t n = b->closings.n / sizeof *c; n > 0; n--, c++)
        if (c->run.day == run->day)
            return c;
    return NULL;
}

void reward_day_end(struct books *b)
{
    if (b->terms == NULL)
        return;
    b->log_index = LOG_INDEX_DAY_CLOSED;
    b->leg = 0;
    if (b->day_ended)
        put_ended(b);
    for (const struct reward_run *run;
         (run = oldest(&b->batch_clock)) != NULL && closing_block(b, run) <= b->block_number;) {
        const struct reward_closing *closing = find_closing(b, run);
        if (closing == NULL) {
            buffer_bytes(&b->day_needs, run, sizeof *run);
            b->incomplete = true;
        } else if (!b->incomplete) {
            reward_book_closing(b, closing);
        }
        close_oldest(&b->batch_clock);
    }
}

/* ---- needs -------------------------------------------------------------------------------------------------------- */

/* What takes long says how far it is. */
struct telling {
    int64_t day;
    time_t began, said;
};

static void tell(void *arg, const char *what, uint64_t done, uint64_t all)
{
    struct telling *t = arg;
    time_t now = time(NULL);
    if (now - t->said < TELL_SECONDS)
        return;
    t->said = now;
    log_info("rewards", "day %" PRId64 ": %s, %" PRIu64 " of %" PRIu64, t->day, what, done, all);
}

enum err reward_days_fetch(struct books *b, struct db *db, uint64_t first_block)
{
    struct reward_run *runs = (struct reward_run *)b->day_needs.p;
    for (size_t i = 0; i < b->day_needs.n / sizeof *runs; i++) {
        struct telling telling = {runs[i].day, time(NULL), time(NULL)};
        struct reward_question q = {.terms = b->terms,
                                    .run = runs[i],
                                    .first_day = b->batch_clock.first_day,
                                    .progress = tell,
                                    .arg = &telling};
        struct reward_closing closing = {.run = runs[i]};
        TRY(reward_compute(db, &q, &closing.computed));
        buffer_bytes(&b->closings, &closing, sizeof closing);
        if (telling.said != telling.began || closing.computed.n_payments >= TELL_PAYMENTS)
            log_info("rewards", "day %" PRId64 ": %zu payments computed in %lld s", runs[i].day,
                     closing.computed.n_payments, (long long)(time(NULL) - telling.began));
        TRY(reward_book_prepare(b, db, first_block, &closing.computed));
    }
    buffer_reset(&b->day_needs);
    return OK;
}

void reward_closings_drop(struct books *b)
{
    struct reward_closing *c = (struct reward_closing *)b->closings.p;
    for (size_t n = b->closings.n / sizeof *c; n > 0; n--, c++)
        reward_computed_done(&c->computed);
    buffer_reset(&b->closings);
    buffer_reset(&b->day_needs);
}

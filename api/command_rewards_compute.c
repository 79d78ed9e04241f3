/* api/command_rewards_compute.c - altledger rewards compute: what closing a day pays, computed again from the books and compared with what is booked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/command_rewards.h"
#include "api/period.h"
#include "api/reward_ask.h"
#include "api/rewards.h"
#include "api/rewards_compare.h"
#include "ledger/core/log.h"

enum { TELL_EVERY_SECONDS = 2, DISTANT_DAY = 1 << 30 };

struct work {
    const struct command *command;
    struct db *db;
    struct reward_ask ask;
    uint64_t head;
    int64_t position;
    struct arena arena;
    struct rewards_compared all;
    struct json_writer w; /* of --json: the list of days */
    bool json;
    time_t told;
};

static void progress(void *arg, const char *what, uint64_t done, uint64_t all)
{
    struct work *w = arg;
    time_t now = time(NULL);
    if (now - w->told < TELL_EVERY_SECONDS)
        return;
    w->told = now;
    log_info("rewards", "%s: %" PRIu64 " of %" PRIu64, what, done, all);
}

/* ---- a run of days ---- */

static void print_run(struct work *w, const struct reward_run *run, bool closed, const struct rewards_compared *one)
{
    char day[DAY_TEXT + 1], last[DAY_TEXT + 1];
    day_format(run->day, day);
    day_format(run->next_day - 1, last);
    if (!w->json) {
        printf("%s  snapshot %" PRIu64 "  pools %" PRIu64 "  shares %" PRIu64 "  payouts %" PRIu64, day,
               run->last_block, one->pools, one->shares, one->payouts);
        closed ? printf("  differences %" PRIu64 "\n", one->differences) : printf("  provisional\n");
        fflush(stdout);
        return;
    }
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"snapshot_block", run->last_block},
                   {"pools", one->pools},
                   {"shares", one->shares},
                   {"payouts", one->payouts},
                   {"differences", one->differences}};
    jw_object(&w->w);
    jw_key(&w->w, "day"), jw_text(&w->w, day);
    jw_key(&w->w, "last_day"), jw_text(&w->w, last);
    jw_key(&w->w, "provisional"), jw_bool(&w->w, !closed);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        jw_key(&w->w, numbers[i].name), jw_u64(&w->w, numbers[i].value);
    jw_object_end(&w->w);
}

static void add(struct rewards_compared *all, const struct rewards_compared *one)
{
    all->pools += one->pools;
    all->shares += one->shares;
    all->payouts += one->payouts;
    all->differences += one->differences;
    for (size_t i = 0; i < one->n_named && all->n_named < DIFFERENCES_NAMED; i++)
        all->named[all->n_named++] = one->named[i];
}

static enum err compute_run(struct work *w, const struct reward_run *run, bool closed)
{
    struct reward_question q = {.terms = &w->ask.network.rewards,
                                .run = *run,
                                .first_day = w->ask.first_day,
                                .progress = progress,
                                .arg = w};
    struct reward_computed computed = {.n_pools = 0};
    struct rewards_compared one = {.pools = 0};
    enum err e = OK;
    if (atomic_load(w->command->stop))
        return ERR_STOPPED;
    TRY(reward_compute(w->db, &q, &computed));
    if (closed)
        e = rewards_compare(w->db, &q, &computed, w->command->stop, &w->arena, &one);
    else
        rewards_count(&computed, &one);
    reward_computed_done(&computed);
    TRY(e);
    print_run(w, run, closed, &one);
    add(&w->all, &one);
    return OK;
}

/* ---- which days ---- */

static bool is_closed(const struct work *w, const struct reward_run *run)
{
    return reward_ask_closing(&w->ask, run) <= w->head;
}

static enum err not_closed(const struct work *w, int64_t day, const struct reward_run *run)
{
    char text[DAY_TEXT + 1];
    day_format(day, text);
    if (run != NULL)
        return err_with(ERR_DAY_OPEN,
                        "day-not-closed: block %" PRIu64 " will close %s; --provisional computes it as it stands",
                        reward_ask_closing(&w->ask, run), text);
    return err_with(ERR_DAY_OPEN,
                    "day-not-closed: %s is not over; --provisional computes it as if it ended with block %" PRIu64,
                    text, w->head);
}

/* A day without blocks is the one before it. */
static void tell_shared(int64_t day, const struct reward_run *run)
{
    char asked[DAY_TEXT + 1], shared[DAY_TEXT + 1];
    day_format(day, asked);
    day_format(run->day, shared);
    if (day != run->day)
        log_info("rewards", "%s has no block: it shares the snapshot %" PRIu64 " of %s, which is told of", asked,
                 run->last_block, shared);
}

static enum err compute_day(struct work *w, int64_t day)
{
    bool provisional = config_flag(w->command->config, "provisional");
    struct reward_run *runs = NULL, running = {w->ask.day, w->ask.day + 1, w->head};
    size_t n = 0;
    if (day < w->ask.first_day || day > w->ask.day)
        return err_with(ERR_NOT_FOUND, "of that day nothing is mirrored");
    TRY(reward_ask_runs(w->db, w->position, day, day, &w->arena, &runs, &n));
    const struct reward_run *run = n > 0 ? &runs[0] : NULL;
    bool closed = run != NULL && is_closed(w, run);
    if (!closed && !provisional)
        return not_closed(w, day, run);
    tell_shared(day, run != NULL ? run : &running);
    return compute_run(w, run != NULL ? run : &running, closed);
}

static enum err compute_closed(struct work *w, bool all)
{
    struct reward_run *runs = NULL;
    size_t n = 0;
    TRY(reward_ask_runs(w->db, w->position, 0, DISTANT_DAY, &w->arena, &runs, &n));
    while (n > 0 && !is_closed(w, &runs[n - 1]))
        n--;
    if (n == 0)
        return err_with(ERR_DAY_OPEN, "day-not-closed: no day is closed yet");
    for (size_t i = all ? 0 : n - 1; i < n; i++)
        TRY(compute_run(w, &runs[i], true));
    return OK;
}

static enum err compute_wanted(struct work *w)
{
    const struct config *config = w->command->config;
    const char *day = config_text(config, "day"), *distribution = config_text(config, "distribution");
    int64_t number = 0;
    if (distribution != NULL) {
        struct address distributor;
        bool has_distributor;
        TRY(reward_distribution_parse(distribution, &distributor, &has_distributor, &number));
    } else if (day != NULL) {
        TRY(reward_day_parse("--day", day, strlen(day), &number));
    } else {
        return compute_closed(w, config_flag(config, "all"));
    }
    return compute_day(w, number);
}

/* ---- the command ---- */

static enum err read_head(struct work *w)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(w->db, "SELECT c.head_number FROM mirror.cursor c WHERE c.head_number IS NOT NULL", WITH_NOTHING,
                 &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_DAY_OPEN, "day-not-closed: no block is mirrored yet");
    w->head = rows_u64(rows, 0, 0);
    w->position = (int64_t)(w->head << 32 | UINT32_MAX);
    return OK;
}

static enum err work_in_snapshot(struct work *w)
{
    TRY(read_head(w));
    TRY(reward_ask_open(w->db, w->position, &w->ask));
    enum err e = reward_ask_wanted(&w->ask) ? compute_wanted(w)
                                            : err_with(ERR_CONFIG, "nobody pays rewards or fees on this network");
    reward_ask_close(&w->ask);
    return e;
}

static enum err work_in(const struct session *s, struct work *w)
{
    TRY(session_read(s, "altledger rewards", &w->db));
    enum err e = db_script(w->db, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
    if (e == OK)
        e = db_begin(w->db, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (e == OK) {
        e = work_in_snapshot(w);
        db_rollback(w->db); /* it has read only */
    }
    db_close(w->db);
    return e;
}

static void print_end(struct work *w, struct buffer *out)
{
    for (size_t i = 0; i < w->all.n_named && !w->json; i++)
        printf("  %s\n", w->all.named[i]);
    if (!w->json)
        return;
    jw_array_end(&w->w);
    jw_key(&w->w, "differences"), jw_u64(&w->w, w->all.differences);
    jw_key(&w->w, "first_differences"), jw_array(&w->w);
    for (size_t i = 0; i < w->all.n_named; i++)
        jw_text(&w->w, w->all.named[i]);
    jw_array_end(&w->w);
    jw_object_end(&w->w);
    printf("%.*s\n", (int)out->n, (const char *)out->p);
}

enum status rewards_compute(const struct command *c)
{
    struct session s;
    AUTO_BUFFER out = {0};
    struct work w = {.command = c, .json = config_flag(c->config, "json"), .told = time(NULL)};
    jw_start(&w.w, &out);
    jw_object(&w.w);
    jw_key(&w.w, "days"), jw_array(&w.w);
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = work_in(&s, &w);
    if (e == OK)
        print_end(&w, &out);
    /* One that was stopped has compared nothing to the end: not 0. */
    enum status status = e == OK            ? w.all.differences == 0 ? STATUS_OK : STATUS_FAILED
                         : e == ERR_FIELD   ? command_misused(c, err_detail())
                         : e == ERR_STOPPED ? STATUS_FAILED
                                            : command_failed(c, e);
    arena_done(&w.arena);
    session_close(&s);
    return status;
}

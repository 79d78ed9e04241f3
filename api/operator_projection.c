/* api/operator_projection.c - what an operator would be paid for days that are not closed yet, if the one that runs ended now. */
#include <string.h>

#include "api/period.h"
#include "api/reward_ask.h"
#include "api/routes.h"

enum { DISTANT_DAY = 1 << 30 };

/* One token at one distributor. */
struct sum {
    struct address distributor, token;
    struct amount gross, commission;
};

struct projection {
    struct address operator;
    struct reward_ask ask;
    uint64_t number; /* of the block */
    int64_t position;
    struct arena *arena;
    struct sum *sums;
    size_t n_sums;
    struct json_writer *w;
};

/* ---- sums ---- */

static enum err add(struct projection *p, const struct reward_pool *pool, const struct reward_part *part)
{
    size_t i = 0;
    while (i < p->n_sums &&
           !(address_equal(p->sums[i].distributor, pool->distributor) && address_equal(p->sums[i].token, pool->token)))
        i++;
    if (i == p->n_sums) {
        struct sum *more = ARENA_ARRAY(p->arena, struct sum, p->n_sums + 1);
        for (size_t k = 0; k < p->n_sums; k++)
            more[k] = p->sums[k];
        more[p->n_sums++] = (struct sum){.distributor = pool->distributor, .token = pool->token};
        p->sums = more;
    }
    TRY(amount_add(p->sums[i].gross, part->tokens, &p->sums[i].gross));
    return amount_add(p->sums[i].commission, part->commission, &p->sums[i].commission);
}

static void key_amount(struct json_writer *w, const char *key, struct amount v)
{
    jw_key(w, key);
    jw_amount(w, v);
}

static void key_address(struct json_writer *w, const char *key, struct address a)
{
    jw_key(w, key);
    address_is_zero(a) ? jw_null(w) : jw_address(w, a);
}

static void key_day(struct json_writer *w, const char *key, int64_t day)
{
    char text[DAY_TEXT + 1];
    day_format(day, text);
    jw_key(w, key);
    jw_text(w, text);
}

/* gross = commission + delegators, whom floors leave a little less. */
static void write_parts(struct json_writer *w, struct amount gross, struct amount commission)
{
    key_amount(w, "gross", gross);
    key_amount(w, "commission", commission);
    key_amount(w, "delegators", amount_minus_or_zero(gross, commission));
}

static void write_sums(const struct projection *p)
{
    jw_key(p->w, "sums");
    jw_array(p->w);
    for (size_t i = 0; i < p->n_sums; i++) {
        jw_object(p->w);
        key_address(p->w, "distributor", p->sums[i].distributor);
        key_address(p->w, "token", p->sums[i].token);
        write_parts(p->w, p->sums[i].gross, p->sums[i].commission);
        jw_object_end(p->w);
    }
    jw_array_end(p->w);
}

/* ---- days ---- */

static enum err write_submission(const struct projection *p, struct db *db, const struct hash *submission)
{
    static const char sql[] =
        "SELECT api_v1.reward_kind(t.kind), t.operator_set FROM ledger.reward_submission t WHERE t.submission = $1";
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, WITH(IN(submission)), &rows));
    bool found = rows_count(rows) > 0;
    const char *kind = found ? rows_text(rows, 0, 0) : "fee"; /* an epoch of fees that nobody paid has no row */
    jw_key(p->w, "source");
    jw_text(p->w, strcmp(kind, "fee") == 0 ? "fee" : "incentive");
    jw_key(p->w, "kind");
    jw_text(p->w, kind);
    jw_key(p->w, "operator_set");
    found &&rows_i64(rows, 0, 1) != REWARD_NO_SET ? jw_i64(p->w, rows_i64(rows, 0, 1)) : jw_null(p->w);
    jw_key(p->w, "submission");
    jw_hash(p->w, *submission);
    return OK;
}

static enum err write_payout(struct projection *p, struct db *db, const struct reward_pool *pool,
                             const struct reward_part *part)
{
    jw_object(p->w);
    key_day(p->w, "day", pool->day);
    TRY(write_submission(p, db, &pool->submission));
    key_address(p->w, "distributor", pool->distributor);
    key_address(p->w, "token", pool->token);
    key_address(p->w, "avs", pool->avs);
    jw_key(p->w, "split_bips");
    jw_i64(p->w, part->split_bips);
    write_parts(p->w, part->tokens, part->commission);
    jw_object_end(p->w);
    return add(p, pool, part);
}

static enum err write_payouts(struct projection *p, struct db *db, const struct reward_computed *c)
{
    jw_key(p->w, "payouts");
    jw_array(p->w);
    for (size_t i = 0; i < c->n_pools; i++)
        for (size_t k = 0; k < c->pools[i].n_parts; k++) {
            const struct reward_part *part = &c->parts[c->pools[i].first_part + k];
            if (address_equal(part->operator, p->operator))
                TRY(write_payout(p, db, &c->pools[i], part));
        }
    jw_array_end(p->w);
    return OK;
}

/* A day that ended is closed by a block that is known; of the running one only the time is: no block before midnight ends it. */
static enum err write_run(struct projection *p, struct db *db, const struct reward_run *run, bool ended)
{
    struct reward_question q = {.terms = &p->ask.network.rewards,
                                .run = *run,
                                .first_day = p->ask.first_day,
                                .without_stakers = true};
    struct reward_computed computed = {.n_pools = 0};
    TRY(reward_compute(db, &q, &computed));
    jw_object(p->w);
    key_day(p->w, "day", run->day);
    key_day(p->w, "last_day", run->next_day - 1);
    jw_key(p->w, "state");
    jw_text(p->w, ended ? "ended" : "running");
    jw_key(p->w, "snapshot_block");
    jw_u64(p->w, run->last_block);
    jw_key(p->w, "ends_at");
    jw_time(p->w, (struct instant){run->next_day * DAY_SECONDS});
    jw_key(p->w, "closes_at_block");
    ended ? jw_u64(p->w, reward_ask_closing(&p->ask, run)) : jw_null(p->w);
    enum err e = write_payouts(p, db, &computed);
    jw_object_end(p->w);
    reward_computed_done(&computed);
    return e;
}

static enum err write_days(struct projection *p, struct db *db)
{
    struct reward_run *runs = NULL;
    size_t n = 0;
    jw_key(p->w, "days");
    jw_array(p->w);
    if (reward_ask_wanted(&p->ask)) {
        TRY(reward_ask_runs(db, p->position, 0, DISTANT_DAY, p->arena, &runs, &n));
        for (size_t i = 0; i < n; i++)
            if (reward_ask_closing(&p->ask, &runs[i]) > p->number)
                TRY(write_run(p, db, &runs[i], true));
        const struct reward_run running = {p->ask.day, p->ask.day + 1, p->number};
        TRY(write_run(p, db, &running, false));
    }
    jw_array_end(p->w);
    return OK;
}

static enum err projection_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct projection p = {.operator= request_address(r, "address"),
                           .number = r->as_of.number,
                           .position = r->as_of.position,
                           .arena = r->arena,
                           .w = &reply->json};
    TRY(reward_ask_open(db, p.position, &p.ask));
    jw_key(p.w, "operator");
    jw_address(p.w, p.operator);
    jw_key(p.w, "projection");
    jw_bool(p.w, true);
    jw_key(p.w, "booking_delay_blocks");
    reward_ask_wanted(&p.ask) ? jw_u64(p.w, p.ask.network.rewards.booking_delay) : jw_null(p.w);
    enum err e = write_days(&p, db);
    write_sums(&p);
    reward_ask_close(&p.ask);
    return e;
}

#define PARTS                                                                                             \
    {.name = "gross", .type = T_AMOUNT, .about = "The operator's part of the pool."},                     \
        {.name = "commission", .type = T_AMOUNT, .about = "Of that, what it would keep."},                \
    {                                                                                                     \
        .name = "delegators", .type = T_AMOUNT,                                                           \
        .about = "Of that, for its delegators, itself included; what floors leave goes to the remainder." \
    }

static const struct member payout_members[] =
    {{.name = "day", .type = T_TEXT, .about = "The day (UTC) that it is for: earlier ones are caught up."},
     {.name = "source", .type = T_TEXT, .about = "fee or incentive."},
     {.name = "kind", .type = T_TEXT, .about = "Kind of the submission."},
     {.name = "operator_set", .type = T_I64, .nullable = true, .about = "For which operator set of the AVS."},
     {.name = "submission", .type = T_HASH, .about = "The submission."},
     {.name = "distributor", .type = T_ADDRESS, .about = "The contract that holds the money."},
     {.name = "token", .type = T_ADDRESS, .about = "In which token."},
     {.name = "avs", .type = T_ADDRESS, .nullable = true, .about = "For which AVS; null: for all."},
     {.name = "split_bips", .type = T_I64, .about = "What part the operator would keep."},
     PARTS,
     {0}};
static const struct member day_members[] =
    {{.name = "day", .type = T_TEXT, .about = "The day (UTC)."},
     {.name = "last_day",
      .type = T_TEXT,
      .about = "The last of the days without a block that follow it; else the same."},
     {.name = "state",
      .type = T_TEXT,
      .about = "running: as if it ended with this block; ended: its booking is awaited."},
     {.name = "snapshot_block", .type = T_U64, .about = "The block whose end it is computed from."},
     {.name = "ends_at", .type = T_TIME, .about = "Midnight: no block before it ends the day."},
     {.name = "closes_at_block",
      .type = T_U64,
      .nullable = true,
      .about = "The block that books it; of the running day the one booking_delay_blocks above the day's last block."},
     {.name = "payouts", .nest = NEST_LIST, .members = payout_members, .about = "What it would be paid."},
     {0}};
static const struct member sum_members[] = {{.name = "distributor",
                                             .type = T_ADDRESS,
                                             .about = "The contract that holds the money."},
                                            {.name = "token", .type = T_ADDRESS, .about = "In which token."},
                                            PARTS,
                                            {0}};

const struct route operator_projection_routes[] = {
    {.method = "GET",
     .path = "/v1/operators/{address}/projection",
     .about =
         "A projection, not a booking: what an operator would be paid for days that are not closed, if the running day "
         "ended with the state of this block. Stake, registrations, splits and slashes may still change it.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."}),
     .members =
         MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "The operator."},
                 {.name = "projection", .type = T_BOOL, .about = "true: nothing of this is booked."},
                 {.name = "booking_delay_blocks",
                  .type = T_U64,
                  .nullable = true,
                  .about = "So many blocks above a day's last one it is closed; null: nobody is paid on this network."},
                 {.name = "days",
                  .nest = NEST_LIST,
                  .members = day_members,
                  .about = "Days that ended and are not closed, then the one that runs."},
                 {.name = "sums",
                  .nest = NEST_LIST,
                  .members = sum_members,
                  .about = "Of all these days, by distributor and token."}),
     .run = projection_run},
    {0}};

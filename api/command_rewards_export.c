/* api/command_rewards_export.c - altledger rewards export: payouts, or the leaves of a distribution's tree, as CSV or NDJSON on stdout. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/command_rewards.h"
#include "api/payouts.h"
#include "api/render.h"
#include "api/rewards_distribution.h"
#include "ledger/core/log.h"

enum { TELL_EVERY_SECONDS = 2, DISTANT_DAY = 1 << 30 };

/* Which distribution; or, of all distributors, the days in whose closing was paid. */
struct wanted {
    bool is_distribution;
    struct address distributor;
    int64_t first_day, last_day;
    int64_t position; /* of the distribution */
};

struct export
{
    const struct command *command;
    struct db *db;
    struct wanted wanted;
    struct request form; /* what the lines look like */
    struct buffer lines;
    uint64_t written;
    time_t told;
};

/* ---- lines ---- */

static const struct member leaf_members[] = {{.name = "earner", .type = T_ADDRESS},
                                             {.name = "token", .type = T_ADDRESS},
                                             {.name = "cumulative", .type = T_AMOUNT},
                                             {0}};

static enum err flush(struct export *x, size_t least)
{
    if (x->lines.n < least)
        return OK;
    if (fwrite(x->lines.p, 1, x->lines.n, stdout) != x->lines.n || (least == 0 && fflush(stdout) != 0))
        return err_with(ERR_IO, "the lines cannot be written");
    buffer_reset(&x->lines);
    return OK;
}

static void tell(struct export *x)
{
    time_t now = time(NULL);
    if (now - x->told < TELL_EVERY_SECONDS)
        return;
    x->told = now;
    log_info("rewards", "%" PRIu64 " lines", x->written);
}

/* What db_stream_begin began, to its end. */
static enum err write_stream(struct export *x)
{
    for (;;) {
        AUTO_ROWS rows = NULL;
        TRY(db_stream_next(x->db, &rows));
        if (rows == NULL)
            return OK;
        if (atomic_load(x->command->stop))
            return ERR_STOPPED;
        render_lines(&x->form, rows, 0, rows_count(rows), &x->lines);
        x->written += rows_count(rows);
        tell(x);
        TRY(flush(x, SINK_PIECE));
    }
}

static enum err streamed(struct export *x, enum err begun)
{
    enum err e = begun == OK ? write_stream(x) : begun;
    if (begun == OK)
        db_stream_stop(x->db);
    return e;
}

/* ---- payouts ---- */

/* The payouts of a pool lie in the accounts of its operators' parts, and of refund and treasury, whose numbers rise in the order of booking. */
static enum err write_pool(struct export *x, const struct hash *submission, int64_t day)
{
    /* clang-format off */
    static const char sql[] =
        "SELECT" SQL_PAYOUT_COLUMNS " FROM ledger.reward_pool p"
        " JOIN ledger.reward_submission s ON s.submission = p.submission"
        " CROSS JOIN LATERAL (SELECT h.operator::bytea AS owner FROM ledger.reward_share h"
        "   WHERE h.submission = p.submission AND h.day = p.day UNION SELECT " SQL_ZERO_ADDRESS ") k"
        " CROSS JOIN generate_series(1, 4) AS role"
        " JOIN ledger.account n ON n.book = 64 AND n.asset = p.token AND n.owner = k.owner"
        "   AND n.second = p.submission || int4send(p.day::integer) || set_byte('\\x00', 0, role)"
        " JOIN ledger.entry e ON e.counter = n.id AND e.log_index = -2"
        " JOIN ledger.account o ON o.id = e.account AND o.book = 61"
        " WHERE p.submission = $1 AND p.day = $2 ORDER BY n.id, e.position";
    /* clang-format on */
    return streamed(x, db_stream_begin(x->db, sql, WITH(IN(submission), IN(&day))));
}

static enum err write_payouts(struct export *x)
{
    static const char sql[] = "SELECT p.submission, p.day FROM ledger.reward_pool p WHERE p.paid_day BETWEEN $1 AND $2"
                              " AND ($3::bytea IS NULL OR p.distributor = $3) AND p.payouts > 0 ORDER BY p.position";
    const struct wanted *w = &x->wanted;
    AUTO_ROWS pools = NULL;
    const struct param whose = {T_ADDRESS, w->is_distribution ? &w->distributor : NULL};
    const struct param in[] = {IN(&w->first_day), IN(&w->last_day), whose};
    TRY(db_query(x->db, sql, in, sizeof in / sizeof *in, &pools));
    for (size_t i = 0; i < rows_count(pools); i++) {
        struct hash submission = rows_hash(pools, i, 0);
        TRY(write_pool(x, &submission, rows_i64(pools, i, 1)));
    }
    return OK;
}

/* ---- leaves ---- */

static enum err write_leaves(struct export *x)
{
    static const char sql[] =
        "SELECT n.owner AS earner, n.asset AS token, e.balance AS cumulative FROM ledger.account n"
        " CROSS JOIN LATERAL (SELECT t.balance FROM ledger.entry t WHERE t.account = n.id AND t.position <= $2"
        "   ORDER BY t.position DESC LIMIT 1) e"
        " WHERE n.book = 61 AND n.second = $1 AND n.created <= $2 AND e.balance > 0 ORDER BY n.owner, n.asset";
    return streamed(x, db_stream_begin(x->db, sql, WITH(IN(&x->wanted.distributor), IN(&x->wanted.position))));
}

/* ---- what is wanted ---- */

static enum err find_distribution(struct db *db, const char *id, struct wanted *w)
{
    struct distribution d;
    TRY(distribution_find(db, "distribution", id, INT64_MAX, INT64_MAX, &d));
    *w = (struct wanted){.is_distribution = true,
                         .distributor = d.distributor,
                         .first_day = d.day,
                         .last_day = d.day,
                         .position = d.position};
    return OK;
}

/* `option` with its dashes, for who misuses it. */
static enum err read_day(const struct config *config, const char *option, int64_t *out)
{
    const char *text = config_text(config, option + strlen("--"));
    return text == NULL ? OK : reward_day_parse(option, text, strlen(text), out);
}

static enum err read_wanted(const struct config *config, struct db *db, struct wanted *w)
{
    const char *id = config_text(config, "distribution");
    *w = (struct wanted){.first_day = 0, .last_day = DISTANT_DAY};
    if (config_text(config, "from") != NULL || config_text(config, "to") != NULL) {
        if (id != NULL || config_flag(config, "cumulative"))
            return err_with(ERR_FIELD, "--from and --to go neither with --distribution nor with --cumulative");
        TRY(read_day(config, "--from", &w->first_day));
        TRY(read_day(config, "--to", &w->last_day));
        return w->first_day <= w->last_day ? OK : err_with(ERR_FIELD, "--to: lies before --from");
    }
    return find_distribution(db, id, w);
}

/* ---- the command ---- */

static enum err export_all(struct export *x)
{
    const struct config *config = x->command->config;
    bool leaves = config_flag(config, "cumulative");
    const struct route route = {.members = leaves ? leaf_members : payout_members};
    TRY(read_wanted(config, x->db, &x->wanted));
    x->form = (struct request){.route = &route,
                               .as = strcmp(config_text(config, "format"), "csv") == 0 ? AS_CSV : AS_NDJSON};
    render_head(&x->form, &x->lines);
    TRY(leaves ? write_leaves(x) : write_payouts(x));
    return flush(x, 0);
}

static enum err export_from(const struct session *s, struct export *x)
{
    TRY(session_read(s, "altledger rewards", &x->db));
    enum err e = db_script(x->db, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
    if (e == OK)
        e = db_begin(x->db, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (e == OK) {
        e = export_all(x);
        db_rollback(x->db); /* it has read only */
    }
    db_close(x->db);
    return e;
}

enum status rewards_export(const struct command *c)
{
    struct session s;
    struct export x = {.command = c, .told = time(NULL)};
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = export_from(&s, &x);
    if (e == OK)
        log_info("rewards", "exported: lines=%" PRIu64, x.written);
    /* One that was stopped has not done it: not 0. */
    enum status status = e == OK            ? STATUS_OK
                         : e == ERR_FIELD   ? command_misused(c, err_detail())
                         : e == ERR_STOPPED ? STATUS_FAILED
                                            : command_failed(c, e);
    buffer_done(&x.lines);
    session_close(&s);
    return status;
}

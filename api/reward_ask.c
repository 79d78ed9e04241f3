/* api/reward_ask.c - see reward_ask.h. */
#include "api/reward_ask.h"

#include <string.h>

static enum err read_network(struct db *db, struct reward_ask *a)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT c.network FROM mirror.cursor c WHERE c.network IS NOT NULL", WITH_NOTHING, &rows));
    if (rows_count(rows) == 0)
        return OK;
    const char *text = rows_text(rows, 0, 0);
    TRY(network_parse(text, strlen(text), &a->network));
    a->has_network = true;
    return OK;
}

/* The clock of ledger/reward_day.c: the day that runs is the one after the last that ended, or the first block's. */
static enum err read_days(struct db *db, int64_t position, struct reward_ask *a)
{
    static const char sql[] =
        "SELECT coalesce((SELECT t.day FROM ledger.reward_day t WHERE t.position <= $1 ORDER BY t.day LIMIT 1), f.day),"
        " coalesce((SELECT t.next_day FROM ledger.reward_day t WHERE t.position <= $1 ORDER BY t.day DESC LIMIT 1), f.day)"
        " FROM (SELECT floor(extract(epoch FROM b.time) / 86400)::bigint AS day FROM mirror.chain h"
        "   JOIN mirror.block b ON b.id = h.block ORDER BY h.number LIMIT 1) f";
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, WITH(IN(&position)), &rows));
    if (rows_count(rows) == 0)
        return OK;
    a->first_day = rows_i64(rows, 0, 0);
    a->day = rows_i64(rows, 0, 1);
    return OK;
}

enum err reward_ask_open(struct db *db, int64_t position, struct reward_ask *out)
{
    struct reward_ask a = {.has_network = false};
    enum err e = read_network(db, &a);
    if (e == OK && reward_ask_wanted(&a))
        e = read_days(db, position, &a);
    if (e == OK)
        e = db_script(db, "SET LOCAL search_path = ledger");
    if (e != OK)
        reward_ask_close(&a);
    else
        *out = a;
    return e;
}

void reward_ask_close(struct reward_ask *a)
{
    if (a->has_network)
        network_done(&a->network);
    a->has_network = false;
}

bool reward_ask_wanted(const struct reward_ask *a)
{
    return a->has_network && a->network.rewards.wanted;
}

uint64_t reward_ask_closing(const struct reward_ask *a, const struct reward_run *run)
{
    return run->last_block + a->network.rewards.booking_delay;
}

enum err reward_ask_runs(struct db *db, int64_t position, int64_t first_day, int64_t last_day, struct arena *arena,
                         struct reward_run **out, size_t *n)
{
    static const char sql[] = "SELECT t.day, t.next_day, t.last_block FROM ledger.reward_day t"
                              " WHERE t.position <= $1 AND t.next_day > $2 AND t.day <= $3 ORDER BY t.day";
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, WITH(IN(&position), IN(&first_day), IN(&last_day)), &rows));
    *n = rows_count(rows);
    *out = ARENA_ARRAY(arena, struct reward_run, *n);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct reward_run){rows_i64(rows, i, 0), rows_i64(rows, i, 1), rows_u64(rows, i, 2)};
    return OK;
}

/* ledger/reward_leaves.c - see reward_leaves.h. */
#include "ledger/reward_leaves.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/core/gzip.h"
#include "ledger/core/json.h"

enum { CHUNK = 65536, LINE_MAX = 4096, LINE_MEMBERS = 3, ROOM_LEAST = 1024 };

void reward_leaves_done(struct reward_leaves *l)
{
    memory_free(l->p);
    *l = (struct reward_leaves){.p = NULL};
}

static enum err append(struct reward_leaves *l, struct reward_leaf leaf)
{
    if (l->n == UINT32_MAX)
        return err_with(ERR_TOO_LARGE, "a tree has fewer than 2^32 leaves");
    if (l->n == l->room) {
        l->room = l->room < ROOM_LEAST ? ROOM_LEAST : 2 * l->room;
        l->p = memory_resize(l->p, l->room * sizeof *l->p);
    }
    l->p[l->n++] = leaf;
    return OK;
}

static enum err tell(const struct reward_leaves_watch *watch, size_t n)
{
    if (watch->stop != NULL && atomic_load(watch->stop))
        return err_with(ERR_STOPPED, "stopped after %zu leaves", n);
    if (watch->progress != NULL)
        watch->progress(watch->arg, n);
    return OK;
}

/* ---- from the books ---- */

/* Accounts are numbered without gaps in the order of first use, in which their entries lie, too: so many numbers are read at a time. */
static enum err last_account(struct db *db, int64_t *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT coalesce(max(a.id), -1) FROM ledger.account a", WITH_NOTHING, &rows));
    *out = rows_i64(rows, 0, 0);
    return OK;
}

static enum err read_chunk(struct db *db, struct address distributor, int64_t position, int64_t first,
                           struct reward_leaves *l)
{
    static const char sql[] =
        "SELECT a.owner, a.asset, e.balance FROM ledger.account a CROSS JOIN LATERAL (SELECT x.balance"
        " FROM ledger.entry x WHERE x.account = a.id AND x.position <= $2 ORDER BY x.position DESC LIMIT 1) e"
        " WHERE a.book = 61 AND a.second = $1 AND a.id >= $3 AND a.id < $4";
    const int64_t end = first + CHUNK;
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, WITH(IN(&distributor), IN(&position), IN(&first), IN(&end)), &rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct reward_leaf leaf = {rows_address(rows, i, 0), rows_address(rows, i, 1), rows_amount(rows, i, 2)};
        if (!amount_is_zero(leaf.cumulative))
            TRY(append(l, leaf));
    }
    return OK;
}

enum err reward_leaves_read(struct db *db, struct address distributor, uint64_t position,
                            const struct reward_leaves_watch *watch, struct reward_leaves *out)
{
    AUTO_REWARD_LEAVES l = {.p = NULL};
    int64_t last;
    TRY(last_account(db, &last));
    for (int64_t first = 0; first <= last; first += CHUNK) {
        TRY(read_chunk(db, distributor, (int64_t)position, first, &l));
        TRY(tell(watch, l.n));
    }
    *out = l;
    l = (struct reward_leaves){.p = NULL};
    return OK;
}

/* ---- from a file ---- */

static const char *text_of(const json_t *line, const char *name, size_t *n)
{
    const json_t *v = json_object_get(line, name);
    *n = v != NULL ? json_string_length(v) : 0;
    return json_is_string(v) ? json_string_value(v) : "";
}

static enum err parse_line(struct slice text, struct reward_leaf *out)
{
    AUTO_JSON line = NULL;
    size_t n;
    TRY(json_parse((const char *)text.p, text.n, 2, &line));
    if (!json_is_object(line) || json_object_size(line) != LINE_MEMBERS)
        return err_with(ERR_FIELD, "must be an object of earner, token and cumulative");
    const char *earner = text_of(line, "earner", &n);
    if (address_parse(earner, n, &out->earner) != OK)
        return err_with(ERR_FIELD, "earner: must be an address");
    const char *token = text_of(line, "token", &n);
    if (address_parse(token, n, &out->token) != OK)
        return err_with(ERR_FIELD, "token: must be an address");
    const char *cumulative = text_of(line, "cumulative", &n);
    if (amount_parse(cumulative, n, &out->cumulative) != OK || amount_is_zero(out->cumulative))
        return err_with(ERR_FIELD, "cumulative: must be decimal digits in a string, from 1 to 2^256 - 1");
    return OK;
}

enum err reward_leaves_load(const char *path, const struct reward_leaves_watch *watch, struct reward_leaves *out)
{
    AUTO_REWARD_LEAVES l = {.p = NULL};
    AUTO_LINES reader = NULL;
    struct slice line;
    uint64_t number;
    enum err e;
    TRY(line_open(path, &reader));
    line_limit(reader, LINE_MAX);
    while ((e = line_next(reader, &line, &number)) == OK) {
        struct reward_leaf leaf;
        e = parse_line(line, &leaf);
        if (e != OK)
            return err_with(e, "%s: line %" PRIu64 ": %s", path, number, err_detail());
        TRY(append(&l, leaf));
        if (l.n % CHUNK == 0)
            TRY(tell(watch, l.n));
    }
    if (e != ERR_END)
        return e;
    *out = l;
    l = (struct reward_leaves){.p = NULL};
    return OK;
}

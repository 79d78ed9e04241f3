/* governance/log_verify_rows.c - rows that entries make beside those that are stored; see log_verify_impl.h. */
#include <inttypes.h>
#include <string.h>

#include "governance/log_verify_impl.h"

static const char *const names[LOG_TABLES] = {
    [LOG_MESSAGE] = "message",       [LOG_KEY] = "key",
    [LOG_SPACE] = "space",           [LOG_PROPOSAL] = "proposal",
    [LOG_ALIAS] = "alias",           [LOG_CANCELLATION] = "cancellation",
    [LOG_BALLOT] = "ballot",         [LOG_POWER] = "power",
    [LOG_TALLY] = "tally",           [LOG_SUBTREE] = "subtree",
    [LOG_CHECKPOINT] = "checkpoint",
};

void log_verify_side_put(struct log_verify_side *s, enum log_table table, uint64_t position, const void *row)
{
    const struct log_verify_place place = {position, s->rows.tuples[table].n};
    buffer_bytes(&s->places[table], &place, sizeof place);
    log_rows_put(&s->rows, table, row);
}

void log_verify_side_reset(struct log_verify_side *s)
{
    log_rows_reset(&s->rows);
    for (int t = 0; t < LOG_TABLES; t++)
        buffer_reset(&s->places[t]);
}

void log_verify_side_done(struct log_verify_side *s)
{
    log_rows_done(&s->rows);
    for (int t = 0; t < LOG_TABLES; t++)
        buffer_done(&s->places[t]);
}

/* ---- what is stored ---- */

static enum err query(struct db *db, enum log_table table, int64_t after, int64_t upto, struct rows **rows)
{
    switch (table) {
    case LOG_KEY:
        return db_query(
            db, "SELECT k.* FROM governance.key k WHERE k.position > $1 AND k.position <= $2 ORDER BY k.position",
            WITH(IN(&after), IN(&upto)), rows);
    case LOG_SPACE:
        return db_query(
            db, "SELECT s.* FROM governance.space s WHERE s.position > $1 AND s.position <= $2 ORDER BY s.position",
            WITH(IN(&after), IN(&upto)), rows);
    case LOG_PROPOSAL:
        return db_query(
            db, "SELECT p.* FROM governance.proposal p WHERE p.position > $1 AND p.position <= $2 ORDER BY p.position",
            WITH(IN(&after), IN(&upto)), rows);
    case LOG_CANCELLATION:
        return db_query(
            db,
            "SELECT c.* FROM governance.cancellation c WHERE c.position > $1 AND c.position <= $2 ORDER BY c.position",
            WITH(IN(&after), IN(&upto)), rows);
    case LOG_ALIAS:
        return db_query(
            db, "SELECT a.* FROM governance.alias a WHERE a.position > $1 AND a.position <= $2 ORDER BY a.position",
            WITH(IN(&after), IN(&upto)), rows);
    case LOG_BALLOT:
        return db_query(db,
                        "SELECT b.previous, b.position, b.proposal, b.voter, b.choice, b.reason, b.app, b.metadata,"
                        " b.stamp, b.received, b.counts FROM governance.ballot b"
                        " WHERE b.position > $1 AND b.position <= $2 ORDER BY b.position",
                        WITH(IN(&after), IN(&upto)), rows);
    case LOG_MESSAGE:
    case LOG_POWER:
    case LOG_TALLY:
    case LOG_SUBTREE:
    case LOG_CHECKPOINT:
    case LOG_TABLES:
        break;
    }
    return err_with(ERR_INTERNAL, "rows of that table have no position");
}

static void read_row(struct log_verify *v, enum log_table table, const struct rows *rows, size_t i)
{
    struct replay_rows row = {.table = table};
    rows_read(rows, i, log_records[table], &v->arena, &row.row);
    uint64_t position = 0;
    switch (table) {
    case LOG_KEY:
        position = row.row.key.position;
        break;
    case LOG_SPACE:
        position = row.row.space.position;
        break;
    case LOG_PROPOSAL:
        position = row.row.proposal.position;
        break;
    case LOG_CANCELLATION:
        position = row.row.cancellation.position;
        break;
    case LOG_ALIAS:
        position = row.row.alias.position;
        break;
    case LOG_BALLOT:
        position = row.row.ballot.position;
        row.row.ballot.has_previous = !rows_null(rows, i, 0);
        if (row.row.ballot.has_previous)
            row.row.ballot.previous = rows_u64(rows, i, 0);
        break;
    case LOG_MESSAGE:
    case LOG_POWER:
    case LOG_TALLY:
    case LOG_SUBTREE:
    case LOG_CHECKPOINT:
    case LOG_TABLES:
        break;
    }
    log_verify_side_put(&v->stored, table, position, &row.row);
}

/* ---- the two beside each other ---- */

struct walk {
    const struct log_verify_place *places;
    const struct buffer *tuples;
    size_t n, i;
};

static struct walk walk_of(const struct log_verify_side *s, enum log_table table)
{
    return (struct walk){.places = (const struct log_verify_place *)(const void *)s->places[table].p,
                         .tuples = &s->rows.tuples[table],
                         .n = s->places[table].n / sizeof(struct log_verify_place)};
}

static struct slice tuple(const struct walk *w)
{
    size_t end = w->i + 1 < w->n ? w->places[w->i + 1].begins : w->tuples->n;
    return (struct slice){w->tuples->p + w->places[w->i].begins, end - w->places[w->i].begins};
}

static void compare(struct log_verify *v, enum log_table table)
{
    struct walk ours = walk_of(&v->stored, table), theirs = walk_of(&v->expected, table);
    while (ours.i < ours.n || theirs.i < theirs.n) {
        bool missing = ours.i == ours.n ||
                       (theirs.i < theirs.n && theirs.places[theirs.i].position < ours.places[ours.i].position);
        if (missing) {
            log_verify_differ(v, "governance.%s: the row of position %" PRIu64 " is missing", names[table],
                              theirs.places[theirs.i++].position);
        } else if (theirs.i == theirs.n || ours.places[ours.i].position < theirs.places[theirs.i].position) {
            log_verify_differ(v, "governance.%s: no entry makes a row of position %" PRIu64, names[table],
                              ours.places[ours.i++].position);
        } else {
            if (!slice_equal(tuple(&ours), tuple(&theirs)))
                log_verify_differ(v, "governance.%s: the row of position %" PRIu64 " is not what the log says",
                                  names[table], ours.places[ours.i].position);
            ours.i++;
            theirs.i++;
        }
    }
}

enum err log_verify_rows(struct log_verify *v, int64_t after, int64_t upto)
{
    static const enum log_table tables[] = {LOG_KEY, LOG_SPACE, LOG_PROPOSAL, LOG_CANCELLATION, LOG_ALIAS, LOG_BALLOT};
    compare(v, LOG_MESSAGE);
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        AUTO_ROWS rows = NULL;
        TRY(query(v->db, tables[t], after, upto, &rows));
        for (size_t i = 0; i < rows_count(rows); i++)
            read_row(v, tables[t], rows, i);
        compare(v, tables[t]);
    }
    return OK;
}

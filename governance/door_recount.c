/* governance/door_recount.c - counts again what a reorg, another generation, or putting off left uncounted; see door_batch.h. */
#include "governance/door_batch.h"

enum { PROPOSALS_AT_ONCE = 8, POWERS_AT_ONCE = 1000 };

/* clang-format off */
/* Proposals f with ballots that no tally of this generation and basis k counts. All versions have one snapshot. */
#define UNCOUNTED(generation)                                                                                         \
    " FROM governance.proposal f CROSS JOIN LATERAL (SELECT api_v1.basis_of(f.snapshot) AS basis OFFSET 0) k"         \
    " CROSS JOIN LATERAL (SELECT b.position FROM governance.ballot b WHERE b.proposal = f.id"                         \
    "   ORDER BY b.position DESC LIMIT 1) l"                                                                          \
    " WHERE f.version = 1 AND k.basis IS NOT NULL AND NOT EXISTS (SELECT FROM governance.tally t"                     \
    "   WHERE t.proposal = f.id AND t.generation = " generation " AND t.block = k.basis AND t.size > l.position)"
/* clang-format on */

enum err recount_is_due(struct db *db, const struct hash *network, bool *due)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT c.network_hash IS DISTINCT FROM $1 OR EXISTS (SELECT" UNCOUNTED(
                     "c.generation") ") FROM mirror.cursor c",
                 WITH({T_HASH, network}), &rows));
    *due = rows_count(rows) > 0 && rows_bool(rows, 0, 0);
    return OK;
}

static enum err uncounted(struct db *db, int32_t generation, struct arena *arena, struct proposal_row *out,
                          struct hash *bases, size_t *n)
{
    const int64_t limit = PROPOSALS_AT_ONCE;
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT p.*, o.basis FROM (SELECT f.id, k.basis" UNCOUNTED(
                     "$1") " ORDER BY f.position DESC LIMIT $2) o"
                           " CROSS JOIN LATERAL (SELECT v.* FROM governance.proposal v WHERE v.id = o.id"
                           "   ORDER BY v.version DESC LIMIT 1) p",
                 WITH(IN(&generation), IN(&limit)), &rows));
    *n = rows_count(rows);
    for (size_t i = 0; i < *n; i++) {
        rows_read(rows, i, log_records[LOG_PROPOSAL], arena, &out[i]);
        bases[i] = rows_hash(rows, i, log_records[LOG_PROPOSAL]->n);
    }
    return OK;
}

/* Read the power of voters who have none stored for the basis. *more: there are others, or the books do not tell some of them. */
static enum err read_powers(struct db *db, const struct proposal_row *p, struct hash basis, int32_t generation,
                            struct log_rows *out, bool *more)
{
    const int64_t limit = POWERS_AT_ONCE;
    AUTO_ARENA arena = {0};
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT DISTINCT b.voter FROM governance.ballot b WHERE b.proposal = $1 AND NOT EXISTS (SELECT"
                 "   FROM governance.power w WHERE w.proposal = b.proposal AND w.voter = b.voter AND w.generation = $2"
                 "   AND w.block = $3) LIMIT $4",
                 WITH(IN(&p->id), IN(&generation), IN(&basis), IN(&limit)), &rows));
    size_t n = rows_count(rows);
    struct address *voters = ARENA_ARRAY(&arena, struct address, n);
    struct amount *power = ARENA_ARRAY(&arena, struct amount, n);
    bool *known = ARENA_ARRAY(&arena, bool, n);
    for (size_t i = 0; i < n; i++)
        voters[i] = rows_address(rows, i, 0);
    if (n > 0)
        TRY(facts_power(db, p->space, p->policy, p->snapshot, voters, n, power, known));
    *more = n == POWERS_AT_ONCE;
    for (size_t i = 0; i < n; i++) {
        const struct power_row row = {.proposal = p->id,
                                      .voter = voters[i],
                                      .generation = generation,
                                      .block = basis,
                                      .power = power[i]};
        *more = *more || !known[i];
        if (known[i])
            log_rows_put(out, LOG_POWER, &row);
    }
    return OK;
}

/* *went_on: something was counted or read; if not, only a new block can help. */
static enum err recount_one(struct batch *b, const struct proposal_row *p, struct hash basis, bool *left, bool *went_on)
{
    struct counted *counted;
    struct tally_row row;
    const struct count_key key = {.proposal = p->id,
                                  .type = (enum voting)p->type,
                                  .n_choices = (size_t)p->n_choices,
                                  .generation = b->facts->generation,
                                  .basis = basis};
    bool more;
    TRY(read_powers(b->db, p, basis, key.generation, &b->rows, &more));
    bool read = b->rows.n[LOG_POWER] > 0;
    *went_on = *went_on || read || !more;
    TRY(log_rows_copy(&b->rows, b->db));
    log_rows_reset(&b->rows);
    if (more) {
        *left = *left || read;
        return OK;
    }
    enum err e = counts_get(b->door->counts, b->db, &key, b->frontier.size, &counted);
    if (e == ERR_END) {
        *left = true;
        return OK;
    }
    TRY(e);
    TRY(counted_row(counted, b->now, b->arena, &row));
    log_rows_put(&b->rows, LOG_TALLY, &row);
    TRY(log_rows_copy(&b->rows, b->db));
    log_rows_reset(&b->rows);
    return OK;
}

enum err recount_batch(struct batch *b, bool *left)
{
    struct proposal_row rows[PROPOSALS_AT_ONCE];
    struct hash bases[PROPOSALS_AT_ONCE];
    size_t n;
    bool went_on = false;
    *left = false;
    TRY(uncounted(b->db, b->facts->generation, b->arena, rows, bases, &n));
    for (size_t i = 0; i < n; i++)
        TRY(recount_one(b, &rows[i], bases[i], left, &went_on));
    *left = *left || (n == PROPOSALS_AT_ONCE && went_on); /* there may be others */
    return OK;
}

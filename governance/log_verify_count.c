/* governance/log_verify_count.c - power beside what the books say, tallies beside a recount of the ballots; see log_verify_impl.h. */
#include <inttypes.h>
#include <string.h>

#include "governance/door_count.h"
#include "governance/log_verify_impl.h"

enum { AT_ONCE = 1000 };

struct subject {
    struct hash id, basis;
    char name[HASH_TEXT + 1];
    const char *space;
    struct count_key key;
    int32_t policy;
    uint64_t snapshot;
};

/* ---- power ---- */

static enum err compare_powers(struct log_verify *v, const struct subject *p, const struct rows *rows)
{
    AUTO_ARENA arena = {0};
    size_t n = rows_count(rows);
    struct address *owners = ARENA_ARRAY(&arena, struct address, n);
    struct amount *power = ARENA_ARRAY(&arena, struct amount, n);
    bool *known = ARENA_ARRAY(&arena, bool, n);
    char voter[ADDRESS_TEXT + 1];
    for (size_t i = 0; i < n; i++)
        owners[i] = rows_address(rows, i, 0);
    TRY(facts_power(v->db, p->space, p->policy, p->snapshot, owners, n, power, known));
    for (size_t i = 0; i < n; i++) {
        v->report->powers++;
        address_format(owners[i], voter);
        if (known[i] && amount_compare(power[i], rows_amount(rows, i, 1)) != 0)
            log_verify_differ(v, "governance.power: %s on %s is not what the books say", voter, p->name);
    }
    return OK;
}

static enum err check_powers(struct log_verify *v, const struct subject *p)
{
    struct slice after = {(const uint8_t *)"", 0};
    struct address last;
    for (;;) {
        const int64_t limit = AT_ONCE;
        AUTO_ROWS rows = NULL;
        TRY(db_query(v->db,
                     "SELECT w.voter, w.power FROM governance.power w WHERE w.proposal = $1 AND w.generation = $2"
                     " AND w.block = $3 AND w.voter > $4 ORDER BY w.voter LIMIT $5",
                     WITH(IN(&p->id), IN(&p->key.generation), IN(&p->basis), IN(&after), IN(&limit)), &rows));
        size_t n = rows_count(rows);
        if (n == 0)
            return OK;
        TRY(compare_powers(v, p, rows));
        last = rows_address(rows, n - 1, 0);
        after = (struct slice){last.b, sizeof last.b};
    }
}

/* ---- tallies ---- */

/* Ballots of a proposal in order, some at a time. */
struct ballots {
    struct rows *rows;
    size_t i;
    int64_t after;
    bool end;
};

static enum err next_ballot(struct log_verify *v, const struct subject *p, struct ballots *b)
{
    const int64_t limit = AT_ONCE;
    if (b->rows != NULL && b->i < rows_count(b->rows))
        return OK;
    rows_done(&b->rows);
    TRY(db_query(
        v->db,
        "SELECT b.position, b.choice, b.counts,"
        " (SELECT r.choice FROM governance.ballot r WHERE r.position = b.previous LIMIT 1),"
        " (SELECT w.power FROM governance.power w WHERE w.proposal = b.proposal AND w.voter = b.voter"
        "   AND w.generation = $3 AND w.block = $4 LIMIT 1)"
        " FROM (SELECT x.position, x.proposal, x.voter, x.choice, x.counts, x.previous FROM governance.ballot x"
        "   WHERE x.proposal = $1 AND x.position > $2 ORDER BY x.position LIMIT $5) b ORDER BY b.position",
        WITH(IN(&p->id), IN(&b->after), IN(&p->key.generation), IN(&p->basis), IN(&limit)), &b->rows));
    b->i = 0;
    b->end = rows_count(b->rows) == 0;
    if (!b->end)
        b->after = rows_i64(b->rows, rows_count(b->rows) - 1, 0);
    return OK;
}

/* Count the ballots below `size`. *whole false: the power of one is not stored. */
static enum err count_below(struct log_verify *v, const struct subject *p, struct ballots *b, uint64_t size,
                            struct counted *c, bool *whole)
{
    enum { POSITION, CHOICE, COUNTS, REPLACED, POWER };
    *whole = true;
    for (;; b->i++) {
        TRY(next_ballot(v, p, b));
        if (b->end || rows_u64(b->rows, b->i, POSITION) >= size)
            break;
        *whole = !rows_null(b->rows, b->i, POWER);
        if (!*whole)
            return OK;
        const char *replaced = rows_null(b->rows, b->i, REPLACED) ? NULL : rows_text(b->rows, b->i, REPLACED);
        enum err e = counted_add(c, rows_text(b->rows, b->i, CHOICE), replaced, rows_bool(b->rows, b->i, COUNTS),
                                 rows_amount(b->rows, b->i, POWER));
        *whole = e == OK; /* a choice that is none is a difference of the ballot's row */
        if (e != OK)
            return OK;
    }
    c->size = size;
    return OK;
}

static enum err compare_tally(struct log_verify *v, const struct subject *p, const struct counted *c,
                              const struct tally_row *stored)
{
    struct tally_row row;
    v->report->tallies++;
    TRY(counted_row(c, stored->received, &v->arena, &row));
    log_verify_side_reset(&v->expected);
    log_verify_side_reset(&v->stored);
    log_verify_side_put(&v->expected, LOG_TALLY, row.size, &row);
    log_verify_side_put(&v->stored, LOG_TALLY, stored->size, stored);
    const struct buffer *ours = &v->stored.rows.tuples[LOG_TALLY], *theirs = &v->expected.rows.tuples[LOG_TALLY];
    if (ours->n != theirs->n || memcmp(ours->p, theirs->p, ours->n) != 0)
        log_verify_differ(v, "governance.tally: %s: that of size %" PRIu64 " is not what its ballots say", p->name,
                          stored->size);
    return OK;
}

static enum err compare_tallies(struct log_verify *v, const struct subject *p, struct ballots *b, struct counted *c)
{
    uint64_t after = 0;
    bool whole = true;
    for (;;) {
        const int64_t limit = AT_ONCE;
        AUTO_ROWS rows = NULL;
        TRY(db_query(v->db,
                     "SELECT t.* FROM governance.tally t WHERE t.proposal = $1 AND t.generation = $2 AND t.block = $3"
                     " AND t.size > $4 ORDER BY t.size LIMIT $5",
                     WITH(IN(&p->id), IN(&p->key.generation), IN(&p->basis), IN(&after), IN(&limit)), &rows));
        for (size_t i = 0; i < rows_count(rows); i++) {
            struct tally_row stored;
            rows_read(rows, i, log_records[LOG_TALLY], &v->arena, &stored);
            after = stored.size;
            TRY(count_below(v, p, b, stored.size, c, &whole));
            if (!whole) {
                log_verify_differ(v,
                                  "governance.tally: %s: that of size %" PRIu64
                                  " counts ballots whose power is not stored",
                                  p->name, stored.size);
                return OK;
            }
            TRY(compare_tally(v, p, c, &stored));
            arena_reset(&v->arena);
        }
        if (rows_count(rows) == 0)
            break;
    }
    TRY(next_ballot(v, p, b));
    v->report->uncounted += !b->end;
    return OK;
}

static enum err check_tallies(struct log_verify *v, const struct subject *p)
{
    struct ballots ballots = {.after = -1};
    struct counted counted = {.key = p->key};
    counted.count = count_open(p->key.type, p->key.n_choices);
    enum err e = compare_tallies(v, p, &ballots, &counted);
    rows_done(&ballots.rows);
    count_close(counted.count);
    return e;
}

enum err log_verify_counts(struct log_verify *v)
{
    enum { ID, TYPE, CHOICES, POLICY, SNAPSHOT, SPACE, BASIS };
    AUTO_ROWS rows = NULL;
    TRY(db_query(v->db,
                 "SELECT DISTINCT ON (p.id) p.id, p.type, p.n_choices, p.policy, p.snapshot, p.space,"
                 " api_v1.basis_of(p.snapshot) FROM governance.proposal p ORDER BY p.id, p.version DESC",
                 WITH_NOTHING, &rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (rows_null(rows, i, BASIS))
            continue;
        struct subject p = {.id = rows_hash(rows, i, ID),
                            .basis = rows_hash(rows, i, BASIS),
                            .space = rows_text(rows, i, SPACE),
                            .policy = (int32_t)rows_i64(rows, i, POLICY),
                            .snapshot = rows_u64(rows, i, SNAPSHOT)};
        p.key = (struct count_key){.proposal = p.id,
                                   .type = (enum voting)rows_i64(rows, i, TYPE),
                                   .n_choices = (size_t)rows_u64(rows, i, CHOICES),
                                   .generation = v->facts.generation,
                                   .basis = p.basis};
        hash_format(p.id, p.name);
        TRY(check_powers(v, &p));
        TRY(check_tallies(v, &p));
        if (atomic_load(v->stop))
            return err_with(ERR_STOPPED, "stopped");
    }
    return OK;
}

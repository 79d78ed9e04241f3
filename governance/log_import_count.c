/* governance/log_import_count.c - power and tallies of what is imported, as the door would have counted it; see import_impl.h. */
#include "governance/import_impl.h"

#include <string.h>

/* ---- proposals ---- */

static enum err basis_of(struct db *db, uint64_t snapshot, bool *known, struct hash *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT api_v1.basis_of($1)", WITH(IN(&snapshot)), &rows));
    *known = !rows_null(rows, 0, 0);
    if (*known)
        *out = rows_hash(rows, 0, 0);
    return OK;
}

/* Each transaction looks at the basis anew: a reorg may have changed it. */
static enum err open_proposal(struct import *m, struct hash id)
{
    const struct replay_proposal *p = replay_proposal(&m->replay, id);
    bool known, added;
    struct hash basis;
    TRY(basis_of(m->db, p->row.snapshot, &known, &basis));
    struct import_proposal *i = map_put(&m->proposals, &id, &added);
    if (added && known) {
        i->counted.key = (struct count_key){.proposal = id,
                                            .type = (enum voting)p->row.type,
                                            .n_choices = (size_t)p->row.n_choices,
                                            .generation = m->facts.generation,
                                            .basis = basis};
        i->counted.count = count_open(i->counted.key.type, i->counted.key.n_choices);
    }
    if (!known || !hash_equal(basis, i->counted.key.basis))
        i->given_up = true;
    return OK;
}

/* ---- power ---- */

struct asked {
    struct address *voters;
    size_t n;
};

static void put_power(struct import *m, const struct import_proposal *i, struct address voter, struct amount power)
{
    const struct power_row row = {.proposal = i->counted.key.proposal,
                                  .voter = voter,
                                  .generation = i->counted.key.generation,
                                  .block = i->counted.key.basis,
                                  .power = power};
    log_rows_put(&m->chunk.rows, LOG_POWER, &row);
}

/* Voters of the proposal in this chunk whose power is not known, or not stored. */
static struct asked ask(struct import *m, struct hash proposal)
{
    struct asked a = {.n = 0};
    size_t n = 0;
    for (const struct import_ballot *b = m->chunk.first_ballot; b != NULL; b = b->next)
        n += hash_equal(b->row.proposal, proposal);
    a.voters = ARENA_ARRAY(&m->chunk.arena, struct address, n);
    struct map seen;
    map_init(&seen, sizeof(struct address), sizeof(bool));
    for (const struct import_ballot *b = m->chunk.first_ballot; b != NULL; b = b->next) {
        struct voter_key key = {b->row.proposal, b->row.voter};
        bool added = false;
        if (!hash_equal(b->row.proposal, proposal))
            continue;
        const struct import_voter *v = map_put(&m->voters, &key, NULL);
        if (!v->stored)
            map_put(&seen, &b->row.voter, &added);
        if (added)
            a.voters[a.n++] = b->row.voter;
    }
    map_done(&seen);
    return a;
}

static enum err read_stored(struct import *m, const struct import_proposal *i)
{
    const struct count_key *k = &i->counted.key;
    AUTO_ROWS rows = NULL;
    TRY(db_query(m->db,
                 "SELECT p.voter, p.power FROM governance.power p WHERE p.proposal = $1 AND p.generation = $2"
                 " AND p.block = $3",
                 WITH(IN(&k->proposal), IN(&k->generation), IN(&k->basis)), &rows));
    for (size_t r = 0; r < rows_count(rows); r++) {
        struct voter_key key = {k->proposal, rows_address(rows, r, 0)};
        *(struct import_voter *)map_put(&m->voters, &key, NULL) =
            (struct import_voter){.has_power = true, .stored = true, .power = rows_amount(rows, r, 1)};
    }
    return OK;
}

static enum err read_power(struct import *m, struct import_proposal *i, bool writes)
{
    const struct replay_proposal *p = replay_proposal(&m->replay, i->counted.key.proposal);
    struct asked a = ask(m, i->counted.key.proposal);
    struct amount *power = ARENA_ARRAY(&m->chunk.arena, struct amount, a.n);
    bool *known = ARENA_ARRAY(&m->chunk.arena, bool, a.n);
    if (a.n == 0)
        return OK;
    TRY(facts_power(m->db, p->row.space, p->row.policy, p->row.snapshot, a.voters, a.n, power, known));
    for (size_t k = 0; k < a.n; k++) {
        struct voter_key key = {i->counted.key.proposal, a.voters[k]};
        struct import_voter *v = map_get(&m->voters, &key);
        if (!known[k]) {
            i->given_up = true;
            continue;
        }
        v->has_power = true;
        v->power = power[k];
        v->stored = writes;
        if (writes)
            put_power(m, i, a.voters[k], power[k]);
    }
    return OK;
}

static enum err read_powers(struct import *m, bool writes)
{
    struct map opened;
    enum err e = OK;
    map_init(&opened, sizeof(struct hash), sizeof(bool));
    for (const struct import_ballot *b = m->chunk.first_ballot; e == OK && b != NULL; b = b->next) {
        bool added;
        map_put(&opened, &b->row.proposal, &added);
        if (!added)
            continue;
        bool first = map_get(&m->proposals, &b->row.proposal) == NULL;
        e = open_proposal(m, b->row.proposal);
        struct import_proposal *i = map_get(&m->proposals, &b->row.proposal);
        if (e == OK && first && !i->given_up && m->known > 0)
            e = read_stored(m, i);
        if (e == OK && !i->given_up)
            e = read_power(m, i, writes);
    }
    map_done(&opened);
    return e;
}

/* ---- tallies ---- */

static enum err count_ballot(struct import *m, const struct import_ballot *b, struct import_proposal **touched)
{
    struct voter_key key = {b->row.proposal, b->row.voter};
    struct import_proposal *i = map_get(&m->proposals, &b->row.proposal);
    struct import_voter *v = map_put(&m->voters, &key, NULL);
    const char *replaced = v->choice;
    if (!i->touched) {
        i->touched = true;
        i->next_touched = *touched;
        *touched = i;
    }
    if (b->row.counts)
        v->choice = b->row.choice;
    return i->given_up ? OK : counted_add(&i->counted, b->row.choice, replaced, b->row.counts, v->power);
}

static enum err put_tally(struct import *m, struct import_proposal *i, const struct checkpoint_row *k)
{
    struct tally_row row;
    i->counted.size = k->size;
    if (i->given_up || count_rankings(i->counted.count) > RANKINGS_AT_ONCE)
        return OK; /* as the door: the service counts it later */
    TRY(counted_row(&i->counted, k->received, &m->chunk.arena, &row));
    log_rows_put(&m->chunk.rows, LOG_TALLY, &row);
    return OK;
}

enum err import_count(struct import *m, bool writes)
{
    const struct import_ballot *b = m->chunk.first_ballot;
    TRY(read_powers(m, writes));
    for (const struct import_checkpoint *k = m->chunk.first_checkpoint; k != NULL; k = k->next) {
        struct import_proposal *touched = NULL;
        for (; b != NULL && b->size == k->row.size; b = b->next)
            TRY(count_ballot(m, b, &touched));
        for (; touched != NULL; touched = touched->next_touched) {
            touched->touched = false;
            if (writes)
                TRY(put_tally(m, touched, &k->row));
        }
    }
    return OK;
}

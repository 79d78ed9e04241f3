/* governance/door_count.c - see door_count.h. */
#include "governance/door_count.h"

#include <string.h>

enum {
    KEPT_MAX = 64,
    CATCH_UP_MAX = 50000 /* ballots counted while others wait for the append lock */
};

struct counts {
    struct counted all[KEPT_MAX];
    size_t n;
    uint64_t clock;
};

struct counts *counts_open(void)
{
    struct counts *c = memory_resize(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    return c;
}

void counts_forget(struct counts *c)
{
    for (size_t i = 0; i < c->n; i++)
        count_close(c->all[i].count);
    c->n = 0;
}

void counts_close(struct counts *c)
{
    if (c == NULL)
        return;
    counts_forget(c);
    memory_free(c);
}

static bool key_equal(const struct count_key *a, const struct count_key *b)
{
    return hash_equal(a->proposal, b->proposal) && a->generation == b->generation && hash_equal(a->basis, b->basis) &&
           a->type == b->type && a->n_choices == b->n_choices;
}

/* The place of a proposal: its own, a free one, or that of the one not asked for for the longest time. */
static struct counted *place_of(struct counts *c, const struct count_key *key)
{
    struct counted *oldest = &c->all[0];
    for (size_t i = 0; i < c->n; i++) {
        if (hash_equal(c->all[i].key.proposal, key->proposal))
            return &c->all[i];
        if (c->all[i].used < oldest->used)
            oldest = &c->all[i];
    }
    if (c->n < KEPT_MAX) {
        oldest = &c->all[c->n++];
        *oldest = (struct counted){.size = 0};
    }
    return oldest;
}

/* ---- from what is stored ---- */

static enum err start_from_tally(struct counted *c, struct db *db)
{
    enum { SIZE, BALLOTS, SUMS };
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT t.size, t.ballots, t.sums FROM governance.tally t WHERE t.proposal = $1 AND t.generation = $2"
                 " AND t.block = $3 AND t.sums IS NOT NULL ORDER BY t.size DESC LIMIT 1",
                 WITH(IN(&c->key.proposal), IN(&c->key.generation), IN(&c->key.basis)), &rows));
    if (rows_count(rows) == 0) {
        c->count = count_open(c->key.type, c->key.n_choices);
        return OK;
    }
    if (count_unpack(c->key.type, c->key.n_choices, rows_bytes(rows, 0, SUMS), &c->count) != OK)
        return err_with(ERR_INTERNAL, "a stored tally is damaged");
    c->size = rows_u64(rows, 0, SIZE);
    c->ballots = rows_u64(rows, 0, BALLOTS);
    return OK;
}

enum stored_column { POSITION, CHOICE, COUNTS, REPLACED, POWER };

static enum err count_stored(struct counted *c, const struct rows *rows, size_t *n)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (rows_null(rows, i, POWER))
            return err_with(ERR_NEED, "the power of a ballot has not been read");
        bool counts = rows_bool(rows, i, COUNTS);
        const char *replaced = counts && !rows_null(rows, i, REPLACED) ? rows_text(rows, i, REPLACED) : NULL;
        TRY(counted_add(c, rows_text(rows, i, CHOICE), replaced, counts, rows_amount(rows, i, POWER)));
        c->size = rows_u64(rows, i, POSITION) + 1;
    }
    *n += rows_count(rows);
    return OK;
}

/* Ballots at positions from c->size on, but no more than CATCH_UP_MAX of them. */
static enum err catch_up(struct counted *c, struct db *db, uint64_t size, bool *whole)
{
    const int64_t most = CATCH_UP_MAX;
    struct rows *rows = NULL;
    size_t n = 0;
    TRY(db_stream_begin(
        db,
        "SELECT b.position, b.choice, b.counts, p.choice, w.power FROM governance.ballot b"
        " LEFT JOIN governance.ballot p ON p.position = b.previous"
        " LEFT JOIN governance.power w ON w.proposal = b.proposal AND w.voter = b.voter AND w.generation = $4"
        "   AND w.block = $5"
        " WHERE b.proposal = $1 AND b.position >= $2 AND b.position < $3 ORDER BY b.position LIMIT $6",
        WITH(IN(&c->key.proposal), IN(&c->size), IN(&size), IN(&c->key.generation), IN(&c->key.basis), IN(&most))));
    enum err e;
    while ((e = db_stream_next(db, &rows)) == OK && rows != NULL) {
        e = count_stored(c, rows, &n);
        rows_done(&rows);
        if (e != OK)
            break;
    }
    db_stream_stop(db);
    *whole = n < CATCH_UP_MAX;
    if (e == OK && *whole)
        c->size = size;
    return e;
}

enum err counts_get(struct counts *c, struct db *db, const struct count_key *key, uint64_t size, struct counted **out)
{
    struct counted *place = place_of(c, key);
    bool whole = true;
    place->used = ++c->clock;
    enum err e = OK;
    if (place->count == NULL || !key_equal(&place->key, key) || place->size > size) {
        count_close(place->count);
        *place = (struct counted){.key = *key, .used = c->clock};
        e = start_from_tally(place, db);
    }
    if (e == OK && place->size < size)
        e = catch_up(place, db, size, &whole);
    if (e != OK) { /* counted in part: of no use */
        count_close(place->count);
        place->count = NULL;
        return e;
    }
    *out = place;
    return whole ? OK : ERR_END;
}

/* ---- one ballot ---- */

static enum err read_choice(const struct counted *c, const char *text, struct arena *arena, struct choice *out)
{
    enum { CHOICE_DEPTH = 4 };
    AUTO_JSON json = NULL;
    AUTO_BUFFER list = {0};
    buffer_printf(&list, "[%s]", text); /* a parser of whole texts takes no bare number */
    enum err e = json_parse((const char *)list.p, list.n, CHOICE_DEPTH, &json);
    if (e == OK)
        e = choice_parse(c->key.type, c->key.n_choices, json_array_get(json, 0), arena, out);
    return e == OK ? OK : err_with(ERR_INTERNAL, "a stored choice is damaged: %.100s", text);
}

enum err counted_add(struct counted *c, const char *choice, const char *replaced, bool counts, struct amount power)
{
    AUTO_ARENA arena = {0};
    struct choice parsed, before;
    if (counts)
        TRY(read_choice(c, choice, &arena, &parsed));
    if (counts && replaced != NULL)
        TRY(read_choice(c, replaced, &arena, &before));
    if (counts && replaced != NULL)
        count_remove(c->count, &before, power);
    if (counts)
        count_add(c->count, &parsed, power);
    c->ballots++;
    return OK;
}

static const char *scores_text(const struct amount *scores, size_t n, struct arena *arena)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    jw_start(&w, &out);
    jw_array(&w);
    for (size_t i = 0; i < n; i++)
        jw_amount(&w, scores[i]);
    jw_array_end(&w);
    return arena_text(arena, (const char *)out.p, out.n);
}

enum err counted_row(const struct counted *c, struct instant received, struct arena *arena, struct tally_row *out)
{
    struct amount *scores = ARENA_ARRAY(arena, struct amount, c->key.n_choices), power;
    AUTO_BUFFER sums = {0};
    TRY(count_scores(c->count, scores, &power));
    struct tally_row row = {.proposal = c->key.proposal,
                            .size = c->size,
                            .generation = c->key.generation,
                            .block = c->key.basis,
                            .ballots = c->ballots,
                            .voters = count_voters(c->count),
                            .scores = scores_text(scores, c->key.n_choices, arena),
                            .received = received};
    total_add(&row.power, power);
    if (count_packs(c->key.type)) {
        count_pack(c->count, &sums);
        row.sums = (struct slice){arena_copy(arena, sums.p, sums.n), sums.n};
    }
    *out = row;
    return OK;
}

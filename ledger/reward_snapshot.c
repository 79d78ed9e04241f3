/* ledger/reward_snapshot.c - see reward_snapshot.h: everything but shares (reward_stakes.c). */
#include "ledger/reward_snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/position.h"
#include "ledger/timeline.h"

static int compare_places(const struct reward_place *a, const struct reward_place *b)
{
    int c = memcmp(&a->avs, &b->avs, sizeof a->avs);
    if (c != 0)
        return c;
    if (a->operator_set != b->operator_set)
        return a->operator_set < b->operator_set ? -1 : 1;
    c = memcmp(&a->first, &b->first, sizeof a->first);
    return c != 0 ? c : memcmp(&a->second, &b->second, sizeof a->second);
}

/* The first of n facts of `size` bytes, each with its place in front, that is not before a place. */
static size_t first_from(const void *facts, size_t n, size_t size, const struct reward_place *place)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const void *fact = (const char *)facts + middle * size;
        if (compare_places(fact, place) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const void *find(const void *facts, size_t n, size_t size, const struct reward_place *place)
{
    size_t i = first_from(facts, n, size, place);
    const void *fact = (const char *)facts + i * size;
    return i < n && compare_places(fact, place) == 0 ? fact : NULL;
}

static const void *find_set(const void *facts, size_t n, size_t size, struct address avs, int64_t operator_set,
                            size_t *n_found)
{
    struct reward_place start = {.avs = avs, .operator_set = operator_set}, end = start;
    end.operator_set++;
    size_t i = first_from(facts, n, size, &start);
    *n_found = first_from(facts, n, size, &end) - i;
    return (const char *)facts + i * size;
}

const struct reward_registration *reward_registrations_of(const struct reward_snapshot *s, struct address avs,
                                                          int64_t operator_set, size_t *n)
{
    return find_set(s->registrations, s->n_registrations, sizeof *s->registrations, avs, operator_set, n);
}

const struct reward_set_strategy *reward_strategies_of(const struct reward_snapshot *s, struct address avs,
                                                       int64_t operator_set, size_t *n)
{
    return find_set(s->set_strategies, s->n_set_strategies, sizeof *s->set_strategies, avs, operator_set, n);
}

bool reward_set_has(const struct reward_snapshot *s, struct address avs, int64_t operator_set, struct address strategy)
{
    struct reward_place place = {.avs = avs, .operator_set = operator_set, .first = strategy};
    return find(s->set_strategies, s->n_set_strategies, sizeof *s->set_strategies, &place) != NULL;
}

bool reward_is_slashable(const struct reward_snapshot *s, struct address avs, int64_t operator_set,
                         struct address operator)
{
    struct reward_place place = {.avs = avs, .operator_set = operator_set, .first = operator};
    const struct reward_registration *r = find(s->registrations, s->n_registrations, sizeof *r, &place);
    return r != NULL && r->slashable;
}

struct amount reward_magnitude(const struct reward_snapshot *s, struct address avs, int64_t operator_set,
                               struct address operator, struct address strategy)
{
    struct reward_place place = {.avs = avs, .operator_set = operator_set, .first = operator, .second = strategy };
    const struct reward_allocation *a = find(s->allocations, s->n_allocations, sizeof *a, &place);
    return a == NULL ? amount_zero : a->magnitude;
}

static int64_t default_split(const struct reward_snapshot *s, const struct reward_terms *terms,
                             struct address distributor)
{
    for (size_t i = 0; i < s->n_defaults; i++) {
        uint64_t bips;
        if (address_equal(s->defaults[i].distributor, distributor))
            return amount_to_u64(s->defaults[i].bips, &bips) == OK && bips < BIPS_ALL ? (int64_t)bips : BIPS_ALL;
    }
    return terms->default_split_bips;
}

int64_t reward_split_at(const struct reward_snapshot *s, const struct reward_terms *terms, struct address distributor,
                        struct address avs, int64_t operator_set, struct address operator, int64_t midnight)
{
    struct reward_place place = {.avs = avs, .operator_set = operator_set, .first = distributor, .second = operator};
    const struct reward_split *split = find(s->splits, s->n_splits, sizeof *split, &place);
    int64_t bips;
    if (split != NULL && split->activated_at < midnight)
        bips = split->new_bips;
    else if (split != NULL && !split->first)
        bips = split->old_bips;
    else
        bips = default_split(s, terms, distributor);
    return bips < BIPS_ALL ? bips : BIPS_ALL;
}

/* ---- lists ---- */

/* Ascending, each once; lies in the arena. */
static struct address *settle_list(struct buffer *list, struct arena *arena, size_t *n_out)
{
    struct address *all = (struct address *)list->p;
    size_t n = list->n / sizeof *all, kept = 0;
    if (n > 1)
        qsort(all, n, sizeof *all, address_compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !address_equal(all[kept - 1], all[i]))
            all[kept++] = all[i];
    *n_out = kept;
    return arena_copy(arena, all, kept * sizeof *all);
}

static int64_t index_of(const struct address *list, size_t n, struct address address)
{
    const struct address *at = n == 0 ? NULL : bsearch(&address, list, n, sizeof *list, address_compare);
    return at == NULL ? REWARD_NONE : at - list;
}

int64_t reward_operator_index(const struct reward_snapshot *s, struct address operator)
{
    return index_of(s->operators, s->n_operators, operator);
}

int64_t reward_strategy_index(const struct reward_snapshot *s, struct address strategy)
{
    return index_of(s->strategies, s->n_strategies, strategy);
}

/* ---- what is asked for ---- */

/* Array texts of the AVSs and operator sets that count in the submissions. */
struct wanted {
    bool every_avs;
    struct buffer avss;                    /* of registrations and splits */
    struct buffer set_avss, set_ids;       /* whose strategies count */
    struct buffer unique_avss, unique_ids; /* whose allocations count */
    const char *avs_texts, *set_avs_texts, *set_id_texts, *unique_avs_texts, *unique_id_texts;
};

static void want_set(struct wanted *w, struct address avs, int64_t operator_set, bool allocations)
{
    array_text_value(&w->avss, T_ADDRESS, &avs);
    array_text_value(&w->set_avss, T_ADDRESS, &avs);
    array_text_value(&w->set_ids, T_I64, &operator_set);
    if (allocations) {
        array_text_value(&w->unique_avss, T_ADDRESS, &avs);
        array_text_value(&w->unique_ids, T_I64, &operator_set);
    }
}

static void want_due(struct wanted *w, const struct reward_due *due)
{
    switch (due->kind) {
    case REWARD_AVS:
    case REWARD_DIRECTED_AVS:
        array_text_value(&w->avss, T_ADDRESS, &due->avs);
        return;
    case REWARD_FOR_ALL:
        return;
    case REWARD_ALL_EARNERS:
        w->every_avs = true;
        return;
    case REWARD_DIRECTED_SET:
    case REWARD_TOTAL_STAKE:
    case REWARD_UNIQUE_STAKE:
        want_set(w, due->avs, due->operator_set, due->kind == REWARD_UNIQUE_STAKE);
        return;
    case REWARD_FEE:
        for (size_t i = 0; due->collector != NULL && i < due->collector->n_sets; i++)
            want_set(w, due->collector->sets[i].avs, due->collector->sets[i].id, true);
        return;
    }
}

static void wanted_done(struct wanted *w)
{
    buffer_done(&w->avss);
    buffer_done(&w->set_avss);
    buffer_done(&w->set_ids);
    buffer_done(&w->unique_avss);
    buffer_done(&w->unique_ids);
}

static void wanted_of(const struct reward_due *const *dues, size_t n, struct wanted *w)
{
    struct buffer *texts[] = {&w->avss, &w->set_avss, &w->set_ids, &w->unique_avss, &w->unique_ids};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        array_text_begin(texts[i]);
    array_text_value(&w->avss, T_ADDRESS, &address_zero); /* of splits of programmatic incentives */
    for (size_t i = 0; i < n; i++)
        want_due(w, dues[i]);
    w->avs_texts = array_text_end(&w->avss);
    w->set_avs_texts = array_text_end(&w->set_avss);
    w->set_id_texts = array_text_end(&w->set_ids);
    w->unique_avs_texts = array_text_end(&w->unique_avss);
    w->unique_id_texts = array_text_end(&w->unique_ids);
}

/* ---- facts ---- */

/* The first columns of each of these: AVS, operator set, first, second. */
static struct reward_place place_of(const struct rows *rows, size_t i, bool second)
{
    return (struct reward_place){rows_address(rows, i, 0), rows_i64(rows, i, 1), rows_address(rows, i, 2),
                                 second ? rows_address(rows, i, 3) : address_zero};
}

static enum err read_registrations(struct db *db, const struct wanted *w, uint64_t until, struct reward_snapshot *s)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT * FROM (SELECT DISTINCT ON (avs, operator) avs, -1::bigint AS operator_set, operator,"
                 "                      registered, false AS slashable FROM avs_registration"
                 "                WHERE position <= $3 AND ($2 OR avs = ANY ((SELECT $1::text::bytea[])::bytea[]))"
                 "                ORDER BY avs, operator, position DESC) d WHERE registered"
                 " UNION ALL "
                 "SELECT * FROM (SELECT DISTINCT ON (avs, operator_set, operator) avs, operator_set, operator,"
                 "                      registered, registered OR slashable_until >= $4 AS slashable"
                 "                 FROM operator_set_member"
                 "                WHERE position <= $3 AND ($2 OR avs = ANY ((SELECT $1::text::bytea[])::bytea[]))"
                 "                ORDER BY avs, operator_set, operator, position DESC) m WHERE slashable"
                 " ORDER BY avs, operator_set, operator",
                 WITH(IN(w->avs_texts), IN(&w->every_avs), IN(&until), IN(&s->block)), &rows));
    s->n_registrations = rows_count(rows);
    s->registrations = ARENA_ARRAY(&s->arena, struct reward_registration, s->n_registrations);
    for (size_t i = 0; i < s->n_registrations; i++)
        s->registrations[i] = (struct reward_registration){place_of(rows, i, false), rows_bool(rows, i, 3),
                                                           rows_bool(rows, i, 4)};
    return OK;
}

static enum err read_set_strategies(struct db *db, const struct wanted *w, uint64_t until, struct reward_snapshot *s)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        db,
        "SELECT * FROM (SELECT DISTINCT ON (t.avs, t.operator_set, t.strategy) t.avs, t.operator_set, t.strategy,"
        "                      t.included"
        "                 FROM (SELECT DISTINCT * FROM unnest($1::text::bytea[], $2::text::bigint[])) q(avs, id)"
        "                 JOIN operator_set_strategy t ON t.avs = q.avs AND t.operator_set = q.id"
        "                WHERE t.position <= $3"
        "                ORDER BY t.avs, t.operator_set, t.strategy, t.position DESC) l"
        " WHERE included ORDER BY avs, operator_set, strategy",
        WITH(IN(w->set_avs_texts), IN(w->set_id_texts), IN(&until)), &rows));
    s->n_set_strategies = rows_count(rows);
    s->set_strategies = ARENA_ARRAY(&s->arena, struct reward_set_strategy, s->n_set_strategies);
    for (size_t i = 0; i < s->n_set_strategies; i++)
        s->set_strategies[i].at = place_of(rows, i, false);
    return OK;
}

/* getAllocation: from effect_block on the pending change counts. */
static enum err read_allocations(struct db *db, const struct wanted *w, uint64_t until, struct reward_snapshot *s)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT avs, operator_set, operator, strategy, magnitude"
                 "  FROM (SELECT DISTINCT ON (t.avs, t.operator_set, t.operator, t.strategy)"
                 "               t.avs, t.operator_set, t.operator, t.strategy,"
                 "               greatest(CASE WHEN t.effect_block > $4 THEN t.current::numeric"
                 "                             ELSE t.current + t.pending END, 0) AS magnitude"
                 "          FROM (SELECT DISTINCT * FROM unnest($1::text::bytea[], $2::text::bigint[])) q(avs, id)"
                 "          JOIN allocation t ON t.avs = q.avs AND t.operator_set = q.id"
                 "         WHERE t.position <= $3"
                 "         ORDER BY t.avs, t.operator_set, t.operator, t.strategy, t.position DESC) l"
                 " WHERE magnitude > 0 ORDER BY avs, operator_set, operator, strategy",
                 WITH(IN(w->unique_avs_texts), IN(w->unique_id_texts), IN(&until), IN(&s->block)), &rows));
    s->n_allocations = rows_count(rows);
    s->allocations = ARENA_ARRAY(&s->arena, struct reward_allocation, s->n_allocations);
    for (size_t i = 0; i < s->n_allocations; i++)
        s->allocations[i] = (struct reward_allocation){place_of(rows, i, true), rows_amount(rows, i, 4)};
    return OK;
}

static enum err read_splits(struct db *db, const struct wanted *w, uint64_t until, struct reward_snapshot *s)
{
    AUTO_ROWS rows = NULL;
    AUTO_ROWS defaults = NULL;
    TRY(db_query(
        db,
        "SELECT DISTINCT ON (avs, operator_set, distributor, operator) avs, operator_set, distributor, operator,"
        "       activated_at, old_bips, new_bips, first"
        "  FROM reward_split WHERE position <= $2 AND avs = ANY ((SELECT $1::text::bytea[])::bytea[])"
        " ORDER BY avs, operator_set, distributor, operator, position DESC",
        WITH(IN(w->avs_texts), IN(&until)), &rows));
    s->n_splits = rows_count(rows);
    s->splits = ARENA_ARRAY(&s->arena, struct reward_split, s->n_splits);
    for (size_t i = 0; i < s->n_splits; i++)
        s->splits[i] = (struct reward_split){place_of(rows, i, true), rows_i64(rows, i, 4), rows_i64(rows, i, 5),
                                             rows_i64(rows, i, 6), rows_bool(rows, i, 7)};
    TRY(db_query(db,
                 "SELECT DISTINCT ON (distributor) distributor, number FROM reward_setting"
                 " WHERE setting = 2 AND position <= $1 ORDER BY distributor, position DESC",
                 WITH(IN(&until)), &defaults));
    s->n_defaults = rows_count(defaults);
    s->defaults = ARENA_ARRAY(&s->arena, struct reward_default_split, s->n_defaults);
    for (size_t i = 0; i < s->n_defaults; i++)
        s->defaults[i] = (struct reward_default_split){rows_address(defaults, i, 0), rows_amount(defaults, i, 1)};
    return OK;
}

static void list_operators(const struct reward_due *const *dues, size_t n, struct reward_snapshot *s)
{
    AUTO_BUFFER list = {0};
    for (size_t i = 0; i < s->n_registrations; i++)
        buffer_bytes(&list, &s->registrations[i].at.first, sizeof(struct address));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < dues[i]->n_directed; k++)
            buffer_bytes(&list, &dues[i]->directed[k].operator, sizeof(struct address));
    s->operators = settle_list(&list, &s->arena, &s->n_operators);
}

static void list_strategies(const struct reward_due *const *dues, size_t n, struct reward_snapshot *s)
{
    AUTO_BUFFER list = {0};
    for (size_t i = 0; i < s->n_set_strategies; i++)
        buffer_bytes(&list, &s->set_strategies[i].at.first, sizeof(struct address));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < dues[i]->n_counted; k++)
            buffer_bytes(&list, &dues[i]->counted[k].strategy, sizeof(struct address));
    s->strategies = settle_list(&list, &s->arena, &s->n_strategies);
}

static enum err read_facts(struct db *db, const struct wanted *w, uint64_t until, struct reward_snapshot *s)
{
    TRY(read_registrations(db, w, until, s));
    TRY(read_set_strategies(db, w, until, s));
    TRY(read_allocations(db, w, until, s));
    return read_splits(db, w, until, s);
}

enum err reward_snapshot_read(struct db *db, uint64_t block, const struct reward_due *const *dues, size_t n,
                              struct reward_snapshot *out)
{
    struct wanted w = {0};
    uint64_t until = position_end(block);
    *out = (struct reward_snapshot){.block = block};
    wanted_of(dues, n, &w);
    enum err e = read_facts(db, &w, until, out);
    wanted_done(&w);
    TRY(e);
    list_operators(dues, n, out);
    list_strategies(dues, n, out);
    return reward_shares_read(db, out);
}

void reward_snapshot_done(struct reward_snapshot *s)
{
    arena_done(&s->arena);
}

/* ledger/timeline.c - see timeline.h: the list of timelines, their statements, reading many keys at once. */
#include "ledger/timeline.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#define TIMELINE_ROW(code, definition) [code] = &(definition),
const struct timeline_def *const timeline_table[TIMELINE_COUNT] = {TIMELINES(TIMELINE_ROW)};
#undef TIMELINE_ROW

/* ---- statements --------------------------------------------------------------------------------------------------- */

static pthread_once_t sql_once = PTHREAD_ONCE_INIT;
static struct timeline_sql sql_table[TIMELINE_COUNT];

static const char *array_type(enum type type)
{
    switch (type) {
    case T_ADDRESS:
    case T_HASH:
    case T_BYTES:
        return "bytea[]";
    case T_I16:
        return "smallint[]";
    case T_I32:
        return "integer[]";
    case T_I64:
    case T_U64:
        return "bigint[]";
    case T_BOOL:
    case T_AMOUNT:
    case T_DELTA:
    case T_TOTAL:
    case T_TEXT:
    case T_TIME:
        break;
    }
    assert(!"a type that no key has");
    return NULL;
}

static void put_columns(struct buffer *b, const struct timeline_def *def)
{
    for (size_t i = 0; i < def->row->n; i++)
        buffer_printf(b, "%s%s", i > 0 ? ", " : "", def->row->fields[i].name);
}

/* One index descent a key: the key's rows backwards from the position. */
static void put_select(struct buffer *b, const struct timeline_def *def, bool history)
{
    buffer_printf(b, "SELECT t.*%s FROM unnest(", history ? ", k.asked" : "");
    for (size_t i = 0; i < def->n_key; i++)
        buffer_printf(b, "%s$%zu::text::%s", i > 0 ? ", " : "", i + 1, array_type(def->row->fields[i].type));
    if (history)
        buffer_printf(b, ", $%zu::text::bigint[]", def->n_key + 1);
    buffer_text(b, history ? ") WITH ORDINALITY AS k (" : ") AS k (");
    for (size_t i = 0; i < def->n_key; i++)
        buffer_printf(b, "%s%s", i > 0 ? ", " : "", def->row->fields[i].name);
    buffer_text(b, history ? ", until, asked) CROSS JOIN LATERAL (SELECT " : ") CROSS JOIN LATERAL (SELECT ");
    put_columns(b, def);
    buffer_printf(b, " FROM %s x WHERE ", def->table);
    for (size_t i = 0; i < def->n_key; i++)
        buffer_printf(b, "x.%s = k.%s AND ", def->row->fields[i].name, def->row->fields[i].name);
    buffer_printf(b, "x.position < $%zu%s ORDER BY x.position DESC LIMIT 1) t", def->n_key + (history ? 2 : 1),
                  history ? " AND x.position <= k.until" : "");
}

static const char *take_text(struct buffer *b)
{
    buffer_u8(b, '\0');
    return (const char *)b->p; /* kept as long as the process */
}

static void build_sql(void)
{
    for (int i = 0; i < TIMELINE_COUNT; i++) {
        const struct timeline_def *def = timeline_table[i];
        struct buffer select = {0}, history = {0}, copy = {0}, verify = {0};
        assert(def->n_key <= TIMELINE_KEY_MAX && def->key_size <= TIMELINE_KEY_SIZE_MAX);
        put_select(&select, def, false);
        put_select(&history, def, true);
        buffer_printf(&copy, "COPY %s (", def->table);
        put_columns(&copy, def);
        buffer_text(&copy, ") FROM STDIN BINARY");
        buffer_text(&verify, "SELECT ");
        put_columns(&verify, def);
        buffer_printf(&verify, " FROM %s WHERE position >= $1 AND position < $2 ORDER BY position", def->table);
        sql_table[i] = (struct timeline_sql){take_text(&select), take_text(&history), take_text(&copy),
                                             take_text(&verify)};
    }
}

const struct timeline_sql *timeline_sql(enum timeline_id id)
{
    pthread_once(&sql_once, build_sql);
    return &sql_table[id];
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

void timeline_init(struct timeline *t, enum timeline_id id)
{
    *t = (struct timeline){.id = id, .def = timeline_table[id]};
    size_t slot = TIMELINE_ROW_OFFSET + t->def->row->size;
    map_init(&t->last, t->def->key_size, slot);
    map_init(&t->needs, t->def->key_size, 0);
    map_init(&t->past, sizeof(struct timeline_moment), slot);
    map_init(&t->past_needs, sizeof(struct timeline_moment), 0);
}

void timeline_done(struct timeline *t)
{
    map_done(&t->last);
    map_done(&t->needs);
    map_done(&t->past);
    map_done(&t->past_needs);
    buffer_done(&t->added);
    buffer_done(&t->out);
}

void timeline_drop_batch(struct timeline *t)
{
    buffer_reset(&t->out);
    buffer_reset(&t->added);
    t->n_out = 0;
}

void timeline_forget(struct timeline *t)
{
    map_clear(&t->last);
    map_clear(&t->needs);
    map_clear(&t->past);
    map_clear(&t->past_needs);
    timeline_drop_batch(t);
}

static uint64_t row_position(const struct timeline_def *def, const uint8_t *row)
{
    uint64_t position;
    memcpy(&position, row + def->row->fields[def->n_key].offset, sizeof position);
    return position;
}

const void *timeline_at(struct timeline *t, const void *key, uint64_t position, bool *need)
{
    const struct timeline_def *def = t->def;
    assert(def->history);
    for (size_t end = t->added.n; end > 0; end -= def->row->size) {
        const uint8_t *row = t->added.p + end - def->row->size;
        if (row_position(def, row) <= position && memcmp(row, key, def->key_size) == 0)
            return row;
    }
    struct timeline_moment moment = {.position = position};
    memcpy(moment.key, key, def->key_size);
    const struct timeline_slot *slot = map_get(&t->past, &moment);
    if (slot != NULL)
        return slot->present ? (const uint8_t *)slot + TIMELINE_ROW_OFFSET : NULL;
    bool added;
    map_put(&t->past_needs, &moment, &added);
    *need = true;
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

void array_text_begin(struct buffer *b)
{
    buffer_reset(b);
    buffer_u8(b, '{');
}

/* In an array literal a backslash must be doubled to stand for itself. */
static void array_text_bytes(struct buffer *b, const uint8_t *p, size_t n)
{
    buffer_text(b, "\\\\x");
    buffer_reserve(b, 2 * n);
    hex_encode((struct slice){p, n}, (char *)b->p + b->n);
    b->n += 2 * n;
}

void array_text_value(struct buffer *b, enum type type, const void *value)
{
    if (b->n > 1)
        buffer_u8(b, ',');
    switch (type) {
    case T_ADDRESS:
        array_text_bytes(b, value, sizeof(struct address));
        return;
    case T_HASH:
        array_text_bytes(b, value, sizeof(struct hash));
        return;
    case T_BYTES: {
        const struct slice *s = value;
        array_text_bytes(b, s->p, s->n);
        return;
    }
    case T_I16:
        buffer_printf(b, "%d", *(const int16_t *)value);
        return;
    case T_I32:
        buffer_printf(b, "%d", *(const int32_t *)value);
        return;
    case T_I64:
        buffer_printf(b, "%lld", (long long)*(const int64_t *)value);
        return;
    case T_U64:
        buffer_printf(b, "%llu", (unsigned long long)*(const uint64_t *)value);
        return;
    case T_BOOL:
    case T_AMOUNT:
    case T_DELTA:
    case T_TOTAL:
    case T_TEXT:
    case T_TIME:
        break;
    }
    assert(!"a type that no key has");
}

const char *array_text_end(struct buffer *b)
{
    buffer_u8(b, '}');
    buffer_u8(b, '\0');
    return (const char *)b->p;
}

/* One array a key member, of all entries of `keys`, whose key bytes begin at `offset`. */
static size_t put_keys(const struct timeline_def *def, const struct map *keys, size_t offset, struct arena *arena,
                       struct param *in)
{
    for (size_t f = 0; f < def->n_key; f++) {
        AUTO_BUFFER text = {0};
        array_text_begin(&text);
        for (size_t i = 0; i < keys->n; i++)
            array_text_value(&text, def->row->fields[f].type,
                             (const uint8_t *)map_key_at(keys, i) + offset + def->row->fields[f].offset);
        const char *literal = array_text_end(&text);
        in[f] = (struct param){T_TEXT, arena_text(arena, literal, strlen(literal))};
    }
    return def->n_key;
}

static void keep(const struct timeline_def *def, struct timeline_slot *slot, const void *row)
{
    slot->present = true;
    memcpy((uint8_t *)slot + TIMELINE_ROW_OFFSET, row, def->row->size);
}

static enum err fetch_last(struct timeline *t, struct db *db, uint64_t before, struct arena *arena)
{
    const struct timeline_def *def = t->def;
    AUTO_ARENA scratch = {0};
    struct param in[TIMELINE_KEY_MAX + 1];
    size_t n = put_keys(def, &t->needs, 0, &scratch, in);
    in[n++] = (struct param){T_U64, &before};
    AUTO_ROWS rows = NULL;
    const char *sql = timeline_sql(t->id)->select;
    TRY(db_query(db, sql, in, n, &rows));

    for (size_t i = 0; i < t->needs.n; i++) {
        bool added;
        map_put(&t->last, map_key_at(&t->needs, i), &added);
    }
    uint8_t *row = arena_take(&scratch, def->row->size);
    for (size_t i = 0; i < rows_count(rows); i++) {
        rows_read(rows, i, def->row, arena, row);
        struct timeline_slot *slot = map_get(&t->last, row);
        assert(slot != NULL);
        keep(def, slot, row);
    }
    map_clear(&t->needs);
    return OK;
}

static enum err fetch_past(struct timeline *t, struct db *db, uint64_t before, struct arena *arena)
{
    const struct timeline_def *def = t->def;
    AUTO_ARENA scratch = {0};
    AUTO_BUFFER until = {0};
    struct param in[TIMELINE_KEY_MAX + 2];
    size_t n = put_keys(def, &t->past_needs, offsetof(struct timeline_moment, key), &scratch, in);
    array_text_begin(&until);
    for (size_t i = 0; i < t->past_needs.n; i++)
        array_text_value(&until, T_U64, &((const struct timeline_moment *)map_key_at(&t->past_needs, i))->position);
    in[n++] = (struct param){T_TEXT, array_text_end(&until)};
    in[n++] = (struct param){T_U64, &before};
    AUTO_ROWS rows = NULL;
    const char *sql = timeline_sql(t->id)->history;
    TRY(db_query(db, sql, in, n, &rows));

    for (size_t i = 0; i < t->past_needs.n; i++) {
        bool added;
        map_put(&t->past, map_key_at(&t->past_needs, i), &added);
    }
    uint8_t *row = arena_take(&scratch, def->row->size);
    for (size_t i = 0; i < rows_count(rows); i++) {
        rows_read(rows, i, def->row, arena, row);
        size_t asked = rows_u64(rows, i, def->row->n) - 1;
        keep(def, map_get(&t->past, map_key_at(&t->past_needs, asked)), row);
    }
    map_clear(&t->past_needs);
    return OK;
}

enum err timeline_fetch(struct timeline *t, struct db *db, uint64_t before, struct arena *arena)
{
    if (t->needs.n > 0)
        TRY(fetch_last(t, db, before, arena));
    return t->past_needs.n > 0 ? fetch_past(t, db, before, arena) : OK;
}

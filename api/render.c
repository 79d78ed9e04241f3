/* api/render.c - see render.h. */
#include "api/render.h"

#include <assert.h>
#include <string.h>

#include "api/csv.h"
#include "api/page.h"

enum {
    AT_NUMBER_COLUMN,
    AT_HASH_COLUMN,
    AT_TIME_COLUMN,
    AT_FINALITY,
    AT_ROOT,
    AT_POSITION,
    AT_HEAD,
    AT_GENERATION,
    AT_VERSION
};

void as_of_read(const struct rows *rows, struct as_of *out)
{
    struct as_of a = {.number = rows_u64(rows, 0, AT_NUMBER_COLUMN),
                      .has_block = !rows_null(rows, 0, AT_HASH_COLUMN),
                      .has_root = !rows_null(rows, 0, AT_ROOT),
                      .finality = (enum finality)rows_i64(rows, 0, AT_FINALITY),
                      .position = rows_i64(rows, 0, AT_POSITION),
                      .head = rows_u64(rows, 0, AT_HEAD),
                      .generation = rows_u64(rows, 0, AT_GENERATION),
                      .version = rows_u64(rows, 0, AT_VERSION)};
    if (a.has_block) {
        a.hash = rows_hash(rows, 0, AT_HASH_COLUMN);
        a.time = rows_time(rows, 0, AT_TIME_COLUMN);
    }
    if (a.has_root)
        a.root = rows_hash(rows, 0, AT_ROOT);
    *out = a;
}

void as_of_write(struct json_writer *w, const struct as_of *a)
{
    jw_key(w, "as_of");
    jw_object(w);
    jw_key(w, "block_number");
    jw_u64(w, a->number);
    jw_key(w, "block_hash");
    a->has_block ? jw_hash(w, a->hash) : jw_null(w);
    jw_key(w, "block_time");
    a->has_block ? jw_time(w, a->time) : jw_null(w);
    jw_key(w, "finality");
    jw_text(w, finality_name(a->finality));
    jw_key(w, "block_root");
    a->has_root ? jw_hash(w, a->root) : jw_null(w);
    jw_object_end(w);
}

void render_begin(const struct request *r, struct reply *reply)
{
    jw_start(&reply->json, &reply->body);
    jw_object(&reply->json);
    if (r->route->takes_at)
        as_of_write(&reply->json, &r->as_of);
}

void render_end(struct reply *reply)
{
    jw_object_end(&reply->json);
}

void render_cell(struct json_writer *w, const struct member *m, const struct rows *rows, size_t row, size_t column)
{
    if (m->write != NULL) {
        m->write(w, rows, row, column);
        return;
    }
    if (rows_null(rows, row, column)) {
        jw_null(w);
        return;
    }
    switch (m->type) {
    case T_BOOL:
        jw_bool(w, rows_bool(rows, row, column));
        return;
    case T_I16:
    case T_I32:
    case T_I64:
        jw_i64(w, rows_i64(rows, row, column));
        return;
    case T_U64:
        jw_u64(w, rows_u64(rows, row, column));
        return;
    case T_AMOUNT:
        jw_amount(w, rows_amount(rows, row, column));
        return;
    case T_DELTA:
        jw_delta(w, rows_delta(rows, row, column));
        return;
    case T_TOTAL:
        jw_total(w, rows_total(rows, row, column));
        return;
    case T_ADDRESS:
        jw_address(w, rows_address(rows, row, column));
        return;
    case T_HASH:
        jw_hash(w, rows_hash(rows, row, column));
        return;
    case T_BYTES:
        jw_hex(w, rows_bytes(rows, row, column));
        return;
    case T_TEXT: {
        const char *text = rows_text(rows, row, column);
        jw_text_n(w, text, strlen(text));
        return;
    }
    case T_TIME:
        jw_time(w, rows_time(rows, row, column));
        return;
    }
}

void render_members(struct json_writer *w, const struct member *members, const struct rows *rows, size_t row,
                    size_t column)
{
    for (const struct member *m = members; m->name != NULL; m++) {
        jw_key(w, m->name);
        render_cell(w, m, rows, row, column++);
    }
}

void render_row(struct json_writer *w, const struct member *members, const struct rows *rows, size_t row, size_t column)
{
    jw_object(w);
    render_members(w, members, rows, row, column);
    jw_object_end(w);
}

static size_t first_column(const struct request *r)
{
    return r->route->takes_at ? AT_COLUMNS : 0;
}

static size_t count(const struct member *members)
{
    size_t n = 0;
    while (members != NULL && members[n].name != NULL)
        n++;
    return n;
}

static size_t first_key(const struct request *r)
{
    return first_column(r) + count(r->route->members);
}

static void write_item(const struct request *r, const struct rows *rows, size_t row, struct json_writer *w)
{
    size_t column = first_column(r);
    jw_object(w);
    for (const struct member *m = r->route->members; m->name != NULL; m++, column++) {
        jw_key(w, m->name);
        render_cell(w, m, rows, row, column);
    }
    jw_object_end(w);
}

size_t render_items(const struct request *r, const struct rows *rows)
{
    size_t n = rows_count(rows), key = first_key(r);
    assert(rows_columns(rows) == key + r->route->n_keys + count(r->route->extra));
    return n == 1 && rows_null(rows, 0, key) ? 0 : n;
}

static const char *next_cursor(const struct request *r, const struct rows *rows, size_t last, struct hash network,
                               uint64_t scope)
{
    const struct route *route = r->route;
    bool final = r->as_of.finality == FINALITY_FINALIZED;
    struct cursor c = {.pinned = route->takes_at,
                       .by_hash = route->takes_at && !final,
                       .number = r->as_of.number,
                       .hash = r->as_of.hash,
                       .n_keys = route->n_keys};
    size_t column = first_key(r);
    for (size_t i = 0; i < route->n_keys; i++)
        c.keys[i] = page_key_of(route->keys[i], rows, last, column + i, r->arena);
    return cursor_format(&c, network, scope, r->arena);
}

void render_page(const struct request *r, const struct rows *rows, struct hash network, uint64_t scope,
                 struct reply *reply, const char **next)
{
    size_t n = render_items(r, rows), limit = (size_t)(r->page.limit - 1);
    bool more = n > limit;
    if (more)
        n = limit;
    struct json_writer *w = &reply->json;
    jw_start(w, &reply->body);
    jw_object(w);
    jw_key(w, "data");
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        write_item(r, rows, i, w);
    jw_array_end(w);
    jw_key(w, "has_more");
    jw_bool(w, more);
    jw_key(w, "next_cursor");
    *next = more ? next_cursor(r, rows, n - 1, network, scope) : NULL;
    more ? jw_text(w, *next) : jw_null(w);
    if (r->route->takes_at)
        as_of_write(w, &r->as_of);
    if (r->route->extra != NULL)
        render_members(w, r->route->extra, rows, 0, first_key(r) + r->route->n_keys);
    jw_object_end(w);
}

void render_head(const struct request *r, struct buffer *b)
{
    if (r->as != AS_CSV)
        return;
    for (const struct member *m = r->route->members; m->name != NULL; m++) {
        if (m != r->route->members)
            buffer_u8(b, ',');
        csv_cell(b, m->name, strlen(m->name));
    }
    buffer_text(b, "\r\n");
}

/* A cell's JSON as CSV: null is empty, a text loses its quotes, anything nested stays JSON. */
static void csv_from_json(struct buffer *b, struct buffer *json)
{
    if (json->n == 4 && memcmp(json->p, "null", 4) == 0)
        return;
    if (json->p[0] != '"') {
        csv_cell(b, (const char *)json->p, json->n);
        return;
    }
    if (memchr(json->p, '\\', json->n) == NULL) {
        csv_cell(b, (const char *)json->p + 1, json->n - 2);
        return;
    }
    AUTO_BUFFER list = {0};
    buffer_u8(&list, '[');
    buffer_bytes(&list, json->p, json->n);
    buffer_u8(&list, ']');
    AUTO_JSON tree = NULL;
    enum err e = json_parse((const char *)list.p, list.n, 1, &tree);
    const json_t *text = e == OK ? json_array_get(tree, 0) : NULL;
    if (text != NULL)
        csv_cell(b, json_string_value(text), json_string_length(text));
    else /* holds \u0000, which strict parsing refuses: leave it escaped */
        csv_cell(b, (const char *)json->p, json->n);
}

static void csv_row(const struct request *r, const struct rows *rows, size_t row, struct buffer *b,
                    struct buffer *scratch)
{
    size_t column = first_column(r);
    for (const struct member *m = r->route->members; m->name != NULL; m++, column++) {
        struct json_writer w;
        buffer_reset(scratch);
        jw_start(&w, scratch);
        render_cell(&w, m, rows, row, column);
        if (m != r->route->members)
            buffer_u8(b, ',');
        csv_from_json(b, scratch);
    }
    buffer_text(b, "\r\n");
}

void render_lines(const struct request *r, const struct rows *rows, size_t first, size_t last, struct buffer *b)
{
    AUTO_BUFFER scratch = {0};
    for (size_t i = first; i < last; i++) {
        if (r->as == AS_CSV) {
            csv_row(r, rows, i, b, &scratch);
            continue;
        }
        struct json_writer w;
        jw_start(&w, b);
        write_item(r, rows, i, &w);
        buffer_u8(b, '\n');
    }
}

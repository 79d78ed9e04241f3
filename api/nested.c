/* api/nested.c - see nested.h. What does not fit its table is a mistake in a statement of ours: assertions. */
#include "api/nested.h"

#include <assert.h>
#include <string.h>

static struct address read_address(const json_t *value)
{
    struct address a;
    enum err e = address_parse(json_string_value(value), json_string_length(value), &a);
    assert(e == OK);
    return a;
}

static struct hash read_hash(const json_t *value)
{
    struct hash h;
    enum err e = hash_parse(json_string_value(value), json_string_length(value), &h);
    assert(e == OK);
    return h;
}

static void write_scalar(struct json_writer *w, const json_t *value, enum type type)
{
    switch (type) {
    case T_BOOL:
        assert(json_is_boolean(value));
        jw_bool(w, json_is_true(value));
        return;
    case T_I16:
    case T_I32:
    case T_I64:
    case T_U64:
        assert(json_is_integer(value));
        jw_i64(w, json_integer_value(value));
        return;
    case T_ADDRESS:
        jw_address(w, read_address(value));
        return;
    case T_HASH:
        jw_hash(w, read_hash(value));
        return;
    case T_AMOUNT:
    case T_DELTA:
    case T_TOTAL:
    case T_TEXT:
        assert(json_is_string(value));
        jw_text(w, json_string_value(value));
        return;
    case T_TIME:
        assert(json_is_integer(value));
        jw_time(w, (struct instant){json_integer_value(value)});
        return;
    case T_BYTES:
        assert(!"no packed member has this type");
    }
}

static void write_scalars(struct json_writer *w, const json_t *items, enum type type)
{
    jw_array(w);
    for (size_t i = 0; i < json_array_size(items); i++)
        write_scalar(w, json_array_get(items, i), type);
    jw_array_end(w);
}

static void write_item(struct json_writer *w, const json_t *item, const struct member *members);
static void write_items(struct json_writer *w, const json_t *items, const struct member *members);

static void write_member(struct json_writer *w, const json_t *value, const struct member *m)
{
    if (json_is_null(value) && (m->nest == NEST_NONE || m->nest == NEST_OBJECT)) {
        jw_null(w);
        return;
    }
    switch (m->nest) {
    case NEST_NONE:
        write_scalar(w, value, m->type);
        return;
    case NEST_OBJECT:
        write_item(w, value, m->members);
        return;
    case NEST_LIST:
        write_items(w, value, m->members);
        return;
    case NEST_SCALARS:
        write_scalars(w, value, m->type);
        return;
    case NEST_ANY:
        assert(!"no packed member has this nest");
    }
}

static void write_item(struct json_writer *w, const json_t *item, const struct member *members)
{
    size_t i = 0;
    jw_object(w);
    for (const struct member *m = members; m->name != NULL; m++, i++) {
        const json_t *value = json_array_get(item, i);
        assert(value != NULL);
        if (m->optional && json_is_null(value))
            continue;
        jw_key(w, m->name);
        write_member(w, value, m);
    }
    assert(json_array_size(item) == i);
    jw_object_end(w);
}

static void write_items(struct json_writer *w, const json_t *items, const struct member *members)
{
    jw_array(w);
    for (size_t i = 0; i < json_array_size(items); i++)
        write_item(w, json_array_get(items, i), members);
    jw_array_end(w);
}

static json_t *unpack(const struct rows *rows, size_t row, size_t column)
{
    json_t *tree = NULL;
    if (rows_null(rows, row, column))
        return NULL;
    const char *text = rows_text(rows, row, column);
    enum err e = json_parse(text, strlen(text), JSON_DEPTH_MAX, &tree);
    assert(e == OK && json_is_array(tree));
    return tree;
}

void nested_write_list(struct json_writer *w, const struct rows *rows, size_t row, size_t column,
                       const struct member *members)
{
    AUTO_JSON tree = unpack(rows, row, column);
    write_items(w, tree, members);
}

void nested_write_object(struct json_writer *w, const struct rows *rows, size_t row, size_t column,
                         const struct member *members)
{
    AUTO_JSON item = unpack(rows, row, column);
    if (item == NULL)
        jw_null(w);
    else
        write_item(w, item, members);
}

void nested_write_scalars(struct json_writer *w, const struct rows *rows, size_t row, size_t column, enum type type)
{
    AUTO_JSON tree = unpack(rows, row, column);
    write_scalars(w, tree, type);
}

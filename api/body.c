/* api/body.c - see body.h. */
#include "api/body.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/parse.h"

enum { U64_MAX_BITS = 53, REMEDY_TEXT = 96 };

/* Where in the body: a chain from the value outwards, written out only when something is wrong there. */
struct place {
    const struct place *in;
    const char *name; /* NULL: the item `index` of a list */
    size_t index;
};

/* ---- checking ---- */

static void write_place(const struct place *p, struct buffer *b)
{
    if (p == NULL)
        return;
    write_place(p->in, b);
    if (p->name == NULL)
        buffer_printf(b, "[%zu]", p->index);
    else
        buffer_printf(b, "%s%s", b->n > 0 ? "." : "", p->name);
}

static enum err wrong(const struct place *p, const char *what)
{
    AUTO_BUFFER path = {0};
    write_place(p, &path);
    if (p == NULL)
        buffer_text(&path, "body");
    return err_with(ERR_FIELD, "%.*s: %s", (int)path.n, (const char *)path.p, what);
}

/* A name that nobody declared may hold anything; only a plain one is fit to be shown as a path. */
static enum err unknown(const struct place *in, const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-$");
    if (n == 0 || name[n] != '\0')
        return wrong(in, "has a member that this resource does not know");
    return wrong(&(struct place){.in = in, .name = name}, "this resource has no such member");
}

static uint64_t u64_max(const struct member *m)
{
    return m->max != 0 ? m->max : UINT64_C(1) << U64_MAX_BITS;
}

static size_t text_max(const struct member *m)
{
    return m->max != 0 ? m->max : BODY_TEXT_MAX;
}

static enum err check_u64(const struct member *m, const json_t *j, const struct place *p)
{
    char remedy[REMEDY_TEXT];
    if (json_is_integer(j) && json_integer_value(j) >= 0 && (uint64_t)json_integer_value(j) <= u64_max(m))
        return OK;
    (void)snprintf(remedy, sizeof remedy, "must be an integer from 0 to %" PRIu64, u64_max(m));
    return wrong(p, remedy);
}

static enum err check_text(const struct member *m, const json_t *j, const struct place *p)
{
    char remedy[REMEDY_TEXT];
    if (json_is_string(j) && json_string_length(j) <= text_max(m))
        return OK;
    (void)snprintf(remedy, sizeof remedy, "must be a string of at most %zu bytes", text_max(m));
    return wrong(p, remedy);
}

static enum err check_amount(const json_t *j, const struct place *p)
{
    struct amount ignored;
    enum err e = json_is_string(j) ? amount_parse(json_string_value(j), json_string_length(j), &ignored) : ERR_FIELD;
    if (e == ERR_OVERFLOW)
        return wrong(p, "must be less than 2^256");
    return e == OK ? OK : wrong(p, "must be a decimal string of base units, such as \"1000000000000000000\"");
}

static enum err check_scalar(const struct member *m, const json_t *j, const struct place *p)
{
    const char *text = json_string_value(j); /* NULL: it is no string */
    struct address address;
    struct hash hash;
    switch (m->type) {
    case T_ADDRESS:
        if (text != NULL && parse_address(text, json_string_length(j), &address) == OK)
            return OK;
        return wrong(p, "must be an address, 0x and 40 hexadecimal digits");
    case T_HASH:
        if (text != NULL && hash_parse(text, json_string_length(j), &hash) == OK)
            return OK;
        return wrong(p, "must be a hash, 0x and 64 hexadecimal digits");
    case T_AMOUNT:
        return check_amount(j, p);
    case T_U64:
        return check_u64(m, j, p);
    case T_BOOL:
        return json_is_boolean(j) ? OK : wrong(p, "must be true or false");
    case T_TEXT:
        return check_text(m, j, p);
    case T_I16:
    case T_I32:
    case T_I64:
    case T_DELTA:
    case T_TOTAL:
    case T_BYTES:
    case T_TIME:
        break; /* refused when the routes are compiled */
    }
    assert(!"a body has no such type");
    return ERR_INTERNAL;
}

static enum err check_object(const struct member *members, const char *also, const json_t *j, const struct place *p);

static enum err check_list(const struct member *m, const json_t *j, const struct place *p)
{
    char remedy[REMEDY_TEXT];
    if (!json_is_array(j))
        return wrong(p, "must be a list");
    if (m->max != 0 && json_array_size(j) > m->max) {
        (void)snprintf(remedy, sizeof remedy, "must have at most %" PRIu64 " items", m->max);
        return wrong(p, remedy);
    }
    struct member item = *m;
    item.max = 0; /* it was the list's */
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *value = json_array_get(j, i);
        struct place here = {.in = p, .index = i};
        TRY(m->nest == NEST_LIST ? check_object(m->members, NULL, value, &here) : check_scalar(&item, value, &here));
    }
    return OK;
}

static enum err check_member(const struct member *m, const json_t *j, const struct place *p)
{
    if (json_is_null(j) && m->nullable)
        return OK;
    switch (m->nest) {
    case NEST_NONE:
        return check_scalar(m, j, p);
    case NEST_OBJECT:
        return check_object(m->members, NULL, j, p);
    case NEST_LIST:
    case NEST_SCALARS:
        return check_list(m, j, p);
    case NEST_ANY:
        return OK;
    }
    return ERR_INTERNAL;
}

static const struct member *declared(const struct member *members, const char *name, size_t n)
{
    for (const struct member *m = members; m->name != NULL; m++)
        if (strlen(m->name) == n && memcmp(m->name, name, n) == 0)
            return m;
    return NULL;
}

/* `also`: a member that is the framework's, or NULL. */
static enum err check_object(const struct member *members, const char *also, const json_t *j, const struct place *p)
{
    const char *name;
    json_t *value;
    if (!json_is_object(j))
        return wrong(p, "must be a JSON object");
    json_object_foreach((json_t *)j, name, value)
    {
        if (declared(members, name, strlen(name)) == NULL && (also == NULL || strcmp(name, also) != 0))
            return unknown(p, name);
    }
    for (const struct member *m = members; m->name != NULL; m++) {
        struct place here = {.in = p, .name = m->name};
        value = json_object_get(j, m->name);
        if (value != NULL)
            TRY(check_member(m, value, &here));
        else if (!m->optional)
            return wrong(&here, "missing");
    }
    return OK;
}

/* The member `at`: what the query's at= takes; of a block number also the JSON integer. */
static enum err read_at(const json_t *j, struct at *out)
{
    char number[24];
    if (json_is_integer(j)) {
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(j));
        return parse_at(number, out);
    }
    return parse_at(json_is_string(j) ? json_string_value(j) : "", out);
}

enum err body_read(const char *text, size_t n, struct request *r)
{
    AUTO_JSON tree = NULL;
    if (n == 0)
        return err_with(ERR_FIELD, "body: is empty");
    enum err e = json_parse(text, n, BODY_DEPTH, &tree);
    if (e != OK && strncmp(err_detail(), "JSON", 4) == 0) { /* otherwise it names a member */
        const char *detail = arena_text(r->arena, err_detail(), strlen(err_detail()));
        return err_with(e, "body: %s", detail);
    }
    TRY(e);
    TRY(check_object(r->route->body, r->route->takes_at ? "at" : NULL, tree, NULL));
    const json_t *at = r->route->takes_at ? json_object_get(tree, "at") : NULL;
    if (at != NULL)
        TRY(read_at(at, &r->at));
    r->body = tree;
    tree = NULL;
    return OK;
}

/* ---- reading ---- */

/* The value at a path, NULL if it was not given; *out: its declaration. */
static const json_t *find(const struct request *r, const char *path, size_t i, const struct member **out)
{
    const struct member *members = r->route->body, *m = NULL;
    const json_t *j = r->body;
    for (const char *p = path; *p != '\0';) {
        size_t n = strcspn(p, ".[");
        m = declared(members, p, n);
        assert(m != NULL);
        members = m->members;
        j = json_object_get(j, m->name);
        p += n;
        if (strncmp(p, "[]", 2) == 0) {
            j = json_array_get(j, i);
            p += 2;
        }
        p += *p == '.';
    }
    assert(m != NULL);
    *out = m;
    return json_is_null(j) ? NULL : j;
}

bool body_given(const struct request *r, const char *path)
{
    return body_given_at(r, path, 0);
}

bool body_given_at(const struct request *r, const char *path, size_t i)
{
    const struct member *m;
    return find(r, path, i, &m) != NULL;
}

size_t body_count(const struct request *r, const char *path)
{
    const struct member *m;
    const json_t *j = find(r, path, 0, &m);
    assert(m->nest == NEST_LIST || m->nest == NEST_SCALARS);
    return json_array_size(j);
}

/* A scalar that is there, of that type. Of a list of scalars the item. */
static const json_t *scalar(const struct request *r, const char *path, size_t i, enum type type)
{
    const struct member *m;
    const json_t *j = find(r, path, i, &m);
    assert(m->type == type && (m->nest == NEST_NONE || m->nest == NEST_SCALARS));
    if (json_is_array(j))
        j = json_array_get(j, i);
    assert(j != NULL);
    return j;
}

struct address body_address_at(const struct request *r, const char *path, size_t i)
{
    const json_t *j = scalar(r, path, i, T_ADDRESS);
    struct address a;
    enum err e = parse_address(json_string_value(j), json_string_length(j), &a);
    assert(e == OK);
    return a;
}

struct amount body_amount_at(const struct request *r, const char *path, size_t i)
{
    const json_t *j = scalar(r, path, i, T_AMOUNT);
    struct amount a;
    enum err e = amount_parse(json_string_value(j), json_string_length(j), &a);
    assert(e == OK);
    return a;
}

uint64_t body_u64_at(const struct request *r, const char *path, size_t i)
{
    return (uint64_t)json_integer_value(scalar(r, path, i, T_U64));
}

struct address body_address(const struct request *r, const char *path)
{
    return body_address_at(r, path, 0);
}

uint64_t body_u64(const struct request *r, const char *path)
{
    return body_u64_at(r, path, 0);
}

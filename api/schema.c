/* api/schema.c - see schema.h. */
#include "api/schema.h"

#include "api/body.h"

void schema_put(struct json_writer *w, const char *key, const char *value)
{
    jw_key(w, key);
    jw_text(w, value);
}

void schema_open(struct json_writer *w, const char *key)
{
    jw_key(w, key);
    jw_object(w);
}

void schema_reference(struct json_writer *w, const char *to)
{
    jw_object(w);
    schema_put(w, "$ref", to);
    jw_object_end(w);
}

void schema_type(struct json_writer *w, const char *type, bool nullable)
{
    jw_key(w, "type");
    if (!nullable) {
        jw_text(w, type);
        return;
    }
    jw_array(w);
    jw_text(w, type);
    jw_text(w, "null");
    jw_array_end(w);
}

static void limit(struct json_writer *w, const char *key, uint64_t value)
{
    jw_key(w, key);
    jw_u64(w, value);
}

static void scalar(struct json_writer *w, enum schema_side side, enum type type, bool nullable)
{
    switch (type) {
    case T_BOOL:
        schema_type(w, "boolean", nullable);
        return;
    case T_I16:
    case T_I32:
    case T_I64:
        schema_type(w, "integer", nullable);
        return;
    case T_U64:
        schema_type(w, "integer", nullable);
        jw_key(w, "minimum");
        jw_u64(w, 0);
        return;
    case T_AMOUNT:
    case T_TOTAL:
        schema_type(w, "string", nullable);
        schema_put(w, "pattern", "^(0|[1-9][0-9]*)$");
        return;
    case T_DELTA:
        schema_type(w, "string", nullable);
        schema_put(w, "pattern", "^(0|-?[1-9][0-9]*)$");
        return;
    case T_ADDRESS:
        schema_type(w, "string", nullable);
        schema_put(w, "pattern", ADDRESS_PATTERN);
        return;
    case T_HASH:
        schema_type(w, "string", nullable);
        schema_put(w, "pattern", side == OF_BODY ? HASH_PATTERN : "^0x[0-9a-f]{64}$");
        return;
    case T_BYTES:
        schema_type(w, "string", nullable);
        schema_put(w, "pattern", "^0x([0-9a-f]{2})*$");
        return;
    case T_TEXT:
        schema_type(w, "string", nullable);
        return;
    case T_TIME:
        schema_type(w, "string", nullable);
        schema_put(w, "format", "date-time");
        return;
    }
}

/* What a scalar of a request may not exceed; of a list the number of its items. */
static void limits(struct json_writer *w, const struct member *m)
{
    if (m->nest == NEST_LIST || m->nest == NEST_SCALARS) {
        if (m->max > 0)
            limit(w, "maxItems", m->max);
    } else if (m->nest == NEST_NONE && m->type == T_U64) {
        limit(w, "maximum", m->max > 0 ? m->max : UINT64_C(1) << 53);
    } else if (m->nest == NEST_NONE && m->type == T_TEXT) {
        limit(w, "maxLength", m->max > 0 ? m->max : BODY_TEXT_MAX);
    }
}

/* Inside the schema object of one member. */
static void describe(struct json_writer *w, enum schema_side side, const struct member *m)
{
    schema_put(w, "description", m->about);
    if (side == OF_BODY)
        limits(w, m);
    switch (m->nest) {
    case NEST_NONE:
        scalar(w, side, m->type, m->nullable);
        return;
    case NEST_OBJECT:
        schema_type(w, "object", m->nullable);
        if (m->members != NULL)
            schema_members(w, side, m->members, NOTHING_MORE);
        return;
    case NEST_LIST:
        schema_type(w, "array", m->nullable);
        schema_open(w, "items");
        schema_put(w, "type", "object");
        if (m->members != NULL)
            schema_members(w, side, m->members, NOTHING_MORE);
        jw_object_end(w);
        return;
    case NEST_SCALARS:
        schema_type(w, "array", m->nullable);
        schema_open(w, "items");
        scalar(w, side, m->type, false);
        jw_object_end(w);
        return;
    case NEST_ANY:
        return;
    }
}

void schema_member(struct json_writer *w, enum schema_side side, const struct member *m)
{
    schema_open(w, m->name);
    describe(w, side, m);
    jw_object_end(w);
}

/* "properties" and "required". */
void schema_members(struct json_writer *w, enum schema_side side, const struct member *members, enum schema_extra extra)
{
    schema_open(w, "properties");
    for (const struct member *m = members; m->name != NULL; m++) {
        schema_member(w, side, m);
    }
    if (extra != NOTHING_MORE) {
        jw_key(w, extra == WITH_AS_OF ? "as_of" : "at");
        schema_reference(w, extra == WITH_AS_OF ? "#/components/schemas/AsOf" : "#/components/schemas/At");
    }
    jw_object_end(w);
    if (side == OF_BODY) {
        jw_key(w, "additionalProperties");
        jw_bool(w, false);
    }
    jw_key(w, "required");
    jw_array(w);
    for (const struct member *m = members; m->name != NULL; m++)
        if (!m->optional)
            jw_text(w, m->name);
    if (extra == WITH_AS_OF)
        jw_text(w, "as_of");
    jw_array_end(w);
}

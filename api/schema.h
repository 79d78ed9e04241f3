/* api/schema.h - JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) of what routes declare: replies' and bodies' members. */
#ifndef API_SCHEMA_H
#define API_SCHEMA_H

#include "api/route.h"

#define ADDRESS_PATTERN "^0x[0-9a-fA-F]{40}$"
#define HASH_PATTERN    "^0x[0-9a-fA-F]{64}$" /* as taken; what goes out is lower case */

/* Whose members a schema describes: a request's object is closed and has limits. */
enum schema_side { OF_REPLY, OF_BODY };
/* A member that is the framework's: as_of in each answer, at in a body. */
enum schema_extra { NOTHING_MORE, WITH_AS_OF, WITH_AT };

void schema_put(struct json_writer *w, const char *key, const char *value); /* "key": "value" */
void schema_open(struct json_writer *w, const char *key);                   /* "key": { */
void schema_reference(struct json_writer *w, const char *to);               /* {"$ref": to} */
void schema_type(struct json_writer *w, const char *type, bool nullable);   /* "type": ... */
/* "name": {...} */
void schema_member(struct json_writer *w, enum schema_side side, const struct member *m);
/* "properties" and "required" of an object. */
void schema_members(struct json_writer *w, enum schema_side side, const struct member *members,
                    enum schema_extra extra);

#endif

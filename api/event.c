/* api/event.c - see event.h. */
#include "api/event.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/mirror/abi.h"

enum { GROUP_MAX = 64, WORD = 32, TOPICS_MAX = 4 };

const struct member event_raw_members[] =
    {{.name = "topics", .type = T_HASH, .nest = NEST_SCALARS, .about = "0 to 4 topics."},
     {.name = "data", .type = T_BYTES, .about = "The data."},
     {0}};

/* Column `raw`: the number of topics, the topics, the data. */
static void unpack(struct slice raw, struct log *log)
{
    assert(raw.n >= 1 && raw.p[0] <= TOPICS_MAX);
    log->n_topics = raw.p[0];
    assert(raw.n >= 1 + (size_t)log->n_topics * WORD);
    memcpy(log->topics, raw.p + 1, (size_t)log->n_topics * WORD);
    log->data = (struct slice){raw.p + 1 + (size_t)log->n_topics * WORD, raw.n - 1 - (size_t)log->n_topics * WORD};
}

/* The declaration by its public name ("ERC20.Transfer") and signature, as mirror.event_type keeps them. NULL: an
 * event of another version of this program. */
static const struct abi_event *declaration(const char *type, const char *signature)
{
    const char *dot = strrchr(type, '.');
    char group[GROUP_MAX];
    if (dot == NULL || (size_t)(dot - type) >= sizeof group)
        return NULL;
    memcpy(group, type, (size_t)(dot - type));
    group[dot - type] = '\0';
    return abi_by_signature(group, signature);
}

static bool write_decoded(struct json_writer *w, const struct rows *rows, size_t row, size_t first)
{
    if (rows_null(rows, row, first + EVENT_TYPE) || rows_bool(rows, row, first + EVENT_UNDECODABLE))
        return false;
    const struct abi_event *event = declaration(rows_text(rows, row, first + EVENT_TYPE),
                                                rows_text(rows, row, first + EVENT_DATA));
    AUTO_ARENA arena = {0};
    struct log log = {.index = 0};
    struct abi_value *values;
    unpack(rows_bytes(rows, row, first + EVENT_RAW), &log);
    if (event == NULL || event->n_topics != log.n_topics || abi_decode(event, &log, &arena, &values) != OK)
        return false;
    abi_write_json(w, event, values);
    return true;
}

void event_write_data(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (write_decoded(w, rows, row, column - EVENT_DATA))
        return;
    jw_object(w);
    jw_object_end(w);
}

void event_write_raw(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    struct log log = {.index = 0};
    unpack(rows_bytes(rows, row, column), &log);
    jw_object(w);
    jw_key(w, "topics");
    jw_array(w);
    for (size_t i = 0; i < log.n_topics; i++)
        jw_hash(w, log.topics[i]);
    jw_array_end(w);
    jw_key(w, "data");
    jw_hex(w, log.data);
    jw_object_end(w);
}

static void write_column(struct json_writer *w, const struct rows *rows, size_t row, size_t column, enum type type)
{
    if (rows_null(rows, row, column)) {
        jw_null(w);
        return;
    }
    switch (type) {
    case T_BOOL:
        jw_bool(w, rows_bool(rows, row, column));
        return;
    case T_U64:
        jw_u64(w, rows_u64(rows, row, column));
        return;
    case T_ADDRESS:
        jw_address(w, rows_address(rows, row, column));
        return;
    case T_HASH:
        jw_hash(w, rows_hash(rows, row, column));
        return;
    case T_TEXT:
        jw_text(w, rows_text(rows, row, column));
        return;
    case T_TIME:
        jw_time(w, rows_time(rows, row, column));
        return;
    case T_I16:
    case T_I32:
    case T_I64:
    case T_AMOUNT:
    case T_DELTA:
    case T_TOTAL:
    case T_BYTES:
        assert(!"no member of an event has this type");
    }
}

void event_write_members(struct json_writer *w, const struct rows *rows, size_t row, size_t first)
{
    static const struct member members[] = {EVENT_MEMBERS};
    for (size_t i = 0; i < EVENT_COLUMNS; i++) {
        jw_key(w, members[i].name);
        if (members[i].write != NULL)
            members[i].write(w, rows, row, first + i);
        else
            write_column(w, rows, row, first + i, members[i].type);
    }
}

bool event_id_parse(const char *text, struct hash *block, int32_t *log_index)
{
    const char *dash = strchr(text, '-');
    if (dash == NULL || hash_parse(text, (size_t)(dash - text), block) != OK)
        return false;
    size_t n = strlen(dash + 1);
    if (n == 0 || n > 9 || strspn(dash + 1, "0123456789") != n || (n > 1 && dash[1] == '0'))
        return false;
    *log_index = (int32_t)strtol(dash + 1, NULL, 10);
    return true;
}

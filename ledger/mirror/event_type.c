/* ledger/mirror/event_type.c - see event_type.h. */
#include "ledger/mirror/event_type.h"

#include <assert.h>
#include <string.h>

struct type_row {
    int16_t id;
    const char *name, *signature;
};
static const struct record type_record = RECORD(type_row, FIELD(type_row, id), FIELD(type_row, name),
                                                FIELD(type_row, signature));

static const struct type_row *find(const struct type_row *rows, size_t n, const struct abi_event *event)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, event->type) == 0 && strcmp(rows[i].signature, event->signature) == 0)
            return &rows[i];
    return NULL;
}

enum err event_types_sync(struct db *db, struct event_types *out)
{
    AUTO_ARENA arena = {0};
    struct type_row *rows;
    size_t n;
    TRY(db_all(db, "SELECT id, name, signature FROM mirror.event_type ORDER BY id", WITH_NOTHING, &type_record, &arena,
               &rows, &n));
    int16_t next = n == 0 ? 1 : (int16_t)(rows[n - 1].id + 1);
    int16_t *ids = memory_resize(NULL, abi_count() * sizeof *ids);
    for (size_t i = 0; i < abi_count(); i++) {
        const struct abi_event *event = abi_at(i);
        const struct type_row *row = find(rows, n, event);
        ids[i] = row != NULL ? row->id : next++;
        if (row != NULL)
            continue;
        enum err e = db_run(db, "INSERT INTO mirror.event_type (id, name, signature) VALUES ($1, $2, $3)",
                            WITH(IN(&ids[i]), IN(event->type), IN(event->signature)), NULL);
        if (e != OK) {
            memory_free(ids);
            return e;
        }
    }
    out->id = ids;
    return OK;
}

void event_types_done(struct event_types *t)
{
    memory_free(t->id);
    t->id = NULL;
}

const char event_copy_sql[] =
    "COPY mirror.event (block, log_index, number, tx_index, tx_hash, contract, topics, data, type,"
    " undecodable, subject, generation) FROM STDIN BINARY";

void event_put(struct buffer *out, const struct event_types *types, const struct event_place *place,
               const struct log *log, const struct decoded_log *decoded)
{
    static_assert(sizeof log->topics == 4 * sizeof(struct hash), "topics lie side by side");
    int32_t log_index = (int32_t)log->index, tx_index = (int32_t)log->tx_index;
    struct slice topics = {log->topics[0].b, log->n_topics * sizeof(struct hash)};
    bool undecodable = decoded->event != NULL && decoded->values == NULL;
    copy_begin(out, 12);
    copy_value(out, T_I64, &place->block);
    copy_value(out, T_I32, &log_index);
    copy_value(out, T_U64, &place->number);
    copy_value(out, T_I32, &tx_index);
    copy_value(out, T_HASH, &log->tx_hash);
    copy_value(out, T_ADDRESS, &log->address);
    copy_value(out, T_BYTES, &topics);
    copy_value(out, T_BYTES, &log->data);
    copy_value(out, T_I16, decoded->event == NULL ? NULL : &types->id[decoded->event->id]);
    copy_value(out, T_BOOL, &undecodable);
    copy_value(out, T_ADDRESS, &decoded->subject);
    copy_value(out, T_I32, &place->generation);
}

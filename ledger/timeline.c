/* ledger/timeline.c - see timeline.h: the list of timelines, reading many keys at once. */
#include "ledger/timeline.h"

#include <assert.h>
#include <string.h>

static const struct record delegate_record = RECORD(delegate_row, FIELD(delegate_row, delegator),
                                                    FIELD(delegate_row, token), FIELD(delegate_row, position),
                                                    FIELD(delegate_row, log_index), FIELD(delegate_row, delegate));
static const struct record inconsistency_record =
    RECORD(inconsistency_row, FIELD(inconsistency_row, contract), FIELD(inconsistency_row, position),
           FIELD(inconsistency_row, log_index), FIELD(inconsistency_row, reason));
static const struct record vault_asset_record =
    RECORD(vault_asset_row, FIELD(vault_asset_row, vault), FIELD(vault_asset_row, position),
           FIELD(vault_asset_row, log_index), FIELD(vault_asset_row, asset));
static const struct record paused_record = RECORD(paused_row, FIELD(paused_row, contract), FIELD(paused_row, position),
                                                  FIELD(paused_row, log_index), FIELD(paused_row, paused));

const struct timeline_def timeline_table[TIMELINE_COUNT] = {
    [TIMELINE_DELEGATE] = {"delegate", &delegate_record, 2, 40, 0x10,
                           "SELECT t.* FROM unnest($1::text::bytea[], $2::text::bytea[]) AS k (delegator, token)"
                           " CROSS JOIN LATERAL (SELECT delegator, token, position, log_index, delegate FROM delegate d"
                           "   WHERE d.delegator = k.delegator AND d.token = k.token AND d.position < $3"
                           "   ORDER BY d.position DESC LIMIT 1) t",
                           "COPY delegate (delegator, token, position, log_index, delegate) FROM STDIN BINARY",
                           "SELECT delegator, token, position, log_index, delegate FROM delegate"
                           " WHERE position >= $1 AND position < $2 ORDER BY position"},
    [TIMELINE_INCONSISTENCY] = {"inconsistency", &inconsistency_record, 1, 20, 0x11,
                                "SELECT t.* FROM unnest($1::text::bytea[]) AS k (contract)"
                                " CROSS JOIN LATERAL (SELECT contract, position, log_index, reason FROM inconsistency i"
                                "   WHERE i.contract = k.contract AND i.position < $2"
                                "   ORDER BY i.position DESC LIMIT 1) t",
                                "COPY inconsistency (contract, position, log_index, reason) FROM STDIN BINARY",
                                "SELECT contract, position, log_index, reason FROM inconsistency"
                                " WHERE position >= $1 AND position < $2 ORDER BY position"},
    [TIMELINE_VAULT_ASSET] = {"vault_asset", &vault_asset_record, 1, 20, 0x12,
                              "SELECT t.* FROM unnest($1::text::bytea[]) AS k (vault)"
                              " CROSS JOIN LATERAL (SELECT vault, position, log_index, asset FROM vault_asset v"
                              "   WHERE v.vault = k.vault AND v.position < $2"
                              "   ORDER BY v.position DESC LIMIT 1) t",
                              "COPY vault_asset (vault, position, log_index, asset) FROM STDIN BINARY",
                              "SELECT vault, position, log_index, asset FROM vault_asset"
                              " WHERE position >= $1 AND position < $2 ORDER BY position"},
    [TIMELINE_PAUSED] = {"paused", &paused_record, 1, 20, 0x13,
                         "SELECT t.* FROM unnest($1::text::bytea[]) AS k (contract)"
                         " CROSS JOIN LATERAL (SELECT contract, position, log_index, paused FROM paused p"
                         "   WHERE p.contract = k.contract AND p.position < $2"
                         "   ORDER BY p.position DESC LIMIT 1) t",
                         "COPY paused (contract, position, log_index, paused) FROM STDIN BINARY",
                         "SELECT contract, position, log_index, paused FROM paused"
                         " WHERE position >= $1 AND position < $2 ORDER BY position"},
};

void timeline_init(struct timeline *t, enum timeline_id id)
{
    *t = (struct timeline){.def = &timeline_table[id]};
    map_init(&t->last, t->def->key_size, TIMELINE_ROW_OFFSET + t->def->row->size);
    map_init(&t->needs, t->def->key_size, 0);
}

void timeline_done(struct timeline *t)
{
    map_done(&t->last);
    map_done(&t->needs);
    buffer_done(&t->out);
}

void timeline_forget(struct timeline *t)
{
    map_clear(&t->last);
    map_clear(&t->needs);
    buffer_reset(&t->out);
    t->n_out = 0;
}

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

enum { TIMELINE_KEY_MAX = 4 };

enum err timeline_fetch(struct timeline *t, struct db *db, uint64_t before, struct arena *arena)
{
    const struct timeline_def *def = t->def;
    if (t->needs.n == 0)
        return OK;
    assert(def->n_key <= TIMELINE_KEY_MAX);
    AUTO_ARENA scratch = {0};
    struct param in[TIMELINE_KEY_MAX + 1];
    for (size_t f = 0; f < def->n_key; f++) {
        AUTO_BUFFER text = {0};
        array_text_begin(&text);
        for (size_t i = 0; i < t->needs.n; i++)
            array_text_value(&text, def->row->fields[f].type,
                             (const uint8_t *)map_key_at(&t->needs, i) + def->row->fields[f].offset);
        const char *literal = array_text_end(&text);
        in[f] = (struct param){T_TEXT, arena_text(&scratch, literal, strlen(literal))};
    }
    in[def->n_key] = (struct param){T_U64, &before};
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, def->select_sql, in, def->n_key + 1, &rows));

    for (size_t i = 0; i < t->needs.n; i++) {
        bool added;
        map_put(&t->last, map_key_at(&t->needs, i), &added);
    }
    uint8_t *row = arena_take(&scratch, def->row->size);
    for (size_t i = 0; i < rows_count(rows); i++) {
        rows_read(rows, i, def->row, arena, row);
        struct timeline_slot *slot = map_get(&t->last, row);
        assert(slot != NULL);
        slot->present = true;
        memcpy((uint8_t *)slot + TIMELINE_ROW_OFFSET, row, def->row->size);
    }
    map_clear(&t->needs);
    return OK;
}

/* governance/door_prepare.c - keys and spaces of the service: written into the log where it does not have them; see door_batch.h. */
#include <string.h>

#include "governance/door_batch.h"

const struct space *batch_space(const struct batch *b, const char *id)
{
    for (size_t i = 0; i < b->door->n_spaces; i++)
        if (strcmp(b->door->spaces[i].id, id) == 0)
            return &b->door->spaces[i];
    return NULL;
}

static void append_own(struct batch *b, enum message_kind kind, const char *space, const struct buffer *text)
{
    struct slice entry = {text->p, text->n};
    const struct message_row row = {.kind = (int16_t)kind, .digest = keccak(entry), .space = space, .stamp = b->now};
    batch_append(b, &row, entry, NULL);
}

/* Processes with other keys may serve the same log: every key that signs is recorded before it signs. */
static enum err prepare_keys(struct batch *b)
{
    const struct keys *keys = b->door->keys;
    struct hash log_key;
    AUTO_ROWS rows = NULL;
    AUTO_BUFFER text = {0};
    memcpy(log_key.b, keys->note.public_key, sizeof log_key.b);
    TRY(db_query(b->db,
                 "SELECT FROM governance.key k WHERE k.origin = $1 AND k.log_key = $2 AND k.receipts = $3 LIMIT 1",
                 WITH(IN(keys->note.origin), IN(&log_key), IN(&keys->receipts_address)), &rows));
    if (rows_count(rows) > 0)
        return OK;
    entry_write_key(keys->note.origin, keys->note.public_key, keys->receipts_address, b->now, &text);
    const struct key_row row = {.position = b->frontier.size,
                                .origin = keys->note.origin,
                                .log_key = log_key,
                                .receipts = keys->receipts_address};
    append_own(b, MESSAGE_KEY, "", &text);
    log_rows_put(&b->rows, LOG_KEY, &row);
    return OK;
}

static void prepare_space(struct batch *b, const struct rows *stored, const struct space *space)
{
    enum { ID, PARAMETERS };
    AUTO_BUFFER parameters = {0};
    AUTO_BUFFER text = {0};
    space_write(space, &parameters);
    const char *now = arena_text(b->arena, (const char *)parameters.p, parameters.n);
    for (size_t i = 0; i < rows_count(stored); i++)
        if (strcmp(rows_text(stored, i, ID), space->id) == 0 && strcmp(rows_text(stored, i, PARAMETERS), now) == 0)
            return;
    entry_write_space(now, b->now, &text);
    const struct space_row row = {.id = space->id,
                                  .position = b->frontier.size,
                                  .effective = b->now,
                                  .parameters = now};
    append_own(b, MESSAGE_SPACE, space->id, &text);
    log_rows_put(&b->rows, LOG_SPACE, &row);
}

static enum err prepare_spaces(struct batch *b)
{
    struct door *d = b->door;
    AUTO_ROWS file = NULL;
    AUTO_ROWS stored = NULL;
    AUTO_JSON json = NULL;
    TRY(db_query(b->db, "SELECT c.network FROM mirror.cursor c", WITH_NOTHING, &file));
    const char *text = rows_text(file, 0, 0);
    TRY(json_parse(text, strlen(text), JSON_DEPTH_MAX, &json));
    arena_reset(&d->arena);
    d->n_spaces = 0;
    TRY(spaces_parse(json, &d->arena, &d->spaces, &d->n_spaces));
    TRY(db_query(b->db,
                 "SELECT DISTINCT ON (s.id) s.id, s.parameters FROM governance.space s ORDER BY s.id, s.position DESC",
                 WITH_NOTHING, &stored));
    for (size_t i = 0; i < d->n_spaces; i++)
        prepare_space(b, stored, &d->spaces[i]);
    return OK;
}

enum err batch_prepare(struct batch *b)
{
    struct door *d = b->door;
    if (!b->facts->has_network)
        return err_with(ERR_SYNCING, "nothing is mirrored yet");
    if (d->prepared && hash_equal(d->network, b->facts->network))
        return OK;
    TRY(prepare_keys(b));
    TRY(prepare_spaces(b));
    d->prepared = true; /* door.c takes it back if this batch is not committed */
    d->network = b->facts->network;
    return OK;
}

/* governance/log_export.c - see log_export.h. */
#include "governance/log_export.h"

static void write_header(uint64_t chain_id, uint64_t size, struct buffer *out)
{
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "log"), jw_object(&j);
    jw_key(&j, "chain_id"), jw_u64(&j, chain_id);
    jw_key(&j, "format"), jw_u64(&j, BUNDLE_FORMAT);
    jw_key(&j, "size"), jw_u64(&j, size);
    jw_object_end(&j);
    jw_object_end(&j);
    buffer_u8(out, '\n');
}

static void write_checkpoint(uint64_t size, struct hash root, struct instant received, const char *note,
                             struct buffer *out)
{
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "checkpoint"), jw_object(&j);
    jw_key(&j, "note"), jw_text(&j, note);
    jw_key(&j, "received"), jw_time(&j, received);
    jw_key(&j, "root"), jw_hash(&j, root);
    jw_key(&j, "size"), jw_u64(&j, size);
    jw_object_end(&j);
    jw_object_end(&j);
    buffer_u8(out, '\n');
}

static enum err write_rows(const struct rows *rows, const struct sink *sink, struct buffer *out)
{
    enum { POSITION, ENTRY, RECEIPT, SIZE, ROOT, RECEIVED, NOTE };
    for (size_t i = 0; i < rows_count(rows); i++) {
        uint64_t position = rows_u64(rows, i, POSITION), size = rows_u64(rows, i, SIZE);
        struct hash root = rows_hash(rows, i, ROOT);
        bundle_write_entry(position, rows_bytes(rows, i, ENTRY), size, root, rows_bytes(rows, i, RECEIPT), out);
        buffer_u8(out, '\n');
        if (position + 1 == size)
            write_checkpoint(size, root, rows_time(rows, i, RECEIVED), rows_text(rows, i, NOTE), out);
        TRY(sink_flush(sink, out, SINK_PIECE));
    }
    return OK;
}

static enum err write_all(struct db *db, const struct sink *sink, struct buffer *out, uint64_t *entries)
{
    struct rows *rows = NULL;
    TRY(db_stream_begin(
        db,
        "SELECT m.position, m.entry, m.receipt, m.size, c.root, c.received, c.note"
        " FROM governance.message m JOIN governance.checkpoint c ON c.size = m.size ORDER BY m.position",
        WITH_NOTHING));
    enum err e = db_stream_next(db, &rows);
    while (e == OK && rows != NULL) {
        e = write_rows(rows, sink, out);
        *entries += rows_count(rows);
        rows_done(&rows);
        if (e == OK)
            e = db_stream_next(db, &rows);
    }
    rows_done(&rows);
    if (e != OK)
        db_stream_stop(db);
    return e == OK ? sink_flush(sink, out, 0) : e;
}

enum err log_export(struct db *db, const struct sink *sink, uint64_t *entries)
{
    AUTO_ROWS rows = NULL;
    AUTO_BUFFER out = {0};
    uint64_t written = 0;
    TRY(db_query(
        db,
        "SELECT c.chain_id, coalesce((SELECT max(k.size) FROM governance.checkpoint k), 0) FROM mirror.cursor c"
        " WHERE c.chain_id IS NOT NULL",
        WITH_NOTHING, &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_SYNCING, "nothing is mirrored yet");
    uint64_t size = rows_u64(rows, 0, 1);
    write_header(rows_u64(rows, 0, 0), size, &out);
    TRY(write_all(db, sink, &out, &written));
    if (written != size)
        return err_with(ERR_INTERNAL, "the log has %llu entries, of which %llu are stored", (unsigned long long)size,
                        (unsigned long long)written);
    *entries = written;
    return OK;
}

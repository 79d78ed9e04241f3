/* api/receipts.c - one signed message by its id, and the receipt by which the service binds itself to it. */
#include "governance/receipt.h"

#include <string.h>

#include "api/log.h"
#include "api/nested.h"
#include "api/render.h"
#include "api/routes.h"
#include "api/sql.h"

/* ---- messages ---- */

static enum err message_ask(const struct request *r, struct statement *s)
{
    s->sql =
        "SELECT m.digest, m.kind, " SQL_MESSAGE_AUTHOR ", " SQL_MESSAGE_SPACE ", " SQL_MESSAGE_PROPOSAL
        ", m.stamp, m.received, m.position, m.leaf, (e.entry -> 'envelope')::text, (e.entry -> 'evidence')::text,"
        " coalesce(e.entry -> 'key', e.entry -> 'space')::text, '/v1/receipts/' || " SQL_HEX(
            "m.digest") ", (SELECT max(c.size) FROM governance.checkpoint c) FROM governance.message m"
                        " CROSS JOIN LATERAL (SELECT convert_from(m.entry, 'UTF8')::json AS entry) e WHERE m.digest = $1";
    statement_value(s, r, "id");
    return OK;
}

static enum err message_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    render_members(&reply->json, r->route->members, rows, 0, 0);
    return OK;
}

/* ---- receipts ---- */

struct receipt_row {
    struct hash digest, root;
    uint64_t position, size, chain_id;
    struct instant received;
    struct slice receipt;
};
static const struct record receipt_record = RECORD(receipt_row, FIELD(receipt_row, digest), FIELD(receipt_row, root),
                                                   FIELD(receipt_row, position), FIELD(receipt_row, size),
                                                   FIELD(receipt_row, chain_id), FIELD(receipt_row, received),
                                                   FIELD(receipt_row, receipt));

static enum err read_receipt(const struct request *r, struct db *db, struct receipt_row *out)
{
    struct hash id = request_value(r, "id")->hash;
    enum err e = db_one(db,
                        "SELECT m.digest, c.root, m.position, m.size, u.chain_id, m.received, m.receipt"
                        " FROM governance.message m JOIN governance.checkpoint c ON c.size = m.size"
                        " CROSS JOIN mirror.cursor u WHERE m.digest = $1",
                        WITH(IN(&id)), &receipt_record, r->arena, out);
    return e == ERR_NOT_FOUND ? err_with(ERR_NOT_FOUND, "id: the log has no message of that digest") : e;
}

static enum err write_receipt(struct json_writer *w, const struct receipt_row *row)
{
    struct signature signature;
    struct address signer;
    struct receipt receipt = {.message = row->digest,
                              .position = row->position,
                              .size = row->size,
                              .root = row->root,
                              .time = row->received};
    if (signature_parse(row->receipt, &signature) != OK ||
        signature_recover(&signature, receipt_digest(row->chain_id, &receipt), &signer) != OK)
        return err_with(ERR_INTERNAL, "the stored receipt is damaged");
    jw_key(w, "message");
    jw_hash(w, row->digest);
    jw_key(w, "position");
    jw_u64(w, row->position);
    jw_key(w, "size");
    jw_u64(w, row->size);
    jw_key(w, "root");
    jw_hash(w, row->root);
    jw_key(w, "time");
    jw_time(w, row->received);
    jw_key(w, "signature");
    jw_hex(w, row->receipt);
    jw_key(w, "signer");
    jw_address(w, signer);
    jw_key(w, "typed_data");
    receipt_write(w, row->chain_id, &receipt);
    return OK;
}

static enum err write_inclusion(struct json_writer *w, struct db *db, uint64_t position, uint64_t size)
{
    struct log_included in;
    TRY(log_included_read(db, position, size, &in));
    jw_key(w, "inclusion");
    jw_object(w);
    log_included_write(w, size, &in);
    jw_object_end(w);
    return OK;
}

static enum err write_checkpoint(struct json_writer *w, struct db *db, uint64_t size)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT c.note FROM governance.checkpoint c WHERE c.size = $1", WITH(IN(&size)), &rows));
    jw_key(w, "checkpoint");
    if (rows_count(rows) == 0)
        jw_null(w);
    else
        jw_text(w, rows_text(rows, 0, 0));
    return OK;
}

static enum err receipt_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct receipt_row row;
    struct log_end end;
    uint64_t size;
    TRY(read_receipt(r, db, &row));
    TRY(log_end_read(db, r->arena, &end));
    TRY(log_size_asked(r, "size", row.size, end.size, &size));
    if (size <= row.position)
        return err_with(ERR_FIELD, "size: must be above the message's position");
    log_size_write(&reply->json, end.size);
    TRY(write_receipt(&reply->json, &row));
    TRY(write_inclusion(&reply->json, db, row.position, size));
    return write_checkpoint(&reply->json, db, size);
}

static const struct member inclusion_members[] = {LOG_INCLUDED_MEMBERS, {0}};

#define ID_PARAMETER                                                                   \
    {                                                                                  \
        .name = "id", .type = PARAMETER_HASH, .about = "The message's EIP-712 digest." \
    }

const struct route receipts_routes[] =
    {{.method = "GET",
      .path = "/v1/messages/{id}",
      .about = "A message that was accepted, as it was signed.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(ID_PARAMETER),
      .members =
          MEMBERS(MESSAGE_ID_MEMBER, MESSAGE_KIND_MEMBER, MESSAGE_SUBJECT_MEMBERS,
                  {.name = "timestamp", .type = T_TIME, .about = "The message's own."},
                  {.name = "received", .type = T_TIME, .about = "When it was accepted, by the service's clock."},
                  {.name = "position", .type = T_U64, .about = "Its place in the log, from 0."},
                  {.name = "leaf", .type = T_HASH, .about = "SHA-256(0x00 || entry)."},
                  {.name = "envelope",
                   .nest = NEST_ANY,
                   .nullable = true,
                   .write = offchain_write_json,
                   .about = "{address, sig, data} as it was sent; null: the service's own entry."},
                  {.name = "evidence",
                   .nest = NEST_ANY,
                   .nullable = true,
                   .write = offchain_write_json,
                   .about =
                       "What a contract wallet answered (ERC-1271): block_hash, block_number, returned; null: ECDSA."},
                  {.name = "recorded",
                   .nest = NEST_ANY,
                   .nullable = true,
                   .write = offchain_write_json,
                   .about = "What the service itself recorded: its keys, or parameters of a space; null: a message."},
                  {.name = "receipt_url", .type = T_TEXT, .about = "Where its receipt is."}, LOG_SIZE_MEMBER),
      .ask = message_ask,
      .answer = message_answer},
     {.method = "GET",
      .path = "/v1/receipts/{id}",
      .about = "The receipt of a message: the service's signed statement of its place in the log, with a proof of it.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .parameters =
          PARAMETERS(ID_PARAMETER,
                     {.name = "size",
                      .type = PARAMETER_U64,
                      .about = "Prove inclusion in the log of so many entries; default: that of the receipt."}),
      .members =
          MEMBERS(LOG_SIZE_MEMBER, {.name = "message", .type = T_HASH, .about = "Digest of the message."},
                  {.name = "position", .type = T_U64, .about = "Place of its entry in the log, from 0."},
                  {.name = "size", .type = T_U64, .about = "Size of the log's checkpoint that first holds it."},
                  {.name = "root", .type = T_HASH, .about = "Root of that checkpoint."},
                  {.name = "time", .type = T_TIME, .about = "When it was accepted."},
                  {.name = "signature", .type = T_BYTES, .about = "r || s || v over typed_data (EIP-712)."},
                  {.name = "signer",
                   .type = T_ADDRESS,
                   .about = "Whose signature it is: one of the keys that the log names (/v1/log), from its entry on."},
                  {.name = "typed_data",
                   .nest = NEST_ANY,
                   .about = "What was signed: domain, types, primaryType, message (EIP-712)."},
                  {.name = "inclusion",
                   .nest = NEST_OBJECT,
                   .members = inclusion_members,
                   .about = "That the entry is in the log."},
                  {.name = "checkpoint",
                   .type = T_TEXT,
                   .nullable = true,
                   .about =
                       "The signed note of the size that the inclusion is for; null: the log had none of that size."}),
      .run = receipt_run},
     {0}};

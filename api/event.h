/* api/event.h - an event as the API shows it: the columns that a statement must yield, their names, their writers. */
#ifndef API_EVENT_H
#define API_EVENT_H

#include "api/route.h"

/* Columns of one event, in this order. Of rows `v` (mirror.event), `b` (mirror.block: hash, time), `t`
 * (mirror.event_type, may be absent), `f` (mirror.cursor: safe_number, finalized_number) and the boolean expression
 * `retracted`. */
enum {
    EVENT_ID,
    EVENT_TYPE,
    EVENT_BLOCK_NUMBER,
    EVENT_LOG_INDEX,
    EVENT_TX_HASH,
    EVENT_FINALITY,
    EVENT_SUBJECT,
    EVENT_DATA,
    EVENT_RETRACTED,
    EVENT_CONTRACT,
    EVENT_BLOCK_HASH,
    EVENT_BLOCK_TIME,
    EVENT_TX_INDEX,
    EVENT_UNDECODABLE,
    EVENT_RAW,
    EVENT_COLUMNS
};
/* clang-format off */
#define SQL_EVENT_COLUMNS(retracted)                                                                                  \
    " '0x' || encode(b.hash, 'hex') || '-' || v.log_index AS id, t.name AS type, v.number AS block_number,"           \
    " v.log_index, v.tx_hash,"                                                                                        \
    " CASE WHEN " retracted " THEN NULL WHEN v.number <= f.finalized_number THEN 'finalized'"                         \
    "  WHEN v.number <= f.safe_number THEN 'safe' ELSE 'latest' END AS finality,"                                     \
    " v.subject, t.signature AS data, " retracted " AS retracted, v.contract, b.hash AS block_hash, b.time AS"        \
    " block_time,"                                                                                                    \
    " v.tx_index, v.undecodable,"                                                                                     \
    " set_byte('\\x00', 0, octet_length(v.topics) / 32) || v.topics || v.data AS raw"
/* clang-format on */

/* Writers of the two members that are made of several columns; `column` is that of the member. */
void event_write_data(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void event_write_raw(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

/* The members of an event whose columns begin at `first`. */
void event_write_members(struct json_writer *w, const struct rows *rows, size_t row, size_t first);

/* "0x<block hash>-<log index>", the id of what a log made. False: no id that a log can have. */
bool event_id_parse(const char *text, struct hash *block, int32_t *log_index);

extern const struct member event_raw_members[];
#define EVENT_MEMBERS                                                                                              \
    {.name = "id", .type = T_TEXT, .about = "Block hash and log index; the same in every replay."},                \
        {.name = "type",                                                                                           \
         .type = T_TEXT,                                                                                           \
         .nullable = true,                                                                                         \
         .about = "Contract group and event; null if this kind of contract declares none."},                       \
        {.name = "block_number", .type = T_U64, .about = "The block it stands in."},                               \
        {.name = "log_index", .type = T_U64, .about = "Its place in the block."},                                  \
        {.name = "tx_hash", .type = T_HASH, .about = "The transaction."},                                          \
        {.name = "finality",                                                                                       \
         .type = T_TEXT,                                                                                           \
         .nullable = true,                                                                                         \
         .about = "latest, safe or finalized; null if retracted."},                                                \
        {.name = "subject", .type = T_ADDRESS, .about = "Its first argument of type address, else the contract."}, \
        {.name = "data",                                                                                           \
         .nest = NEST_ANY,                                                                                         \
         .write = event_write_data,                                                                                \
         .about = "The decoded arguments; {} if they cannot be."},                                                 \
        {.name = "retracted", .type = T_BOOL, .about = "Whether a reorg took its block off the chain."},           \
        {.name = "contract", .type = T_ADDRESS, .about = "Who emitted it."},                                       \
        {.name = "block_hash", .type = T_HASH, .about = "Hash of its block."},                                     \
        {.name = "block_time", .type = T_TIME, .about = "Time of its block."},                                     \
        {.name = "tx_index", .type = T_U64, .about = "The transaction's place in the block."},                     \
        {.name = "undecodable", .type = T_BOOL, .about = "The type is known but the bytes do not fit it."},        \
    {                                                                                                              \
        .name = "raw", .nest = NEST_OBJECT, .members = event_raw_members, .write = event_write_raw,                \
        .about = "The log as it came."                                                                             \
    }

#endif

/* api/log.h - what answers about the message log share: its size, whose keys sign it, and proofs in it. */
#ifndef API_LOG_H
#define API_LOG_H

#include "api/offchain.h"
#include "governance/log.h"

/* Columns of governance.message m: what does not apply is NULL. */
#define SQL_MESSAGE_AUTHOR   "nullif(m.author, " SQL_ZERO_ADDRESS ") AS author"
#define SQL_MESSAGE_SPACE    "nullif(m.space, '') AS space"
#define SQL_MESSAGE_PROPOSAL "nullif(m.proposal, decode(repeat('00', 32), 'hex')) AS proposal"
/* The name of a kind, from its number. */
void log_kind_write(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
/* What an entry and a message are called alike. */
#define MESSAGE_KIND_MEMBER                                                                \
    {                                                                                      \
        .name = "kind", .type = T_TEXT, .write = log_kind_write,                           \
        .about = "key, space, proposal, update-proposal, cancel-proposal, vote, or alias." \
    }
#define MESSAGE_ID_MEMBER                                                                                              \
    {                                                                                                                  \
        .name = "id", .type = T_HASH, .about = "EIP-712 digest; of the service's own entries Keccak-256 of the entry." \
    }
#define MESSAGE_SUBJECT_MEMBERS                                                                                        \
    {.name = "author", .type = T_ADDRESS, .nullable = true, .about = "Whose message it is; null: the service's own."}, \
        {.name = "space", .type = T_TEXT, .nullable = true, .about = "Its space, if it belongs to one."},              \
    {                                                                                                                  \
        .name = "proposal", .type = T_HASH, .nullable = true,                                                          \
        .about = "The off-chain proposal that it makes, changes, cancels or votes on."                                 \
    }

/* Of the last checkpoint. ERR_NOT_FOUND: the log is empty. */
struct log_end {
    uint64_t size;
    struct hash root;
    struct instant received;
    const char *note;
};
MUST_CHECK enum err log_end_read(struct db *db, struct arena *arena, struct log_end *out);

/* "log_size": N */
void log_size_write(struct json_writer *w, uint64_t size);

/* The leaf at a position, the root of the first `size` entries, and the way from one to the other. The caller has checked that the
 * log has so many. */
struct log_included {
    struct hash leaf, root, proof[PROOF_MAX];
    size_t n;
};
MUST_CHECK enum err log_included_read(struct db *db, uint64_t position, uint64_t size, struct log_included *out);
/* Its members, inside an object. */
void log_included_write(struct json_writer *w, uint64_t size, const struct log_included *in);
#define LOG_INCLUDED_MEMBERS                                                               \
    {.name = "size", .type = T_U64, .about = "Entries of the log that the proof is for."}, \
        {.name = "leaf", .type = T_HASH, .about = "SHA-256(0x00 || entry)."},              \
        {.name = "root", .type = T_HASH, .about = "Merkle tree hash of so many entries."}, \
    {                                                                                      \
        .name = "proof", .type = T_HASH, .nest = NEST_SCALARS,                             \
        .about = "Siblings on the way up from the leaf to the root."                       \
    }
/* The size that a request names, else `otherwise`. ERR_NOT_FOUND: more than the log has; ERR_FIELD: does not hold the position. */
MUST_CHECK enum err log_size_asked(const struct request *r, const char *name, uint64_t otherwise, uint64_t log_size,
                                   uint64_t *out);

#endif

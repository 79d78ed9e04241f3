/* ledger/mirror/member.h - read the members of Ethereum's JSON objects: hashes, addresses, quantities, data.
 *
 * Every function answers ERR_FIELD if the member is missing, is not a string, or does not have the form; the detail names
 * it ("logIndex: not a quantity"). Forms: JSON-RPC's hex value encoding (quantity without leading zeros, data of an even
 * number of digits). */
#ifndef LEDGER_MIRROR_MEMBER_H
#define LEDGER_MIRROR_MEMBER_H

#include "ledger/core/arena.h"
#include "ledger/core/bytes.h"
#include "ledger/core/json.h"

/* Absent or null: the two are one in answers of nodes. */
bool member_absent(const json_t *object, const char *name);

MUST_CHECK enum err member_hash(const json_t *object, const char *name, struct hash *out);
MUST_CHECK enum err member_address(const json_t *object, const char *name, struct address *out);
MUST_CHECK enum err member_u64(const json_t *object, const char *name, uint64_t *out);
/* As member_u64; ERR_FIELD also above max. */
MUST_CHECK enum err member_number(const json_t *object, const char *name, uint64_t max, uint64_t *out);
/* Exactly n bytes of data. */
MUST_CHECK enum err member_fixed(const json_t *object, const char *name, uint8_t *out, size_t n);
/* Data of any length, decoded into the arena. */
MUST_CHECK enum err member_data(const json_t *object, const char *name, struct arena *arena, struct slice *out);
/* A quantity of up to 256 bits as 32 big-endian bytes. */
MUST_CHECK enum err member_integer(const json_t *object, const char *name, uint8_t out[32]);
/* An array; ERR_FIELD if it is something else. */
MUST_CHECK enum err member_array(const json_t *object, const char *name, const json_t **out);

#endif

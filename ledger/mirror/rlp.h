/* ledger/mirror/rlp.h - write Recursive Length Prefix (Yellow Paper, appendix B) into a buffer.
 *
 * Only what hashing needs is here: writing. Integers are big-endian without leading zeros, zero is the empty string. */
#ifndef LEDGER_MIRROR_RLP_H
#define LEDGER_MIRROR_RLP_H

#include "ledger/core/arena.h"
#include "ledger/core/bytes.h"

void rlp_bytes(struct buffer *b, const void *p, size_t n);
void rlp_u64(struct buffer *b, uint64_t v);
/* A big-endian integer of n bytes; leading zeros are dropped. */
void rlp_integer(struct buffer *b, const uint8_t *be, size_t n);
/* What is written between begin and end becomes one list. begin returns what end wants. */
size_t rlp_list_begin(struct buffer *b);
void rlp_list_end(struct buffer *b, size_t begin);

#endif

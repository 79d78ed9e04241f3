/* ledger/mirror/apply.h - from logs to rules: which event of which contract kind changes which books.
 *
 * Decoding is done once per log (on the source's thread); applying walks blocks in strict (block, log index) order. An
 * event without a rule is kept, hashed into the block's root and listed, and changes no book. */
#ifndef LEDGER_MIRROR_APPLY_H
#define LEDGER_MIRROR_APPLY_H

#include "ledger/books.h"
#include "ledger/mirror/abi.h"

/* A log with what its ABI says of it. */
struct decoded_log {
    const struct contract *contract;
    const struct abi_event *event;  /* NULL: this kind of contract declares no such event */
    const struct abi_value *values; /* NULL: unknown or undecodable */
    struct address subject;
};

/* Once, after abi_setup and before any thread. */
void apply_setup(void);
/* Handlers of a layer above (ledger/event.h), for events that have no rule here; after apply_setup, before any thread. */
void apply_add_handlers(const struct event_handler_row *table);
/* One decoded_log per log of the block, in the arena. The block's logs are all of watched contracts. */
struct decoded_log *decode_block(const struct network *network, const struct block *block, struct arena *arena);
/* books_block_begin .. books_block_end for one block. */
void apply_block(struct books *b, const struct network *network, const struct block *block,
                 const struct decoded_log *decoded);
/* The whole life of a batch up to settled books: apply, read what was needed, apply again. Afterwards its rows stand in the
 * out buffers. Database errors; ERR_INTERNAL: a rule asks for ever more. The blocks are those that apply_fit said. */
MUST_CHECK enum err apply_batch(struct books *b, struct db *db, const struct network *network,
                                const struct block *blocks, struct decoded_log *const *decoded, size_t n);
/* How many of the blocks may be one batch, at least 1 (reward_days_fit); *closes: the first closes days that may have to pay. */
MUST_CHECK enum err apply_fit(struct books *b, struct db *db, const struct network *network, const struct block *blocks,
                              size_t n, size_t *fit, bool *closes);

#endif

/* ledger/event.h - a decoded event as layers above the ledger see it, and tables of their handlers.
 *
 * The mirror decodes logs and applies them; what an event means to governance is said by a table that governance hands to it
 * (apply_add_handlers), so that no call goes up. A handler is a rule: pure, from (books, event) to new rows. */
#ifndef LEDGER_EVENT_H
#define LEDGER_EVENT_H

#include <assert.h>
#include <string.h>

#include "ledger/books.h"

enum abi_kind {
    ABI_UINT,
    ABI_INT,
    ABI_ADDRESS,
    ABI_BOOL,
    ABI_FIXED_BYTES,
    ABI_BYTES,
    ABI_STRING,
    ABI_ARRAY,
    ABI_TUPLE
};

/* A decoded argument; `bytes` point into the log. Indexed dynamic arguments are their hash only (kind ABI_FIXED_BYTES,
 * 32 bytes). */
struct abi_value {
    enum abi_kind kind;
    struct amount number; /* uint; bool: 0 or 1; int: magnitude */
    bool negative;        /* int */
    struct address address;
    struct slice bytes;      /* fixed bytes, bytes, string (not necessarily UTF-8) */
    struct abi_value *items; /* array, tuple */
    size_t n_items;
};

/* A uint32 argument, or a smaller one: the decoder refuses what is none. */
static inline int64_t abi_u32(const struct abi_value *v)
{
    uint64_t n = 0;
    enum err e = amount_to_u64(v->number, &n);
    assert(e == OK && n <= UINT32_MAX);
    return (int64_t)n;
}

/* A bytes32 argument. */
static inline struct hash abi_hash(const struct abi_value *v)
{
    struct hash h;
    memcpy(h.b, v->bytes.p, sizeof h.b);
    return h;
}

struct event {
    uint64_t chain_id;
    struct address emitter;
    uint64_t block_number;
    struct instant block_time;
    struct hash tx_hash;
    const struct abi_value *values; /* the arguments in declared order */
    /* The emitter's entry in the network file. */
    bool has_token, has_timelock;
    struct address token, timelock;
    bool clock_is_time; /* EIP-6372: its timepoints are unix seconds, not block numbers */
};

typedef void event_handler(struct books *b, const struct event *e);

/* A row of a table that ends with {0}: which event (group and signature of the event table), and what it does. */
struct event_handler_row {
    const char *group, *signature;
    event_handler *apply;
};

#endif

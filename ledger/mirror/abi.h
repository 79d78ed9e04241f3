/* ledger/mirror/abi.h - event ABIs as data, and one decoder that survives any bytes.
 *
 * abi_table.c holds rows {group, Solidity event declaration}; topic0 is computed from them at start. Which groups a
 * contract kind emits is a table too. An event is found by (kind of the emitter, topic0, number of topics), never by
 * topic0 alone. Data that does not fit its declaration is ERR_UNDECODABLE: kept raw, never a crash.
 * Rules: https://docs.soliditylang.org/en/v0.8.28/abi-spec.html (strict: offsets inside the data, no dirty padding of
 * addresses, bools 0/1, integers in range). */
#ifndef LEDGER_MIRROR_ABI_H
#define LEDGER_MIRROR_ABI_H

#include "ledger/core/json.h"
#include "ledger/event.h"
#include "ledger/mirror/block.h"
#include "ledger/mirror/network.h"

struct abi_type {
    enum abi_kind kind;
    unsigned bits;                /* uint, int: 8..256; fixed bytes: 8 * n */
    const struct abi_type *items; /* array: the element; tuple: the members */
    const char *const *names;     /* tuple: the members' names */
    size_t n;                     /* tuple: members; array: fixed length, or 0 for dynamic */
};

struct abi_input {
    const char *name;
    bool indexed;
    struct abi_type type;
};

struct abi_event {
    const char *group;     /* "ERC20" */
    const char *name;      /* "Transfer" */
    const char *type;      /* "ERC20.Transfer": the public name, unique together with the signature */
    const char *signature; /* "Transfer(address,address,uint256)" */
    struct hash topic0;
    unsigned n_topics; /* 1 + indexed inputs */
    const struct abi_input *inputs;
    size_t n_inputs;
    uint32_t id; /* index in the table of this build; dense from 0; never stored */
};

/* Once, before any thread. */
void abi_setup(void);
size_t abi_count(void);
const struct abi_event *abi_at(size_t i);
/* NULL: this kind of contract has no such event. */
const struct abi_event *abi_find(enum contract_kind kind, const struct log *log);
/* The event by public name ("ERC20.Transfer") for filters; several versions share none: returns how many were written. */
size_t abi_by_type(const char *type, const struct abi_event **out, size_t max);
const struct abi_event *abi_by_signature(const char *group, const char *signature);

/* Decode into event->n_inputs values, in declared order. ERR_UNDECODABLE (detail: where). Bounded: never more than
 * ABI_ITEMS_MAX values, ABI_DEPTH_MAX levels. */
enum { ABI_ITEMS_MAX = 100000, ABI_DEPTH_MAX = 8 };
MUST_CHECK enum err abi_decode(const struct abi_event *event, const struct log *log, struct arena *arena,
                               struct abi_value **out);
/* The whom an event is about, for the filter `subject` of /v1/events: its first argument of type address in declared
 * order; the emitter if it has none or is undecodable. */
struct address abi_subject(const struct abi_event *event, const struct abi_value *values, struct address emitter);
/* The decoded arguments as a JSON object {name: value}: integers as decimal strings, addresses EIP-55, bytes hex, strings
 * made UTF-8, tuples as objects, arrays as arrays; unnamed inputs are "arg0".. */
void abi_write_json(struct json_writer *w, const struct abi_event *event, const struct abi_value *values);

#endif

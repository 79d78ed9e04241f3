/* ledger/root.h - block roots: what two mirrors of one chain must agree on, whatever their batches and restarts.
 *
 * Format 1 (README, "Block roots", with golden vectors in tests/ledger/test_root.c). All integers big endian.
 *   start       = keccak256("altledger block roots 1" || chain_id u64 || network_hash 32 || rules_version u32)
 *   root(N)     = keccak256(0x01 || root(before N) || N u64 || block_hash 32 || keccak256(rows of N)) if N added rows,
 *                 else root(before N)
 *   rows of N   = the row encodings joined, by (log index, leg); a log's own event row comes before the rows it caused; rows
 *                 of days that ended or were closed have log index 0xfffffffe (their leg is counted modulo 32768), control
 *                 totals 0xffffffff
 *   row         = type u8 || log_index u32 || leg u16 || members
 *   event       = 0x01, leg 0: tx_index u32 || tx_hash 32 || emitter 20 || n u8 || topics 32 n || length u32 || data
 *   entry       = 0x02: account || counter-account || sign u8 (1: negative) || |delta| 32 || balance after 32
 *                 (a pool that is paid out has no counter-account: book 0, all else empty or zero)
 *                 account = book u8 || length u8 || asset || owner 20 || length u8 || second party
 *   control     = 0x03: book u8 || length u8 || asset || debits 64 || credits 64 || accounts u64
 *   timelines   = 0x10..: members in the order of their record without position and log_index; bool u8, integers u64 (two's
 *                 complement), amounts 32, addresses 20, hashes 32, bytes and texts: length u32 || bytes
 * Account numbers and positions are never hashed. */
#ifndef LEDGER_ROOT_H
#define LEDGER_ROOT_H

#include "ledger/books.h"

enum { ROOT_EVENT = 0x01, ROOT_ENTRY = 0x02, ROOT_CONTROL = 0x03 };

/* What a root needs of a raw log. */
struct root_event {
    uint32_t tx_index;
    struct hash tx_hash;
    struct address emitter;
    const struct hash *topics;
    uint32_t n_topics;
    struct slice data;
};

struct hash root_start(uint64_t chain_id, struct hash network_hash, uint32_t rules_version);
struct hash root_next(struct hash previous, uint64_t number, struct hash block_hash, struct hash rows_digest);

/* The hash of the block's rows so far; *any: there were some. Begins anew. */
struct hash root_rows_digest(struct books *b, bool *any);
/* Forget the block's rows. */
void root_rows_drop(struct books *b);

/* Append one row to b->rows with the current log index and leg. */
void root_put_event(struct books *b, const struct root_event *event);
void root_put_entry(struct books *b, const struct account_key *account, const struct account_key *counter,
                    struct delta delta, struct amount balance);
void root_put_control(struct books *b, const struct control_key *key, const struct control_state *state);
void root_put_timeline(struct books *b, const struct timeline_def *def, const void *row);

#endif

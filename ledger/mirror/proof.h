/* ledger/mirror/proof.h - what a node says about a block, held against the block's own hash.
 *
 * A header's hash is keccak256 of its RLP (Yellow Paper 4.3; EIPs 1559, 4895, 4844, 4788, 7685 append members), so a
 * header whose hash is recomputed cannot lie about its logsBloom and receiptsRoot. receiptsRoot is the root of the
 * Merkle-Patricia trie rlp(index) -> receipt (Yellow Paper 4.3.2; EIP-2718 typed receipts). */
#ifndef LEDGER_MIRROR_PROOF_H
#define LEDGER_MIRROR_PROOF_H

#include "ledger/core/json.h"
#include "ledger/mirror/block.h"

struct header {
    uint64_t number;
    int64_t time;
    struct hash hash, parent_hash, receipts_root;
    uint8_t logs_bloom[256];
    bool hash_proven;     /* the hash was recomputed from the members */
    bool unknown_members; /* not recomputable: the header has members this version does not know; said, never a stop */
};

/* Read an eth_getBlockBy* answer, whose members are all there (an archive's lines have only some: source_archive.c reads
 * those). ERR_FIELD: a member is missing or malformed (detail names it). ERR_SOURCE_LIES: the hash does not follow from
 * the members and no member is unknown. */
MUST_CHECK enum err header_parse(const json_t *block, struct header *out);

/* False proves that no log of this emitter is in the block. */
bool bloom_may_contain(const uint8_t bloom[256], struct address emitter);

/* Read an eth_getBlockReceipts answer, recompute its root and compare. The logs of all receipts are returned in order,
 * with their true indexes (counted, and compared with those given). ERR_SOURCE_LIES: root differs from
 * header->receipts_root, or a log's own members contradict the header or the count. ERR_FIELD: malformed. The root binds
 * emitter, topics, data and order of every log; transaction hashes are not under it, they are only checked for agreement. */
MUST_CHECK enum err receipts_check(const json_t *receipts, const struct header *header, struct arena *arena,
                                   struct log **logs, size_t *n_logs);

/* One log object as eth_getLogs returns it, whose block must be `block` (number and hash). ERR_FIELD: malformed;
 * ERR_SOURCE_LIES: removed, or of another block. */
MUST_CHECK enum err log_parse(const json_t *log, uint64_t number, struct hash block, struct arena *arena,
                              struct log *out);
/* As log_parse, but number and block hash are taken from the log itself; ERR_SOURCE_LIES: removed. */
MUST_CHECK enum err log_parse_loose(const json_t *log, struct arena *arena, struct log *out, uint64_t *number,
                                    struct hash *block);
/* The same in two steps, so that a log that is not kept costs no more than its place: all but topics and data, then these. */
MUST_CHECK enum err log_parse_place(const json_t *log, struct log *out, uint64_t *number, struct hash *block);
MUST_CHECK enum err log_parse_body(const json_t *log, struct arena *arena, struct log *out);

#endif

/* ledger/mirror/block.h - blocks and logs as a source hands them on, checked but not yet decoded.
 *
 * Invariants of what a source yields: blocks ascend by number; within a block log indexes strictly ascend; every log's
 * block hash and number were its block's; no removed log; adjacent numbers are linked by parent hash. */
#ifndef LEDGER_MIRROR_BLOCK_H
#define LEDGER_MIRROR_BLOCK_H

#include "ledger/core/bytes.h"

/* How we know that a block's logs of ours are complete. Kept in mirror.block.proof (smallint) by these numbers. */
enum block_proof {
    PROOF_ARCHIVE = 0,  /* read from an archive file: as complete as the file */
    PROOF_NONE = 1,     /* asked of a node by eth_getLogs, not proven (--prove-logs=off) */
    PROOF_BLOOM = 2,    /* header hash recomputed; its logsBloom excludes every contract of ours */
    PROOF_RECEIPTS = 3, /* header hash recomputed; receiptsRoot recomputed from all receipts of the block */
    PROOF_UNHASHABLE =
        4 /* header has fields that this version does not know: receipts match the header, its hash is unchecked */
};
const char *block_proof_name(enum block_proof p); /* "archive", "none", "bloom", "receipts", "unhashable" */

struct log {
    struct address address;
    uint32_t index; /* logIndex in the block */
    uint32_t tx_index;
    struct hash tx_hash;
    uint32_t n_topics; /* 0..4 */
    struct hash topics[4];
    struct slice data;
};

struct block {
    uint64_t number; /* below 2^31 */
    struct hash hash, parent_hash;
    int64_t time; /* unix seconds, 0 to BLOCK_TIME_MAX */
    enum block_proof proof;
    struct log *logs; /* of watched contracts from their from_block on, ascending by index */
    size_t n_logs;
};

enum { BLOCK_NUMBER_MAX = 0x7fffffff };
/* 9999-12-31T23:59:59Z, the last second that RFC 3339 can say. */
#define BLOCK_TIME_MAX INT64_C(253402300799)

#endif

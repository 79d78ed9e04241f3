/* governance/log_tiles.h - tiles of the log from the database, for the proofs of log.h. */
#ifndef GOVERNANCE_LOG_TILES_H
#define GOVERNANCE_LOG_TILES_H

#include "governance/log.h"
#include "ledger/core/db.h"

enum { LOG_LEVELS = 8 };

/* The last tile of each level is kept: proofs ask for neighbours. Zero-initialise but for `db`, whose transaction should be one
 * snapshot. */
struct log_tiles {
    struct db *db;
    struct {
        uint64_t index;
        size_t n;
        struct hash all[TILE_WIDTH];
    } last[LOG_LEVELS];
};

/* A log_tile; arg: a struct log_tiles. ERR_NOT_FOUND: the log has not so many entries, or one is missing. Database errors. */
enum err log_tiles_get(void *arg, unsigned level, uint64_t index, size_t n, struct hash *out);

#endif

/* api/slash.h - what routes about one slash share: how it is found by its id. */
#ifndef API_SLASH_H
#define API_SLASH_H

#include "api/route.h"

/* Where EigenLayer sends what is burned: DEFAULT_BURN_ADDRESS. */
extern const struct address slash_burn_address;

/* The slash whose id $5 and $6 are (slash_id_params), if it stands in the chain at or before `a`: rows of ledger.slash with block
 * `hash` and `time`. No row: there is none, hence 404. */
/* clang-format off */
#define SQL_SLASH_BY_ID                                                                                               \
    "(SELECT s.*, b.hash, b.time FROM mirror.block b JOIN mirror.chain m ON m.number = b.number AND m.block = b.id"   \
    " JOIN ledger.slash s ON s.position >= b.number << 32 AND s.position <= (b.number << 32 | 4294967295)"            \
    "   AND s.position <= a.position AND s.log_index = $6 WHERE b.hash = $5)"
/* The rows of ledger.slash_strategy of slash p. */
#define SQL_STRATEGIES_OF(p)                                                                                          \
    " t.operator = " p ".operator AND t.position > " p ".position AND t.position <= " p ".position + " p ".items"
#define SQL_SLASH_ID(hash, log_index) "'0x' || encode(" hash ", 'hex') || '-' || " log_index
/* clang-format on */

/* $5 and $6, of the path's parameter id. ERR_NOT_FOUND: no id that a slash can have. */
MUST_CHECK enum err slash_id_params(const struct request *r, struct statement *s);

#define SLASH_ID_PARAMETER                                             \
    {                                                                  \
        .name = "id", .type = PARAMETER_TEXT, .max = 128,              \
        .about = "Block hash, dash, log index of its OperatorSlashed." \
    }

/* Who is hit by a slash: kinds of rows, in their order. */
#define SLASH_KIND_ABOUT                                                                                                \
    "staker: a delegated staker; withdrawal: one in the queue that slashes still reach; dust: operator shares that "    \
    "belong to no staker, since scaling factors are rounded down; residue: what rounding in this slash left over, and " \
    "of beacon chain ETH what the beacon chain had taken from the queue before. One row of dust and residue a strategy; of one that was passed over, the residue."

#endif

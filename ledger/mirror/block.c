/* ledger/mirror/block.c - see block.h. */
#include "ledger/mirror/block.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

const char *block_proof_name(enum block_proof p)
{
    switch (p) {
    case PROOF_ARCHIVE:
        return "archive";
    case PROOF_NONE:
        return "none";
    case PROOF_BLOOM:
        return "bloom";
    case PROOF_RECEIPTS:
        return "receipts";
    case PROOF_UNHASHABLE:
        return "unhashable";
    }
    assert(false && "a block_proof outside the enumeration");
    return NULL;
}

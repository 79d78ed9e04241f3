/* ledger/mirror/rules_allocation.c - EigenLayer allocations and slashes: which events of the AllocationManager change which books. */
#include "ledger/mirror/rules.h"

const struct rule_row rules_allocation[] = {
    {0},
};

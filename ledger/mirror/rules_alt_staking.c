/* ledger/mirror/rules_alt_staking.c - which events of ALT's own staking change which books. */
#include "ledger/mirror/rules.h"

const struct rule_row rules_alt_staking[] = {
    {0},
};

/* ledger/mirror/rules_stake.c - EigenLayer stake: which events of delegation, strategies and withdrawals change which books. */
#include "ledger/mirror/rules.h"

const struct rule_row rules_stake[] = {
    {0},
};

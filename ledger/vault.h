/* ledger/vault.h - ERC-4626: which token a vault holds.
 *
 * Shares are booked from the vault's own Transfer alone (Deposit and Withdraw repeat it). Assets under management are the
 * vault's balance of its underlying token (OpenZeppelin ERC4626.totalAssets). The underlying token is in no event of the
 * vault: it is named in the network file, or learnt from the Transfer that pays for a Deposit. */
#ifndef LEDGER_VAULT_H
#define LEDGER_VAULT_H

#include "ledger/books.h"

/* The underlying token, learnt once. */
struct vault_asset_row {
    struct address vault;
    uint64_t position;
    int32_t log_index;
    struct address asset;
};

/* Whether the vault's underlying token is still to be learnt. */
bool vault_wants_asset(struct books *b, struct address vault);
void vault_apply_asset(struct books *b, struct address vault, struct address asset);

#endif

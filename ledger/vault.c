/* ledger/vault.c - see vault.h. */
#include "ledger/vault.h"

bool vault_wants_asset(struct books *b, struct address vault)
{
    return books_last(b, TIMELINE_VAULT_ASSET, &vault) == NULL;
}

void vault_apply_asset(struct books *b, struct address vault, struct address asset)
{
    struct vault_asset_row row = {.vault = vault, .asset = asset};
    books_append(b, TIMELINE_VAULT_ASSET, &row);
}

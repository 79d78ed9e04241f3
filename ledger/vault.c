/* ledger/vault.c - see vault.h. */
#include "ledger/vault.h"

static const struct record vault_asset_record =
    RECORD(vault_asset_row, FIELD(vault_asset_row, vault), FIELD(vault_asset_row, position),
           FIELD(vault_asset_row, log_index), FIELD(vault_asset_row, asset));
const struct timeline_def vault_asset_timeline = {"vault_asset", &vault_asset_record, 1, 20, 0x12, false};

bool vault_wants_asset(struct books *b, struct address vault)
{
    return books_last(b, TIMELINE_VAULT_ASSET, &vault) == NULL;
}

void vault_apply_asset(struct books *b, struct address vault, struct address asset)
{
    struct vault_asset_row row = {.vault = vault, .asset = asset};
    books_append(b, TIMELINE_VAULT_ASSET, &row);
}

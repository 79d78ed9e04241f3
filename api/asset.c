/* api/asset.c - see asset.h. */
#include "api/asset.h"

#include <assert.h>
#include <string.h>

struct address asset_token(struct slice asset)
{
    struct address a;
    assert(asset.n == ASSET_ERC20_BYTES || asset.n == ASSET_ERC1155_BYTES);
    memcpy(a.b, asset.p, sizeof a.b);
    return a;
}

bool asset_has_id(struct slice asset)
{
    return asset.n == ASSET_ERC1155_BYTES;
}

struct amount asset_id(struct slice asset)
{
    assert(asset_has_id(asset));
    return amount_from_be(asset.p + ASSET_ERC20_BYTES);
}

void asset_write_token(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    jw_address(w, asset_token(rows_bytes(rows, row, column)));
}

void asset_write_id(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    struct slice asset = rows_bytes(rows, row, column);
    if (asset_has_id(asset))
        jw_amount(w, asset_id(asset));
    else
        jw_null(w);
}

enum err asset_id_param(const struct request *r, struct param *out)
{
    if (!request_given(r, "token_id")) {
        *out = (struct param){T_BYTES, NULL};
        return OK;
    }
    const char *text = request_text(r, "token_id");
    struct amount id;
    if (amount_parse(text, strlen(text), &id) != OK)
        return err_with(ERR_FIELD, "token_id: must be a decimal number below 2^256");
    uint8_t *be = arena_take(r->arena, sizeof(struct hash));
    amount_to_be(id, be);
    struct slice s = {be, sizeof(struct hash)};
    *out = (struct param){T_BYTES, arena_copy(r->arena, &s, sizeof s)};
    return OK;
}

/* api/asset.h - an asset of the books as the outside names it: a contract and, for ERC-1155, a token id.
 *
 * Stored form: 20 bytes of address, for ERC-1155 followed by the id as 32 bytes, big-endian. */
#ifndef API_ASSET_H
#define API_ASSET_H

#include "api/route.h"

enum { ASSET_ERC20_BYTES = 20, ASSET_ERC1155_BYTES = 52 };

struct address asset_token(struct slice asset);
bool asset_has_id(struct slice asset);
struct amount asset_id(struct slice asset);

/* Writers of list members whose column is an asset: the contract; the token id or null. */
void asset_write_token(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void asset_write_id(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

/* The parameter `token_id` (decimal text) as the 32 bytes that end an asset; SQL NULL if not given. ERR_FIELD. */
MUST_CHECK enum err asset_id_param(const struct request *r, struct param *out);

#endif

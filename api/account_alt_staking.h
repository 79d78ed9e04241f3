/* api/account_alt_staking.h - the section `alt_staking` of an account: positions in ALT's own staking, cooldowns, rewards. */
#ifndef API_ACCOUNT_ALT_STAKING_H
#define API_ACCOUNT_ALT_STAKING_H

#include "api/alt_figures.h"

extern const struct member account_alt_staking_members[]; /* of each item of the list */

/* One text, of account $5 at a.position: contracts with their figures (alt_figures.h) and the account's positions. */
#define ACCOUNT_ALT_STAKING "api_v1.account_alt_staking($5, a.position)"

/* The key and the list, of the column that ACCOUNT_ALT_STAKING fills. */
void account_alt_staking_write(const struct request *r, struct json_writer *w, const struct rows *rows, size_t row,
                               size_t column);

#endif

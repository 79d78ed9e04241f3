/* api/account_alt_staking.h - the section `alt_staking` of an account: positions in ALT's own staking, cooldowns, rewards. */
#ifndef API_ACCOUNT_ALT_STAKING_H
#define API_ACCOUNT_ALT_STAKING_H

#include "api/alt_figures.h"

extern const struct member account_alt_staking_members[]; /* of each item of the list */

/* clang-format off */
/* One text, of account $5 at a.position: contracts with their figures (alt_figures.h) and the account's positions. */
#define ACCOUNT_ALT_STAKING                                                                                           \
    "(WITH p AS MATERIALIZED (SELECT * FROM api_v1.alt_positions($5, a.position))"                                    \
    " SELECT json_agg(json_build_array(" ALT_FIGURES("c.contract", "a.position") ","                                  \
    " (SELECT json_agg(json_build_array(" SQL_HEX("p.operator") ", p.staked::text, p.cooling::text,"                  \
    " p.cooldown_doubt::text, " SQL_SECONDS("p.started_at") ", (SELECT o.frozen FROM ledger.alt_operator o"           \
    "  WHERE o.contract = p.contract AND o.operator = p.operator AND o.position <= a.position"                        \
    "  ORDER BY o.position DESC LIMIT 1), (SELECT coalesce(json_agg(json_build_array(r.credited::text, r.pool,"       \
    "  r.open_claims::text, r.user_index::text) ORDER BY r.distribution), '[]')"                                      \
    "  FROM api_v1.alt_rewards(p.contract, $5, p.operator, a.position) r)) ORDER BY p.operator)"                      \
    "  FROM p WHERE p.contract = c.contract)) ORDER BY c.contract)::text"                                             \
    " FROM (SELECT DISTINCT p.contract FROM p) c)"
/* clang-format on */

/* The key and the list, of the column that ACCOUNT_ALT_STAKING fills. */
void account_alt_staking_write(const struct request *r, struct json_writer *w, const struct rows *rows, size_t row,
                               size_t column);

#endif

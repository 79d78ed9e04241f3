/* api/account_stake.h - the EigenLayer sections of an account: stake and pending withdrawals, packed by the statement (nested.h). */
#ifndef API_ACCOUNT_STAKE_H
#define API_ACCOUNT_STAKE_H

#include "api/nested.h"

extern const struct member stake_members[];              /* what STAKE packs */
extern const struct member account_stake_members[];      /* of the object `stake` */
extern const struct member account_withdrawal_members[]; /* of the list `withdrawals` */

/* clang-format off */
#define STAKE(staker, operator, until)                                                                                \
    "(SELECT json_agg(json_build_array(" SQL_HEX("d.strategy") ", CASE WHEN d.doubt = 0 THEN d.shares::text END,"     \
    " d.scaling_factor::text, CASE WHEN d.doubt = 0 THEN d.withdrawable_shares::text END, CASE WHEN d.doubt > 0 THEN" \
    " json_build_array('withdrawal-took-unlogged-shares', (d.shares - d.doubt)::text, d.shares::text) END)"           \
    " ORDER BY d.strategy)::text FROM api_v1.deposits(" staker ", " operator ", " until ") d)"

/* One row, of account $5: operator (NULL: delegated to nobody), stake, withdrawals pending at the block (getQueuedWithdrawals). */
#define ACCOUNT_STAKE                                                                                                 \
    "SELECT g.operator, " STAKE("$5", "g.operator", "a.position") " AS stake,"                                        \
    " (SELECT json_agg(json_build_array(" SQL_HEX("w.root") ", w.nonce::text, w.start_block, w.slashable_until,"      \
    " (SELECT coalesce(json_agg(json_build_array(" SQL_HEX("s.strategy") ", s.scaled_shares::text,"                   \
    " s.withdrawable_shares::text) ORDER BY s.item), '[]')"                                                           \
    " FROM api_v1.withdrawal_shares(w.root, $5, w.operator, w.slashable_until, a.position) s)) ORDER BY w.position)"  \
    "::text FROM api_v1.pending_withdrawals($5, a.position) w) AS withdrawals"                                        \
    " FROM (VALUES (1)) one LEFT JOIN api_v1.delegated_to($5, a.position) g ON true"
/* clang-format on */

/* The sections `stake` and `withdrawals`; the row's columns are operator, stake and withdrawals from `column` on. */
void account_stake_write(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

#endif

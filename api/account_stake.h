/* api/account_stake.h - the EigenLayer sections of an account: stake and pending withdrawals, packed by the statement (nested.h). */
#ifndef API_ACCOUNT_STAKE_H
#define API_ACCOUNT_STAKE_H

#include "api/nested.h"

extern const struct member stake_members[];              /* what STAKE packs */
extern const struct member account_stake_members[];      /* of the object `stake` */
extern const struct member account_withdrawal_members[]; /* of the list `withdrawals` */

/* clang-format off */
#define STAKE(staker, operator, until)                                                                                \
    "(SELECT d.packed FROM api_v1.packed_deposits(" staker ", " operator ", " until ") d)"

/* One row, of account $5: operator (NULL: delegated to nobody), stake, withdrawals pending at the block (getQueuedWithdrawals). */
#define ACCOUNT_STAKE "SELECT g.* FROM api_v1.account_stake($5, a.position) g"
/* clang-format on */

/* The sections `stake` and `withdrawals`; the row's columns are operator, stake and withdrawals from `column` on. */
void account_stake_write(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

#endif

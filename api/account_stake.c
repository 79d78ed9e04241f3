/* api/account_stake.c - see account_stake.h. */
#include "api/account_stake.h"

static const struct member undetermined_members[] =
    {{.name = "reason",
      .type = T_TEXT,
      .about = "withdrawal-took-unlogged-shares: logs leave open how many deposit shares a withdrawal removed."},
     {.name = "deposit_shares_at_least", .type = T_AMOUNT, .about = "The least that the logs allow."},
     {.name = "deposit_shares_at_most", .type = T_AMOUNT, .about = "The most that the logs allow."},
     {0}};

const struct member stake_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "deposit_shares", .type = T_AMOUNT, .nullable = true, .about = "Shares deposited; null if undetermined."},
     {.name = "scaling_factor", .type = T_AMOUNT, .about = "Deposit scaling factor, WAD; 1e18 unless set."},
     {.name = "withdrawable_shares",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "What getWithdrawableShares answers; null if undetermined."},
     {.name = "undetermined",
      .nest = NEST_OBJECT,
      .optional = true,
      .members = undetermined_members,
      .about = "Why deposit_shares is null, and its bounds."},
     {0}};

const struct member account_stake_members[] = {{.name = "delegated_to",
                                                .type = T_ADDRESS,
                                                .nullable = true,
                                                .about = "The operator; null if delegated to nobody."},
                                               {.name = "strategies",
                                                .nest = NEST_LIST,
                                                .members = stake_members,
                                                .about = "Deposits that are not zero, ordered by strategy."},
                                               {0}};

static const struct member queued_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "scaled_shares", .type = T_AMOUNT, .about = "Scaled shares in the queue."},
     {.name = "withdrawable_shares",
      .type = T_AMOUNT,
      .about = "What getQueuedWithdrawals answers: shares that a completion would pay."},
     {0}};

const struct member account_withdrawal_members[] =
    {{.name = "root", .type = T_HASH, .about = "The withdrawal root."},
     {.name = "nonce", .type = T_AMOUNT, .about = "The staker's nonce."},
     {.name = "start_block", .type = T_U64, .about = "When it was queued."},
     {.name = "slashable_until_block",
      .type = T_U64,
      .about = "The last block that can slash it; it may be completed after it."},
     {.name = "strategies", .nest = NEST_LIST, .members = queued_members, .about = "What it holds."},
     {0}};

void account_stake_write(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    jw_key(w, "stake");
    jw_object(w);
    jw_key(w, "delegated_to");
    if (rows_null(rows, row, column))
        jw_null(w);
    else
        jw_address(w, rows_address(rows, row, column));
    jw_key(w, "strategies");
    nested_write_list(w, rows, row, column + 1, stake_members);
    jw_object_end(w);
    jw_key(w, "withdrawals");
    nested_write_list(w, rows, row, column + 2, account_withdrawal_members);
}

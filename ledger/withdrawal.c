/* ledger/withdrawal.c - see withdrawal.h. */
#include "ledger/withdrawal.h"

static const struct record withdrawal_record =
    RECORD(withdrawal_row, FIELD(withdrawal_row, root), FIELD(withdrawal_row, position),
           FIELD(withdrawal_row, log_index), FIELD(withdrawal_row, staker), FIELD(withdrawal_row, operator),
           FIELD(withdrawal_row, withdrawer), FIELD(withdrawal_row, nonce), FIELD(withdrawal_row, start_block),
           FIELD(withdrawal_row, slashable_until), FIELD(withdrawal_row, items), FIELD(withdrawal_row, state));
const struct timeline_def withdrawal_timeline = {"withdrawal", &withdrawal_record, 1, 32, 0x2e, false};

static const struct record withdrawal_share_record =
    RECORD(withdrawal_share_row, FIELD(withdrawal_share_row, root), FIELD(withdrawal_share_row, item),
           FIELD(withdrawal_share_row, position), FIELD(withdrawal_share_row, log_index),
           FIELD(withdrawal_share_row, strategy), FIELD(withdrawal_share_row, scaled_shares),
           FIELD(withdrawal_share_row, deposit_shares), FIELD(withdrawal_share_row, shares));
const struct timeline_def withdrawal_share_timeline =
    {"withdrawal_share", &withdrawal_share_record, 2, 40, 0x2f, false};

static const struct record withdrawal_payment_record =
    RECORD(withdrawal_payment_row, FIELD(withdrawal_payment_row, root), FIELD(withdrawal_payment_row, item),
           FIELD(withdrawal_payment_row, position), FIELD(withdrawal_payment_row, log_index),
           FIELD(withdrawal_payment_row, strategy), FIELD(withdrawal_payment_row, shares));
const struct timeline_def withdrawal_payment_timeline =
    {"withdrawal_payment", &withdrawal_payment_record, 2, 40, 0x30, false};

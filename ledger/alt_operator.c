/* ledger/alt_operator.c - see alt_operator.h. */
#include "ledger/alt_operator.h"

#include "ledger/alt_alert.h"

static const struct record alt_operator_record =
    RECORD(alt_operator_row, FIELD(alt_operator_row, contract), FIELD(alt_operator_row, operator),
           FIELD(alt_operator_row, position), FIELD(alt_operator_row, log_index), FIELD(alt_operator_row, registered),
           FIELD(alt_operator_row, frozen), FIELD(alt_operator_row, fee_bps), FIELD(alt_operator_row, pending_fee_bps),
           FIELD(alt_operator_row, fee_cooldown_end), FIELD(alt_operator_row, node_key),
           FIELD(alt_operator_row, cooldown_doubt), FIELD(alt_operator_row, voted_alerts),
           FIELD(alt_operator_row, votes_known));
const struct timeline_def alt_operator_timeline = {"alt_operator", &alt_operator_record, 2, 40, 0x61, false};

struct alt_operator_row alt_operator_get(const struct alt *at, struct address operator)
{
    struct alt_operator_row row = {.contract = at->contract, .operator= operator, .votes_known = true };
    const struct alt_operator_row *last = books_last(at->books, TIMELINE_ALT_OPERATOR, &row);
    return last != NULL ? *last : row;
}

void alt_operator_put(const struct alt *at, struct alt_operator_row *row)
{
    books_append(at->books, TIMELINE_ALT_OPERATOR, row);
}

bool alt_is_frozen(const struct alt *at, struct address operator)
{
    return alt_operator_get(at, operator).frozen;
}

enum alt_activity alt_activity(const struct alt *at, struct address operator)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    struct amount least, most, minimum;
    if (row.frozen)
        return ALT_INACTIVE;
    if (!alt_setting_get(at, ALT_MIN_VOTING_STAKE, &minimum) ||
        amount_subtract(alt_total_supply(at, operator), alt_total_cooling(at, operator), &least) != OK ||
        amount_add(least, row.cooldown_doubt, &most) != OK)
        return ALT_ACTIVITY_UNKNOWN;
    if (amount_compare(least, minimum) >= 0)
        return ALT_ACTIVE;
    return amount_compare(most, minimum) < 0 ? ALT_INACTIVE : ALT_ACTIVITY_UNKNOWN;
}

void alt_apply_registered(const struct alt *at, struct address operator)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    row.registered = true;
    alt_operator_put(at, &row);
}

void alt_apply_fee_bps(const struct alt *at, struct address operator, int32_t bps)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    row.fee_bps = bps;
    alt_operator_put(at, &row);
}

void alt_apply_pending_fee(const struct alt *at, struct address operator, int32_t bps, int64_t cooldown_end)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    row.pending_fee_bps = bps;
    row.fee_cooldown_end.unix_seconds = cooldown_end;
    alt_operator_put(at, &row);
}

void alt_apply_node_key(const struct alt *at, struct address operator, struct address key)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    row.node_key = key;
    alt_operator_put(at, &row);
}

void alt_apply_frozen(const struct alt *at, struct address operator)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    row.frozen = true;
    alt_operator_put(at, &row);
    alt_clear_votes(at, operator);
}

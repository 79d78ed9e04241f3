/* ledger/alt_alert.c - see alt_alert.h. */
#include "ledger/alt_alert.h"

#include "ledger/alt_operator.h"
#include "ledger/alt_read.h"

static const struct record alt_alert_record =
    RECORD(alt_alert_row, FIELD(alt_alert_row, contract), FIELD(alt_alert_row, alert), FIELD(alt_alert_row, position),
           FIELD(alt_alert_row, log_index), FIELD(alt_alert_row, vote_count), FIELD(alt_alert_row, count_known),
           FIELD(alt_alert_row, is_active), FIELD(alt_alert_row, listed), FIELD(alt_alert_row, kind),
           FIELD(alt_alert_row, expiry), FIELD(alt_alert_row, reset_count), FIELD(alt_alert_row, reset_count_known));
const struct timeline_def alt_alert_timeline = {"alt_alert", &alt_alert_record, 2, 52, 0x68, false};

static const struct record alt_vote_record =
    RECORD(alt_vote_row, FIELD(alt_vote_row, contract), FIELD(alt_vote_row, operator), FIELD(alt_vote_row, place),
           FIELD(alt_vote_row, position), FIELD(alt_vote_row, log_index), FIELD(alt_vote_row, alert));
const struct timeline_def alt_vote_timeline = {"alt_vote", &alt_vote_record, 3, 44, 0x69, false};

enum { EXPIRY_NONE = 0, EXPIRY_UNKNOWN = -1 };
#define NEVER_EXPIRES ((UINT64_C(1) << 40) - 1) /* type(uint40).max */

static struct alt_alert_row alert_get(const struct alt *at, struct hash alert)
{
    struct alt_alert_row row = {.contract = at->contract,
                                .alert = alert,
                                .count_known = true,
                                .reset_count_known = true};
    const struct alt_alert_row *last = books_last(at->books, TIMELINE_ALT_ALERT, &row);
    return last != NULL ? *last : row;
}

static void alert_put(const struct alt *at, struct alt_alert_row *row)
{
    books_append(at->books, TIMELINE_ALT_ALERT, row);
}

/* The kind is in the expiry that the contract keeps. 0: it was removed later in this block. */
static void read_kind(const struct alt *at, struct alt_alert_row *row)
{
    struct amount expiry;
    if (row->kind != ALT_ALERT_UNKNOWN || !alt_knows(at, TIMELINE_ALT_ALERT, row) ||
        alt_read_alert_expiry(at, row->alert, &expiry) != READ_KNOWN || amount_is_zero(expiry))
        return;
    row->kind = amount_compare(expiry, amount_from_u64(NEVER_EXPIRES)) == 0 ? ALT_ALERT_BLOCK : ALT_ALERT_MESSAGE;
}

enum verdict { NO, YES, OPEN };

/* What the count says: a reset makes it 1, else it rises by 1. The same where no vote was left. */
static enum verdict reset_by_count(const struct alt_alert_row *row, struct amount vote_count)
{
    if (!row->count_known || amount_is_zero(row->vote_count))
        return OPEN;
    return amount_compare(vote_count, amount_from_u64(1)) == 0 ? YES : NO;
}

/* _vote: if (expiry != 0 && expiry < block.timestamp) { resetCount++; voteCount = 0; }. The kind may come out of it. */
static void judge_reset(const struct alt *at, struct alt_alert_row *row, struct amount vote_count)
{
    if (row->kind == ALT_ALERT_BLOCK || row->expiry.unix_seconds == EXPIRY_NONE)
        return;
    enum verdict reset = row->expiry.unix_seconds != EXPIRY_UNKNOWN ? (row->expiry.unix_seconds < at->now ? YES : NO)
                                                                    : reset_by_count(row, vote_count);
    if (row->kind == ALT_ALERT_UNKNOWN && reset == YES) { /* if about a message, then it was reset: was it? */
        enum verdict seen = reset_by_count(row, vote_count);
        if (seen == NO)
            row->kind = ALT_ALERT_BLOCK;
        else if (seen == YES)
            row->kind = ALT_ALERT_MESSAGE;
    }
    if (reset == YES)
        row->reset_count++;
    else if (reset == OPEN)
        row->reset_count_known = false;
}

static struct hash listed_alert(const struct alt *at, struct address operator, int32_t place)
{
    struct alt_vote_row key = {.contract = at->contract, .operator= operator, .place = place };
    const struct alt_vote_row *row = books_last(at->books, TIMELINE_ALT_VOTE, &key);
    return row != NULL ? row->alert : hash_zero;
}

/* votedAlerts: each alert once, in the order of the first vote. */
static void list_alert(const struct alt *at, struct address operator, struct hash alert)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    for (int32_t i = 0; i < row.voted_alerts; i++)
        if (hash_equal(listed_alert(at, operator, i), alert))
            return;
    struct alt_vote_row vote = {.contract = at->contract,
                                .operator= operator,
                                .place = row.voted_alerts,
                                .alert = alert};
    books_append(at->books, TIMELINE_ALT_VOTE, &vote);
    row.voted_alerts++;
    alt_operator_put(at, &row);
}

void alt_apply_vote(const struct alt *at, struct hash alert, struct address operator, struct amount vote_count,
                    bool is_active)
{
    struct alt_alert_row row = alert_get(at, alert);
    struct amount seconds;
    uint64_t s;
    read_kind(at, &row);
    judge_reset(at, &row, vote_count);
    row.vote_count = vote_count;
    row.count_known = true;
    row.is_active = is_active;
    row.listed = true;
    row.expiry.unix_seconds = EXPIRY_UNKNOWN;
    if (alt_setting_get(at, ALT_EXPIRY_DURATION, &seconds) && amount_to_u64(seconds, &s) == OK && s < NEVER_EXPIRES)
        row.expiry.unix_seconds = at->now + (int64_t)s;
    alert_put(at, &row);
    list_alert(at, operator, alert);
}

/* removeAlert: delete alerts[hash]. Operators' lists keep the hash. */
void alt_apply_alert_removed(const struct alt *at, struct hash alert)
{
    struct alt_alert_row row = alert_get(at, alert);
    row.vote_count = amount_zero;
    row.count_known = row.reset_count_known = true;
    row.is_active = row.listed = false;
    row.expiry.unix_seconds = EXPIRY_NONE;
    row.reset_count = 0;
    alert_put(at, &row);
}

/* _clearVotes: if (!isActive && voteCount > 0) voteCount-- */
static void lose_vote(const struct alt *at, struct hash alert, bool surely)
{
    struct alt_alert_row row = alert_get(at, alert);
    if (row.is_active || (row.count_known && amount_is_zero(row.vote_count)))
        return;
    if (!row.count_known)
        return; /* and stays so */
    if (!surely)
        row.count_known = false;
    else if (amount_subtract(row.vote_count, amount_from_u64(1), &row.vote_count) != OK)
        return;
    alert_put(at, &row);
}

static void clear(const struct alt *at, struct address operator, bool surely)
{
    struct alt_operator_row row = alt_operator_get(at, operator);
    if (row.voted_alerts == 0)
        return;
    for (int32_t i = 0; i < row.voted_alerts; i++)
        lose_vote(at, listed_alert(at, operator, i), surely && row.votes_known);
    if (surely) {
        row.voted_alerts = 0;
        row.votes_known = true;
    } else {
        row.votes_known = false;
    }
    alt_operator_put(at, &row);
}

void alt_clear_votes(const struct alt *at, struct address operator)
{
    clear(at, operator, true);
}

void alt_clear_votes_if_inactive(const struct alt *at, struct address operator)
{
    switch (alt_activity(at, operator)) {
    case ALT_ACTIVE:
        return;
    case ALT_INACTIVE:
        clear(at, operator, true);
        return;
    case ALT_ACTIVITY_UNKNOWN:
        clear(at, operator, false);
        return;
    }
}

/* governance/timelock.c - see timelock.h. */
#include "governance/timelock.h"

#include <string.h>

#include "ledger/token.h"

static const struct record operation_record =
    RECORD(timelock_operation_row, FIELD(timelock_operation_row, timelock), FIELD(timelock_operation_row, operation),
           FIELD(timelock_operation_row, position), FIELD(timelock_operation_row, log_index),
           FIELD(timelock_operation_row, predecessor), FIELD(timelock_operation_row, salt),
           FIELD(timelock_operation_row, delay), FIELD(timelock_operation_row, ready_at),
           FIELD(timelock_operation_row, calls), FIELD(timelock_operation_row, done),
           FIELD(timelock_operation_row, canceled));
const struct timeline_def timelock_operation_timeline = {"timelock_operation", &operation_record, 2, 52, 0x87, false};

static const struct record call_record =
    RECORD(timelock_call_row, FIELD(timelock_call_row, item), FIELD(timelock_call_row, timelock),
           FIELD(timelock_call_row, operation), FIELD(timelock_call_row, position), FIELD(timelock_call_row, log_index),
           FIELD(timelock_call_row, target), FIELD(timelock_call_row, value), FIELD(timelock_call_row, data));
const struct timeline_def timelock_call_timeline = {"timelock_call", &call_record, 3, 60, 0x88, false};

static const int64_t NEVER = (int64_t)1 << 53;

/* The operation so far, to be changed and appended. */
static struct timelock_operation_row operation_of(struct books *b, struct address timelock, struct hash operation)
{
    struct timelock_operation_row row = {.timelock = timelock, .operation = operation};
    const struct timelock_operation_row *last = books_last(b, TIMELINE_TIMELOCK_OPERATION, &row);
    return last != NULL ? *last : row;
}

static int64_t after(struct instant now, struct amount delay)
{
    uint64_t seconds;
    if (amount_to_u64(delay, &seconds) != OK || seconds >= (uint64_t)(NEVER - now.unix_seconds))
        return NEVER;
    return now.unix_seconds + (int64_t)seconds;
}

/* CallScheduled(id, index, target, value, data, predecessor, delay): one a call, in order of index. */
void timelock_apply_scheduled(struct books *b, const struct event *e)
{
    const struct abi_value *v = e->values;
    struct hash id, predecessor;
    memcpy(id.b, v[0].bytes.p, sizeof id.b);
    memcpy(predecessor.b, v[5].bytes.p, sizeof predecessor.b);
    uint64_t index;
    if (amount_to_u64(v[1].number, &index) != OK || index > INT32_MAX) {
        token_mark_inconsistent(b, e->emitter, "a call beyond what a transaction can schedule was not booked");
        return;
    }
    struct timelock_operation_row row = {.timelock = e->emitter,
                                         .operation = id,
                                         .predecessor = predecessor,
                                         .delay = v[6].number,
                                         .ready_at = after(e->block_time, v[6].number),
                                         .calls = (int64_t)index + 1};
    struct timelock_call_row call = {.item = (int64_t)index,
                                     .timelock = e->emitter,
                                     .operation = id,
                                     .target = v[2].address,
                                     .value = v[3].number,
                                     .data = v[4].bytes};
    books_append(b, TIMELINE_TIMELOCK_OPERATION, &row);
    books_append(b, TIMELINE_TIMELOCK_CALL, &call);
}

void timelock_apply_salt(struct books *b, struct address timelock, struct hash operation, struct hash salt)
{
    struct timelock_operation_row row = operation_of(b, timelock, operation);
    row.salt = salt;
    books_append(b, TIMELINE_TIMELOCK_OPERATION, &row);
}

void timelock_apply_executed(struct books *b, struct address timelock, struct hash operation)
{
    struct timelock_operation_row row = operation_of(b, timelock, operation);
    if (row.done) /* another call of the same batch */
        return;
    row.done = true;
    books_append(b, TIMELINE_TIMELOCK_OPERATION, &row);
}

void timelock_apply_canceled(struct books *b, struct address timelock, struct hash operation)
{
    struct timelock_operation_row row = operation_of(b, timelock, operation);
    row.canceled = true;
    books_append(b, TIMELINE_TIMELOCK_OPERATION, &row);
}

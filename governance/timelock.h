/* governance/timelock.h - operations of timelocks: calls scheduled, when they are ready, whether they were made or canceled.
 *
 * Source: OpenZeppelin Contracts 5.x, TimelockController. An operation is a batch of calls known by the hash of its content. It is
 * ready from the time of its scheduling + delay on; nothing is emitted then. All its calls are made in one transaction, so at the
 * end of a block one CallExecuted says that it is done. Canceled, it is as if never scheduled, and may be scheduled again. */
#ifndef GOVERNANCE_TIMELOCK_H
#define GOVERNANCE_TIMELOCK_H

#include "ledger/event.h"

/* An operation as after an event of it. */
struct timelock_operation_row {
    struct address timelock;
    struct hash operation;
    uint64_t position;
    int32_t log_index;
    struct hash predecessor, salt;
    struct amount delay; /* seconds */
    int64_t ready_at;    /* unix seconds; 2^53 stands for all later times */
    int64_t calls;       /* scheduled so far; 0: it was scheduled before the mirror began */
    bool done, canceled;
};

/* One call of an operation (CallScheduled). */
struct timelock_call_row {
    int64_t item;
    struct address timelock;
    struct hash operation;
    uint64_t position;
    int32_t log_index;
    struct address target;
    struct amount value;
    struct slice data;
};

/* Arguments as of the event. Data is any bytes and not kept in memory, so no rule may look a call up. */
void timelock_apply_scheduled(struct books *b, const struct event *e);
void timelock_apply_salt(struct books *b, struct address timelock, struct hash operation, struct hash salt);
void timelock_apply_executed(struct books *b, struct address timelock, struct hash operation);
void timelock_apply_canceled(struct books *b, struct address timelock, struct hash operation);

#endif

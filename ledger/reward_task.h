/* ledger/reward_task.h - the days of each submission that a closing pays: those with a snapshot as tasks, the others as pools at once.
 *
 * Rules: ledger/README.md, "Submissions". A long submission costs its days in the history that are due, no others. */
#ifndef LEDGER_REWARD_TASK_H
#define LEDGER_REWARD_TASK_H

#include "ledger/reward_due.h"

/* A day of a submission that is paid by the snapshot of its run; both by index. */
struct reward_task {
    uint32_t due, run;
    int64_t day;
};

enum { REWARD_NO_SNAPSHOT = -1 };

/* Appends struct reward_task and (without parts) struct reward_pool. */
void reward_tasks_list(const struct reward_question *q, const struct reward_dues *dues, struct buffer *tasks,
                       struct buffer *pools);

/* A pool of a day in which nothing stands yet; days 1, without a snapshot. */
struct reward_pool reward_pool_of(const struct reward_due *due, int64_t day, enum reward_reason reason);

#endif

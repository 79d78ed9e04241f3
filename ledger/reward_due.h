/* ledger/reward_due.h - which submissions have days to pay when a run of days is closed, and what is known of them apart from stakes.
 *
 * Rules: ledger/README.md, "Submissions" and "Operator-directed". Days since 1970; runs are the days that share a snapshot. */
#ifndef LEDGER_REWARD_DUE_H
#define LEDGER_REWARD_DUE_H

#include "ledger/reward_compute.h"

struct reward_counted {
    struct address strategy;
    struct amount multiplier;
};

/* What an operator-directed submission lists for an operator, together; never zero. */
struct reward_directed {
    struct address operator;
    struct amount amount;
    uint64_t days;      /* on how many days it is registered */
    struct amount each; /* what it has on each of them */
    bool *registered;   /* by run */
};

/* A submission of which something is due. */
struct reward_due {
    struct hash submission;
    uint64_t position;
    enum reward_kind kind;
    struct address distributor, submitter, avs, token;
    int64_t operator_set;
    struct amount amount; /* fees: the epoch's income */
    int64_t event_day;    /* e */
    int64_t first, last;  /* D; empty: last < first */
    struct amount daily;  /* pool of a day, where every day has the same */
    struct amount rest;   /* of the last day */
    struct amount refund; /* operator-directed: with the last day */
    struct reward_counted *counted;
    size_t n_counted;
    struct reward_directed *directed; /* ascending by operator */
    size_t n_directed;
    const struct reward_collector *collector; /* fees; NULL: not in the network file any more */
};

struct reward_dues {
    struct reward_due *due; /* by position */
    size_t n;
    struct reward_run *runs; /* ascending; all that days due may lie in; the last is the one that is closed */
    size_t n_runs;
};

bool reward_due_is_directed(const struct reward_due *due);
/* The run that a day of the history lies in. */
size_t reward_run_of(const struct reward_dues *dues, int64_t day);

/* Database errors. What it yields lies in the arena. */
MUST_CHECK enum err reward_dues_read(struct db *db, const struct reward_question *q, struct arena *arena,
                                     struct reward_dues *out);

#endif

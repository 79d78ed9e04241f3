/* api/answer.h - run requests on a connection: ask, render, explain, repeat; every path ends in exchange_wake. */
#ifndef API_ANSWER_H
#define API_ANSWER_H

#include "api/runner.h"

enum { BATCH_MAX = 16, ATTEMPTS_MAX = 3 };

/* Single statements, sent at once, answered as the results come. */
void answer_batch(struct runner *r, struct exchange **xs, size_t n);
/* One request, with everything it may need. */
void answer_one(struct runner *r, struct exchange *x);
/* A whole list as CSV or NDJSON. */
void answer_stream(struct runner *r, struct exchange *x);
/* What a route of SHAPE_FILE writes. */
void answer_file(struct runner *r, struct exchange *x);
/* Whether a read that failed with e is asked again; each call counts as an attempt. */
bool answer_may_repeat(struct exchange *x, enum err e);

#endif

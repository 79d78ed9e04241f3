/* api/metrics.h - what /metrics counts: requests, latencies and states, by route. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include <stdatomic.h>

#include "api/router.h"

enum { METRIC_BUCKETS = 12, METRIC_CLASSES = 6 };

/* Of one route; the last is of requests that match none. */
struct route_metrics {
    atomic_uint_fast64_t by_class[METRIC_CLASSES]; /* status / 100 */
    atomic_uint_fast64_t buckets[METRIC_BUCKETS];  /* not cumulative; the last is above all bounds */
    atomic_uint_fast64_t microseconds;
};

struct metrics {
    struct route_metrics routes[ENDPOINTS_MAX + 1];
    atomic_uint_fast64_t connections_open, connections_total, connections_refused, deadlines_passed, in_flight,
        streams_open, database_errors, headers_asked;
};

/* `endpoint` NULL: no route matched. */
void metrics_count(struct metrics *m, const struct endpoint *endpoint, int status, uint64_t microseconds);

#endif

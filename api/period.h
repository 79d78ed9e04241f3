/* api/period.h - from= and to= of lists of what was paid: days (UTC) or moments, and what they mean as days and as times. */
#ifndef API_PERIOD_H
#define API_PERIOD_H

#include "api/request.h"

enum { DAY_TEXT = 10, PERIOD_TEXT = 40 };

/* Half open: from <= time < before; days first .. last, both included. The ends of time where one was not given. */
struct period {
    struct instant from, before;
    int64_t first_day, last_day;
};

/* A day (since 1970) as "YYYY-MM-DD"; days outside the years 0..9999 give the nearest end of that range. */
void day_format(int64_t day, char out[DAY_TEXT + 1]);

/* Of a text that is NULL if it was not given. A day as `to` is meant whole, a moment is not in the period. ERR_FIELD names "from" or "to": neither day nor
 * RFC 3339 time; the period has no day or no moment. */
MUST_CHECK enum err period_parse(const char *from, const char *to, struct period *out);
/* Of the parameters from and to (PARAMETER_TEXT). */
MUST_CHECK enum err period_of(const struct request *r, struct period *out);

/* By which of the two a resource counts: said of both parameters, as it is not the same everywhere. */
#define PERIOD_OF_DAY \
    "by the day that is paid (each day that lies partly in it), unlike /v1/statements/rewards, which counts by the time of booking"
#define PERIOD_OF_BOOKING \
    "by the time of the block that booked it, unlike /v1/operators/{address}/payouts, which counts by the day that is paid"

#define PERIOD_PARAMETERS(counts)                                                                       \
    {.name = "from",                                                                                    \
     .type = PARAMETER_TEXT,                                                                            \
     .max = PERIOD_TEXT,                                                                                \
     .about = "Since when: a day (2026-01-31, UTC) or an RFC 3339 time; " counts "."},                  \
    {                                                                                                   \
        .name = "to", .type = PARAMETER_TEXT, .max = PERIOD_TEXT,                                       \
        .about = "Until when: a day, which is included, or an RFC 3339 time, which is not; " counts "." \
    }

#endif

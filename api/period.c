/* api/period.c - see period.h. */
#include "api/period.h"

#include <string.h>

#include "api/rewards.h"

/* 9999-12-31T23:59:59Z and 0000-01-01T00:00:00Z: what a text can say. */
#define TIME_MOST  INT64_C(253402300799)
#define TIME_LEAST INT64_C(-62167219200)

static int64_t day_of(int64_t seconds)
{
    int64_t day = seconds / DAY_SECONDS;
    return seconds % DAY_SECONDS < 0 ? day - 1 : day;
}

void day_format(int64_t day, char out[DAY_TEXT + 1])
{
    char text[INSTANT_TEXT + 1];
    int64_t most = TIME_MOST / DAY_SECONDS, least = TIME_LEAST / DAY_SECONDS;
    day = day > most ? most : day < least ? least : day;
    instant_format((struct instant){day * DAY_SECONDS}, text);
    memcpy(out, text, DAY_TEXT);
    out[DAY_TEXT] = '\0';
}

/* A day is its first moment. */
static enum err parse_end(const char *name, const char *text, struct instant *out, bool *is_day)
{
    size_t n = strlen(text);
    int64_t day = 0;
    *is_day = n == DAY_TEXT;
    if (*is_day) {
        TRY(reward_day_parse(name, text, n, &day));
        *out = (struct instant){day * DAY_SECONDS};
        return OK;
    }
    if (instant_parse(text, n, out) != OK)
        return err_with(ERR_FIELD, "%s: must be a day (YYYY-MM-DD) or an RFC 3339 time", name);
    return OK;
}

enum err period_parse(const char *from, const char *to, struct period *out)
{
    struct period p = {.from = {TIME_LEAST}, .before = {TIME_MOST}};
    bool is_day;
    if (from != NULL)
        TRY(parse_end("from", from, &p.from, &is_day));
    if (to != NULL) {
        TRY(parse_end("to", to, &p.before, &is_day));
        if (is_day)
            p.before.unix_seconds += DAY_SECONDS;
    }
    if (p.before.unix_seconds <= p.from.unix_seconds)
        return err_with(ERR_FIELD, "to: lies before from");
    p.first_day = day_of(p.from.unix_seconds);
    p.last_day = day_of(p.before.unix_seconds - 1);
    *out = p;
    return OK;
}

enum err period_of(const struct request *r, struct period *out)
{
    return period_parse(request_given(r, "from") ? request_text(r, "from") : NULL,
                        request_given(r, "to") ? request_text(r, "to") : NULL, out);
}

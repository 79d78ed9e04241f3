/* ledger/core/instant.c - instants to RFC 3339 and back, without the C library's time zones; see json.h. */
#include <stdbool.h>
#include <string.h>

#include "ledger/core/json.h"

enum { DAY = 86400, HOUR = 3600, MINUTE = 60, YEAR_MAX = 9999, ERA_YEARS = 400, ERA_DAYS = 146097 };

static const int64_t instant_least = -INT64_C(62167219200); /* 0000-01-01T00:00:00Z */
static const int64_t instant_most = INT64_C(253402300799);  /* 9999-12-31T23:59:59Z */

struct date {
    int64_t year;
    int month, day;
};

/* Howard Hinnant's days_from_civil: eras of 400 years, years that begin on 1 March; year >= 0. */
static int64_t days_of(struct date d)
{
    int64_t year = d.year + ERA_YEARS - (d.month <= 2 ? 1 : 0); /* one era up, so that nothing is negative */
    int64_t of_era = year % ERA_YEARS;
    int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return (year / ERA_YEARS - 1) * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date date_of(int64_t days)
{
    int64_t z = days + 719468 + ERA_DAYS, era = z / ERA_DAYS, of_era = z % ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    struct date d = {.day = (int)(of_year - (153 * month + 2) / 5 + 1), .month = month < 10 ? month + 3 : month - 9};
    d.year = year + (era - 1) * ERA_YEARS + (d.month <= 2 ? 1 : 0);
    return d;
}

static char *put_digits(char *p, int64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--, v /= 10)
        p[i] = (char)('0' + v % 10);
    return p + n;
}

void instant_format(struct instant t, char out[INSTANT_TEXT + 1])
{
    int64_t s = t.unix_seconds;
    s = s < instant_least ? instant_least : s > instant_most ? instant_most : s;
    int64_t days = (s - instant_least) / DAY + instant_least / DAY, of_day = s - days * DAY;
    struct date d = date_of(days);
    char *p = put_digits(out, d.year, 4);
    *p++ = '-';
    p = put_digits(p, d.month, 2);
    *p++ = '-';
    p = put_digits(p, d.day, 2);
    *p++ = 'T';
    p = put_digits(p, of_day / HOUR, 2);
    *p++ = ':';
    p = put_digits(p, of_day % HOUR / MINUTE, 2);
    *p++ = ':';
    p = put_digits(p, of_day % MINUTE, 2);
    *p++ = 'Z';
    *p = '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly n digits at *p, in [least, most]; moves *p. */
static bool take_digits(const char **p, const char *end, int n, int least, int most, int *out)
{
    int v = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (*p == end || !is_digit(**p))
            return false;
        v = v * 10 + (**p - '0');
    }
    *out = v;
    return v >= least && v <= most;
}

static bool take_char(const char **p, const char *end, const char *any_of)
{
    if (*p == end || **p == '\0' || strchr(any_of, **p) == NULL)
        return false;
    (*p)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % ERA_YEARS == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* "Z", or hours and minutes by which local time is ahead of UTC. */
static bool take_offset(const char **p, const char *end, int64_t *seconds)
{
    if (take_char(p, end, "Zz")) {
        *seconds = 0;
        return true;
    }
    bool behind = *p != end && **p == '-';
    int hours, minutes;
    if (!take_char(p, end, "+-") || !take_digits(p, end, 2, 0, 23, &hours) || !take_char(p, end, ":") ||
        !take_digits(p, end, 2, 0, 59, &minutes))
        return false;
    *seconds = (int64_t)(hours * HOUR + minutes * MINUTE) * (behind ? -1 : 1);
    return true;
}

static bool take_fraction(const char **p, const char *end)
{
    if (!take_char(p, end, "."))
        return true;
    const char *start = *p;
    while (*p != end && is_digit(**p))
        (*p)++;
    return *p > start;
}

/* RFC 3339 section 5.6, "date-time"; leap seconds (":60") are refused, since Unix time has none. */
enum err instant_parse(const char *text, size_t n, struct instant *out)
{
    const char *p = text, *end = text + n;
    int year, month, day, hour, minute, second;
    int64_t offset;
    bool ok = take_digits(&p, end, 4, 0, YEAR_MAX, &year) && take_char(&p, end, "-") &&
              take_digits(&p, end, 2, 1, 12, &month) && take_char(&p, end, "-") &&
              take_digits(&p, end, 2, 1, days_in_month(year, month), &day) && take_char(&p, end, "Tt") &&
              take_digits(&p, end, 2, 0, 23, &hour) && take_char(&p, end, ":") &&
              take_digits(&p, end, 2, 0, 59, &minute) && take_char(&p, end, ":") &&
              take_digits(&p, end, 2, 0, 59, &second) && take_fraction(&p, end) && take_offset(&p, end, &offset) &&
              p == end;
    if (!ok)
        return err_with(ERR_FIELD, "a time is RFC 3339, as in 2026-11-21T10:00:00Z");
    struct date d = {year, month, day};
    int64_t s = days_of(d) * DAY + (int64_t)hour * HOUR + (int64_t)minute * MINUTE + second - offset;
    if (s < instant_least || s > instant_most)
        return err_with(ERR_FIELD, "a time is outside the years 0 to 9999");
    out->unix_seconds = s;
    return OK;
}

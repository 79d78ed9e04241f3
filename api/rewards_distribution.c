/* api/rewards_distribution.c - see rewards_distribution.h. */
#include "api/rewards_distribution.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/period.h"
#include "api/rewards.h"

/* clang-format off */
/* Whether the day before `next` had been closed at the position. */
#define CLOSED(next, position, number)                                                                                \
    "coalesce((SELECT c.next_day >= " next " AND api_v1.is_day_closed(c.last_block, " number ")"                      \
    " FROM ledger.reward_day c WHERE c.day < " next " AND c.position <= " position                                    \
    " ORDER BY c.day DESC LIMIT 1), false)"
#define DISABLED(position)                                                                                            \
    "EXISTS (SELECT FROM ledger.reward_root z WHERE z.root_index = r.root_index AND z.distributor = r.distributor"    \
    " AND z.disabled AND z.position <= " position ")"
/* Roots r of the days from d's up to the next distribution. A root is compared only if it ends at a midnight. */
#define COMPARED(distributor, day, position, number)                                                                  \
    "(r.distributor = " distributor " AND NOT r.disabled AND r.position <= " position                                 \
    " AND r.end_time >= (" day " + 1) * 86400 AND r.end_time < coalesce((SELECT (n.day + 1) * 86400"                  \
    "   FROM ledger.reward_distribution n WHERE n.distributor = " distributor " AND n.day > " day                     \
    "   AND n.position <= " position " ORDER BY n.day LIMIT 1), 9223372036854775807)"                                 \
    " AND r.end_time % 86400 = 0 AND " CLOSED("r.end_time / 86400", position, number) ")"
/* Roots r that equal d's. */
#define EQUAL(position)                                                                                               \
    "r.root = d.root AND r.distributor = w.distributor AND NOT r.disabled AND r.position <= " position
/* $1 distributor (NULL: the only RewardsCoordinator), $2 day (NULL: the last), $3 position, $4 block. Always one row. */
#define FIND                                                                                                          \
    "SELECT w.distributor, d.day IS NOT NULL OR EXISTS (SELECT FROM api_v1.contracts() c"                             \
    "   WHERE c.address = w.distributor AND c.kind IN ('eigenlayer.rewards_coordinator', 'fee_collector')),"          \
    " o.open, d.day, api_v1.day_text(d.day), d.position, d.root, d.earners, l.root_index,"                            \
    " to_timestamp(l.activated_at), l.root_index IS NOT NULL OR EXISTS (SELECT FROM ledger.reward_root r"             \
    "   WHERE " EQUAL("$3") "), l.root_index IS NULL AND EXISTS (SELECT FROM ledger.reward_root r"                    \
    "   WHERE " COMPARED("w.distributor", "d.day", "$3", "$4") "),"                                                   \
    " EXISTS (SELECT FROM api_v1.contracts() c"                                                                       \
    "   WHERE c.address = w.distributor AND c.kind = 'eigenlayer.rewards_coordinator'),"                              \
    " (SELECT c.last_block + api_v1.booking_delay() FROM ledger.reward_day c"                                         \
    "   WHERE c.position <= $3 AND c.day <= $2 AND c.next_day > $2)"                                                  \
    " FROM (SELECT coalesce($1::bytea, (SELECT CASE WHEN count(*) = 1 THEN decode(min(encode(c.address, 'hex')),"     \
    "   'hex') END FROM api_v1.contracts() c WHERE c.kind = 'eigenlayer.rewards_coordinator')) AS distributor"        \
    "   OFFSET 0) w"                                                                                                  \
    " CROSS JOIN LATERAL (SELECT $2::bigint IS NOT NULL AND NOT " CLOSED("($2 + 1)", "$3", "$4")                      \
    "   AND $2 >= coalesce((SELECT c.day FROM ledger.reward_day c WHERE c.position <= $3 ORDER BY c.day LIMIT 1), 0)" \
    "   AS open OFFSET 0) o"                                                                                          \
    " LEFT JOIN LATERAL api_v1.distribution_at(w.distributor, coalesce($2, 9223372036854775807), $3) d ON true"       \
    " LEFT JOIN LATERAL (SELECT r.root_index, r.activated_at FROM ledger.reward_root r"                               \
    "   WHERE " EQUAL("$3") " AND NOT " DISABLED("$3") " ORDER BY r.root_index DESC LIMIT 1) l ON true"
/* $1 distributor, $2 day, $3 position, $4 block, $5 root. */
#define ROOTS                                                                                                         \
    "SELECT r.root_index, r.root, to_timestamp(r.end_time), to_timestamp(r.activated_at), " DISABLED("$3")            \
    " FROM ledger.reward_root r WHERE r.distributor = $1 AND NOT r.disabled AND r.position <= $3 AND (r.root = $5 OR " \
    COMPARED("$1", "$2", "$3", "$4") ") ORDER BY r.root_index DESC"
/* clang-format on */

const char *comparison_name(enum comparison c)
{
    switch (c) {
    case COMPARISON_EQUAL:
        return "equal";
    case COMPARISON_DIFFERENT:
        return "different";
    case COMPARISON_UNKNOWN:
        return "unknown";
    }
    return "";
}

const char *distribution_why_not(const struct distribution *d)
{
    if (d->on_l1)
        return NULL;
    if (!d->is_coordinator)
        return "a fee collector has no roots on L1: its payouts are proven by this tree, but not claimed through a "
               "RewardsCoordinator";
    switch (d->comparison) {
    case COMPARISON_EQUAL:
        return "the root on L1 that equals ours was disabled, so its contract takes no claim by it";
    case COMPARISON_UNKNOWN:
        return "no root on L1 is known for this distribution yet, so its contract takes no claim by it";
    case COMPARISON_DIFFERENT:
        return "the root on L1 for this distribution is not ours, so its contract refuses claims by ours";
    }
    return NULL;
}

enum err distribution_claimer(struct db *db, const struct distribution *d, struct address earner, int64_t position,
                              struct address *out)
{
    static const char sql[] =
        "SELECT coalesce((SELECT nullif(t.claimer, " SQL_ZERO_ADDRESS ") FROM ledger.reward_claimer t"
        " WHERE t.earner = $1 AND t.distributor = $2 AND t.position <= $3 ORDER BY t.position DESC LIMIT 1), $1::bytea)";
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, WITH(IN(&earner), IN(&d->distributor), IN(&position)), &rows));
    *out = rows_address(rows, 0, 0);
    return OK;
}

/* Whose and up to which day, as asked. */
struct asked {
    const struct address *distributor; /* NULL: the only RewardsCoordinator */
    const int64_t *day;                /* NULL: the last */
    int64_t position, number;
};

static enum err ask(struct db *db, const struct asked *a, struct rows **out)
{
    static const char sql[] = FIND;
    const struct param in[] = {{T_ADDRESS, a->distributor},
                               {T_I64, a->day},
                               {T_I64, &a->position},
                               {T_I64, &a->number}};
    return db_query(db, sql, in, sizeof in / sizeof *in, out);
}

enum column {
    DISTRIBUTOR,
    KNOWN,
    OPEN,
    DAY,
    DAY_NAME,
    POSITION,
    ROOT,
    EARNERS,
    ROOT_INDEX,
    ACTIVATED_AT,
    EQUALS,
    DIFFERS,
    IS_COORDINATOR,
    CLOSING
};

static enum err refuse_open(const struct rows *rows, const char *name, int64_t day)
{
    char text[DAY_TEXT + 1];
    day_format(day, text);
    if (rows_null(rows, 0, CLOSING))
        return err_with(ERR_DAY_OPEN, "%s: %s is not closed yet: it is not over", name, text);
    return err_with(ERR_DAY_OPEN, "%s: %s is not closed yet: block %" PRIu64 " will close it", name, text,
                    rows_u64(rows, 0, CLOSING));
}

/* In order of precedence. */
static enum err refuse(const struct rows *rows, const char *name, const char *id, int64_t day)
{
    if (rows_null(rows, 0, DISTRIBUTOR))
        return err_with(id != NULL ? ERR_NOT_FOUND : ERR_FIELD,
                        "%s: must name its distributor where there is not exactly one RewardsCoordinator", name);
    if (!rows_bool(rows, 0, KNOWN))
        return err_with(ERR_NOT_FOUND, "%s: no such distributor", name);
    if (rows_bool(rows, 0, OPEN))
        return refuse_open(rows, name, day);
    if (rows_null(rows, 0, DAY))
        return err_with(ERR_NOT_FOUND, "%s: nothing had been distributed by then", name);
    return OK;
}

static void read(const struct rows *rows, struct distribution *out)
{
    struct distribution d = {.distributor = rows_address(rows, 0, DISTRIBUTOR),
                             .day = rows_i64(rows, 0, DAY),
                             .position = rows_u64(rows, 0, POSITION),
                             .root = rows_hash(rows, 0, ROOT),
                             .earners = rows_u64(rows, 0, EARNERS),
                             .is_coordinator = rows_bool(rows, 0, IS_COORDINATOR),
                             .on_l1 = !rows_null(rows, 0, ROOT_INDEX)};
    address_format_lower(d.distributor, d.id);
    snprintf(d.id + ADDRESS_TEXT, sizeof d.id - ADDRESS_TEXT, "-%s", rows_text(rows, 0, DAY_NAME));
    if (d.on_l1) {
        d.root_index = (uint32_t)rows_u64(rows, 0, ROOT_INDEX);
        d.activated_at = rows_time(rows, 0, ACTIVATED_AT);
    }
    d.comparison = rows_bool(rows, 0, EQUALS)    ? COMPARISON_EQUAL
                   : rows_bool(rows, 0, DIFFERS) ? COMPARISON_DIFFERENT
                                                 : COMPARISON_UNKNOWN;
    *out = d;
}

enum err distribution_find(struct db *db, const char *name, const char *id, int64_t position, uint64_t number,
                           struct distribution *out)
{
    struct address distributor;
    bool named = false;
    int64_t day = 0;
    if (id != NULL && reward_distribution_parse(id, &distributor, &named, &day) != OK) {
        bool path = strcmp(name, "id") == 0; /* which leads nowhere; a parameter is malformed */
        return err_with(path ? ERR_NOT_FOUND : ERR_FIELD,
                        "%s: a distributor, a dash and a day (0x...-YYYY-MM-DD), or a day alone", name);
    }
    const struct asked asked = {named ? &distributor : NULL, id != NULL ? &day : NULL, position, (int64_t)number};
    AUTO_ROWS rows = NULL;
    TRY(ask(db, &asked, &rows));
    TRY(refuse(rows, name, id, day));
    read(rows, out);
    return OK;
}

enum err distribution_roots(struct db *db, const struct distribution *d, int64_t position, uint64_t number,
                            struct rows **out)
{
    static const char sql[] = ROOTS;
    const int64_t at = (int64_t)number;
    const struct param in[] = {{T_ADDRESS, &d->distributor},
                               {T_I64, &d->day},
                               {T_I64, &position},
                               {T_I64, &at},
                               {T_HASH, &d->root}};
    return db_query(db, sql, in, sizeof in / sizeof *in, out);
}

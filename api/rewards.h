/* api/rewards.h - what lists of rewards have in common: their columns and members, days as text, ids of distributions. */
#ifndef API_REWARDS_H
#define API_REWARDS_H

#include "api/nested.h"
#include "api/routes.h"
#include "api/sql.h"
#include "ledger/reward.h"

/* Rows of ledger.`table` t: members, then the event that made them. `where` narrows $5 ... by an index or few rows; key and limit are
 * $ numbers. The joins that only decorate a row come after the limit. */
/* clang-format off */
#define SQL_OF_EVENT(p)                                                                                               \
    " CROSS JOIN LATERAL (SELECT b.id FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"                      \
    "   WHERE m.number = " p ".position >> 32 LIMIT 1) h"                                                             \
    " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.event g WHERE g.block = h.id AND g.log_index = " p ".log_index" \
    "   LIMIT 1) v"
#define REWARD_EVENTS(table, columns, where, compare, order, key, limit)                                              \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT " columns ", t.position >> 32 AS block_number,"          \
    " t.log_index, v.tx_hash, t.position AS key"                                                                      \
    " FROM (SELECT t.* FROM ledger." table " t WHERE t.position <= a.position AND t.position " compare " " key where  \
    "   ORDER BY t.position " order " LIMIT " limit ") t" SQL_OF_EVENT("t")                                           \
    " ORDER BY t.position " order ") x ON true ORDER BY x.key " order
/* $n: nothing, or what it must be. */
#define SQL_IF(column, type, n) " AND ($" n "::" type " IS NULL OR " column " = $" n ")"
#define SQL_NO_ZERO(address) "nullif(" address ", " SQL_ZERO_ADDRESS ")"
/* clang-format on */

#define REWARD_EVENT_MEMBERS                                                       \
    {.name = "block_number", .type = T_U64, .about = "The block of its event."},   \
        {.name = "log_index", .type = T_U64, .about = "The event in that block."}, \
    {                                                                              \
        .name = "tx_hash", .type = T_HASH, .about = "The event's transaction."     \
    }

/* Names of enum reward_kind and enum reward_role, for filters: choice i is number i + 1. */
extern const char *const reward_kind_names[], *const reward_role_names[];
#define REWARD_DAY_PARAMETER                                                                        \
    {                                                                                               \
        .name = "day", .type = PARAMETER_TEXT, .max = 10, .about = "Only of this day (YYYY-MM-DD)." \
    }

/* "YYYY-MM-DD" as days since 1970. ERR_FIELD (of `name`): no such day. */
MUST_CHECK enum err reward_day_parse(const char *name, const char *text, size_t n, int64_t *out);
/* Statement parameters for the filters `day`, and a choice of names (smallint): NULL if not given. ERR_FIELD. */
MUST_CHECK enum err reward_day_in(struct statement *s, const struct request *r);
void reward_choice_in(struct statement *s, const struct request *r, const char *name);

/* "0x<distributor>-<day>", or a day alone where the network has one RewardsCoordinator: `*has_distributor` says which. ERR_NOT_FOUND:
 * no such id. */
MUST_CHECK enum err reward_distribution_parse(const char *text, struct address *distributor, bool *has_distributor,
                                              int64_t *day);

#endif

/* ledger/mirror/reconcile_kinds_allocation.c - EigenLayer's AllocationManager: magnitudes, allocations, membership, slashability. */
#include "ledger/mirror/reconcile_kind.h"

/* What changes by the mere passing of blocks is worked out here: done says that a pending change has taken effect. */
/* clang-format off */
#define ALLOCATIONS                                                                                                   \
    "(SELECT u.*, u.effect_block <> 0 AND $5 >= u.effect_block AS done FROM (SELECT DISTINCT ON (a.operator, a.avs,"  \
    "  a.operator_set, a.strategy) a.* FROM ledger.allocation a WHERE a.position <= $1"                               \
    "  ORDER BY a.operator, a.avs, a.operator_set, a.strategy, a.position DESC) u)"
#define MEMBERS                                                                                                       \
    "(SELECT * FROM (SELECT DISTINCT ON (m.operator, m.avs, m.operator_set) m.* FROM ledger.operator_set_member m"    \
    "  WHERE m.position <= $1 ORDER BY m.operator, m.avs, m.operator_set, m.position DESC) u"                         \
    SQL_PICK("u.operator || u.avs || int8send(u.operator_set)") ") s"
/* clang-format on */

const struct reconcile_kind reconcile_kinds_allocation[] = {
    {RETURNS("getMaxMagnitude(address,address)", {"", false, UINT(64)}), .arguments = "aa", .has_contract = true,
     .contract = KIND_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.strategy, coalesce(" SQL_LAST(
         "magnitude", "max_magnitude",
         "l.operator = s.operator AND l.strategy = s.strategy") ", " SQL_WAD "), " SQL_COMPARE
                                                                " FROM (SELECT * FROM (SELECT a.owner AS operator, a.asset AS strategy FROM ledger.account a"
                                                                "   WHERE a.book = 8 AND a.created <= $1"
                                                                "  UNION SELECT m.operator, m.strategy FROM ledger.max_magnitude m WHERE m.position <= $1) u" SQL_PICK(
                                                                    "u.operator || u.strategy") ") s"},
    {RETURNS("getEncumberedMagnitude(address,address)", {"", false, UINT(64)}), .arguments = "aa", .has_contract = true,
     .contract = KIND_ALLOCATION_MANAGER, ONE_FIGURE,
     /* An increase counts at once, a decrease when it has taken effect. */
     .sql =
         "SELECT $4, s.operator, s.strategy, s.encumbered, " SQL_COMPARE
         " FROM (SELECT * FROM (SELECT a.operator, a.strategy,"
         "   sum(CASE WHEN a.done THEN a.current + a.pending ELSE greatest(a.current, a.current + a.pending) END) AS encumbered"
         "   FROM " ALLOCATIONS " a GROUP BY a.operator, a.strategy) u" SQL_PICK("u.operator || u.strategy") ") s"},
    {RETURNS("getAllocation(address,(address,uint32),address)", {"", false, UINT(64)}, {"", false, INT(128)},
             {"", false, UINT(32)}),
     .arguments = "aana", .has_contract = true, .contract = KIND_ALLOCATION_MANAGER,
     FIGURES({"currentMagnitude", 0, NO_MEMBER, false}, {"pendingDiff", 1, NO_MEMBER, false},
             {"effectBlock", 2, NO_MEMBER, false}),
     .sql = "SELECT $4, s.operator, s.avs, s.operator_set, s.strategy,"
            " CASE WHEN s.done THEN s.current + s.pending ELSE s.current END,"
            " CASE WHEN s.done THEN 0 ELSE s.pending END,"
            " CASE WHEN s.done THEN 0 ELSE s.effect_block END::numeric, " SQL_COMPARE
            " FROM (SELECT * FROM " ALLOCATIONS
            " a" SQL_PICK("a.operator || a.avs || int8send(a.operator_set) || a.strategy") ") s"},
    {RETURNS("isMemberOfOperatorSet(address,(address,uint32))", {"", false, BOOL_TYPE}), .arguments = "aan",
     .has_contract = true, .contract = KIND_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.avs, s.operator_set, s.registered::int::numeric, " SQL_COMPARE " FROM " MEMBERS},
    {RETURNS("isOperatorSlashable(address,(address,uint32))", {"", false, BOOL_TYPE}), .arguments = "aan",
     .has_contract = true, .contract = KIND_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.avs, s.operator_set,"
            " (s.registered OR $5 <= s.slashable_until)::int::numeric, " SQL_COMPARE " FROM " MEMBERS},
    {RETURNS("getAllocationDelay(address)", {"", false, BOOL_TYPE}, {"", false, UINT(32)}), .arguments = "a",
     .has_contract = true, .contract = KIND_ALLOCATION_MANAGER, FIGURES({"delay", 1, NO_MEMBER, false}),
     .sql =
         "SELECT $4, s.operator, CASE WHEN s.effect_block <> 0 AND $5 >= s.effect_block THEN s.pending ELSE s.delay"
         " END::numeric, " SQL_COMPARE
         " FROM (SELECT * FROM (SELECT DISTINCT ON (d.operator) d.* FROM ledger.allocation_delay d WHERE d.position <= $1"
         "   ORDER BY d.operator, d.position DESC) u" SQL_PICK("u.operator") ") s"},
    {0}};

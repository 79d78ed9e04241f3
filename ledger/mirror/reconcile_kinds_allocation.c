/* ledger/mirror/reconcile_kinds_allocation.c - EigenLayer's AllocationManager: magnitudes, allocations, membership, slashability, slashers.
 *
 * Compared is what the functions of schema api_v1 give that the API answers from; a row that they leave out must be in its initial
 * state. Signatures: AllocationManagerView v1.12.0. */
#include "ledger/mirror/reconcile_kind.h"

/* clang-format off */
#define OF_ALLOCATION_MANAGER .has_contract = true, .contract = KIND_ALLOCATION_MANAGER
#define MAGNITUDES                                                                                                    \
    "(SELECT * FROM (SELECT a.owner AS operator, a.asset AS strategy FROM ledger.account a"                           \
    "   WHERE a.book = 8 AND a.created <= $1"                                                                         \
    "  UNION SELECT m.operator, m.strategy FROM ledger.max_magnitude m WHERE m.position <= $1"                        \
    "  UNION SELECT n.operator, n.strategy FROM ledger.allocation n WHERE n.position <= $1) u"                        \
    SQL_PICK("u.operator || u.strategy") ") s LEFT JOIN LATERAL (SELECT m.* FROM api_v1.magnitudes(s.operator, $1, $5) m" \
    "  WHERE m.strategy = s.strategy) m ON true"
#define ALLOCATIONS                                                                                                   \
    "(SELECT * FROM (SELECT DISTINCT a.operator, a.avs, a.operator_set, a.strategy FROM ledger.allocation a"          \
    "  WHERE a.position <= $1) u"                                                                                     \
    SQL_PICK("u.operator || u.avs || int8send(u.operator_set) || u.strategy") ") s"                                   \
    " LEFT JOIN LATERAL (SELECT n.* FROM api_v1.allocations(s.operator, $1, $5) n WHERE n.avs = s.avs"                \
    "  AND n.operator_set = s.operator_set AND n.strategy = s.strategy) n ON true"
#define MEMBERS                                                                                                       \
    "(SELECT * FROM (SELECT DISTINCT m.operator, m.avs, m.operator_set FROM ledger.operator_set_member m"             \
    "  WHERE m.position <= $1) u" SQL_PICK("u.operator || u.avs || int8send(u.operator_set)") ") s"                   \
    " LEFT JOIN LATERAL (SELECT m.* FROM api_v1.operator_memberships(s.operator, $1, $5) m WHERE m.avs = s.avs"       \
    "  AND m.operator_set = s.operator_set) m ON true"

static const struct abi_type uint256 = UINT(256), stakes = {.kind = ABI_ARRAY, .items = &uint256};

const struct reconcile_kind reconcile_kinds_allocation[] = {
    {RETURNS("getMaxMagnitude(address,address)", {"", false, UINT(64)}),
     .arguments = "aa", OF_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.strategy, coalesce(m.max_magnitude, " SQL_WAD "), " SQL_COMPARE
            " FROM " MAGNITUDES},
    {RETURNS("getEncumberedMagnitude(address,address)", {"", false, UINT(64)}),
     .arguments = "aa", OF_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.strategy, coalesce(m.encumbered_magnitude, 0), " SQL_COMPARE
            " FROM " MAGNITUDES},
    {RETURNS("getAllocation(address,(address,uint32),address)", {"", false, UINT(64)},
             {"", false, INT(128)},
             {"", false, UINT(32)}),
     .arguments = "aana", OF_ALLOCATION_MANAGER,
     FIGURES({"currentMagnitude", 0, NO_MEMBER, false}, {"pendingDiff", 1, NO_MEMBER, false},
             {"effectBlock", 2, NO_MEMBER, false}),
     .sql = "SELECT $4, s.operator, s.avs, s.operator_set, s.strategy, coalesce(n.current_magnitude, 0),"
            " coalesce(n.pending_diff, 0), coalesce(n.effect_block, 0)::numeric, " SQL_COMPARE
            " FROM " ALLOCATIONS},
    /* Of that very block: what a slash in it could take at least. */
    {RETURNS("getMinimumSlashableStake((address,uint32),address[],address[],uint32)", {"", false, {.kind = ABI_ARRAY, .items = &stakes}}),
     .arguments = "anlln", OF_ALLOCATION_MANAGER, .n_figures = 1, .figures = {{"", 0, 0, true}},
     .sql = "SELECT $4, s.avs, s.operator_set, s.operator, s.strategy, $5, 0::bigint, coalesce(n.minimum_slashable_stake, 0), "
            SQL_COMPARE
            " FROM " ALLOCATIONS},
    {RETURNS("isMemberOfOperatorSet(address,(address,uint32))", {"", false, BOOL_TYPE}),
     .arguments = "aan", OF_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.avs, s.operator_set, coalesce(m.registered, false)::int::numeric, " SQL_COMPARE
            " FROM " MEMBERS},
    {RETURNS("isOperatorSlashable(address,(address,uint32))", {"", false, BOOL_TYPE}),
     .arguments = "aan", OF_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.operator, s.avs, s.operator_set, coalesce(m.slashable, false)::int::numeric, " SQL_COMPARE
            " FROM " MEMBERS},
    {RETURNS("getAllocationDelay(address)", {"", false, BOOL_TYPE}, {"", false, UINT(32)}),
     .arguments = "a", OF_ALLOCATION_MANAGER,
     FIGURES({"delay", 1, NO_MEMBER, false}),
     .sql = "SELECT $4, s.operator, (SELECT CASE WHEN $5 >= d.effect_block THEN d.pending ELSE d.delay END::numeric"
            "   FROM ledger.allocation_delay d WHERE d.operator = s.operator AND d.position <= $1"
            "   ORDER BY d.position DESC LIMIT 1), " SQL_COMPARE
            " FROM (SELECT * FROM (SELECT DISTINCT d.operator FROM ledger.allocation_delay d WHERE d.position <= $1) u"
            SQL_PICK("u.operator") ") s"},
    {RETURNS("getSlasher((address,uint32))", {"", false, ADDRESS_TYPE}),
     .arguments = "an", OF_ALLOCATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.avs, s.operator_set, coalesce((SELECT l.slasher FROM api_v1.slasher(s.avs, s.operator_set, $1, $5) l), "
            SQL_NOBODY "), " SQL_COMPARE
            " FROM (SELECT * FROM (SELECT DISTINCT o.avs, o.operator_set FROM ledger.operator_set o WHERE o.position <= $1) u"
            SQL_PICK("u.avs || int8send(u.operator_set)") ") s"},
    {0},
};
/* clang-format on */

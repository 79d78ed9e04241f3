/* ledger/mirror/reconcile_kinds_stake.c - EigenLayer's DelegationManager, StrategyManager and strategies: who is delegated, deposited, queued. */
#include "ledger/mirror/reconcile_kind.h"

/* clang-format off */
#define STAKERS                                                                                                       \
    "(SELECT * FROM (SELECT a.owner AS staker FROM ledger.account a WHERE a.book = 6 AND a.created <= $1"             \
    "  UNION SELECT d.staker FROM ledger.delegation d WHERE d.position <= $1) u" SQL_PICK("u.staker") ") s"
#define DEPOSITS                                                                                                      \
    "(SELECT a.id, a.owner AS staker, a.asset AS strategy FROM ledger.account a WHERE a.book = 6 AND a.created <= $1" \
    SQL_PICK("a.asset || a.owner") ") s"
#define FACTOR "coalesce(" SQL_LAST("factor", "scaling_factor", "l.staker = s.staker AND l.strategy = s.strategy")    \
    ", " SQL_WAD ")"
#define UNLESS_IN_DOUBT                                                                                               \
    "CASE WHEN " SQL_LAST("most", "deposit_doubt", "l.staker = s.staker AND l.strategy = s.strategy")                 \
    " > 0 THEN 1 ELSE 0 END::smallint"
/* SlashingLib.calcWithdrawable. Nobody's maximum magnitude is WAD: there are no rows of the zero address. */
#define WITHDRAWABLE                                                                                                  \
    "least(div(div(f.deposit * f.factor, " SQL_WAD ") * coalesce("                                                    \
    SQL_LAST("magnitude", "max_magnitude", "l.operator = f.operator AND l.strategy = s.strategy") ", " SQL_WAD "), "  \
    SQL_WAD "), 2::numeric ^ 256 - 1)"
/* clang-format on */

const struct reconcile_kind reconcile_kinds_stake[] = {
    {RETURNS("delegatedTo(address)", {"", false, ADDRESS_TYPE}), .arguments = "a", .has_contract = true,
     .contract = KIND_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.staker, coalesce(" SQL_LAST("operator", "delegation",
                                                      "l.staker = s.staker") ", " SQL_NOBODY "), " SQL_COMPARE
                                                                             " FROM " STAKERS},
    {RETURNS("operatorShares(address,address)", {"", false, UINT(256)}), .arguments = "aa", .has_contract = true,
     .contract = KIND_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.owner, s.asset, " SQL_BALANCE_OF(
         "s.id") ", " SQL_COMPARE
                 " FROM (SELECT a.id, a.owner, a.asset FROM ledger.account a WHERE a.book = 8 AND a.created <= $1" SQL_PICK(
                     "a.asset || a.owner") ") s"},
    {RETURNS("depositScalingFactor(address,address)", {"", false, UINT(256)}), .arguments = "aa", .has_contract = true,
     .contract = KIND_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.staker, s.strategy, " FACTOR ", " SQL_COMPARE " FROM " DEPOSITS},
    {RETURNS("getWithdrawableShares(address,address[])",
             {"", false, {.kind = ABI_ARRAY, .items = &(const struct abi_type)UINT(256)}},
             {"", false, {.kind = ABI_ARRAY, .items = &(const struct abi_type)UINT(256)}}),
     .arguments = "al", .has_contract = true, .contract = KIND_DELEGATION_MANAGER,
     FIGURES({"withdrawableShares", 0, NO_MEMBER, true}, {"depositShares", 1, NO_MEMBER, true}),
     .sql = "SELECT $4, s.staker, s.strategy, 0::bigint, " WITHDRAWABLE ", f.deposit, " UNLESS_IN_DOUBT
            " FROM " DEPOSITS " CROSS JOIN LATERAL (SELECT " SQL_BALANCE_OF(
                "s.id") " AS deposit, " FACTOR
                        " AS factor, " SQL_LAST("operator", "delegation", "l.staker = s.staker") " AS operator) f"},
    {RETURNS("stakerDepositShares(address,address)", {"", false, UINT(256)}), .arguments = "aa", .has_contract = true,
     .contract = KIND_STRATEGY_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.staker, s.strategy, " SQL_BALANCE_OF("s.id") ", " UNLESS_IN_DOUBT " FROM " DEPOSITS},
    {RETURNS("totalShares()", {"", false, UINT(256)}), .arguments = "", ONE_FIGURE,
     .sql = "SELECT s.asset, " SQL_BALANCE_OF(
         "s.id") ", " SQL_COMPARE
                 " FROM (SELECT a.id, a.asset FROM ledger.account a WHERE a.book = 14 AND a.created <= $1" SQL_PICK(
                     "a.asset") ") s"},
    {RETURNS("pendingWithdrawals(bytes32)", {"", false, BOOL_TYPE}), .arguments = "w", .has_contract = true,
     .contract = KIND_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.root, CASE WHEN " SQL_LAST(
         "state", "withdrawal",
         "l.root = s.root") " = 0 THEN 1 ELSE 0 END::numeric, " SQL_COMPARE
                            " FROM (SELECT * FROM (SELECT DISTINCT w.root FROM ledger.withdrawal w WHERE w.position <= $1) u" SQL_PICK(
                                "u.root") ") s"},
    /* Of each strategy of a withdrawal that is pending: the magnitude counts as of its last slashable block. */
    {RETURNS("getQueuedWithdrawal(bytes32)",
             {"",
              false,
              {.kind = ABI_TUPLE,
               .n = 7,
               .items = (const struct abi_type[]){ADDRESS_TYPE,
                                                  ADDRESS_TYPE,
                                                  ADDRESS_TYPE,
                                                  UINT(256),
                                                  UINT(32),
                                                  {.kind = ABI_ARRAY, .items = &(const struct abi_type)ADDRESS_TYPE},
                                                  {.kind = ABI_ARRAY, .items = &(const struct abi_type)UINT(256)}}}},
             {"", false, {.kind = ABI_ARRAY, .items = &(const struct abi_type)UINT(256)}}),
     .arguments = "w", .has_contract = true, .contract = KIND_DELEGATION_MANAGER,
     FIGURES({"delegatedTo", 0, 1, false}, {"startBlock", 0, 4, false}, {"scaledShares", 0, 6, true},
             {"shares", 1, NO_MEMBER, true}),
     .sql =
         "SELECT $4, s.root, i.item, s.operator, s.start_block::numeric, i.scaled_shares,"
         " div(i.scaled_shares * coalesce((SELECT l.magnitude FROM ledger.max_magnitude l WHERE l.operator = s.operator"
         "  AND l.strategy = i.strategy AND l.position <= (least($5, s.slashable_until) << 32 | 4294967295)"
         "  ORDER BY l.position DESC LIMIT 1), " SQL_WAD "), " SQL_WAD "), " SQL_COMPARE
         " FROM (SELECT * FROM (SELECT DISTINCT ON (w.root) w.* FROM ledger.withdrawal w WHERE w.position <= $1"
         "   ORDER BY w.root, w.position DESC) u WHERE u.state = 0" SQL_PICK(
             "u.root") ") s"
                       " JOIN ledger.withdrawal_share i ON i.root = s.root"},
    {0}};

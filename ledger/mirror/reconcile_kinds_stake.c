/* ledger/mirror/reconcile_kinds_stake.c - EigenLayer's DelegationManager, StrategyManager and strategies: who is delegated, deposited, queued.
 *
 * Where there is a function of schema api_v1 that the API answers from, what it gives is compared: a row that it leaves out must be
 * in its initial state. Signatures: DelegationManager, StrategyManager, StrategyBase v1.12.0. */
#include "ledger/mirror/reconcile_kind.h"

/* clang-format off */
#define STAKERS                                                                                                       \
    "(SELECT * FROM (SELECT a.owner AS staker FROM ledger.account a WHERE a.book = 6 AND a.created <= $1"             \
    "  UNION SELECT d.staker FROM ledger.delegation d WHERE d.position <= $1) u" SQL_PICK("u.staker") ") s"
/* Deposits of a staker in a strategy, with what the API says of them. */
#define DEPOSITS                                                                                                      \
    "(SELECT a.owner AS staker, a.asset AS strategy FROM ledger.account a WHERE a.book = 6 AND a.created <= $1"       \
    SQL_PICK("a.asset || a.owner") ") s"                                                                              \
    " LEFT JOIN LATERAL (SELECT d.* FROM api_v1.deposits(s.staker,"                                                   \
    "   (SELECT o.operator FROM api_v1.delegated_to(s.staker, $1) o), $1) d WHERE d.strategy = s.strategy) d ON true"
/* Doubt stays when the shares booked come to nothing: then the API has no row. */
#define UNLESS_IN_DOUBT                                                                                               \
    "CASE WHEN " SQL_LAST("most", "deposit_doubt", "l.staker = s.staker AND l.strategy = s.strategy")                 \
    " > 0 THEN 1 ELSE 0 END::smallint"
#define OF_DELEGATION_MANAGER .has_contract = true, .contract = KIND_DELEGATION_MANAGER
/* clang-format on */

static const struct abi_type uint256 = UINT(256), address = ADDRESS_TYPE;
/* IDelegationManagerTypes.Withdrawal */
static const struct abi_type withdrawal[] = {ADDRESS_TYPE, /* staker */
                                             ADDRESS_TYPE, /* delegatedTo */
                                             ADDRESS_TYPE, /* withdrawer */
                                             UINT(256),    /* nonce */
                                             UINT(32),     /* startBlock */
                                             {.kind = ABI_ARRAY, .items = &address},
                                             {.kind = ABI_ARRAY, .items = &uint256}};
enum { DELEGATED_TO = 1, START_BLOCK = 4, SCALED_SHARES = 6, WITHDRAWAL_MEMBERS };

/* clang-format off */
const struct reconcile_kind reconcile_kinds_stake[] = {
    {RETURNS("delegatedTo(address)", {"", false, ADDRESS_TYPE}),
     .arguments = "a", OF_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.staker, coalesce((SELECT o.operator FROM api_v1.delegated_to(s.staker, $1) o), " SQL_NOBODY
            "), " SQL_COMPARE
            " FROM " STAKERS},
    {RETURNS("operatorShares(address,address)", {"", false, UINT(256)}),
     .arguments = "aa", OF_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.owner, s.asset, coalesce((SELECT o.shares FROM api_v1.operator_shares(s.owner, $1) o"
            "  WHERE o.strategy = s.asset), 0), " SQL_COMPARE
            " FROM (SELECT a.owner, a.asset FROM ledger.account a WHERE a.book = 8 AND a.created <= $1"
            SQL_PICK("a.asset || a.owner") ") s"},
    {RETURNS("depositScalingFactor(address,address)", {"", false, UINT(256)}),
     .arguments = "aa", OF_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.staker, s.strategy, coalesce(d.scaling_factor, " SQL_WAD "), " SQL_COMPARE
            " FROM " DEPOSITS},
    {RETURNS("getWithdrawableShares(address,address[])", {"", false, {.kind = ABI_ARRAY, .items = &uint256}},
             {"", false, {.kind = ABI_ARRAY, .items = &uint256}}),
     .arguments = "al", OF_DELEGATION_MANAGER,
     FIGURES({"withdrawableShares", 0, NO_MEMBER, true}, {"depositShares", 1, NO_MEMBER, true}),
     .sql = "SELECT $4, s.staker, s.strategy, 0::bigint, coalesce(d.withdrawable_shares, 0), coalesce(d.shares, 0), "
            UNLESS_IN_DOUBT
            " FROM " DEPOSITS},
    {RETURNS("stakerDepositShares(address,address)", {"", false, UINT(256)}),
     .arguments = "aa", .has_contract = true, .contract = KIND_STRATEGY_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.staker, s.strategy, coalesce(d.shares, 0), " UNLESS_IN_DOUBT
            " FROM " DEPOSITS},
    {RETURNS("totalShares()", {"", false, UINT(256)}),
     .arguments = "", ONE_FIGURE,
     .sql = "SELECT s.asset, " SQL_BALANCE_OF("s.id") ", " SQL_COMPARE
            " FROM (SELECT a.id, a.asset FROM ledger.account a WHERE a.book = 14 AND a.created <= $1"
            SQL_PICK("a.asset") ") s"},
    {RETURNS("pendingWithdrawals(bytes32)", {"", false, BOOL_TYPE}),
     .arguments = "w", OF_DELEGATION_MANAGER, ONE_FIGURE,
     .sql = "SELECT $4, s.root, (" SQL_LAST("state", "withdrawal", "l.root = s.root") " = 0)::int::numeric, "
            SQL_COMPARE
            " FROM (SELECT * FROM (SELECT DISTINCT w.root FROM ledger.withdrawal w WHERE w.position <= $1) u"
            SQL_PICK("u.root") ") s"},
    /* Of each strategy of a withdrawal that is pending. */
    {RETURNS("getQueuedWithdrawal(bytes32)", {"", false, {.kind = ABI_TUPLE, .n = WITHDRAWAL_MEMBERS, .items = withdrawal}},
             {"", false, {.kind = ABI_ARRAY, .items = &uint256}}),
     .arguments = "w", OF_DELEGATION_MANAGER,
     FIGURES({"delegatedTo", 0, DELEGATED_TO, false}, {"startBlock", 0, START_BLOCK, false},
             {"scaledShares", 0, SCALED_SHARES, true}, {"shares", 1, NO_MEMBER, true}),
     .sql = "SELECT $4, s.root, i.item, s.operator, s.start_block::numeric, i.scaled_shares, i.withdrawable_shares, "
            SQL_COMPARE
            " FROM (SELECT * FROM (SELECT DISTINCT ON (w.root) w.* FROM ledger.withdrawal w"
            "   WHERE w.position <= $1 ORDER BY w.root, w.position DESC) u WHERE u.state = 0" SQL_PICK("u.root") ") s"
            " CROSS JOIN LATERAL api_v1.withdrawal_shares(s.root, s.staker, s.operator, s.slashable_until, $1) i"},
    {0},
};
/* clang-format on */

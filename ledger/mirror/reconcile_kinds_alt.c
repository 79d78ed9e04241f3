/* ledger/mirror/reconcile_kinds_alt.c - ALT's own staking: positions, what cools down, rewards that can be claimed.
 *
 * Signatures: the verified contract StakedMultiToken. What its logs leave in doubt is counted, not compared. */
#include "ledger/mirror/reconcile_kind.h"

/* The second half of the asset is the ERC-1155 id, which is uint160(operator). */
/* clang-format off */
#define POSITIONS                                                                                                     \
    "(SELECT substr(a.asset, 1, 20) AS contract, substr(a.asset, 33) AS operator, a.asset, a.owner AS staker"         \
    "  FROM ledger.account a WHERE a.book = 40 AND a.created <= $1" SQL_PICK("a.asset || a.owner") ") s"

const struct reconcile_kind reconcile_kinds_alt[] = {
    {RETURNS("cooldowns(address,address)", {"", false, UINT(40)}, {"", false, UINT(216)}),
     .arguments = "aa",
     FIGURES({"timestamp", 0, NO_MEMBER, false}, {"amount", 1, NO_MEMBER, false}),
     .sql = "SELECT s.contract, s.operator, s.staker,"
            " CASE WHEN b.amount > 0 THEN extract(epoch FROM c.started_at) ELSE 0 END::numeric, b.amount,"
            " CASE WHEN c.doubt > 0 THEN 1 ELSE 0 END::smallint FROM " POSITIONS
            " CROSS JOIN LATERAL (SELECT api_v1.alt_balance(42::smallint, s.asset, s.staker, '', $1) AS amount OFFSET 0) b"
            " LEFT JOIN LATERAL (SELECT t.started_at, t.doubt FROM ledger.alt_cooldown t WHERE t.contract = s.contract"
            "  AND t.staker = s.staker AND t.operator = s.operator AND t.position <= $1 ORDER BY t.position DESC LIMIT 1) c"
            "  ON true"},
    {RETURNS("rewardBalance(uint16,address,address)", {"", false, UINT(256)}),
     .arguments = "naa", ONE_FIGURE,
     .sql = "SELECT s.contract, r.distribution::bigint, s.operator, s.staker, r.credited,"
            " CASE WHEN r.pool <> 0 THEN 1 ELSE 0 END::smallint FROM " POSITIONS
            " CROSS JOIN LATERAL api_v1.alt_rewards(s.contract, s.staker, s.operator, $1) r"},
    {0},
};
/* clang-format on */

/* ledger/mirror/reconcile_kinds_token.c - ERC-20, ERC-1155 (ALT's staked positions too), ERC20Votes and ERC-4626: the views that tell what the books of tokens hold. */
#include "ledger/mirror/reconcile_kind.h"

/* Everybody who ever held or was delegated units of a voting token: also those of whom the books say nothing. */
/* clang-format off */
#define VOTERS                                                                                                        \
    "(SELECT * FROM (SELECT a.asset, a.owner FROM ledger.account a WHERE a.book IN (1, 4) AND a.created <= $1"        \
    "   AND a.asset IN (SELECT address FROM " SQL_CONTRACTS_OF("= 'erc20votes'") " k)"                                \
    "  UNION SELECT d.token, d.delegator FROM ledger.delegate d WHERE d.position <= $1) u"                            \
    SQL_PICK("u.asset || u.owner") ") s"

const struct reconcile_kind reconcile_kinds_token[] = {
    {RETURNS("balanceOf(address)", {"", false, UINT(256)}),
     .arguments = "a", ONE_FIGURE,
     .sql = "SELECT s.asset, s.owner, " SQL_BALANCE_OF("s.id") ", " SQL_UNLESS_INCONSISTENT("s.asset")
            " FROM (SELECT a.id, a.asset, a.owner FROM ledger.account a WHERE a.book = 1 AND octet_length(a.asset) = 20"
            "  AND a.created <= $1" SQL_PICK("a.asset || a.owner") ") s"},
    {RETURNS("totalSupply()", {"", false, UINT(256)}),
     .arguments = "", ONE_FIGURE,
     .sql = "SELECT s.asset, " SQL_BALANCE_OF("s.id") ", " SQL_UNLESS_INCONSISTENT("s.asset")
            " FROM (SELECT a.id, a.asset FROM ledger.account a WHERE a.book = 2 AND octet_length(a.asset) = 20"
            "  AND a.created <= $1" SQL_PICK("a.asset") ") s"},
    {RETURNS("balanceOf(address,uint256)", {"", false, UINT(256)}),
     .arguments = "aw", ONE_FIGURE,
     .sql = "SELECT substr(s.asset, 1, 20), s.owner, substr(s.asset, 21), " SQL_BALANCE_OF("s.id") ", "
            SQL_UNLESS_INCONSISTENT("substr(s.asset, 1, 20)")
            " FROM (SELECT a.id, a.asset, a.owner FROM ledger.account a WHERE a.book IN (1, 40) AND octet_length(a.asset) = 52"
            "  AND a.created <= $1" SQL_PICK("a.asset || a.owner") ") s"},
    {RETURNS("getVotes(address)", {"", false, UINT(256)}),
     .arguments = "a", ONE_FIGURE,
     .sql = "SELECT s.asset, s.owner, " SQL_BALANCE("4", "s.asset", "s.owner") ", " SQL_UNLESS_INCONSISTENT("s.asset")
            " FROM " VOTERS},
    {RETURNS("delegates(address)", {"", false, ADDRESS_TYPE}),
     .arguments = "a", ONE_FIGURE,
     .sql = "SELECT s.asset, s.owner, coalesce("
            SQL_LAST("delegate", "delegate", "l.delegator = s.owner AND l.token = s.asset") ", " SQL_NOBODY "), "
            SQL_UNLESS_INCONSISTENT("s.asset")
            " FROM " VOTERS},
    /* OpenZeppelin: what the vault holds of its asset; known if that is a token of ours. The asset is an immutable, so the last
     * known one holds for every block. */
    {RETURNS("totalAssets()", {"", false, UINT(256)}),
     .arguments = "", ONE_FIGURE,
     .sql = "SELECT s.address, " SQL_BALANCE("1", "s.asset", "s.address") ", " SQL_UNLESS_INCONSISTENT("s.asset")
            " FROM (SELECT * FROM (SELECT v.address, coalesce(v.asset, (SELECT y.asset FROM ledger.vault_asset y"
            "   WHERE y.vault = v.address ORDER BY y.position DESC LIMIT 1)) AS asset FROM "
            SQL_CONTRACTS_OF("= 'erc4626'") " v) u"
            "  WHERE u.asset IN (SELECT k.address FROM " SQL_CONTRACTS_OF("IN ('erc20', 'erc20votes', 'erc4626')")
            " k)"
            "   AND EXISTS (SELECT FROM ledger.account a WHERE a.book = 2 AND a.asset = u.address AND a.created <= $1)"
            SQL_PICK("u.address") ") s"},
    {0},
};
/* clang-format on */

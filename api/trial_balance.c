/* api/trial_balance.c - debits and credits per book and asset at a block, and whether each family of books balances. */
#include "api/asset.h"
#include "api/routes.h"
#include "api/sql.h"

/* Which (book, asset) there are is found by hopping through the index of ledger.control, one probe each, however
 * many rows it has. A row is of the last block at or before the one asked for. `balance` travels as text: in books
 * that are wrong it could be negative, and this is the page that must still say so. */
/* clang-format off */
#define LAST "c.position <= a.position ORDER BY c.position DESC LIMIT 1"
#define TRIAL(compare, order)                                                                                         \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL ("                                                               \
    " WITH RECURSIVE s (book, asset) AS ("                                                                            \
    "  (SELECT c.book, c.asset FROM ledger.control c WHERE (c.book, c.asset) " compare " ($5, $6)"                    \
    "    ORDER BY c.book " order ", c.asset " order " LIMIT 1)"                                                       \
    "  UNION ALL SELECT n.book, n.asset FROM s CROSS JOIN LATERAL (SELECT c.book, c.asset FROM ledger.control c"      \
    "    WHERE (c.book, c.asset) " compare " (s.book, s.asset) ORDER BY c.book " order ", c.asset " order " LIMIT"    \
    " 1) n)"                                                                                                          \
    " SELECT k.name AS book, k.family, s.asset AS token, s.asset AS token_id, c.debits, c.credits,"                   \
    "  (CASE k.normal WHEN 'debit' THEN c.debits - c.credits ELSE c.credits - c.debits END)::text AS balance,"        \
    "  c.accounts, f.balanced, s.book AS key1, s.asset AS key2 FROM s"                                                \
    " CROSS JOIN LATERAL (SELECT k.name, k.normal, k.family AS id, g.name AS family FROM ledger.book k"               \
    "   JOIN ledger.book g ON g.id = k.family WHERE k.id = s.book LIMIT 1) k"                                         \
    " CROSS JOIN LATERAL (SELECT c.debits, c.credits, c.accounts FROM ledger.control c"                               \
    "   WHERE c.book = s.book AND c.asset = s.asset AND " LAST ") c"                                                  \
    " CROSS JOIN LATERAL (SELECT sum(t.debits) = sum(t.credits) AS balanced FROM ledger.book o"                       \
    "   CROSS JOIN LATERAL (SELECT c.debits, c.credits FROM ledger.control c"                                         \
    "     WHERE c.book = o.id AND c.asset = s.asset AND " LAST ") t WHERE o.family = k.id) f"                         \
    " LIMIT $7) x ON true ORDER BY x.key1 " order ", x.key2 " order
/* clang-format on */

static enum err trial_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? TRIAL("<", "DESC") : TRIAL(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5, $6, $7 */
    return OK;
}

const struct route trial_balance_routes[] =
    {{.method = "GET",
      .path = "/v1/trial-balance",
      .about = "Totals of each book and asset; within a family of books, debits equal credits.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .members =
          MEMBERS({.name = "book", .type = T_TEXT, .about = "The book: token, token.issued, ..."},
                  {.name = "family", .type = T_TEXT, .about = "The family of books that it balances with."},
                  {.name = "token", .type = T_ADDRESS, .write = asset_write_token, .about = "The token's contract."},
                  {.name = "token_id",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .write = asset_write_id,
                   .about = "ERC-1155: the token id."},
                  {.name = "debits", .type = T_TOTAL, .about = "All debits ever."},
                  {.name = "credits", .type = T_TOTAL, .about = "All credits ever."},
                  {.name = "balance",
                   .type = T_TEXT,
                   .about = "Their difference in the book's normal direction; decimal."},
                  {.name = "accounts", .type = T_U64, .about = "Accounts whose balance is not zero."},
                  {.name = "balanced",
                   .type = T_BOOL,
                   .about = "Whether the family's debits equal its credits for this asset."}),
      .KEYS(T_I16, T_BYTES),
      .both_orders = true,
      .ask = trial_ask},
     {0}};

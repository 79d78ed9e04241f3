/* api/entries.c - the statement of an account: every change of its balances, in chain order. */
#include "api/asset.h"
#include "api/routes.h"
#include "api/sql.h"
#include "ledger/account.h"

#define BOOK_NAME(code, number, name, debit_normal) name,
static const char *const books[] = {BOOK_TABLE(BOOK_NAME) NULL};
#undef BOOK_NAME

/* Each account of the owner gives at most a page of its own entries, in index order; the page is the merge of those.
 * So page 1,000 costs what page 1 costs. The joins that only decorate a row come after the limit and are one index
 * probe each. `created` keeps accounts out that did not exist at the block. What the closing of a day books at a block's end
 * (log_index -2) has no event; nobody stands behind the pool of a refund or a treasury's part. */
/* clang-format off */
#define STATEMENT(compare, order)                                                                                     \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL ("                                                               \
    " SELECT '0x' || encode(h.hash, 'hex') || CASE WHEN p.log_index = -2 THEN '-end-' || (p.position & 4294967295)"   \
    "   ELSE '-' || p.log_index || '-' || p.leg END AS id, p.position >> 32 AS block_number,"                         \
    "  h.time AS block_time, nullif(p.log_index, -2) AS log_index, v.tx_hash, p.book, p.asset, p.asset AS token_id,"  \
    "  p.delta, p.balance, CASE WHEN c.owned THEN c.owner END AS counterparty,"                                       \
    "  CASE WHEN p.log_index <> -2 THEN v.cause WHEN p.book = 'reward.earned' THEN 'payout' ELSE 'day-closed' END"    \
    "  AS cause, p.position"                                                                                          \
    " FROM (SELECT k.name AS book, n.asset, e.* FROM ledger.account n JOIN ledger.book k ON k.id = n.book"            \
    "   CROSS JOIN LATERAL (SELECT e.position, e.log_index, e.leg, e.delta, e.balance, e.counter FROM ledger.entry e" \
    "     WHERE e.account = n.id AND e.position <= a.position AND e.position " compare " $8"                          \
    "     ORDER BY e.position " order " LIMIT $9) e"                                                                  \
    "   WHERE n.owner = $5 AND n.created <= a.position AND ($6::bytea IS NULL OR substr(n.asset, 1, 20) = $6)"        \
    "     AND CASE WHEN $7::text IS NULL THEN " SQL_IS_HOLDER_BOOK " ELSE k.name = $7 END"                            \
    "   ORDER BY e.position " order " LIMIT $9) p"                                                                    \
    " LEFT JOIN LATERAL (SELECT o.owner, q.name NOT LIKE '%.unexplained' AND (o.book <> 64 OR o.owner <>"             \
    "   " SQL_ZERO_ADDRESS ") AS owned FROM ledger.account o JOIN ledger.book q ON q.id = o.book"                     \
    "   WHERE o.id = p.counter LIMIT 1) c ON true"                                                                    \
    " CROSS JOIN LATERAL (SELECT b.id, b.hash, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"      \
    "   WHERE m.number = p.position >> 32 LIMIT 1) h"                                                                 \
    " LEFT JOIN LATERAL (SELECT g.tx_hash, t.name AS cause FROM mirror.event g LEFT JOIN mirror.event_type t ON"      \
    " t.id = g.type"                                                                                                  \
    "   WHERE g.block = h.id AND g.log_index = p.log_index LIMIT 1) v ON true"                                        \
    " ORDER BY p.position " order ") x ON true ORDER BY x.position " order
/* clang-format on */

static enum err entries_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? STATEMENT("<", "DESC") : STATEMENT(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_value(s, r, "asset");   /* $6 */
    statement_value(s, r, "book");    /* $7 */
    statement_page(s, r);             /* $8, $9 */
    return OK;
}

const struct route entries_routes[] = {
    {.method = "GET",
     .path = "/v1/accounts/{address}/entries",
     .about =
         "The statement of an account: each entry of its accounts in the books with the balance after it, oldest first.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters =
         PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose statement."},
                    {.name = "asset", .type = PARAMETER_ADDRESS, .about = "Only entries of this token or strategy."},
                    {.name = "book",
                     .type = PARAMETER_CHOICE,
                     .choices = books,
                     .about = "Only entries of this book; without it, of all books that people hold accounts in."}),
     .members = MEMBERS(
         {.name = "id",
          .type = T_TEXT,
          .about = "Block hash, log index and leg, or the block's end and a number; the same in every replay."},
         {.name = "block_number", .type = T_U64, .about = "The block that moved it."},
         {.name = "block_time", .type = T_TIME, .about = "Time of that block."},
         {.name = "log_index",
          .type = T_U64,
          .nullable = true,
          .about = "The log in the block that caused it; null: booked at the block's end, when a day was closed."},
         {.name = "tx_hash", .type = T_HASH, .nullable = true, .about = "The transaction; null as above."},
         {.name = "book", .type = T_TEXT, .about = "The book: token, votes, deposit, operator, ..."},
         {.name = "asset", .type = T_ADDRESS, .write = asset_write_token, .about = "The token or strategy."},
         {.name = "token_id",
          .type = T_AMOUNT,
          .nullable = true,
          .write = asset_write_id,
          .about = "ERC-1155: the token id."},
         {.name = "delta", .type = T_DELTA, .about = "The change."},
         {.name = "balance", .type = T_AMOUNT, .about = "The balance after it."},
         {.name = "counterparty",
          .type = T_ADDRESS,
          .nullable = true,
          .about =
              "Who stands on the other side (of a payout the operator); the zero address for mint and burn, null if "
              "the books cannot tell."},
         {.name = "cause",
          .type = T_TEXT,
          .nullable = true,
          .about = "Type of the event that caused it; payout or day-closed at a block's end."}),
     .KEYS(T_I64),
     .both_orders = true,
     .ask = entries_ask},
    {0}};

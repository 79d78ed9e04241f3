/* api/holders.c - who holds a token: the list of its holders, and one of them. */
#include "api/asset.h"
#include "api/routes.h"
#include "api/sql.h"

/* A token that is not configured yields no row, hence 404; so does an ERC-1155 contract without a token id, which is no
 * single token. $5 token, $6 token id. */
/* clang-format off */
#define TOKEN                                                                                                         \
    " JOIN api_v1.contracts() k ON k.address = $5 AND k.kind IN " SQL_KINDS_OF_TOKENS " AND ($6::bytea IS NOT NULL)"   \
    " = (k.kind = 'erc1155')"                                                                                         \
    " CROSS JOIN LATERAL (SELECT k.address || coalesce($6::bytea, '') AS asset) z"
#define BALANCE                                                                                                       \
    " CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e WHERE e.account = n.id AND e.position <= a.position"   \
    "   ORDER BY e.position DESC LIMIT 1) e"

/* In order of the index: (book, asset, owner). The amount key ($7) is not used. */
#define BY_ADDRESS(compare, order)                                                                                    \
    SQL_AT "SELECT a.*, x.* FROM a" TOKEN " LEFT JOIN LATERAL ("                                                      \
    " SELECT n.owner, e.balance, 0::numeric AS amount_key, n.owner AS key FROM ledger.account n" BALANCE              \
    " WHERE n.book = 1 AND n.asset = z.asset AND n.owner " compare " $8 AND n.created <= a.position AND e.balance >"  \
    " 0"                                                                                                              \
    " ORDER BY n.owner " order " LIMIT $9) x ON true ORDER BY x.key " order

/* No index can hold amounts as of any block: every page reads all holders once, and each costs the same. */
#define BY_AMOUNT(compare, order)                                                                                     \
    SQL_AT "SELECT a.*, x.* FROM a" TOKEN " LEFT JOIN LATERAL ("                                                      \
    " SELECT n.owner, e.balance, e.balance AS amount_key, n.owner AS key FROM ledger.account n" BALANCE               \
    " WHERE n.book = 1 AND n.asset = z.asset AND n.created <= a.position AND e.balance > 0"                           \
    "   AND (e.balance::numeric, n.owner::bytea) " compare " ($7, $8)"                                                \
    " ORDER BY e.balance " order ", n.owner " order " LIMIT $9) x ON true ORDER BY x.amount_key " order ", x.key"     \
    " " order
/* clang-format on */

enum { SORT_ADDRESS, SORT_AMOUNT };

/* The largest first, unless asked otherwise. */
static bool holders_descend(const struct request *r)
{
    return request_choice(r, "sort") == SORT_AMOUNT;
}

static enum err holders_ask(const struct request *r, struct statement *s)
{
    bool by_amount = request_choice(r, "sort") == SORT_AMOUNT, down = r->page.descending;
    if (by_amount && r->at.kind != AT_LATEST && !r->page.continued)
        return err_with(ERR_FIELD, "sort: amount is for at=latest only");
    if (by_amount)
        s->sql = down ? BY_AMOUNT("<", "DESC") : BY_AMOUNT(">", "ASC");
    else
        s->sql = down ? BY_ADDRESS("<", "DESC") : BY_ADDRESS(">", "ASC");
    struct param id;
    TRY(asset_id_param(r, &id));
    statement_at(s, r);             /* $1 .. $4 */
    statement_value(s, r, "token"); /* $5 */
    statement_in(s, id);            /* $6 */
    statement_page(s, r);           /* $7, $8, $9 */
    return OK;
}

static enum err holder_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*, x.balance FROM a" TOKEN
                    " LEFT JOIN LATERAL (SELECT e.balance FROM ledger.account n" BALANCE
                    " WHERE n.book = 1 AND n.asset = z.asset AND n.owner = $7 AND n.second = '') x ON true";
    struct param id;
    TRY(asset_id_param(r, &id));
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "token");   /* $5 */
    statement_in(s, id);              /* $6 */
    statement_value(s, r, "address"); /* $7 */
    return OK;
}

static enum err holder_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    jw_key(&reply->json, "token");
    jw_address(&reply->json, request_address(r, "token"));
    jw_key(&reply->json, "address");
    jw_address(&reply->json, request_address(r, "address"));
    jw_key(&reply->json, "amount");
    jw_amount(&reply->json, rows_null(rows, 0, AT_COLUMNS) ? amount_zero : rows_amount(rows, 0, AT_COLUMNS));
    return OK;
}

#define TOKEN_PARAMETERS                                                            \
    {.name = "token", .type = PARAMETER_ADDRESS, .about = "The token's contract."}, \
    {                                                                               \
        .name = "token_id", .type = PARAMETER_TEXT, .max = AMOUNT_TEXT,             \
        .about = "ERC-1155: which token of the contract, decimal."                  \
    }

const struct route holders_routes[] =
    {{.method = "GET",
      .path = "/v1/tokens/{token}/holders",
      .about = "The accounts whose balance is not zero, ordered by address or, at the latest block, by amount.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(TOKEN_PARAMETERS,
                               {.name = "sort",
                                .type = PARAMETER_CHOICE,
                                .choices = CHOICES("address", "amount"),
                                .about = "amount: only with at=latest, and the largest first unless order=asc."}),
      .members = MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The holder."},
                         {.name = "amount", .type = T_AMOUNT, .about = "What balanceOf answers."}),
      .KEYS(T_AMOUNT, T_ADDRESS),
      .both_orders = true,
      .descends = holders_descend,
      .ask = holders_ask},
     {.method = "GET",
      .path = "/v1/tokens/{token}/holders/{address}",
      .about = "The balance of one account; \"0\" if it never had any.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(TOKEN_PARAMETERS,
                               {.name = "address", .type = PARAMETER_ADDRESS, .about = "The holder."}),
      .members = MEMBERS({.name = "token", .type = T_ADDRESS, .about = "The token's contract."},
                         {.name = "address", .type = T_ADDRESS, .about = "The holder."},
                         {.name = "amount", .type = T_AMOUNT, .about = "What balanceOf answers."}),
      .ask = holder_ask,
      .answer = holder_answer},
     {0}};

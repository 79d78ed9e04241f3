/* api/accounts.c - what an account has at a block: balances, votes, stake, pending withdrawals; and its votes as a list. */
#include <string.h>

#include "api/account_alt_staking.h"
#include "api/account_stake.h"
#include "api/asset.h"
#include "api/routes.h"
#include "api/sql.h"

/* ledger.book.id; 0 marks a row of ledger.delegate, -1 the one row of the sections that are packed (nested.h). */
enum { BOOK_PACKED = -1, BOOK_DELEGATE = 0, BOOK_TOKEN = 1, BOOK_VOTES = 4 };
enum {
    COLUMN_BOOK = AT_COLUMNS,
    COLUMN_ASSET,
    COLUMN_AMOUNT,
    COLUMN_DELEGATE,
    COLUMN_STAKE,
    COLUMN_ALT_STAKING = COLUMN_STAKE + 3
};

/* Rows of one token stand together: its delegate (by the index, backwards), its balance, its votes. What is packed stands in the
 * last row. */
/* clang-format off */
#define ACCOUNT_ROWS                                                                                                  \
    "SELECT a.*, x.* FROM a CROSS JOIN LATERAL ("                                                                     \
    " SELECT n.book, n.asset, e.balance, NULL::bytea AS delegate, NULL::bytea AS operator, NULL AS stake,"            \
    "  NULL AS withdrawals, NULL AS alt_staking FROM ledger.account n"                                                \
    "  CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e WHERE e.account = n.id AND e.position <= a.position"  \
    "    ORDER BY e.position DESC LIMIT 1) e"                                                                         \
    "  WHERE n.owner = $5 AND n.book IN (1, 4) AND e.balance > 0"                                                     \
    " UNION ALL"                                                                                                      \
    " (SELECT DISTINCT ON (d.token) 0::smallint, d.token, 0, d.delegate, NULL, NULL, NULL, NULL"                      \
    "   FROM ledger.delegate d WHERE d.delegator = $5 AND d.position <= a.position"                                    \
    "   ORDER BY d.token DESC, d.position DESC)"                                                                      \
    " UNION ALL SELECT -1::smallint, NULL, NULL, NULL, s.*, " ACCOUNT_ALT_STAKING                                     \
    " FROM (" ACCOUNT_STAKE ") s"                                                                                     \
    ") x ORDER BY x.asset, x.book"
/* clang-format on */

static enum err account_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT ACCOUNT_ROWS;
    s->sql_kept = SQL_AT_KEPT ACCOUNT_ROWS;
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    return OK;
}

static void write_balances(struct json_writer *w, const struct rows *rows)
{
    jw_key(w, "balances");
    jw_array(w);
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (rows_i64(rows, i, COLUMN_BOOK) != BOOK_TOKEN)
            continue;
        struct slice asset = rows_bytes(rows, i, COLUMN_ASSET);
        jw_object(w);
        jw_key(w, "token");
        jw_address(w, asset_token(asset));
        if (asset_has_id(asset)) {
            jw_key(w, "token_id");
            jw_amount(w, asset_id(asset));
        }
        jw_key(w, "amount");
        jw_amount(w, rows_amount(rows, i, COLUMN_AMOUNT));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_vote(struct json_writer *w, struct address token, struct address delegate, struct amount units)
{
    if (amount_is_zero(units) && address_is_zero(delegate))
        return;
    jw_object(w);
    jw_key(w, "token");
    jw_address(w, token);
    jw_key(w, "delegate");
    if (address_is_zero(delegate))
        jw_null(w);
    else
        jw_address(w, delegate);
    jw_key(w, "units");
    jw_amount(w, units);
    jw_object_end(w);
}

static void write_votes(struct json_writer *w, const struct rows *rows)
{
    jw_key(w, "votes");
    jw_array(w);
    struct address token = address_zero, delegate = address_zero;
    struct amount units = amount_zero;
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t book = rows_i64(rows, i, COLUMN_BOOK);
        if (book != BOOK_DELEGATE && book != BOOK_VOTES)
            continue;
        struct address of = asset_token(rows_bytes(rows, i, COLUMN_ASSET));
        if (!address_equal(of, token)) {
            write_vote(w, token, delegate, units);
            token = of;
            delegate = address_zero;
            units = amount_zero;
        }
        if (book == BOOK_DELEGATE)
            delegate = rows_address(rows, i, COLUMN_DELEGATE);
        else
            units = rows_amount(rows, i, COLUMN_AMOUNT);
    }
    write_vote(w, token, delegate, units);
    jw_array_end(w);
}

static enum err account_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    jw_key(&reply->json, "address");
    jw_address(&reply->json, request_address(r, "address"));
    write_balances(&reply->json, rows);
    write_votes(&reply->json, rows);
    account_stake_write(&reply->json, rows, rows_count(rows) - 1, COLUMN_STAKE);
    account_alt_staking_write(r, &reply->json, rows, rows_count(rows) - 1, COLUMN_ALT_STAKING);
    return OK;
}

/* clang-format off */
#define VOTES(compare, order)                                                                                         \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL ("                                                               \
    " SELECT coalesce(u.asset, d.token) AS token, nullif(d.delegate, decode(repeat('00', 20), 'hex')) AS delegate,"   \
    "  coalesce(u.balance, 0) AS units, coalesce(u.asset, d.token) AS key"                                            \
    " FROM (SELECT n.asset, e.balance FROM ledger.account n"                                                          \
    "   CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e WHERE e.account = n.id AND e.position <= a.position" \
    "     ORDER BY e.position DESC LIMIT 1) e WHERE n.owner = $5 AND n.book = 4 AND e.balance > 0) u"                 \
    " FULL JOIN (SELECT DISTINCT ON (d.token) d.token, d.delegate FROM ledger.delegate d"                             \
    "   WHERE d.delegator = $5 AND d.position <= a.position ORDER BY d.token, d.position DESC) d ON d.token ="        \
    " u.asset"                                                                                                        \
    " WHERE coalesce(u.asset, d.token) " compare " $6 AND (u.balance > 0 OR d.delegate <> decode(repeat('00', 20),"   \
    " 'hex'))"                                                                                                        \
    " ORDER BY key " order " LIMIT $7) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err votes_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? VOTES("<", "DESC") : VOTES(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6, $7 */
    return OK;
}

#define VOTE_MEMBERS                                                                \
    MEMBERS({.name = "token", .type = T_ADDRESS, .about = "The ERC20Votes token."}, \
            {.name = "delegate",                                                    \
             .type = T_ADDRESS,                                                     \
             .nullable = true,                                                      \
             .about = "Whom the account delegated its own units to."},              \
            {.name = "units", .type = T_AMOUNT, .about = "What getVotes answers for the account."})

const struct route accounts_routes[] = {
    {.method = "GET",
     .path = "/v1/accounts/{address}",
     .about = "What an account has at a block; an address never seen has empty lists.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose account."}),
     .members =
         MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The account."},
                 {.name = "balances",
                  .nest = NEST_LIST,
                  .about = "Token balances that are not zero, ordered by token.",
                  .members = MEMBERS(
                      {.name = "token", .type = T_ADDRESS, .about = "The token's contract."},
                      {.name = "token_id", .type = T_AMOUNT, .optional = true, .about = "ERC-1155 only: the token id."},
                      {.name = "amount", .type = T_AMOUNT, .about = "What balanceOf answers."})},
                 {.name = "votes",
                  .nest = NEST_LIST,
                  .about = "Voting units and delegates, ordered by token.",
                  .members = VOTE_MEMBERS},
                 {.name = "stake", .nest = NEST_OBJECT, .about = "EigenLayer stake.", .members = account_stake_members},
                 {.name = "withdrawals",
                  .nest = NEST_LIST,
                  .about = "Queued withdrawals pending at the block, in order of queueing.",
                  .members = account_withdrawal_members},
                 {.name = "alt_staking",
                  .nest = NEST_LIST,
                  .about = "Positions in ALT's own staking contract.",
                  .members = account_alt_staking_members}),
     .ask = account_ask,
     .answer = account_answer},
    {.method = "GET",
     .path = "/v1/accounts/{address}/votes",
     .about = "Voting units and delegates of an account at a block, by token.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose votes."}),
     .members = VOTE_MEMBERS,
     .KEYS(T_ADDRESS),
     .both_orders = true,
     .ask = votes_ask},
    {0}};

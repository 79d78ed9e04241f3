/* api/accounts.c - what an account has at a block: balances, votes; and its votes as a list. */
#include <string.h>

#include "api/asset.h"
#include "api/routes.h"
#include "api/sql.h"

enum { BOOK_DELEGATE = 0, BOOK_TOKEN = 1, BOOK_VOTES = 4 }; /* ledger.book.id; 0 marks a row of ledger.delegate */
enum { COLUMN_BOOK = AT_COLUMNS, COLUMN_ASSET, COLUMN_AMOUNT, COLUMN_DELEGATE };

/* Rows of one token stand together: its delegate (by the index, backwards), its balance, its votes. */
/* clang-format off */
#define ACCOUNT_ROWS                                                                                                  \
    "SELECT a.*, x.* FROM a LEFT JOIN LATERAL ("                                                                      \
    " SELECT n.book, n.asset, e.balance, NULL::bytea AS delegate FROM ledger.account n"                               \
    "  CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e WHERE e.account = n.id AND e.position <= a.position"  \
    "    ORDER BY e.position DESC LIMIT 1) e"                                                                         \
    "  WHERE n.owner = $5 AND n.book IN (1, 4) AND e.balance > 0"                                                     \
    " UNION ALL"                                                                                                      \
    " (SELECT DISTINCT ON (d.token) 0::smallint, d.token, 0, d.delegate FROM ledger.delegate d"                       \
    "   WHERE d.delegator = $5 AND d.position <= a.position"                                                          \
    "   ORDER BY d.token DESC, d.position DESC)"                                                                      \
    ") x ON true ORDER BY x.asset, x.book"
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
        if (rows_null(rows, i, COLUMN_BOOK) || rows_i64(rows, i, COLUMN_BOOK) != BOOK_TOKEN)
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
        if (rows_null(rows, i, COLUMN_BOOK) || rows_i64(rows, i, COLUMN_BOOK) == BOOK_TOKEN)
            continue;
        struct address of = asset_token(rows_bytes(rows, i, COLUMN_ASSET));
        if (!address_equal(of, token)) {
            write_vote(w, token, delegate, units);
            token = of;
            delegate = address_zero;
            units = amount_zero;
        }
        if (rows_i64(rows, i, COLUMN_BOOK) == BOOK_DELEGATE)
            delegate = rows_address(rows, i, COLUMN_DELEGATE);
        else
            units = rows_amount(rows, i, COLUMN_AMOUNT);
    }
    write_vote(w, token, delegate, units);
    jw_array_end(w);
}

/* What later layers fill: every named member is present from the start, so that clients need no second form. */
static void write_stake(struct json_writer *w)
{
    static const char *const lists[] = {"withdrawals", "alt_staking"};
    jw_key(w, "stake");
    jw_object(w);
    jw_key(w, "delegated_to");
    jw_null(w);
    jw_key(w, "strategies");
    jw_array(w);
    jw_array_end(w);
    jw_object_end(w);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        jw_key(w, lists[i]);
        jw_array(w);
        jw_array_end(w);
    }
}

static enum err account_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    jw_key(&reply->json, "address");
    jw_address(&reply->json, request_address(r, "address"));
    write_balances(&reply->json, rows);
    write_votes(&reply->json, rows);
    write_stake(&reply->json);
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

static const struct member strategy_shares[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "deposit_shares", .type = T_AMOUNT, .about = "Shares deposited."},
     {.name = "scaling_factor", .type = T_AMOUNT, .about = "Deposit scaling factor, WAD."},
     {.name = "withdrawable_shares", .type = T_AMOUNT, .about = "Shares that can be withdrawn."},
     {0}};
static const struct member queued_shares[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "scaled_shares", .type = T_AMOUNT, .about = "Scaled shares in the queue."},
     {.name = "withdrawable_shares", .type = T_AMOUNT, .about = "Shares that a completion would pay."},
     {0}};
static const struct member cooldown[] = {{.name = "amount", .type = T_AMOUNT, .about = "What cools down."},
                                         {.name = "started_at", .type = T_TIME, .about = "Since when."},
                                         {.name = "available_at", .type = T_TIME, .about = "Until when."},
                                         {0}};

const struct route accounts_routes[] = {
    {.method = "GET",
     .path = "/v1/accounts/{address}",
     .about = "What an account has at a block; an address never seen has empty lists.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose account."}),
     .members = MEMBERS(
         {.name = "address", .type = T_ADDRESS, .about = "The account."},
         {.name = "balances",
          .nest = NEST_LIST,
          .about = "Token balances that are not zero, ordered by token.",
          .members =
              MEMBERS({.name = "token", .type = T_ADDRESS, .about = "The token's contract."},
                      {.name = "token_id", .type = T_AMOUNT, .optional = true, .about = "ERC-1155 only: the token id."},
                      {.name = "amount", .type = T_AMOUNT, .about = "What balanceOf answers."})},
         {.name = "votes",
          .nest = NEST_LIST,
          .about = "Voting units and delegates, ordered by token.",
          .members = VOTE_MEMBERS},
         {.name = "stake",
          .nest = NEST_OBJECT,
          .about = "EigenLayer stake.",
          .members =
              MEMBERS({.name = "delegated_to", .type = T_ADDRESS, .nullable = true, .about = "The operator."},
                      {.name = "strategies", .nest = NEST_LIST, .about = "Deposits.", .members = strategy_shares})},
         {.name = "withdrawals",
          .nest = NEST_LIST,
          .about = "Queued withdrawals pending at the block.",
          .members =
              MEMBERS({.name = "root", .type = T_HASH, .about = "The withdrawal root."},
                      {.name = "nonce", .type = T_AMOUNT, .about = "The staker's nonce."},
                      {.name = "start_block", .type = T_U64, .about = "When it was queued."},
                      {.name = "slashable_until_block", .type = T_U64, .about = "The last block that can slash it."},
                      {.name = "strategies", .nest = NEST_LIST, .about = "What it holds.", .members = queued_shares})},
         {.name = "alt_staking",
          .nest = NEST_LIST,
          .about = "Positions in ALT's own staking contract.",
          .members = MEMBERS({.name = "contract", .type = T_ADDRESS, .about = "The staking contract."},
                             {.name = "operator", .type = T_ADDRESS, .about = "The operator."},
                             {.name = "staked",
                              .type = T_AMOUNT,
                              .about = "balanceOf(user, operator), cooling part included."},
                             {.name = "cooldown",
                              .nest = NEST_OBJECT,
                              .nullable = true,
                              .about = "What is leaving.",
                              .members = cooldown})}),
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

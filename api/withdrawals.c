/* api/withdrawals.c - every withdrawal that an account queued in EigenLayer: what it holds, when it may be completed, what was paid. */
#include "api/nested.h"
#include "api/routes.h"
#include "api/sql.h"

/* In order of queueing, by the index (staker, position). What is pending has a worth; what is completed has a payment. */
/* clang-format off */
#define TIME_OF(position)                                                                                             \
    "(SELECT b.time FROM mirror.chain h JOIN mirror.block b ON b.id = h.block WHERE h.number = " position " >> 32)"
#define ITEMS                                                                                                         \
    "(SELECT json_agg(json_build_array(" SQL_HEX("s.strategy") ", s.scaled_shares::text, s.shares::text,"             \
    " CASE WHEN w.state = 0 THEN s.withdrawable_shares::text END, CASE WHEN w.state <> 0 THEN"                        \
    " coalesce((SELECT p.shares FROM ledger.withdrawal_payment p WHERE p.root = w.root AND p.item = s.item"           \
    "   AND p.position <= a.position ORDER BY p.position DESC LIMIT 1), 0)::text END) ORDER BY s.item)::text"         \
    " FROM api_v1.withdrawal_shares(w.root, $5, w.operator, w.slashable_until, a.position) s)"
#define WITHDRAWALS(compare, order)                                                                                   \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL ("                                                               \
    " SELECT w.root, w.nonce, CASE w.state WHEN 0 THEN 'pending' WHEN 1 THEN 'completed_as_tokens'"                   \
    "   WHEN 2 THEN 'completed_as_shares' ELSE 'completed_empty' END AS state,"                                       \
    "  nullif(w.operator, " SQL_ZERO_ADDRESS ") AS operator, w.withdrawer, w.start_block, " TIME_OF("w.position")     \
    " AS started_at, w.slashable_until, w.slashable_until + 1 AS completable_from,"                                   \
    "  CASE WHEN w.state <> 0 THEN w.state_position >> 32 END AS completed_block,"                                    \
    "  CASE WHEN w.state <> 0 THEN " TIME_OF("w.state_position") " END AS completed_at, " ITEMS " AS strategies,"     \
    "  w.position AS key FROM api_v1.withdrawals($5, a.position) w WHERE w.position " compare " $6"                   \
    " ORDER BY w.position " order " LIMIT $7) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err withdrawals_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? WITHDRAWALS("<", "DESC") : WITHDRAWALS(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6, $7 */
    return OK;
}

static const struct member item_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "scaled_shares", .type = T_AMOUNT, .about = "Scaled shares in the queue."},
     {.name = "queued_shares", .type = T_AMOUNT, .about = "What they were worth when they were queued, in shares."},
     {.name = "withdrawable_shares",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "Shares that a completion would pay at the block; null once it is completed."},
     {.name = "paid_shares",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "Shares that the completion paid; null while it is pending."},
     {0}};

static void write_items(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, item_members);
}

const struct route withdrawals_routes[] = {
    {.method = "GET",
     .path = "/v1/accounts/{address}/withdrawals",
     .about = "Every withdrawal that an account queued, pending or completed, in order of queueing.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The staker."}),
     .members = MEMBERS(
         {.name = "root", .type = T_HASH, .about = "The withdrawal root."},
         {.name = "nonce", .type = T_AMOUNT, .about = "The staker's nonce."},
         {.name = "state",
          .type = T_TEXT,
          .about = "pending, completed_as_tokens, completed_as_shares, or completed_empty (there was nothing to pay)."},
         {.name = "operator",
          .type = T_ADDRESS,
          .nullable = true,
          .about = "To whom the staker was delegated then: whose slashes it bears."},
         {.name = "withdrawer", .type = T_ADDRESS, .about = "Who may complete it."},
         {.name = "start_block", .type = T_U64, .about = "When it was queued."},
         {.name = "started_at",
          .type = T_TIME,
          .nullable = true,
          .about = "Chain time of that; null if that block's header is not stored."},
         {.name = "slashable_until_block", .type = T_U64, .about = "The last block that can slash it."},
         {.name = "completable_from_block", .type = T_U64, .about = "The first block in which it may be completed."},
         {.name = "completed_block", .type = T_U64, .nullable = true, .about = "When it was completed; null: pending."},
         {.name = "completed_at",
          .type = T_TIME,
          .nullable = true,
          .about = "Chain time of that; null too if that block's header is not stored."},
         {.name = "strategies",
          .nest = NEST_LIST,
          .members = item_members,
          .write = write_items,
          .about = "What it holds."}),
     .KEYS(T_I64),
     .both_orders = true,
     .ask = withdrawals_ask},
    {0}};

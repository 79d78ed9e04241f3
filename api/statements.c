/* api/statements.c - a statement of rewards of several addresses for a period: payouts, claims, fees and rewards of ALT staking, in order. */
#include "api/address_list.h"
#include "api/period.h"
#include "api/rewards.h"

/* $5 addresses, $6 the moment before from, $7 the last moment of to, $8 token, $9 after which position, $10 how many. Each account gives at most a
 * page of its own entries in index order, and the page is the merge of those; what only decorates a row comes after the limit.
 * A claim of ALT staking whose distribution is open stands in alt.claim, and leaves it again (a negative row) when it can be divided. */
/* clang-format off */
#define BEFORE(moment) "coalesce(api_v1.number_at(" moment "), -1) << 32 | 4294967295"
#define STATEMENT(compare, order)                                                                                     \
    SQL_AT ", f AS MATERIALIZED (SELECT " BEFORE("$6") " AS since, least(" BEFORE("$7") ", a.position) AS until FROM a)" \
    " SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT b.time, coalesce(api_v1.day_text(o.day), to_char(b.time, 'YYYY-MM-DD')) AS day," \
    " p.owner AS address, CASE p.book WHEN 61 THEN 'payout' WHEN 62 THEN 'claim' WHEN 47 THEN 'alt_staking_fee'"      \
    "   ELSE CASE WHEN p.book = 44 AND p.delta > 0 THEN 'alt_staking_reward' ELSE 'alt_staking_claim' END END AS what," \
    " CASE WHEN p.book = 62 THEN NULL WHEN p.book < 60 THEN 'alt_staking' WHEN o.kind = 'fee' THEN 'fee'"             \
    "   ELSE 'incentive' END AS source, o.submission, o.kind, o.role, CASE p.book WHEN 61 THEN " SQL_NO_ZERO("o.operator") \
    "   WHEN 62 THEN NULL ELSE p.second END AS operator,"                                                             \
    " CASE WHEN p.book < 60 THEN substr(p.asset, 1, 20) ELSE p.second END AS contract,"                               \
    " CASE WHEN p.book IN (44, 47) THEN api_v1.alt_distribution_number(p.asset)::bigint END AS distribution,"         \
    " CASE WHEN p.book < 60 THEN api_v1.alt_distribution_token(p.asset, a.position) ELSE p.asset END AS token,"       \
    " CASE WHEN p.book = 44 THEN abs(p.delta) ELSE p.delta END AS amount,"                                            \
    " CASE p.book WHEN 61 THEN greatest(p.balance - api_v1.alt_balance(62::smallint, p.asset, p.owner, p.second, p.position), 0)" \
    "   WHEN 62 THEN greatest(api_v1.alt_balance(61::smallint, p.asset, p.owner, p.second, p.position) - p.balance, 0)" \
    "   WHEN 44 THEN CASE WHEN coalesce((SELECT t.pool FROM ledger.alt_pool t WHERE t.contract = substr(p.asset, 1, 20)" \
    "       AND t.staker = p.owner AND t.operator = p.second AND t.distribution = api_v1.alt_distribution_number(p.asset)" \
    "       AND t.position <= p.position ORDER BY t.position DESC LIMIT 1), 0) = 0 THEN p.balance END END AS balance," \
    " CASE WHEN p.book = 61 THEN api_v1.payout_id(o.pool, o.operator, p.owner) END AS payout, p.position >> 32 AS block_number," \
    " CASE WHEN p.log_index >= 0 THEN p.log_index END AS log_index,"                                                  \
    " (SELECT v.tx_hash FROM mirror.event v WHERE v.block = b.id AND v.log_index = p.log_index LIMIT 1) AS tx_hash,"  \
    " p.position AS key"                                                                                              \
    " FROM (SELECT n.book, n.asset, n.owner::bytea, n.second, e.position, e.log_index, e.delta::numeric, e.balance::numeric, e.counter" \
    "   FROM api_v1.addresses($5) w JOIN ledger.account n ON n.owner = w.address CROSS JOIN f"                        \
    "   CROSS JOIN LATERAL (SELECT t.* FROM ledger.entry t WHERE t.account = n.id AND t.position > f.since"           \
    "     AND t.position <= f.until AND t.position " compare " $9 ORDER BY t.position " order " LIMIT $10) e"         \
    "   WHERE n.book IN (44, 47, 49, 61, 62) AND ($8::bytea IS NULL OR $8 = CASE WHEN n.book > 60 THEN n.asset"       \
    "     ELSE api_v1.alt_distribution_token(n.asset, a.position) END)"                                               \
    "   ORDER BY e.position " order " LIMIT $10) p"                                                                   \
    " CROSS JOIN LATERAL (SELECT t.id, t.time FROM mirror.chain h JOIN mirror.block t ON t.id = h.block"              \
    "   WHERE h.number = p.position >> 32 LIMIT 1) b"                                                                 \
    " LEFT JOIN LATERAL api_v1.payout_origin(CASE WHEN p.book = 61 THEN p.counter END) o ON true"                     \
    " ORDER BY p.position " order ") x ON true ORDER BY x.key " order
/* clang-format on */

static enum err statement_ask(const struct request *r, struct statement *s)
{
    struct period period;
    struct slice *addresses = ARENA_NEW(r->arena, struct slice);
    TRY(address_list_parse("addresses", request_text(r, "addresses"), r->arena, addresses));
    TRY(period_of(r, &period));
    period.from.unix_seconds--;
    period.before.unix_seconds--;
    s->sql = r->page.descending ? STATEMENT("<", "DESC") : STATEMENT(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    statement_in(s, (struct param)IN((const struct slice *)addresses));
    statement_in(s, (struct param)IN((const struct instant *)arena_copy(r->arena, &period.from, sizeof period.from)));
    statement_in(s,
                 (struct param)IN((const struct instant *)arena_copy(r->arena, &period.before, sizeof period.before)));
    statement_value(s, r, "token"); /* $8 */
    statement_page(s, r);           /* $9, $10 */
    return OK;
}

const struct route statements_routes[] =
    {{.method = "GET",
      .path = "/v1/statements/rewards",
      .about =
          "What several addresses were paid, earned and claimed in a period, in order of booking; as CSV a statement.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "addresses",
                                .type = PARAMETER_TEXT,
                                .required = true,
                                .max = ADDRESS_LIST_TEXT,
                                .about = "Whose: addresses joined by commas, at most 100."},
                               PERIOD_PARAMETERS(PERIOD_OF_BOOKING),
                               {.name = "token", .type = PARAMETER_ADDRESS, .about = "Only in this token."}),
      .members = MEMBERS(
          {.name = "time", .type = T_TIME, .about = "Time of the block that booked it."},
          {.name = "day",
           .type = T_TEXT,
           .about = "Of a payout the day that it is for, else the day of the block (UTC)."},
          {.name = "address", .type = T_ADDRESS, .about = "Whose row this is."},
          {.name = "what",
           .type = T_TEXT,
           .about =
               "payout, claim (RewardsClaimed), alt_staking_fee (paid at once), alt_staking_reward (became claimable), "
               "alt_staking_claim."},
          {.name = "source",
           .type = T_TEXT,
           .nullable = true,
           .about = "fee, incentive or alt_staking; null: a claim, which is of both."},
          {.name = "submission", .type = T_HASH, .nullable = true, .about = "Of a payout."},
          {.name = "kind", .type = T_TEXT, .nullable = true, .about = "Of a payout: its submission's kind."},
          {.name = "role",
           .type = T_TEXT,
           .nullable = true,
           .about = "Of a payout, as what: operator (commission), staker, refund or treasury."},
          {.name = "operator",
           .type = T_ADDRESS,
           .nullable = true,
           .about = "Of whose part, of ALT staking with which operator; null: of no operator's, or a claim "
                    "(RewardsClaimed)."},
          {.name = "contract", .type = T_ADDRESS, .about = "The distributor, or ALT's staking contract."},
          {.name = "distribution",
           .type = T_I64,
           .nullable = true,
           .about =
               "ALT staking: which distribution of the contract; null: a claim that cannot be told by distribution."},
          {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "Null: ALT staking, no payment showed it."},
          {.name = "amount",
           .type = T_DELTA,
           .about =
               "How much. Negative: a claim told before without its distribution, which now is told by distribution."},
          {.name = "balance",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "What is open after it: earned less claimed of this token at this contract; of ALT staking what is "
                    "claimable of the distribution with that operator; null where that cannot be told, and of fees."},
          {.name = "payout", .type = T_TEXT, .nullable = true, .about = "Of a payout its id, as in /v1/payouts/{id}."},
          {.name = "block_number", .type = T_U64, .about = "The block that booked it."},
          {.name = "log_index",
           .type = T_U64,
           .nullable = true,
           .about = "The event in that block; null: booked at the end of a block."},
          {.name = "tx_hash", .type = T_HASH, .nullable = true, .about = "Null: booked at the end of a block."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = statement_ask},
     {0}};

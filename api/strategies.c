/* api/strategies.c - EigenLayer strategies: underlying token, shares issued, rate. */
#include "api/routes.h"
#include "api/sql.h"

/* StrategyBase: exchange rate as ExchangeRateEmitted gives it, 1e18 * (balance + 1e3) / (totalShares + 1e3). */
/* clang-format off */
#define STRATEGY_COLUMNS                                                                                              \
    " s.strategy, s.token, s.issued::public.amount AS total_shares, s.held::public.amount AS token_balance,"          \
    " div(1000000000000000000 * (s.held + 1000), s.issued + 1000)::public.amount AS rate,"                            \
    " s.emitted_rate::public.amount AS emitted_rate"
#define STRATEGIES(compare, order)                                                                                    \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" STRATEGY_COLUMNS ", s.strategy AS key"                  \
    "  FROM api_v1.strategies(a.position) s WHERE s.strategy " compare " $5 ORDER BY s.strategy " order " LIMIT $6)"  \
    " x ON true ORDER BY x.key " order
/* clang-format on */

static enum err strategies_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? STRATEGIES("<", "DESC") : STRATEGIES(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5, $6 */
    return OK;
}

const struct route strategies_routes[] =
    {{.method = "GET",
      .path = "/v1/strategies",
      .about = "EigenLayer strategies that are watched or that a watched factory named.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .members =
          MEMBERS({.name = "strategy", .type = T_ADDRESS, .about = "The strategy's contract."},
                  {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "Its token; null: not known yet."},
                  {.name = "total_shares",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "Shares issued; null: its own events are not mirrored."},
                  {.name = "token_balance",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "What it holds of its token; null: that token is not mirrored."},
                  {.name = "rate",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "Tokens per share at the block, WAD: 1e18 * (token_balance + 1e3) / (total_shares + 1e3)."},
                  {.name = "emitted_rate",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "The last ExchangeRateEmitted: the rate after the last deposit or withdrawal."}),
      .KEYS(T_BYTES),
      .both_orders = true,
      .ask = strategies_ask},
     {0}};

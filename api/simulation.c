/* api/simulation.c - what a slash would do: AllocationManager.slashOperator, computed on the state of a block. */
#include "api/simulation.h"

#include "api/body.h"
#include "api/routes.h"
#include "ledger/slash.h"

enum { STRATEGIES_MAX = 64, IMPACT_DEFAULT = 1000, IMPACT_MAX = 100000 };

/* ---- the state ---- */

static enum err read_until(const struct request *r, struct db *db, struct simulation *s)
{
    s->number = (int64_t)r->as_of.number;
    s->until = r->as_of.position;
    if (!body_given(r, "log_index"))
        return OK;
    AUTO_ROWS rows = NULL;
    int64_t log_index = (int64_t)body_u64(r, "log_index");
    TRY(db_query(db, "SELECT api_v1.position_before($1, $2::bigint::integer)", WITH(IN(&s->number), IN(&log_index)),
                 &rows));
    s->until = rows_i64(rows, 0, 0);
    return OK;
}

/* Whether there is the set and may it slash the operator; who may call; where the shares would go. */
static enum err read_set(struct db *db, struct simulation *s, struct slash_terms *terms)
{
    static const char sql[] =
        "SELECT c.recipient IS NOT NULL, coalesce((SELECT t.registered OR t.slashable_until >= $5"
        "    FROM ledger.operator_set_member t WHERE t.operator = $1 AND t.avs = $2 AND t.operator_set = $3"
        "    AND t.position <= $4 ORDER BY t.position DESC LIMIT 1), false),"
        " (SELECT CASE WHEN t.effect_block <= $5 THEN t.pending ELSE t.slasher END FROM ledger.slasher t"
        "    WHERE t.avs = $2 AND t.operator_set = $3 AND t.position <= $4 ORDER BY t.position DESC LIMIT 1), c.recipient,"
        " api_v1.withdrawal_delay()"
        " FROM (SELECT (SELECT t.recipient FROM ledger.operator_set t WHERE t.avs = $2 AND t.operator_set = $3"
        "    AND t.position <= $4 ORDER BY t.position DESC LIMIT 1) AS recipient) c";
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, WITH(IN(&s->operator), IN(&s->avs), IN(&s->operator_set), IN(&s->until), IN(&s->number)),
                 &rows));
    terms->set_exists = rows_bool(rows, 0, 0);
    terms->operator_slashable = rows_bool(rows, 0, 1);
    if (!rows_null(rows, 0, 2))
        s->slasher = rows_address(rows, 0, 2);
    if (!rows_null(rows, 0, 3))
        s->recipient = rows_address(rows, 0, 3);
    s->withdrawal_delay = rows_i64(rows, 0, 4);
    return OK;
}

static enum err read_strategy(struct db *db, const struct simulation *s, struct simulated *t, bool *included)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT * FROM api_v1.slash_state($1, $2, $3, $4, $5, $6)",
                 WITH(IN(&s->operator), IN(&s->avs), IN(&s->operator_set), IN(&t->strategy), IN(&s->until),
                      IN(&s->number)),
                 &rows));
    *included = rows_bool(rows, 0, 0);
    t->before = (struct slash_before){.allocation = {.current = rows_amount(rows, 0, 1),
                                                     .pending = rows_delta(rows, 0, 2),
                                                     .effect_block = rows_i64(rows, 0, 3)},
                                      .max_magnitude = rows_amount(rows, 0, 4),
                                      .encumbered = rows_amount(rows, 0, 5),
                                      .operator_shares = rows_amount(rows, 0, 7),
                                      .queued = rows_amount(rows, 0, 8)};
    t->stored = rows_delta(rows, 0, 6);
    return OK;
}

/* ---- refusals ---- */

static enum err refuse(struct reply *reply, const char *slug, const char *text)
{
    reply_reason(reply, slug, text);
    return err_with(ERR_RULE, "the contract would revert: %s", text);
}

/* The contract's own numbers cannot do this either: checked arithmetic reverts with Panic(0x11). */
static enum err refuse_arithmetic(struct reply *reply)
{
    return refuse(reply, "arithmetic-overflow", "a number would leave its range (Panic 0x11)");
}

static enum err compute(struct simulation *s, struct reply *reply)
{
    for (size_t i = 0; i < s->n; i++) {
        struct simulated *t = &s->strategies[i];
        if (slash_compute(&t->before, t->wad, &t->after) != OK)
            return refuse_arithmetic(reply);
        t->passed_over = amount_is_zero(t->before.allocation.current);
        struct delta less = delta_minus(t->after.slashed_magnitude);
        /* "uint32(block.number) - MIN_WITHDRAWAL_DELAY_BLOCKS - 1" */
        if (!t->passed_over && (s->number <= s->withdrawal_delay || t->stored.negative ||
                                delta_apply(t->stored.magnitude, less, &t->emitted) != OK))
            return refuse_arithmetic(reply);
    }
    return OK;
}

/* ---- who loses what ---- */

static enum err read_losses(struct db *db, const struct simulation *s, struct simulated *t)
{
    AUTO_ROWS rows = NULL;
    if (t->passed_over)
        return OK;
    TRY(db_query(db, "SELECT * FROM api_v1.slash_losses($1, $2, $3, $4, $5, $6, $7)",
                 WITH(IN(&s->operator), IN(&t->strategy), IN(&s->until), IN(&s->number), IN(&t->before.max_magnitude),
                      IN(&t->after.max_magnitude), IN(&t->before.operator_shares)),
                 &rows));
    t->stakers = rows_u64(rows, 0, 0);
    t->unknown = rows_u64(rows, 0, 1);
    t->staker_loss = rows_amount(rows, 0, 2);
    t->withdrawals = rows_u64(rows, 0, 3);
    t->withdrawal_loss = rows_amount(rows, 0, 4);
    t->dust = rows_amount(rows, 0, 5);
    t->dust_loss = rows_amount(rows, 0, 6);
    struct amount known;
    TRY(amount_add(t->staker_loss, t->withdrawal_loss, &known));
    TRY(amount_add(known, t->dust_loss, &known));
    t->residue = delta_between(known, t->after.total_shares);
    return OK;
}

/* At most `room` rows and one more, if there is one; ALT as voting power counts it (sql/0011_power.sql). */
static enum err read_impact(struct db *db, const struct simulation *s, const struct simulated *t, int64_t room,
                            struct rows **out)
{
    static const char sql[] =
        "WITH p AS MATERIALIZED (SELECT q.held, q.issued, v.vault, v.held AS vault_held, v.issued AS vault_issued"
        "   FROM (SELECT api_v1.power_token() AS token) k CROSS JOIN api_v1.strategies($3) q"
        "   LEFT JOIN api_v1.vaults($3) v ON v.vault = q.token AND v.asset = k.token"
        "   WHERE q.strategy = $2 AND (q.token = k.token OR v.vault IS NOT NULL) LIMIT 1),"
        " x AS (SELECT y.* FROM ("
        "  (SELECT 0 AS kind, l.staker AS who, 0::bigint AS place, l.staker AS account, NULL::bytea AS root,"
        "     CASE WHEN NOT l.unknown THEN l.before END AS before, CASE WHEN NOT l.unknown THEN l.after END AS after"
        "     FROM api_v1.slashed_stakers($1, $2, $3, $5, $6, '', $7) l)"
        "  UNION ALL"
        "  (SELECT 1, '', l.position, l.staker, l.root, l.before, l.after"
        "     FROM api_v1.slashed_withdrawals($1, $2, $3, $4, $5, $6, -1, $7) l)) y"
        "  ORDER BY y.kind, y.who, y.place LIMIT $7)"
        " SELECT $2 AS strategy, CASE x.kind WHEN 0 THEN 'staker' ELSE 'withdrawal' END AS kind, x.account, x.root,"
        " x.before, x.after, x.before - x.after AS loss, b.alt, c.alt FROM x LEFT JOIN p ON true"
        " CROSS JOIN LATERAL (SELECT api_v1.strategy_tokens(x.before, p.held, p.issued) AS before,"
        "   api_v1.strategy_tokens(x.after, p.held, p.issued) AS after) u"
        " CROSS JOIN LATERAL (SELECT CASE WHEN p.vault IS NULL THEN u.before"
        "   ELSE api_v1.vault_assets(u.before, p.vault_held, p.vault_issued) END AS alt) b"
        " CROSS JOIN LATERAL (SELECT CASE WHEN p.vault IS NULL THEN u.after"
        "   ELSE api_v1.vault_assets(u.after, p.vault_held, p.vault_issued) END AS alt) c"
        " ORDER BY x.kind, x.who, x.place";
    int64_t limit = room + 1;
    return db_query(db, sql,
                    WITH(IN(&s->operator), IN(&t->strategy), IN(&s->until), IN(&s->number),
                         IN(&t->before.max_magnitude), IN(&t->after.max_magnitude), IN(&limit)),
                    out);
}

static enum err write_impact(struct db *db, const struct simulation *s, struct json_writer *w)
{
    int64_t room = s->limit;
    bool more = false;
    jw_key(w, "impact");
    jw_array(w);
    for (size_t i = 0; i < s->n && !more; i++) {
        AUTO_ROWS rows = NULL;
        if (s->strategies[i].passed_over)
            continue;
        TRY(read_impact(db, s, &s->strategies[i], room, &rows));
        more = (int64_t)rows_count(rows) > room;
        for (size_t row = 0; row < rows_count(rows) && room > 0; row++, room--)
            simulation_write_loss(w, rows, row);
    }
    jw_array_end(w);
    jw_key(w, "has_more");
    jw_bool(w, more);
    return OK;
}

/* ---- the request ---- */

static enum err read_terms(const struct request *r, struct db *db, struct simulation *s, enum slash_refusal *refusal)
{
    struct slash_terms terms = {.n_strategies = body_count(r, "strategies"), .n_wads = body_count(r, "wads")};
    struct address *strategies = ARENA_ARRAY(r->arena, struct address, terms.n_strategies);
    struct amount *wads = ARENA_ARRAY(r->arena, struct amount, terms.n_strategies);
    bool *in_set = ARENA_ARRAY(r->arena, bool, terms.n_strategies);
    terms.strategies = strategies;
    terms.wads = wads;
    terms.in_set = in_set;
    TRY(read_set(db, s, &terms));
    if (terms.n_strategies == terms.n_wads) {
        s->n = terms.n_strategies;
        s->strategies = ARENA_ARRAY(r->arena, struct simulated, s->n);
    }
    for (size_t i = 0; i < s->n; i++) {
        struct simulated *t = &s->strategies[i];
        strategies[i] = t->strategy = body_address_at(r, "strategies", i);
        wads[i] = t->wad = body_amount_at(r, "wads", i);
        TRY(read_strategy(db, s, t, &in_set[i]));
    }
    *refusal = slash_check(&terms);
    return OK;
}

static enum err slash_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct simulation s = {.operator= body_address(r, "operator"),
                           .avs = body_address(r, "avs"),
                           .operator_set = (int64_t)body_u64(r, "operator_set"),
                           .limit = body_given(r, "limit") ? (int64_t)body_u64(r, "limit") : IMPACT_DEFAULT};
    enum slash_refusal refusal;
    TRY(read_until(r, db, &s));
    TRY(read_terms(r, db, &s, &refusal));
    if (refusal != SLASH_ALLOWED)
        return refuse(reply, slash_refusal_slug(refusal), slash_refusal_text(refusal));
    TRY(compute(&s, reply));
    for (size_t i = 0; i < s.n; i++)
        TRY(read_losses(db, &s, &s.strategies[i]));
    simulation_write(&reply->json, &s);
    return write_impact(db, &s, &reply->json);
}

const struct route simulation_routes[] =
    {{.method = "POST",
      .path = "/v1/simulations/slash",
      .about =
          "What AllocationManager.slashOperator would do at the end of a block, or just before one of its logs; 422 "
          "with the contract's reason where it would revert. Anybody may ask, whoever the slasher is.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_NEVER,
      .body = MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "Whom to slash."},
                      {.name = "avs", .type = T_ADDRESS, .about = "By whose operator set."},
                      {.name = "operator_set",
                       .type = T_U64,
                       .max = UINT32_MAX,
                       .about = "Number of that operator set of the AVS."},
                      {.name = "strategies",
                       .type = T_ADDRESS,
                       .nest = NEST_SCALARS,
                       .max = STRATEGIES_MAX,
                       .about = "In which strategies, ascending."},
                      {.name = "wads",
                       .type = T_AMOUNT,
                       .nest = NEST_SCALARS,
                       .max = STRATEGIES_MAX,
                       .about = "What part of the set's allocation in each, WAD: 1e18 is all."},
                      {.name = "log_index",
                       .type = T_U64,
                       .max = INT32_MAX,
                       .optional = true,
                       .about = "The state just before this log of the block, instead of at its end."},
                      {.name = "limit",
                       .type = T_U64,
                       .max = IMPACT_MAX,
                       .optional = true,
                       .about = "How many rows of impact at most; 1000 unless given."}),
      .members = simulation_members,
      .run = slash_run},
     {0}};

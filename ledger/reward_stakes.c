/* ledger/reward_stakes.c - see reward_snapshot.h: shares of operators and of their stakers as of a snapshot. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/position.h"
#include "ledger/reward_snapshot.h"
#include "ledger/stake.h"
#include "ledger/timeline.h"

/* Those of a list that are marked (all without marks) as an array, and where each stands in the list. */
static const char *marked_text(const struct address *list, const bool *marked, size_t n, struct buffer *text,
                               struct buffer *where)
{
    array_text_begin(text);
    for (uint32_t i = 0; i < n; i++) {
        if (marked != NULL && !marked[i])
            continue;
        array_text_value(text, T_ADDRESS, &list[i]);
        buffer_bytes(where, &i, sizeof i);
    }
    return array_text_end(text);
}

/* ---- operators ---- */

/* Rows of operator, strategy, figure into a table of figures. */
static void put_figures(const struct reward_snapshot *s, const struct rows *rows, struct amount *figures)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t o = reward_operator_index(s, rows_address(rows, i, 0));
        int64_t strategy = reward_strategy_index(s, rows_address(rows, i, 1));
        if (o != REWARD_NONE && strategy != REWARD_NONE)
            figures[(size_t)o * s->n_strategies + (size_t)strategy] = rows_amount(rows, i, 2);
    }
}

enum err reward_shares_read(struct db *db, struct reward_snapshot *s)
{
    AUTO_BUFFER text = {0}, where = {0};
    AUTO_ROWS shares = NULL;
    AUTO_ROWS magnitudes = NULL;
    uint64_t until = position_end(s->block);
    size_t n = s->n_operators * s->n_strategies;
    s->shares = ARENA_ARRAY(&s->arena, struct amount, n);
    s->magnitudes = ARENA_ARRAY(&s->arena, struct amount, n);
    for (size_t i = 0; i < n; i++)
        s->magnitudes[i] = amount_wad;
    const char *strategies = marked_text(s->strategies, NULL, s->n_strategies, &text, &where);
    TRY(db_query(db,
                 "SELECT a.owner, a.asset, e.balance FROM account a"
                 " CROSS JOIN LATERAL (SELECT x.balance FROM entry x WHERE x.account = a.id AND x.position <= $2"
                 "                      ORDER BY x.position DESC LIMIT 1) e"
                 " WHERE a.book = 8 AND a.asset = ANY ((SELECT $1::text::bytea[])::bytea[])",
                 WITH(IN(strategies), IN(&until)), &shares));
    put_figures(s, shares, s->shares);
    TRY(db_query(db,
                 "SELECT DISTINCT ON (operator, strategy) operator, strategy, magnitude FROM max_magnitude"
                 " WHERE position <= $2 AND strategy = ANY ((SELECT $1::text::bytea[])::bytea[])"
                 " ORDER BY operator, strategy, position DESC",
                 WITH(IN(strategies), IN(&until)), &magnitudes));
    put_figures(s, magnitudes, s->magnitudes);
    return OK;
}

/* ---- stakers ---- */

/* Everything is read once and joined: with look-ups for each staker by its address, which lies anywhere, a day of many takes several times as
 * long. Only balances are looked up, by accounts in the order of the entries' index. */
static const char delegated_sql[] =
    "WITH d AS MATERIALIZED ("
    "    SELECT o.i, l.staker"
    "      FROM (SELECT DISTINCT ON (staker) staker, operator FROM delegation WHERE position <= $2"
    "             ORDER BY staker, position DESC) l"
    "      JOIN unnest($3::text::bytea[]) WITH ORDINALITY o(operator, i) ON o.operator = l.operator"
    "), a AS MATERIALIZED ("
    "    SELECT a.id, a.owner, a.asset, s.i AS strategy, d.i AS operator FROM account a"
    "      JOIN unnest($1::text::bytea[]) WITH ORDINALITY s(strategy, i) ON s.strategy = a.asset"
    "     JOIN d ON d.staker = a.owner"
    "     WHERE a.book = 6 AND a.asset = ANY ((SELECT $1::text::bytea[])::bytea[]) ORDER BY a.id"
    "), h AS MATERIALIZED ("
    "    SELECT a.*, e.balance FROM a"
    "     CROSS JOIN LATERAL (SELECT x.balance FROM entry x WHERE x.account = a.id AND x.position <= $2"
    "                          ORDER BY x.position DESC LIMIT 1) e WHERE e.balance > 0"
    "), k AS MATERIALIZED ("
    "    SELECT DISTINCT ON (staker, strategy) staker, strategy, factor FROM scaling_factor"
    "     WHERE position <= $2 AND strategy = ANY ((SELECT $1::text::bytea[])::bytea[])"
    "     ORDER BY staker, strategy, position DESC"
    "), b AS MATERIALIZED ("
    "    SELECT DISTINCT ON (staker) staker, factor FROM beacon_factor WHERE position <= $2 ORDER BY staker, position DESC"
    ")"
    "SELECT h.operator, h.owner, h.strategy, h.balance, k.factor, b.factor, NULL::numeric FROM h"
    "  LEFT JOIN k ON k.staker = h.owner AND k.strategy = h.asset"
    "  LEFT JOIN b ON b.staker = h.owner AND h.asset = $4";

static const char all_sql[] =
    "WITH d AS MATERIALIZED ("
    "    SELECT DISTINCT ON (staker) staker, operator FROM delegation WHERE position <= $2"
    "     ORDER BY staker, position DESC"
    "), a AS MATERIALIZED ("
    "    SELECT a.id, a.owner, a.asset, s.i AS strategy, d.operator FROM account a"
    "      JOIN unnest($1::text::bytea[]) WITH ORDINALITY s(strategy, i) ON s.strategy = a.asset"
    "     LEFT JOIN d ON d.staker = a.owner"
    "     WHERE a.book = 6 AND a.asset = ANY ((SELECT $1::text::bytea[])::bytea[]) ORDER BY a.id"
    "), h AS MATERIALIZED ("
    "    SELECT a.*, e.balance FROM a"
    "     CROSS JOIN LATERAL (SELECT x.balance FROM entry x WHERE x.account = a.id AND x.position <= $2"
    "                          ORDER BY x.position DESC LIMIT 1) e WHERE e.balance > 0"
    "), k AS MATERIALIZED ("
    "    SELECT DISTINCT ON (staker, strategy) staker, strategy, factor FROM scaling_factor"
    "     WHERE position <= $2 AND strategy = ANY ((SELECT $1::text::bytea[])::bytea[])"
    "     ORDER BY staker, strategy, position DESC"
    "), b AS MATERIALIZED ("
    "    SELECT DISTINCT ON (staker) staker, factor FROM beacon_factor WHERE position <= $2 ORDER BY staker, position DESC"
    "), m AS MATERIALIZED ("
    "    SELECT DISTINCT ON (operator, strategy) operator, strategy, magnitude FROM max_magnitude WHERE position <= $2"
    "     ORDER BY operator, strategy, position DESC"
    ")"
    "SELECT NULL::bigint, h.owner, h.strategy, h.balance, k.factor, b.factor, m.magnitude FROM h"
    "  LEFT JOIN k ON k.staker = h.owner AND k.strategy = h.asset"
    "  LEFT JOIN b ON b.staker = h.owner AND h.asset = $3"
    "  LEFT JOIN m ON m.operator = h.operator AND m.strategy = h.asset";

struct reading {
    const struct reward_snapshot *snapshot;
    const uint32_t *operators, *strategies; /* by number in the statement's arrays, which begin at 1 */
    struct buffer *out;
};

/* mulWad(mulWad(s, k), f) of SlashingLib. What leaves 256 bits is withdrawable on no chain: zero. */
static struct amount withdrawable(struct amount shares, struct amount scaling, struct amount magnitude,
                                  const struct amount *beacon)
{
    struct amount factor = magnitude;
    if (beacon != NULL && wad_mul(magnitude, *beacon, &factor) != OK)
        return amount_zero;
    if (wad_mul(shares, scaling, &shares) != OK || wad_mul(shares, factor, &shares) != OK)
        return amount_zero;
    return shares;
}

static void put_stake(const struct reading *r, const struct rows *rows, size_t i)
{
    const struct reward_snapshot *s = r->snapshot;
    struct reward_stake stake = {.staker = rows_address(rows, i, 1), .operator_at = REWARD_NO_OPERATOR};
    struct amount magnitude = rows_null(rows, i, 6) ? amount_wad : rows_amount(rows, i, 6), beacon = amount_wad;
    stake.strategy_at = r->strategies[rows_i64(rows, i, 2) - 1];
    if (!rows_null(rows, i, 0)) {
        stake.operator_at = r->operators[rows_i64(rows, i, 0) - 1];
        magnitude = s->magnitudes[stake.operator_at * s->n_strategies + stake.strategy_at];
    }
    if (!rows_null(rows, i, 5))
        beacon = rows_amount(rows, i, 5);
    bool is_beacon = address_equal(s->strategies[stake.strategy_at], beacon_strategy);
    stake.shares = withdrawable(rows_amount(rows, i, 3), rows_null(rows, i, 4) ? amount_wad : rows_amount(rows, i, 4),
                                magnitude, is_beacon ? &beacon : NULL);
    if (!amount_is_zero(stake.shares))
        buffer_bytes(r->out, &stake, sizeof stake);
}

static enum err receive(struct db *db, const struct reading *r)
{
    for (;;) {
        AUTO_ROWS rows = NULL;
        TRY(db_stream_next(db, &rows));
        if (rows == NULL)
            return OK;
        for (size_t i = 0; i < rows_count(rows); i++)
            put_stake(r, rows, i);
    }
}

static int compare_stakes(const void *a, const void *b)
{
    const struct reward_stake *x = a, *y = b;
    if (x->operator_at != y->operator_at)
        return x->operator_at < y->operator_at ? -1 : 1;
    int c = memcmp(&x->staker, &y->staker, sizeof x->staker);
    if (c != 0)
        return c;
    return x->strategy_at < y->strategy_at ? -1 : x->strategy_at > y->strategy_at;
}

/* Joins of everything want memory, and must not become loops where tables are new and nothing is known of them. */
static enum err read_stakes(struct db *db, const struct reading *r, const char *strategies, const char *operators)
{
    uint64_t until = position_end(r->snapshot->block);
    TRY(db_script(db, "SET work_mem = '256MB'; SET enable_nestloop = off"));
    if (operators != NULL)
        TRY(db_stream_begin(db, delegated_sql, WITH(IN(strategies), IN(&until), IN(operators), IN(&beacon_strategy))));
    else
        TRY(db_stream_begin(db, all_sql, WITH(IN(strategies), IN(&until), IN(&beacon_strategy))));
    return receive(db, r);
}

enum err reward_stakes_read(struct db *db, const struct reward_snapshot *s, const bool *operators,
                            const bool *strategies, struct buffer *out)
{
    AUTO_BUFFER operator_text = {0}, strategy_text = {0}, operator_where = {0}, strategy_where = {0};
    const char *o = marked_text(s->operators, operators, s->n_operators, &operator_text, &operator_where);
    const char *t = marked_text(s->strategies, strategies, s->n_strategies, &strategy_text, &strategy_where);
    struct reading r = {s, (const uint32_t *)operator_where.p, (const uint32_t *)strategy_where.p, out};
    buffer_reset(out);
    if (strategy_where.n == 0 || (operators != NULL && operator_where.n == 0))
        return OK;
    enum err e = read_stakes(db, &r, t, operators != NULL ? o : NULL);
    enum err after =
        db_script(db, "RESET work_mem; RESET enable_nestloop"); /* a broken transaction takes them back itself */
    if (e != OK)
        return e;
    TRY(after);
    size_t n = out->n / sizeof(struct reward_stake);
    if (n > 1)
        qsort(out->p, n, sizeof(struct reward_stake), compare_stakes);
    return OK;
}

/* tests/ledger/test_alt_model.c - random acts on a model of ALT's staking contract: the books know what it knows, or say they do not. */
#include "ledger/position.h"
#include "tests/ledger/support/alt_model.h"

static const char network_file[] =
    "{\"name\":\"alt\",\"chain_id\":1,\"start_block\":0,\"parameters\":{\"alt_staking\":{\"cooldown_seconds\":50,"
    "\"operator_fee_cooldown_seconds\":1,\"protocol_fee_cooldown_seconds\":1,\"min_voting_stake\":\"5000\","
    "\"alert_expiry_seconds\":60,\"protocol_fee_vault\":\"0x8f0000000000000000000000000000000000008f\",\"contract_wallets\":"
    "[\"0x1300000000000000000000000000000000000013\",\"0x1400000000000000000000000000000000000014\"]}},\"contracts\":["
    "{\"kind\":\"alt.staking\",\"address\":\"0xa1000000000000000000000000000000000000a1\"},"
    "{\"kind\":\"erc20\",\"address\":\"0x7100000000000000000000000000000000000071\"},"
    "{\"kind\":\"erc20\",\"address\":\"0x7200000000000000000000000000000000000072\"}]}";

/* ---- chance ---- */

static uint64_t chance;

static uint64_t random_below(uint64_t n)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % n;
}

static wide some_of(wide most)
{
    return random_below(4) == 0 ? most : 1 + (wide)random_below((uint64_t)most);
}

/* ---- acts ---- */

enum play {
    PLAY_ALL,
    PLAY_WALLETS /* stakers with code move stake to and fro, and no reward tells how */
};

static void open_distribution(struct model *m)
{
    if (m->n_distributions == DISTRIBUTIONS)
        return;
    int64_t start = m->now + 1 + (int64_t)random_below(30);
    uint8_t token = random_below(4) == 0 ? TOKEN_B : TOKEN_A, vault = random_below(4) == 0 ? VAULT + 1 : VAULT;
    model_create(m, 1000 + random_below(1000000), token, vault, start, start + 100 + (int64_t)random_below(3000));
}

static void move_end(struct model *m)
{
    if (m->n_distributions == 0)
        return;
    struct model_distribution *x = &m->distributions[random_below((uint64_t)m->n_distributions)];
    int64_t end = m->now + (int64_t)random_below(500);
    if (end > x->start)
        x->end = end;
}

static int another(int o)
{
    return (o + 1 + (int)random_below(OPERATORS - 1)) % OPERATORS;
}

static bool takes_stake(const struct model *m, int o)
{
    return m->operators[o].registered && !m->operators[o].frozen;
}

static void leave_somehow(struct model *m, int u, int o)
{
    struct model_position *p = &m->at[u][o];
    int other = another(o);
    bool has_code = u >= 2;
    if (random_below(2) == 0 && model_can_unstake(m, u, o)) {
        wide v = some_of(p->cooling);
        model_unstake(m, u, random_below(4) == 0 ? (u + 1) % USERS : u, o, v);
        if (has_code && takes_stake(m, other) && random_below(2) == 0)
            model_stake(m, u, u, other, v); /* in the same transaction */
    } else if (model_voting_stake(m, u, o) > 0 && takes_stake(m, other)) {
        model_switch(m, u, o, other, some_of(model_voting_stake(m, u, o)));
    }
}

static void claim_some(struct model *m, int u, int o)
{
    for (int d = 0; d < m->n_distributions; d++)
        if (m->at[u][o].claimable[d] > 0 && random_below(2) == 0)
            model_claim(m, u, o, d, some_of(m->at[u][o].claimable[d]));
}

static void change_setting(struct model *m)
{
    switch (random_below(4)) {
    case 0:
        m->minimum = 1 + random_below(100000);
        ALT_EVENT(m, "SetMinVotingStake(uint256)", in_wide(m->minimum));
        return;
    case 1:
        m->cooldown_seconds = random_below(100);
        ALT_EVENT(m, "SetCooldownSecForUnstaking(uint40)", in_number(m->cooldown_seconds));
        return;
    case 2:
        m->expiry_duration = 20 + random_below(100);
        ALT_EVENT(m, "ExpiryDurationUpdated(uint16,address)", in_number(m->expiry_duration), in_address(1));
        return;
    default:
        m->protocol_bps = random_below(3) * 700;
        ALT_EVENT(m, "SetProtocolFeeBPS(uint16)", in_number(m->protocol_bps));
        return;
    }
}

static void vote_or_remove(struct model *m, int o)
{
    int alert = (int)random_below(ALERTS);
    if (m->alerts[alert].listed && random_below(6) == 0)
        model_remove_alert(m, alert);
    else if (m->operators[o].registered && model_can_vote(m, o, alert))
        model_vote(m, o, alert);
}

static void act(struct model *m, enum play play)
{
    int u = (int)random_below(USERS), o = (int)random_below(OPERATORS);
    uint64_t what = random_below(100);
    if (play == PLAY_WALLETS) {
        u = 2 + u % 2;
        what = what < 90 ? what % 58 : 92;
    }
    struct model_position *p = &m->at[u][o];
    if (what < 22 && takes_stake(m, o))
        model_stake(m, (int)random_below(USERS), u, o, 1 + random_below(50000));
    else if (what < 36 && p->staked > p->cooling)
        model_cool(m, u, o, some_of(p->staked - p->cooling));
    else if (what < 58)
        leave_somehow(m, u, o);
    else if (what < 66 && p->staked > p->cooling)
        model_transfer(m, u, (int)random_below(USERS), o, some_of(p->staked - p->cooling));
    else if (what < 82)
        claim_some(m, u, o);
    else if (what < 93)
        vote_or_remove(m, o);
    else if (what < 95)
        open_distribution(m);
    else if (what < 97)
        move_end(m);
    else if (what < 99)
        change_setting(m);
    else if (random_below(5) == 0 && takes_stake(m, o))
        model_freeze(m, o);
}

/* ---- comparing ---- */

static wide wide_of(const struct rows *rows, size_t row, size_t column)
{
    uint8_t be[32];
    wide v = 0;
    amount_to_be(rows_amount(rows, row, column), be);
    for (size_t i = 0; i < 32; i++)
        v = v << 8 | be[i];
    return v;
}

#define UNTIL "9223372036854775807"
static struct rows *ask(struct stage *s, const char *sql, uint8_t staker, uint8_t operator)
{
    struct address contract = address_of(ALT), u = staker == 0 ? address_zero : address_of(staker),
                   o = operator== 0 ? address_zero : address_of(operator);
    struct rows *rows = NULL;
    enum err e = db_query(s->db, sql, WITH(IN(&contract), IN(&u), IN(&o)), &rows);
    assert_int_equal(e, OK);
    return rows;
}

struct seen {
    int doubts, pools; /* how often something was open, so that a run without any shows */
};

static void check_cooldown(struct model *m, int u, int o, bool exact, struct seen *seen)
{
    const struct model_position *p = &m->at[u][o];
    AUTO_ROWS rows =
        ask(m->s,
            "SELECT api_v1.alt_balance(40::smallint, z.a, $2, '', " UNTIL
            "), api_v1.alt_balance(42::smallint, z.a, $2, '', " UNTIL "),"
            " coalesce(l.doubt, 0), coalesce(l.either, false), coalesce(extract(epoch FROM l.started_at), 0)::bigint"
            " FROM (SELECT api_v1.alt_operator_asset($1, $3) AS a) z LEFT JOIN LATERAL (SELECT * FROM alt_cooldown t"
            "  WHERE t.contract = $1 AND t.staker = $2 AND t.operator = $3 ORDER BY t.position DESC LIMIT 1) l ON true",
            (uint8_t)(USER + u), (uint8_t)(OPERATOR + o));
    wide most = wide_of(rows, 0, 1), doubt = wide_of(rows, 0, 2), least = most - doubt;
    assert_true(wide_of(rows, 0, 0) == p->staked);
    assert_true(least <= p->cooling && p->cooling <= most);
    assert_true(!exact || doubt == 0);
    assert_true(!rows_bool(rows, 0, 3) || p->cooling == least || p->cooling == most);
    if (least > 0)
        assert_int_equal(rows_i64(rows, 0, 4), p->started_at);
    seen->doubts += doubt > 0;
}

static void check_rewards(struct model *m, int u, int o, bool exact, struct seen *seen)
{
    const struct model_position *p = &m->at[u][o];
    wide left[DISTRIBUTIONS + 1] = {0}, truth[DISTRIBUTIONS + 1] = {0}, open[DISTRIBUTIONS + 1] = {0};
    AUTO_ROWS rows = ask(m->s,
                         "SELECT r.credited, r.pool, r.open_claims, r.user_index, api_v1.alt_balance(45::smallint,"
                         " api_v1.alt_distribution_asset($1, r.distribution), $2, $3, " UNTIL ")"
                         " FROM api_v1.alt_rewards($1, $2, $3, " UNTIL ") r ORDER BY r.distribution",
                         (uint8_t)(USER + u), (uint8_t)(OPERATOR + o));
    for (size_t d = 0; d < DISTRIBUTIONS; d++) {
        if (d >= rows_count(rows)) { /* in no log yet */
            assert_true(p->claimable[d] == 0 && p->user_index[d] == 0);
            continue;
        }
        int64_t pool = rows_i64(rows, d, 1);
        assert_true(wide_of(rows, d, 3) == p->user_index[d]);
        assert_true(pool == 0 || !exact);
        if (pool == 0) {
            assert_true(wide_of(rows, d, 0) == p->claimable[d]);
            assert_true(wide_of(rows, d, 4) == p->claimed[d]);
            continue;
        }
        left[pool] += wide_of(rows, d, 0);
        truth[pool] += p->claimable[d];
        open[pool] += wide_of(rows, d, 2);
        seen->pools++;
    }
    for (size_t pool = 1; pool <= DISTRIBUTIONS; pool++)
        assert_true(left[pool] - open[pool] == truth[pool]);
}

static void check_operator(struct model *m, int o, bool exact)
{
    const struct model_operator *x = &m->operators[o];
    AUTO_ROWS rows =
        ask(m->s,
            "SELECT t.registered, t.frozen, t.fee_bps, t.total_supply, t.cooling, t.cooldown_doubt, t.votes_known,"
            " t.voted_alerts, coalesce((SELECT string_agg(encode(v.alert, 'hex'), ',' ORDER BY v.place)"
            "   FROM api_v1.alt_voted_alerts($1, $3, t.voted_alerts, " UNTIL
            ") v), '') FROM api_v1.alt_operators($1, " UNTIL ") t"
            " WHERE t.operator = $3 AND $2::bytea IS NOT NULL",
            0, (uint8_t)(OPERATOR + o));
    wide most = wide_of(rows, 0, 4), doubt = wide_of(rows, 0, 5);
    assert_true(rows_bool(rows, 0, 0) == x->registered && rows_bool(rows, 0, 1) == x->frozen);
    assert_int_equal(rows_i64(rows, 0, 2), x->fee_bps);
    assert_true(wide_of(rows, 0, 3) == model_supply(m, o));
    assert_true(most - doubt <= model_cooling(m, o) && model_cooling(m, o) <= most && (doubt == 0 || !exact));
    assert_true(rows_bool(rows, 0, 6) || !exact);
    if (!rows_bool(rows, 0, 6))
        return;
    char expected[ALERTS * 65 + 1] = "";
    for (int i = 0; i < x->n_voted; i++) {
        struct hash h = alert_hash(x->voted[i]);
        size_t n = strlen(expected);
        if (i > 0)
            expected[n++] = ',';
        hex_encode((struct slice){h.b, sizeof h.b}, expected + n);
        expected[n + 64] = '\0';
    }
    assert_string_equal(rows_text(rows, 0, 8), expected);
}

static void check_alert(struct model *m, const struct rows *rows, size_t i, bool exact)
{
    const struct model_alert *a = NULL;
    for (int k = 0; k < ALERTS; k++)
        if (hash_equal(rows_hash(rows, i, 0), alert_hash(k)))
            a = &m->alerts[k];
    assert_non_null(a);
    bool is_counted = rows_bool(rows, i, 2), has_resets = rows_bool(rows, i, 8);
    int64_t kind = rows_i64(rows, i, 5), expiry = rows_i64(rows, i, 6), resets = rows_i64(rows, i, 7);
    assert_true(is_counted || !exact);
    if (is_counted)
        assert_true(wide_of(rows, i, 1) == a->count);
    assert_true(rows_bool(rows, i, 3) == a->active && rows_bool(rows, i, 4) == a->listed);
    assert_true(kind == 0 || (kind == 1) == a->is_block);
    assert_true(expiry != -1 && (expiry == 0) == (a->expiry == 0));
    if (kind == 2)
        assert_int_equal(expiry, a->expiry);
    if ((kind == 2 && has_resets) || (kind == 0 && has_resets && resets == 0))
        assert_int_equal(resets, a->resets);
    assert_true(!exact || a->expiry == 0 || kind != 0);
}

/* What a book of a distribution holds in all. */
static wide booked(struct stage *s, enum book book, size_t distribution, bool is_debit)
{
    int16_t number = (int16_t)book;
    int32_t id = (int32_t)distribution + 1;
    struct address contract = address_of(ALT);
    AUTO_ROWS rows = NULL;
    enum err e = db_query(s->db,
                          "SELECT coalesce((SELECT abs(c.debits - c.credits) FROM control c WHERE c.book = $1"
                          " AND c.asset = api_v1.alt_distribution_asset($2, $3) AND (c.debits >= c.credits) = $4"
                          " ORDER BY c.position DESC LIMIT 1), 0)",
                          WITH(IN(&number), IN(&contract), IN(&id), IN(&is_debit)), &rows);
    assert_int_equal(e, OK);
    return wide_of(rows, 0, 0);
}

static void check_fees(struct model *m, size_t d)
{
    wide fees = 0;
    for (int o = 0; o < OPERATORS; o++)
        fees += m->operators[o].fees[d];
    assert_true(booked(m->s, BOOK_ALT_REWARD_ACCRUED, d, false) == m->distributions[d].gross);
    assert_true(booked(m->s, BOOK_ALT_REWARD_PROTOCOL_FEE, d, true) == m->distributions[d].protocol_fees);
    assert_true(booked(m->s, BOOK_ALT_REWARD_OPERATOR_FEE, d, true) == fees);
}

static void check_distributions(struct model *m, bool exact)
{
    AUTO_ROWS rows =
        ask(m->s,
            "SELECT d.index, coalesce(d.emission_per_second, 0), coalesce(extract(epoch FROM d.starts_at), 0)::bigint,"
            " coalesce(extract(epoch FROM d.updated_at), 0)::bigint, d.read_block IS NOT NULL, d.reward_vault"
            " FROM api_v1.alt_distributions($1, " UNTIL ") d WHERE $2::bytea IS NOT NULL AND $3::bytea IS NOT NULL"
            " ORDER BY d.distribution",
            0, 0);
    for (size_t d = 0; d < rows_count(rows); d++) {
        const struct model_distribution *x = &m->distributions[d];
        assert_true(wide_of(rows, d, 0) == x->index);
        check_fees(m, d);
        assert_true(rows_bool(rows, d, 4) == exact);
        assert_true(rows_null(rows, d, 5) || address_equal(rows_address(rows, d, 5), address_of(x->vault)));
        if (!exact)
            continue;
        assert_true(wide_of(rows, d, 1) == x->emission);
        assert_int_equal(rows_i64(rows, d, 2), x->start);
        assert_int_equal(rows_i64(rows, d, 3), x->updated);
    }
}

/* Within a family and asset debits are credits. */
static const char unbalanced[] =
    "SELECT count(*)::text FROM (SELECT b.family, c.asset, sum(c.debits - c.credits) AS d"
    " FROM (SELECT DISTINCT ON (book, asset) * FROM control ORDER BY book, asset, position DESC) c"
    " JOIN book b ON b.id = c.book GROUP BY 1, 2) x WHERE d <> 0";

static void check(struct model *m, bool exact, struct seen *seen)
{
    assert_consistent(m->s);
    assert_says(m->s, unbalanced, "0");
    for (int o = 0; o < OPERATORS; o++) {
        check_operator(m, o, exact);
        for (int u = 0; u < USERS; u++) {
            check_cooldown(m, u, o, exact, seen);
            check_rewards(m, u, o, exact, seen);
        }
    }
    AUTO_ROWS alerts = ask(
        m->s,
        "SELECT l.alert, l.vote_count, l.count_known, l.is_active, l.listed, l.kind, extract(epoch FROM l.expiry)::bigint,"
        " l.reset_count, l.reset_count_known FROM api_v1.alt_alerts($1, " UNTIL
        ") l WHERE $2::bytea IS NOT NULL AND $3::bytea IS NOT NULL",
        0, 0);
    for (size_t i = 0; i < rows_count(alerts); i++)
        check_alert(m, alerts, i, exact);
    check_distributions(m, exact);
}

/* ---- runs ---- */

static void begin(struct model *m, struct stage *s)
{
    *m = (struct model){.s = s,
                        .now = 1000,
                        .cooldown_seconds = 50,
                        .expiry_duration = 60,
                        .minimum = 5000,
                        .protocol_bps = 500};
    m->alerts[0].is_block = true;
    tx_in(s, 1);
    s->blocks[0].time = m->now;
    for (uint8_t vault = VAULT; vault <= VAULT + 1; vault++)
        for (uint8_t token = TOKEN_A; token <= TOKEN_B; token++)
            EMIT(s, token, "ERC20", "Transfer(address,address,uint256)", in_address(0), in_address(vault),
                 in_wide((wide)1 << 100));
    ALT_EVENT(m, "SetProtocolFeeBPS(uint16)", in_number(500));
    for (int o = 0; o < OPERATORS; o++)
        model_register(m, o, (uint64_t)o * 450);
}

static struct seen run(uint64_t seed, enum play play, int blocks, bool exact)
{
    struct stage s;
    struct model m;
    struct seen seen = {0};
    chance = seed;
    stage_open_network(&s, network_file);
    begin(&m, &s);
    s.books.reads.ask = exact ? model_answer : NULL;
    s.books.reads.ask_arg = &m;
    for (int i = 0; i < blocks; i++) {
        uint64_t acts = 1 + random_below(3);
        m.now += 1 + (int64_t)random_below(25);
        for (uint64_t a = 0; a < acts; a++) {
            tx_in(&s, s.number + (a == 0));
            s.blocks[s.n_blocks - 1].time = m.now;
            act(&m, play);
        }
        bool pause = random_below(8) == 0;
        if (exact || pause)
            stage_apply(&s, exact ? 1 : 1 + random_below(9));
        if (pause)
            check(&m, exact, &seen);
    }
    stage_apply(&s, 0);
    check(&m, exact, &seen);
    stage_done(&s);
    return seen;
}

static void without_a_node__what_is_not_open_is_true(void **state)
{
    (void)state;
    struct seen all = {0};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct seen seen = run(seed * 7919, PLAY_ALL, 250, false);
        all.doubts += seen.doubts;
        all.pools += seen.pools;
    }
    assert_true(all.doubts > 0 && all.pools > 0); /* else nothing was tried */
}

static void doubts_upon_doubts__stay_within_their_bounds(void **state)
{
    (void)state;
    int doubts = 0;
    for (uint64_t seed = 1; seed <= 2; seed++)
        doubts += run(seed * 15485863, PLAY_WALLETS, 250, false).doubts;
    assert_true(doubts > 50);
}

static void with_a_node__nothing_stays_open(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct seen seen = run(seed * 104729, PLAY_ALL, 200, true);
        assert_int_equal(seen.doubts, 0);
        assert_int_equal(seen.pools, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_node__what_is_not_open_is_true),
        cmocka_unit_test(doubts_upon_doubts__stay_within_their_bounds),
        cmocka_unit_test(with_a_node__nothing_stays_open),
    };
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}

/* tests/ledger/test_withdrawal_model.c - random deposits, delegations, withdrawals and slashes against a little model of the contracts. */
#include "ledger/account.h"
#include "tests/ledger/support/eigenlayer.h"

enum { STAKERS = 4, OPERATORS = 2, STRATEGIES = 3, BLOCKS = 160, DELAY = 10, QUEUE_MAX = 250, SEEDS = 6 };
static const uint8_t strategy_of[STRATEGIES] = {PLAIN, OTHER, ALIEN};
__extension__ typedef unsigned __int128 wide;
static const wide FACTOR_MAX = (wide)1000000000000 * 1000000000000; /* keeps products below 2^128 */

/* What the contracts remember; staker and operator 0 of the arrays are nobody. */
struct withdrawal {
    struct queue event;
    uint8_t state;
    uint64_t paid[QUEUE_ITEMS];
};
struct model {
    uint64_t random;
    struct stage *stage;
    uint64_t s[STAKERS + 1][STRATEGIES], op[OPERATORS + 1][STRATEGIES], issued[STRATEGIES];
    wide k[STAKERS + 1][STRATEGIES];
    uint64_t m[OPERATORS + 1][STRATEGIES], m_at[BLOCKS + 1][OPERATORS + 1][STRATEGIES];
    uint64_t s_at[BLOCKS + 1][STAKERS + 1][STRATEGIES];
    uint8_t operator_of[STAKERS + 1];
    struct withdrawal queue[QUEUE_MAX];
    size_t n_queue, n_open;
};

static uint64_t below(struct model *c, uint64_t n)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    return c->random % n;
}

static wide mul(wide x, wide y)
{
    return x * y / WAD;
}

static wide div_(wide x, wide y)
{
    return x * WAD / y;
}

static wide up(wide x, wide y, wide by)
{
    return (x * y + by - 1) / by;
}

static struct amount amount_of(wide v)
{
    uint8_t be[32] = {0};
    for (int i = 31; v > 0; i--, v >>= 8)
        be[i] = (uint8_t)v;
    return amount_from_be(be);
}

static uint8_t op_id(uint8_t operator)
{
    return operator== 0 ? 0 : (uint8_t)(0x10 + operator);
}

/* SlashingLib.update; 0: refused. */
static wide factor_after(const struct model *c, uint8_t st, int sg, uint64_t added)
{
    uint64_t s = c->s[st][sg], f = c->m[c->operator_of[st]][sg];
    wide k = c->k[st][sg];
    if (f == 0)
        return 0;
    wide after = s == 0 ? div_(k, f) : div_(div_(mul(mul(s, k), f) + added, s + added), f);
    return after > FACTOR_MAX ? 0 : after;
}

/* What follows from new deposit shares, of tokens or out of the queue. */
static void add_shares(struct model *c, uint8_t st, int sg, uint64_t d)
{
    c->k[st][sg] = factor_after(c, st, sg, d);
    assert_true(c->k[st][sg] > 0);
    c->s[st][sg] += d;
    c->op[c->operator_of[st]][sg] += d;
}

static void act_deposit(struct model *c, uint8_t st, int sg)
{
    uint64_t d = 1 + below(c, st <= 2 ? 12 : 1000000000);
    if (factor_after(c, st, sg, d) == 0)
        return;
    add_shares(c, st, sg, d);
    c->issued[sg] += d;
    deposit_tokens(c->stage, st, op_id(c->operator_of[st]), strategy_of[sg], d, amount_of(c->k[st][sg]));
}

static void act_delegate(struct model *c, uint8_t st)
{
    uint8_t to = (uint8_t)(1 + below(c, OPERATORS));
    for (int sg = 0; sg < STRATEGIES; sg++)
        if (c->s[st][sg] > 0 && (c->m[to][sg] == 0 || div_(c->k[st][sg], c->m[to][sg]) > FACTOR_MAX))
            return;
    c->operator_of[st] = to;
    delegated(c->stage, st, op_id(to));
    for (int sg = 0; sg < STRATEGIES; sg++) {
        if (c->s[st][sg] == 0)
            continue;
        c->k[st][sg] = div_(c->k[st][sg], c->m[to][sg]);
        c->op[to][sg] += c->s[st][sg];
        factor(c->stage, st, strategy_of[sg], amount_of(c->k[st][sg]));
        more(c->stage, op_id(to), st, strategy_of[sg], c->s[st][sg]);
    }
}

/* One item: its logs before the event. */
static void take(struct model *c, struct queue *q, uint8_t st, uint8_t operator, int sg, uint64_t x)
{
    wide scaled = mul(x, c->k[st][sg]), shares = mul(scaled, c->m[operator][sg]);
    q->items[q->n].strategy = strategy_of[sg];
    q->items[q->n].scaled = (uint64_t)scaled;
    q->items[q->n++].shares = (uint64_t)shares;
    if (operator!= 0) {
        assert_true(c->op[operator][sg] >= shares);
        less(c->stage, op_id(operator), st, strategy_of[sg], (uint64_t)shares);
    }
    c->op[operator][sg] -= (uint64_t)shares;
    c->s[st][sg] -= x;
    if (c->s[st][sg] == 0) {
        c->k[st][sg] = WAD;
        factor(c->stage, st, strategy_of[sg], wad());
    }
}

static struct queue *new_queue(struct model *c, uint8_t st, uint8_t operator)
{
    struct queue *q = &c->queue[c->n_queue].event;
    *q = (struct queue){.id = (uint8_t)c->n_queue++,
                        .staker = st,
                        .operator= op_id(operator),
                        .start = (uint32_t)c->stage->number};
    return q;
}

static void act_queue(struct model *c, uint8_t st)
{
    if (c->n_queue == QUEUE_MAX)
        return;
    struct queue *q = new_queue(c, st, c->operator_of[st]);
    for (uint64_t i = 1 + below(c, below(c, QUEUE_ITEMS) + 1); i > 0; i--) {
        int sg = (int)below(c, STRATEGIES);
        uint64_t s = c->s[st][sg];
        if (s > 0)
            take(c, q, st, c->operator_of[st], sg, below(c, 5) == 0 ? s : 1 + below(c, s));
    }
    if (q->n == 0)
        c->n_queue--;
    else
        queued(c->stage, *q);
}

static void act_undelegate(struct model *c, uint8_t st)
{
    uint8_t operator= c->operator_of[st];
    if (operator== 0 || c->n_queue + STRATEGIES> QUEUE_MAX)
        return;
    c->operator_of[st] = 0;
    undelegated(c->stage, st, op_id(operator));
    for (int sg = 0; sg < STRATEGIES; sg++)
        if (c->s[st][sg] > 0) {
            struct queue *q = new_queue(c, st, operator);
            take(c, q, st, operator, sg, c->s[st][sg]);
            queued(c->stage, *q);
        }
}

static int strategy_number(uint8_t strategy)
{
    return strategy == PLAIN ? 0 : strategy == OTHER ? 1 : 2;
}

static void act_complete(struct model *c)
{
    if (c->n_queue == 0)
        return;
    struct withdrawal *w = &c->queue[below(c, c->n_queue)];
    bool as_shares = below(c, 2);
    uint8_t st = w->event.staker, operator= w->event.operator== 0 ? 0 : (uint8_t)(w->event.operator- 0x10);
    if (w->state != 0 || c->stage->number <= w->event.start + DELAY)
        return;
    for (size_t i = 0; i < w->event.n; i++) {
        int sg = strategy_number(w->event.items[i].strategy);
        w->paid[i] = (uint64_t)mul(w->event.items[i].scaled, c->m_at[w->event.start + DELAY][operator][sg]);
        if (as_shares && w->paid[i] > 0 && factor_after(c, st, sg, w->paid[i]) == 0)
            return; /* FullySlashed */
    }
    w->state = 3;
    completed(c->stage, w->event.id);
    for (size_t i = 0; i < w->event.n; i++) {
        uint8_t strategy = w->event.items[i].strategy;
        int sg = strategy_number(strategy);
        if (w->paid[i] == 0)
            continue;
        w->state = as_shares ? 2 : 1;
        if (as_shares) {
            add_shares(c, st, sg, w->paid[i]);
            deposit(c->stage, st, strategy, w->paid[i]);
            factor(c->stage, st, strategy, amount_of(c->k[st][sg]));
            if (c->operator_of[st] != 0)
                more(c->stage, op_id(c->operator_of[st]), st, strategy, w->paid[i]);
        } else {
            c->issued[sg] -= w->paid[i];
            rate(c->stage, strategy, WAD + below(c, 5));
        }
    }
}

static void act_slash(struct model *c)
{
    static const uint64_t parts[] = {1, 1, 1, WAD / 1000, WAD / 3, WAD / 10 * 9};
    uint8_t operator=(uint8_t)(1 + below(c, OPERATORS));
    int sg = (int)below(c, STRATEGIES);
    uint64_t m = c->m[operator][sg], op = c->op[operator][sg];
    if (m == 0)
        return;
    uint64_t after = m - (uint64_t)up(m, below(c, 40) == 0 ? WAD : parts[below(c, 6)], WAD);
    uint64_t kept = (uint64_t)up(op, after, m);
    c->m[operator][sg] = after;
    c->op[operator][sg] = kept;
    magnitude(c->stage, op_id(operator), strategy_of[sg], after);
    less(c->stage, op_id(operator), 0, strategy_of[sg], op - kept);
}

static void act(struct model *c)
{
    uint8_t st = (uint8_t)(1 + below(c, STAKERS));
    switch (below(c, 10)) {
    case 0:
    case 1:
        act_deposit(c, st, (int)below(c, STRATEGIES));
        return;
    case 2:
        if (c->operator_of[st] == 0)
            act_delegate(c, st);
        return;
    case 3:
        if (below(c, 3) == 0)
            act_undelegate(c, st);
        return;
    case 4:
    case 5:
    case 6:
        act_queue(c, st);
        return;
    case 7:
        if (below(c, 6) == 0)
            act_slash(c);
        return;
    default:
        act_complete(c);
    }
}

static void play_block(struct model *c, uint64_t number)
{
    tx_in(c->stage, number);
    for (uint64_t i = below(c, 10); i > 0; i--) {
        if (below(c, 2))
            tx_in(c->stage, number);
        act(c);
    }
    memcpy(c->m_at[number], c->m, sizeof c->m);
    memcpy(c->s_at[number], c->s, sizeof c->s);
}

/* The node: what the model's stakers had after the block. */
static enum err answer(void *arg, const struct read_key *key, struct arena *arena, struct chain_read *out)
{
    struct model *c = arg;
    uint64_t number = 1;
    while (!hash_equal(stage_hash(number, 0), key->block))
        number++;
    uint8_t be[32];
    amount_to_be(amount_from_u64(c->s_at[number][key->calldata[35]][strategy_number(key->calldata[67])]), be);
    *out = (struct chain_read){READ_KNOWN, {arena_copy(arena, be, sizeof be), sizeof be}};
    return OK;
}

/* ---- comparison ---- */

static uint64_t u64(struct amount a)
{
    uint64_t v = 0;
    assert_int_equal(amount_to_u64(a, &v), OK);
    return v;
}

static uint64_t doubt_of(struct stage *s, uint8_t st, int sg)
{
    struct address staker = address_of(st), strategy = address_of(strategy_of[sg]);
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(s->db,
                              "SELECT most FROM deposit_doubt WHERE staker = $1 AND strategy = $2"
                              " ORDER BY position DESC LIMIT 1",
                              WITH(IN(&staker), IN(&strategy)), &rows),
                     OK);
    return rows_count(rows) == 0 ? 0 : u64(rows_amount(rows, 0, 0));
}

static void compare(struct model *c)
{
    struct stage *s = c->stage;
    uint64_t waiting[STAKERS + 1][STRATEGIES] = {{0}};
    for (size_t i = 0; i < c->n_queue; i++)
        for (size_t j = 0; c->queue[i].state == 0 && j < c->queue[i].event.n; j++)
            waiting[c->queue[i].event.staker][strategy_number(c->queue[i].event.items[j].strategy)] +=
                c->queue[i].event.items[j].scaled;
    for (int sg = 0; sg < STRATEGIES; sg++) {
        assert_held(s, BOOK_STRATEGY, strategy_of[sg], strategy_of[sg], c->issued[sg]);
        for (uint8_t o = 1; o <= OPERATORS; o++)
            assert_held(s, BOOK_OPERATOR, strategy_of[sg], op_id(o), c->op[o][sg]);
        for (uint8_t st = 1; st <= STAKERS; st++) {
            uint64_t booked = u64(stage_held(s, BOOK_DEPOSIT, strategy_of[sg], st)), doubt = doubt_of(s, st, sg);
            assert_in_range(c->s[st][sg], booked - doubt, booked);
            assert_held(s, BOOK_QUEUED, strategy_of[sg], st, waiting[st][sg]);
        }
    }
}

static void compare_withdrawals(struct model *c)
{
    AUTO_ROWS rows = NULL;
    assert_int_equal(
        db_query(
            c->stage->db,
            "SELECT DISTINCT ON (w.root) w.root, w.state, coalesce(p.sum, 0) FROM withdrawal w"
            "  LEFT JOIN (SELECT root, sum(shares * (ARRAY[1, 7, 49, 343])[item + 1]) FROM withdrawal_payment GROUP BY root) p"
            "    ON p.root = w.root ORDER BY w.root, w.position DESC",
            WITH_NOTHING, &rows),
        OK);
    assert_int_equal(rows_count(rows), c->n_queue);
    for (size_t i = 0; i < c->n_queue; i++) {
        const struct withdrawal *w = &c->queue[i];
        size_t row = 0;
        while (!hash_equal(rows_hash(rows, row, 0), root_of(w->event.id)))
            row++;
        wide sum = 0;
        for (size_t j = w->event.n; j-- > 0;)
            sum = sum * 7 + (w->state == 0 ? 0 : w->paid[j]);
        assert_int_equal(rows_i64(rows, row, 1), w->state);
        assert_int_equal(amount_compare(rows_amount(rows, row, 2), amount_of(sum)), 0);
    }
}

/* Play a seed's blocks, cut into batches as `cuts` says (0: one batch); returns the books' fingerprint. */
static void play(uint64_t seed, uint64_t cuts, bool node, struct model *c, char out[HASH_TEXT + 1])
{
    struct stage s;
    stage_open(&s);
    memset(c, 0, sizeof *c);
    c->random = seed * 0x9e3779b97f4a7c15 + 1;
    c->stage = &s;
    for (int sg = 0; sg < STRATEGIES; sg++) {
        for (int o = 0; o <= OPERATORS; o++)
            c->m[o][sg] = o == 1 ? WAD - 1 : WAD;
        for (int st = 0; st <= STAKERS; st++)
            c->k[st][sg] = WAD;
        tx_in(&s, 1);
        magnitude(&s, op_id(1), strategy_of[sg], WAD - 1);
    }
    memcpy(c->m_at[1], c->m, sizeof c->m);
    if (node) {
        s.books.reads.ask = answer;
        s.books.reads.ask_arg = c;
    }
    for (uint64_t number = 2; number <= BLOCKS; number++) {
        play_block(c, number);
        if (cuts != 0 && number % (20 + cuts) == 0) {
            stage_apply(&s, cuts);
            compare(c);
        }
    }
    stage_apply(&s, cuts);
    compare(c);
    compare_withdrawals(c);
    assert_says(&s, "SELECT coalesce(string_agg(reason, '; '), 'none') FROM inconsistency", "none");
    AUTO_ROWS rows = NULL;
    AUTO_ROWS open = NULL;
    assert_int_equal(db_query(s.db, "SELECT count(*) FROM deposit_doubt WHERE most > 0", WITH_NOTHING, &open), OK);
    c->n_open = rows_u64(open, 0, 0);
    assert_int_equal(
        db_query(s.db,
                 "SELECT sha256(convert_to(root::text || (SELECT string_agg(a::text, ',' ORDER BY id) FROM account a)"
                 "  || (SELECT string_agg(e::text, ',' ORDER BY position) FROM entry e), 'UTF8'))"
                 " FROM root ORDER BY position DESC LIMIT 1",
                 WITH_NOTHING, &rows),
        OK);
    hash_format(rows_hash(rows, 0, 0), out);
    stage_done(&s);
}

static void books__say_what_the_contracts_remember(void **state)
{
    (void)state;
    static struct model c;
    size_t queue = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char whole[HASH_TEXT + 1], cut[HASH_TEXT + 1];
        play(seed, 0, false, &c, whole);
        queue += c.n_queue;
        play(seed, 1 + seed % 7, false, &c, cut);
        assert_string_equal(whole, cut);
    }
    assert_true(queue > SEEDS * 20); /* or it was no test */
}

static void a_node__settles_most_of_what_logs_leave_open(void **state)
{
    (void)state;
    static struct model c;
    size_t without = 0, with = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char root[HASH_TEXT + 1];
        play(seed, 0, false, &c, root);
        without += c.n_open;
        play(seed, 0, true, &c, root);
        with += c.n_open;
    }
    print_message("left open: %zu without a node, %zu with one\n", without, with);
    assert_true(without >= 10 && with * 2 <= without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books__say_what_the_contracts_remember),
        cmocka_unit_test(a_node__settles_most_of_what_logs_leave_open),
    };
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}

/* tests/ledger/test_allocation_model.c - random lives of allocations against a literal model of the AllocationManager. */
#include "tests/ledger/support/allocation.h"

enum { STEPS = 300, SEEDS = 60, LOOK_AHEAD = 25 };

/* ---- the model: the storage and the code of the contract, for one operator and strategy ---- */

struct model {
    int64_t current[SETS], pending[SETS], effect[SETS], max, encumbered;
    int queue[1024], queue_begin, queue_end;
    bool slashable[SETS];
    struct happening said[16 * STEPS];
    size_t n_said;
};

static void say(struct model *m, struct happening h)
{
    assert_true(m->n_said < sizeof m->said / sizeof *m->said);
    m->said[m->n_said++] = h;
}

/* _getUpdatedAllocation with _updateAllocationInfo: what is due is done. */
static void settle(struct model *m, int set, int64_t now)
{
    if (now < m->effect[set])
        return;
    m->current[set] += m->pending[set];
    if (m->pending[set] < 0)
        m->encumbered += m->pending[set];
    m->pending[set] = m->effect[set] = 0;
}

static void clear_queue(struct model *m, int64_t now)
{
    while (m->queue_begin < m->queue_end && now >= m->effect[m->queue[m->queue_begin]])
        settle(m, m->queue[m->queue_begin++], now);
}

static void modify(struct model *m, int set, int64_t magnitude, int64_t delay, int64_t now)
{
    clear_queue(m, now);
    int64_t current = m->current[set] + (now >= m->effect[set] ? m->pending[set] : 0), diff = magnitude - current;
    if ((now < m->effect[set]) || diff == 0 || (diff > 0 && m->encumbered + diff > m->max))
        return; /* reverts */
    settle(m, set, now);
    if (diff < 0 && m->slashable[set] && current != 0) {
        m->queue[m->queue_end++] = set;
        m->pending[set] = diff;
        m->effect[set] = now + D + 1;
    } else if (diff < 0) {
        m->encumbered += diff;
        m->current[set] = magnitude;
        m->effect[set] = now;
    } else {
        m->encumbered += diff;
        m->pending[set] = diff;
        m->effect[set] = now + delay;
    }
    say(m, (struct happening){UPDATED, (uint64_t)now, set, m->current[set] + m->pending[set], m->effect[set], 0});
}

__extension__ typedef __int128 wide;

static int64_t part(int64_t x, int64_t wad) /* rounded up */
{
    return (int64_t)(((wide)x * wad + WAD - 1) / WAD);
}

static void slash(struct model *m, int set, int64_t wad, int64_t now)
{
    int64_t current = m->current[set] + (now >= m->effect[set] ? m->pending[set] : 0);
    if (!m->slashable[set] || current == 0)
        return;
    settle(m, set, now);
    int64_t less = part(current, wad);
    m->current[set] -= less;
    m->max -= less;
    m->encumbered -= less;
    if (m->pending[set] < 0) {
        m->pending[set] += part(-m->pending[set], wad);
        say(m, (struct happening){UPDATED, (uint64_t)now, set, m->current[set] + m->pending[set], m->effect[set], 0});
    }
    say(m, (struct happening){ENCUMBERED, (uint64_t)now, set, m->encumbered, 0, 0});
    say(m, (struct happening){UPDATED, (uint64_t)now, set, m->current[set], now, 0});
    say(m, (struct happening){MAX, (uint64_t)now, set, m->max, 0, 0});
}

/* getEncumberedMagnitude */
static int64_t encumbered_view(const struct model *m, int64_t now)
{
    int64_t sum = m->encumbered;
    for (int i = m->queue_begin; i < m->queue_end && now >= m->effect[m->queue[i]]; i++)
        sum += m->pending[m->queue[i]];
    return sum;
}

static uint64_t dice_state;

static int64_t dice(int64_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (int64_t)(dice_state % (uint64_t)sides);
}

static void step(struct model *m, int64_t now)
{
    static const int64_t wads[] = {1, 1000, 100000000000000000, 333333333333333333, 999999999999999999};
    int set = (int)dice(SETS);
    switch (dice(8)) {
    case 0:
        m->slashable[set] = !m->slashable[set];
        return;
    case 1:
        clear_queue(m, now);
        return;
    case 2:
    case 3:
        slash(m, set, dice(12) == 0 ? WAD : wads[dice(5)], now);
        return;
    default:
        modify(m, set, dice(5) == 0 ? 0 : dice(m->max / SETS + 1), dice(3) == 0 ? 0 : dice(12), now);
    }
}

static void assert_model(struct books *b, const struct model *m, int64_t now)
{
    struct amount sum = amount_zero;
    for (int set = 0; set < SETS; set++) {
        bool due = now >= m->effect[set];
        assert_at(b, set, (uint64_t)now, m->current[set] + (due ? m->pending[set] : 0), due ? 0 : m->pending[set],
                  due ? 0 : m->effect[set]);
        struct allocation_row key = key_of(set);
        struct allocation_state s = allocation_at(last(b, TIMELINE_ALLOCATION, &key), (uint64_t)now);
        assert_int_equal(amount_add(sum, allocation_encumbers(&s), &sum), OK);
    }
    assert_int_equal(amount_compare(sum, n(encumbered_view(m, now))), 0);
}

/* One seed: a block a step, the views asked right after and for all blocks to come; then all of it again in other batches. */
static void live(uint64_t seed)
{
    dice_state = seed * 0x9e3779b97f4a7c15u;
    static struct model m;
    m = (struct model){.max = WAD, .slashable = {true, true, false}};
    struct books b = fresh(), c = fresh();
    struct written w = {.rows = {0}}, v = {.rows = {0}};
    int64_t now = 1;
    for (int i = 0; i < STEPS; i++, now += 1 + dice(4)) {
        size_t before = m.n_said;
        while (m.n_said - before < 8 && dice(3) > 0)
            step(&m, now);
        batch(&b, m.said + before, m.n_said - before, &w);
        for (int64_t later = now; later < now + LOOK_AHEAD; later++)
            assert_model(&b, &m, later);
    }
    for (size_t i = 0, end; i < m.n_said; i = end) {
        for (end = i + 1 + (size_t)dice(40); end < m.n_said && m.said[end].block == m.said[end - 1].block; end++)
            ;
        end = end < m.n_said ? end : m.n_said;
        batch(&c, m.said + i, end - i, &v);
    }
    assert_true(written_equal(&w, &v));
    written_done(&w);
    written_done(&v);
    books_done(&b);
    books_done(&c);
}

static void allocations__equal_the_contract_at_every_block_in_any_batches(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        live(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations__equal_the_contract_at_every_block_in_any_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

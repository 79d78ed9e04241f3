/* ledger/mirror/day_marks.c - see day_marks.h. */
#include "ledger/mirror/day_marks.h"

#include <assert.h>

enum {
    DAY_SECONDS = 86400,
    PROBES_A_MIDNIGHT = 4,
    GAP_ALL = 8 /* so few blocks are asked for at once */
};

static int64_t day_of(int64_t time)
{
    return time / DAY_SECONDS;
}

/* --- walking ------------------------------------------------------------------------------------------------- */

void day_marks_note(struct day_marks *m, struct moment block)
{
    assert(m->n == 0 || block.number > m->reached.number);
    if (m->n == 0 || day_of(block.time) > day_of(m->reached.time)) {
        if (m->n == m->room) {
            m->room = m->room ? m->room * 2 : 64;
            m->starts = memory_resize(m->starts, m->room * sizeof *m->starts);
        }
        m->starts[m->n++] = block;
        m->reached.time = block.time;
    } else if (block.time > m->reached.time) {
        m->reached.time = block.time;
    }
    m->reached.number = block.number;
}

/* How many starts are at or below this number. */
static size_t upto(const struct day_marks *m, uint64_t number)
{
    size_t low = 0, high = m->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->starts[middle].number <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool starts_at(const struct day_marks *m, uint64_t number)
{
    size_t n = upto(m, number);
    return n > 0 && m->starts[n - 1].number == number;
}

uint64_t day_marks_closing(const struct day_marks *m, uint64_t first)
{
    return first - 1 + m->delay;
}

bool day_marks_has(const struct day_marks *m, uint64_t number)
{
    if (m->n == 0 || number < m->starts[0].number)
        return false;
    if (starts_at(m, number) || starts_at(m, number + 1))
        return true;
    uint64_t back = m->delay - 1; /* from a closing block to the first of the next day */
    return number - m->starts[0].number > back && starts_at(m, number - back);
}

void day_marks_cut(struct day_marks *m, uint64_t fork)
{
    if (m->n == 0 || m->reached.number <= fork)
        return;
    m->n = upto(m, fork);
    if (m->n > 0)
        m->reached = (struct moment){fork, m->starts[m->n - 1].time};
}

void day_marks_reset(struct day_marks *m)
{
    m->n = 0;
}

void day_marks_done(struct day_marks *m)
{
    memory_free(m->starts);
    *m = (struct day_marks){0};
}

/* --- searching ----------------------------------------------------------------------------------------------- */

/* Numbers to ask for, ascending. */
struct probes {
    uint64_t *numbers;
    size_t n;
};

/* Put a number between a and b into its place, once. */
static void put(struct probes *p, uint64_t number, uint64_t a, uint64_t b)
{
    if (number <= a || number >= b)
        return;
    size_t i = p->n;
    while (i > 0 && p->numbers[i - 1] > number)
        i--;
    if (i > 0 && p->numbers[i - 1] == number)
        return;
    for (size_t k = p->n; k > i; k--)
        p->numbers[k] = p->numbers[k - 1];
    p->numbers[i] = number;
    p->n++;
}

static void put_evenly(struct probes *p, uint64_t a, uint64_t b, uint64_t parts)
{
    for (uint64_t i = 1; i < parts; i++)
        put(p, a + (b - a) * i / parts, a, b);
}

/* About half the square root: how far blocks that come by chance stray from an even pace. */
static uint64_t stray(uint64_t gap)
{
    uint64_t w = 1;
    while (16 * w * w < gap)
        w *= 2;
    return w;
}

/* The block of this time if all came at one pace, and the one before: a hit ends the search; and two around them. The middle
 * sees to it that the gap is halved whatever the pace. */
static void put_midnights(struct probes *p, const struct moment *a, const struct moment *b)
{
    uint64_t blocks = b->number - a->number, seconds = (uint64_t)(b->time - a->time), w = stray(blocks);
    for (int64_t day = day_of(a->time) + 1; day <= day_of(b->time); day++) {
        uint64_t until = (uint64_t)(day * DAY_SECONDS - a->time);
        uint64_t at = a->number + (until * blocks + seconds - 1) / seconds;
        put(p, at > w ? at - w : 0, a->number, b->number);
        put(p, at - 1, a->number, b->number);
        put(p, at, a->number, b->number);
        put(p, at + w, a->number, b->number);
    }
    put(p, a->number + blocks / 2, a->number, b->number);
}

/* False: there is no room for it. */
static bool put_gap(struct probes *p, const struct moment *a, const struct moment *b, size_t room)
{
    uint64_t blocks = b->number - a->number, midnights = (uint64_t)(day_of(b->time) - day_of(a->time));
    size_t left = room - p->n;
    if (left < DAY_PROBES_MIN)
        return false;
    if (blocks - 1 <= GAP_ALL)
        put_evenly(p, a->number, b->number, blocks);
    else if (midnights <= (left - 1) / PROBES_A_MIDNIGHT)
        put_midnights(p, a, b);
    else
        put_evenly(p, a->number, b->number, DAY_PROBES_MIN);
    return true;
}

size_t day_marks_probe(const struct moment *known, size_t n, uint64_t *out, size_t room)
{
    struct probes p = {out, 0};
    assert(room >= DAY_PROBES_MIN);
    struct moment a = n > 0 ? known[0] : (struct moment){0}; /* with the latest time so far: days never go back */
    for (size_t i = 1; i < n; i++) {
        struct moment b = known[i];
        if (b.number > a.number + 1 && day_of(b.time) > day_of(a.time) && !put_gap(&p, &a, &b, room))
            break;
        a = (struct moment){b.number, b.time > a.time ? b.time : a.time};
    }
    return p.n;
}

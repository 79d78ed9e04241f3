/* api/tax_lots.c - see tax_lots.h. */
#include "api/tax_lots.h"

#include <assert.h>
#include <string.h>

enum { WAD_DECIMALS = 18, BASE = 10 };

/* ---- prices ---- */

enum err tax_price_parse(const char *text, struct amount *wad)
{
    char digits[AMOUNT_TEXT + 1];
    size_t whole = strcspn(text, "."), length = strlen(text);
    size_t places = text[whole] == '.' ? length - whole - 1 : 0;
    if (whole == 0 || (text[whole] == '.' && places == 0) || places > WAD_DECIMALS ||
        whole + WAD_DECIMALS > AMOUNT_TEXT)
        return ERR_FIELD;
    if (whole > 1 && text[0] == '0')
        return ERR_FIELD;
    memcpy(digits, text, whole);
    memcpy(digits + whole, text + whole + (places > 0), places);
    memset(digits + whole + places, '0', WAD_DECIMALS - places);
    /* "0.5" is 0500..: an amount has no leading zeros. */
    size_t zeros = strspn(digits, "0"), n = whole + WAD_DECIMALS;
    if (zeros >= n)
        zeros = n - 1;
    return amount_parse(digits + zeros, n - zeros, wad);
}

static struct amount power_of_ten(unsigned decimals)
{
    struct amount p = amount_from_u64(1);
    assert(decimals <= TAX_DECIMALS_MAX);
    for (unsigned i = 0; i < decimals; i++)
        if (amount_mul_div_floor(p, amount_from_u64(BASE), amount_from_u64(1), &p) != OK)
            assert(false);
    return p;
}

enum err tax_value(struct amount amount, struct amount price, unsigned decimals, struct amount *out)
{
    return amount_mul_div_floor(amount, price, power_of_ten(decimals), out);
}

/* ---- open lots ---- */

struct work {
    const struct tax_event *events;
    enum tax_method method;
    unsigned decimals;
    struct tax_report *out;
    size_t *open; /* open lots: a queue from `head`, a stack, or a heap with the dearest on top */
    size_t head, n_open;
    struct amount pool, pool_cost; /* average: all that is open */
    bool pool_unknown;
};

static bool dearer(const struct work *w, size_t a, size_t b)
{
    const struct tax_lot *lots = w->out->lots;
    int order = amount_compare(w->events[lots[a].event].price, w->events[lots[b].event].price);
    return order > 0 || (order == 0 && a < b);
}

static void swap(struct work *w, size_t i, size_t j)
{
    size_t lot = w->open[i];
    w->open[i] = w->open[j];
    w->open[j] = lot;
}

static void heap_up(struct work *w, size_t i)
{
    for (; i > 0 && dearer(w, w->open[i], w->open[(i - 1) / 2]); i = (i - 1) / 2)
        swap(w, i, (i - 1) / 2);
}

static void heap_down(struct work *w)
{
    for (size_t i = 0;;) {
        size_t top = i, left = 2 * i + 1, right = left + 1;
        if (left < w->n_open && dearer(w, w->open[left], w->open[top]))
            top = left;
        if (right < w->n_open && dearer(w, w->open[right], w->open[top]))
            top = right;
        if (top == i)
            return;
        swap(w, i, top);
        i = top;
    }
}

static void push(struct work *w, size_t lot)
{
    w->open[w->head + w->n_open++] = lot;
    if (w->method == TAX_HIFO)
        heap_up(w, w->n_open - 1);
}

static size_t peek(const struct work *w)
{
    return w->method == TAX_LIFO ? w->open[w->n_open - 1] : w->open[w->head];
}

static void pop(struct work *w)
{
    w->n_open--;
    switch (w->method) {
    case TAX_LIFO:
        break;
    case TAX_FIFO:
    case TAX_AVERAGE:
        w->head++;
        break;
    case TAX_HIFO:
        w->open[0] = w->open[w->n_open];
        heap_down(w);
        break;
    }
}

/* ---- costs ---- */

/* Of a pool of `amount` that costs *cost, what a piece costs; *cost is what the rest does. */
static enum err part_cost(struct amount piece, struct amount amount, struct amount *cost, struct amount *out)
{
    struct amount part;
    TRY(amount_mul_div_floor(*cost, piece, amount, &part));
    TRY(amount_subtract(*cost, part, cost));
    *out = part;
    return OK;
}

static enum err take_average(struct work *w, struct tax_match *m)
{
    m->costed = !w->pool_unknown;
    if (m->costed)
        TRY(part_cost(m->amount, w->pool, &w->pool_cost, &m->cost));
    TRY(amount_subtract(w->pool, m->amount, &w->pool));
    if (amount_is_zero(w->pool)) {
        w->pool_cost = amount_zero;
        w->pool_unknown = false;
    }
    return OK;
}

static enum err take_piece(struct work *w, struct tax_match *m)
{
    struct tax_lot *lot = &w->out->lots[m->lot];
    if (w->method == TAX_AVERAGE) {
        TRY(take_average(w, m));
    } else {
        m->costed = lot->costed;
        if (lot->costed)
            TRY(part_cost(m->amount, lot->remaining, &lot->cost_left, &m->cost));
    }
    TRY(amount_subtract(lot->remaining, m->amount, &lot->remaining));
    if (amount_is_zero(lot->remaining))
        pop(w);
    return OK;
}

/* ---- events ---- */

static enum err acquire(struct work *w, size_t event)
{
    const struct tax_event *e = &w->events[event];
    if (amount_is_zero(e->amount))
        return OK;
    assert(w->method != TAX_HIFO || e->priced);
    struct tax_lot lot = {.event = event, .remaining = e->amount, .costed = e->priced};
    if (e->priced)
        TRY(tax_value(e->amount, e->price, w->decimals, &lot.cost));
    lot.cost_left = lot.cost;
    TRY(amount_add(w->pool, e->amount, &w->pool));
    if (w->method == TAX_AVERAGE) {
        w->pool_unknown = w->pool_unknown || !e->priced;
        TRY(amount_add(w->pool_cost, lot.cost, &w->pool_cost));
    }
    w->out->lots[w->out->n_lots] = lot;
    push(w, w->out->n_lots++);
    return OK;
}

static enum err take_lots(struct work *w, struct tax_disposal *d, struct amount left)
{
    while (!amount_is_zero(left) && w->n_open > 0) {
        struct tax_match *m = &w->out->matches[w->out->n_matches];
        *m = (struct tax_match){.lot = peek(w)};
        struct amount held = w->out->lots[m->lot].remaining;
        m->amount = amount_compare(held, left) < 0 ? held : left;
        TRY(take_piece(w, m));
        if (w->method != TAX_AVERAGE)
            TRY(amount_subtract(w->pool, m->amount, &w->pool));
        TRY(amount_subtract(left, m->amount, &left));
        TRY(amount_add(d->cost, m->cost, &d->cost));
        d->costed = d->costed && m->costed;
        w->out->n_matches++;
    }
    d->unmatched = left;
    return OK;
}

static enum err dispose(struct work *w, size_t event)
{
    const struct tax_event *e = &w->events[event];
    struct tax_disposal d = {.event = event, .costed = true, .first = w->out->n_matches};
    struct amount matched;
    TRY(take_lots(w, &d, e->amount));
    d.n = w->out->n_matches - d.first;
    if (!d.costed)
        d.cost = amount_zero;
    TRY(amount_subtract(e->amount, d.unmatched, &matched));
    d.priced = e->kind == TAX_LOST || e->priced;
    if (e->kind == TAX_DISPOSED && e->priced)
        TRY(tax_value(matched, e->price, w->decimals, &d.proceeds));
    w->out->disposals[w->out->n_disposals++] = d;
    return OK;
}

/* What is open at the end has its part of the pool's cost. */
static enum err divide_pool(struct work *w)
{
    struct amount amount = w->pool, cost = w->pool_cost;
    for (size_t i = 0; i < w->out->n_lots; i++) {
        struct tax_lot *lot = &w->out->lots[i];
        lot->cost_left = amount_zero;
        if (amount_is_zero(lot->remaining))
            continue;
        lot->costed = !w->pool_unknown;
        if (lot->costed)
            TRY(part_cost(lot->remaining, amount, &cost, &lot->cost_left));
        TRY(amount_subtract(amount, lot->remaining, &amount));
    }
    return OK;
}

enum err tax_lots_match(const struct tax_event *events, size_t n, enum tax_method method, unsigned decimals,
                        struct arena *arena, struct tax_report *out)
{
    /* Each match ends a lot or a disposal, so there are no more than events. */
    struct tax_report r = {.lots = ARENA_ARRAY(arena, struct tax_lot, n),
                           .disposals = ARENA_ARRAY(arena, struct tax_disposal, n),
                           .matches = ARENA_ARRAY(arena, struct tax_match, n)};
    struct work w = {.events = events,
                     .method = method,
                     .decimals = decimals,
                     .out = &r,
                     .open = ARENA_ARRAY(arena, size_t, n)};
    for (size_t i = 0; i < n; i++)
        TRY(events[i].kind == TAX_ACQUIRED ? acquire(&w, i) : dispose(&w, i));
    if (method == TAX_AVERAGE)
        TRY(divide_pool(&w));
    *out = r;
    return OK;
}

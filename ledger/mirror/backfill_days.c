/* ledger/mirror/backfill_days.c - the blocks of a range that mark days, though nothing is logged in them; see source_rpc_impl.h.
 *
 * What closes in a range may have ended before it, so a walk that does not go on from the range before begins further back, by the
 * delay: nothing needs to be remembered from one run to the next. A range without midnight costs no request. */
#include <inttypes.h>

#include "ledger/mirror/source_rpc_impl.h"

enum { PROBES_MAX = 256 };

/* Headers known so far, ascending, in the source's scratch: the step's arena bounds its size. */
struct headers {
    struct header *all;
    size_t n;
};

static struct moment moment_of(const struct header *h)
{
    return (struct moment){h->number, h->time};
}

/* Neighbours must be linked: of two answers about one block only one may be there. */
static enum err links_check(const struct source_rpc *s, const struct headers *h)
{
    for (size_t i = 1; i < h->n; i++)
        if (h->all[i].number == h->all[i - 1].number + 1 && !hash_equal(h->all[i].parent_hash, h->all[i - 1].hash))
            return err_with(ERR_SOURCE_LIES, "%s: block %" PRIu64 " is not the parent of the next (the chain moved?)",
                            rpc_name(s->at->rpc), h->all[i - 1].number);
    return OK;
}

/* Ask for the headers of these numbers, ascending, none of them known. */
static enum err headers_add(struct source_rpc *s, const uint64_t *numbers, size_t n, struct headers *h)
{
    if (n == 0)
        return OK;
    struct header *added = ARENA_ARRAY(&s->scratch, struct header, n);
    TRY(fetch_headers(s, numbers, n, &s->scratch, added));
    struct header *merged = ARENA_ARRAY(&s->scratch, struct header, h->n + n);
    for (size_t i = 0, j = 0; i + j < h->n + n;)
        if (j == n || (i < h->n && h->all[i].number < added[j].number)) {
            merged[i + j] = h->all[i];
            i++;
        } else {
            merged[i + j] = added[j];
            j++;
        }
    *h = (struct headers){merged, h->n + n};
    return links_check(s, h);
}

/* Until each day's first block is known, from `before` on (NULL: from the first header). */
static enum err starts_find(struct source_rpc *s, const struct moment *before, struct headers *h)
{
    uint64_t numbers[PROBES_MAX];
    for (;;) {
        struct moment *known = ARENA_ARRAY(&s->scratch, struct moment, h->n + 1);
        size_t n = 0;
        if (before != NULL)
            known[n++] = *before;
        for (size_t i = 0; i < h->n; i++)
            known[n++] = moment_of(&h->all[i]);
        size_t n_numbers = day_marks_probe(known, n, numbers, PROBES_MAX);
        if (n_numbers == 0)
            return OK;
        TRY(headers_add(s, numbers, n_numbers, h));
    }
}

/* Begin to walk before the range, at the highest block above which all that closes in it or later began. The outcome is kept even
 * if this step fails, so that a bad line makes progress; therefore all endpoints are asked whether they agree. */
static enum err walk_begin(struct source_rpc *s, const struct header *first)
{
    uint64_t start = s->network->start_block, from = first->number;
    day_marks_reset(&s->days);
    if (from == start)
        return OK;
    uint64_t low = from - start > s->days.delay ? from - s->days.delay : start;
    struct headers h = {.all = ARENA_ARRAY(&s->scratch, struct header, 1), .n = 1};
    h.all[0] = *first;
    TRY(headers_add(s, &low, 1, &h));
    TRY(starts_find(s, NULL, &h));
    TRY(fetch_agreement(s, h.all, h.n, &s->scratch));
    for (size_t i = 0; h.all[i].number < from; i++)
        day_marks_note(&s->days, moment_of(&h.all[i]));
    if (s->days.reached.number < from - 1)
        day_marks_note(&s->days, (struct moment){from - 1, s->days.reached.time});
    return OK;
}

static bool is_known(const struct headers *h, uint64_t number)
{
    size_t low = 0, high = h->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h->all[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < h->n && h->all[low].number == number;
}

static enum err closings_find(struct source_rpc *s, uint64_t from, struct headers *h)
{
    uint64_t *numbers = ARENA_ARRAY(&s->scratch, uint64_t, s->days.n), to = h->all[h->n - 1].number;
    size_t n = 0;
    for (size_t i = 1; i < s->days.n; i++) {
        uint64_t number = day_marks_closing(&s->days, s->days.starts[i].number);
        if (number >= from && number <= to && !is_known(h, number))
            numbers[n++] = number;
    }
    return headers_add(s, numbers, n, h);
}

/* Those wanted before, and the headers that mark days. */
static void wanted_merge(const struct source_rpc *s, uint64_t from, const struct headers *h, struct arena *arena,
                         struct wanted **wanted, size_t *n)
{
    struct wanted *all = ARENA_ARRAY(arena, struct wanted, h->n);
    size_t n_all = 0, j = 0;
    for (size_t i = 0; i < h->n; i++) {
        uint64_t number = h->all[i].number;
        if (j < *n && (*wanted)[j].header.number == number)
            all[n_all++] = (*wanted)[j++];
        else if (number >= from && day_marks_has(&s->days, number))
            all[n_all++] = (struct wanted){.header = h->all[i], .listed = true};
    }
    *wanted = all;
    *n = n_all;
}

enum err days_find(struct source_rpc *s, const struct header *first, struct arena *arena, struct wanted **wanted,
                   size_t *n)
{
    uint64_t from = first->number;
    if (!s->network->rewards.wanted)
        return OK;
    if (from > 0)
        day_marks_cut(&s->days, from - 1); /* a step before may have failed, or given less than it looked at */
    if (s->days.n == 0 || s->days.reached.number + 1 != from)
        TRY(walk_begin(s, first));
    struct headers h = {ARENA_ARRAY(&s->scratch, struct header, *n + 1), 0};
    if ((*wanted)[0].header.number > from)
        h.all[h.n++] = *first;
    for (size_t i = 0; i < *n; i++)
        h.all[h.n++] = (*wanted)[i].header;
    struct moment before = s->days.reached;
    TRY(starts_find(s, s->days.n > 0 ? &before : NULL, &h));
    for (size_t i = 0; i < h.n; i++)
        day_marks_note(&s->days, moment_of(&h.all[i]));
    TRY(closings_find(s, from, &h));
    wanted_merge(s, from, &h, arena, wanted, n);
    return OK;
}

/* governance/count_ranked.c - instant runoff over different rankings; see count.h.
 *
 * Equal rankings are counted once, by their power. In a round only those rankings move whose choice was struck out: each choice has
 * a list of the rankings that count for it, and each ranking remembers how far it has come. So all rounds together cost at most one
 * step a rank, however many rounds there are. */
#include <string.h>

#include "governance/count_impl.h"

struct ranking {
    struct total power;
    uint64_t ballots; /* 0: all were taken back */
};

void ranked_open(struct count *c)
{
    map_init(&c->rankings, c->n * sizeof(uint16_t), sizeof(struct ranking));
}

void ranked_change(struct count *c, const struct choice *choice, struct amount power, bool add)
{
    assert(choice->n == c->n);
    struct ranking *r = map_put(&c->rankings, choice->picks, NULL);
    bool was = r->ballots > 0;
    assert(add || was);
    r->ballots += add ? 1 : UINT64_MAX;
    sum_change(&r->power, power, add);
    if (was != (r->ballots > 0))
        c->live_rankings += add ? 1 : SIZE_MAX;
}

/* A runoff under way. Rankings and choices are numbered from 0. */
struct runoff {
    const struct count *c;
    struct amount *power; /* by choice */
    bool *out;            /* by choice: it no longer stands */
    uint32_t *first;      /* by choice: the first ranking that counts for it, + 1 */
    uint32_t *next;       /* by ranking: the next one that counts for the same choice, + 1 */
    uint16_t *rank;       /* by ranking: the rank that counts */
};

static void count_for(struct runoff *r, size_t choice, size_t ranking, struct amount power)
{
    enum err e = amount_add(r->power[choice], power, &r->power[choice]);
    assert(e == OK); /* part of the power of all ballots */
    r->next[ranking] = r->first[choice];
    r->first[choice] = (uint32_t)ranking + 1;
}

/* Give a ranking to its best choice that stands; there is one. */
static void place(struct runoff *r, size_t ranking)
{
    const struct ranking *value = map_value_at(&r->c->rankings, ranking);
    const uint16_t *picks = map_key_at(&r->c->rankings, ranking);
    struct amount power;
    enum err e = total_to_amount(value->power, &power);
    assert(e == OK);
    while (r->out[picks[r->rank[ranking]] - 1])
        r->rank[ranking]++;
    count_for(r, picks[r->rank[ranking]] - 1U, ranking, power);
}

static void strike_out(struct runoff *r, size_t choice)
{
    r->out[choice] = true;
    uint32_t at = r->first[choice];
    while (at > 0) {
        uint32_t next = r->next[at - 1];
        place(r, at - 1);
        at = next;
    }
}

/* Whether one has more than half of the power; *least: the one with the least, of equal ones the first. */
static bool is_decided(const struct runoff *r, struct amount power, size_t *least)
{
    bool decided = false, found = false;
    for (size_t i = 0; i < r->c->n; i++) {
        if (r->out[i])
            continue;
        decided = decided || amount_compare(r->power[i], amount_minus_or_zero(power, r->power[i])) > 0;
        if (!found || amount_compare(r->power[i], r->power[*least]) < 0)
            *least = i;
        found = true;
    }
    return decided;
}

void ranked_scores(const struct count *c, struct amount power, struct arena *arena, struct amount *scores)
{
    size_t n_rankings = c->rankings.n;
    struct runoff r = {.c = c,
                       .power = ARENA_ARRAY(arena, struct amount, c->n),
                       .out = ARENA_ARRAY(arena, bool, c->n),
                       .first = ARENA_ARRAY(arena, uint32_t, c->n),
                       .next = ARENA_ARRAY(arena, uint32_t, n_rankings + 1),
                       .rank = ARENA_ARRAY(arena, uint16_t, n_rankings + 1)};
    for (size_t i = 0; i < n_rankings; i++) /* one without ballots has no power: it changes nothing */
        place(&r, i);
    size_t least = 0;
    for (size_t standing = c->n; !is_decided(&r, power, &least) && standing >= 3; standing--)
        strike_out(&r, least);
    for (size_t i = 0; i < c->n; i++)
        scores[i] = r.out[i] ? amount_zero : r.power[i];
}

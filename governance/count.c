/* governance/count.c - the running sums of a proposal's ballots, and what they say; see count.h. */
#include "governance/count.h"

#include <string.h>

#include "governance/count_impl.h"

static const char *const names[VOTING_COUNT] = {
    [VOTING_BASIC] = "basic",       [VOTING_SINGLE_CHOICE] = "single-choice", [VOTING_APPROVAL] = "approval",
    [VOTING_WEIGHTED] = "weighted", [VOTING_QUADRATIC] = "quadratic",         [VOTING_RANKED_CHOICE] = "ranked-choice",
    [VOTING_COPELAND] = "copeland",
};

const char *voting_name(enum voting v)
{
    return names[v];
}

bool voting_parse(const char *name, enum voting *out)
{
    for (int v = 0; v < VOTING_COUNT; v++) {
        if (strcmp(name, names[v]) == 0) {
            *out = (enum voting)v;
            return true;
        }
    }
    return false;
}

size_t count_sums(enum voting type, size_t n_choices)
{
    switch (type) {
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
    case VOTING_APPROVAL:
    case VOTING_WEIGHTED:
    case VOTING_QUADRATIC:
        return n_choices;
    case VOTING_COPELAND:
        return n_choices * (n_choices - 1) / 2;
    case VOTING_RANKED_CHOICE:
    case VOTING_COUNT:
        break;
    }
    return 0;
}

struct count *count_open(enum voting type, size_t n_choices)
{
    assert(type < VOTING_COUNT && n_choices >= 1 && n_choices <= CHOICES_MAX);
    struct count *c = memory_resize(NULL, sizeof *c);
    *c = (struct count){.type = type, .n = n_choices, .n_sums = count_sums(type, n_choices)};
    if (c->n_sums > 0) {
        c->sums = memory_resize(NULL, c->n_sums * sizeof c->sums[0]);
        memset(c->sums, 0, c->n_sums * sizeof c->sums[0]);
    }
    if (type == VOTING_RANKED_CHOICE)
        ranked_open(c);
    return c;
}

void count_close(struct count *c)
{
    if (c == NULL)
        return;
    if (c->type == VOTING_RANKED_CHOICE)
        map_done(&c->rankings);
    memory_free(c->sums);
    arena_done(&c->scratch);
    memory_free(c);
}

static void picks_change(struct count *c, const struct choice *choice, struct amount power, bool add)
{
    for (size_t i = 0; i < choice->n; i++)
        sum_change(&c->sums[choice->picks[i] - 1], power, add);
}

static void weighted_change(struct count *c, const struct choice *choice, struct amount power, bool add)
{
    arena_reset(&c->scratch);
    struct total *parts = ARENA_ARRAY(&c->scratch, struct total, choice->n);
    struct amount *shares = ARENA_ARRAY(&c->scratch, struct amount, choice->n);
    for (size_t i = 0; i < choice->n; i++)
        parts[i] = total_of(amount_from_u64(choice->weights[i]));
    share_by_parts(power, choice->n, parts, &c->scratch, shares);
    for (size_t i = 0; i < choice->n; i++)
        sum_change(&c->sums[choice->picks[i] - 1], shares[i], add);
}

static void quadratic_change(struct count *c, const struct choice *choice, struct amount power, bool add)
{
    uint64_t sum = 0; /* at most CHOICES_MAX * 2^WEIGHT_BITS < 2^62 */
    for (size_t i = 0; i < choice->n; i++)
        sum += choice->weights[i];
    for (size_t i = 0; i < choice->n; i++)
        sum_change(&c->sums[choice->picks[i] - 1], amount_root_of_share(power, choice->weights[i], sum), add);
}

static void change(struct count *c, const struct choice *choice, struct amount power, bool add)
{
    assert(add ? c->ballots < BALLOTS_MAX : c->ballots > 0);
    c->ballots += add ? 1 : UINT64_MAX;
    sum_change(&c->power, power, add);
    switch (c->type) {
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
    case VOTING_APPROVAL:
        picks_change(c, choice, power, add);
        break;
    case VOTING_WEIGHTED:
        weighted_change(c, choice, power, add);
        break;
    case VOTING_QUADRATIC:
        quadratic_change(c, choice, power, add);
        break;
    case VOTING_RANKED_CHOICE:
        ranked_change(c, choice, power, add);
        break;
    case VOTING_COPELAND:
        copeland_change(c, choice, power, add);
        break;
    case VOTING_COUNT:
        break;
    }
}

void count_add(struct count *c, const struct choice *choice, struct amount power)
{
    change(c, choice, power, true);
}

void count_remove(struct count *c, const struct choice *choice, struct amount power)
{
    change(c, choice, power, false);
}

/* S(c) is a sum of fewer than 2^40 roots below 2^192, so it is below 2^232, and the sum of 500 squares below 2^473. */
static void quadratic_scores(const struct count *c, struct amount power, struct arena *arena, struct amount *scores)
{
    struct total *squares = ARENA_ARRAY(arena, struct total, c->n);
    for (size_t i = 0; i < c->n; i++) {
        struct amount roots;
        enum err e = total_to_amount(c->sums[i], &roots);
        assert(e == OK);
        squares[i] = amount_square(roots);
    }
    share_by_parts(power, c->n, squares, arena, scores);
}

enum err count_scores(const struct count *c, struct amount *scores, struct amount *power)
{
    AUTO_ARENA arena = {0};
    struct amount sum;
    TRY(total_to_amount(c->power, &sum));
    switch (c->type) {
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
    case VOTING_APPROVAL:
    case VOTING_WEIGHTED:
        for (size_t i = 0; i < c->n; i++) {
            enum err e = total_to_amount(c->sums[i], &scores[i]);
            assert(e == OK); /* none is more than the sum of all power */
        }
        break;
    case VOTING_QUADRATIC:
        quadratic_scores(c, sum, &arena, scores);
        break;
    case VOTING_RANKED_CHOICE:
        ranked_scores(c, sum, &arena, scores);
        break;
    case VOTING_COPELAND:
        copeland_scores(c, sum, &arena, scores);
        break;
    case VOTING_COUNT:
        break;
    }
    *power = sum;
    return OK;
}

uint64_t count_voters(const struct count *c)
{
    return c->ballots;
}

size_t count_rankings(const struct count *c)
{
    return c->live_rankings;
}

struct outcome count_outcome(enum voting type, size_t n_choices, const struct amount *scores, struct amount power,
                             struct amount quorum)
{
    struct outcome o = {.quorum_reached = amount_compare(power, quorum) >= 0};
    struct amount greatest = amount_zero;
    size_t in_play = type == VOTING_BASIC && n_choices > BASIC_SIDES ? BASIC_SIDES : n_choices;
    for (size_t i = 0; i < in_play; i++) {
        int c = amount_compare(scores[i], greatest);
        if (c > 0) {
            greatest = scores[i];
            o.winner = i + 1;
            o.tie = false;
        } else if (c == 0 && o.winner > 0) {
            o.tie = true;
        }
    }
    if (o.tie)
        o.winner = 0;
    o.succeeded = (type == VOTING_BASIC ? o.winner == 1 : o.winner > 0) && o.quorum_reached;
    return o;
}

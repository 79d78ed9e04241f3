/* tests/governance/support/count.h - ballots for tests of counting: of JSON, at random, and what a count says of them. */
#ifndef TESTS_GOVERNANCE_SUPPORT_COUNT_H
#define TESTS_GOVERNANCE_SUPPORT_COUNT_H

#include "governance/count.h"
#include "tests/support/amounts.h"

enum { SCORES_TEXT = 4000 };

/* The choice that a JSON text says, made in the arena. */
static inline enum err read_choice(enum voting type, size_t n, const char *text, struct arena *arena,
                                   struct choice *out)
{
    AUTO_BUFFER wrapped = {0};
    buffer_printf(&wrapped, "[%s]", text);
    AUTO_JSON j = NULL;
    assert_int_equal(json_parse((const char *)wrapped.p, wrapped.n, 4, &j), OK);
    return choice_parse(type, n, json_array_get(j, 0), arena, out);
}

static inline void count_text(struct count *c, enum voting type, size_t n, const char *choice, const char *power,
                              bool add)
{
    AUTO_ARENA arena = {0};
    struct choice parsed;
    assert_int_equal(read_choice(type, n, choice, &arena, &parsed), OK);
    if (add)
        count_add(c, &parsed, amount_of(power));
    else
        count_remove(c, &parsed, amount_of(power));
}

/* "of POWER: SCORE SCORE ..." */
static inline void scores_text(const struct count *c, size_t n, char out[SCORES_TEXT])
{
    struct amount scores[CHOICES_MAX], power;
    assert_int_equal(count_scores(c, scores, &power), OK);
    char text[AMOUNT_TEXT + 1];
    amount_format(power, text);
    size_t at = (size_t)snprintf(out, SCORES_TEXT, "of %s:", text);
    for (size_t i = 0; i < n && at < SCORES_TEXT; i++) {
        amount_format(scores[i], text);
        at += (size_t)snprintf(out + at, SCORES_TEXT - at, " %s", text);
    }
    assert_true(at < SCORES_TEXT);
}

/* Scores of ballots given as {choice, power}, ending with {NULL}. */
static inline void assert_scores(enum voting type, size_t n, const char *const ballots[][2], const char *expected)
{
    struct count *c = count_open(type, n);
    size_t voters = 0;
    for (; ballots[voters][0] != NULL; voters++)
        count_text(c, type, n, ballots[voters][0], ballots[voters][1], true);
    char text[SCORES_TEXT];
    scores_text(c, n, text);
    assert_string_equal(text, expected);
    assert_int_equal(count_voters(c), voters);
    count_close(c);
}

/* Any choice that this type takes. */
static inline struct choice random_choice(enum voting type, size_t n, struct arena *arena)
{
    uint16_t *picks = ARENA_ARRAY(arena, uint16_t, n);
    uint64_t *weights = ARENA_ARRAY(arena, uint64_t, n);
    for (size_t i = 0; i < n; i++)
        picks[i] = (uint16_t)(i + 1);
    if (type == VOTING_WEIGHTED || type == VOTING_QUADRATIC) {
        for (size_t i = 0; i < n; i++)
            weights[i] = random_u64() % 3 == 0 ? 0 : random_u64() >> (64 - 53 + random_u64() % 53);
        weights[random_u64() % n]++;
        return (struct choice){n, picks, weights};
    }
    for (size_t i = n; i > 1; i--) {
        size_t other = random_u64() % i;
        uint16_t swap = picks[i - 1];
        picks[i - 1] = picks[other];
        picks[other] = swap;
    }
    if (type == VOTING_APPROVAL)
        return (struct choice){random_u64() % (n + 1), picks, NULL};
    return (struct choice){type == VOTING_BASIC || type == VOTING_SINGLE_CHOICE ? 1 : n, picks, NULL};
}

#endif

/* governance/count.h - counting of ballots: pure, exact, incremental; rules version 1, which follow Snapshot's.
 *
 * Choices are numbered from 1. Scores are whole units of power, one per choice:
 *   basic, single-choice  the power of those who chose it
 *   approval              the power of those who approve of it; more than one may be approved
 *   weighted              each ballot divides its power by its weights: floor(power * weight / sum), the remaining units one each to the
 *                         largest fractions, at equal fractions to the lower number
 *   quadratic             S = sum over ballots of isqrt(power * weight * 2^128 / sum of weights) (floors); the total power is divided by
 *                         S^2 as a weighted ballot is
 *   ranked-choice         instant runoff among those that are anybody's first choice: until one has more than half of the power, or fewer
 *                         than three are left, the one with the least is struck out (at equal power the lower number) and its ballots go
 *                         to their next choices; scores are those of the last round
 *   copeland              each pair is decided by power: 2 points for the winner, 1 each for a tie, and to each choice half of its average
 *                         support (the power for it in all its pairs / (pairs * total power)); the total power is divided by the points
 * Adding and removing ballots in any order gives the same sums (property test), so a tally is a recount. */
#ifndef GOVERNANCE_COUNT_H
#define GOVERNANCE_COUNT_H

#include "ledger/core/json.h"

enum { COUNT_RULES = 1, CHOICES_MAX = 500 };

/* The numbers stand in governance.proposal. */
enum voting {
    VOTING_BASIC,
    VOTING_SINGLE_CHOICE,
    VOTING_APPROVAL,
    VOTING_WEIGHTED,
    VOTING_QUADRATIC,
    VOTING_RANKED_CHOICE,
    VOTING_COPELAND,
    VOTING_COUNT
};
/* "basic", "single-choice", ... as Snapshot names them. */
const char *voting_name(enum voting v);
/* False: no such type. */
bool voting_parse(const char *name, enum voting *out);

/* A ballot's choice: `picks` choices in order (basic and single-choice: one; ranked: the best first; weighted: ascending), and of
 * weighted and quadratic their weights. */
struct choice {
    size_t n;
    const uint16_t *picks;
    const uint64_t *weights; /* NULL: none */
};

/* Check a choice (JSON: number; array of numbers; object of whole numbers by choice). Arrays in the arena. ERR_RULE, the detail says
 * why: out of range, twice, missing (ranked choice and copeland rank all), empty, weights negative, fractional, above 2^53, all zero.
 * An approval may be empty. */
MUST_CHECK enum err choice_parse(enum voting type, size_t n_choices, const json_t *choice, struct arena *arena,
                                 struct choice *out);

struct count; /* the running sums of one proposal */

struct count *count_open(enum voting type, size_t n_choices);
void count_close(struct count *c); /* NULL is nothing */
void count_add(struct count *c, const struct choice *choice, struct amount power);
/* Take back what was added with the same arguments. */
void count_remove(struct count *c, const struct choice *choice, struct amount power);
/* n_choices scores, and the sum of the power of all ballots. ERR_OVERFLOW: a sum is 2^256 or more. */
MUST_CHECK enum err count_scores(const struct count *c, struct amount *scores, struct amount *power);
uint64_t count_voters(const struct count *c);

/* The sums as bytes, and back; ranked choice has none (its sums are its ballots): count_packs is false. ERR_FIELD: not such bytes. */
bool count_packs(enum voting type);
void count_pack(const struct count *c, struct buffer *out);
MUST_CHECK enum err count_unpack(enum voting type, size_t n_choices, struct slice in, struct count **out);
/* Ranked choice: how many different rankings there are (what count_scores costs); else 0. */
size_t count_rankings(const struct count *c);

/* What the scores say. */
struct outcome {
    bool quorum_reached; /* power >= quorum */
    bool tie;            /* several have the greatest score */
    size_t winner;       /* the number of the choice with the greatest score; 0: a tie, or nobody has voted */
    bool succeeded; /* basic: the first has more than the second; else: there is a winner. And the quorum is reached. */
};
struct outcome count_outcome(enum voting type, size_t n_choices, const struct amount *scores, struct amount power,
                             struct amount quorum);

#endif

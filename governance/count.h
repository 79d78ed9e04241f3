/* governance/count.h - counting of ballots: pure, exact, incremental; rules version 1, which follow Snapshot's.
 *
 * Choices are numbered from 1. Power is whole units below 2^256; P is the sum of the power of all ballots, also of those that say
 * nothing (an approval of none). Numbers are whole, of any size; floor() rounds down. There is one score for each choice:
 *   basic, single-choice  the power of those who chose it
 *   approval              the power of those who approve of it; more than one may be approved, or none
 *   weighted              each ballot's power is divided (see below) by its weights; a score is the sum of its parts
 *   quadratic             S(c) = sum over ballots of floor(sqrt(floor(power * weight(c) * 2^128 / sum of the ballot's weights)));
 *                         P is divided by S(c)^2
 *   ranked-choice         instant runoff. All choices stand at first, and each ballot counts for the first of its ranking that stands.
 *                         While three or more stand and none has more than half of P, the one with the least power (0 is the least; of
 *                         equal ones the lowest number) no longer stands. Scores are the power of those that stand at the end; else 0
 *   copeland              P is divided by  2 * (n - 1) * P * points(c) + support(c),  n choices: of each pair of choices the one that
 *                         ballots with more power rank above the other gets 2 points, each gets 1 if these are equal; support(c) is the
 *                         power that ranks c above another choice, summed over the other choices. One choice alone: P
 * So copeland's divisor is Snapshot's, points + half of the average support (support / ((n - 1) * P)), times 2 * (n - 1) * P.
 *
 * To divide a whole W by parts p(c) of sum p: choice c gets floor(W * p(c) / p), and the units that are left go one each to the
 * choices with the largest W * p(c) mod p, of equal ones to the lower number first. The shares' sum is W. If p is 0, all get 0.
 *
 * Without ballots every score is 0. Adding and removing ballots in any order gives the same sums, so a tally is a recount.
 * Nothing wraps: sums are 512 bits wide and of fewer than BALLOTS_MAX ballots; scores that do not fit are ERR_OVERFLOW. */
#ifndef GOVERNANCE_COUNT_H
#define GOVERNANCE_COUNT_H

#include "ledger/core/json.h"

enum { COUNT_RULES = 1, CHOICES_MAX = 500 };
#define BALLOTS_MAX (UINT64_C(1) << 40) /* in one count: an assertion */

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

/* A ballot's choice: `picks` choices in order (basic and single-choice: one; approval: as given; ranked choice and copeland: the best
 * first; weighted and quadratic: ascending), and of weighted and quadratic their weights, whose sum is not 0. */
struct choice {
    size_t n;
    const uint16_t *picks;
    const uint64_t *weights; /* NULL: none */
};

enum { WEIGHT_BITS = 53 }; /* a weight is at most 2^53: what every JSON reader takes as a whole number */

/* Check a choice. Arrays in the arena.
 *   basic, single-choice      a number: 2
 *   approval                  an array of different numbers, in any order, which may be empty: [3,1]
 *   ranked-choice, copeland   an array of all choices, the best first: [2,3,1]
 *   weighted, quadratic       an object of weights by choice: {"1":3,"3":1}; keys are decimal digits without a leading zero, and their
 *                             order means nothing; weights are whole, from 0 to 2^53, and one of them is more than 0
 * ERR_RULE, the detail says why: another form, out of range, twice, missing, weights negative, fractional, too large or all zero. */
MUST_CHECK enum err choice_parse(enum voting type, size_t n_choices, const json_t *choice, struct arena *arena,
                                 struct choice *out);

struct count; /* the running sums of one proposal */

/* 1 to CHOICES_MAX choices. A choice that is added is one that choice_parse gives for this type and number. */
struct count *count_open(enum voting type, size_t n_choices);
void count_close(struct count *c); /* NULL is nothing */
void count_add(struct count *c, const struct choice *choice, struct amount power);
/* Take back what was added with the same arguments; anything else may be an assertion. */
void count_remove(struct count *c, const struct choice *choice, struct amount power);
/* n_choices scores, and the sum of the power of all ballots. ERR_OVERFLOW: that sum is 2^256 or more. */
MUST_CHECK enum err count_scores(const struct count *c, struct amount *scores, struct amount *power);
uint64_t count_voters(const struct count *c);

/* The sums as bytes, and back; ranked choice has none (its sums are its ballots): count_packs is false. Equal sums are equal bytes:
 *   1 byte COUNT_RULES, 1 byte type, 2 bytes number of choices n, 8 bytes number of ballots, big endian; then numbers, each as 1 byte
 *   length and so many bytes, big endian, the first not zero: the sum of all power, then the sums:
 *   copeland: n * (n - 1) / 2 numbers, the power that ranks a above b, for a = 1.., b = a + 1..; else n numbers, one for each choice:
 *   its score; quadratic: S(c).
 * ERR_FIELD: not such bytes, of another type or number of choices, or sums that no ballots give. */
bool count_packs(enum voting type);
void count_pack(const struct count *c, struct buffer *out); /* appends */
MUST_CHECK enum err count_unpack(enum voting type, size_t n_choices, struct slice in, struct count **out);
/* Ranked choice: how many different rankings there are (what count_scores costs); else 0. */
size_t count_rankings(const struct count *c);

/* What the scores say. Of basic voting only the first two choices, for and against, are in play: who abstains counts for the quorum. */
enum { BASIC_SIDES = 2 };
struct outcome {
    bool quorum_reached; /* power >= quorum */
    bool tie;            /* several in play have the greatest score, and it is not 0 */
    size_t winner;       /* the number of the choice with the greatest score; 0: a tie, or all scores are 0 */
    bool succeeded;      /* basic: the first wins; else: there is a winner. And the quorum is reached. */
};
struct outcome count_outcome(enum voting type, size_t n_choices, const struct amount *scores, struct amount power,
                             struct amount quorum);

#endif

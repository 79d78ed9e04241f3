/* governance/door_count.h - running counts of proposals in memory, beside what governance.tally keeps of them.
 *
 * A count stands at a size of the log, for a generation and a basis (the hash by which power is kept). Another process may have
 * appended meanwhile: then the ballots since are counted first. Nothing here is the truth: all of it can be dropped at any time. */
#ifndef GOVERNANCE_DOOR_COUNT_H
#define GOVERNANCE_DOOR_COUNT_H

#include "governance/door_facts.h"

enum { RANKINGS_AT_ONCE = 2000 }; /* different rankings whose runoff may be part of a batch */

struct counts; /* of the proposals that were counted lately */

struct counts *counts_open(void);
void counts_close(struct counts *c);
/* A transaction that counted was not committed: forget all. */
void counts_forget(struct counts *c);

/* Which proposal, by what power. */
struct count_key {
    struct hash proposal;
    enum voting type;
    size_t n_choices;
    int32_t generation;
    struct hash basis;
};

struct counted {
    struct count_key key;
    struct count *count;
    uint64_t size, ballots;
    uint64_t used; /* when it was last asked for */
};

/* The count of a proposal at `size`. ERR_NEED: the power of a ballot is not stored for this basis. ERR_END: so many ballots are left
 * to count that others should have the lock in between: ask again. Valid until the next call. */
MUST_CHECK enum err counts_get(struct counts *c, struct db *db, const struct count_key *key, uint64_t size,
                               struct counted **out);
/* A ballot more; what it takes the place of is taken back. choice, replaced: canonical JSON; replaced NULL: nothing.
 * counts: false: it is one more that does not count. ERR_INTERNAL: a stored choice is damaged. */
MUST_CHECK enum err counted_add(struct counted *c, const char *choice, const char *replaced, bool counts,
                                struct amount power);
/* The row that says it. Texts and sums in the arena. ERR_OVERFLOW. */
MUST_CHECK enum err counted_row(const struct counted *c, struct instant received, struct arena *arena,
                                struct tally_row *out);

#endif

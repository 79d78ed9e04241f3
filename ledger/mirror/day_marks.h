/* ledger/mirror/day_marks.h - the blocks that mark days: the last and the first around each midnight, and the one that closes a day.
 *
 * Rule: ledger/README.md, "Days". If F is the first block of a day then F - 1 is the last of the day before, which block
 * F - 1 + delay closes. Books come out the same only if F and the closing block are given, whatever else is left out; F - 1 is
 * given so that who looks at the books can tell that F is the first. Who does not have every block finds them by asking for a few more
 * at a time (day_marks_probe) until each day's first block is known together with the one before it.
 *
 * That search takes for granted that no block's time lies before its parent's, as Ethereum demands (Yellow Paper 4.3.4: the
 * timestamp is greater than the parent's). On a chain that breaks it, days that begin and are left again between two known blocks
 * are not seen; with every block at hand (an archive, the tail) days are exact even then. */
#ifndef LEDGER_MIRROR_DAY_MARKS_H
#define LEDGER_MIRROR_DAY_MARKS_H

#include <stdbool.h>

#include "ledger/core/arena.h"
#include "ledger/core/err.h"

/* A block as far as days go. */
struct moment {
    uint64_t number;
    int64_t time; /* unix seconds */
};

/* What a walk along the chain knows of its days. Zero-initialise to start, with the delay. */
struct day_marks {
    uint64_t delay;        /* reward_booking_delay_blocks, at least 1 */
    struct moment reached; /* the block noted last, and the latest time up to it */
    struct moment *starts; /* where the walk began, then the first block of each later day, ascending */
    size_t n, room;
};

/* Note the next block of the walk, above the last one noted. Each day's first block must be among those noted. */
void day_marks_note(struct day_marks *m, struct moment block);
/* Whether this block, up to the one noted last, marks a day; or the walk began with it. */
bool day_marks_has(const struct day_marks *m, uint64_t number);
/* Forget the blocks above `fork`. */
void day_marks_cut(struct day_marks *m, uint64_t fork);
void day_marks_reset(struct day_marks *m); /* forget all but the delay */
void day_marks_done(struct day_marks *m);
/* The block that closes the day before the one that `first` begins. */
uint64_t day_marks_closing(const struct day_marks *m, uint64_t first);

enum { DAY_PROBES_MIN = 16 };
/* The numbers, ascending, to be asked for next so that the first block of each day among `known` (ascending) comes to stand
 * beside the one before it; at most `room` >= DAY_PROBES_MIN. 0: there is nothing left to ask. Each round at least halves one gap. */
MUST_CHECK size_t day_marks_probe(const struct moment *known, size_t n, uint64_t *out, size_t room);

#endif

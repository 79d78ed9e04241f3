/* ledger/core/crew.h - threads that work on items side by side; the items come back in the order in which they were given. */
#ifndef LEDGER_CORE_CREW_H
#define LEDGER_CORE_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "ledger/core/err.h"

struct crew;

/* `work` is called for each item on some thread; items under way: at most `room`. threads 0: one for each processor. ERR_IO. */
MUST_CHECK enum err crew_open(unsigned threads, size_t room, void (*work)(void *item), struct crew **out);
/* Waits for what is under way. NULL is fine. */
void crew_close(struct crew **c);
#define AUTO_CREW __attribute__((cleanup(crew_close))) struct crew *

unsigned crew_threads(const struct crew *c);
/* Whether one more may be given. */
bool crew_has_room(const struct crew *c);
/* There must be room. */
void crew_give(struct crew *c, void *item);
/* The oldest item that was given, once it is done; NULL: none is under way. */
void *crew_take(struct crew *c);

#endif

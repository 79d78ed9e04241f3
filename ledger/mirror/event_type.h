/* ledger/mirror/event_type.h - how decoded logs stand in mirror.event: their type numbers and COPY rows. */
#ifndef LEDGER_MIRROR_EVENT_TYPE_H
#define LEDGER_MIRROR_EVENT_TYPE_H

#include "ledger/core/db.h"
#include "ledger/mirror/apply.h"

/* abi_event.id -> mirror.event_type.id, which the database numbered when it first saw the event. */
struct event_types {
    int16_t *id;
};

/* Add the events of this build that the database lacks, and read all numbers. Needs the writer's role and lease. */
MUST_CHECK enum err event_types_sync(struct db *db, struct event_types *out);
void event_types_done(struct event_types *t);

/* Where a log is stored: mirror.block.id, its number, and the generation that stores it. */
struct event_place {
    int64_t block;
    uint64_t number;
    int32_t generation;
};

extern const char event_copy_sql[];
/* Append the COPY tuple of one log. */
void event_put(struct buffer *out, const struct event_types *types, const struct event_place *place,
               const struct log *log, const struct decoded_log *decoded);

#endif

/* governance/replay.h - the log read again, entry after entry: the rows that follow from it, and what speaks against an entry.
 *
 * State is what later entries hang on: keys, parameters of spaces, proposals, aliases, voters (some 100 bytes for each of each
 * proposal). The same rules as at the door (rules.h) with the time at which the entry was received; not checked
 * is what hangs on power, and how many proposals an author made that day. No database. */
#ifndef GOVERNANCE_REPLAY_H
#define GOVERNANCE_REPLAY_H

#include "governance/check.h"
#include "governance/door_rows.h"
#include "governance/rules.h"
#include "ledger/core/map.h"

/* What the chain says. */
struct replay_chain {
    struct chain_facts blocks;
    /* The time of the last stored block at or before `number`. *known false: there is none. */
    enum err (*time_of)(void *arg, uint64_t number, bool *known, struct instant *out);
    void *arg;
};

struct replay_proposal {
    struct proposal_row row; /* the last version, without its long texts */
    bool canceled, voted;
    const struct space *space; /* the parameters that rule it */
};

struct replay_key {
    struct key_row row;
    const struct replay_key *before;
};

struct replay {
    struct arena arena;
    struct replay_chain chain;
    struct instant received;       /* of the last entry */
    const struct replay_key *keys; /* that the log names up to now, the last one first; NULL: none */
    struct map spaces;             /* keccak(id) -> struct replay_space, in replay.c */
    struct map proposals;          /* id -> struct replay_proposal */
    struct map aliases;            /* owner, alias -> struct replay_alias, in replay.c */
    struct map withdrawn;          /* owner -> position of the last withdrawal */
    struct map voters;             /* proposal, voter -> struct replay_voter, in replay.c */
};
void replay_init(struct replay *r, const struct replay_chain *chain);
void replay_done(struct replay *r);

/* What follows from an entry: its row of governance.message but for size and receipt, and one of another table. */
struct replay_rows {
    struct message_row message;
    enum log_table table;
    union {
        struct key_row key;
        struct space_row space;
        struct proposal_row proposal;
        struct cancellation_row cancellation;
        struct alias_row alias;
        struct ballot_row ballot;
    } row;
};

/* The proposal; NULL: there was none up to now. */
const struct replay_proposal *replay_proposal(const struct replay *r, struct hash id);

/* What a checkpoint's note says, and which of the keys up to now signed it (its origin lies in the arena): processes with other keys may
 * serve one log, so it need not be the last. ERR_FIELD: none did. */
MUST_CHECK enum err replay_open_note(const struct replay *r, const char *note, struct note_key *key, uint64_t *size,
                                     struct hash *root);

/* The next entry, checked by itself (check.h) with nothing wrong but maybe who signed; `c->fault` then says what else is wrong with it,
 * if anything: then the state is as if it had not been. Texts in the arena or c's. Errors are those of time_of. */
MUST_CHECK enum err replay_entry(struct replay *r, struct checked *c, struct arena *arena, struct replay_rows *out);

#endif

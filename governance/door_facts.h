/* governance/door_facts.h - what is stored about the messages of a batch: read under the append lock, one statement a kind of thing.
 *
 * The batch itself changes them as it goes: a second ballot of a voter in the same batch finds the first one here. */
#ifndef GOVERNANCE_DOOR_FACTS_H
#define GOVERNANCE_DOOR_FACTS_H

#include "governance/door.h"
#include "governance/door_rows.h"
#include "ledger/core/map.h"

/* Of a message that is in the log. */
struct known_message {
    struct receipt receipt;
    struct signature signature;
};

struct stored_proposal {
    struct proposal_row row; /* the last version */
    bool canceled;
    bool voted;     /* there are ballots on it */
    bool has_basis; /* its snapshot block is mirrored */
    struct hash basis;
    struct space space; /* the parameters that rule it */
    bool fresh;         /* of this batch: nothing was read about its voters */
};

struct voter_key {
    struct hash proposal;
    struct address voter;
};

struct stored_voter {
    uint64_t ballots; /* of the voter on the proposal */
    bool voted;       /* one of them counts: */
    uint64_t position;
    struct instant stamp;
    const char *choice; /* its canonical JSON */
    bool has_power;     /* known at the basis */
    struct amount power;
};

struct alias_key {
    struct address owner, alias;
};

struct facts {
    struct arena arena; /* what the maps' values point to */
    uint64_t chain_id;
    int32_t generation;
    bool has_network;
    struct hash network; /* of the network file that the books are of */
    struct chain_facts chain;
    struct frontier frontier; /* the log's end */
    struct instant received;  /* of its last checkpoint */
    struct map known;         /* digest -> known_message */
    struct map proposals;     /* id -> stored_proposal */
    struct map voters;        /* voter_key -> stored_voter */
    struct map aliases;       /* alias_key -> struct instant: when the alias was last named; 0: withdrawn since */
};

void facts_init(struct facts *f);
void facts_done(struct facts *f);

/* Where the log and the books end. */
MUST_CHECK enum err facts_read_end(struct facts *f, struct db *db);
/* What the messages ask about; then the power of voters who have none stored, which is put into `rows` too. */
MUST_CHECK enum err facts_read(struct facts *f, struct db *db, const struct submission *all, size_t n,
                               struct log_rows *rows);

/* The batch itself names an alias, or withdraws all of an owner. */
void facts_alias(struct facts *f, const struct alias_row *row);

/* Power at a snapshot of several owners; *known is false where the books do not tell it. */
MUST_CHECK enum err facts_power(struct db *db, const char *space, int32_t policy, uint64_t snapshot,
                                const struct address *owners, size_t n, struct amount *power, bool *known);
/* Parameters of a space as they rule a proposal with this snapshot, and their position. ERR_NOT_FOUND: the log has none. */
MUST_CHECK enum err facts_space(struct facts *f, struct db *db, const char *id, uint64_t snapshot, struct space *out,
                                uint64_t *position);
/* Proposals that an author made in a space since. */
MUST_CHECK enum err facts_proposals_since(struct db *db, struct address author, const char *space, struct instant since,
                                          uint64_t *out);

#endif

/* governance/import_impl.h - what log_import*.c share: the piece of the log that becomes one transaction, and what was counted. */
#ifndef GOVERNANCE_IMPORT_IMPL_H
#define GOVERNANCE_IMPORT_IMPL_H

#include "governance/door_count.h"
#include "governance/log_import.h"
#include "governance/replay.h"

struct import_entry {
    uint64_t position, size;
    uint64_t line;
    struct slice text, receipt;
    struct import_entry *next;
};

struct import_checkpoint {
    struct checkpoint_row row;
    struct import_checkpoint *next;
};

struct import_ballot {
    struct ballot_row row; /* its choice is of the import's arena */
    uint64_t size;
    struct import_ballot *next;
};

/* Whole checkpoints. */
struct import_chunk {
    struct arena arena;
    uint64_t begins; /* position */
    size_t n;
    struct import_entry *first, **last;
    struct import_checkpoint *first_checkpoint, **last_checkpoint;
    struct import_ballot *first_ballot, **last_ballot;
    struct log_rows rows;
};

struct import_proposal {
    struct counted counted;
    bool given_up; /* its power is not known, or a reorg changes it: the service counts it later */
    bool touched;  /* by the checkpoint that is counted */
    struct import_proposal *next_touched;
};

struct import_voter {
    const char *choice; /* of the ballot that counts; NULL: none yet */
    bool has_power, stored;
    struct amount power;
};

struct import {
    const struct import_options *options;
    struct import_report *report;
    struct db *db;
    struct arena arena;
    struct replay replay;
    struct facts facts; /* the log's end before, the chain */
    uint64_t known;     /* entries that the database has */
    uint64_t size;      /* of the file's log */
    struct frontier frontier;
    uint64_t batch_begins; /* position of the first entry behind the last checkpoint; what its receipt names: */
    uint64_t batch_size;
    struct hash batch_root;
    struct import_chunk chunk;
    struct map proposals; /* id -> struct import_proposal */
    struct map voters;    /* voter_key -> struct import_voter */
};

/* Read the power of those who vote in the chunk, and add tallies as the door did. writes: put rows. */
MUST_CHECK enum err import_count(struct import *m, bool writes);

#endif

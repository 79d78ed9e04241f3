/* governance/tally.h - recount a proposal from its bundle (bundle.h), offline: everything is verified, then counted anew.
 *
 * Verified: the checkpoint's signature; that all entries are in its tree; of each entry its form, the wallet's signature (of a contract
 * wallet the recorded evidence is believed), its receipt, and the rules of the door at the time it was received; the
 * census root; that each voter has power. What does not verify is complained of and not counted. */
#ifndef GOVERNANCE_TALLY_H
#define GOVERNANCE_TALLY_H

#include <stdatomic.h>

#include "governance/bundle.h"

struct tally_options {
    const char *path;
    /* "origin+hash+base64" (note_key_format) that must have signed the checkpoint; NULL: any that the log names. */
    const char *log_key;
    bool without_receipts; /* their signatures are not looked at */
    unsigned threads;      /* 0: one for each processor */
    atomic_bool *stop;     /* may be NULL */
    void (*complain)(void *arg, const char *what);
    void (*progress)(void *arg, uint64_t done, uint64_t entries); /* may be NULL; now and then */
    void *arg;
};

struct tally_report {
    struct bundle_header header; /* its texts are NULL */
    uint64_t complaints, entries, signatures, by_evidence;
    bool counted; /* else there is no result */
};

/* *result: the last line of a bundle, without its newline, as we count it. OK also if there were complaints. ERR_IO, ERR_TOO_LARGE: the
 * file; ERR_FIELD: it does not begin as a bundle does; ERR_STOPPED. */
MUST_CHECK enum err tally_run(const struct tally_options *options, struct buffer *result, struct tally_report *out);

#endif

/* governance/space.h - a space: who may propose what, and what counts; its parameters, with their history.
 *
 * The network file's `spaces` say them; what it does not say has the default below. When they change, the door writes them into
 * the log (kind MESSAGE_SPACE), so that they have a history that is bound by the log. A proposal is ruled by those in force at its
 * snapshot block (effective <= the block's time), or the first ones if it is older than they. */
#ifndef GOVERNANCE_SPACE_H
#define GOVERNANCE_SPACE_H

#include "ledger/core/json.h"

enum { SPACE_ID_MAX = 128 };

/* number members: name, default, least, most, sentence */
#define SPACE_NUMBERS(NUMBER)                                                                                        \
    NUMBER(delay, 0, 0, 31536000, "least seconds from a proposal's timestamp to its start")                          \
    NUMBER(period, 0, 0, 31536000, "least seconds of voting")                                                        \
    NUMBER(longest_period, 31536000, 1, 315360000, "most seconds from a proposal's timestamp to its end")            \
    NUMBER(tolerance, 300, 1, 86400, "seconds by which a timestamp may differ from the service's clock")             \
    NUMBER(proposals_per_day, 100, 1, 1000000, "proposals that one author may make in 24 hours; admins: any number") \
    NUMBER(ballots_per_voter, 1000, 1, 1000000, "ballots that one voter may cast on one proposal")                   \
    NUMBER(alias_seconds, 2592000, 1, 315360000, "how long an alias may sign after it was named")                    \
    NUMBER(snapshot_age, 0, 0, 1000000000, "most blocks from a proposal's snapshot to the head; 0: any number")      \
    NUMBER(title_bytes, 256, 1, 4096, "longest title")                                                               \
    NUMBER(body_bytes, 40000, 1, 60000, "longest body")                                                              \
    NUMBER(reason_bytes, 5000, 0, 60000, "longest reason of a ballot")                                               \
    NUMBER(choices, 100, 2, 500, "most choices")                                                                     \
    NUMBER(ranked_choices, 32, 2, 64, "most choices of ranked-choice and copeland")                                  \
    NUMBER(choice_bytes, 256, 1, 4096, "longest choice")

struct space {
    const char *id;
    const char *name, *about; /* for ERC-4824; "" if none */
    const char *strategy;     /* as the file says it; "" if not */
    uint32_t policy;          /* what it means (policy.h); of a strategy that is no policy: the default */
    const struct address *admins;
    size_t n_admins;
    struct amount threshold; /* power that proposing takes */
    struct amount quorum;    /* power that must have voted */
#define NUMBER_MEMBER(member, otherwise, least, most, sentence) uint64_t member;
    SPACE_NUMBERS(NUMBER_MEMBER)
#undef NUMBER_MEMBER
};

/* One entry of the network file's `spaces`, or what space_write wrote; `where` begins the detail ("spaces[0]"). Texts and admins
 * in the arena. ERR_FIELD: a member is unknown, missing, of another type or out of range. threshold and quorum: decimal text, or
 * an integer; strategy: text, or an object with `policy`. */
MUST_CHECK enum err space_parse(const char *where, const json_t *entry, struct arena *arena, struct space *out);
/* All spaces of a network file (`file` of struct network); two with one id: ERR_FIELD. */
MUST_CHECK enum err spaces_parse(const json_t *file, struct arena *arena, struct space **out, size_t *n);
/* Canonical JSON of all parameters: members sorted, nothing left out. */
void space_write(const struct space *s, struct buffer *out);
bool space_is_admin(const struct space *s, struct address a);
/* The id as DelegateRegistry knows it: its text as bytes32, padded with zeroes. False: longer than 31 bytes, so none. */
bool space_registry_id(const char *id, struct hash *out);

#endif

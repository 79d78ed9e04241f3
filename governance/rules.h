/* governance/rules.h - which messages are accepted: pure functions from (message, what is stored, time) to reasons against it.
 *
 * Times are compared in whole seconds, ends included: a ballot counts if starts <= timestamp <= ends (its own timestamp), and a
 * timestamp is taken if it differs from `now` by at most the space's tolerance. So ballots for the last second are taken until
 * closes = ends + tolerance. Power is not looked at here, but for the reasons that power gives (rules_power_*). */
#ifndef GOVERNANCE_RULES_H
#define GOVERNANCE_RULES_H

#include "governance/message.h"
#include "governance/space.h"

/* What is stored of the proposal that a message is about. */
struct proposal_facts {
    bool exists, canceled;
    bool voted; /* there are ballots on it: their stamps may be ahead of our clock */
    struct hash id;
    const char *space;
    struct address author;
    enum voting type;
    size_t n_choices;
    struct instant starts, ends, closes;
};

/* The blocks whose end can be asked for. */
struct chain_facts {
    bool any;
    uint64_t first, head;
};

enum { ALIAS_TOLERANCE = 300 }; /* seconds: of messages that belong to no space */

/* Any message: its space is there, its timestamp near enough. space: NULL if there is none of that id. */
void rules_any(const struct message *m, const struct space *space, struct instant now, struct reasons *r);
/* `address` signs for `from`, which is another: it must be its alias. named: when it was named so, and not withdrawn since; NULL: never.
 * An alias names no alias. */
void rules_alias(const struct message *m, const struct space *space, const struct instant *named, struct instant now,
                 struct reasons *r);
/* A proposal; *policy = what counts by its plugins or the space. */
void rules_proposal(const struct message *m, const struct space *space, const struct chain_facts *chain,
                    uint32_t *policy, struct reasons *r);
/* By the parameters of now: those that rule the proposal are of its snapshot, which its author chooses. */
void rules_snapshot_age(const struct message *m, const struct space *now, const struct chain_facts *chain,
                        struct reasons *r);
void rules_update(const struct message *m, const struct space *space, const struct proposal_facts *p,
                  struct instant now, struct reasons *r);
/* Until it closes. */
void rules_cancel(const struct message *m, const struct space *space, const struct proposal_facts *p,
                  struct instant now, struct reasons *r);
/* Whether a proposal takes ballots of that timestamp now: part of rules_vote, for who asks before there is one. */
void rules_open(const struct proposal_facts *p, struct instant stamp, struct instant now, struct reasons *r);
/* A ballot; *choice in the arena, if there is no reason against it. */
void rules_vote(const struct message *m, const struct space *space, const struct proposal_facts *p, struct instant now,
                struct arena *arena, struct choice *choice, struct reasons *r);
/* Until when ballots for a window are taken. */
struct instant rules_closes(const struct space *space, struct instant ends);

/* Of two ballots of a voter the later timestamp counts, at equal ones the later in the log: whether a new one takes the place. */
bool rules_supersedes(struct instant stamp, struct instant counted);

#endif

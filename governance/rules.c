/* governance/rules.c - see rules.h. */
#include "governance/rules.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

enum { BASIC_CHOICES_LEAST = 2, BASIC_CHOICES_MOST = 3 };

static void check_timestamp(int64_t stamp, int64_t now, int64_t tolerance, struct reasons *r)
{
    if (stamp < now - tolerance)
        reason_add(r, REASON_EXPIRED, "by %" PRIi64 " seconds", now - tolerance - stamp);
    if (stamp > now + tolerance)
        reason_add(r, REASON_FUTURE, "by %" PRIi64 " seconds", stamp - tolerance - now);
}

void rules_any(const struct message *m, const struct space *space, struct instant now, struct reasons *r)
{
    bool in_space = m->kind != MESSAGE_ALIAS;
    if (in_space && space == NULL)
        reason_add(r, REASON_SPACE, "%.64s", m->space);
    check_timestamp(m->stamp.unix_seconds, now.unix_seconds,
                    in_space && space != NULL ? (int64_t)space->tolerance : ALIAS_TOLERANCE, r);
}

struct instant rules_closes(const struct space *space, struct instant ends)
{
    return (struct instant){ends.unix_seconds + (int64_t)space->tolerance};
}

void rules_alias(const struct message *m, const struct space *space, const struct instant *named, struct instant now,
                 struct reasons *r)
{
    char signer[ADDRESS_TEXT + 1], author[ADDRESS_TEXT + 1];
    address_format(m->address, signer);
    address_format(m->author, author);
    if (m->kind == MESSAGE_ALIAS || named == NULL)
        reason_add(r, REASON_ALIAS, "%s signs, from is %s", signer, author);
    else if (space != NULL && now.unix_seconds - named->unix_seconds > (int64_t)space->alias_seconds)
        reason_add(r, REASON_ALIAS, "%s was named by %s too long ago", signer, author);
}

bool rules_supersedes(struct instant stamp, struct instant counted)
{
    return stamp.unix_seconds >= counted.unix_seconds;
}

/* ---- proposals ---------------------------------------------------------------------------------------------------- */

/* Of a basic vote the place says what a choice means; a label that says otherwise would deceive whoever votes. */
static void check_labels(const struct proposal_text *t, struct reasons *r)
{
    static const struct {
        const char *label;
        size_t place;
    } known[] = {{"for", 1}, {"yes", 1}, {"against", 2}, {"no", 2}, {"abstain", 3}};
    for (size_t i = 0; i < t->n_choices; i++)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strcasecmp(t->choices[i], known[k].label) == 0 && i + 1 != known[k].place)
                reason_add(r, REASON_CHOICES, "of a basic vote \"%s\" is choice %zu", t->choices[i], known[k].place);
}

static void check_choices(const struct proposal_text *t, const struct space *space, struct reasons *r)
{
    bool ranked = t->type == VOTING_RANKED_CHOICE || t->type == VOTING_COPELAND;
    size_t least = 1, most = ranked ? space->ranked_choices : space->choices;
    if (t->type == VOTING_BASIC) {
        least = BASIC_CHOICES_LEAST;
        most = BASIC_CHOICES_MOST;
    }
    if (t->n_choices < least || t->n_choices > most)
        reason_add(r, REASON_CHOICES, "%s takes %zu to %zu of them", t->type_name, least, most);
    for (size_t i = 0; i < t->n_choices; i++) {
        if (*t->choices[i] == '\0') {
            reason_add(r, REASON_CHOICES, "choice %zu is empty", i + 1);
            return;
        }
    }
    if (t->type == VOTING_BASIC)
        check_labels(t, r);
}

static void check_length(const char *what, const char *text, uint64_t most, struct reasons *r)
{
    if (strlen(text) > most)
        reason_add(r, REASON_TOO_LONG, "%s has %zu bytes, at most %" PRIu64 " are taken", what, strlen(text), most);
}

static void check_lengths(const struct proposal_text *t, const struct space *space, struct reasons *r)
{
    check_length("title", t->title, space->title_bytes, r);
    check_length("body", t->body, space->body_bytes, r);
    for (size_t i = 0; i < t->n_choices; i++) {
        if (strlen(t->choices[i]) > space->choice_bytes) {
            check_length("a choice", t->choices[i], space->choice_bytes, r);
            return; /* one tells enough */
        }
    }
}

/* What both a proposal and its update must be. */
static void check_text(const struct proposal_text *t, const struct space *space, struct reasons *r)
{
    if (!t->type_known)
        reason_add(r, REASON_TYPE, "%.40s", t->type_name);
    else
        check_choices(t, space, r);
    if (*t->privacy != '\0')
        reason_put(r, REASON_PRIVACY);
    if (t->policy_given && !t->policy_known)
        reason_put(r, REASON_POLICY);
    check_lengths(t, space, r);
}

static void check_window(const struct message *m, const struct space *space, struct reasons *r)
{
    int64_t stamp = m->stamp.unix_seconds, starts = m->text.starts.unix_seconds, ends = m->text.ends.unix_seconds;
    if (starts >= ends)
        reason_add(r, REASON_WINDOW, "it must end after it starts");
    else if (ends - starts < (int64_t)space->period)
        reason_add(r, REASON_WINDOW, "voting lasts at least %" PRIu64 " seconds", space->period);
    /* Wallets stamp a message when it is signed, which may be later than its author chose the start. */
    if (starts + (int64_t)space->tolerance < stamp + (int64_t)space->delay)
        reason_add(r, REASON_WINDOW, "it starts at least %" PRIu64 " seconds after its timestamp", space->delay);
    if (ends - stamp > (int64_t)space->longest_period)
        reason_add(r, REASON_WINDOW, "it ends at most %" PRIu64 " seconds after its timestamp", space->longest_period);
}

static void check_snapshot(uint64_t snapshot, const struct chain_facts *chain, struct reasons *r)
{
    if (!chain->any)
        reason_add(r, REASON_SNAPSHOT, "no block is mirrored yet");
    else if (snapshot < chain->first || snapshot > chain->head)
        reason_add(r, REASON_SNAPSHOT, "mirrored are blocks %" PRIu64 " to %" PRIu64, chain->first, chain->head);
}

void rules_snapshot_age(const struct message *m, const struct space *now, const struct chain_facts *chain,
                        struct reasons *r)
{
    if (now->snapshot_age > 0 && m->text.snapshot < chain->head && chain->head - m->text.snapshot > now->snapshot_age)
        reason_add(r, REASON_SNAPSHOT, "it lies more than %" PRIu64 " blocks behind the head, which is block %" PRIu64,
                   now->snapshot_age, chain->head);
}

void rules_proposal(const struct message *m, const struct space *space, const struct chain_facts *chain,
                    uint32_t *policy, struct reasons *r)
{
    if (space == NULL)
        return; /* rules_any has said so */
    check_window(m, space, r);
    check_snapshot(m->text.snapshot, chain, r);
    check_text(&m->text, space, r);
    *policy = m->text.policy_given && m->text.policy_known ? m->text.policy : space->policy;
}

/* ---- what is about a proposal ------------------------------------------------------------------------------------- */

/* False: there is nothing to say more about. */
static bool check_proposal(const struct message *m, const struct proposal_facts *p, struct reasons *r)
{
    if (!p->exists) {
        reason_put(r, REASON_PROPOSAL);
        return false;
    }
    if (strcmp(m->space, p->space) != 0)
        reason_add(r, REASON_WRONG_SPACE, "it is of %.64s", p->space);
    if (p->canceled)
        reason_put(r, REASON_CANCELED);
    return true;
}

static void check_author(const struct message *m, const struct space *space, const struct proposal_facts *p,
                         struct reasons *r)
{
    if (!address_equal(m->author, p->author) && (space == NULL || !space_is_admin(space, m->author)))
        reason_put(r, REASON_NOT_AUTHOR);
}

void rules_update(const struct message *m, const struct space *space, const struct proposal_facts *p,
                  struct instant now, struct reasons *r)
{
    if (!check_proposal(m, p, r))
        return;
    /* Ballots are for the choices that they were cast for. */
    if (p->voted || now.unix_seconds >= p->starts.unix_seconds || m->stamp.unix_seconds >= p->starts.unix_seconds)
        reason_put(r, REASON_STARTED);
    check_author(m, space, p, r);
    if (space != NULL)
        check_text(&m->text, space, r);
}

void rules_cancel(const struct message *m, const struct space *space, const struct proposal_facts *p,
                  struct instant now, struct reasons *r)
{
    if (!check_proposal(m, p, r))
        return;
    if (now.unix_seconds > p->closes.unix_seconds)
        reason_put(r, REASON_ENDED);
    check_author(m, space, p, r);
}

static void check_choice(const struct message *m, const struct proposal_facts *p, struct arena *arena,
                         struct choice *choice, struct reasons *r)
{
    struct choice parsed;
    if (choice_parse(p->type, p->n_choices, m->choice, arena, &parsed) != OK)
        reason_add(r, REASON_CHOICE, "%s", err_detail());
    else
        *choice = parsed;
}

static void check_open(const struct proposal_facts *p, struct instant stamp, struct instant now, struct reasons *r)
{
    if (stamp.unix_seconds < p->starts.unix_seconds)
        reason_put(r, REASON_NOT_STARTED);
    if (stamp.unix_seconds > p->ends.unix_seconds || now.unix_seconds > p->closes.unix_seconds)
        reason_put(r, REASON_ENDED);
}

void rules_open(const struct proposal_facts *p, struct instant stamp, struct instant now, struct reasons *r)
{
    if (p->canceled)
        reason_put(r, REASON_CANCELED);
    check_open(p, stamp, now, r);
}

void rules_vote(const struct message *m, const struct space *space, const struct proposal_facts *p, struct instant now,
                struct arena *arena, struct choice *choice, struct reasons *r)
{
    if (!check_proposal(m, p, r))
        return;
    check_open(p, m->stamp, now, r);
    check_choice(m, p, arena, choice, r);
    if (space != NULL)
        check_length("reason", m->reason, space->reason_bytes, r);
}

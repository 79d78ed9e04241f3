/* governance/replay.c - see replay.h. */
#include "governance/replay.h"

#include <stdio.h>
#include <string.h>

#include "ledger/core/digest.h"

/* A version of a space's parameters. */
struct version {
    uint64_t position;
    struct instant effective;
    const struct space *space;
    const struct version *before;
};

struct replay_space {
    const struct version *last;
};

struct alias_key {
    struct address owner, alias;
};

struct replay_alias {
    uint64_t position;
    struct instant received;
};

struct voter_key {
    struct hash proposal;
    struct address voter;
};

struct replay_voter {
    uint64_t ballots;
    bool voted; /* one of them counts: */
    uint64_t position;
    struct instant stamp;
};

void replay_init(struct replay *r, const struct replay_chain *chain)
{
    *r = (struct replay){.chain = *chain};
    map_init(&r->spaces, sizeof(struct hash), sizeof(struct replay_space));
    map_init(&r->proposals, sizeof(struct hash), sizeof(struct replay_proposal));
    map_init(&r->aliases, sizeof(struct alias_key), sizeof(struct replay_alias));
    map_init(&r->withdrawn, sizeof(struct address), sizeof(uint64_t));
    map_init(&r->voters, sizeof(struct voter_key), sizeof(struct replay_voter));
}

void replay_done(struct replay *r)
{
    map_done(&r->spaces);
    map_done(&r->proposals);
    map_done(&r->aliases);
    map_done(&r->withdrawn);
    map_done(&r->voters);
    arena_done(&r->arena);
}

const struct replay_proposal *replay_proposal(const struct replay *r, struct hash id)
{
    return map_get(&r->proposals, &id);
}

static void fault(struct checked *c, const char *what)
{
    if (c->fault[0] == '\0')
        (void)snprintf(c->fault, sizeof c->fault, "%s", what);
}

static const char *keep(struct replay *r, const char *text)
{
    return arena_text(&r->arena, text, strlen(text));
}

/* ---- keys and spaces ---- */

static void take_key(struct replay *r, const struct checked *c, struct replay_rows *out)
{
    const struct entry *e = &c->entry;
    out->table = LOG_KEY;
    out->row.key = (struct key_row){.position = c->position, .origin = e->origin, .receipts = e->receipts};
    memcpy(out->row.key.log_key.b, e->log_key, sizeof e->log_key);
    struct replay_key *key = ARENA_NEW(&r->arena, struct replay_key);
    *key = (struct replay_key){.row = out->row.key, .before = r->keys};
    key->row.origin = keep(r, e->origin);
    r->keys = key;
}

enum err replay_open_note(const struct replay *r, const char *note, struct note_key *key, uint64_t *size,
                          struct hash *root)
{
    for (const struct replay_key *k = r->keys; k != NULL; k = k->before) {
        struct note_key each = {.origin = k->row.origin};
        memcpy(each.public_key, k->row.log_key.b, sizeof each.public_key);
        if (checkpoint_open(note, strlen(note), &each, size, root) == OK) {
            *key = each;
            return OK;
        }
    }
    return err_with(ERR_FIELD, "the checkpoint is not signed by a key that the log names");
}

static bool names_receipts(const struct replay_key *k, struct address signer)
{
    while (k != NULL && !address_equal(k->row.receipts, signer))
        k = k->before;
    return k != NULL;
}

static struct hash space_key(const char *id)
{
    return keccak_bytes(id, strlen(id));
}

static void take_space(struct replay *r, struct checked *c, struct replay_rows *out)
{
    const struct entry *e = &c->entry;
    struct space *space = ARENA_NEW(&r->arena, struct space);
    struct version *v = ARENA_NEW(&r->arena, struct version);
    struct hash key = space_key(e->space);
    AUTO_JSON json = NULL;
    enum err err = json_parse(e->parameters, strlen(e->parameters), JSON_DEPTH_MAX, &json);
    if (err == OK)
        err = space_parse("space", json, &r->arena, space);
    if (err != OK) {
        fault(c, "these are no parameters of a space");
        return;
    }
    out->table = LOG_SPACE;
    out->row.space = (struct space_row){.id = e->space,
                                        .position = c->position,
                                        .effective = e->received,
                                        .parameters = e->parameters};
    struct replay_space *s = map_put(&r->spaces, &key, NULL);
    *v = (struct version){.position = c->position, .effective = e->received, .space = space, .before = s->last};
    s->last = v;
}

static const struct version *last_version(const struct replay *r, const char *id)
{
    struct hash key = space_key(id);
    const struct replay_space *s = map_get(&r->spaces, &key);
    return s != NULL ? s->last : NULL;
}

/* Parameters are those at the snapshot, whatever changes later: the last ones effective then, else the first. */
static enum err version_at(const struct replay *r, const char *id, uint64_t snapshot, const struct version **out)
{
    struct instant time;
    bool known;
    TRY(r->chain.time_of(r->chain.arg, snapshot, &known, &time));
    const struct version *v = last_version(r, id), *first = NULL;
    for (; v != NULL; v = v->before) {
        if (known && v->effective.unix_seconds <= time.unix_seconds)
            break;
        first = v;
    }
    *out = v != NULL ? v : first;
    return OK;
}

/* ---- messages ---- */

static void take_reasons(struct checked *c, const struct reasons *reasons)
{
    if (reasons->n > 0)
        fault(c, reasons->all[0].text);
}

static void check_signer(const struct replay *r, const struct message *m, const struct space *space, struct instant now,
                         struct reasons *reasons)
{
    struct alias_key key = {m->author, m->address};
    if (address_equal(m->address, m->author))
        return;
    const struct replay_alias *a = map_get(&r->aliases, &key);
    const uint64_t *withdrawn = map_get(&r->withdrawn, &m->author);
    bool named = a != NULL && (withdrawn == NULL || *withdrawn <= a->position);
    rules_alias(m, space, named ? &a->received : NULL, now, reasons);
}

static struct proposal_facts facts_of(const struct replay_proposal *p)
{
    struct proposal_facts facts = {.exists = false};
    if (p != NULL)
        proposal_row_facts(&p->row, p->canceled, &facts);
    return facts;
}

static void keep_row(struct replay *r, struct replay_proposal *p, const struct proposal_row *row)
{
    const char *space = p->row.space != NULL ? p->row.space : keep(r, row->space);
    const char *app = p->row.app != NULL ? p->row.app : keep(r, row->app);
    p->row = *row;
    p->row.space = space;
    p->row.app = app;
    p->row.title = p->row.body = p->row.discussion = p->row.choices = p->row.labels = p->row.plugins = "";
}

static enum err take_proposal(struct replay *r, struct checked *c, struct arena *arena, struct reasons *reasons,
                              struct replay_rows *out)
{
    const struct message *m = &c->entry.message;
    const struct version *v;
    uint32_t policy = 0;
    TRY(version_at(r, m->space, m->text.snapshot, &v));
    if (v == NULL)
        return OK; /* rules_any has said so */
    rules_proposal(m, v->space, &r->chain.blocks, &policy, reasons);
    if (reasons->n > 0 || c->fault[0] != '\0')
        return OK;
    out->table = LOG_PROPOSAL;
    proposal_row_new(m, v->space, v->position, policy, arena, &out->row.proposal);
    out->row.proposal.position = c->position;
    out->row.proposal.received = c->entry.received;
    struct replay_proposal *p = map_put(&r->proposals, &m->digest, NULL);
    p->space = v->space;
    keep_row(r, p, &out->row.proposal);
    return OK;
}

static void take_update(struct replay *r, struct checked *c, struct replay_proposal *p, struct arena *arena,
                        struct reasons *reasons, struct replay_rows *out)
{
    struct proposal_facts facts = facts_of(p);
    facts.voted = p != NULL && p->voted;
    rules_update(&c->entry.message, p != NULL ? p->space : NULL, &facts, c->entry.received, reasons);
    if (p == NULL || reasons->n > 0 || c->fault[0] != '\0')
        return;
    out->table = LOG_PROPOSAL;
    proposal_row_update(&c->entry.message, &p->row, arena, &out->row.proposal);
    out->row.proposal.position = c->position;
    out->row.proposal.received = c->entry.received;
    keep_row(r, p, &out->row.proposal);
}

static void take_cancel(struct checked *c, struct replay_proposal *p, struct reasons *reasons, struct replay_rows *out)
{
    const struct message *m = &c->entry.message;
    struct proposal_facts facts = facts_of(p);
    rules_cancel(m, p != NULL ? p->space : NULL, &facts, c->entry.received, reasons);
    if (p == NULL || reasons->n > 0 || c->fault[0] != '\0')
        return;
    out->table = LOG_CANCELLATION;
    out->row.cancellation = (struct cancellation_row){.proposal = p->row.id,
                                                      .position = c->position,
                                                      .author = m->author,
                                                      .received = c->entry.received};
    p->canceled = true;
}

static void take_vote(struct replay *r, struct checked *c, struct replay_proposal *p, struct arena *arena,
                      struct reasons *reasons, struct replay_rows *out)
{
    const struct message *m = &c->entry.message;
    struct voter_key key = {m->proposal, m->author};
    struct proposal_facts facts = facts_of(p);
    struct choice choice;
    rules_vote(m, p != NULL ? p->space : NULL, &facts, c->entry.received, arena, &choice, reasons);
    const struct replay_voter *before = map_get(&r->voters, &key);
    if (p != NULL && before != NULL && before->ballots >= p->space->ballots_per_voter)
        reason_put(reasons, REASON_TOO_MANY_BALLOTS);
    if (p == NULL || reasons->n > 0 || c->fault[0] != '\0')
        return;
    struct replay_voter *v = map_put(&r->voters, &key, NULL);
    struct ballot_row *row = &out->row.ballot;
    out->table = LOG_BALLOT;
    ballot_row_of(m, arena, row);
    row->position = c->position;
    row->received = c->entry.received;
    row->has_previous = v->voted;
    row->previous = v->position;
    row->counts = !v->voted || rules_supersedes(m->stamp, v->stamp);
    v->ballots++;
    p->voted = true;
    if (row->counts)
        *v = (struct replay_voter){.ballots = v->ballots, .voted = true, .position = c->position, .stamp = m->stamp};
}

static void take_alias(struct replay *r, const struct checked *c, const struct reasons *reasons,
                       struct replay_rows *out)
{
    const struct message *m = &c->entry.message;
    struct alias_key key = {m->author, m->alias};
    if (reasons->n > 0 || c->fault[0] != '\0')
        return;
    out->table = LOG_ALIAS;
    out->row.alias = (struct alias_row){.owner = m->author,
                                        .alias = m->alias,
                                        .position = c->position,
                                        .received = c->entry.received};
    if (address_is_zero(m->alias))
        *(uint64_t *)map_put(&r->withdrawn, &m->author, NULL) = c->position;
    else
        *(struct replay_alias *)map_put(&r->aliases, &key, NULL) = (struct replay_alias){.position = c->position,
                                                                                         .received = c->entry.received};
}

static enum err take_message(struct replay *r, struct checked *c, struct arena *arena, struct replay_rows *out)
{
    const struct message *m = &c->entry.message;
    struct replay_proposal *p = map_get(&r->proposals, &m->proposal);
    const struct version *v = last_version(r, m->space);
    const struct space *space = v != NULL ? v->space : p != NULL ? p->space : NULL;
    struct reasons reasons = {.n = 0};
    rules_any(m, space, c->entry.received, &reasons);
    check_signer(r, m, space, c->entry.received, &reasons);
    enum err e = OK;
    switch (m->kind) {
    case MESSAGE_PROPOSAL:
        e = take_proposal(r, c, arena, &reasons, out);
        break;
    case MESSAGE_UPDATE:
        take_update(r, c, p, arena, &reasons, out);
        break;
    case MESSAGE_CANCEL:
        take_cancel(c, p, &reasons, out);
        break;
    case MESSAGE_VOTE:
        take_vote(r, c, p, arena, &reasons, out);
        break;
    case MESSAGE_ALIAS:
        take_alias(r, c, &reasons, out);
        break;
    case MESSAGE_KEY:
    case MESSAGE_SPACE:
        break;
    }
    take_reasons(c, &reasons);
    return e;
}

/* ---- one entry ---- */

static void check_order(struct replay *r, struct checked *c)
{
    if (c->entry.received.unix_seconds < r->received.unix_seconds)
        fault(c, "it was received before the entry before it");
    r->received = c->entry.received;
}

/* Its receipt is by a key that the log names up to its place; of a key's own entry by this or an earlier one. */
static void check_receipt(const struct replay *r, struct checked *c)
{
    if (r->keys == NULL)
        fault(c, "no key of the service is in the log before it");
    else if (c->has_receipt_signer && !names_receipts(r->keys, c->receipt_signer))
        fault(c, "its receipt is signed by another key than the log names");
}

static struct message_row message_of(const struct checked *c)
{
    const struct entry *e = &c->entry;
    const struct message *m = &e->message;
    struct message_row row = {.position = c->position,
                              .kind = (int16_t)e->kind,
                              .digest = e->digest,
                              .space = e->kind == MESSAGE_SPACE ? e->space : "",
                              .stamp = e->received,
                              .received = e->received,
                              .leaf = c->leaf,
                              .entry = c->text};
    if (e->kind == MESSAGE_KEY || e->kind == MESSAGE_SPACE)
        return row;
    row.author = m->author;
    row.space = m->space;
    row.stamp = m->stamp;
    row.proposal = m->proposal;
    return row;
}

enum err replay_entry(struct replay *r, struct checked *c, struct arena *arena, struct replay_rows *out)
{
    enum err e = OK;
    *out = (struct replay_rows){.message = message_of(c)};
    check_order(r, c);
    if (c->entry.kind == MESSAGE_KEY)
        take_key(r, c, out);
    else if (c->entry.kind == MESSAGE_SPACE)
        take_space(r, c, out);
    else
        e = take_message(r, c, arena, out);
    check_receipt(r, c);
    return e;
}

/* governance/door.c - a batch of messages, from the lock to the receipts; see door.h. */
#include "governance/door_batch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct door *door_open(const struct keys *keys)
{
    struct door *d = memory_resize(NULL, sizeof *d);
    *d = (struct door){.keys = keys, .counts = counts_open()};
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

void door_close(struct door *d)
{
    if (d == NULL)
        return;
    counts_close(d->counts);
    arena_done(&d->arena);
    pthread_mutex_destroy(&d->lock);
    memory_free(d);
}

/* ---- one answer ---- */

static void refuse(struct submission *s, enum err e)
{
    s->err = e;
    snprintf(s->detail, sizeof s->detail, "%s", err_detail());
}

static void refuse_by_rule(struct submission *s)
{
    refuse(s, err_with(ERR_RULE, "%s", s->reasons.all[0].text));
}

/* Nothing is wrong with it, but it cannot be decided now. */
static enum err power_unknown(const struct message *m)
{
    char voter[ADDRESS_TEXT + 1];
    address_format(m->author, voter);
    return err_with(ERR_SYNCING, "the power of %s at the snapshot block is not known at this moment: try again", voter);
}

/* ---- what each kind does, once no rule is against it ---- */

static enum err keep(struct batch *b, struct submission *s, struct hash proposal)
{
    const struct message *m = &s->message;
    AUTO_BUFFER text = {0};
    TRY(entry_write(m, &s->evidence, b->now, &text));
    const struct message_row row = {.kind = (int16_t)m->kind,
                                    .digest = m->digest,
                                    .author = m->author,
                                    .space = m->space,
                                    .proposal = proposal,
                                    .stamp = m->stamp};
    batch_append(b, &row, (struct slice){text.p, text.n}, s);
    return OK;
}

/* The threshold of the snapshot's parameters or of today's, whichever is more: the author chooses the snapshot. */
static enum err check_proposer(struct batch *b, struct submission *s, const struct space *space, uint32_t policy)
{
    const struct message *m = &s->message;
    const struct space *now = batch_space(b, m->space);
    struct amount threshold = space->threshold;
    if (now != NULL && amount_compare(now->threshold, threshold) > 0)
        threshold = now->threshold;
    struct instant day_ago = {b->now.unix_seconds - DAY_SECONDS};
    uint64_t made;
    if (space_is_admin(space, m->author))
        return OK;
    TRY(facts_proposals_since(b->db, m->author, m->space, day_ago, &made));
    made += batch_proposals_of(b, m->author, m->space);
    if (made >= space->proposals_per_day)
        reason_add(&s->reasons, REASON_TOO_MANY_PROPOSALS, "%llu in 24 hours", (unsigned long long)made);
    if (amount_is_zero(threshold) || s->reasons.n > 0)
        return OK;
    struct amount power;
    bool known;
    TRY(facts_power(b->db, m->space, (int32_t)policy, m->text.snapshot, &m->author, 1, &power, &known));
    if (!known)
        return power_unknown(m);
    char has[AMOUNT_TEXT + 1], needs[AMOUNT_TEXT + 1];
    amount_format(power, has);
    amount_format(threshold, needs);
    if (amount_compare(power, threshold) < 0)
        reason_add(&s->reasons, REASON_THRESHOLD, "%s of %s", has, needs);
    return OK;
}

static enum err take_proposal(struct batch *b, struct submission *s)
{
    const struct message *m = &s->message;
    struct space space;
    uint64_t parameters;
    uint32_t policy = 0;
    TRY(facts_space(b->facts, b->db, m->space, m->text.snapshot, &space, &parameters));
    rules_proposal(m, &space, &b->facts->chain, &policy, &s->reasons);
    if (batch_space(b, m->space) != NULL)
        rules_snapshot_age(m, batch_space(b, m->space), &b->facts->chain, &s->reasons);
    if (s->reasons.n == 0)
        TRY(check_proposer(b, s, &space, policy));
    if (s->reasons.n > 0)
        return ERR_RULE;
    struct stored_proposal p = {.space = space, .fresh = true};
    proposal_row_new(m, &space, parameters, policy, b->arena, &p.row);
    p.row.position = b->frontier.size;
    p.row.received = b->now;
    TRY(keep(b, s, m->digest));
    log_rows_put(&b->rows, LOG_PROPOSAL, &p.row);
    *(struct stored_proposal *)map_put(&b->facts->proposals, &m->digest, NULL) = p;
    return OK;
}

static enum err take_update(struct batch *b, struct submission *s, struct stored_proposal *p)
{
    struct proposal_facts facts = {.exists = false};
    if (p != NULL)
        proposal_row_facts(&p->row, p->canceled, &facts);
    facts.voted = p != NULL && p->voted;
    rules_update(&s->message, p != NULL ? &p->space : NULL, &facts, b->now, &s->reasons);
    if (s->reasons.n > 0)
        return ERR_RULE;
    struct proposal_row row;
    proposal_row_update(&s->message, &p->row, b->arena, &row);
    row.position = b->frontier.size;
    row.received = b->now;
    TRY(keep(b, s, p->row.id));
    log_rows_put(&b->rows, LOG_PROPOSAL, &row);
    p->row = row;
    return OK;
}

static enum err take_cancel(struct batch *b, struct submission *s, struct stored_proposal *p)
{
    struct proposal_facts facts = {.exists = false};
    if (p != NULL)
        proposal_row_facts(&p->row, p->canceled, &facts);
    rules_cancel(&s->message, p != NULL ? &p->space : NULL, &facts, b->now, &s->reasons);
    if (s->reasons.n > 0)
        return ERR_RULE;
    const struct cancellation_row row = {.proposal = p->row.id,
                                         .position = b->frontier.size,
                                         .author = s->message.author,
                                         .received = b->now};
    TRY(keep(b, s, p->row.id));
    log_rows_put(&b->rows, LOG_CANCELLATION, &row);
    p->canceled = true;
    return OK;
}

static enum err take_alias(struct batch *b, struct submission *s)
{
    const struct message *m = &s->message;
    const struct alias_row row = {.owner = m->author,
                                  .alias = m->alias,
                                  .position = b->frontier.size,
                                  .received = b->now};
    TRY(keep(b, s, hash_zero));
    log_rows_put(&b->rows, LOG_ALIAS, &row);
    facts_alias(b->facts, &row);
    return OK;
}

static enum err take_vote(struct batch *b, struct submission *s, struct stored_proposal *p)
{
    const struct message *m = &s->message;
    struct proposal_facts facts = {.exists = false};
    struct voter_key key = {m->proposal, m->author};
    struct choice choice;
    if (p != NULL)
        proposal_row_facts(&p->row, p->canceled, &facts);
    rules_vote(m, p != NULL ? &p->space : NULL, &facts, b->now, b->arena, &choice, &s->reasons);
    struct stored_voter *v = map_get(&b->facts->voters, &key);
    if (p != NULL && v == NULL && s->reasons.n == 0)
        return err_with(ERR_RETRY, "the proposal is of this very batch");
    if (v != NULL && v->ballots >= p->space.ballots_per_voter)
        reason_add(&s->reasons, REASON_TOO_MANY_BALLOTS, "%llu", (unsigned long long)v->ballots);
    if (s->reasons.n == 0 && !v->has_power)
        return power_unknown(m);
    if (s->reasons.n == 0 && amount_is_zero(v->power))
        reason_add(&s->reasons, REASON_NO_POWER, "block %llu", (unsigned long long)p->row.snapshot);
    if (s->reasons.n > 0)
        return ERR_RULE;
    struct ballot_row row;
    ballot_row_of(m, b->arena, &row);
    row.position = b->frontier.size;
    row.received = b->now;
    row.has_previous = v->voted;
    row.previous = v->position;
    row.counts = !v->voted || rules_supersedes(m->stamp, v->stamp);
    TRY(keep(b, s, m->proposal));
    log_rows_put(&b->rows, LOG_BALLOT, &row);
    batch_ballot(b, p, row.choice, v->voted ? v->choice : NULL, row.counts, v->power);
    v->ballots++;
    p->voted = true;
    if (row.counts) {
        v->voted = true;
        v->position = row.position;
        v->stamp = row.stamp;
        v->choice = row.choice;
    }
    return OK;
}

/* ---- the order of checks: known, any message's rules, who may sign, the kind's rules ---- */

static void check_alias(struct batch *b, struct submission *s, const struct space *space)
{
    struct alias_key key = {s->message.author, s->message.address};
    const struct instant *named = map_get(&b->facts->aliases, &key);
    bool withdrawn = named != NULL && named->unix_seconds == 0;
    if (s->by_alias)
        rules_alias(&s->message, space, withdrawn ? NULL : named, b->now, &s->reasons);
}

static enum err decide(struct batch *b, struct submission *s)
{
    const struct message *m = &s->message;
    const struct space *space = batch_space(b, m->space);
    struct stored_proposal *p = map_get(&b->facts->proposals, &m->proposal);
    if (space == NULL && p != NULL)
        space = &p->space; /* the network file does not name it any more */
    rules_any(m, space, b->now, &s->reasons);
    check_alias(b, s, space);
    bool usable = space != NULL || m->kind == MESSAGE_ALIAS;
    if (!usable || (s->reasons.n > 0 && m->kind == MESSAGE_ALIAS))
        return ERR_RULE;
    switch (m->kind) {
    case MESSAGE_PROPOSAL:
        return take_proposal(b, s);
    case MESSAGE_UPDATE:
        return take_update(b, s, p);
    case MESSAGE_CANCEL:
        return take_cancel(b, s, p);
    case MESSAGE_VOTE:
        return take_vote(b, s, p);
    case MESSAGE_ALIAS:
        return take_alias(b, s);
    case MESSAGE_KEY:
    case MESSAGE_SPACE:
        break;
    }
    return err_with(ERR_INTERNAL, "an entry of the service's own is no message");
}

static void take_one(struct batch *b, struct submission *s)
{
    const struct known_message *known = map_get(&b->facts->known, &s->message.digest);
    s->err = OK;
    s->reasons.n = 0;
    s->chain_id = b->facts->chain_id;
    if (known == NULL) {
        err_clear();
        enum err e = batch_has(b, s->message.digest) ? err_with(ERR_RETRY, "it is in this very batch twice")
                                                     : decide(b, s);
        if (e == ERR_RULE)
            refuse_by_rule(s);
        else if (e != OK)
            refuse(s, e);
        return;
    }
    s->receipt = known->receipt;
    s->signed_receipt = known->signature;
    struct hash digest = receipt_digest(b->facts->chain_id, &s->receipt);
    if (signature_recover(&s->signed_receipt, digest, &s->signer) != OK)
        refuse(s, err_with(ERR_INTERNAL, "a stored receipt is damaged"));
}

/* ---- the transaction ---- */

static enum err lock(struct db *db)
{
    return db_run(db, "SELECT pg_catalog.pg_advisory_xact_lock(4712)", WITH_NOTHING, NULL);
}

static struct instant clock_now(void)
{
    return (struct instant){time(NULL)};
}

static enum err begin(struct batch *b)
{
    TRY(lock(b->db));
    TRY(facts_read_end(b->facts, b->db));
    b->frontier = b->facts->frontier;
    b->now = clock_now();
    if (b->now.unix_seconds < b->facts->received.unix_seconds)
        b->now = b->facts->received; /* times never decrease along the log, whatever the clock does */
    return batch_prepare(b);
}

/* What was prepared must be stored before messages are judged by it. */
static enum err take_all(struct batch *b, struct submission *all, size_t n, bool *repeat)
{
    TRY(begin(b));
    *repeat = b->first != NULL && n > 0;
    if (*repeat)
        return batch_finish(b);
    if (n > 0)
        TRY(facts_read(b->facts, b->db, all, n, &b->rows));
    for (size_t i = 0; i < n; i++)
        take_one(b, &all[i]);
    return batch_finish(b);
}

static enum err recount_all(struct batch *b, bool *left)
{
    TRY(begin(b));
    TRY(batch_finish(b)); /* what was prepared */
    log_rows_reset(&b->rows);
    return recount_batch(b, left);
}

static void batch_init(struct batch *b, struct door *d, struct db *db, struct facts *facts, struct arena *arena)
{
    *b = (struct batch){.door = d, .db = db, .facts = facts, .arena = arena};
    facts_init(facts);
    map_init(&b->touched, sizeof(struct hash), sizeof(struct touched));
}

static void batch_done(struct batch *b)
{
    facts_done(b->facts);
    map_done(&b->touched);
    log_rows_done(&b->rows);
}

/* One transaction; with submissions they are taken, without one counts again. */
static enum err run_once(struct door *d, struct db *db, struct submission *all, size_t n, struct arena *arena,
                         bool *left, bool *repeat)
{
    struct batch b;
    struct facts facts;
    batch_init(&b, d, db, &facts, arena);
    enum err e = db_begin(db, "");
    if (e == OK)
        e = left != NULL ? recount_all(&b, left) : take_all(&b, all, n, repeat);
    if (e == OK)
        e = db_commit(db);
    else
        db_rollback(db);
    if (e != OK) {
        counts_forget(d->counts);
        d->prepared = false;
    }
    batch_done(&b);
    return e;
}

static enum err run(struct door *d, struct db *db, struct submission *all, size_t n, struct arena *arena, bool *left)
{
    bool repeat = false;
    enum err e;
    do {
        e = run_once(d, db, all, n, arena, left, &repeat);
    } while (e == OK && repeat);
    return e;
}

enum err door_prepare(struct door *d, struct db *db)
{
    AUTO_ARENA arena = {0};
    pthread_mutex_lock(&d->lock);
    enum err e = run(d, db, NULL, 0, &arena, NULL);
    pthread_mutex_unlock(&d->lock);
    return e;
}

enum err door_recount(struct door *d, struct db *db, bool *left)
{
    AUTO_ARENA arena = {0};
    bool due;
    *left = false;
    pthread_mutex_lock(&d->lock);
    bool prepared = d->prepared;
    struct hash network = d->network;
    pthread_mutex_unlock(&d->lock);
    TRY(recount_is_due(db, prepared ? &network : NULL, &due));
    if (!due)
        return OK;
    pthread_mutex_lock(&d->lock);
    enum err e = run(d, db, NULL, 0, &arena, left);
    pthread_mutex_unlock(&d->lock);
    return e;
}

/* Those that hung on others of their batch come once more, behind them. */
static size_t again(struct submission *all, size_t n, struct submission **out)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        if (all[i].err == ERR_RETRY)
            out[left++] = &all[i];
    return left;
}

enum err door_take(struct door *d, struct db *db, struct submission *all, size_t n, struct arena *arena)
{
    struct submission **rest = ARENA_ARRAY(arena, struct submission *, n);
    pthread_mutex_lock(&d->lock);
    enum err e = run(d, db, all, n, arena, NULL);
    size_t left = e == OK ? again(all, n, rest) : 0;
    for (size_t i = 0; e == OK && i < left; i++)
        e = run(d, db, rest[i], 1, arena, NULL);
    pthread_mutex_unlock(&d->lock);
    return e;
}

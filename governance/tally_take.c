/* governance/tally_take.c - lines of a bundle in their order, and what they come to at the end; see tally_impl.h. */
#include <inttypes.h>
#include <string.h>

#include "governance/census.h"
#include "governance/log.h"
#include "governance/tally_impl.h"

/* ---- entries ---- */

static bool is_of_bundle(const struct tally *t, const struct entry *e)
{
    bool of_proposal = e->kind == MESSAGE_PROPOSAL || e->kind == MESSAGE_UPDATE || e->kind == MESSAGE_CANCEL ||
                       e->kind == MESSAGE_VOTE;
    return !of_proposal || hash_equal(e->message.proposal, t->header.proposal);
}

static struct tally_voter *voter_of(struct tally *t, const struct entry *e)
{
    return e->kind == MESSAGE_VOTE ? map_put(&t->voters, &e->message.author, NULL) : NULL;
}

/* A ballot that counts until a later one takes its place. */
static void keep_choice(struct tally *t, struct checked *c, const struct replay_rows *rows, struct tally_voter *v)
{
    const struct replay_proposal *p = replay_proposal(&t->replay, t->header.proposal);
    t->ballots++;
    if (!rows->row.ballot.counts)
        return;
    v->version = p->row.version;
    if (choice_parse((enum voting)p->row.type, (size_t)p->row.n_choices, c->entry.message.choice, &t->arena,
                     &v->choice) != OK)
        tally_complain(t, "position %" PRIu64 ": %s", c->position, err_detail());
}

static void take_place(struct tally *t, const struct checked *c)
{
    const uint64_t *positions = (const uint64_t *)(const void *)t->positions.p;
    size_t n = t->positions.n / sizeof *positions;
    if (n > 0 && positions[n - 1] >= c->position)
        tally_complain(t, "position %" PRIu64 ": entries do not ascend", c->position);
    buffer_bytes(&t->positions, &c->position, sizeof c->position);
    buffer_bytes(&t->leaves, c->leaf.b, sizeof c->leaf.b);
}

static enum err take_entry(struct tally *t, struct piece *p, struct checked *c)
{
    struct replay_rows rows;
    t->report->entries++;
    t->report->signatures += (c->signed_by == SIGNED_BY_KEY) + c->has_receipt_signer;
    t->report->by_evidence += c->signed_by == SIGNED_BY_EVIDENCE;
    take_place(t, c);
    if (c->read && !is_of_bundle(t, &c->entry)) {
        tally_complain(t, "position %" PRIu64 ": it is about another proposal", c->position);
        return OK;
    }
    if (c->read) {
        struct tally_voter *v = voter_of(t, &c->entry);
        TRY(replay_entry(&t->replay, c, v != NULL ? &v->voter : NULL, &p->arena, &rows));
        if (c->fault[0] == '\0' && v != NULL)
            keep_choice(t, c, &rows, v);
    }
    if (c->fault[0] != '\0')
        tally_complain(t, "position %" PRIu64 ": %s", c->position, c->fault);
    return OK;
}

/* ---- the census ---- */

static void begin_count(struct tally *t)
{
    const struct replay_proposal *p = replay_proposal(&t->replay, t->header.proposal);
    if (t->count == NULL && p != NULL)
        t->count = count_open((enum voting)p->row.type, (size_t)p->row.n_choices);
}

static void take_power(struct tally *t, const struct bundle_power *power)
{
    char name[ADDRESS_TEXT + 1];
    struct hash leaf = census_leaf(power->voter, power->power);
    struct tally_voter *v = map_get(&t->voters, &power->voter);
    const struct replay_proposal *p = replay_proposal(&t->replay, t->header.proposal);
    address_format(power->voter, name);
    if (t->census.n > 0 && memcmp(t->last_voter.b, power->voter.b, sizeof power->voter.b) >= 0)
        tally_complain(t, "census: %s does not ascend", name);
    t->last_voter = power->voter;
    buffer_bytes(&t->census, leaf.b, sizeof leaf.b);
    if (v == NULL || !v->voter.voted) {
        tally_complain(t, "census: %s has not voted", name);
        return;
    }
    if (v->has_power) {
        tally_complain(t, "census: %s is named twice", name);
        return;
    }
    v->has_power = true;
    begin_count(t);
    if (v->version == p->row.version)
        count_add(t->count, &v->choice, power->power);
    else
        tally_complain(t, "the ballot of %s is for an earlier version of the proposal", name);
}

/* ---- any line ---- */

enum err tally_take(struct tally *t, struct piece *p, size_t i)
{
    const struct bundle_line *line = &p->lines[i];
    uint64_t number = p->first + i;
    if (p->faults[i][0] != '\0') {
        tally_complain(t, "line %" PRIu64 ": %s", number, p->faults[i]);
        return OK;
    }
    if (line->kind < t->at || line->kind == BUNDLE_HEADER)
        tally_complain(t, "line %" PRIu64 " is out of order", number);
    else
        t->at = line->kind;
    switch (line->kind) {
    case BUNDLE_ENTRY:
        return take_entry(t, p, &p->checked[i]);
    case BUNDLE_PROOF:
        buffer_bytes(&t->proof, line->proof.p, line->proof.n);
        break;
    case BUNDLE_POWER:
        take_power(t, &line->power);
        break;
    case BUNDLE_CENSUS_ROOT:
        t->has_root = line->has_root;
        t->census_root = line->census_root;
        break;
    case BUNDLE_RESULT:
        buffer_reset(&t->theirs);
        buffer_bytes(&t->theirs, p->text.p + p->begins[i], p->begins[i + 1] - p->begins[i]);
        break;
    case BUNDLE_HEADER:
        break;
    }
    return OK;
}

/* ---- the end ---- */

static void check_checkpoint(struct tally *t, struct hash root)
{
    AUTO_BUFFER verifier = {0};
    const struct replay *r = &t->replay;
    struct note_key key = {.origin = r->key.origin};
    uint64_t size;
    struct hash signed_root;
    if (!r->has_key) {
        tally_complain(t, "the bundle has no key of the log");
        return;
    }
    memcpy(key.public_key, r->key.log_key.b, sizeof key.public_key);
    note_key_format(&key, &verifier);
    if (t->options->log_key != NULL &&
        (strlen(t->options->log_key) != verifier.n || memcmp(t->options->log_key, verifier.p, verifier.n) != 0))
        tally_complain(t, "the log's key is %.*s", (int)verifier.n, (const char *)verifier.p);
    if (checkpoint_open(t->header.checkpoint, strlen(t->header.checkpoint), &key, &size, &signed_root) != OK)
        tally_complain(t, "the checkpoint is not signed by the log's key: %s", err_detail());
    else if (size != t->header.size || !hash_equal(signed_root, root))
        tally_complain(t, "the entries are not those of the checkpoint's tree");
}

static void check_tree(struct tally *t)
{
    struct hash root;
    size_t n = t->positions.n / sizeof(uint64_t);
    if (n != t->header.entries)
        tally_complain(t, "there are %zu entries, not %" PRIu64, n, t->header.entries);
    if (log_multiproof_root((const uint64_t *)(const void *)t->positions.p,
                            (const struct hash *)(const void *)t->leaves.p, n, t->header.size,
                            (struct slice){t->proof.p, t->proof.n}, &root) != OK)
        tally_complain(t, "the proof does not fit the entries: %s", err_detail());
    else
        check_checkpoint(t, root);
}

static void check_census(struct tally *t)
{
    char name[ADDRESS_TEXT + 1];
    for (size_t i = 0; i < t->voters.n; i++) {
        const struct tally_voter *v = map_value_at(&t->voters, i);
        if (!v->voter.voted || v->has_power)
            continue;
        address_format(*(const struct address *)map_key_at(&t->voters, i), name);
        tally_complain(t, "census: the power of %s is not there", name);
    }
}

static void fill_result(struct tally *t, const struct replay_proposal *p, struct bundle_result *r)
{
    size_t n = t->census.n / sizeof(struct hash);
    *r = (struct bundle_result){.proposal = t->header.proposal,
                                .block = t->header.block,
                                .number = (uint64_t)p->row.snapshot,
                                .size = t->header.size,
                                .version = (uint64_t)p->row.version,
                                .rules = (uint64_t)p->row.rules,
                                .ballots = t->ballots,
                                .voters = count_voters(t->count),
                                .type = (enum voting)p->row.type,
                                .policy = (uint32_t)p->row.policy,
                                .canceled = p->canceled,
                                .n_choices = (size_t)p->row.n_choices,
                                .quorum = p->space->quorum};
    if (n > 0)
        r->census_root = census_root((struct hash *)(void *)t->census.p, n);
    if (t->has_root != (n > 0) || (n > 0 && !hash_equal(t->census_root, r->census_root)))
        tally_complain(t, "census: its root is another one");
    if (p->row.snapshot != t->header.number)
        tally_complain(t, "the proposal's snapshot is block %" PRIu64, p->row.snapshot);
    if (t->header.rules != r->rules || r->rules != COUNT_RULES)
        tally_complain(t, "it is counted by rules %" PRIu64 ", these are rules %d", t->header.rules, COUNT_RULES);
}

enum err tally_finish(struct tally *t, struct buffer *result)
{
    const struct replay_proposal *p = replay_proposal(&t->replay, t->header.proposal);
    struct bundle_result r;
    if (t->at != BUNDLE_RESULT)
        tally_complain(t, "the file ends too early");
    check_tree(t);
    check_census(t);
    if (p == NULL) {
        tally_complain(t, "the proposal is not in the bundle");
        return OK;
    }
    begin_count(t);
    fill_result(t, p, &r);
    struct amount *scores = ARENA_ARRAY(&t->arena, struct amount, r.n_choices);
    TRY(count_scores(t->count, scores, &r.power));
    r.scores = scores;
    bundle_result_write(&r, result);
    t->report->counted = true;
    if (result->n != t->theirs.n || memcmp(result->p, t->theirs.p, result->n) != 0)
        tally_complain(t, "the result is not the bundle's: %.*s", (int)(t->theirs.n < 300 ? t->theirs.n : 300),
                       (const char *)t->theirs.p);
    return OK;
}

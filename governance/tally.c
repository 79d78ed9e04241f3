/* governance/tally.c - see tally.h. */
#include "governance/tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "governance/census.h"
#include "governance/lines.h"
#include "governance/log.h"
#include "governance/replay.h"

enum { PROGRESS_EVERY = 4096, TOLD_BYTES_MAX = 300 };

struct tally_voter {
    bool voted;
    struct choice choice; /* of the ballot that counts */
    int32_t version;      /* of the proposal for which it was read */
    bool has_power;
};

struct tally {
    const struct tally_options *options;
    struct tally_report *report;
    struct arena arena;
    struct bundle_header header;
    struct replay replay;
    enum bundle_line_kind at; /* the kind of the last line */
    struct buffer positions;  /* uint64_t each */
    struct buffer leaves;     /* struct hash each */
    struct buffer proof;
    struct map voters; /* address -> struct tally_voter */
    struct count *count;
    struct buffer census; /* struct hash each */
    uint64_t ballots;
    struct address last_voter;
    struct buffer theirs; /* the last line */
    bool has_root;
    struct hash census_root;
};

__attribute__((format(printf, 2, 3))) static void complain(struct tally *t, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    t->report->complaints++;
    t->options->complain(t->options->arg, text);
}

/* ---- entries ---- */

static bool is_of_bundle(const struct tally *t, const struct entry *e)
{
    bool of_proposal = e->kind == MESSAGE_PROPOSAL || e->kind == MESSAGE_UPDATE || e->kind == MESSAGE_CANCEL ||
                       e->kind == MESSAGE_VOTE;
    return !of_proposal || hash_equal(e->message.proposal, t->header.proposal);
}

/* A ballot that counts until a later one takes its place. */
static void keep_choice(struct tally *t, const struct checked *c, const struct replay_rows *rows)
{
    const struct replay_proposal *p = replay_proposal(&t->replay, t->header.proposal);
    t->ballots++;
    if (!rows->row.ballot.counts)
        return;
    struct tally_voter *v = map_put(&t->voters, &c->entry.message.author, NULL);
    v->voted = true;
    v->version = p->row.version;
    if (choice_parse((enum voting)p->row.type, (size_t)p->row.n_choices, c->entry.message.choice, &t->arena,
                     &v->choice) != OK)
        complain(t, "position %" PRIu64 ": %s", c->position, err_detail());
}

static void take_place(struct tally *t, const struct checked *c)
{
    const uint64_t *positions = (const uint64_t *)(const void *)t->positions.p;
    size_t n = t->positions.n / sizeof *positions;
    if (n > 0 && positions[n - 1] >= c->position)
        complain(t, "position %" PRIu64 ": entries do not ascend", c->position);
    buffer_bytes(&t->positions, &c->position, sizeof c->position);
    buffer_bytes(&t->leaves, c->leaf.b, sizeof c->leaf.b);
}

static enum err take_entry(struct tally *t, struct line_taken *line)
{
    struct checked *c = &line->checked;
    struct replay_rows rows;
    struct tally_report *report = t->report;
    report->entries++;
    report->signatures += (c->signed_by == SIGNED_BY_KEY) + c->has_receipt_signer;
    report->by_evidence += c->signed_by == SIGNED_BY_EVIDENCE;
    take_place(t, c);
    if (c->read && !is_of_bundle(t, &c->entry)) {
        complain(t, "position %" PRIu64 ": it is about another proposal", c->position);
        return OK;
    }
    if (c->read)
        TRY(replay_entry(&t->replay, c, line->arena, &rows));
    if (c->fault[0] != '\0')
        complain(t, "position %" PRIu64 ": %s", c->position, c->fault);
    else if (c->entry.kind == MESSAGE_VOTE)
        keep_choice(t, c, &rows);
    if (t->options->progress != NULL && report->entries % PROGRESS_EVERY == 0)
        t->options->progress(t->options->arg, report->entries, t->header.entries);
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
        complain(t, "census: %s does not ascend", name);
    t->last_voter = power->voter;
    buffer_bytes(&t->census, leaf.b, sizeof leaf.b);
    if (v == NULL || !v->voted) {
        complain(t, "census: %s has not voted", name);
        return;
    }
    if (v->has_power) {
        complain(t, "census: %s is named twice", name);
        return;
    }
    v->has_power = true;
    begin_count(t);
    if (v->version == p->row.version)
        count_add(t->count, &v->choice, power->power);
    else
        complain(t, "the ballot of %s is for an earlier version of the proposal", name);
}

/* ---- any line ---- */

static enum err take_line(void *arg, struct line_taken *taken)
{
    struct tally *t = arg;
    const struct bundle_line *line = &taken->line;
    if (taken->fault != NULL) {
        complain(t, "line %" PRIu64 ": %s", taken->number, taken->fault);
        return OK;
    }
    bool once = line->kind == BUNDLE_CENSUS_ROOT || line->kind == BUNDLE_RESULT;
    if (line->kind < t->at || (once && line->kind == t->at) || line->kind == BUNDLE_HEADER ||
        line->kind > BUNDLE_RESULT)
        complain(t, "line %" PRIu64 " is out of order", taken->number);
    else
        t->at = line->kind;
    switch (line->kind) {
    case BUNDLE_ENTRY:
        return take_entry(t, taken);
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
        buffer_bytes(&t->theirs, taken->text.p, taken->text.n);
        break;
    case BUNDLE_HEADER:
    case BUNDLE_LOG:
    case BUNDLE_CHECKPOINT:
        break;
    }
    return OK;
}

/* ---- the end ---- */

static void check_checkpoint(struct tally *t, struct hash root)
{
    AUTO_BUFFER verifier = {0};
    const struct replay *r = &t->replay;
    struct note_key key;
    uint64_t size;
    struct hash signed_root;
    if (r->keys == NULL) {
        complain(t, "the bundle has no key of the log");
        return;
    }
    if (replay_open_note(r, t->header.checkpoint, &key, &size, &signed_root) != OK) {
        complain(t, "the checkpoint is not signed by the log's key: %s", err_detail());
        return;
    }
    note_key_format(&key, &verifier);
    if (t->options->log_key != NULL &&
        (strlen(t->options->log_key) != verifier.n || memcmp(t->options->log_key, verifier.p, verifier.n) != 0))
        complain(t, "the log's key is %.*s", (int)verifier.n, (const char *)verifier.p);
    if (size != t->header.size || !hash_equal(signed_root, root))
        complain(t, "the entries are not those of the checkpoint's tree");
}

static void check_tree(struct tally *t)
{
    struct hash root;
    size_t n = t->positions.n / sizeof(uint64_t);
    if (n != t->header.entries)
        complain(t, "there are %zu entries, not %" PRIu64, n, t->header.entries);
    if (log_multiproof_root((const uint64_t *)(const void *)t->positions.p,
                            (const struct hash *)(const void *)t->leaves.p, n, t->header.size,
                            (struct slice){t->proof.p, t->proof.n}, &root) != OK)
        complain(t, "the proof does not fit the entries: %s", err_detail());
    else
        check_checkpoint(t, root);
}

static void check_census(struct tally *t)
{
    char name[ADDRESS_TEXT + 1];
    for (size_t i = 0; i < t->voters.n; i++) {
        const struct tally_voter *v = map_value_at(&t->voters, i);
        if (!v->voted || v->has_power)
            continue;
        address_format(*(const struct address *)map_key_at(&t->voters, i), name);
        complain(t, "census: the power of %s is not there", name);
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
        r->census_root = census_root((const struct hash *)(const void *)t->census.p, n);
    if (t->has_root != (n > 0) || (n > 0 && !hash_equal(t->census_root, r->census_root)))
        complain(t, "census: its root is another one");
    if (t->header.voters != n)
        complain(t, "census: there are %zu voters, not %" PRIu64, n, t->header.voters);
    if (t->header.final && !p->canceled && strcmp(t->header.finality, "finalized") != 0)
        complain(t, "it cannot be final: its snapshot block is not");
    if (p->row.snapshot != t->header.number)
        complain(t, "the proposal's snapshot is block %" PRIu64, p->row.snapshot);
    if (t->header.rules != r->rules || r->rules != COUNT_RULES)
        complain(t, "it is counted by rules %" PRIu64 ", these are rules %d", t->header.rules, COUNT_RULES);
}

static enum err finish(struct tally *t, struct buffer *result)
{
    const struct replay_proposal *p = replay_proposal(&t->replay, t->header.proposal);
    struct bundle_result r;
    if (t->at != BUNDLE_RESULT)
        complain(t, "the file ends too early");
    check_tree(t);
    check_census(t);
    if (p == NULL) {
        complain(t, "the proposal is not in the bundle");
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
        complain(t, "the result is not the bundle's: %.*s",
                 (int)(t->theirs.n < TOLD_BYTES_MAX ? t->theirs.n : TOLD_BYTES_MAX), (const char *)t->theirs.p);
    return OK;
}

/* ---- the file ---- */

/* The bundle says when its snapshot block was; nothing else is asked. */
static enum err time_of(void *arg, uint64_t number, bool *known, struct instant *out)
{
    const struct tally *t = arg;
    *known = number == t->header.number;
    *out = t->header.time;
    return OK;
}

static enum err begin(void *arg, const struct bundle_line *first, uint64_t *chain_id, uint64_t *known)
{
    struct tally *t = arg;
    (void)known;
    if (first->kind != BUNDLE_HEADER)
        return err_with(ERR_FIELD, "line 1 is no bundle's");
    t->header = first->header;
    t->header.checkpoint = arena_text(&t->arena, first->header.checkpoint, strlen(first->header.checkpoint));
    t->report->header = t->header;
    t->report->header.checkpoint = NULL;
    t->replay.chain.blocks = (struct chain_facts){.any = true, .head = t->header.number};
    *chain_id = t->header.chain_id;
    return OK;
}

enum err tally_run(const struct tally_options *options, struct buffer *result, struct tally_report *out)
{
    struct tally t = {.options = options, .report = out};
    const struct replay_chain chain = {.time_of = time_of, .arg = &t};
    const struct lines_options lines = {.path = options->path,
                                        .threads = options->threads,
                                        .without_receipts = options->without_receipts,
                                        .stop = options->stop,
                                        .begin = begin,
                                        .take = take_line,
                                        .arg = &t};
    *out = (struct tally_report){.counted = false};
    replay_init(&t.replay, &chain);
    map_init(&t.voters, sizeof(struct address), sizeof(struct tally_voter));
    enum err e = lines_run(&lines);
    if (e == OK)
        e = finish(&t, result);
    count_close(t.count);
    map_done(&t.voters);
    replay_done(&t.replay);
    buffer_done(&t.positions);
    buffer_done(&t.leaves);
    buffer_done(&t.proof);
    buffer_done(&t.census);
    buffer_done(&t.theirs);
    arena_done(&t.arena);
    return e;
}

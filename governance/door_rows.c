/* governance/door_rows.c - see door_rows.h. */
#include "governance/door_rows.h"

#include <assert.h>
#include <string.h>

#include "governance/rules.h"

static const struct record message_record =
    RECORD(message_row, FIELD(message_row, position), FIELD(message_row, kind), FIELD(message_row, digest),
           FIELD(message_row, author), FIELD(message_row, space), FIELD(message_row, proposal),
           FIELD(message_row, stamp), FIELD(message_row, received), FIELD(message_row, leaf), FIELD(message_row, size),
           FIELD(message_row, receipt), FIELD(message_row, entry));
static const struct record key_record = RECORD(key_row, FIELD(key_row, position), FIELD(key_row, origin),
                                               FIELD(key_row, log_key), FIELD(key_row, receipts));
static const struct record space_record = RECORD(space_row, FIELD(space_row, id), FIELD(space_row, position),
                                                 FIELD(space_row, effective), FIELD(space_row, parameters));
static const struct record proposal_record =
    RECORD(proposal_row, FIELD(proposal_row, id), FIELD(proposal_row, version), FIELD(proposal_row, position),
           FIELD(proposal_row, digest), FIELD(proposal_row, space), FIELD(proposal_row, parameters),
           FIELD(proposal_row, author), FIELD(proposal_row, type), FIELD(proposal_row, title),
           FIELD(proposal_row, body), FIELD(proposal_row, discussion), FIELD(proposal_row, choices),
           FIELD(proposal_row, n_choices), FIELD(proposal_row, labels), FIELD(proposal_row, plugins),
           FIELD(proposal_row, app), FIELD(proposal_row, policy), FIELD(proposal_row, rules),
           FIELD(proposal_row, starts), FIELD(proposal_row, ends), FIELD(proposal_row, closes),
           FIELD(proposal_row, snapshot), FIELD(proposal_row, received));
static const struct record cancellation_record =
    RECORD(cancellation_row, FIELD(cancellation_row, proposal), FIELD(cancellation_row, position),
           FIELD(cancellation_row, author), FIELD(cancellation_row, received));
static const struct record alias_record = RECORD(alias_row, FIELD(alias_row, owner), FIELD(alias_row, alias),
                                                 FIELD(alias_row, position), FIELD(alias_row, received));
static const struct record ballot_record =
    RECORD(ballot_row, FIELD(ballot_row, position), FIELD(ballot_row, proposal), FIELD(ballot_row, voter),
           FIELD(ballot_row, choice), FIELD(ballot_row, reason), FIELD(ballot_row, app), FIELD(ballot_row, metadata),
           FIELD(ballot_row, stamp), FIELD(ballot_row, received), FIELD(ballot_row, counts));
static const struct record power_record = RECORD(power_row, FIELD(power_row, proposal), FIELD(power_row, voter),
                                                 FIELD(power_row, generation), FIELD(power_row, block),
                                                 FIELD(power_row, power));
static const struct record tally_record =
    RECORD(tally_row, FIELD(tally_row, proposal), FIELD(tally_row, size), FIELD(tally_row, generation),
           FIELD(tally_row, block), FIELD(tally_row, ballots), FIELD(tally_row, voters), FIELD(tally_row, power),
           FIELD(tally_row, scores), FIELD(tally_row, sums), FIELD(tally_row, received));
static const struct record subtree_record = RECORD(subtree_row, FIELD(subtree_row, level), FIELD(subtree_row, index),
                                                   FIELD(subtree_row, hash));
static const struct record checkpoint_record = RECORD(checkpoint_row, FIELD(checkpoint_row, size),
                                                      FIELD(checkpoint_row, root), FIELD(checkpoint_row, frontier),
                                                      FIELD(checkpoint_row, received), FIELD(checkpoint_row, note));

const struct record *const log_records[LOG_TABLES] = {
    [LOG_MESSAGE] = &message_record,
    [LOG_KEY] = &key_record,
    [LOG_SPACE] = &space_record,
    [LOG_PROPOSAL] = &proposal_record,
    [LOG_CANCELLATION] = &cancellation_record,
    [LOG_ALIAS] = &alias_record,
    [LOG_BALLOT] = &ballot_record,
    [LOG_POWER] = &power_record,
    [LOG_TALLY] = &tally_record,
    [LOG_SUBTREE] = &subtree_record,
    [LOG_CHECKPOINT] = &checkpoint_record,
};

/* In the order of the records. */
static const char *const copy_sql[LOG_TABLES] = {
    [LOG_MESSAGE] =
        "COPY governance.message (position, kind, digest, author, space, proposal, stamp, received, leaf, size, receipt,"
        " entry) FROM STDIN BINARY",
    [LOG_KEY] = "COPY governance.key (position, origin, log_key, receipts) FROM STDIN BINARY",
    [LOG_SPACE] = "COPY governance.space (id, position, effective, parameters) FROM STDIN BINARY",
    [LOG_PROPOSAL] =
        "COPY governance.proposal (id, version, position, digest, space, parameters, author, type, title, body,"
        " discussion, choices, n_choices, labels, plugins, app, policy, rules, starts, ends, closes, snapshot, received)"
        " FROM STDIN BINARY",
    [LOG_CANCELLATION] = "COPY governance.cancellation (proposal, position, author, received) FROM STDIN BINARY",
    [LOG_ALIAS] = "COPY governance.alias (owner, alias, position, received) FROM STDIN BINARY",
    [LOG_BALLOT] = "COPY governance.ballot (previous, position, proposal, voter, choice, reason, app, metadata, stamp,"
                   " received, counts) FROM STDIN BINARY",
    [LOG_POWER] = "COPY governance.power (proposal, voter, generation, block, power) FROM STDIN BINARY",
    [LOG_TALLY] = "COPY governance.tally (proposal, size, generation, block, ballots, voters, power, scores, sums,"
                  " received) FROM STDIN BINARY",
    [LOG_SUBTREE] = "COPY governance.subtree (level, index, hash) FROM STDIN BINARY",
    [LOG_CHECKPOINT] = "COPY governance.checkpoint (size, root, frontier, received, note) FROM STDIN BINARY",
};

void log_rows_done(struct log_rows *r)
{
    for (int t = 0; t < LOG_TABLES; t++)
        buffer_done(&r->tuples[t]);
}

void log_rows_reset(struct log_rows *r)
{
    for (int t = 0; t < LOG_TABLES; t++) {
        buffer_reset(&r->tuples[t]);
        r->n[t] = 0;
    }
}

static void put_ballot(struct buffer *b, const struct ballot_row *row)
{
    copy_begin(b, (int16_t)(1 + ballot_record.n));
    copy_value(b, T_U64, row->has_previous ? &row->previous : NULL);
    for (size_t i = 0; i < ballot_record.n; i++) {
        const struct field *f = &ballot_record.fields[i];
        const void *member = (const char *)row + f->offset;
        copy_value(b, f->type, f->type == T_TEXT ? *(const char *const *)member : member);
    }
}

void log_rows_put(struct log_rows *r, enum log_table table, const void *row)
{
    if (table == LOG_BALLOT)
        put_ballot(&r->tuples[table], row);
    else
        copy_row(&r->tuples[table], log_records[table], row);
    r->n[table]++;
}

enum err log_rows_copy(const struct log_rows *r, struct db *db)
{
    for (int t = 0; t < LOG_TABLES; t++) {
        size_t n = 0;
        if (r->n[t] == 0)
            continue;
        TRY(db_copy(db, copy_sql[t], (struct slice){r->tuples[t].p, r->tuples[t].n}, &n));
        assert(n == r->n[t]);
    }
    return OK;
}

/* ---- from messages ---- */

static const char *json_texts(const char *const *texts, size_t n, struct arena *arena)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    jw_start(&w, &out);
    jw_array(&w);
    for (size_t i = 0; i < n; i++)
        jw_text(&w, texts[i]);
    jw_array_end(&w);
    return arena_text(arena, (const char *)out.p, out.n);
}

static void say(const struct message *m, struct arena *arena, struct proposal_row *row)
{
    const struct proposal_text *t = &m->text;
    row->digest = m->digest;
    row->type = (int16_t)t->type;
    row->title = t->title;
    row->body = t->body;
    row->discussion = t->discussion;
    row->choices = json_texts(t->choices, t->n_choices, arena);
    row->n_choices = (int32_t)t->n_choices;
    row->labels = json_texts(t->labels, t->n_labels, arena);
    row->plugins = t->plugins;
}

void proposal_row_new(const struct message *m, const struct space *space, uint64_t parameters, uint32_t policy,
                      struct arena *arena, struct proposal_row *out)
{
    *out = (struct proposal_row){.id = m->digest,
                                 .version = 1,
                                 .space = m->space,
                                 .parameters = parameters,
                                 .author = m->author,
                                 .app = m->text.app,
                                 .policy = (int32_t)policy,
                                 .rules = COUNT_RULES,
                                 .starts = m->text.starts,
                                 .ends = m->text.ends,
                                 .closes = rules_closes(space, m->text.ends),
                                 .snapshot = m->text.snapshot};
    say(m, arena, out);
}

void proposal_row_update(const struct message *m, const struct proposal_row *before, struct arena *arena,
                         struct proposal_row *out)
{
    *out = *before;
    out->version++;
    if (m->text.policy_given)
        out->policy = (int32_t)m->text.policy;
    say(m, arena, out);
}

void proposal_row_facts(const struct proposal_row *row, bool canceled, struct proposal_facts *out)
{
    *out = (struct proposal_facts){.exists = true,
                                   .canceled = canceled,
                                   .id = row->id,
                                   .space = row->space,
                                   .author = row->author,
                                   .type = (enum voting)row->type,
                                   .n_choices = (size_t)row->n_choices,
                                   .starts = row->starts,
                                   .ends = row->ends,
                                   .closes = row->closes};
}

void ballot_row_of(const struct message *m, struct arena *arena, struct ballot_row *out)
{
    *out = (struct ballot_row){.proposal = m->proposal,
                               .voter = m->author,
                               .choice = json_canonical(m->choice, arena),
                               .reason = m->reason,
                               .app = m->app,
                               .metadata = m->metadata,
                               .stamp = m->stamp};
}

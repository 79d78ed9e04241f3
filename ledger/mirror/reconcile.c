/* ledger/mirror/reconcile.c - see reconcile.h. */
#include "ledger/mirror/reconcile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/books.h"
#include "ledger/core/digest.h"
#include "ledger/core/log.h"
#include "ledger/mirror/reconcile_node.h"
#include "ledger/position.h"

enum { SEED_TEXT = 20, FIGURE_TEXT = 80, SUBJECT_TEXT = 320, TELL_SECONDS = 5, WORD = 32, SELECTOR = 4 };

static const struct reconcile_kind *const tables[] = {reconcile_kinds_token, reconcile_kinds_stake,
                                                      reconcile_kinds_allocation, reconcile_kinds_alt};

struct reconcile {
    struct db *db;
    const struct network *network;
    const struct reconcile_options *options;
    struct reconcile_report *report;
    struct reconcile_node *node;
    struct reconcile_count *count; /* of the kind at hand */
    time_t told;
};

const char *unchecked_text(enum unchecked reason)
{
#define UNCHECKED_SENTENCE(code, sentence) [code] = sentence,
    static const char *const sentences[UNCHECKED_COUNT] = {[CHECKED] = "checked", UNCHECKED(UNCHECKED_SENTENCE)};
#undef UNCHECKED_SENTENCE
    return sentences[reason];
}

enum err reconcile_at_parse(const char *text, struct reconcile_options *out)
{
    static const char *const names[] =
        {[RECONCILE_FINALIZED] = "finalized", [RECONCILE_SAFE] = "safe", [RECONCILE_LATEST] = "latest"};
    size_t n = strlen(text);
    struct amount number;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            out->at = (enum reconcile_at)i;
            return OK;
        }
    if (n == HASH_TEXT && hash_parse(text, n, &out->hash) == OK)
        out->at = RECONCILE_HASH;
    else if (amount_parse(text, n, &number) == OK && amount_to_u64(number, &out->number) == OK &&
             out->number <= BLOCK_NUMBER_MAX)
        out->at = RECONCILE_NUMBER;
    else
        return err_with(ERR_FIELD, "at: must be finalized, safe, latest, a block number or hash, is '%s'", text);
    return OK;
}

/* ---- which block ---- */

/* A stored block has the same hash at the node; of others (finalized ones without logs of ours) the node's is taken. */
static enum err fix_block(struct reconcile *r)
{
    const struct reconcile_options *o = r->options;
    int16_t at = (int16_t)o->at;
    int64_t number = (int64_t)o->number;
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        r->db,
        "SELECT n.number, b.hash FROM mirror.cursor c CROSS JOIN LATERAL (SELECT CASE $1"
        " WHEN 0 THEN c.finalized_number WHEN 1 THEN c.safe_number WHEN 2 THEN c.head_number WHEN 3 THEN $2"
        " ELSE (SELECT x.number FROM mirror.block y JOIN mirror.chain x ON x.block = y.id WHERE y.hash = $3) END"
        " AS number) n LEFT JOIN mirror.chain h ON h.number = n.number LEFT JOIN mirror.block b ON b.id = h.block"
        " WHERE n.number <= c.head_number"
        " AND n.number >= (SELECT f.number FROM mirror.chain f ORDER BY f.number LIMIT 1)",
        WITH(IN(&at), IN(&number), IN(&o->hash)), &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_MIRRORED, "there is no such block in the books");
    r->report->number = rows_u64(rows, 0, 0);
    TRY(reconcile_node_block(r->node, r->report->number, &r->report->block));
    if (!rows_null(rows, 0, 1) && !hash_equal(rows_hash(rows, 0, 1), r->report->block))
        return err_with(ERR_SOURCE, "the node has another block %" PRIu64 " than the books", r->report->number);
    return OK;
}

/* ---- what is asked ---- */

/* An integer is an int8 cell, the others bytea, shorter than a word by leading zeros. */
static void append_word(struct buffer *b, const struct rows *rows, size_t row, size_t column)
{
    static const uint8_t zeros[WORD];
    struct slice cell = rows_raw(rows, row, column);
    assert(cell.n <= WORD);
    buffer_bytes(b, zeros, WORD - cell.n);
    buffer_bytes(b, cell.p, cell.n);
}

static void append_number(struct buffer *b, uint64_t v)
{
    uint8_t word[WORD];
    amount_to_be(amount_from_u64(v), word);
    buffer_bytes(b, word, sizeof word);
}

/* Selector and arguments (ABI specification, Function Selector and Argument Encoding): of a list the head is its offset. */
static struct slice encode(const struct reconcile_kind *kind, const struct rows *rows, size_t row, struct arena *arena)
{
    AUTO_BUFFER heads = {0};
    AUTO_BUFFER lists = {0};
    size_t n = strlen(kind->arguments);
    struct hash selector = keccak_bytes(kind->signature, strlen(kind->signature));
    buffer_bytes(&heads, selector.b, SELECTOR);
    for (size_t i = 0; i < n; i++) {
        bool list = kind->arguments[i] == 'l';
        if (list) {
            append_number(&heads, n * WORD + lists.n);
            append_number(&lists, 1);
        }
        append_word(list ? &lists : &heads, rows, row, 1 + i);
    }
    buffer_bytes(&heads, lists.p, lists.n);
    return (struct slice){arena_copy(arena, heads.p, heads.n), heads.n};
}

static void describe(const struct reconcile_kind *kind, const struct rows *rows, size_t row, char out[SUBJECT_TEXT])
{
    char address[ADDRESS_TEXT + 1];
    address_format(rows_address(rows, row, 0), address);
    size_t n = (size_t)snprintf(out, SUBJECT_TEXT, "%s", address);
    for (size_t i = 0; kind->arguments[i] != '\0'; i++) {
        struct hash word = {{0}};
        char text[HASH_TEXT + 1];
        switch (kind->arguments[i]) {
        case 'n':
            snprintf(text, sizeof text, "%" PRId64, rows_i64(rows, row, 1 + i));
            break;
        case 'w':
            word = rows_hash(rows, row, 1 + i);
            hash_format(word, text);
            break;
        default:
            address_format(rows_address(rows, row, 1 + i), text);
        }
        n += (size_t)snprintf(out + n, SUBJECT_TEXT - n, " %s", text);
        assert(n < SUBJECT_TEXT);
    }
}

/* ---- what is compared ---- */

static bool takes_item(const struct reconcile_kind *kind)
{
    for (size_t i = 0; i < kind->n_figures; i++)
        if (kind->figures[i].list)
            return true;
    return false;
}

static size_t figure_column(const struct reconcile_kind *kind, size_t figure)
{
    return 1 + strlen(kind->arguments) + takes_item(kind) + figure;
}

static void note_unchecked(struct reconcile *r, const struct reconcile_kind *kind, const char *subject,
                           uint64_t figures, enum unchecked why)
{
    r->report->unchecked += figures;
    r->report->unchecked_by[why] += figures;
    r->count->unchecked += figures;
    /* What the node would not tell is worth more than what we know not to ask. */
    bool of_node = why != UNCHECKED_DOUBT && why != UNCHECKED_INCONSISTENT;
    if (r->report->first_unchecked[0] != '\0' && (r->report->first_is_of_node || !of_node))
        return;
    r->report->first_is_of_node = of_node;
    snprintf(r->report->first_unchecked, RECONCILE_LINE, "%s of %s: %s", kind->signature, subject, unchecked_text(why));
}

static void note_difference(struct reconcile *r, const struct reconcile_kind *kind, const char *subject,
                            const char *figure, const char *ours, const char *chain)
{
    r->report->differences++;
    r->count->differences++;
    if (r->report->first[0] == '\0')
        snprintf(r->report->first, RECONCILE_LINE, "%s of %s%s%s: ours %s, the chain's %s", kind->signature, subject,
                 *figure != '\0' ? ", " : "", figure, ours, chain);
    if (r->options->differ != NULL)
        r->options->differ(r->options->arg, kind->signature, subject, figure, ours, chain);
}

/* The value that a figure is of; NULL: its list is shorter. */
static const struct abi_value *find_value(const struct reconcile_figure *f, const struct abi_value *values,
                                          int64_t item)
{
    const struct abi_value *v = &values[f->slot];
    if (f->member != NO_MEMBER)
        v = (size_t)f->member < v->n_items ? &v->items[f->member] : NULL;
    if (f->list && v != NULL)
        v = item >= 0 && (uint64_t)item < v->n_items ? &v->items[item] : NULL;
    return v;
}

static void value_text(const struct abi_value *v, char out[FIGURE_TEXT])
{
    if (v->kind == ABI_ADDRESS)
        address_format(v->address, out);
    else
        delta_format((struct delta){v->number, v->negative}, out);
}

static void compare_figure(struct reconcile *r, const struct reconcile_kind *kind, const struct reconcile_figure *f,
                           const char *subject, const struct rows *rows, size_t row, const struct abi_value *v)
{
    size_t column = figure_column(kind, (size_t)(f - kind->figures));
    char ours[FIGURE_TEXT], chain[FIGURE_TEXT] = "nothing";
    if (v != NULL)
        value_text(v, chain);
    if (v != NULL && v->kind == ABI_ADDRESS)
        address_format(rows_address(rows, row, column), ours);
    else
        delta_format(rows_delta(rows, row, column), ours);
    r->report->checked++;
    r->count->checked++;
    if (strcmp(ours, chain) != 0)
        note_difference(r, kind, subject, f->name, ours, chain);
}

static enum unchecked fate_reason(enum call_fate fate)
{
    switch (fate) {
    case CALL_UNANSWERED:
        return UNCHECKED_UNANSWERED;
    case CALL_REVERTED:
        return UNCHECKED_REVERTED;
    case CALL_MALFORMED:
        return UNCHECKED_MALFORMED;
    case CALL_STATE_GONE:
        return UNCHECKED_GONE;
    case CALL_ANSWERED:
        break;
    }
    return CHECKED;
}

static enum unchecked read_answer(const struct reconcile_kind *kind, const struct view_call *call, struct arena *arena,
                                  struct abi_value **out)
{
    struct log log = {.data = call->answer};
    enum unchecked why = fate_reason(call->fate);
    if (why == CHECKED && call->answer.n == 0)
        why = UNCHECKED_REVERTED; /* what an address without code answers, and a function without returns */
    if (why == CHECKED && abi_decode(&kind->returns, &log, arena, out) != OK)
        why = UNCHECKED_MALFORMED;
    return why;
}

static void compare_subject(struct reconcile *r, const struct reconcile_kind *kind, const struct rows *rows, size_t row,
                            enum unchecked why, const struct view_call *call, struct arena *arena)
{
    char subject[SUBJECT_TEXT];
    struct abi_value *values = NULL;
    describe(kind, rows, row, subject);
    if (why == CHECKED)
        why = read_answer(kind, call, arena, &values);
    if (why != CHECKED) {
        note_unchecked(r, kind, subject, kind->n_figures, why);
        return;
    }
    int64_t item = takes_item(kind) ? rows_i64(rows, row, 1 + strlen(kind->arguments)) : 0;
    for (size_t i = 0; i < kind->n_figures; i++)
        compare_figure(r, kind, &kind->figures[i], subject, rows, row, find_value(&kind->figures[i], values, item));
}

static enum unchecked why_of(const struct reconcile_kind *kind, const struct rows *rows, size_t row)
{
    int64_t why = rows_i64(rows, row, figure_column(kind, kind->n_figures));
    assert(why == CHECKED || why == UNCHECKED_DOUBT || why == UNCHECKED_INCONSISTENT);
    return (enum unchecked)why;
}

/* Some rows of a kind: ask of those that can be compared, then compare. */
static enum err check_rows(struct reconcile *r, const struct reconcile_kind *kind, const struct rows *rows)
{
    AUTO_ARENA arena = {0};
    size_t n = rows_count(rows), n_calls = 0;
    struct view_call *calls = ARENA_ARRAY(&arena, struct view_call, n);
    for (size_t i = 0; i < n; i++)
        if (why_of(kind, rows, i) == CHECKED)
            calls[n_calls++] = (struct view_call){.to = rows_address(rows, i, 0),
                                                  .data = encode(kind, rows, i, &arena)};
    if (n_calls > 0)
        TRY(reconcile_node_ask(r->node, r->report->block, calls, n_calls, &arena));
    for (size_t i = 0, call = 0; i < n; i++) {
        enum unchecked why = why_of(kind, rows, i);
        compare_subject(r, kind, rows, i, why, why == CHECKED ? &calls[call++] : NULL, &arena);
    }
    if (r->options->tell && time(NULL) - r->told >= TELL_SECONDS) {
        r->told = time(NULL);
        log_info("verify", "%s: %" PRIu64 " figures checked, %" PRIu64 " differ", kind->signature, r->count->checked,
                 r->count->differences);
    }
    if (r->options->pause_ms > 0)
        nanosleep(&(struct timespec){.tv_nsec = r->options->pause_ms * 1000000L}, NULL);
    return r->options->stop != NULL && atomic_load(r->options->stop) ? ERR_STOPPED : OK;
}

static enum err check_kind(struct reconcile *r, const struct reconcile_kind *kind, struct address contract)
{
    char seed[SEED_TEXT + 1];
    snprintf(seed, sizeof seed, "%" PRIu64, r->options->seed);
    int64_t position = (int64_t)position_end(r->report->number), number = (int64_t)r->report->number;
    int64_t sample = (int64_t)r->options->sample;
    struct param limit = {T_I64, sample > 0 ? &sample : NULL};
    TRY(db_stream_begin(r->db, kind->sql,
                        WITH(IN(&position), IN((const char *)seed), limit, IN(&contract), IN(&number))));
    enum err e;
    for (;;) {
        struct rows *rows = NULL;
        e = db_stream_next(r->db, &rows);
        if (e != OK || rows == NULL)
            break;
        e = check_rows(r, kind, rows);
        rows_done(&rows);
        if (e != OK)
            break;
    }
    if (e != OK)
        db_stream_stop(r->db);
    return e;
}

/* The network file's only contract of that kind. */
static bool find_contract(const struct network *network, enum contract_kind kind, struct address *out)
{
    size_t n = 0;
    for (size_t i = 0; i < network->n_contracts; i++)
        if (network->contracts[i].kind == kind) {
            *out = network->contracts[i].address;
            n++;
        }
    return n == 1;
}

static enum err check_all(struct reconcile *r)
{
    TRY(fix_block(r));
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct reconcile_kind *kind = tables[t]; kind->signature != NULL; kind++) {
            struct address contract = address_zero;
            if (kind->has_contract && !find_contract(r->network, kind->contract, &contract))
                continue;
            assert(r->report->n_kinds < RECONCILE_KINDS_MAX);
            r->count = &r->report->kinds[r->report->n_kinds++];
            r->count->view = kind->signature;
            TRY(check_kind(r, kind, contract));
        }
    return OK;
}

enum err reconcile_books(struct db *db, const struct network *network, const struct reconcile_options *options,
                         struct reconcile_report *out)
{
    struct reconcile r = {.db = db, .network = network, .options = options, .report = out, .told = time(NULL)};
    *out = (struct reconcile_report){0};
    TRY(reconcile_node_open(options->urls, options->n_urls, network->chain_id, options->timeout_ms, options->stop,
                            &r.node));
    enum err e = check_all(&r);
    reconcile_node_close(r.node);
    return e;
}

static enum err in_one_snapshot(struct db *db, const struct reconcile_options *options, struct reconcile_report *out)
{
    AUTO_ROWS rows = NULL;
    struct network network;
    /* The role's timeouts are for requests; this reads everything, and waits for a node in between. */
    TRY(db_script(db, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"));
    TRY(db_begin(db, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    TRY(db_query(db, "SELECT network, rules_version FROM mirror.cursor", WITH_NOTHING, &rows));
    if (rows_null(rows, 0, 0))
        return err_with(ERR_NOT_FOUND, "nothing is mirrored yet");
    if (rows_i64(rows, 0, 1) != RULES_VERSION)
        return err_with(ERR_CONFIG,
                        "the books were booked by rules version %" PRId64 ", this program has %d: rebuild first",
                        rows_i64(rows, 0, 1), RULES_VERSION);
    TRY(network_parse(rows_text(rows, 0, 0), strlen(rows_text(rows, 0, 0)), &network));
    enum err e = reconcile_books(db, &network, options, out);
    network_done(&network);
    return e;
}

enum err reconcile_run(const char *conninfo, const struct reconcile_options *options, struct reconcile_report *out)
{
    struct db *db;
    TRY(db_open(conninfo, "altledger_api", "altledger verify", &db));
    enum err e = in_one_snapshot(db, options, out);
    db_rollback(db);
    db_close(db);
    return e;
}

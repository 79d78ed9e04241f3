/* api/command_verify.c - altledger verify: the books against the stored events, the log against its entries; or the contracts' own answers. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "api/command.h"
#include "governance/log_verify.h"
#include "ledger/mirror/reconcile.h"
#include "ledger/mirror/verify.h"

/* ---- against the events ---- */

static void print_report(const struct verify_report *r, const struct log_verify_report *l)
{
    char root[HASH_TEXT + 1];
    hash_format(r->root, root);
    printf("head          %" PRId64 "\nroot          %s\nblocks        %" PRIu64 "\nevents        %" PRIu64
           "\nrows          %" PRIu64 "\nentries       %" PRIu64 "\ncheckpoints   %" PRIu64 "\npowers        %" PRIu64
           "\ntallies       %" PRIu64 "\ndifferences   %" PRIu64 "\n",
           r->head, root, r->blocks, r->events, r->rows, l->entries, l->checkpoints, l->powers, l->tallies,
           r->differences + l->differences);
    for (size_t i = 0; i < r->n_named; i++)
        printf("  %s\n", r->named[i]);
    for (size_t i = 0; i < l->n_named; i++)
        printf("  %s\n", l->named[i]);
}

static void print_report_json(const struct verify_report *r, const struct log_verify_report *l)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    jw_start(&w, &out);
    jw_object(&w);
    jw_key(&w, "head"), jw_i64(&w, r->head);
    jw_key(&w, "root"), jw_hash(&w, r->root);
    jw_key(&w, "blocks"), jw_u64(&w, r->blocks);
    jw_key(&w, "events"), jw_u64(&w, r->events);
    jw_key(&w, "rows"), jw_u64(&w, r->rows);
    jw_key(&w, "entries"), jw_u64(&w, l->entries);
    jw_key(&w, "checkpoints"), jw_u64(&w, l->checkpoints);
    jw_key(&w, "powers"), jw_u64(&w, l->powers);
    jw_key(&w, "tallies"), jw_u64(&w, l->tallies);
    jw_key(&w, "uncounted"), jw_u64(&w, l->uncounted);
    jw_key(&w, "differences"), jw_u64(&w, r->differences + l->differences);
    jw_key(&w, "first_differences"), jw_array(&w);
    for (size_t i = 0; i < r->n_named; i++)
        jw_text(&w, r->named[i]);
    for (size_t i = 0; i < l->n_named; i++)
        jw_text(&w, l->named[i]);
    jw_array_end(&w);
    jw_object_end(&w);
    printf("%.*s\n", (int)out.n, (const char *)out.p);
}

static enum err against_events(const struct command *c, const struct session *s, uint64_t *differences)
{
    struct verify_report report;
    struct log_verify_report log;
    TRY(verify_run(s->database, c->stop, &report));
    TRY(log_verify_run(s->database, (unsigned)config_number(c->config, "threads"), c->stop, &log));
    if (config_flag(c->config, "json"))
        print_report_json(&report, &log);
    else
        print_report(&report, &log);
    *differences = report.differences + log.differences;
    return OK;
}

/* ---- against the chain ---- */

/* Where differences go as they are found: lines on stdout, or an array to be printed at the end. */
struct found {
    bool json;
    struct json_writer list;
    struct buffer text;
};

static void on_difference(void *arg, const char *view, const char *subject, const char *figure, const char *ours,
                          const char *chain)
{
    struct found *f = arg;
    if (!f->json) {
        printf("%s of %s%s%s: ours %s, the chain's %s\n", view, subject, *figure != '\0' ? ", " : "", figure, ours,
               chain);
        fflush(stdout);
        return;
    }
    const char *const members[][2] = {{"view", view},
                                      {"subject", subject},
                                      {"figure", figure},
                                      {"ours", ours},
                                      {"chain", chain}};
    jw_object(&f->list);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        jw_key(&f->list, members[i][0]);
        jw_text(&f->list, members[i][1]);
    }
    jw_object_end(&f->list);
}

static void print_chain_report(const struct reconcile_options *o, const struct reconcile_report *r)
{
    char hash[HASH_TEXT + 1];
    hash_format(r->block, hash);
    printf("block         %" PRIu64 " %s\nseed          %" PRIu64 "\n", r->number, hash, o->seed);
    for (size_t i = 0; i < r->n_kinds; i++) {
        const struct reconcile_count *k = &r->kinds[i];
        if (k->checked + k->unchecked > 0)
            printf("  %-50s %8" PRIu64 " checked %6" PRIu64 " differ %6" PRIu64 " not checked\n", k->view, k->checked,
                   k->differences, k->unchecked);
    }
    printf("checked       %" PRIu64 "\ndifferences   %" PRIu64 "\nnot checked   %" PRIu64 "\n", r->checked,
           r->differences, r->unchecked);
    for (int why = CHECKED + 1; why < UNCHECKED_COUNT; why++)
        if (r->unchecked_by[why] > 0)
            printf("  %" PRIu64 ": %s\n", r->unchecked_by[why], unchecked_text((enum unchecked)why));
    if (r->unchecked > 0)
        printf("  the first: %s\n", r->first_unchecked);
}

static void print_chain_report_json(const struct reconcile_options *o, const struct reconcile_report *r,
                                    const struct found *f)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    jw_start(&w, &out);
    jw_object(&w);
    jw_key(&w, "block"), jw_u64(&w, r->number);
    jw_key(&w, "hash"), jw_hash(&w, r->block);
    jw_key(&w, "seed"), jw_u64(&w, o->seed);
    jw_key(&w, "checked"), jw_u64(&w, r->checked);
    jw_key(&w, "unchecked"), jw_u64(&w, r->unchecked);
    jw_key(&w, "differences"), jw_raw(&w, (const char *)f->text.p, f->text.n);
    jw_key(&w, "views"), jw_array(&w);
    for (size_t i = 0; i < r->n_kinds; i++) {
        jw_object(&w);
        jw_key(&w, "view"), jw_text(&w, r->kinds[i].view);
        jw_key(&w, "checked"), jw_u64(&w, r->kinds[i].checked);
        jw_key(&w, "differences"), jw_u64(&w, r->kinds[i].differences);
        jw_key(&w, "unchecked"), jw_u64(&w, r->kinds[i].unchecked);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_key(&w, "unchecked_because"), jw_object(&w);
    for (int why = CHECKED + 1; why < UNCHECKED_COUNT; why++)
        if (r->unchecked_by[why] > 0) {
            jw_key(&w, unchecked_text((enum unchecked)why));
            jw_u64(&w, r->unchecked_by[why]);
        }
    jw_object_end(&w);
    jw_object_end(&w);
    printf("%.*s\n", (int)out.n, (const char *)out.p);
}

/* ERR_FIELD: a value of an option is malformed. */
static enum err read_options(const struct command *c, struct reconcile_options *o)
{
    const struct config *config = c->config;
    *o = (struct reconcile_options){
        .timeout_ms = (unsigned)config_number(config, "timeout-ms"),
        .sample = config_flag(config, "all") ? 0 : config_number(config, "sample"),
        .tell = true,
        .stop = c->stop,
    };
    o->urls = config_list(config, "source", &o->n_urls);
    uint32_t seed; /* short enough to be typed again */
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return err_with(ERR_IO, "no random numbers");
    o->seed = config_given(config, "seed") ? config_number(config, "seed") : seed;
    return reconcile_at_parse(config_text(config, "at"), o);
}

static enum err against_chain(const struct command *c, const struct session *s, const struct reconcile_options *o,
                              uint64_t *differences)
{
    struct reconcile_report report;
    struct found found = {.json = config_flag(c->config, "json")};
    jw_start(&found.list, &found.text);
    jw_array(&found.list);
    struct reconcile_options own = *o;
    own.differ = on_difference;
    own.arg = &found;
    enum err e = reconcile_run(s->database, &own, &report);
    jw_array_end(&found.list);
    if (e == OK && found.json)
        print_chain_report_json(o, &report, &found);
    else if (e == OK)
        print_chain_report(o, &report);
    buffer_done(&found.text);
    if (e == OK && report.checked == 0 && report.unchecked > 0)
        return err_with(ERR_SOURCE, "nothing could be checked: %s", report.first_unchecked);
    if (e == OK)
        *differences = report.differences;
    return e;
}

/* OK, or misuse, which has been told. */
static enum status check_options(const struct command *c, struct reconcile_options *o)
{
    static const char *const belonging[] = {"sample", "all", "seed", "at"};
    if (!config_flag(c->config, "against-chain")) {
        for (size_t i = 0; i < sizeof belonging / sizeof *belonging; i++)
            if (config_given(c->config, belonging[i]))
                return command_misused(c, "--sample, --all, --seed and --at go with --against-chain");
        return STATUS_OK;
    }
    size_t n;
    const char *const *sources = config_list(c->config, "source", &n);
    if (n == 0)
        return command_misused(c, "--against-chain asks a node: --source is missing");
    if (!source_is_url(sources[0]))
        return command_misused(c, "--against-chain asks a node: --source is an archive file");
    if (config_flag(c->config, "all") && config_given(c->config, "sample"))
        return command_misused(c, "--all and --sample exclude each other");
    return read_options(c, o) == OK ? STATUS_OK : command_misused(c, err_detail());
}

enum status command_verify(const struct command *c)
{
    struct session s;
    struct reconcile_options options;
    uint64_t differences = 0;
    enum status status = check_options(c, &options);
    if (status != STATUS_OK)
        return status;
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = command_check_schema(&s, "altledger verify");
    if (e == OK)
        e = config_flag(c->config, "against-chain") ? against_chain(c, &s, &options, &differences)
                                                    : against_events(c, &s, &differences);
    /* One that was stopped has verified nothing: not 0. */
    status = e == ERR_STOPPED  ? STATUS_FAILED
             : e != OK         ? command_failed(c, e)
             : differences > 0 ? STATUS_FAILED
                               : STATUS_OK;
    session_close(&s);
    return status;
}

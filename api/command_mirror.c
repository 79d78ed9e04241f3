/* api/command_mirror.c - altledger mirror, rebuild and verify: the commands that write and check the books. */
#include <inttypes.h>
#include <stdio.h>

#include "api/command.h"
#include "ledger/core/log.h"
#include "ledger/mirror/rebuild.h"
#include "ledger/mirror/verify.h"

static enum err mirror(const struct command *c, const struct session *s, const struct network *network)
{
    unsigned applied;
    TRY(session_migrate(s, c->stop, &applied));
    struct mirror_options o = command_mirror_options(c, s, network);
    o.once = config_flag(c->config, "once");
    return mirror_run(&o);
}

static enum status mirror_and_tell(const struct command *c, const struct session *s, const struct network *network)
{
    enum err e = mirror(c, s, network);
    return e == OK ? STATUS_OK : command_failed(c, e);
}

enum status command_mirror(const struct command *c)
{
    return command_with_network(c, SESSION_MAKES, mirror_and_tell);
}

/* The schema must be ours. */
static enum err check_schema(const struct session *s, const char *application)
{
    struct db *db = NULL;
    TRY(session_read(s, application, &db));
    db_close(db);
    return OK;
}

static enum err rebuild(const struct command *c, const struct session *s, const struct network *network)
{
    TRY(check_schema(s, "altledger rebuild"));
    struct rebuild_options o = {
        .writer_conninfo = s->writer,
        .network = network,
        .timeout_ms = (unsigned)config_number(c->config, "timeout-ms"),
        .force = config_flag(c->config, "force"),
        .stop = c->stop,
    };
    o.locations = config_list(c->config, "source", &o.n_locations);
    return rebuild_run(&o);
}

static enum status rebuild_and_tell(const struct command *c, const struct session *s, const struct network *network)
{
    enum err e = rebuild(c, s, network);
    return e == OK ? STATUS_OK : command_failed(c, e);
}

enum status command_rebuild(const struct command *c)
{
    return command_with_network(c, SESSION_READS, rebuild_and_tell);
}

static void print_report(const struct verify_report *r)
{
    char root[HASH_TEXT + 1];
    hash_format(r->root, root);
    printf("head          %" PRId64 "\nroot          %s\nblocks        %" PRIu64 "\nevents        %" PRIu64
           "\nrows          %" PRIu64 "\ndifferences   %" PRIu64 "\n",
           r->head, root, r->blocks, r->events, r->rows, r->differences);
    for (size_t i = 0; i < r->n_named; i++)
        printf("  %s\n", r->named[i]);
}

static void print_report_json(const struct verify_report *r)
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
    jw_key(&w, "differences"), jw_u64(&w, r->differences);
    jw_key(&w, "first_differences"), jw_array(&w);
    for (size_t i = 0; i < r->n_named; i++)
        jw_text(&w, r->named[i]);
    jw_array_end(&w);
    jw_object_end(&w);
    printf("%.*s\n", (int)out.n, (const char *)out.p);
}

static enum err verify(const struct command *c, const struct session *s, struct verify_report *report)
{
    TRY(check_schema(s, "altledger verify"));
    TRY(verify_run(s->database, c->stop, report));
    if (config_flag(c->config, "json"))
        print_report_json(report);
    else
        print_report(report);
    return OK;
}

enum status command_verify(const struct command *c)
{
    struct session s;
    struct verify_report report = {.differences = 0};
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = verify(c, &s, &report);
    /* One that was stopped has verified nothing: not 0. */
    enum status status = e == ERR_STOPPED         ? STATUS_FAILED
                         : e != OK                ? command_failed(c, e)
                         : report.differences > 0 ? STATUS_FAILED
                                                  : STATUS_OK;
    session_close(&s);
    return status;
}

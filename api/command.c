/* api/command.c - see command.h. */
#include "api/command.h"

#include <stdio.h>
#include <string.h>

#include "api/server.h"
#include "governance/space.h"
#include "ledger/core/log.h"

enum status command_failed(const struct command *c, enum err e)
{
    if (e == ERR_STOPPED || (atomic_load(c->stop) && e == ERR_DB_LOST))
        return STATUS_OK;
    const char *detail = err_detail();
    if (*detail != '\0')
        log_error(c->name, "%s (%s)", detail, err_text(e));
    else
        log_error(c->name, "%s", err_text(e));
    return STATUS_FAILED;
}

enum status command_misused(const struct command *c, const char *sentence)
{
    fprintf(stderr, "altledger: %s: %s: see altledger %s --help\n", c->name, sentence, c->name);
    return STATUS_MISUSED;
}

enum status command_check(const struct command *c)
{
    size_t n;
    const char *const *sources = config_list(c->config, "source", &n);
    enum err e = n > 0 ? source_check_locations(sources, n) : OK;
    if (e == OK)
        e = server_check_listen(config_text(c->config, "listen"));
    return e == OK ? STATUS_OK : command_misused(c, err_detail());
}

enum err command_check_schema(const struct session *s, const char *application)
{
    struct db *db = NULL;
    TRY(session_read(s, application, &db));
    db_close(db);
    return OK;
}

static enum prove_logs prove_logs(const struct config *config)
{
    const char *text = config_text(config, "prove-logs");
    return strcmp(text, "all") == 0 ? PROVE_ALL : strcmp(text, "off") == 0 ? PROVE_OFF : PROVE_TAIL;
}

struct mirror_options command_mirror_options(const struct command *c, const struct session *s,
                                             const struct network *network)
{
    struct mirror_options o = {
        .writer_conninfo = s->writer,
        .network = network,
        .prove = prove_logs(c->config),
        .poll_ms = (unsigned)config_number(c->config, "poll-ms"),
        .timeout_ms = (unsigned)config_number(c->config, "timeout-ms"),
        .batch_blocks = config_number(c->config, "batch-blocks"),
        .batch_logs = config_number(c->config, "batch-logs"),
        .stop = c->stop,
    };
    o.locations = config_list(c->config, "source", &o.n_locations);
    return o;
}

enum err command_audit(const struct command *c, const struct session *s, struct audit **out)
{
    struct audit_options o = {
        .conninfo = s->writer,
        .timeout_ms = (unsigned)config_number(c->config, "timeout-ms"),
        .interval_seconds = (unsigned)config_number(c->config, "audit-interval"),
    };
    o.urls = config_list(c->config, "source", &o.n_urls);
    *out = NULL;
    return o.interval_seconds > 0 && source_is_url(o.urls[0]) ? audit_start(&o, out) : OK;
}

/* The mirror keeps the file's spaces as they are; what they may say is known here. */
static enum err load_network(const char *path, struct network *out)
{
    AUTO_ARENA arena = {0};
    struct space *spaces;
    size_t n;
    TRY(network_load(path, out));
    if (spaces_parse(out->file, &arena, &spaces, &n) == OK)
        return OK;
    char detail[400];
    snprintf(detail, sizeof detail, "%s", err_detail());
    network_done(out);
    return err_with(ERR_CONFIG, "network file %s: %s", path, detail);
}

enum status command_with_network(const struct command *c, enum session_kind kind,
                                 enum status (*work)(const struct command *, const struct session *,
                                                     const struct network *))
{
    size_t n_sources;
    config_list(c->config, "source", &n_sources);
    if (config_text(c->config, "network") == NULL)
        return command_misused(c, "--network is missing");
    if (kind == SESSION_MAKES && n_sources == 0)
        return command_misused(c, "--source is missing");
    struct network network;
    struct session s;
    enum err e = load_network(config_text(c->config, "network"), &network);
    if (e != OK)
        return command_failed(c, e);
    enum status status;
    e = session_open(c->config, kind, &s);
    if (e != OK) {
        status = command_failed(c, e);
    } else {
        status = work(c, &s, &network);
        session_close(&s);
    }
    network_done(&network);
    return status;
}

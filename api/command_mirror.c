/* api/command_mirror.c - altledger mirror and rebuild: the commands that write the books. */
#include "api/command.h"
#include "ledger/mirror/rebuild.h"

static enum err mirror(const struct command *c, const struct session *s, const struct network *network)
{
    unsigned applied;
    TRY(session_migrate(s, c->stop, &applied));
    struct mirror_options o = command_mirror_options(c, s, network);
    o.once = config_flag(c->config, "once");
    struct audit *audit = NULL;
    if (!o.once)
        TRY(command_audit(c, s, &audit));
    enum err e = mirror_run(&o);
    audit_stop(audit);
    return e;
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

static enum err rebuild(const struct command *c, const struct session *s, const struct network *network)
{
    TRY(command_check_schema(s, "altledger rebuild"));
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

/* tests/support/pg.c - see pg.h. */
#include "tests/support/pg.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/core/cluster.h"
#include "ledger/core/log.h"
#include "ledger/core/migrate.h"

static struct {
    struct arena arena;
    struct cluster *cluster;
    const char *login, *admin; /* conninfos without a database */
    char directory[128];
    int reaper; /* our end of a pipe; when it closes, the reaper cleans up */
    pid_t reaper_pid;
    unsigned databases;
    bool template_made;
} pg = {.reaper = -1};

static void must(enum err e, const char *what)
{
    if (e == OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, err_text(e), err_detail());
    abort();
}

/* A child that outlives a crash of the test, stops what is left of the cluster and removes it. */
static void start_reaper(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) /* the cluster must not hold our end open */
        abort();
    pg.reaper_pid = fork();
    if (pg.reaper_pid == 0) {
        setsid();
        close(ends[1]);
        dup2(ends[0], STDIN_FILENO);
        static const char script[] = "cat > /dev/null; p=$(head -n 1 \"$1/postgres/data/postmaster.pid\" 2>/dev/null);"
                                     "[ -z \"$p\" ] || kill -QUIT \"$p\"; sleep 0.1; rm -rf -- \"$1\"";
        execl("/bin/sh", "sh", "-c", script, "reaper", pg.directory, (char *)NULL);
        _exit(1);
    }
    close(ends[0]);
    pg.reaper = ends[1];
}

static void start_cluster(void)
{
    const char *given = getenv("TMPDIR"), *base = given != NULL && *given != '\0' ? given : "/tmp";
    int length = snprintf(pg.directory, sizeof pg.directory, "%s/altledger-test-%d", base, (int)getpid());
    must(length > 0 && (size_t)length < sizeof pg.directory ? OK : ERR_OVERFLOW, "the name of TMPDIR");
    start_reaper();
    must(cluster_open(pg.directory, &pg.cluster), "cluster_open");
    pg.login = cluster_conninfo(pg.cluster);
    pg.admin = cluster_admin_conninfo(pg.cluster);
    struct db *db = pg_open(pg.admin, NULL);
    must(db_script(db, "ALTER SYSTEM SET fsync = off"), "fsync");
    must(db_script(db, "ALTER SYSTEM SET deadlock_timeout = '50ms'"), "deadlock_timeout");
    must(db_script(db, "SELECT pg_catalog.pg_reload_conf()"), "reload");
    db_close(db);
}

static void use_server(const char *conninfo)
{
    static const char login[] = "DO $$ BEGIN CREATE ROLE altledger LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR "
                                "unique_violation THEN NULL; END $$";
    pg.admin = conninfo;
    pg.login = arena_printf(&pg.arena, "%s user=altledger", conninfo);
    struct db *db = pg_open(pg.admin, NULL);
    must(db_script(db, login), "login");
    db_close(db);
}

void pg_start(void)
{
    log_setup(false, LOG_WARN);
    const char *given = getenv("ALTLEDGER_TEST_DATABASE");
    if (given != NULL && *given != '\0')
        use_server(given);
    else
        start_cluster();
}

static const char *name_next(void)
{
    return arena_printf(&pg.arena, "test_%d_%u", (int)getpid(), pg.databases++);
}

static const char *with_database(const char *conninfo, const char *name)
{
    return arena_printf(&pg.arena, "%s dbname=%s", conninfo, name);
}

static void create(const char *name, const char *template)
{
    struct db *db = pg_open(pg.admin, NULL);
    must(db_script(db, arena_printf(&pg.arena, "CREATE DATABASE %s TEMPLATE %s", name, template)), "CREATE DATABASE");
    db_close(db);
    db = pg_open(with_database(pg.admin, name), NULL);
    must(db_script(db, "SET altledger.login = 'altledger'"), "login");
    must(migrate_roles(db), "roles");
    db_close(db);
}

const char *pg_empty(void)
{
    const char *name = name_next();
    create(name, "template0");
    return with_database(pg.login, name);
}

const char *pg_fresh(void)
{
    const char *template = arena_printf(&pg.arena, "test_%d_template", (int)getpid());
    if (!pg.template_made) {
        unsigned applied;
        create(template, "template0");
        struct db *db = pg_open(with_database(pg.login, template), NULL);
        must(migrate(db, &applied), "migrate");
        db_close(db);
        pg.template_made = true;
    }
    const char *name = name_next();
    create(name, template);
    return with_database(pg.login, name);
}

const char *pg_admin(const char *conninfo)
{
    return with_database(pg.admin, strstr(conninfo, "dbname=test_") + strlen("dbname="));
}

struct db *pg_open(const char *conninfo, const char *role)
{
    struct db *db = NULL;
    must(db_open(conninfo, role, "test", &db), "db_open");
    return db;
}

static void drop(struct db *db, const char *name)
{
    must(db_script(db, arena_printf(&pg.arena, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name)), "DROP DATABASE");
}

/* Of a server that is not ours. */
static void drop_databases(void)
{
    struct db *db = pg_open(pg.admin, NULL);
    for (unsigned i = 0; i < pg.databases; i++)
        drop(db, arena_printf(&pg.arena, "test_%d_%u", (int)getpid(), i));
    drop(db, arena_printf(&pg.arena, "test_%d_template", (int)getpid()));
    db_close(db);
}

void pg_stop(void)
{
    if (pg.cluster == NULL)
        drop_databases();
    cluster_close(pg.cluster);
    pg.cluster = NULL;
    arena_done(&pg.arena);
    if (pg.reaper >= 0) {
        close(pg.reaper);
        waitpid(pg.reaper_pid, NULL, 0);
        pg.reaper = -1;
    }
}

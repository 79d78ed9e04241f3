/* tests/ledger/core/test_cluster.c - the private cluster: made, shared, recovered and stopped, wherever its directory lies. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/core/cluster.h"
#include "ledger/core/db.h"
#include "ledger/core/log.h"
#include "ledger/core/process.h"
#include "tests/support/unit.h"

static char base[64];

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(process_run(&(struct user){.uid = geteuid(), .gid = getegid()},
                                 (const char *const[]){"/bin/sh", "-c", command, NULL}, STDERR_FILENO),
                     OK);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(base, sizeof base, "/tmp/altledger-cluster-%d", (int)getpid());
    shell("rm -rf %s", base);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shell("rm -rf %s", base);
    return 0;
}

static void assert_works(const struct cluster *c)
{
    struct db *db = NULL;
    assert_int_equal(db_open(cluster_conninfo(c), NULL, "test", &db), OK);
    assert_int_equal(db_script(db, "SET ROLE altledger_owner; CREATE TEMPORARY TABLE t (x int)"), OK);
    db_close(db);
}

static bool runs(const char *directory)
{
    char path[256];
    snprintf(path, sizeof path, "%s/data/postmaster.pid", directory);
    return access(path, F_OK) == 0;
}

static void cluster__is_made_started_and_stopped(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    assert_works(c);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    assert_true(runs(directory));
    cluster_close(c);
    assert_false(runs(directory));
}

static void cluster__login_is_nothing_before_set_role(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    struct db *db = NULL;
    AUTO_ROWS rows = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    assert_int_equal(db_open(cluster_conninfo(c), NULL, "test", &db), OK);
    assert_int_equal(
        db_query(db,
                 "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR rolinherit "
                 "FROM pg_catalog.pg_roles WHERE rolname = current_user",
                 WITH_NOTHING, &rows),
        OK);
    assert_false(rows_bool(rows, 0, 0));
    assert_int_equal(db_script(db, "CREATE SCHEMA mine"), ERR_DB);
    db_close(db);
    cluster_close(c);
}

static void cluster__last_one_out_stops_it(void **state)
{
    (void)state;
    struct cluster *first = NULL, *second = NULL;
    assert_int_equal(cluster_open(base, &first), OK);
    assert_int_equal(cluster_open(base, &second), OK);
    cluster_close(first);
    assert_works(second);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(second));
    cluster_close(second);
    assert_false(runs(directory));
}

static void cluster__leaves_running_what_it_did_not_start(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    shell("echo 1 > %s/started", directory); /* as if an administrator had started this one */
    cluster_close(c);
    assert_true(runs(directory));
    shell("head -n 1 %s/data/postmaster.pid > %s/started", directory, directory);
    assert_int_equal(cluster_open(base, &c), OK);
    cluster_close(c);
    assert_false(runs(directory));
}

static void cluster__survives_kill_9_and_a_stale_pid_file(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    shell("kill -9 $(head -n 1 %s/data/postmaster.pid)", directory);
    /* the pid in the file now belongs to a program that lives but is no PostgreSQL */
    shell("sed -i '1s/.*/%d/' %s/data/postmaster.pid", (int)getpid(), directory);
    struct cluster *again = NULL;
    assert_int_equal(cluster_open(base, &again), OK);
    assert_works(again);
    cluster_close(c);
    cluster_close(again);
    assert_false(runs(directory));
}

/* Returns when it is dead: the signal alone takes effect later. */
static void kill_9(const char *directory)
{
    shell("p=$(head -n 1 %s/data/postmaster.pid); kill -9 $p; while readlink /proc/$p/cwd; do sleep 0.02; done",
          directory);
}

static void cluster__is_revived_after_kill_9(void **state)
{
    (void)state;
    const atomic_bool stop = false, hurry = true;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    assert_int_equal(cluster_revive(c, &stop), OK); /* it runs: nothing happens */
    assert_works(c);
    for (int i = 0; i < 2; i++) {
        kill_9(directory);
        enum err e = ERR_IO;
        for (int tries = 0; e != OK && tries < 20; tries++)
            e = cluster_revive(c, &stop);
        assert_int_equal(e, OK);
        assert_works(c);
    }
    kill_9(directory);
    assert_int_equal(cluster_revive(c, &hurry), ERR_STOPPED); /* does not wait, leaves nothing behind */
    cluster_close(c);
    assert_false(runs(directory));
}

static void cluster__is_not_revived_if_others_started_it(void **state)
{
    (void)state;
    const atomic_bool stop = false;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    shell("echo 1 > %s/started", directory); /* as if an administrator had started this one */
    assert_int_equal(cluster_revive(c, &stop), OK);
    shell("kill -INT $(head -n 1 %s/data/postmaster.pid); while [ -e %s/data/postmaster.pid ]; do sleep 0.1; done",
          directory, directory);
    assert_int_equal(cluster_revive(c, &stop), OK);
    assert_false(runs(directory));
    cluster_close(c);
}

static void cluster_exists__makes_nothing(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    assert_false(cluster_exists(base));
    assert_int_equal(access(base, F_OK), -1);
    assert_int_equal(cluster_open(base, &c), OK);
    cluster_close(c);
    assert_true(cluster_exists(base));
}

static void cluster__takes_a_half_made_one_for_none(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    shell("mkdir -p %s/postgres/data.new && chmod 700 %s/postgres && touch %s/postgres/data.new/junk", base, base,
          base);
    struct user u;
    assert_int_equal(user_unprivileged(&u), OK);
    if (geteuid() == 0)
        shell("chown -R %s %s/postgres", u.name, base);
    assert_int_equal(cluster_open(base, &c), OK);
    assert_works(c);
    cluster_close(c);
}

static void cluster__moves_the_socket_of_a_long_path(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/%090d", base, 1);
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(path, &c), OK);
    assert_works(c);
    assert_null(strstr(cluster_conninfo(c), path));
    struct stat s;
    char socket[256];
    assert_int_equal(sscanf(cluster_conninfo(c), "host='%255[^']'", socket), 1);
    assert_int_equal(stat(socket, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0700);
    cluster_close(c);
    assert_int_equal(rmdir(socket), 0);
}

static void cluster__lies_elsewhere_if_its_user_cannot_enter(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    shell("mkdir -p %s/home && chmod 700 %s/home", base, base);
    char path[128];
    snprintf(path, sizeof path, "%s/home/var", base);
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(path, &c), OK);
    assert_works(c);
    assert_non_null(strstr(cluster_directory(c), "/var/lib/altledger/home-var-"));
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    cluster_close(c);
    assert_int_equal(cluster_open(path, &c), OK); /* and is found there again */
    assert_string_equal(cluster_directory(c), directory);
    cluster_close(c);
    assert_true(cluster_exists(path));
    shell("rm -rf %s", directory);
}

static void cluster__refuses_a_socket_directory_of_others(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    cluster_close(c);
    shell("chmod 755 %s/socket", directory);
    assert_int_equal(cluster_open(base, &c), ERR_CONFIG);
    assert_non_null(strstr(err_detail(), "mode 0700"));
}

static void cluster__tells_why_it_does_not_start(void **state)
{
    (void)state;
    struct cluster *c = NULL;
    assert_int_equal(cluster_open(base, &c), OK);
    char directory[256];
    snprintf(directory, sizeof directory, "%s", cluster_directory(c));
    cluster_close(c);
    shell("echo broken > %s/data/global/pg_control", directory);
    struct cluster *untouched = (struct cluster *)&base;
    assert_int_equal(cluster_open(base, &untouched), ERR_IO);
    assert_ptr_equal(untouched, &base);
    assert_non_null(strstr(err_detail(), "did not start"));
}

int main(void)
{
    log_setup(false, LOG_ERROR);
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(cluster__is_made_started_and_stopped),
        CASE(cluster__login_is_nothing_before_set_role),
        CASE(cluster__last_one_out_stops_it),
        CASE(cluster__leaves_running_what_it_did_not_start),
        CASE(cluster__survives_kill_9_and_a_stale_pid_file),
        CASE(cluster__is_revived_after_kill_9),
        CASE(cluster__is_not_revived_if_others_started_it),
        CASE(cluster_exists__makes_nothing),
        CASE(cluster__takes_a_half_made_one_for_none),
        CASE(cluster__moves_the_socket_of_a_long_path),
        CASE(cluster__lies_elsewhere_if_its_user_cannot_enter),
        CASE(cluster__refuses_a_socket_directory_of_others),
        CASE(cluster__tells_why_it_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

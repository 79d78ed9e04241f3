/* tests/api/test_operator_reads.c - the functions of sql/0023_operator_rewards.sql on rows made by hand: what no chain of the tests has. */
#include "tests/support/script.h"

static struct db *db;

/* Short names for keys; `b(block, n)` is the n-th position of a block; block n has the time of 100 * n seconds, and the network one RewardsCoordinator, C. */
static const char prelude[] =
    "SET session_replication_role = replica; SET search_path = public;"
    "CREATE FUNCTION public.a(name text) RETURNS bytea LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT CASE name WHEN 'nobody' THEN decode(repeat('00', 20), 'hex') ELSE decode(repeat(encode(name::bytea, 'hex'), 20), 'hex') END $$;"
    "CREATE FUNCTION public.n(key bytea) RETURNS text LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT coalesce(convert_from(substr(key, 1, 1), 'UTF8'), '-') $$;"
    "CREATE FUNCTION public.h(name text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT a(name) || substr(a(name), 1, 12) $$;"
    "CREATE FUNCTION public.b(block bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT block << 32 | n $$;"
    "CREATE PROCEDURE public.root(number bigint, block bigint, day bigint, activated bigint, disabled boolean) LANGUAGE sql AS"
    " $$ INSERT INTO ledger.reward_root VALUES (number, a('C'), b(block, 1), 1, h('r'), (day + 1) * 86400, activated, disabled) $$;"
    "CREATE PROCEDURE public.split(operator text, avs text, id bigint, block bigint, activated bigint, old bigint, new bigint, first boolean)"
    " LANGUAGE sql AS $$ INSERT INTO ledger.reward_split VALUES (a(operator), a(avs), id, a('C'), b(block, 2), 2, activated, old, new, first) $$;";

static int set_up(void **state)
{
    (void)state;
    db = script_open(prelude);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(db);
    return 0;
}

static void run(const char *script)
{
    script_run(db, script);
}

static void says(const char *sql, const char *expected)
{
    script_says(db, sql, expected);
}

static void chain(void)
{
    run("INSERT INTO mirror.block SELECT i, i, decode(lpad(to_hex(i), 64, '0'), 'hex'), h('b'),"
        "  to_timestamp(100 * i), 0 FROM generate_series(1, 50) i;"
        "INSERT INTO mirror.chain SELECT i, i FROM generate_series(1, 50) i;"
        "UPDATE mirror.cursor SET network = '{\"contracts\": [{\"kind\": \"eigenlayer.rewards_coordinator\", \"address\": \"0x'"
        "  || encode(a('C'), 'hex') || '\"}]}'");
}

#define ACTIVE(block) "SELECT api_v1.reward_active_day(a('C'), b(" block ", 4294967295))::text"

static void active_root__is_the_newest_that_is_active_and_not_disabled(void **state)
{
    (void)state;
    chain();
    says(ACTIVE("5"), "none");
    /* Root 0 is active from second 1000, root 1 from 2000 and disabled in block 30, root 2 from 4000. */
    run("CALL root(0, 6, 3, 1000, false); CALL root(1, 12, 5, 2000, false); CALL root(1, 30, 5, 2000, true); CALL root(2, 35, 7, 4000, false)");
    says(ACTIVE("6"), "none");
    says(ACTIVE("9"), "none");
    says(ACTIVE("10"), "3");
    says(ACTIVE("19"), "3");
    says(ACTIVE("20"), "5");
    says(ACTIVE("29"), "5");
    says(ACTIVE("30"), "3");
    says(ACTIVE("39"), "3");
    says(ACTIVE("40"), "7");
}

#define SUMMARY(block)                                                                                           \
    "SELECT string_agg(concat_ws(' ', n(s.distributor), n(s.token), s.earned, s.active, s.claimable, s.claimed," \
    " s.open, coalesce(s.active_day::text, '-')), ', ' ORDER BY s.token)"                                        \
    " FROM api_v1.reward_summary(a('e'), b(" block ", 4294967295)) s"

static void summary__is_active_up_to_the_day_of_the_root(void **state)
{
    (void)state;
    /* Earned 100 for day 3, 50 more for day 5, 7 more for day 6; claimed 120. Of token U a claim of what was never earned. */
    run("INSERT INTO ledger.account VALUES (1, 61, a('T'), a('e'), a('C'), b(8, 1)), (2, 62, a('T'), a('e'), a('C'), b(25, 1)),"
        " (3, 62, a('U'), a('e'), a('C'), b(25, 2));"
        "INSERT INTO ledger.entry VALUES (1, b(8, 1), -2, 0, 100, 100, 9), (1, b(14, 1), -2, 0, 50, 150, 9), (1, b(16, 1), -2, 0, 7, 157, 9),"
        " (2, b(25, 1), 0, 0, 120, 120, 9), (3, b(25, 2), 0, 0, 4, 4, 9);"
        "INSERT INTO ledger.reward_distribution VALUES (3, a('C'), b(8, 5), 0, 1, h('r'), 1, 1, 1), (5, a('C'), b(14, 5), 0, 2, h('r'), 1, 1, 1),"
        " (6, a('C'), b(16, 5), 0, 3, h('r'), 1, 1, 1)");
    says(SUMMARY("7"), "none");
    says(SUMMARY("8"), "C T 100 0 0 0 100 -");
    says(SUMMARY("10"), "C T 100 100 100 0 100 3");
    says(SUMMARY("19"), "C T 157 100 100 0 157 3");
    says(SUMMARY("20"), "C T 157 150 150 0 157 5");
    says(SUMMARY("25"), "C T 157 150 30 120 37 5, C U 0 0 0 4 0 5");
    says(SUMMARY("30"), "C T 157 100 0 120 37 3, C U 0 0 0 4 0 3");
    says(SUMMARY("40"), "C T 157 157 37 120 37 7, C U 0 0 0 4 0 7");
}

#define SPLITS(block)                                                                                                    \
    "SELECT string_agg(concat_ws(' ', n(s.avs), coalesce(s.operator_set::text, '-'), s.bips, CASE WHEN s.is_default"     \
    " THEN 'default' END, s.next_bips, s.takes_effect_at), ', ' ORDER BY s.avs NULLS FIRST, s.operator_set NULLS FIRST)" \
    " FROM api_v1.operator_splits(a('o'), b(" block ", 4294967295)) s"

static void splits__are_what_is_in_force_and_what_comes(void **state)
{
    (void)state;
    says(SPLITS("3"), "- - 1000 default");
    run("CALL split('o', 'A', -1, 5, 1500, 1000, 2000, true); CALL split('o', 'A', -1, 16, 2500, 2000, 3000, false);"
        "CALL split('o', 'A', 4, 5, 400, 1000, 12000, true); CALL split('p', 'A', -1, 5, 100, 1000, 9999, true)");
    says(SPLITS("5"), "- - 1000 default, A - 1000 default 2000 1500, A 4 10000");
    says(SPLITS("15"), "- - 1000 default, A - 2000, A 4 10000");
    says(SPLITS("16"), "- - 1000 default, A - 2000 3000 2500, A 4 10000");
    says(SPLITS("25"), "- - 1000 default, A - 3000, A 4 10000");
    /* Where no event is in force the default of the day counts. */
    run("INSERT INTO ledger.reward_setting VALUES (2, a('C'), b(7, 1), 1, 700, a('nobody')); CALL split('o', 'nobody', -1, 8, 900, 0, 55, true)");
    says(SPLITS("8"), "- - 700 default 55 900, A - 700 default 2000 1500, A 4 10000");
    says(SPLITS("9"), "- - 55, A - 700 default 2000 1500, A 4 10000");
    /* Registration alone is enough to be told: with an AVS, and not any more. */
    run("INSERT INTO ledger.avs_registration VALUES (a('o'), a('B'), b(10, 1), 1, true), (a('o'), a('B'), b(12, 1), 1, false)");
    says(SPLITS("10"), "- - 55, A - 700 default 2000 1500, A 4 10000, B - 700 default");
    says(SPLITS("12"), "- - 55, A - 700 default 2000 1500, A 4 10000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_root__is_the_newest_that_is_active_and_not_disabled),
        cmocka_unit_test(summary__is_active_up_to_the_day_of_the_root),
        cmocka_unit_test(splits__are_what_is_in_force_and_what_comes),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    pg_stop();
    return failed;
}

/* tests/api/test_slash_reads.c - the functions of sql/0009_slash_reads.sql on rows made by hand: what no chain of the tests has. */
#include "tests/support/script.h"

static struct db *db;

/* Short names for keys; `b(block, n)` is the n-th position of a block. Rows of the books are put in past their guards. */
static const char prelude[] =
    "SET session_replication_role = replica; SET search_path = public;"
    "CREATE FUNCTION public.a(name text) RETURNS bytea LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT CASE name WHEN 'eth' THEN '\\xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0'::bytea"
    "   WHEN 'nobody' THEN decode(repeat('00', 20), 'hex') ELSE decode(repeat(encode(name::bytea, 'hex'), 20), 'hex') END $$;"
    "CREATE FUNCTION public.n(key bytea) RETURNS text LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT convert_from(substr(key, 1, 1), 'UTF8') $$;"
    "CREATE FUNCTION public.b(block bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT block << 32 | n $$;"
    "CREATE PROCEDURE public.deposit(id bigint, staker text, strategy text, block bigint, shares numeric) LANGUAGE sql AS"
    " $$ INSERT INTO ledger.account VALUES (id, 6, a(strategy), a(staker), '', b(block, 0));"
    "    INSERT INTO ledger.entry VALUES (id, b(block, 0), 0, 0, shares, shares, 0) $$;"
    "CREATE PROCEDURE public.delegate(staker text, operator text, block bigint) LANGUAGE sql AS"
    " $$ INSERT INTO ledger.delegation VALUES (a(staker), b(block, 1), 1, a(operator)) $$;"
    "CREATE PROCEDURE public.queue(root text, staker text, block bigint, until bigint) LANGUAGE sql AS"
    " $$ INSERT INTO ledger.withdrawal VALUES (a(root) || substr(a(root), 1, 12), b(block, 5), 5, a(staker), a('O'), a(staker), 0,"
    "    block, until, 1, 0) $$;"
    "CREATE PROCEDURE public.item(root text, item bigint, strategy text, block bigint, scaled numeric) LANGUAGE sql AS"
    " $$ INSERT INTO ledger.withdrawal_share VALUES (a(root) || substr(a(root), 1, 12), item, b(block, 6 + item), 5, a(strategy),"
    "    scaled, scaled, scaled) $$";

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

#define STAKERS(block, beyond, most)                                                                             \
    "SELECT string_agg(n(s.staker) || ' ' || s.before || ' ' || s.after || CASE WHEN s.unknown THEN '?' ELSE ''" \
    " END, ', ' ORDER BY s.staker) FROM api_v1.slashed_stakers(a('O'), a('S'), b(" block                         \
    ", 99), 1e18::numeric(30), 5e17::numeric(30), " beyond ", " most ") s"

static void stakers__are_those_delegated_then_in_order(void **state)
{
    (void)state;
    run("CALL deposit(1, 'k', 'S', 1, 100); CALL deposit(2, 'l', 'S', 1, 201); CALL deposit(3, 'm', 'S', 1, 300);"
        "CALL deposit(4, 'p', 'S', 1, 400); CALL deposit(5, 'q', 'T', 1, 500);"
        "CALL delegate('m', 'O', 2); CALL delegate('k', 'O', 3); CALL delegate('q', 'O', 3); CALL delegate('p', 'P', 3);"
        "CALL delegate('l', 'O', 4); CALL delegate('m', 'nobody', 5); CALL delegate('m', 'P', 6);"
        "CALL delegate('m', 'nobody', 7); CALL delegate('m', 'O', 8)");
    says(STAKERS("2", "''", "NULL"), "m 300 150");
    says(STAKERS("4", "''", "NULL"), "k 100 50, l 201 100, m 300 150");
    says(STAKERS("5", "''", "NULL"), "k 100 50, l 201 100");
    says(STAKERS("6", "''", "NULL"), "k 100 50, l 201 100");
    says(STAKERS("8", "''", "NULL"), "k 100 50, l 201 100, m 300 150");
    says(STAKERS("8", "''", "2"), "k 100 50, l 201 100");
    says(STAKERS("8", "a('k')", "1"), "l 201 100");
    says(STAKERS("8", "NULL", "9"), "none");
    says(STAKERS("8", "a('m')", "1, true"), "l 201 100");
    says(STAKERS("8", "'\\xff'", "2, true"), "l 201 100, m 300 150");
}

static void stakers__of_whom_logs_leave_it_open_are_marked(void **state)
{
    (void)state;
    run("INSERT INTO ledger.deposit_doubt VALUES (a('k'), a('S'), b(9, 1), 1, 2), (a('k'), a('S'), b(10, 1), 1, 0);"
        "INSERT INTO ledger.scaling_factor VALUES (a('l'), a('S'), b(9, 2), 1, 2000000000000000000)");
    says(STAKERS("8", "''", "NULL"), "k 100 50, l 201 100, m 300 150");
    says(STAKERS("9", "''", "NULL"), "k 100 50?, l 402 201, m 300 150");
    says(STAKERS("10", "''", "NULL"), "k 100 50, l 402 201, m 300 150");
    says("SELECT l.stakers || ' ' || l.unknown || ' ' || l.staker_loss || ' ' || l.dust || ' ' || l.dust_loss FROM"
         " api_v1.slash_losses(a('O'), a('S'), b(9, 99), 9, 1e18::numeric(30), 5e17::numeric(30), 809) l",
         "3 1 351 7 3");
}

#define QUEUED(strategy, until, block)                                                                               \
    "SELECT string_agg(n(w.root) || ' ' || w.scaled || ' ' || w.before || ' ' || w.after, ', ' ORDER BY w.position)" \
    " FROM api_v1.slashed_withdrawals(a('O'), a('" strategy "'), " until ", " block ", 1e18::numeric(30),"           \
    " 25e16::numeric(30), -1, NULL) w"

static void withdrawals__are_reached_from_their_queueing_to_their_last_slashable_block(void **state)
{
    (void)state;
    run("CALL queue('v', 'k', 20, 30); CALL item('v', 0, 'S', 20, 1000);"
        "CALL queue('w', 'l', 25, 35); CALL item('w', 0, 'S', 25, 3); CALL item('w', 1, 'S', 25, 3); CALL item('w', 2, 'T', 25, 8);"
        "INSERT INTO ledger.withdrawal SELECT root, b(31, 1), 1, staker, operator, withdrawer, nonce, start_block, slashable_until,"
        " items, 1 FROM ledger.withdrawal WHERE root = a('v') || substr(a('v'), 1, 12)");
    says(QUEUED("S", "b(20, 4)", "20"), "none");
    says(QUEUED("S", "b(20, 5)", "20"), "v 1000 1000 250");
    says(QUEUED("S", "b(30, 9)", "30"), "v 1000 1000 250, w 6 6 0");
    says(QUEUED("S", "b(31, 0)", "31"), "w 6 6 0");
    says(QUEUED("T", "b(31, 0)", "31"), "w 8 8 2");
    says(QUEUED("S", "b(36, 0)", "36"), "none");
}

/* mulWad(m, l), then of each item by itself: "scaledShares.mulWad(slashingFactor)" */
static void beacon_chain_stake__bears_both_factors(void **state)
{
    (void)state;
    run("CALL deposit(6, 'k', 'eth', 40, 33); CALL queue('x', 'k', 41, 60); CALL item('x', 0, 'eth', 41, 1000);"
        "CALL item('x', 1, 'eth', 41, 3); INSERT INTO ledger.beacon_factor VALUES (a('k'), b(42, 1), 1, 500000000000000000)");
    says("SELECT before || ' ' || after FROM api_v1.slashed_stakers(a('O'), a('eth'), b(41, 99), 1e18::numeric(30),"
         " 5e17::numeric(30), '', NULL)",
         "33 16");
    says("SELECT before || ' ' || after FROM api_v1.slashed_stakers(a('O'), a('eth'), b(43, 0), 1e18::numeric(30),"
         " 5e17::numeric(30), '', NULL)",
         "16 8");
    says(QUEUED("eth", "b(43, 0)", "43"), "x 1003 501 125");
}

#define STATE(set, until, block)                                                                                         \
    "SELECT s.current || ' ' || s.pending || ' ' || s.effect_block || ' ' || s.encumbered || ' ' || s.encumbered_stored" \
    " FROM api_v1.slash_state(a('O'), a('A'), " set ", a('S'), " until ", " block ") s"

/* Set 1 gives 200 back in block 50, set 2 gives 50 in 52; set 3 takes 40 more in 60. Nobody clears before block 55. */
static void encumbrance__is_stored_until_a_deallocation_is_cleared(void **state)
{
    (void)state;
    run("INSERT INTO ledger.allocation VALUES (a('O'), a('A'), 1, a('S'), b(45, 1), 1, 300, -200, 50),"
        " (a('O'), a('A'), 2, a('S'), b(46, 1), 1, 100, -50, 52), (a('O'), a('A'), 3, a('S'), b(47, 1), 1, 160, 40, 60);"
        "INSERT INTO ledger.encumbered_magnitude VALUES (a('O'), a('S'), b(47, 2), 1, 600), (a('O'), a('S'), b(55, 1), 1, 400)");
    says(STATE("1", "b(49, 0)", "49"), "300 -200 50 600 600");
    says(STATE("1", "b(50, 0)", "50"), "100 0 0 400 400");
    says(STATE("2", "b(50, 0)", "50"), "100 -50 52 400 600");
    says(STATE("2", "b(54, 0)", "54"), "50 0 0 350 550");
    says(STATE("3", "b(54, 0)", "54"), "160 40 60 350 600");
    says(STATE("1", "b(55, 9)", "55"), "100 0 0 350 400"); /* set 1 is cleared, set 2 is not */
    says(STATE("2", "b(55, 9)", "55"), "50 0 0 350 350");
    says(STATE("3", "b(60, 0)", "60"), "200 0 0 350 400");
    says(STATE("4", "b(60, 0)", "60"), "0 0 0 350 400");
}

static void position_before__is_that_of_the_last_row_of_earlier_logs(void **state)
{
    (void)state;
    run("INSERT INTO ledger.max_magnitude VALUES (a('O'), a('S'), b(70, 3), 8, 5);"
        "INSERT INTO ledger.allocation VALUES (a('O'), a('A'), 1, a('S'), b(70, 2), 4, 1, 0, 0)");
    says(
        "SELECT string_agg((api_v1.position_before(70, l) - b(70, 0))::text, ' ' ORDER BY l) FROM generate_series(3, 9) l",
        "1 1 2 2 2 2 4294967295");
    says("SELECT (api_v1.position_before(71, 0) - b(71, 0))::text", "4294967295");
}

int main(void)
{
    pg_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stakers__are_those_delegated_then_in_order),
        cmocka_unit_test(stakers__of_whom_logs_leave_it_open_are_marked),
        cmocka_unit_test(withdrawals__are_reached_from_their_queueing_to_their_last_slashable_block),
        cmocka_unit_test(beacon_chain_stake__bears_both_factors),
        cmocka_unit_test(encumbrance__is_stored_until_a_deallocation_is_cleared),
        cmocka_unit_test(position_before__is_that_of_the_last_row_of_earlier_logs),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    pg_stop();
    return failed;
}

/* tests/governance/test_outcome.c - what SQL says of scores is what counting says: readers and the recount agree. */
#include <stdio.h>

#include "governance/count.h"
#include "ledger/core/db.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

enum { CASES = 2000, SCORES_MAX = 5 };

/* A seeded generator (xorshift), so that each run is the same. */
static uint64_t next(uint64_t below)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void sql__says_what_counting_says(void **unused)
{
    (void)unused;
    static const char sql[] =
        "SELECT o.quorum_reached, o.tie, coalesce(o.winner, 0), o.succeeded FROM api_v1.offchain_outcome($1, $2, $3, $4) o";
    struct db *db = pg_open(pg_fresh(), "altledger_api");
    for (int i = 0; i < CASES; i++) {
        struct amount scores[SCORES_MAX], power = amount_from_u64(next(9)), quorum = amount_from_u64(next(9));
        enum voting type = (enum voting)next(VOTING_COUNT);
        int16_t number = (int16_t)type;
        size_t n = 1 + next(SCORES_MAX);
        char text[SCORES_MAX * 8 + 3];
        int at = 0;
        for (size_t k = 0; k < n; k++) {
            uint64_t score = next(3);
            scores[k] = amount_from_u64(score);
            at += snprintf(text + at, sizeof text - (size_t)at, "%s\"%d\"", k == 0 ? "[" : ",", (int)score);
        }
        snprintf(text + at, sizeof text - (size_t)at, "]");
        const struct param in[] = {{T_I16, &number}, {T_TEXT, text}, {T_AMOUNT, &power}, {T_AMOUNT, &quorum}};
        AUTO_ROWS rows = NULL;
        assert_int_equal(db_query(db, sql, in, 4, &rows), OK);
        struct outcome o = count_outcome(type, n, scores, power, quorum);
        assert_int_equal(rows_bool(rows, 0, 0), o.quorum_reached);
        assert_int_equal(rows_bool(rows, 0, 1), o.tie);
        assert_int_equal(rows_i64(rows, 0, 2), o.winner);
        assert_int_equal(rows_bool(rows, 0, 3), o.succeeded);
    }
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sql__says_what_counting_says)};
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}

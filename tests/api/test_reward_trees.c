/* tests/api/test_reward_trees.c - leaves are the balances as of a position; trees are built once, kept within bounds, and only if the root is the booked one. */
#include "api/reward_trees.h"

#include <pthread.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/reward_leaves.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

enum { MANY = 70000, ASKERS = 4 }; /* more than one statement reads */

static const char *conninfo;
static struct db *db;
static const struct reward_leaves_watch nobody;

/* Distributor 1: accounts 1 .. MANY, of owners that scatter, two tokens; the odd ones rise from n to 2 n at position 2000000 + n. Distributor 2 has
 * one account; book 62 has another. */
static const char seed[] =
    "SET session_replication_role = replica;"
    "CREATE FUNCTION public.a(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT decode(lpad(to_hex(n), 40, '0'), 'hex') $$;"
    "INSERT INTO ledger.account SELECT n, 61, public.a(1000 + n % 2), public.a(n * 7919 % 1000003), public.a(1), n FROM generate_series(1, 70000) n;"
    "INSERT INTO ledger.entry SELECT n, n, -2, 0, n, n, 0 FROM generate_series(1, 70000) n;"
    "INSERT INTO ledger.entry SELECT n, 2000000 + n, -2, 0, n, 2 * n, 0 FROM generate_series(1, 70000, 2) n;"
    "INSERT INTO ledger.account VALUES (80000, 61, public.a(1000), public.a(5), public.a(2), 80000), (80001, 62, public.a(1000), public.a(5), public.a(1), 80001);"
    "INSERT INTO ledger.entry VALUES (80000, 80000, -2, 0, 9, 9, 0), (80001, 80001, -2, 0, 9, 9, 0);"
    "ANALYZE ledger.account; ANALYZE ledger.entry;";

static int set_up(void **state)
{
    (void)state;
    conninfo = pg_admin(pg_fresh());
    db = pg_open(conninfo, NULL);
    if (db_script(db, seed) != OK)
        fail_msg("%s", err_detail());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(db);
    return 0;
}

static struct address numbered(uint32_t n)
{
    struct address a = {{0}};
    for (int i = 0; i < 4; i++)
        a.b[19 - i] = (uint8_t)(n >> 8 * i);
    return a;
}

/* The sum of the leaves of a distributor as of a position, and how many they are. */
static uint64_t sum(uint32_t distributor, uint64_t position, size_t *n)
{
    AUTO_REWARD_LEAVES l = {.p = NULL};
    uint64_t all = 0, one;
    assert_int_equal(reward_leaves_read(db, numbered(distributor), position, &nobody, &l), OK);
    for (size_t i = 0; i < l.n; i++) {
        assert_int_equal(amount_to_u64(l.p[i].cumulative, &one), OK);
        all += one;
    }
    *n = l.n;
    return all;
}

static void leaves__are_balances_as_of_the_position(void **state)
{
    (void)state;
    size_t n;
    assert_int_equal(sum(1, 0, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(sum(1, 3, &n), 1 + 2 + 3);
    assert_int_equal(n, 3);
    assert_int_equal(sum(1, 1999999, &n), UINT64_C(70000) * 70001 / 2);
    assert_int_equal(n, MANY);
    assert_int_equal(sum(1, 2000003, &n), UINT64_C(70000) * 70001 / 2 + 1 + 3);
    assert_int_equal(sum(1, 9000000, &n), UINT64_C(70000) * 70001 / 2 + UINT64_C(35000) * 35000);
    assert_int_equal(n, MANY);
    assert_int_equal(sum(2, 9000000, &n), 9);
    assert_int_equal(n, 1);
    assert_int_equal(sum(3, 9000000, &n), 0);
}

/* What reward_trees_get is asked for: with the root that the books have. */
static struct tree_key key_of(uint32_t distributor, uint64_t position)
{
    AUTO_REWARD_LEAVES l = {.p = NULL};
    AUTO_ARENA arena = {0};
    struct reward_tree t;
    assert_int_equal(reward_leaves_read(db, numbered(distributor), position, &nobody, &l), OK);
    assert_int_equal(reward_tree_build(l.p, l.n, 1, &arena, &t), OK);
    return (struct tree_key){numbered(distributor), position, t.root};
}

struct asker {
    struct reward_trees *trees;
    struct tree_key key;
    struct kept_tree *got;
    enum err e;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    struct db *own = pg_open(conninfo, NULL);
    a->e = reward_trees_get(a->trees, own, &a->key, &a->got);
    db_close(own);
    return NULL;
}

static void ask_at_once(struct asker askers[ASKERS], struct reward_trees *trees, struct tree_key key)
{
    pthread_t threads[ASKERS];
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){trees, key, NULL, OK};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void tree__is_built_once_however_many_ask(void **state)
{
    (void)state;
    struct reward_trees *trees = reward_trees_open(SIZE_MAX);
    struct tree_key key = key_of(1, 2000003);
    struct asker askers[ASKERS];
    ask_at_once(askers, trees, key);
    assert_int_equal(reward_trees_count(trees).built, 1);
    assert_int_equal(reward_trees_count(trees).kept, 1);
    assert_true(reward_trees_count(trees).bytes > MANY * sizeof(struct reward_leaf));
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(askers[i].e, OK);
        assert_ptr_equal(askers[i].got, askers[0].got);
        assert_memory_equal(kept_tree(askers[i].got)->root.b, key.root.b, sizeof key.root);
    }
    /* What is held outlives its place in memory. */
    reward_trees_close(trees);
    AUTO_ARENA arena = {0};
    struct reward_proof p;
    assert_int_equal(reward_tree_prove(kept_tree(askers[0].got), numbered(7919), NULL, &arena, &p), OK);
    assert_true(reward_tree_check(key.root, numbered(7919), &p));
    for (int i = 0; i < ASKERS; i++)
        reward_trees_release(&askers[i].got);
}

static void tree__of_another_root_is_refused_and_not_kept(void **state)
{
    (void)state;
    struct reward_trees *trees = reward_trees_open(SIZE_MAX);
    struct tree_key wrong = key_of(1, 3), of_nobody = {numbered(3), 9000000, wrong.root};
    struct asker askers[ASKERS];
    struct kept_tree *kept = NULL;
    wrong.position = 2;
    ask_at_once(askers, trees, wrong);
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(askers[i].e, ERR_INTERNAL);
    assert_int_equal(reward_trees_get(trees, db, &of_nobody, &kept), ERR_INTERNAL);
    assert_null(kept);
    assert_int_equal(reward_trees_count(trees).kept, 0);
    wrong.position = 3;
    assert_int_equal(reward_trees_get(trees, db, &wrong, &kept), OK);
    reward_trees_release(&kept);
    reward_trees_close(trees);
}

static bool is_kept(struct reward_trees *trees, uint64_t position)
{
    struct kept_tree *kept = NULL;
    struct tree_key key = key_of(1, position);
    uint64_t before = reward_trees_count(trees).built;
    assert_int_equal(reward_trees_get(trees, db, &key, &kept), OK);
    reward_trees_release(&kept);
    return reward_trees_count(trees).built == before;
}

static void trees__go_by_number_by_bytes_and_by_age(void **state)
{
    (void)state;
    struct reward_trees *trees = reward_trees_open(SIZE_MAX);
    for (uint64_t i = 1; i <= REWARD_TREES_MAX; i++)
        assert_false(is_kept(trees, i));
    assert_true(is_kept(trees, 1)); /* so the second is the oldest */
    assert_false(is_kept(trees, 100));
    assert_int_equal(reward_trees_count(trees).kept, REWARD_TREES_MAX);
    assert_true(is_kept(trees, 1));
    assert_false(is_kept(trees, 2));
    reward_trees_sweep(trees, 3600);
    assert_int_equal(reward_trees_count(trees).kept, REWARD_TREES_MAX);
    reward_trees_sweep(trees, 0);
    assert_int_equal(reward_trees_count(trees).kept, 0);
    assert_int_equal(reward_trees_count(trees).bytes, 0);
    reward_trees_close(trees);

    trees = reward_trees_open(1); /* the newest may be larger */
    assert_false(is_kept(trees, 1));
    assert_true(is_kept(trees, 1));
    assert_false(is_kept(trees, 2));
    assert_int_equal(reward_trees_count(trees).kept, 1);
    assert_false(is_kept(trees, 1));
    reward_trees_close(trees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves__are_balances_as_of_the_position),
        cmocka_unit_test(tree__is_built_once_however_many_ask),
        cmocka_unit_test(tree__of_another_root_is_refused_and_not_kept),
        cmocka_unit_test(trees__go_by_number_by_bytes_and_by_age),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    pg_stop();
    return failed;
}

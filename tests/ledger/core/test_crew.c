/* tests/ledger/core/test_crew.c - items come back in order and worked on, whoever was quicker; nothing is lost at the end. */
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "ledger/core/crew.h"
#include "tests/support/unit.h"

enum { ITEMS = 2000, ROOM = 16 };

struct item {
    unsigned number, worked;
    bool slow;
};

static atomic_uint at_once, most_at_once;

static void work(void *arg)
{
    struct item *i = arg;
    unsigned now = atomic_fetch_add(&at_once, 1) + 1, most = atomic_load(&most_at_once);
    while (now > most && !atomic_compare_exchange_weak(&most_at_once, &most, now))
        continue;
    if (i->slow)
        usleep(1000);
    i->worked++;
    atomic_fetch_sub(&at_once, 1);
}

static void crew__gives_items_back_in_order(void **state)
{
    (void)state;
    static struct item items[ITEMS];
    AUTO_CREW crew = NULL;
    unsigned given = 0, taken = 0;
    atomic_store(&most_at_once, 0);
    assert_int_equal(crew_open(4, ROOM, work, &crew), OK);
    while (taken < ITEMS) {
        for (; given < ITEMS && crew_has_room(crew); given++) {
            items[given] = (struct item){.number = given, .slow = given % 7 == 0};
            crew_give(crew, &items[given]);
        }
        assert_true(given - taken <= ROOM);
        const struct item *i = crew_take(crew);
        assert_int_equal(i->number, taken);
        assert_int_equal(i->worked, 1);
        taken++;
    }
    assert_null(crew_take(crew));
    assert_true(atomic_load(&most_at_once) > 1);
}

static void crew__ends_what_was_given(void **state)
{
    (void)state;
    struct item items[ROOM] = {{0}};
    struct crew *crew = NULL;
    assert_int_equal(crew_open(2, ROOM, work, &crew), OK);
    for (unsigned i = 0; i < ROOM; i++)
        crew_give(crew, &items[i]);
    assert_false(crew_has_room(crew));
    crew_close(&crew);
    assert_null(crew);
    for (unsigned i = 0; i < ROOM; i++)
        assert_int_equal(items[i].worked, 1);
}

static void crew__has_a_thread_for_each_processor(void **state)
{
    (void)state;
    AUTO_CREW crew = NULL;
    assert_int_equal(crew_open(0, 1, work, &crew), OK);
    assert_int_equal(crew_threads(crew), sysconf(_SC_NPROCESSORS_ONLN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crew__gives_items_back_in_order),
        cmocka_unit_test(crew__ends_what_was_given),
        cmocka_unit_test(crew__has_a_thread_for_each_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/ledger/core/test_err.c - every error has its row, and details stay with their thread. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <pthread.h>

#include "ledger/core/err.h"
#include "tests/support/unit.h"

static void err_with__cuts_at_511_bytes_and_may_quote_the_last_detail(void **unused)
{
    (void)unused;
    err_clear();
    assert_string_equal(err_detail(), "");
    assert_int_equal(err_with(ERR_FIELD, "%s", "inner"), ERR_FIELD);
    assert_int_equal(err_with(ERR_DB, "outer: %s", err_detail()), ERR_DB);
    assert_string_equal(err_detail(), "outer: inner");
    assert_int_equal(err_with(ERR_IO, "%600d", 1), ERR_IO);
    assert_int_equal(strlen(err_detail()), 511);
}

static void *detail_of_a_new_thread(void *unused)
{
    (void)unused;
    bool empty = err_detail()[0] == '\0';
    (void)err_with(ERR_DB, "theirs");
    return empty ? "empty" : NULL;
}

static void err_detail__belongs_to_its_thread(void **unused)
{
    (void)unused;
    (void)err_with(ERR_FIELD, "mine");
    pthread_t thread;
    void *empty;
    assert_int_equal(pthread_create(&thread, NULL, detail_of_a_new_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &empty), 0);
    assert_non_null(empty);
    assert_string_equal(err_detail(), "mine");
}

static void err_rows__are_complete_and_slugs_are_unique(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < ERR_COUNT; i++) {
        assert_in_range(err_http((enum err)i), 200, 599);
        assert_true(strlen(err_text((enum err)i)) > 0);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(err_slug((enum err)i), err_slug((enum err)k));
    }
    assert_int_equal(err_http(ERR_RULE), 422);
    assert_string_equal(err_slug(ERR_NOT_CANONICAL), "block-not-canonical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_with__cuts_at_511_bytes_and_may_quote_the_last_detail),
        cmocka_unit_test(err_detail__belongs_to_its_thread),
        cmocka_unit_test(err_rows__are_complete_and_slugs_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/ledger/core/test_instant.c - instants read and write RFC 3339 exactly over the years 0 to 9999. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <time.h>

#include "ledger/core/json.h"
#include "tests/support/unit.h"

static void assert_text(int64_t seconds, const char *want)
{
    char text[INSTANT_TEXT + 1];
    struct instant back = {0};
    instant_format((struct instant){seconds}, text);
    assert_string_equal(text, want);
    assert_int_equal(instant_parse(text, INSTANT_TEXT, &back), OK);
    assert_true(back.unix_seconds == seconds);
}

static void instant_format__knows_the_edges(void **unused)
{
    (void)unused;
    assert_text(0, "1970-01-01T00:00:00Z");
    assert_text(-1, "1969-12-31T23:59:59Z");
    assert_text(1795255200, "2026-11-21T10:00:00Z");
    assert_text(951782400, "2000-02-29T00:00:00Z");
    assert_text(4107542400, "2100-03-01T00:00:00Z");
    assert_text(-62167219200, "0000-01-01T00:00:00Z");
    assert_text(253402300799, "9999-12-31T23:59:59Z");
    char text[INSTANT_TEXT + 1];
    instant_format((struct instant){INT64_MAX}, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    instant_format((struct instant){INT64_MIN}, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void instant_format__agrees_with_the_c_library(void **unused)
{
    (void)unused;
    /* Every 9.97 days over all years: each month end and leap rule is met many times. */
    for (int64_t s = -62167219200; s <= 253402300799; s += 861401) {
        struct tm utc;
        char want[64];
        time_t t = (time_t)s;
        assert_non_null(gmtime_r(&t, &utc));
        snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                 utc.tm_hour, utc.tm_min, utc.tm_sec);
        assert_text(s, want);
    }
}

static void instant_parse__converts_offsets_and_cuts_fractions(void **unused)
{
    (void)unused;
    static const char *const all[] = {"2026-11-21T10:00:00Z",           "2026-11-21t10:00:00z",
                                      "2026-11-21T10:00:00.999999999Z", "2026-11-21T10:00:00+00:00",
                                      "2026-11-21T10:00:00-00:00",      "2026-11-21T15:30:00+05:30",
                                      "2026-11-21T00:15:00.5-09:45",    "2026-11-22T09:59:00+23:59"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct instant t = {0};
        assert_int_equal(instant_parse(all[i], strlen(all[i]), &t), OK);
        assert_true(t.unix_seconds == 1795255200);
    }
}

static void instant_parse__refuses_what_is_no_time(void **unused)
{
    (void)unused;
    static const char *const all[] = {"",
                                      "2026-11-21",
                                      "2026-11-21T10:00:00",
                                      "2026-11-21 10:00:00Z",
                                      "2026-11-21T10:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2100-02-29T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "2026-11-00T00:00:00Z",
                                      "2026-11-21T24:00:00Z",
                                      "2026-11-21T10:60:00Z",
                                      "2026-11-21T10:00:60Z",
                                      "2026-11-21T10:00:00.Z",
                                      "2026-11-21T10:00:00ZZ",
                                      "2026-11-21T10:00:00+24:00",
                                      "2026-11-21T10:00:00+0100",
                                      "2026-11-21T10:00:00+01:60",
                                      "+026-11-21T10:00:00Z",
                                      "12026-11-21T10:00:00Z",
                                      "0000-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01"};
    struct instant t = {5};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(instant_parse(all[i], strlen(all[i]), &t), ERR_FIELD);
    assert_int_equal(instant_parse("2026-11-21T10:00:00\0", 20, &t), ERR_FIELD);
    for (size_t n = 0; n < INSTANT_TEXT; n++)
        assert_int_equal(instant_parse("2026-11-21T10:00:00Z", n, &t), ERR_FIELD);
    assert_true(t.unix_seconds == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instant_format__knows_the_edges),
        cmocka_unit_test(instant_format__agrees_with_the_c_library),
        cmocka_unit_test(instant_parse__converts_offsets_and_cuts_fractions),
        cmocka_unit_test(instant_parse__refuses_what_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

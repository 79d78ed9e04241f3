/* tests/ledger/core/test_log.c - an event is one line whatever it says, as text and as JSON. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <errno.h>
#include <fcntl.h>

#include "ledger/core/json.h"
#include "ledger/core/log.h"
#include "tests/support/unit.h"

static FILE *caught;
static int real_stderr;
static char text[1 << 17];

static void catch_begin(void)
{
    caught = tmpfile();
    assert_non_null(caught);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fileno(caught), STDERR_FILENO) >= 0);
}

/* What was written to stderr since catch_begin, in `text`. */
static size_t catch_end(void)
{
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    rewind(caught);
    size_t n = fread(text, 1, sizeof text - 1, caught);
    text[n] = '\0';
    fclose(caught);
    return n;
}

static void log_line__is_time_level_component_message(void **unused)
{
    (void)unused;
    log_setup(false, LOG_INFO);
    catch_begin();
    log_info("mirror", "booked block=%d", 17);
    (void)catch_end();
    int ms, end = 0;
    char time[32];
    assert_int_equal(sscanf(text, "%19[-0-9T:].%3dZ%n", time, &ms, &end), 2);
    assert_int_equal(end, 24);
    assert_string_equal(text + end, " INFO mirror: booked block=17\n");
    struct instant t;
    assert_int_equal(instant_parse(text, 24, &t), OK);
}

static void log_line__leaves_out_what_is_below_the_level(void **unused)
{
    (void)unused;
    log_setup(false, LOG_WARN);
    catch_begin();
    log_info("x", "no");
    log_debug("x", "no");
    assert_int_equal(catch_end(), 0);
    catch_begin();
    log_warn("x", "yes");
    log_error("x", "yes");
    (void)catch_end();
    assert_non_null(strstr(text, " WARN x: yes\n"));
    assert_non_null(strstr(text, " ERROR x: yes\n"));
}

static const char hostile[] = "a\nb\rc\td\033[2Je\x7f\"\\ \xff\xc3 \xc3\xa9 \xc2\x9b"
                              "31m \xe2\x80\xa8";

static void log_line__hostile_text_cannot_forge_a_line(void **unused)
{
    (void)unused;
    log_setup(false, LOG_INFO);
    catch_begin();
    log_info("x", "%s", hostile);
    size_t n = catch_end();
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    assert_string_equal(strstr(text, " x: ") + 4, "a\\nb\\rc\\td\\x1b[2Je\\x7f\"\\\\ \\xff\\xc3 \xc3\xa9 \\x9b"
                                                  "31m \xe2\x80\xa8\n");
}

static void log_line__json_form_is_json_whatever_it_says(void **unused)
{
    (void)unused;
    log_setup(true, LOG_INFO);
    catch_begin();
    log_info("a\"b", "%s", hostile);
    size_t n = catch_end();
    assert_int_equal(text[n - 1], '\n');
    AUTO_JSON j = NULL;
    assert_int_equal(json_parse(text, n - 1, 1, &j), OK);
    assert_int_equal(json_object_size(j), 4);
    assert_string_equal(json_string_value(json_object_get(j, "level")), "INFO");
    assert_string_equal(json_string_value(json_object_get(j, "component")), "a\"b");
    assert_string_equal(json_string_value(json_object_get(j, "message")),
                        "a\nb\rc\td\033[2Je\x7f\"\\ \xef\xbf\xbd\xef\xbf\xbd \xc3\xa9 \xc2\x9b"
                        "31m \xe2\x80\xa8");
    assert_non_null(json_object_get(j, "time"));
}

static void log_line__cuts_long_messages_and_survives_the_worst(void **unused)
{
    (void)unused;
    static char bad[10000];
    memset(bad, '\x01', sizeof bad - 1);
    for (int json = 0; json < 2; json++) {
        log_setup(json == 1, LOG_INFO);
        catch_begin();
        errno = EDOM;
        log_info(bad, "%s", bad);
        assert_int_equal(errno, EDOM);
        size_t n = catch_end();
        assert_ptr_equal(strchr(text, '\n'), text + n - 1);
        assert_non_null(strstr(text, json ? "...\"}\n" : "...\n"));
    }
}

static void log_line__a_full_stderr_changes_nothing(void **unused)
{
    (void)unused;
    log_setup(false, LOG_INFO);
    catch_begin();
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0 && dup2(full, STDERR_FILENO) >= 0);
    close(full);
    errno = EDOM;
    log_info("x", "lost");
    int after = errno;
    assert_int_equal(catch_end(), 0);
    assert_int_equal(after, EDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_line__is_time_level_component_message),
        cmocka_unit_test(log_line__leaves_out_what_is_below_the_level),
        cmocka_unit_test(log_line__hostile_text_cannot_forge_a_line),
        cmocka_unit_test(log_line__json_form_is_json_whatever_it_says),
        cmocka_unit_test(log_line__cuts_long_messages_and_survives_the_worst),
        cmocka_unit_test(log_line__a_full_stderr_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

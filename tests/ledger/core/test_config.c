/* tests/ledger/core/test_config.c - the command line wins over the environment, that over defaults; misuse is told. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/config.h"
#include "tests/support/unit.h"

enum { RUN, SERVE, SHOW };
static const struct command_spec commands[] =
    {{.name = "run", .sentence = "does all"},
     {.name = "serve", .sentence = "answers"},
     {.name = "show", .sentence = "shows", .arguments = "WHAT [FILE]", .least = 1, .most = 2}};
static const struct option_spec options[] = {
    {.name = "data", .fallback = "./var", .commands = 1 << RUN | 1 << SERVE, .sentence = "where"},
    {.name = "source", .type = OPTION_LIST, .commands = 1 << RUN, .sentence = "whence"},
    {.name = "poll-ms",
     .type = OPTION_NUMBER,
     .fallback = "1000",
     .least = 10,
     .most = 60000,
     .commands = 1 << RUN,
     .sentence = "how often"},
    {.name = "prove-logs",
     .type = OPTION_CHOICE,
     .choices = "tail|all|off",
     .fallback = "tail",
     .commands = 1 << RUN,
     .sentence = "what"},
    {.name = "once", .type = OPTION_FLAG, .commands = 1 << RUN, .sentence = "stop"},
    {.name = "network", .commands = 1 << RUN, .ignored = 1 << SERVE, .sentence = "which"},
};
static const struct program_spec program =
    {"altledger", "0", "books", commands, 3, options, sizeof options / sizeof *options};

static struct config c;

static int release(void **state)
{
    (void)state;
    config_done(&c);
    return 0;
}

#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define parse(environment, ...)                                                                             \
    config_parse(&program, (int)(sizeof((const char *const[]){"altledger", __VA_ARGS__}) / sizeof(char *)), \
                 (const char *const[]){"altledger", __VA_ARGS__, NULL}, environment, &c)
#define assert_refused(text, ...)                                    \
    do {                                                             \
        assert_int_equal(parse(ENV("X=1"), __VA_ARGS__), ERR_FIELD); \
        assert_string_equal(err_detail(), text);                     \
        config_done(&c);                                             \
    } while (0)

static void config__has_defaults(void **state)
{
    (void)state;
    size_t n = 1;
    assert_int_equal(parse(ENV("X=1"), "run"), OK);
    assert_int_equal(c.command, RUN);
    assert_string_equal(config_text(&c, "data"), "./var");
    assert_int_equal(config_number(&c, "poll-ms"), 1000);
    assert_string_equal(config_text(&c, "prove-logs"), "tail");
    assert_false(config_flag(&c, "once"));
    assert_null(config_text(&c, "network"));
    assert_false(config_given(&c, "data"));
    config_list(&c, "source", &n);
    assert_int_equal(n, 0);
}

static void config__reads_both_forms(void **state)
{
    (void)state;
    size_t n;
    assert_int_equal(parse(ENV("X=1"), "run", "--data", "/d", "--poll-ms=20", "--once", "--source", "a,b",
                           "--source=c"),
                     OK);
    assert_string_equal(config_text(&c, "data"), "/d");
    assert_true(config_given(&c, "data"));
    assert_int_equal(config_number(&c, "poll-ms"), 20);
    assert_true(config_flag(&c, "once"));
    const char *const *list = config_list(&c, "source", &n);
    assert_int_equal(n, 2);
    assert_string_equal(list[0], "a,b"); /* a comma is a separator in the environment only */
    assert_string_equal(list[1], "c");
}

static void config__argv_wins_over_environment(void **state)
{
    (void)state;
    size_t n;
    assert_int_equal(parse(ENV("ALTLEDGER_DATA=/env", "ALTLEDGER_POLL_MS=50", "ALTLEDGER_SOURCE=a,b,,c",
                               "ALTLEDGER_ONCE=yes", "ALTLEDGER_NETWORK="),
                           "run", "--data", "/argv"),
                     OK);
    assert_string_equal(config_text(&c, "data"), "/argv");
    assert_int_equal(config_number(&c, "poll-ms"), 50);
    assert_true(config_flag(&c, "once"));
    assert_null(config_text(&c, "network")); /* an empty variable is none */
    const char *const *list = config_list(&c, "source", &n);
    assert_int_equal(n, 3);
    assert_string_equal(list[2], "c");
}

static void config__ignores_variables_of_other_commands(void **state)
{
    (void)state;
    assert_int_equal(parse(ENV("ALTLEDGER_POLL_MS=nonsense"), "serve"), OK);
}

static void config__accepts_common_options_that_a_command_ignores(void **state)
{
    (void)state;
    AUTO_BUFFER out = {0};
    assert_int_equal(parse(ENV("X=1"), "serve", "--network", "x", "--help"), OK);
    assert_string_equal(config_text(&c, "network"), "x");
    config_help(&c, &out);
    buffer_u8(&out, 0);
    const char *ignored = strstr((const char *)out.p, "of no effect for serve");
    assert_non_null(ignored);
    assert_non_null(strstr(ignored, "--network TEXT"));
    assert_null(strstr(ignored, "--data"));
}

static void config__refuses_misuse_with_a_hint(void **state)
{
    (void)state;
    assert_refused("unknown command rum: did you mean run?", "rum");
    assert_refused("unknown command frobnicate: see altledger --help", "frobnicate");
    assert_refused("run: unknown option --sorce: did you mean --source?", "run", "--sorce", "x");
    assert_refused("serve: unknown option --source: see altledger serve --help", "serve", "--source=x");
    assert_refused("run: what is x? Options begin with --", "run", "x");
    assert_refused("--data: its value is missing", "run", "--data");
    assert_refused("--data: its value is empty", "run", "--data=");
    assert_refused("--poll-ms: 9 is not a number from 10 to 60000", "run", "--poll-ms", "9");
    assert_refused("--poll-ms: 60001 is not a number from 10 to 60000", "run", "--poll-ms", "60001");
    assert_refused("--poll-ms: -20 is not a number from 10 to 60000", "run", "--poll-ms", "-20");
    assert_refused("--poll-ms: 20ms is not a number from 10 to 60000", "run", "--poll-ms", "20ms");
    assert_refused("--poll-ms: 99999999999999999999 is not a number from 10 to 60000", "run", "--poll-ms",
                   "99999999999999999999");
    assert_refused("--prove-logs: ta is none of tail|all|off", "run", "--prove-logs", "ta");
    assert_refused("--prove-logs: ail is none of tail|all|off", "run", "--prove-logs", "ail");
    assert_refused("--once takes no value", "run", "--once=true");
    assert_refused("--help takes no value", "run", "--help=x");
    assert_refused("--help takes no value", "--help=x");
    assert_int_equal(parse(ENV("ALTLEDGER_ONCE=maybe"), "run"), ERR_FIELD);
    assert_string_equal(err_detail(), "environment: --once: maybe is neither true nor false");
    config_done(&c);
    assert_int_equal(parse(ENV("ALTLEDGER_POLL_MS=x"), "run"), ERR_FIELD);
    assert_string_equal(err_detail(), "environment: --poll-ms: x is not a number from 10 to 60000");
}

static void config__takes_words_where_a_command_wants_them(void **state)
{
    (void)state;
    assert_int_equal(parse(ENV("X=1"), "show", "all", "file"), OK);
    assert_int_equal(c.n_arguments, 2);
    assert_string_equal(c.arguments[0], "all");
    assert_string_equal(c.arguments[1], "file");
    config_done(&c);
    assert_int_equal(parse(ENV("X=1"), "show", "-"), OK);
    assert_string_equal(c.arguments[0], "-");
    assert_null(c.arguments[1]);
    config_done(&c);
    assert_refused("show: it takes WHAT [FILE]: see altledger show --help", "show");
    assert_refused("show: third is too much: it takes WHAT [FILE]", "show", "first", "second", "third");
    assert_int_equal(parse(ENV("X=1"), "show", "--help"), OK);
    AUTO_BUFFER out = {0};
    config_help(&c, &out);
    buffer_u8(&out, 0);
    assert_non_null(strstr((const char *)out.p, "usage: altledger show WHAT [FILE] [options]"));
}

static void config__help_lists_what_the_command_takes(void **state)
{
    (void)state;
    AUTO_BUFFER out = {0};
    assert_int_equal(parse(ENV("X=1"), "serve", "--help"), OK);
    assert_true(c.help);
    config_help(&c, &out);
    buffer_u8(&out, 0);
    assert_non_null(strstr((const char *)out.p, "--data TEXT"));
    assert_non_null(strstr((const char *)out.p, "[./var]"));
    assert_null(strstr((const char *)out.p, "--source"));
    buffer_reset(&out);
    config_done(&c);
    assert_int_equal(parse(ENV("X=1"), "--help"), OK);
    config_help(&c, &out);
    buffer_u8(&out, 0);
    assert_non_null(strstr((const char *)out.p, "serve"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(config__has_defaults, release),
        cmocka_unit_test_teardown(config__reads_both_forms, release),
        cmocka_unit_test_teardown(config__argv_wins_over_environment, release),
        cmocka_unit_test_teardown(config__ignores_variables_of_other_commands, release),
        cmocka_unit_test_teardown(config__accepts_common_options_that_a_command_ignores, release),
        cmocka_unit_test_teardown(config__refuses_misuse_with_a_hint, release),
        cmocka_unit_test_teardown(config__takes_words_where_a_command_wants_them, release),
        cmocka_unit_test_teardown(config__help_lists_what_the_command_takes, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

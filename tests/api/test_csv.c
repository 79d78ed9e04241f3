/* tests/api/test_csv.c - cells are quoted by RFC 4180 and never formulas. */
#include <string.h>

#include "api/csv.h"
#include "tests/support/unit.h"

static void csv__quotes_and_defuses(void **state)
{
    (void)state;
    static const char *const cases[][2] =
        {{"", ""},
         {"plain", "plain"},
         {"a,b", "\"a,b\""},
         {"say \"x\"", "\"say \"\"x\"\"\""},
         {"a\r\nb", "\"a\r\nb\""},
         {"=1+1", "'=1+1"},
         {"+1", "'+1"},
         {"@x", "'@x"},
         {"\tx", "'\tx"},
         {"-x", "'-x"},
         {"-12", "-12"},
         {"-1.5", "'-1.5"},
         {"-", "'-"},
         {"=a,b", "\"'=a,b\""},
         {"\rx", "\"'\rx\""},
         {"0x12", "0x12"},
         {"-115792089237316195423570985008687907853269984665640564039457584007913129639935",
          "-115792089237316195423570985008687907853269984665640564039457584007913129639935"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUFFER b = {0};
        csv_cell(&b, cases[i][0], strlen(cases[i][0]));
        buffer_u8(&b, 0);
        assert_string_equal((const char *)b.p, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(csv__quotes_and_defuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

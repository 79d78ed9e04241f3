/* api/csv.c - see csv.h. */
#include "api/csv.h"

#include <string.h>

static bool whole_number(const char *text, size_t n)
{
    size_t i = n > 0 && text[0] == '-' ? 1 : 0;
    if (i == n)
        return false;
    for (; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

void csv_cell(struct buffer *b, const char *text, size_t n)
{
    bool formula = n > 0 && memchr("=+-@\t\r", text[0], 6) != NULL && !whole_number(text, n);
    bool quote = memchr(text, ',', n) || memchr(text, '"', n) || memchr(text, '\r', n) || memchr(text, '\n', n);
    if (quote)
        buffer_u8(b, '"');
    if (formula)
        buffer_u8(b, '\'');
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            buffer_u8(b, '"');
        buffer_u8(b, (uint8_t)text[i]);
    }
    if (quote)
        buffer_u8(b, '"');
}

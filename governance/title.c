/* governance/title.c - see title.h. */
#include "governance/title.h"

#include <string.h>

static uint32_t code_point(const uint8_t *p, size_t n)
{
    static const uint8_t lead[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

/* Unicode's controls, and format characters that make text look like another: zero widths, bidirectional marks, tags. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static size_t trimmed(const char *text, size_t n)
{
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n;
}

static const char replacement[] = "\xef\xbf\xbd";

/* One line from p on; *next: where the next one begins. */
static size_t line(struct slice d, size_t at, size_t *next, char out[TITLE_ROOM])
{
    size_t n = 0, characters = 0;
    bool heading = true;
    while (at < d.n && d.p[at] != '\n' && d.p[at] != '\r') {
        size_t size = utf8_sequence((const char *)d.p + at, d.n - at);
        uint32_t c = size > 0 ? code_point(d.p + at, size) : 0xfffd;
        const char *from = size > 0 ? (const char *)d.p + at : replacement;
        size_t copy = size > 0 ? size : sizeof replacement - 1;
        at += size > 0 ? size : 1;
        if (c == '\t') {
            from = " ";
            c = ' ';
        }
        heading = heading && (c == '#' || c == ' ' || is_hidden(c));
        if (heading || is_hidden(c) || characters == TITLE_MAX)
            continue;
        memcpy(out + n, from, copy);
        n += copy;
        characters++;
    }
    *next = at + 1;
    return trimmed(out, n);
}

size_t title_of(struct slice description, char out[TITLE_ROOM])
{
    size_t n = 0;
    for (size_t at = 0; n == 0 && at < description.n;)
        n = line(description, at, &at, out);
    out[n] = '\0';
    return n;
}

static void quote_one(uint32_t c, const uint8_t *p, size_t size, struct buffer *out)
{
    if (c == '\n')
        buffer_text(out, "\\n");
    else if (c == '"' || c == '\\')
        buffer_printf(out, "\\%c", (int)c);
    else if (is_hidden(c))
        buffer_printf(out, "\\u{%x}", (unsigned)c);
    else
        buffer_bytes(out, p, size);
}

void title_quote(struct slice text, size_t most, struct buffer *out)
{
    size_t at = 0;
    buffer_u8(out, '"');
    for (size_t characters = 0; at < text.n && characters < most; characters++) {
        size_t size = utf8_sequence((const char *)text.p + at, text.n - at);
        if (size == 0)
            buffer_text(out, replacement);
        else
            quote_one(code_point(text.p + at, size), text.p + at, size, out);
        at += size > 0 ? size : 1;
    }
    buffer_u8(out, '"');
    if (at < text.n)
        buffer_printf(out, " (and %zu bytes more)", text.n - at);
}

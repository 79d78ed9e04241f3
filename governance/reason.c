/* governance/reason.c - see reason.h. */
#include "governance/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *slug, *sentence;
};

#define REASON_ROW(code, slug, sentence) {slug, sentence},
static const struct row rows[REASON_COUNT] = {REASONS(REASON_ROW)};
#undef REASON_ROW

const char *reason_slug(enum reason_code code)
{
    return rows[code].slug;
}

const char *reason_sentence(enum reason_code code)
{
    return rows[code].sentence;
}

/* A cut may fall into a character: what is left of it goes, too. */
static void drop_half_character(char *text)
{
    size_t n = strlen(text), start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xc0) {
        unsigned char lead = (unsigned char)text[start - 1];
        size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (n - (start - 1) < size)
            text[start - 1] = '\0';
    }
}

void reason_put(struct reasons *r, enum reason_code code)
{
    reason_add(r, code, "%s", "");
}

void reason_add(struct reasons *r, enum reason_code code, const char *format, ...)
{
    if (r->n == REASONS_MAX)
        return;
    struct reason *out = &r->all[r->n++];
    out->code = code;
    size_t n = (size_t)snprintf(out->text, sizeof out->text, "%s: ", rows[code].sentence);
    va_list args;
    va_start(args, format);
    int particular = vsnprintf(out->text + n, sizeof out->text - n, format, args);
    va_end(args);
    if (particular <= 0)
        out->text[n - 2] = '\0';
    drop_half_character(out->text);
}

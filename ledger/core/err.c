/* ledger/core/err.c - the error table's lookups and each thread's detail text; see err.h. */
#include "ledger/core/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_MAX = 512 };

static _Thread_local char detail[DETAIL_MAX];

#define ERR_HTTP(code, http, slug, text) http,
static const int https[] = {ERR_TABLE(ERR_HTTP)};
#undef ERR_HTTP
#define ERR_SLUG(code, http, slug, text) slug,
static const char *const slugs[] = {ERR_TABLE(ERR_SLUG)};
#undef ERR_SLUG
#define ERR_TEXT(code, http, slug, text) text,
static const char *const texts[] = {ERR_TABLE(ERR_TEXT)};
#undef ERR_TEXT

int err_http(enum err e)
{
    assert((unsigned)e < ERR_COUNT);
    return https[e];
}

const char *err_slug(enum err e)
{
    assert((unsigned)e < ERR_COUNT);
    return slugs[e];
}

const char *err_text(enum err e)
{
    assert((unsigned)e < ERR_COUNT);
    return texts[e];
}

enum err err_with(enum err e, const char *format, ...)
{
    /* Built aside first: the arguments may include err_detail() itself. */
    char next[DETAIL_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(next, sizeof next, format, args);
    va_end(args);
    if (n < 0)
        next[0] = '\0';
    memcpy(detail, next, strlen(next) + 1);
    return e;
}

const char *err_detail(void)
{
    return detail;
}

void err_clear(void)
{
    detail[0] = '\0';
}

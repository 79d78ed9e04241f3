/* api/uri.c - see uri.h. */
#include "api/uri.h"

#include <string.h>
#include <strings.h>

bool utf8_valid(const char *text, size_t n)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + n;
    while (p < end) {
        size_t more = 0;
        uint32_t least = 0, c = *p++;
        if (c < 0x80)
            continue;
        if ((c & 0xe0) == 0xc0)
            more = 1, least = 0x80, c &= 0x1f;
        else if ((c & 0xf0) == 0xe0)
            more = 2, least = 0x800, c &= 0x0f;
        else if ((c & 0xf8) == 0xf0)
            more = 3, least = 0x10000, c &= 0x07;
        else
            return false;
        for (size_t i = 0; i < more; i++, p++) {
            if (p == end || (*p & 0xc0) != 0x80)
                return false;
            c = c << 6 | (*p & 0x3f);
        }
        if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return true;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum err decode(const char *p, size_t n, struct arena *arena, const char **out)
{
    char *text = arena_take(arena, n + 1);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '%') {
            if (n - i < 3)
                return err_with(ERR_FIELD, "uri: incomplete percent-encoding");
            int high = digit(p[i + 1]), low = digit(p[i + 2]);
            if (high < 0 || low < 0)
                return err_with(ERR_FIELD, "uri: malformed percent-encoding");
            c = (unsigned char)(high << 4 | low);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f)
            return err_with(ERR_FIELD, "uri: control characters are not allowed");
        text[k++] = (char)c;
    }
    if (!utf8_valid(text, k))
        return err_with(ERR_FIELD, "uri: not UTF-8");
    *out = text;
    return OK;
}

static enum err parse_path(const char *p, size_t n, struct arena *arena, struct uri *out)
{
    if (n == 0 || *p != '/')
        return err_with(ERR_FIELD, "uri: the path must begin with '/'");
    const char *end = p + n;
    while (p < end) {
        const char *slash = memchr(p + 1, '/', (size_t)(end - p - 1));
        if (slash == NULL)
            slash = end;
        if (out->n_segments == URI_SEGMENTS_MAX)
            return err_with(ERR_FIELD, "uri: more than %d path segments", URI_SEGMENTS_MAX);
        TRY(decode(p + 1, (size_t)(slash - p - 1), arena, &out->segments[out->n_segments]));
        out->n_segments++;
        p = slash;
    }
    return OK;
}

static enum err parse_query(const char *p, const char *end, struct arena *arena, struct uri *out)
{
    while (p < end) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        if (stop == NULL)
            stop = end;
        if (stop > p) {
            const char *is = memchr(p, '=', (size_t)(stop - p));
            const char *name_end = is != NULL ? is : stop, *value = is != NULL ? is + 1 : stop;
            if (out->n_pairs == URI_PAIRS_MAX)
                return err_with(ERR_FIELD, "uri: more than %d parameters", URI_PAIRS_MAX);
            struct pair *pair = &out->pairs[out->n_pairs];
            TRY(decode(p, (size_t)(name_end - p), arena, &pair->name));
            TRY(decode(value, (size_t)(stop - value), arena, &pair->value));
            out->n_pairs++;
        }
        p = stop + 1;
    }
    return OK;
}

/* http://host/path -> /path */
static const char *skip_authority(const char *text, const char *end)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(schemes[i]);
        if ((size_t)(end - text) >= n && strncasecmp(text, schemes[i], n) == 0) {
            const char *p = text + n;
            while (p < end && *p != '/' && *p != '?')
                p++;
            return p;
        }
    }
    return text;
}

enum err uri_parse(const char *text, size_t n, struct arena *arena, struct uri *out)
{
    if (n > URI_BYTES_MAX)
        return err_with(ERR_URI_TOO_LONG, "the request target has %zu bytes, at most %d are taken", n, URI_BYTES_MAX);
    if (memchr(text, ' ', n) != NULL)
        return err_with(ERR_FIELD, "uri: a raw space");
    if (memchr(text, '#', n) != NULL)
        return err_with(ERR_FIELD, "uri: a fragment is not sent to a server");
    const char *end = text + n, *p = skip_authority(text, end);
    struct uri uri = {.n_segments = 0};
    const char *question = memchr(p, '?', (size_t)(end - p));
    const char *path_end = question != NULL ? question : end;
    uri.path = arena_text(arena, p, (size_t)(path_end - p));
    if (path_end == p && p > text) /* http://host */
        TRY(parse_path(uri.path = "/", 1, arena, &uri));
    else
        TRY(parse_path(p, (size_t)(path_end - p), arena, &uri));
    if (question != NULL)
        TRY(parse_query(question + 1, end, arena, &uri));
    *out = uri;
    return OK;
}

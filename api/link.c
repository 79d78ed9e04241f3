/* api/link.c - see link.h. */
#include "api/link.h"

#include <string.h>

/* RFC 3986 unreserved, and ':' which times are easier to read with. */
static void encode(struct buffer *b, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            buffer_u8(b, (uint8_t)*text);
        else
            buffer_printf(b, "%%%02X", (unsigned char)*text);
    }
}

char *link_next(const struct uri *uri, const char *cursor)
{
    struct buffer b = {0};
    buffer_text(&b, "<");
    for (size_t i = 0; i < uri->n_segments; i++) {
        buffer_u8(&b, '/');
        encode(&b, uri->segments[i]);
    }
    buffer_u8(&b, '?');
    for (size_t i = 0; i < uri->n_pairs; i++) {
        if (strcmp(uri->pairs[i].name, "after") == 0)
            continue;
        encode(&b, uri->pairs[i].name);
        buffer_u8(&b, '=');
        encode(&b, uri->pairs[i].value);
        buffer_u8(&b, '&');
    }
    buffer_printf(&b, "after=%s>; rel=\"next\"", cursor);
    buffer_u8(&b, 0);
    return (char *)b.p;
}

/* api/reply.c - see reply.h. */
#include "api/reply.h"

#include <string.h>

void reply_reason(struct reply *reply, const char *code, const char *text)
{
    if (reply->reasons.n > 0)
        buffer_u8(&reply->reasons, ',');
    struct json_writer w;
    jw_start(&w, &reply->reasons);
    jw_object(&w);
    jw_key(&w, "code");
    jw_text(&w, code);
    jw_key(&w, "text");
    jw_text_n(&w, text, strlen(text));
    jw_object_end(&w);
}

void reply_raw(struct reply *reply, const char *content_type, const void *p, size_t n)
{
    reply->content_type = content_type;
    buffer_bytes(&reply->body, p, n);
}

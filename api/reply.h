/* api/reply.h - what a handler fills in; the framework makes an HTTP answer of it. */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/request.h"

struct reply {
    struct json_writer json; /* inside the reply's object: write members (as_of is the framework's) */
    struct buffer body;
    const char *content_type;  /* raw routes */
    const char *cache_control; /* static text, instead of what the route's cache says; NULL: that */
    int status;                /* 200 unless set */
    uint64_t retry_after;      /* seconds; 0: no header */
    char *link;                /* the framework's: value of the header Link */
    struct buffer reasons;     /* of a 422: members of the array, joined by commas */
};

/* For ERR_RULE: one more reason why. `code` is public and kept; the text is for people. */
void reply_reason(struct reply *reply, const char *code, const char *text);
/* raw routes: the body as it is. */
void reply_raw(struct reply *reply, const char *content_type, const void *p, size_t n);

#endif

/* api/guard.c - see guard.h. */
#include "api/guard.h"

#include <string.h>
#include <strings.h>

static bool is(const struct header_line *line, const char *name)
{
    return line->name_n == strlen(name) && strncasecmp(line->name, name, line->name_n) == 0;
}

static enum err check_sizes(const struct incoming *in)
{
    if (in->target_n > TARGET_BYTES_REFUSED)
        return err_with(ERR_URI_TOO_LONG, "the request target has more than %d bytes", TARGET_BYTES_REFUSED);
    if (in->target == NULL || strlen(in->target) != in->target_n)
        return err_with(ERR_FIELD, "uri: malformed request line");
    if (in->n_lines > HEADER_LINES_MAX)
        return err_with(ERR_HEADERS, "more than %d header lines", HEADER_LINES_MAX);
    size_t bytes = 0;
    for (size_t i = 0; i < in->n_lines; i++)
        bytes += in->lines[i].name_n + in->lines[i].value_n + 4;
    if (bytes > HEADER_BYTES_MAX)
        return err_with(ERR_HEADERS, "more than %d bytes of headers", HEADER_BYTES_MAX);
    /* Size first: what is too long also leaves the window in which its form is looked at (server.c). */
    if (in->broken)
        return err_with(ERR_FIELD, "headers: a NUL byte, a folded line, or a line that does not end in CRLF");
    return OK;
}

static enum err check_line(const struct header_line *line)
{
    if (memchr(line->name, 0, line->name_n) != NULL || memchr(line->value, 0, line->value_n) != NULL)
        return err_with(ERR_FIELD, "headers: a NUL byte");
    for (size_t i = 0; i < line->name_n; i++)
        if (line->name[i] <= ' ' || line->name[i] == 0x7f)
            return err_with(ERR_FIELD, "headers: a malformed name");
    for (size_t i = 0; i < line->value_n; i++)
        if (((unsigned char)line->value[i] < ' ' && line->value[i] != '\t') || line->value[i] == 0x7f)
            return err_with(ERR_FIELD, "headers: a control character");
    return OK;
}

/* Digits only: "+4", "-1" and "4, 4" are not lengths. */
static enum err parse_length(const struct header_line *line, uint64_t *out)
{
    uint64_t v = 0;
    if (line->value_n == 0 || line->value_n > 18)
        return err_with(ERR_FIELD, "content-length: malformed");
    for (size_t i = 0; i < line->value_n; i++) {
        if (line->value[i] < '0' || line->value[i] > '9')
            return err_with(ERR_FIELD, "content-length: malformed");
        v = v * 10 + (uint64_t)(line->value[i] - '0');
    }
    *out = v;
    return OK;
}

struct counts {
    unsigned hosts, lengths, codings;
};

static enum err read_framing(const struct header_line *line, struct counts *n, struct headers_read *out)
{
    if (is(line, "Host")) {
        n->hosts++;
    } else if (is(line, "Content-Length")) {
        n->lengths++;
        TRY(parse_length(line, &out->length));
    } else if (is(line, "Transfer-Encoding")) {
        n->codings++;
        if (line->value_n != 7 || strncasecmp(line->value, "chunked", 7) != 0)
            return err_with(ERR_FIELD, "transfer-encoding: only chunked is taken");
    }
    return OK;
}

static void read_line(const struct header_line *line, struct headers_read *out)
{
    const struct {
        const char *name;
        const char **value;
    } wanted[] = {{"Accept", &out->accept},
                  {"Accept-Encoding", &out->accept_encoding},
                  {"Content-Type", &out->content_type},
                  {"Content-Encoding", &out->content_encoding},
                  {"If-None-Match", &out->if_none_match},
                  {"Last-Event-ID", &out->last_event_id},
                  {"Request-Id", &out->request_id}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (*wanted[i].value == NULL && is(line, wanted[i].name))
            *wanted[i].value = line->value;
}

enum err guard_check(const struct incoming *in, struct headers_read *out)
{
    struct headers_read read = {.length = 0};
    struct counts n = {0, 0, 0};
    TRY(check_sizes(in));
    for (size_t i = 0; i < in->n_lines; i++) {
        TRY(check_line(&in->lines[i]));
        TRY(read_framing(&in->lines[i], &n, &read));
        read_line(&in->lines[i], &read);
    }
    if (n.hosts > 1 || (n.hosts == 0 && !in->http_1_0))
        return err_with(ERR_FIELD, "host: must be given exactly once");
    if (n.lengths > 1 || n.codings > 1 || (n.lengths > 0 && n.codings > 0))
        return err_with(ERR_FIELD, "content-length: the length of the body is ambiguous");
    if (n.codings > 0 && in->http_1_0)
        return err_with(ERR_FIELD, "transfer-encoding: not part of HTTP/1.0");
    read.has_body = n.codings > 0 || read.length > 0;
    *out = read;
    return OK;
}

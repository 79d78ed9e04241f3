/* ledger/core/log.c - one write(2) per event, hostile text escaped; see log.h. */
#include "ledger/core/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/core/bytes.h"

enum {
    MESSAGE_MAX = 2048, /* longer messages are cut and end in "..." */
    COMPONENT_MAX = 64,
    ESCAPE_MAX = 6, /* \u00XX */
    LINE_MAX_BYTES = 256 + ESCAPE_MAX * (MESSAGE_MAX + COMPONENT_MAX)
};

static const char *const level_names[] =
    {[LOG_ERROR] = "ERROR", [LOG_WARN] = "WARN", [LOG_INFO] = "INFO", [LOG_DEBUG] = "DEBUG"};

static atomic_bool as_json;
static atomic_int least_level = LOG_INFO;

struct line {
    char p[LINE_MAX_BYTES];
    size_t n;
};

void log_setup(bool json, enum log_level least)
{
    as_json = json;
    least_level = (int)least;
}

static void put(struct line *l, const char *text, size_t n)
{
    assert(l->n + n <= sizeof l->p);
    memcpy(l->p + l->n, text, n);
    l->n += n;
}

static void put_text(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

static void put_hex_escape(struct line *l, const char *prefix, unsigned char c)
{
    char hex[2];
    put_text(l, prefix);
    hex_encode((struct slice){&c, 1}, hex);
    put(l, hex, sizeof hex);
}

/* One byte that may not stand as itself: a control character, a quote or backslash, or one that is not UTF-8. */
static void put_escaped_byte(struct line *l, unsigned char c, bool json)
{
    if (c == '\n')
        put_text(l, "\\n");
    else if (c == '\r')
        put_text(l, "\\r");
    else if (c == '\t')
        put_text(l, "\\t");
    else if (c == '\\')
        put_text(l, "\\\\");
    else if (c == '"')
        put_text(l, "\\\"");
    else if (!json)
        put_hex_escape(l, "\\x", c);
    else if (c >= 0x80)
        put_text(l, "\\ufffd");
    else
        put_hex_escape(l, "\\u00", c);
}

static void put_escaped(struct line *l, const char *text, size_t n, bool json)
{
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)text[i];
        size_t run = utf8_sequence(text + i, n - i);
        if (run == 2 && c == 0xC2 && (unsigned char)text[i + 1] < 0xA0) {
            /* U+0080..U+009F: terminals obey them as they do ESC sequences. */
            put_hex_escape(l, json ? "\\u00" : "\\x", (unsigned char)text[i + 1]);
            i += run;
        } else if (run == 0 || c < 0x20 || c == 0x7F || c == '\\' || (json && c == '"')) {
            put_escaped_byte(l, c, json);
            i++;
        } else {
            put(l, text + i, run);
            i += run;
        }
    }
}

static void put_time(struct line *l)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char text[64];
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    n += (size_t)snprintf(text + n, sizeof text - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
    put(l, text, n);
}

static void send_line(const struct line *l)
{
    size_t done = 0;
    while (done < l->n) {
        ssize_t n = write(STDERR_FILENO, l->p + done, l->n - done);
        if (n < 0 && errno != EINTR)
            return; /* nowhere left to complain to */
        if (n > 0)
            done += (size_t)n;
    }
}

void log_line(enum log_level level, const char *component, const char *format, ...)
{
    if ((int)level > least_level)
        return;
    int saved = errno;
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    int printed = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t n = printed < 0 ? 0 : (size_t)printed;
    if (n >= sizeof message) {
        n = sizeof message - 1;
        memcpy(message + n - 3, "...", 3);
    }

    bool json = as_json;
    struct line l;
    l.n = 0;
    put_text(&l, json ? "{\"time\":\"" : "");
    put_time(&l);
    put_text(&l, json ? "\",\"level\":\"" : " ");
    put_text(&l, level_names[level]);
    put_text(&l, json ? "\",\"component\":\"" : " ");
    put_escaped(&l, component, strnlen(component, COMPONENT_MAX), json);
    put_text(&l, json ? "\",\"message\":\"" : ": ");
    put_escaped(&l, message, n, json);
    put_text(&l, json ? "\"}\n" : "\n");
    send_line(&l);
    errno = saved;
}

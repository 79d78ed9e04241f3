/* ledger/mirror/http.c - see http.h. */
#include "ledger/mirror/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ledger/core/version.h"

enum {
    CONNECT_TIMEOUT_MAX_MS = 10000,
    SLOW_BYTES_A_SECOND = 16, /* an answer that drips slower than this for SLOW_SECONDS is given up */
    SLOW_SECONDS = 30,
    RETRY_AFTER_MAX_S = 300 /* a server may not silence us for longer than this */
};

struct http {
    CURL *easy;
    CURLM *multi; /* drives `easy`, because it can be interrupted; keeps its connection */
    struct curl_slist *headers;
    struct http_options options;
    struct buffer *answer; /* of the running post; NULL: none runs */
    bool too_large;        /* of the running post */
    char name[HTTP_NAME_MAX];
};

static void http_setup(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_url(const char *text)
{
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

static enum err name_set(struct http *h, const char *url)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    CURLU *parts = curl_url();
    bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (good)
        snprintf(h->name, sizeof h->name, "%s://%s:%s", scheme, host, port);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return good ? OK : err_with(ERR_CONFIG, "source: not a URL that can be used");
}

static size_t take(char *p, size_t one, size_t n, void *context)
{
    struct http *h = context;
    n *= one;
    if (n > h->options.max_bytes - h->answer->n) {
        h->too_large = true;
        return 0; /* aborts the transfer */
    }
    buffer_bytes(h->answer, p, n);
    return n;
}

static void settings(struct http *h, const char *url)
{
    unsigned timeout = h->options.timeout_ms;
    h->headers = curl_slist_append(NULL, "Content-Type: application/json");
    h->headers = curl_slist_append(h->headers, "Accept: application/json");
    h->headers = curl_slist_append(h->headers, "Expect:"); /* no 100-continue round trip on large batches */
    curl_easy_setopt(h->easy, CURLOPT_URL, url);
    curl_easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
    curl_easy_setopt(h->easy, CURLOPT_USERAGENT, "altledger/" ALTLEDGER_VERSION);
    curl_easy_setopt(h->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(timeout < CONNECT_TIMEOUT_MAX_MS ? timeout : CONNECT_TIMEOUT_MAX_MS));
    curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(h->easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_A_SECOND);
    curl_easy_setopt(h->easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
    curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
}

enum err http_open(const char *url, const struct http_options *options, struct http **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, http_setup);
    if (!http_url(url))
        return err_with(ERR_CONFIG, "source: not an http(s) URL");
    struct http *h = memory_resize(NULL, sizeof *h);
    *h = (struct http){.options = *options};
    enum err e = name_set(h, url);
    if (e != OK) {
        memory_free(h);
        return e;
    }
    h->easy = curl_easy_init();
    h->multi = curl_multi_init();
    if (!h->easy || !h->multi) {
        http_close(h);
        return err_with(ERR_CONFIG, "source: libcurl cannot be started");
    }
    settings(h, url);
    *out = h;
    return OK;
}

void http_close(struct http *h)
{
    if (!h)
        return;
    http_drop(h);
    curl_multi_cleanup(h->multi);
    curl_easy_cleanup(h->easy);
    curl_slist_free_all(h->headers);
    memory_free(h);
}

const char *http_name(const struct http *h)
{
    return h->name;
}

/* Drive the transfer to its end. */
static enum err run(struct http *h, CURLcode *result)
{
    for (;;) {
        int running = 0, left = 0;
        if (curl_multi_perform(h->multi, &running) != CURLM_OK)
            return err_with(ERR_SOURCE, "%s: libcurl refused the transfer", h->name);
        CURLMsg *message = curl_multi_info_read(h->multi, &left);
        if (message && message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return OK;
        }
        if (h->options.stop && atomic_load(h->options.stop))
            return ERR_STOPPED;
        curl_multi_poll(h->multi, NULL, 0, HTTP_STOP_LOOK_MS, NULL);
    }
}

void http_drop(struct http *h)
{
    if (h->answer)
        curl_multi_remove_handle(h->multi, h->easy);
    h->answer = NULL;
}

enum err http_begin(struct http *h, struct slice body, struct buffer *answer)
{
    int running = 0;
    http_drop(h);
    buffer_reset(answer);
    h->too_large = false;
    curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
        return err_with(ERR_SOURCE, "%s: libcurl refused the request", h->name);
    h->answer = answer;
    curl_multi_perform(h->multi, &running); /* on a kept-alive connection this sends the request */
    return OK;
}

enum err http_post(struct http *h, struct slice body, struct buffer *answer, struct http_status *status)
{
    TRY(http_begin(h, body, answer));
    return http_end(h, status);
}

enum err http_end(struct http *h, struct http_status *status)
{
    CURLcode result = CURLE_OK;
    enum err e = run(h, &result);
    http_drop(h);
    if (e != OK)
        return e;
    if (h->too_large)
        return err_with(ERR_TOO_LARGE, "%s: answered more than %zu bytes", h->name, h->options.max_bytes);
    if (result != CURLE_OK)
        return err_with(ERR_SOURCE, "%s: %s", h->name, curl_easy_strerror(result));
    long code = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > RETRY_AFTER_MAX_S)
        retry_after = RETRY_AFTER_MAX_S;
    *status = (struct http_status){(int)code, retry_after > 0 ? (uint64_t)retry_after * 1000 : 0};
    return OK;
}

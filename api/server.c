/* api/server.c - see server.h. The only file that knows libmicrohttpd. */
#include "api/server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "api/asof.h"
#include "api/connections.h"
#include "api/feeds.h"
#include "api/messages.h"
#include "api/openapi.h"
#include "api/recount.h"
#include "api/reward_trees.h"
#include "api/routes.h"
#include "api/workers.h"
#include "ledger/core/log.h"

enum {
    EVENT_THREADS = 2,
    CONNECTION_MEMORY = 32 * 1024, /* request head and answer head of one connection */
    STREAM_BLOCK = 32 * 1024,
    BACKLOG = 511,
    HOST_TEXT = 256,
    TARGET_KEPT = 8 * 1024
};

struct server {
    struct service service;
    struct connections *connections;
    struct MHD_Daemon *daemon;
    uint16_t port;
};

/* ---- one connection ---- */

static struct connection *connection_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code)
{
    struct server *s = arg;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_remove(*context);
        *context = NULL;
        return;
    }
    int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *from = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    *context = connections_add(s->connections, fd, c, from);
}

static enum MHD_Result on_accept(void *arg, const struct sockaddr *from, socklen_t n)
{
    struct server *s = arg;
    (void)n;
    return connections_admit(s->connections, from) ? MHD_YES : MHD_NO;
}

/* The request line is there: the target as it came, before the library decodes it. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *c)
{
    (void)arg;
    struct connection *one = connection_of(c);
    one->begun = false;
    one->target = target;
    one->target_n = strlen(target);
    one->exchange->target = arena_text(&one->exchange->arena, target, one->target_n);
    /* The library would take the query apart into its memory of the connection, which a few hundred '&' exhaust: the
     * connection then dies without an answer. We do that ourselves: in the library's copy there is nothing to take apart. */
    for (char *p = strchr((char *)target, '?'); p != NULL && *p != '\0'; p++)
        *p = *p == '&' || *p == '=' || *p == '%' ? '.' : *p;
    connection_phase(one, PHASE_HEADERS);
    return one;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode code)
{
    (void)arg;
    (void)c;
    (void)code;
    if (*context != NULL)
        connection_next(*context);
}

/* ---- the answer ---- */

static void suspend(void *c)
{
    MHD_suspend_connection(c);
}

static void resume(void *c)
{
    MHD_resume_connection(c);
}

static void wake(struct exchange *x)
{
    struct connection *one = x->owner;
    MHD_resume_connection(one->handle);
}

static ssize_t read_pipe(void *arg, uint64_t offset, char *out, size_t max)
{
    struct connection *one = arg;
    (void)offset;
    /* Asked again: what was given before is sent. While there is nothing to send nobody is late. */
    ssize_t n = pipe_read(one->exchange->pipe, out, max);
    connection_phase(one, n == 0 ? PHASE_ANSWER : PHASE_WRITE);
    if (n == -1)
        return MHD_CONTENT_READER_END_OF_STREAM;
    return n < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

/* Of a HEAD: the answer to GET has some length, which is not told. */
static ssize_t read_nothing(void *arg, uint64_t offset, char *out, size_t max)
{
    (void)arg;
    (void)offset;
    (void)out;
    (void)max;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static void release_entity(void *arg)
{
    entity_release(arg);
}

static struct MHD_Response *make_response(struct connection *one, int status)
{
    struct exchange *x = one->exchange;
    if (x->pipe != NULL && status == 200) {
        pipe_bind(x->pipe, suspend, resume, one->handle);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_pipe, one, NULL);
    }
    if (x->unmeasured)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_nothing, NULL, NULL);
    if (status == 304 || status == 204)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer_with_free_callback_cls(x->entity->body.n, x->entity->body.p, release_entity,
                                                                  entity_hold(x->entity));
}

static enum MHD_Result send_answer(struct connection *one)
{
    struct exchange *x = one->exchange;
    int status = exchange_status(x);
    struct MHD_Response *response = make_response(one, status);
    if (response == NULL)
        return MHD_NO;
    struct pair lines[ANSWER_HEADERS_MAX];
    size_t n = exchange_headers(x, lines);
    enum MHD_Result ok = MHD_YES;
    for (size_t i = 0; i < n && ok == MHD_YES; i++)
        ok = MHD_add_response_header(response, lines[i].name, lines[i].value);
    exchange_count(x);
    connection_phase(one, PHASE_WRITE);
    if (ok == MHD_YES)
        ok = MHD_queue_response(one->handle, (unsigned)status, response);
    MHD_destroy_response(response);
    return ok;
}

/* ---- the request ---- */

struct collected {
    struct header_line lines[HEADER_LINES_MAX + 1];
    size_t n;
    const char *start; /* of the request in the library's memory */
    bool broken;
};

/* The library keeps lines where they came in and puts NULs over CR and LF. A value behind which there are not two was cut
 * by a raw NUL, ended in a bare LF, or was folded and moved (RFC 9112, 5.2: a server may refuse that): none is honest. The
 * window is well inside the connection's memory and holds all that guard.h lets pass. */
static bool is_whole(const struct collected *c, const char *value, size_t n)
{
    return value > c->start && value + n + 1 < c->start + CONNECTION_MEMORY / 2 && value[n] == '\0' &&
           value[n + 1] == '\0';
}

static enum MHD_Result collect(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value,
                               size_t value_n)
{
    struct collected *c = arg;
    (void)kind;
    if (value != NULL && !is_whole(c, value, value_n))
        c->broken = true;
    c->lines[c->n++] = (struct header_line){name, value != NULL ? value : "", name_n, value_n};
    return c->n <= HEADER_LINES_MAX ? MHD_YES : MHD_NO;
}

/* The library keeps the request line in one piece, "target SP version": a NUL inside the target shows as a gap. */
static size_t true_length(const struct connection *one, const char *version)
{
    if (version > one->target && version - one->target < TARGET_KEPT + 1)
        return (size_t)(version - one->target) - 1;
    return one->target_n;
}

static enum MHD_Result go_on(struct connection *one)
{
    struct exchange *x = one->exchange;
    if (one->progress == ANSWERED)
        return send_answer(one);
    if (one->progress == NEEDS_BODY) {
        connection_phase(one, PHASE_BODY);
        return MHD_YES;
    }
    connection_phase(one, PHASE_ANSWER);
    one->progress = ANSWERED; /* by the time it is woken */
    x->owner = one;
    x->wake = wake;
    MHD_suspend_connection(one->handle);
    exchange_queue(x);
    return MHD_YES;
}

static enum MHD_Result begin(struct connection *one, const char *method, const char *version)
{
    struct collected c = {.start = method};
    MHD_get_connection_values_n(one->handle, MHD_HEADER_KIND, collect, &c);
    struct incoming in = {.method = method,
                          .target = one->exchange->target,
                          .target_n = true_length(one, version),
                          .http_1_0 = strcmp(version, "HTTP/1.0") == 0,
                          .lines = c.lines,
                          .n_lines = c.n,
                          .broken = c.broken};
    one->begun = true;
    one->progress = exchange_begin(one->exchange, &in);
    if (one->progress == NEEDS_BODY)
        return go_on(one);
    /* An answer before the body closes the connection, which is meant only where the body is not wanted. */
    return one->exchange->close ? go_on(one) : MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **context)
{
    struct connection *one = *context;
    (void)arg;
    (void)c;
    (void)url;
    if (one == NULL)
        return MHD_NO;
    struct exchange *x = one->exchange;
    if (!one->begun)
        return begin(one, method, version);
    if (*upload_n > 0) {
        exchange_body(x, upload, *upload_n);
        *upload_n = 0;
        return MHD_YES;
    }
    if (one->progress == NEEDS_BODY)
        one->progress = exchange_body_end(x);
    return go_on(one);
}

/* ---- start and stop ---- */

static unsigned or_default(unsigned given, unsigned otherwise)
{
    return given != 0 ? given : otherwise;
}

static void fill_in(struct server_options *o)
{
    o->connections = or_default(o->connections, 1024);
    o->per_address = or_default(o->per_address, 64);
    o->ask_threads = or_default(o->ask_threads, 4);
    o->run_threads = or_default(o->run_threads, 2);
    o->stream_threads = or_default(o->stream_threads, 4);
    o->message_threads = or_default(o->message_threads, 2);
    o->event_streams = or_default(o->event_streams, 256);
    o->tree_bytes = o->tree_bytes != 0 ? o->tree_bytes : (size_t)512 << 20;
    o->cache_bytes = o->cache_bytes != 0 ? o->cache_bytes : (size_t)64 << 20;
    o->headers_ms = or_default(o->headers_ms, 5000);
    o->body_ms = or_default(o->body_ms, 10000);
    o->write_ms = or_default(o->write_ms, 30000);
    o->idle_ms = or_default(o->idle_ms, 15000);
    o->stop_ms = or_default(o->stop_ms, 10000);
    o->version = o->version != NULL ? o->version : "";
}

/* "host:port" or "[v6]:port". */
static enum err parse_listen(const char *text, struct sockaddr_storage *out, socklen_t *n)
{
    char host[HOST_TEXT];
    const char *colon = strrchr(text, ':');
    size_t host_n = colon != NULL ? (size_t)(colon - text) : 0;
    char *end = NULL;
    bool port = colon != NULL && isdigit((unsigned char)colon[1]) && strtoul(colon + 1, &end, 10) <= UINT16_MAX;
    if (!port || *end != '\0' || host_n == 0 || host_n >= sizeof host)
        return err_with(ERR_CONFIG, "listen: must be ADDR:PORT, is '%s'", text);
    bool bracketed = text[0] == '[' && text[host_n - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracketed ? host_n - 2 : host_n), text + (bracketed ? 1 : 0));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_NUMERICHOST},
                    *found = NULL;
    int failed = getaddrinfo(host, colon + 1, &hints, &found);
    if (failed != 0)
        return err_with(ERR_CONFIG, "listen: '%s': %s", text, gai_strerror(failed));
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *n = found->ai_addrlen;
    freeaddrinfo(found);
    return OK;
}

enum err server_check_listen(const char *text)
{
    struct sockaddr_storage address;
    socklen_t n;
    return parse_listen(text, &address, &n);
}

static enum err listen_on(const char *text, int *fd, uint16_t *port)
{
    struct sockaddr_storage address = {0};
    socklen_t n = 0;
    TRY(parse_listen(text, &address, &n));
    int on = 1, s = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(s, (struct sockaddr *)&address, n) != 0 || listen(s, BACKLOG) != 0 ||
        getsockname(s, (struct sockaddr *)&address, &n) != 0) {
        enum err e = err_with(ERR_IO, "listen: '%s': %s", text, strerror(errno));
        if (s >= 0)
            close(s);
        return e;
    }
    *port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                : ((struct sockaddr_in *)&address)->sin_port);
    *fd = s;
    return OK;
}

/* A descriptor per connection, and some for the database and the rest of the process. */
static void raise_descriptors(unsigned connections)
{
    struct rlimit limit;
    rlim_t wanted = connections + 256;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void on_log(void *arg, const char *format, va_list values) __attribute__((format(printf, 2, 0)));
static void on_log(void *arg, const char *format, va_list values)
{
    (void)arg;
    char text[256];
    vsnprintf(text, sizeof text, format, values);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http", "%s", text);
}

static enum err start_daemon(struct server *s)
{
    const struct server_options *o = &s->service.options;
    int fd = -1;
    TRY(listen_on(o->listen, &fd, &s->port));
    raise_descriptors(o->connections);
    /* Lenient, because what strict adds (Host, blanks before colons) is refused without telling why; guard.c is stricter. */
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                                     MHD_USE_ERROR_LOG,
                                 0, on_accept, s, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                                 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)EVENT_THREADS,
                                 MHD_OPTION_CONNECTION_LIMIT, o->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                 (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 0,
                                 MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                                 s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
    if (s->daemon == NULL) {
        close(fd);
        return err_with(ERR_IO, "listen: the HTTP server cannot be started");
    }
    return OK;
}

static enum err start_parts(struct server *s)
{
    struct service *v = &s->service;
    router_init(&v->router, routes);
    openapi_write(&v->router, v->options.version, &v->openapi);
    v->cache = cache_open(v->options.cache_bytes);
    v->headers = headers_open();
    v->trees = reward_trees_open(v->options.tree_bytes);
    TRY(messages_open(v));
    TRY(watch_open(v->options.database, v->options.role, &v->watch));
    TRY(recount_open(v, &v->recount));
    TRY(workers_open(v, &v->workers));
    TRY(feeds_open(v, &v->feeds));
    TRY(connections_open(v, &s->connections));
    return start_daemon(s);
}

static void free_parts(struct server *s)
{
    struct service *v = &s->service;
    connections_close(s->connections);
    feeds_close(v->feeds);
    workers_close(v->workers);
    recount_close(v->recount);
    messages_close(v);
    watch_close(v->watch);
    headers_close(v->headers);
    reward_trees_close(v->trees);
    cache_close(v->cache);
    router_done(&v->router);
    buffer_done(&v->openapi);
    memory_free(s);
}

enum err server_start(const struct server_options *options, struct server **out)
{
    struct server *s = memory_resize(NULL, sizeof *s);
    memset(s, 0, sizeof *s);
    s->service.options = *options;
    fill_in(&s->service.options);
    s->service.facts = (struct facts){s->service.options.version, {time(NULL)}};
    enum err e = start_parts(s);
    if (e != OK)
        free_parts(s);
    else
        *out = s;
    return e;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

void server_state_changed(struct server *s)
{
    watch_poke(s->service.watch);
}

static void wait_for_requests(struct server *s)
{
    struct service *v = &s->service;
    uint64_t until = microseconds_now() + UINT64_C(1000) * v->options.stop_ms;
    while (atomic_load(&v->metrics.in_flight) > 0 && microseconds_now() < until) {
        connections_cut(s->connections, false);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    if (atomic_load(&v->metrics.in_flight) > 0)
        log_warn("api", "stopping with %lu requests unfinished", (unsigned long)atomic_load(&v->metrics.in_flight));
}

void server_stop(struct server *s)
{
    if (s == NULL)
        return;
    struct service *v = &s->service;
    atomic_store(&v->stopping, true);
    int fd = MHD_quiesce_daemon(s->daemon);
    connections_cut(s->connections, false); /* from here on its thread leaves feeds and workers alone */
    feeds_close(v->feeds);
    v->feeds = NULL;
    wait_for_requests(s);
    connections_cut(s->connections, true);
    workers_close(v->workers); /* answers what waits: no connection stays suspended */
    v->workers = NULL;
    MHD_stop_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
    free_parts(s);
}

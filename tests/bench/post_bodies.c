/* tests/bench/post_bodies.c - posts the lines of a file over many connections, as fast as they are answered or at a given rate.
 *
 * post_bodies PORT PATH FILE CONNECTIONS RATE: to 127.0.0.1; RATE 0 is as fast as answers come. At a rate each body has its moment, and its
 * answer's time counts from that moment, whether or not a connection was free then, so that a slow server cannot hide behind a waiting client.
 * Prints {"seconds", "answers", "good", "first_bad", "p50", "p99", "max"} (ms). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, ANSWER_MAX = 65536, REQUEST_MAX = 131072, BAD_MAX = 600 };

struct connection {
    int fd;
    bool busy;
    size_t got, size, sent;
    double due; /* when its request should have gone */
    char answer[ANSWER_MAX];
    char request[REQUEST_MAX];
};

static struct connection all[CONNECTIONS_MAX];
/* Those that wait, in turn: the one that waits longest sends next, so that the server closes none for being idle. */
static struct connection *idle[CONNECTIONS_MAX];
static size_t first_idle, n_idle;
static const char *path, *text, *end;
static double *times;
static size_t answers, good;
static char first_bad[BAD_MAX];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put_idle(struct connection *c)
{
    idle[(first_idle + n_idle++) % CONNECTIONS_MAX] = c;
}

static struct connection *take_idle(void)
{
    struct connection *c = idle[first_idle];
    first_idle = (first_idle + 1) % CONNECTIONS_MAX;
    n_idle--;
    return c;
}

static void die(const char *what)
{
    fprintf(stderr, "post_bodies: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void push(struct connection *c)
{
    while (c->sent < c->size) {
        ssize_t n = write(c->fd, c->request + c->sent, c->size - c->sent);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            die("write");
        c->sent += (size_t)n;
    }
}

static void send_next(struct connection *c, double due)
{
    const char *line = memchr(text, '\n', (size_t)(end - text));
    int n =
        snprintf(c->request, REQUEST_MAX,
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 path, (size_t)(line - text));
    if (n < 0 || (size_t)n + (size_t)(line - text) > REQUEST_MAX)
        die("a body is too long");
    memcpy(c->request + n, text, (size_t)(line - text));
    c->size = (size_t)n + (size_t)(line - text);
    c->sent = c->got = 0;
    c->due = due;
    c->busy = true;
    text = line + 1;
    push(c);
}

/* Whether a whole answer is there; answers are never chunked. */
static bool complete(struct connection *c)
{
    c->answer[c->got] = '\0';
    const char *body = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "content-length:");
    if (body == NULL || length == NULL || length > body)
        return false;
    return c->got >= (size_t)(body + 4 - c->answer) + strtoul(length + strlen("content-length:"), NULL, 10);
}

static void take(struct connection *c)
{
    ssize_t n = read(c->fd, c->answer + c->got, ANSWER_MAX - 1 - c->got);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        die("the server closed a connection");
    c->got += (size_t)n;
    if (!complete(c))
        return;
    times[answers++] = now() - c->due;
    if (strncmp(c->answer, "HTTP/1.1 200 ", 13) == 0)
        good++;
    else if (first_bad[0] == '\0')
        memcpy(first_bad, c->answer, c->got < BAD_MAX ? c->got : BAD_MAX - 1);
    c->busy = false;
    put_idle(c);
}

static void open_all(int poll, int port, size_t n)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (size_t i = 0; i < n; i++) {
        struct connection *c = &all[i];
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0)
            die("connect");
        int one = 1;
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e) != 0)
            die("epoll_ctl");
        put_idle(c);
    }
}

static size_t map_file(const char *name)
{
    struct stat s;
    int fd = open(name, O_RDONLY);
    if (fd < 0 || fstat(fd, &s) != 0 || s.st_size == 0)
        die(name);
    text = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        die(name);
    end = text + s.st_size;
    size_t lines = 0;
    for (const char *p = text; p < end; p++)
        lines += *p == '\n';
    return lines;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_text(const char *t)
{
    putchar('"');
    for (; *t != '\0'; t++)
        if (*t == '"' || *t == '\\' || (unsigned char)*t < ' ')
            printf("\\u%04x", (unsigned)(unsigned char)*t);
        else
            putchar(*t);
    putchar('"');
}

int main(int argc, char **argv)
{
    if (argc != 6 || atoi(argv[4]) < 1 || atoi(argv[4]) > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: post_bodies PORT PATH FILE CONNECTIONS RATE\n");
        return 2;
    }
    path = argv[2];
    size_t lines = map_file(argv[3]), sent = 0;
    double rate = atof(argv[5]);
    times = calloc(lines, sizeof *times);
    int poll = epoll_create1(0);
    if (times == NULL || poll < 0)
        die("start");
    open_all(poll, atoi(argv[1]), (size_t)atoi(argv[4]));
    double began = now();
    while (answers < lines) {
        double due = rate > 0 ? began + (double)sent / rate : now();
        for (; sent < lines && n_idle > 0 && due <= now(); due = rate > 0 ? began + (double)sent / rate : now()) {
            send_next(take_idle(), due);
            sent++;
        }
        double wait = (due - now()) * 1000;
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64,
                           sent == lines || n_idle == 0 ? 1000
                           : wait > 1                   ? (int)wait
                           : wait > 0                   ? 1
                                                        : 0);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->busy && (events[i].events & EPOLLOUT) != 0)
                push(c);
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
                take(c);
        }
    }
    double took = now() - began;
    qsort(times, lines, sizeof *times, ascending);
    printf("{\"seconds\":%.4f,\"answers\":%zu,\"good\":%zu,\"first_bad\":", took, answers, good);
    print_text(first_bad);
    printf(",\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}\n", times[lines / 2] * 1e3, times[lines * 99 / 100] * 1e3,
           times[lines - 1] * 1e3);
    return 0;
}

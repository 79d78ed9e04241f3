/* api/server.h - the HTTP server: start it, tell it of changes, stop it.
 *
 * server.c is the only file that knows libmicrohttpd. Everything that answers is data (api/routes.c). */
#ifndef API_SERVER_H
#define API_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/err.h"

struct server_options {
    const char *listen;           /* "127.0.0.1:8080", "[::1]:8080"; port 0: any free one */
    const char *database;         /* conninfo for reading */
    const char *role;             /* SET ROLE on each connection; NULL: none */
    const char *ballots_database; /* conninfo for signed messages; NULL: none are taken */
    const char *ballots_role;     /* SET ROLE on its connections; NULL: none */
    const char *keys;             /* directory of the service's keys (governance/keys.h) */
    bool keys_wanted;             /* without them the server does not start; else it starts and takes no messages */
    const char *origin;           /* of the log */
    const char *const *rpc_urls;  /* L1 nodes asked for headers that are not stored; NULL: none */
    size_t n_rpc_urls;
    unsigned rpc_timeout_ms; /* 0: 5000 */
    const char *version;     /* of the program, for /v1/status */
    /* Limits; 0 means the default behind it. */
    unsigned connections;                            /* open at once: 1024 */
    unsigned per_address;                            /* open at once from one address, loopback not counted: 64 */
    unsigned ask_threads;                            /* one connection each; single-statement reads: 4 */
    unsigned run_threads;                            /* several statements, or a node must be asked: 2 */
    unsigned message_threads;                        /* signed messages: 2, and as many for contract wallets */
    unsigned stream_threads;                         /* CSV and NDJSON of whole lists at once: 4 */
    unsigned event_streams;                          /* SSE clients at once: 256 */
    size_t cache_bytes;                              /* 64 MiB */
    size_t tree_bytes;                               /* of distributions: 512 MiB */
    unsigned headers_ms, body_ms, write_ms, idle_ms; /* absolute deadlines: 5000, 10000, 30000, 15000 */
    unsigned stop_ms;                                /* requests in flight get this long when stopping: 10000 */
};

struct server;

/* Whether `text` can be listened on: "ADDR:PORT" with a numeric address. ERR_CONFIG. */
MUST_CHECK enum err server_check_listen(const char *text);
/* Listening when it returns. The options are copied; the strings they point to must outlive the server. The database need not
 * be reachable yet. ERR_CONFIG: unusable address or options; ERR_IO: the address is taken. */
MUST_CHECK enum err server_start(const struct server_options *options, struct server **out);
/* The port that is listened on. */
uint16_t server_port(const struct server *s);
/* The mirror of this process has committed. From any thread. */
void server_state_changed(struct server *s);
/* Stop accepting, finish what is in flight (at most stop_ms), end streams, free everything. NULL is fine. */
void server_stop(struct server *s);

#endif

/* api/request.h - what a handler is given: parsed, typed and checked, nothing of HTTP. */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include "ledger/core/arena.h"
#include "ledger/core/db.h"
#include "ledger/core/json.h"

struct route;
struct service;

/* at=: which block is asked for. The numbers are those that api_v1.at() takes (sql/0005_at.sql). */
enum at_kind { AT_LATEST, AT_SAFE, AT_FINALIZED, AT_NUMBER, AT_HASH, AT_TIME };

struct at {
    int16_t kind;
    int64_t number;      /* AT_NUMBER */
    struct hash hash;    /* AT_HASH */
    struct instant time; /* AT_TIME */
};

enum finality { FINALITY_LATEST, FINALITY_SAFE, FINALITY_FINALIZED };
const char *finality_name(enum finality f);

/* The block that the reply speaks of; read by the framework from the statement's leading columns. */
struct as_of {
    uint64_t number;
    bool has_block; /* hash and time are known */
    struct hash hash;
    struct instant time;
    enum finality finality;
    bool has_root;
    struct hash root;
    int64_t position; /* number << 32 | 0xffffffff: rows at or before it count */
    uint64_t head;    /* number of the last booked block */
    uint64_t generation;
    uint64_t version; /* mirror.cursor.state_version */
};

enum representation { AS_JSON, AS_CSV, AS_NDJSON, AS_EVENT_STREAM };

/* One parsed parameter. */
struct value {
    bool given;
    const char *text; /* as given, percent-decoded, NUL-terminated; for a choice: the canonical text */
    struct address address;
    struct hash hash;
    uint64_t u64;
    bool flag;
    size_t choice; /* index in the parameter's choices */
    struct instant time;
};

enum { PAGE_LIMIT_DEFAULT = 50, PAGE_LIMIT_MAX = 1000, PAGE_KEYS_MAX = 4 };

/* Which part of a list is asked for. */
struct page {
    int64_t limit; /* rows to fetch: one more than are shown; INT64_MAX for a stream of all */
    bool descending;
    bool continued; /* after= was given */
    struct param
        after[PAGE_KEYS_MAX]; /* key after which to go on; on the first page the least (greatest) key there is */
};

/* What the process knows that is in no database. */
struct facts {
    const char *version;
    struct instant started;
};

struct request {
    const struct route *route;
    const struct facts *facts;
    struct service *service;    /* for the framework's own routes; handlers of nouns leave it alone */
    struct arena *arena;        /* lives as long as the request */
    const char *id;             /* Request-Id */
    const struct value *values; /* one per route->parameters[i] */
    struct at at;
    struct as_of as_of; /* valid in answer() and run() of routes that take at */
    struct page page;
    enum representation as;
    const json_t *body; /* POST: the checked body, read by api/body.h */
};

/* By name; asking for a name that the route does not declare is a bug (assertion). */
const struct value *request_value(const struct request *r, const char *name);
bool request_given(const struct request *r, const char *name);
/* Value of a parameter that is required or was given (assertion). */
struct address request_address(const struct request *r, const char *name);
uint64_t request_u64(const struct request *r, const char *name);
const char *request_text(const struct request *r, const char *name);
size_t request_choice(const struct request *r, const char *name); /* not given: the spec's first choice */
bool request_flag(const struct request *r, const char *name);     /* not given: false */
/* Statement parameters for optional filters: SQL NULL if not given. They point into the request. */
struct param request_param(const struct request *r, const char *name);

/* A statement being put together: SQL is a literal; values are bound by reference and must outlive the request's
 * answer (request members, arena memory). */
enum { STATEMENT_PARAMS = 24 };
struct statement {
    const char *sql;
    const char *sql_kept; /* NULL, or the same beginning with SQL_AT_KEPT (api/sql.h) */
    struct param params[STATEMENT_PARAMS];
    size_t n;
};
/* Append parameters in the order of $1, $2, ... */
void statement_in(struct statement *s, struct param p);
void statement_at(struct statement *s, const struct request *r);   /* 4: the arguments of api_v1.at() */
void statement_page(struct statement *s, const struct request *r); /* the list's keys, then the LIMIT */
void statement_value(struct statement *s, const struct request *r, const char *name); /* 1: a declared parameter */
/* 2, for routes with wants_time: number and time of a block whose header is not stored, once a node told them; else NULL. */
void statement_time(struct statement *s, const struct request *r);

#endif

/* api/route.h - the route table is the API: paths, parameters, replies and who answers, as data.
 *
 * The server matches, parses strictly, negotiates, caches, pages, writes OpenAPI and maps errors from these rows alone.
 * A handler is a function from a request to a reply: it never touches HTTP, begins no transaction, repeats nothing.
 * On an error it returns `err_with(ERR_X, "parameter: what is wrong")`: of a 400 the text before ':' is named as `param`.
 *
 * An object, one statement (a statement is a snapshot; the framework pipelines it with those of other requests):
 *
 *     static enum err ask(const struct request *r, struct statement *s)
 *     {
 *         s->sql = "SELECT a.*, t.balance FROM api_v1.at($1, $2, $3, $4) a LEFT JOIN LATERAL (SELECT e.balance FROM ledger.account n"
 *                  "  JOIN ledger.entry e ON e.account = n.id WHERE n.book = 2 AND n.asset = $5 AND e.position <= a.position"
 *                  "  ORDER BY e.position DESC LIMIT 1) t ON true";
 *         statement_at(s, r);             // $1 .. $4
 *         statement_value(s, r, "token"); // $5
 *         return OK;
 *     }
 *     static enum err answer(const struct request *r, const struct rows *rows, struct reply *reply)
 *     {
 *         if (rows_null(rows, 0, AT_COLUMNS))
 *             return err_with(ERR_NOT_FOUND, "token: no such token at block %" PRIu64, r->as_of.number);
 *         jw_key(&reply->json, "total_supply");
 *         jw_amount(&reply->json, rows_amount(rows, 0, AT_COLUMNS));
 *         return OK;
 *     }
 *     const struct route supply_routes[] = {
 *         {.method = "GET", .path = "/v1/tokens/{token}/supply", .about = "How much of a token exists.",
 *          .shape = SHAPE_OBJECT, .takes_at = true, .cache = CACHE_STATE,
 *          .parameters = PARAMETERS({.name = "token", .type = PARAMETER_ADDRESS, .about = "The token's contract."}),
 *          .members = MEMBERS({.name = "total_supply", .type = T_AMOUNT, .about = "Base units issued."}),
 *          .ask = ask, .answer = answer},
 *         {0}};
 *
 * Statements of routes with takes_at select `a.*` of api_v1.at() first: AT_COLUMNS columns. A statement that yields no row
 * is an answer that at= cannot have (the framework finds out which) or, if at= is fine, ERR_NOT_FOUND.
 *
 * A list needs `ask` only. Columns: a.* (if takes_at), one per member in order, then one per key in order, then one per
 * member of `extra` (the first row's stand beside the data; CSV and NDJSON leave them out). Not even one item: one row whose keys
 * are NULL (LEFT JOIN LATERAL ... ON true) or, without takes_at and extra, no row.
 *
 *     s->sql = r->page.descending ? "... h.address < $5 ORDER BY h.address DESC LIMIT $6 ..." : "... h.address > $5 ... LIMIT $6 ...";
 *     statement_at(s, r);   // $1 .. $4
 *     statement_page(s, r); // $5 = after which key to go on ($5, $6 for two keys: (x, y) > ($5, $6)), then the limit
 *
 * The first page is given the least key there is (empty bytea, -1, ...; descending: the greatest), so that one index
 * condition serves all pages. CSV and NDJSON run the same statement without a limit.
 *
 * A POST computes and changes nothing: ask or run as of a GET, in the same read-only transaction. Its arguments are a JSON
 * object, described like a reply: every member is required unless `optional`, and one that is unknown, missing, repeated,
 * mistyped or out of range is refused (400, `param` = its path) before the handler is called. With takes_at the framework
 * adds a member `at`, which takes what at= takes, and a block number also as an integer; r->at and r->as_of are as of a GET.
 * Its answers are never cached (no-store, no ETag), so they may be long and are made for one caller.
 *
 *     static enum err run(const struct request *r, struct db *db, struct reply *reply)
 *     {
 *         if (body_count(r, "wads") != body_count(r, "strategies"))
 *             return err_with(ERR_FIELD, "wads: must be as many as strategies");
 *         struct address operator = body_address(r, "operator");
 *         for (size_t i = 0; i < body_count(r, "strategies"); i++)
 *             TRY(slash(db, r->as_of.position, operator, body_address_at(r, "strategies", i), body_amount_at(r, "wads", i), reply));
 *         if (body_given(r, "epoch")) ... body_u64(r, "epoch") ...
 *     }
 *     {.method = "POST", .path = "/v1/simulations/slash", .about = "What a slash would cost.",
 *      .shape = SHAPE_OBJECT, .takes_at = true, .cache = CACHE_NEVER,
 *      .body = MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "Whom to slash."},
 *                      {.name = "strategies", .type = T_ADDRESS, .nest = NEST_SCALARS, .max = 32, .about = "In which."},
 *                      {.name = "wads", .type = T_AMOUNT, .nest = NEST_SCALARS, .max = 32, .about = "How much, 1e18 = all."},
 *                      {.name = "epoch", .type = T_U64, .optional = true, .about = "When."}),
 *      .members = MEMBERS(...), .run = run} */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "api/reply.h"
#include "api/request.h"
#include "ledger/core/sink.h"

/* Leading columns of statements with takes_at, as api_v1.at() returns them: number, hash, time, finality, root, position, head,
 * generation, version. The handler's own columns begin at AT_COLUMNS. */
enum { AT_COLUMNS = 9 };

enum shape {
    SHAPE_OBJECT, /* {as_of?, members} */
    SHAPE_LIST,   /* {data: [members], has_more, next_cursor, as_of?}; also CSV and NDJSON */
    SHAPE_STREAM, /* text/event-stream */
    SHAPE_FILE,   /* NDJSON of the handler's own, made while it is sent, to be kept as a file */
    SHAPE_RAW     /* whatever the handler writes */
};

enum parameter_type {
    PARAMETER_ADDRESS,
    PARAMETER_HASH,
    PARAMETER_U64,
    PARAMETER_BOOL, /* true | false */
    PARAMETER_TEXT,
    PARAMETER_CHOICE,
    PARAMETER_TIME
};

/* Path parameters are those named in braces in the path; all others are of the query. A path parameter {at} (PARAMETER_TEXT, of
 * a route with takes_at) stands for the query's at=. The last segment may be {name...}: the rest of the path, one segment or more
 * with the slashes between them; a route that spells out more of the path is matched before it. */
struct parameter {
    const char *name;
    enum parameter_type type;
    bool required;              /* query only; the path's always are */
    const char *const *choices; /* NULL-terminated */
    uint64_t max;               /* u64: greatest value (0: 2^63 - 1); text: longest, in bytes (0: 256) */
    const char *about;
};

enum nest {
    NEST_NONE,    /* a scalar of `type` */
    NEST_OBJECT,  /* of `members` */
    NEST_LIST,    /* array of objects of `members` */
    NEST_SCALARS, /* array of scalars of `type` */
    NEST_ANY      /* any JSON; of lists: `write` writes it */
};

/* A member of the reply (of a list: of each item, a CSV column). T_U64, T_I64 and smaller are JSON numbers (<= 2^53); amounts
 * are decimal strings; T_BYTES is 0x hex. A list's member is written from its column by type unless `write` is given. */
struct member {
    const char *name;
    enum type type;
    enum nest nest;
    bool nullable;
    bool optional; /* may be missing */
    uint64_t max;  /* of a body: greatest number, longest text in bytes, most items of a list; 0: see api/body.h */
    const struct member *members; /* ends with {0} */
    void (*write)(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
    const char *about;
};

enum cache_kind {
    CACHE_NEVER, /* asked anew each time; still has an ETag */
    CACHE_STATE, /* valid until the mirror's state changes; at a finalized number or hash: within the generation */
    CACHE_BUILD  /* the same as long as the process runs */
};

struct route {
    const char *method; /* "GET" (HEAD and OPTIONS follow from it) or "POST" */
    const char *path;   /* "/v1/tokens/{token}/holders" */
    const char *about;  /* one sentence */
    enum shape shape;
    bool takes_at;
    bool
        wants_time; /* the answer hangs on the block's time: if its header is not stored, `ask` is asked again with it (statement_time) */
    enum cache_kind cache;
    const struct parameter *parameters; /* ends with {0}; NULL: none. at, limit, after, order are the framework's */
    const struct member *members;       /* ends with {0} */
    const struct member *body;          /* POST: members of the request's JSON object (api/body.h); ends with {0} */
    bool signed_message;        /* POST: its body, as it is, goes to the door (api/messages.h); answered there */
    const enum type *keys;      /* lists: the types of the trailing key columns */
    size_t n_keys;              /* 1 .. PAGE_KEYS_MAX */
    const struct member *extra; /* lists: what stands beside the data; ends with {0}; NULL: nothing */
    bool both_orders;           /* lists: takes order=asc|desc */
    bool descending;            /* lists: the default order */
    bool (*descends)(
        const struct request *r); /* lists: the same, where it depends on the parameters; NULL: as said above */
    /* Exactly one of ask, run, feed, file, local; none of a signed message. */
    enum err (*ask)(const struct request *r, struct statement *s);
    enum err (*answer)(const struct request *r, const struct rows *rows, struct reply *reply); /* with ask; objects */
    /* Several statements in one REPEATABLE READ READ ONLY transaction; r->as_of is resolved before. */
    enum err (*run)(const struct request *r, struct db *db, struct reply *reply);
    /* With run and takes_at, optional: what the request asks about has a block of its own, which takes the place of at=. In the same
     * transaction, before r->as_of is resolved. */
    enum err (*place)(const struct request *r, struct db *db, struct at *at);
    /* Event streams: append complete events ("id: N\nevent: E\ndata: {...}\n\n") that follow *after, a bounded number, advance
     * *after, and say whether there is more now. Called again after each change of state. *after == FEED_FROM_NOW: set it
     * to the end of the feed and append nothing. ERR_CONFLICT: *after is beyond the end. */
    enum err (*feed)(const struct request *r, struct db *db, uint64_t *after, struct buffer *out, bool *more);
    /* Files: write all of it, however long, in one REPEATABLE READ READ ONLY transaction. An error before the first byte is the answer;
     * one after it breaks the answer off, so that the client notices. */
    enum err (*file)(const struct request *r, struct db *db, const struct sink *out);
    /* Answered at once from memory, without the database. */
    enum err (*local)(const struct request *r, struct reply *reply);
    /* Instead of 503, when the database cannot be reached: what is known from memory. Optional. */
    enum err (*without_database)(const struct request *r, struct reply *reply);
};

#define FEED_FROM_NOW UINT64_MAX

#define PARAMETERS(...)        \
    (const struct parameter[]) \
    {                          \
        __VA_ARGS__,           \
        {                      \
            0                  \
        }                      \
    }
#define MEMBERS(...)        \
    (const struct member[]) \
    {                       \
        __VA_ARGS__,        \
        {                   \
            0               \
        }                   \
    }
#define CHOICES(...)      \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }
/* .KEYS(T_U64, T_I32) gives .keys and .n_keys */
#define KEYS(...) \
    keys = (const enum type[]){__VA_ARGS__}, .n_keys = sizeof((const enum type[]){__VA_ARGS__}) / sizeof(enum type)

#endif

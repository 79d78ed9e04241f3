/* ledger/core/err.h - every way the program can say no, in one table.
 *
 * A function that can fail returns enum err and leaves its outputs untouched unless OK. The rows below are
 * the only place where a refusal meets its HTTP status, its public name and its sentence. What is particular
 * to one failure (which field, which block) travels beside it as the thread's detail text. */
#ifndef LEDGER_CORE_ERR_H
#define LEDGER_CORE_ERR_H

#define ERR_TABLE(ERR)                                                                                       \
    ERR(OK, 200, "ok", "done")                                                                               \
    ERR(ERR_FIELD, 400, "invalid-parameter", "a parameter is malformed")                                     \
    ERR(ERR_CURSOR, 400, "invalid-cursor", "the cursor was not made by this list")                           \
    ERR(ERR_NOT_FOUND, 404, "not-found", "no such thing at that block")                                      \
    ERR(ERR_NOT_MIRRORED, 404, "block-not-mirrored", "that block is above the head or before the first")     \
    ERR(ERR_METHOD, 405, "method-not-allowed", "this resource does not take that method")                    \
    ERR(ERR_CONFLICT, 409, "conflict", "that contradicts what is stored")                                    \
    ERR(ERR_NOT_CANONICAL, 409, "block-not-canonical", "that block hash is unknown or was reorganised away") \
    ERR(ERR_DAY_OPEN, 409, "day-not-closed", "that day's rewards are not booked yet")                        \
    ERR(ERR_TOO_LARGE, 413, "too-large", "the request is larger than this service takes")                    \
    ERR(ERR_URI_TOO_LONG, 414, "uri-too-long", "the request line is longer than this service takes")         \
    ERR(ERR_MEDIA_TYPE, 415, "unsupported-media-type", "this resource takes application/json only")          \
    ERR(ERR_RULE, 422, "rule-refused", "a rule of the ledger refuses this")                                  \
    ERR(ERR_RATE, 429, "too-many-requests", "too many requests from this address")                           \
    ERR(ERR_HEADERS, 431, "headers-too-large", "the request headers are larger than this service takes")     \
    ERR(ERR_INTERNAL, 500, "internal", "a fault of this service")                                            \
    ERR(ERR_SYNCING, 503, "syncing", "the mirror has not caught up with its source")                         \
    ERR(ERR_NO_HEADER, 503, "header-unavailable", "the header of that block is not stored here")             \
    ERR(ERR_DB_LOST, 503, "database-unavailable", "the database cannot be reached")                          \
    ERR(ERR_RETRY, 503, "try-again", "lost a race with another transaction")                                 \
    ERR(ERR_COMMIT_UNKNOWN, 503, "commit-unknown", "the database did not say whether the commit happened")   \
    ERR(ERR_LEASE_LOST, 503, "lease-lost", "another writer has taken over")                                  \
    ERR(ERR_STOPPED, 503, "stopping", "the service is shutting down")                                        \
    ERR(ERR_DB, 500, "database", "the database refused a statement")                                         \
    ERR(ERR_OVERFLOW, 500, "overflow", "an amount left its range")                                           \
    ERR(ERR_UNDECODABLE, 500, "undecodable", "event data does not match its ABI")                            \
    ERR(ERR_NEED, 500, "need", "rows must be read before this can be applied")                               \
    ERR(ERR_SOURCE, 502, "source", "the L1 source could not answer")                                         \
    ERR(ERR_SOURCE_LIES, 502, "source-inconsistent", "the L1 source's answers contradict each other")        \
    ERR(ERR_DEEP_REORG, 500, "reorg-below-finalized", "the source replaced a finalized block")               \
    ERR(ERR_CONFIG, 500, "configuration", "the configuration is not usable")                                 \
    ERR(ERR_SCHEMA, 500, "schema", "the database schema is not the one this program needs")                  \
    ERR(ERR_IO, 500, "io", "a file or socket could not be used")                                             \
    ERR(ERR_END, 500, "end", "there is no more")

#define ERR_ENUM(code, http, slug, text) code,
enum err { ERR_TABLE(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

#define MUST_CHECK __attribute__((warn_unused_result))

/* Leave the function with the callee's error, or carry on. */
#define TRY(call)             \
    do {                      \
        enum err e_ = (call); \
        if (e_ != OK)         \
            return e_;        \
    } while (0)

int err_http(enum err e);
const char *err_slug(enum err e);
const char *err_text(enum err e);

/* Set this thread's detail text (printf form, cut at 511 bytes) and return e: `return err_with(ERR_FIELD, ...)`. */
enum err err_with(enum err e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The detail set last on this thread; "" if none. Valid until the next err_with on this thread. */
const char *err_detail(void);
void err_clear(void);

#endif

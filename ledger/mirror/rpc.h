/* ledger/mirror/rpc.h - ask one JSON-RPC 2.0 endpoint one or many questions at once.
 *
 * Answers are matched to questions by id. What is not exactly one answer a question is a lie, never a guess; an error
 * object is an error, never an empty answer. Batches are cut to what the endpoint takes. An endpoint belongs to one
 * thread; its counters may be read by any. */
#ifndef LEDGER_MIRROR_RPC_H
#define LEDGER_MIRROR_RPC_H

#include <time.h>

#include "ledger/core/json.h"
#include "ledger/mirror/http.h"

/* Shared by the endpoints of one source; written by its thread, read by any. */
struct rpc_counters {
    _Atomic uint64_t requests, failures, lies, disagreements, retries, bytes, unhashable_headers;
};

struct rpc; /* an endpoint */

enum {
    RPC_NO_METHOD = -32601,  /* JSON-RPC 2.0: the method does not exist */
    RPC_BAD_PARAMS = -32602, /* JSON-RPC 2.0 */
    RPC_REVERTED = 3,        /* eth_call: execution reverted (execution-apis) */
    RPC_MESSAGE_MAX = 120
};

struct rpc_call {
    const char *method;
    const char *params; /* a JSON array, as text */
    json_t *result;     /* NULL: an error */
    int code;           /* the error's code */
    char message[RPC_MESSAGE_MAX];
};

MUST_CHECK enum err rpc_open(const char *url, const struct http_options *options, struct rpc_counters *counters,
                             struct rpc **out);
void rpc_close(struct rpc *r);
const char *rpc_name(const struct rpc *r);

/* Ask all calls; OK: each has a result or an error code. ERR_SOURCE: unreachable, HTTP status, not JSON.
 * ERR_SOURCE_LIES: ids wrong, missing or twice, neither result nor error. ERR_TOO_LARGE: the answer to a single call is
 * over the bound. ERR_STOPPED. Results must be released in each case. */
MUST_CHECK enum err rpc_ask(struct rpc *r, struct rpc_call *calls, size_t n);
/* As rpc_ask; as soon as the answer has arrived, and before it is parsed, `next` is sent on a second connection, so that
 * the node works while we do. A later rpc_ask of the very same calls takes that answer; any other drops it. n_next may
 * be 0. What was sent ahead and failed is asked again. */
MUST_CHECK enum err rpc_ask_ahead(struct rpc *r, struct rpc_call *calls, size_t n, const struct rpc_call *next,
                                  size_t n_next);
/* As rpc_ask, but a call that was answered with an error object is ERR_SOURCE (detail: the first). */
MUST_CHECK enum err rpc_ask_all(struct rpc *r, struct rpc_call *calls, size_t n);
MUST_CHECK enum err rpc_ask_all_ahead(struct rpc *r, struct rpc_call *calls, size_t n, const struct rpc_call *next,
                                      size_t n_next);
void rpc_release(struct rpc_call *calls, size_t n);

/* Whether an eth_call was answered by a revert: that is the contract's answer, and asking again will not help. */
bool rpc_reverted(const struct rpc_call *call);
/* Whether an error's message says that the node keeps no state of so old a block. */
bool rpc_state_is_gone(const char *message);

/* How long the endpoint asked us to stay away by Retry-After, from now; 0: not at all. */
uint64_t rpc_silence_ms(const struct rpc *r);
/* Size of the last answer in bytes, unpacked. */
size_t rpc_answer_bytes(const struct rpc *r);
/* Monotonic. */
uint64_t clock_ms(void);
time_t clock_seconds(void);

#endif

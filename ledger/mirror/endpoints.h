/* ledger/mirror/endpoints.h - several JSON-RPC endpoints of one chain: which is asked, which is given a rest.
 *
 * The first in the given order that is not resting is asked. An endpoint that failed rests, longer with each failure in a
 * row, so the first (the primary) is returned to by itself. No endpoint is asked anything before its chain id was found
 * right; one with another chain id is never asked again. */
#ifndef LEDGER_MIRROR_ENDPOINTS_H
#define LEDGER_MIRROR_ENDPOINTS_H

#include "ledger/mirror/rpc.h"
#include "ledger/mirror/source.h"

/* How an endpoint can tell all logs of a block, best first. */
enum logs_way {
    WAY_BLOCK_RECEIPTS, /* eth_getBlockReceipts: proven by the receipts root */
    WAY_TX_RECEIPTS,    /* eth_getTransactionReceipt for each: proven likewise */
    WAY_LOGS            /* eth_getLogs by block hash: not proven; with --prove-logs=off only */
};

struct endpoint {
    struct rpc *rpc;
    bool chain_good, chain_wrong;
    unsigned failures;    /* in a row */
    uint64_t rests_until; /* clock_ms */
    bool has_tags;        /* it answered `finalized` with a block before: from then on a refusal is a failure */
    unsigned tag_refusals, way_refusals; /* in a row: one alone may be a hiccup */
    enum logs_way way;
    bool lagging; /* said so */
};

struct endpoints {
    struct endpoint *all;
    size_t n;
    uint64_t chain_id;
    bool any_chain; /* chain ids are not looked at (one-off questions) */
    struct rpc_counters *counters;
};

/* Open without asking anything. ERR_CONFIG: not a URL. */
MUST_CHECK enum err endpoints_init(struct endpoints *s, const char *const *urls, size_t n,
                                   const struct http_options *options, struct rpc_counters *counters);
void endpoints_done(struct endpoints *s);
/* Ask each for its chain id. ERR_CONFIG: another chain (detail names the endpoint). ERR_SOURCE: none answered; one that did
 * not is only logged. ERR_STOPPED. */
MUST_CHECK enum err endpoints_check_chain(struct endpoints *s, uint64_t chain_id);
/* The endpoint to ask now. ERR_SOURCE: those not yet checked do not answer. ERR_CONFIG: all are of another chain. */
MUST_CHECK enum err endpoints_pick(struct endpoints *s, struct endpoint **out);
/* Whether another than the picked one can be asked for its opinion now. */
bool endpoint_awake(struct endpoints *s, struct endpoint *e);
void endpoint_failed(struct endpoint *e);
void endpoint_worked(struct endpoint *e);

#endif

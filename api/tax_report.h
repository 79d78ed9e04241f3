/* api/tax_report.h - a report of lots while it is put together: what happened, how it was matched, how it is written. */
#ifndef API_TAX_REPORT_H
#define API_TAX_REPORT_H

#include "api/address_list.h"
#include "api/period.h"
#include "api/route.h"
#include "api/tax_lots.h"
#include "ledger/reward.h"

/* Of an event: when, whose, how. */
struct tax_happened {
    uint64_t number; /* block */
    struct instant time;
    struct address address;
    const char *what;
    uint64_t items; /* payments that are one event: a block's together */
};

struct tax_answer {
    struct address token;
    enum tax_method method;
    const char *method_name;
    unsigned decimals;
    struct period period;
    struct tax_event *events; /* up to the period's end */
    struct tax_happened *happened;
    size_t n;
    struct tax_happened *open; /* slashes whose loss the logs leave open */
    size_t n_open;
    struct tax_report report;
};

extern const struct member tax_report_members[];
/* ERR_OVERFLOW: a sum leaves 256 bits. */
MUST_CHECK enum err tax_report_write(struct json_writer *w, const struct tax_answer *a);

#endif

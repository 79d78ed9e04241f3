/* api/command_tally.c - altledger tally BUNDLE: verify a proposal's bundle and count it anew, offline. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "api/command.h"
#include "governance/tally.h"
#include "ledger/core/log.h"

enum { TELL_EVERY_SECONDS = 5, TOLD_MAX = 100 };

struct telling {
    uint64_t complaints;
    time_t told;
};

/* One line each on stderr; what is wrong all over is told a hundred times. */
static void complain(void *arg, const char *what)
{
    struct telling *t = arg;
    if (t->complaints++ < TOLD_MAX)
        log_error("tally", "%s", what);
    else if (t->complaints == TOLD_MAX + 1)
        log_error("tally", "and more");
}

static void progress(void *arg, uint64_t done, uint64_t entries)
{
    struct telling *t = arg;
    time_t now = time(NULL);
    if (now - t->told < TELL_EVERY_SECONDS)
        return;
    t->told = now;
    log_info("tally", "%" PRIu64 " of %" PRIu64 " entries", done, entries);
}

static void tell(const struct tally_report *r)
{
    if (!r->header.final)
        log_warn("tally", "this is not final: it is the state when the bundle was made");
    if (r->by_evidence > 0)
        log_info("tally", "%" PRIu64 " signatures of contract wallets are taken from recorded evidence",
                 r->by_evidence);
    log_info("tally", "entries=%" PRIu64 " signatures=%" PRIu64 " complaints=%" PRIu64, r->entries, r->signatures,
             r->complaints);
}

enum status command_tally(const struct command *c)
{
    AUTO_BUFFER result = {0};
    struct tally_report report;
    struct telling telling = {.told = time(NULL)};
    const struct tally_options options = {.path = c->config->arguments[0],
                                          .log_key = config_text(c->config, "log-key"),
                                          .without_receipts = config_flag(c->config, "without-receipts"),
                                          .threads = (unsigned)config_number(c->config, "threads"),
                                          .stop = c->stop,
                                          .complain = complain,
                                          .progress = progress,
                                          .arg = &telling};
    enum err e = tally_run(&options, &result, &report);
    if (e == ERR_STOPPED)
        return STATUS_FAILED;
    if (e != OK)
        return command_failed(c, e);
    tell(&report);
    if (report.counted)
        printf("%.*s\n", (int)result.n, (const char *)result.p);
    return report.counted && report.complaints == 0 ? STATUS_OK : STATUS_FAILED;
}

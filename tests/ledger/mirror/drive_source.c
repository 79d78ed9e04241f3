/* tests/ledger/mirror/drive_source.c - drive one source to its end and print every step as a line of JSON.
 *
 * drive_source NETWORK once|follow tail|all|off MAX_BACKOFF_MS MAX_ANSWER URL.. ; ALTLEDGER_BOOKED="number:0xhash,.." and
 * ALTLEDGER_FINALIZED resume; ALTLEDGER_MAX_BLOCKS and ALTLEDGER_POLL_MS bound a step and set the poll. Errors are printed
 * too, and retried unless they are final. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/core/json.h"
#include "ledger/core/log.h"
#include "ledger/mirror/source.h"

static atomic_bool stop;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

static void number_put(struct json_writer *w, const char *key, uint64_t v)
{
    jw_key(w, key);
    if (v == UINT64_MAX)
        jw_null(w);
    else
        jw_u64(w, v);
}

static void logs_put(struct json_writer *w, const struct block *b)
{
    jw_key(w, "logs");
    jw_array(w);
    for (size_t i = 0; i < b->n_logs; i++) {
        jw_object(w);
        number_put(w, "index", b->logs[i].index);
        jw_key(w, "tx");
        jw_hash(w, b->logs[i].tx_hash);
        jw_key(w, "data");
        jw_hex(w, b->logs[i].data);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void block_put(struct json_writer *w, const struct block *b)
{
    jw_object(w);
    number_put(w, "number", b->number);
    jw_key(w, "hash");
    jw_hash(w, b->hash);
    jw_key(w, "parent");
    jw_hash(w, b->parent_hash);
    jw_key(w, "proof");
    jw_text(w, block_proof_name(b->proof));
    logs_put(w, b);
    jw_object_end(w);
}

static void step_put(struct json_writer *w, const struct step *step)
{
    static const char *const kinds[] = {[STEP_BLOCKS] = "blocks", [STEP_REORG] = "reorg", [STEP_IDLE] = "idle"};
    jw_object(w);
    jw_key(w, "step");
    jw_text(w, kinds[step->kind]);
    number_put(w, "head", step->head);
    number_put(w, "safe", step->safe);
    number_put(w, "finalized", step->finalized);
    if (step->kind == STEP_REORG)
        number_put(w, "fork", step->fork);
    if (step->kind == STEP_BLOCKS) {
        jw_key(w, "blocks");
        jw_array(w);
        for (size_t i = 0; i < step->n_blocks; i++)
            block_put(w, &step->blocks[i]);
        jw_array_end(w);
    }
    jw_object_end(w);
}

static void error_put(struct json_writer *w, enum err e)
{
    jw_object(w);
    jw_key(w, "error");
    jw_text(w, err_slug(e));
    jw_key(w, "detail");
    jw_text(w, err_detail());
    jw_object_end(w);
}

static void health_put(struct json_writer *w, const struct source *s)
{
    struct source_health h;
    source_health_get(s, &h);
    jw_object(w);
    jw_key(w, "health");
    jw_object(w);
    number_put(w, "requests", h.requests);
    number_put(w, "failures", h.failures);
    number_put(w, "lies", h.lies);
    number_put(w, "disagreements", h.disagreements);
    number_put(w, "retries", h.retries);
    number_put(w, "bytes", h.bytes);
    number_put(w, "unhashable_headers", h.unhashable_headers);
    jw_object_end(w);
    jw_object_end(w);
}

static void print(struct buffer *b)
{
    buffer_text(b, "\n");
    fwrite(b->p, 1, b->n, stdout);
    fflush(stdout);
    buffer_reset(b);
}

static bool is_final(enum err e)
{
    return e != ERR_SOURCE && e != ERR_SOURCE_LIES;
}

static enum err drive(struct source *s, unsigned max_backoff_ms)
{
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    enum err e;
    do {
        struct step step;
        struct json_writer w;
        jw_start(&w, &b);
        arena_reset(&arena);
        e = source_next(s, &arena, &step);
        if (e == OK)
            step_put(&w, &step);
        else
            error_put(&w, e);
        print(&b);
        if (e != OK && !is_final(e)) {
            unsigned ms = source_backoff_ms(s);
            ms = ms < max_backoff_ms ? ms : max_backoff_ms;
            nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
        }
    } while (e == OK || !is_final(e));
    struct json_writer w;
    jw_start(&w, &b);
    health_put(&w, s);
    print(&b);
    return e;
}

/* "number:0xhash,number:0xhash" */
static size_t booked_parse(const char *text, struct chain_block *out, size_t max)
{
    size_t n = 0;
    while (text && *text && n < max) {
        char *end;
        out[n].number = strtoull(text, &end, 10);
        if (*end != ':' || hash_parse(end + 1, HASH_TEXT, &out[n].hash) != OK)
            exit(2);
        n++;
        text = end + 1 + HASH_TEXT;
        text += *text == ',';
    }
    return n;
}

static enum prove_logs prove_parse(const char *text)
{
    return strcmp(text, "all") == 0 ? PROVE_ALL : strcmp(text, "off") == 0 ? PROVE_OFF : PROVE_TAIL;
}

int main(int argc, char **argv)
{
    static struct chain_block booked[1000];
    if (argc < 7)
        return 2;
    json_setup();
    log_setup(false, LOG_INFO);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    struct source *s;
    const char *finalized = getenv("ALTLEDGER_FINALIZED"), *max_blocks = getenv("ALTLEDGER_MAX_BLOCKS");
    const char *poll_ms = getenv("ALTLEDGER_POLL_MS");
    struct network network;
    if (network_load(argv[1], &network) != OK)
        return 2;
    struct source_options options = {.network = &network,
                                     .once = strcmp(argv[2], "once") == 0,
                                     .prove = prove_parse(argv[3]),
                                     .max_answer = strtoull(argv[5], NULL, 10),
                                     .locations = (const char *const *)argv + 6,
                                     .n_locations = (size_t)(argc - 6),
                                     .timeout_ms = 2000,
                                     .poll_ms = poll_ms ? (unsigned)strtoul(poll_ms, NULL, 10) : 50,
                                     .booked = booked,
                                     .n_booked = booked_parse(getenv("ALTLEDGER_BOOKED"), booked, 1000),
                                     .finalized = finalized ? strtoull(finalized, NULL, 10) : UINT64_MAX,
                                     .stop = &stop,
                                     .max_blocks = max_blocks ? strtoull(max_blocks, NULL, 10) : 1000,
                                     .max_logs = 5000,
                                     .max_bytes = 16 << 20};
    enum err e = source_open(&options, &s);
    if (e == OK) {
        e = drive(s, (unsigned)strtoul(argv[4], NULL, 10));
        source_close(s);
    } else {
        AUTO_BUFFER b = {0};
        struct json_writer w;
        jw_start(&w, &b);
        error_put(&w, e);
        print(&b);
    }
    network_done(&network);
    return e == ERR_END || e == ERR_STOPPED ? 0 : 1;
}

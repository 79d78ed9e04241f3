/* tests/fuzz/fuzz_abi.c - any topics and data for any event: decoded into valid JSON or refused, never a crash.
 *
 * Input: two bytes of event number, one of topics beyond (or below) the event's, three topics, then the data. */
#include <assert.h>
#include <string.h>

#include "ledger/mirror/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { HEAD = 3 + 3 * 32 };

static void check_json(const struct abi_event *event, const struct abi_value *values)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    AUTO_JSON parsed = NULL;
    jw_start(&w, &out);
    abi_write_json(&w, event, values);
    /* The strict reader refuses NUL even when escaped, which the writer may have to write. */
    enum err e = json_parse((const char *)out.p, out.n, JSON_DEPTH_MAX, &parsed);
    assert(e == OK || strstr(err_detail(), "\\u0000") != NULL);
    assert(e != OK || json_object_size(parsed) == event->n_inputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    abi_setup();
    if (size < HEAD)
        return 0;
    const struct abi_event *event = abi_at((size_t)(bytes[0] << 8 | bytes[1]) % abi_count());
    struct log log = {.n_topics = (event->n_topics + bytes[2]) % 5, .data = {bytes + HEAD, size - HEAD}};
    log.topics[0] = event->topic0;
    memcpy(&log.topics[1], bytes + 3, (size_t)3 * 32);

    AUTO_ARENA arena = {0};
    struct abi_value *values = NULL;
    enum err e = abi_decode(event, &log, &arena, &values);
    assert(e == OK || e == ERR_UNDECODABLE);
    assert(e != OK || log.n_topics == event->n_topics);
    (void)abi_subject(event, values, address_zero);
    if (e == OK)
        check_json(event, values);
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        const struct abi_event *found = abi_find((enum contract_kind)kind, &log);
        assert(found == NULL || found->n_topics == log.n_topics);
    }
    return 0;
}

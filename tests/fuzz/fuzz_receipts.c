/* tests/fuzz/fuzz_receipts.c - any JSON {block, receipts} is proven, or refused as malformed or as a lie, without outputs. */
#include <assert.h>
#include <string.h>

#include "ledger/mirror/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_receipts(const json_t *receipts, const struct header *header)
{
    AUTO_ARENA arena = {0};
    struct log *logs = (struct log *)1;
    size_t n = 7;
    enum err e = receipts_check(receipts, header, &arena, &logs, &n);
    assert(e == OK || e == ERR_FIELD || e == ERR_SOURCE_LIES);
    if (e != OK) {
        assert(logs == (struct log *)1 && n == 7 && err_detail()[0] != '\0');
        return;
    }
    for (size_t i = 0; i < n; i++) {
        assert(logs[i].index == i && logs[i].n_topics <= 4);
        for (size_t k = 0; k < logs[i].data.n; k++)
            (void)*(const volatile uint8_t *)&logs[i].data.p[k];
    }
}

static void check_logs(const json_t *receipt)
{
    AUTO_ARENA arena = {0};
    const json_t *logs = json_object_get(receipt, "logs");
    for (size_t i = 0; i < json_array_size(logs); i++) {
        struct log log;
        uint64_t number;
        struct hash block;
        enum err e = log_parse_loose(json_array_get(logs, i), &arena, &log, &number, &block);
        assert(e == OK || e == ERR_FIELD || e == ERR_SOURCE_LIES);
        /* What it says of itself it must also be held to. */
        assert(e != OK || log_parse(json_array_get(logs, i), number, block, &arena, &log) == OK);
        assert(e != OK || log_parse(json_array_get(logs, i), number ^ 1, block, &arena, &log) == ERR_SOURCE_LIES);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO_JSON input = NULL;
    struct header header = {.number = 5};
    err_clear();
    if (json_parse((const char *)bytes, size, 16, &input) != OK)
        return 0;
    const json_t *receipts = json_object_get(input, "receipts");
    enum err e = header_parse(json_object_get(input, "block"), &header);
    assert(e == OK || e == ERR_FIELD || e == ERR_SOURCE_LIES);
    assert(e != OK || header.hash_proven != header.unknown_members);
    assert(e == OK || (header.number == 5 && err_detail()[0] != '\0'));
    check_receipts(receipts, &header);
    for (size_t i = 0; i < json_array_size(receipts); i++)
        check_logs(json_array_get(receipts, i));
    return 0;
}

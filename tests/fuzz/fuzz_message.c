/* tests/fuzz/fuzz_message.c - any text as an envelope or an entry: refused with a reason, or read back from the log to the byte. */
#include <assert.h>

#include "governance/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct instant received = {1700000000};

static bool same(const struct buffer *a, struct slice b)
{
    return slice_equal((struct slice){a->p, a->n}, b);
}

/* What entry_write wrote must be an entry of the same message. */
static void check_entry(const struct message *m, struct arena *arena)
{
    AUTO_BUFFER text = {0};
    AUTO_BUFFER again = {0};
    struct entry e;
    struct evidence evidence = {m->signature.n > 0, m->digest, 7, m->signature};
    if (evidence.returned.n > 32)
        evidence.returned.n = 32;
    enum err err = entry_write(m, &evidence, received, &text);
    if (err == ERR_TOO_LARGE)
        return;
    assert(err == OK && text.n <= MESSAGE_BYTES_MAX);
    err = entry_parse((struct slice){text.p, text.n}, arena, &e);
    assert(err == OK);
    assert(e.kind == m->kind && hash_equal(e.digest, m->digest) && address_equal(e.message.author, m->author));
    err = entry_write(&e.message, &e.evidence, e.received, &again);
    assert(err == OK && same(&again, (struct slice){text.p, text.n}));
    entry_done(&e);
}

/* What entry_parse takes is written again the same. */
static void check_bytes(struct slice bytes, struct arena *arena)
{
    AUTO_BUFFER again = {0};
    struct entry e;
    if (entry_parse(bytes, arena, &e) != OK) {
        assert(err_detail()[0] != '\0');
        return;
    }
    enum err err = OK;
    if (e.kind == MESSAGE_KEY)
        entry_write_key(e.origin, e.log_key, e.receipts, e.received, &again);
    else if (e.kind == MESSAGE_SPACE)
        entry_write_space(e.parameters, e.received, &again);
    else
        err = entry_write(&e.message, &e.evidence, e.received, &again);
    assert(err == OK && same(&again, bytes));
    entry_done(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE m = {0};
    struct address signer;
    err_clear();
    check_bytes((struct slice){bytes, size}, &arena);
    enum err e = message_parse((const char *)bytes, size, &arena, &m);
    if (e != OK) {
        assert((e == ERR_FIELD || e == ERR_TOO_LARGE) && err_detail()[0] != '\0');
        return 0;
    }
    e = message_check_signature(&m, &signer);
    assert(e == OK || e == ERR_FIELD || e == ERR_RULE);
    check_entry(&m, &arena);
    return 0;
}

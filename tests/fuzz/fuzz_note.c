/* tests/fuzz/fuzz_note.c - checkpoint_open on any bytes: what it takes is a checkpoint that was signed, and signing what it says makes it again. */
#include <assert.h>
#include <string.h>

#include "governance/log.h"
#include "ledger/core/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY_ID = 4 };

static const char mark[] = "\n\xe2\x80\x94 fuzz.example/log ";

static struct ed25519_seed seed;
static struct note_key key = {.origin = "fuzz.example/log"};

/* The bytes as a body, signed by us: so the fuzzer gets past the signature. */
static void sign(const uint8_t *data, size_t size, struct buffer *out)
{
    uint8_t line[KEY_ID + ED25519_SIGNATURE];
    AUTO_BUFFER formatted = {0};
    note_key_format(&key, &formatted); /* origin+id+key */
    char id[2 + 2 * KEY_ID] = "0x";
    memcpy(id + 2, formatted.p + strlen(key.origin) + 1, sizeof id - 2);
    size_t n = 0;
    enum err e = hex_parse(id, sizeof id, line, KEY_ID, &n);
    assert(e == OK && n == KEY_ID);
    ed25519_sign(&seed, (struct slice){data, size}, line + KEY_ID);
    buffer_bytes(out, data, size);
    buffer_text(out, mark);
    base64_append(out, (struct slice){line, sizeof line});
    buffer_text(out, "\n");
}

static void check(const uint8_t *note, size_t n)
{
    uint64_t size = UINT64_MAX;
    struct hash root = hash_zero;
    AUTO_BUFFER body = {0}, again = {0};
    if (checkpoint_open((const char *)note, n, &key, &size, &root) != OK) {
        assert(size == UINT64_MAX && hash_equal(root, hash_zero));
        return;
    }
    checkpoint_body(key.origin, size, root, &body);
    assert(n > body.n && memcmp(note, body.p, body.n) == 0);
    uint64_t size_again;
    struct hash root_again;
    checkpoint_sign(&key, &seed, size, root, &again);
    enum err e = checkpoint_open((const char *)again.p, again.n, &key, &size_again, &root_again);
    assert(e == OK && size_again == size && hash_equal(root_again, root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ed25519_public(&seed, key.public_key);
    AUTO_BUFFER note = {0};
    check(data, size);
    sign(data, size, &note);
    check(note.p, note.n);
    return 0;
}

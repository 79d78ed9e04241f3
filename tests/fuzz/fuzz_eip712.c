/* tests/fuzz/fuzz_eip712.c - any typed data: hashed the same each time or refused by its place, never a crash or a long run.
 *
 * Input: JSON {"domain", "types", "primaryType", "message"}. */
#include <assert.h>
#include <string.h>

#include "ledger/core/eip712.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The primary type, if there is one, has an encodeType that begins with its name and is what was declared. */
static void check_primary(const json_t *types)
{
    AUTO_ARENA arena = {0};
    const char *name = NULL, *text = NULL;
    enum err e = eip712_primary(types, &name);
    assert(e == OK || e == ERR_FIELD);
    if (e == OK && eip712_encode_type(types, name, &arena, &text) == OK) {
        assert(json_object_get(types, name) != NULL);
        assert(strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '(' && text[strlen(text) - 1] == ')');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON j = NULL;
    struct hash first, again, of_domain;
    if (json_parse(size == 0 ? "" : (const char *)data, size, JSON_DEPTH_MAX, &j) != OK)
        return 0;
    const json_t *types = json_object_get(j, "types"), *domain = json_object_get(j, "domain");
    const char *primary = json_string_value(json_object_get(j, "primaryType"));
    check_primary(types);
    enum err e = eip712_hash_domain(domain, &of_domain);
    assert(e == OK || e == ERR_FIELD);
    if (primary == NULL)
        return 0;
    e = eip712_digest(domain, types, primary, json_object_get(j, "message"), &first);
    assert(e == OK || e == ERR_FIELD);
    assert(e == OK || strncmp(err_detail(), "data.", 5) == 0);
    if (e == OK) {
        json_t *message = json_object_get(j, "message");
        assert(eip712_digest(domain, types, primary, message, &again) == OK && hash_equal(first, again));
        if (json_object_get(message, "more") == NULL) { /* never ignored */
            assert(json_object_set_new(message, "more", json_null()) == 0);
            assert(eip712_digest(domain, types, primary, message, &again) == ERR_FIELD);
        }
    }
    return 0;
}

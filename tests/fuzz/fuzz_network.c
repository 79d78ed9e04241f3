/* tests/fuzz/fuzz_network.c - any text as a network file: accepted with a stable canonical form, or refused with a reason. */
#include <assert.h>
#include <string.h>

#include "ledger/mirror/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct network n = {0}, again = {0};
    err_clear();
    enum err e = network_parse((const char *)bytes, size, &n);
    if (e != OK) {
        assert(e == ERR_CONFIG && err_detail()[0] != '\0');
        assert(n.file == NULL);
        return 0;
    }
    e = network_parse(n.canonical, strlen(n.canonical), &again);
    assert(e == OK);
    assert(!strcmp(n.canonical, again.canonical) && hash_equal(n.hash, again.hash));
    assert(n.n_contracts == n.by_address.n);
    network_done(&again);
    network_done(&n);
    return 0;
}

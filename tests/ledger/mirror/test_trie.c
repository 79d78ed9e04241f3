/* tests/ledger/mirror/test_trie.c - roots of lists equal those of an independent implementation (@ethereumjs/mpt). */
#include <string.h>

#include "ledger/core/gzip.h"
#include "ledger/core/json.h"
#include "ledger/mirror/trie.h"
#include "tests/support/unit.h"

/* As tests/data/proof/trie.json was made: value i is 1 + i % 67 bytes of (i % 255) + 1. Short ones are embedded nodes. */
static struct hash root_of(size_t n)
{
    AUTO_ARENA arena = {0};
    struct slice *values = ARENA_ARRAY(&arena, struct slice, n);
    for (size_t i = 0; i < n; i++) {
        size_t bytes = 1 + i % 67;
        values[i] = (struct slice){memset(arena_take(&arena, bytes), (int)(i % 255 + 1), bytes), bytes};
    }
    return trie_list_root(values, n);
}

static void trie_list_root__equals_vectors(void **state)
{
    AUTO_BUFFER text = {0};
    AUTO_LINES lines = NULL;
    struct slice line;
    uint64_t line_no;
    AUTO_JSON vectors = NULL;
    (void)state;
    assert_int_equal(line_open("tests/data/proof/trie.json", &lines), OK);
    while (line_next(lines, &line, &line_no) == OK)
        buffer_bytes(&text, line.p, line.n);
    assert_int_equal(json_parse((const char *)text.p, text.n, 4, &vectors), OK);
    assert_true(json_array_size(vectors) > 10);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *v = json_array_get(vectors, i);
        char root[HASH_TEXT + 1];
        hash_format(root_of((size_t)json_integer_value(json_object_get(v, "n"))), root);
        assert_string_equal(root, json_string_value(json_object_get(v, "root")));
    }
}

static void trie_list_root__of_nothing(void **state)
{
    char root[HASH_TEXT + 1];
    (void)state;
    hash_format(trie_list_root(NULL, 0), root);
    assert_string_equal(root, "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
}

static void trie_list_root__order_counts(void **state)
{
    struct slice a[2] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}}, b[2] = {a[1], a[0]};
    (void)state;
    assert_false(hash_equal(trie_list_root(a, 2), trie_list_root(b, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trie_list_root__equals_vectors),
        cmocka_unit_test(trie_list_root__of_nothing),
        cmocka_unit_test(trie_list_root__order_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

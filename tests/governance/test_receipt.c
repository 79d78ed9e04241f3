/* tests/governance/test_receipt.c - receipts: the digests and signatures that ethers makes of them, and the JSON that wallets verify. */
#include <string.h>

#include "governance/receipt.h"
#include "ledger/core/eip712.h"
#include "tests/support/unit.h"

static struct hash hash_text(const char *text)
{
    struct hash h;
    assert_int_equal(hash_parse(text, strlen(text), &h), OK);
    return h;
}

static struct receipt first(void)
{
    return (struct receipt){
        .message = hash_text("0x1111111111111111111111111111111111111111111111111111111111111111"),
        .position = 0,
        .size = 1,
        .root = hash_text("0x2222222222222222222222222222222222222222222222222222222222222222"),
        .time = {1700000000},
    };
}

static struct receipt last(void)
{
    return (struct receipt){
        .message = hash_text("0x0000000000000000000000000000000000000000000000000000000000000001"),
        .position = UINT64_C(0x1fffffffffffff),
        .size = UINT64_C(0x20000000000000),
        .root = hash_text("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
        .time = {4102444800},
    };
}

static void assert_hash(struct hash h, const char *want)
{
    char text[HASH_TEXT + 1];
    hash_format(h, text);
    assert_string_equal(text, want);
}

/* ethers.TypedDataEncoder.hash, SigningKey(0x46 * 32).sign */
static void a_receipts_digest__is_that_of_ethers(void **state)
{
    (void)state;
    struct receipt a = first(), b = last();
    assert_hash(receipt_digest(1, &a), "0x1d7060896049916ac3e2b46afbaaec030f67dca65dc6df57d01f3653aae4aa46");
    assert_hash(receipt_digest(31337, &b), "0x11d2cb364f6f8f5f172ae35f4afddb1e1199deedab28aa0ed3c0d9bec184618b");
}

static void a_signed_receipt__is_that_of_ethers(void **state)
{
    (void)state;
    struct sig_key key;
    struct signature s;
    struct receipt r = first();
    char text[2 * SIGNATURE_BYTES + 1] = {0};
    memset(key.b, 0x46, sizeof key.b);
    assert_int_equal(signature_make(&key, receipt_digest(1, &r), &s), OK);
    hex_encode((struct slice){s.b, sizeof s.b}, text);
    assert_string_equal(
        text, "ea0b07ee32b25fbff2a9518336a23d3cd46832e5c15146e9f1fd115269bd1a505a31658a046d12b221c53646ba2b23f0"
              "5b37fcc7675ace6a8b5addebb1729c561b");
}

static void every_member__is_bound_by_the_digest(void **state)
{
    (void)state;
    struct receipt r = first();
    struct hash digests[7] = {receipt_digest(1, &r), receipt_digest(2, &r)};
    size_t n = 2;
    r.message.b[31] ^= 1;
    digests[n++] = receipt_digest(1, &r);
    r = first(), r.position ^= 1;
    digests[n++] = receipt_digest(1, &r);
    r = first(), r.size ^= 2;
    digests[n++] = receipt_digest(1, &r);
    r = first(), r.root.b[0] ^= 1;
    digests[n++] = receipt_digest(1, &r);
    r = first(), r.time.unix_seconds ^= 1;
    digests[n++] = receipt_digest(1, &r);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(hash_equal(digests[i], digests[k]));
}

static void what_is_written__has_the_digest_that_is_signed(void **state)
{
    (void)state;
    AUTO_BUFFER out = {0};
    struct json_writer w;
    struct receipt r = first();
    jw_start(&w, &out);
    receipt_write(&w, 1, &r);
    static const char want[] =
        "{\"domain\":{\"name\":\"altledger\",\"version\":\"1\",\"chainId\":1},\"types\":{\"Receipt\":["
        "{\"name\":\"message\",\"type\":\"bytes32\"},{\"name\":\"position\",\"type\":\"uint64\"},"
        "{\"name\":\"size\",\"type\":\"uint64\"},{\"name\":\"root\",\"type\":\"bytes32\"},"
        "{\"name\":\"time\",\"type\":\"uint64\"}]},\"primaryType\":\"Receipt\",\"message\":{"
        "\"message\":\"0x1111111111111111111111111111111111111111111111111111111111111111\",\"position\":0,\"size\":1,"
        "\"root\":\"0x2222222222222222222222222222222222222222222222222222222222222222\",\"time\":1700000000}}";
    assert_int_equal(out.n, strlen(want));
    assert_memory_equal(out.p, want, out.n);
    AUTO_JSON tree = NULL;
    struct hash h;
    assert_int_equal(json_parse((const char *)out.p, out.n, JSON_DEPTH_MAX, &tree), OK);
    assert_int_equal(eip712_digest(json_object_get(tree, "domain"), json_object_get(tree, "types"),
                                   json_string_value(json_object_get(tree, "primaryType")),
                                   json_object_get(tree, "message"), &h),
                     OK);
    assert_true(hash_equal(h, receipt_digest(1, &r)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipts_digest__is_that_of_ethers),
        cmocka_unit_test(a_signed_receipt__is_that_of_ethers),
        cmocka_unit_test(every_member__is_bound_by_the_digest),
        cmocka_unit_test(what_is_written__has_the_digest_that_is_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

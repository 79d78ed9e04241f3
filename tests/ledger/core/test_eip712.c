/* tests/ledger/core/test_eip712.c - typed data hashes as in EIP-712's own example and in wallets; the rest is refused by its path. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/eip712.h"
#include "tests/support/unit.h"

#define SNAPSHOT "{\"name\":\"snapshot\",\"version\":\"0.1.4\"}"

static json_t *json_of(const char *text)
{
    json_t *j = NULL;
    enum err e = json_parse(text, strlen(text), JSON_DEPTH_MAX, &j);
    if (e != OK)
        fail_msg("%s: %s", text, err_detail());
    return j;
}

static enum err digest(const char *domain, const char *types, const char *primary, const char *message,
                       struct hash *out)
{
    AUTO_JSON d = json_of(domain);
    AUTO_JSON t = json_of(types);
    AUTO_JSON m = json_of(message);
    return eip712_digest(d, t, primary, m, out);
}

static void assert_hash(struct hash h, const char *want)
{
    char text[HASH_TEXT + 1];
    hash_format(h, text);
    assert_string_equal(text, want);
}

static void assert_digest(const char *types, const char *primary, const char *message, const char *want)
{
    struct hash h = {{0}};
    if (digest(SNAPSHOT, types, primary, message, &h) != OK)
        fail_msg("%s", err_detail());
    assert_hash(h, want);
}

/* The detail begins with `path`, and the output is as it was. */
static void assert_refused(const char *domain, const char *types, const char *primary, const char *message,
                           const char *path)
{
    struct hash h = {{7}}, before = h;
    assert_int_equal(digest(domain, types, primary, message, &h), ERR_FIELD);
    if (strncmp(err_detail(), path, strlen(path)) != 0)
        fail_msg("'%s' does not begin with '%s'", err_detail(), path);
    assert_true(hash_equal(h, before));
}

/* ---- EIP-712's example ---- */

#define MAIL_TYPES                                                                                           \
    "{\"EIP712Domain\":[{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"version\",\"type\":\"string\"}," \
    "{\"name\":\"chainId\",\"type\":\"uint256\"},{\"name\":\"verifyingContract\",\"type\":\"address\"}],"    \
    "\"Person\":[{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"wallet\",\"type\":\"address\"}],"       \
    "\"Mail\":[{\"name\":\"from\",\"type\":\"Person\"},{\"name\":\"to\",\"type\":\"Person\"},"               \
    "{\"name\":\"contents\",\"type\":\"string\"}]}"
#define MAIL_DOMAIN                                             \
    "{\"name\":\"Ether Mail\",\"version\":\"1\",\"chainId\":1," \
    "\"verifyingContract\":\"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC\"}"
#define MAIL_MESSAGE                                                                          \
    "{\"from\":{\"name\":\"Cow\",\"wallet\":\"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826\"}," \
    "\"to\":{\"name\":\"Bob\",\"wallet\":\"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB\"},\"contents\":\"Hello, Bob!\"}"

static void eip712_digest__is_that_of_the_mail(void **unused)
{
    (void)unused;
    struct hash h;
    AUTO_ARENA arena = {0};
    AUTO_JSON types = json_of(MAIL_TYPES);
    AUTO_JSON domain = json_of(MAIL_DOMAIN);
    AUTO_JSON message = json_of(MAIL_MESSAGE);
    const char *text = NULL;
    assert_int_equal(eip712_encode_type(types, "Mail", &arena, &text), OK);
    assert_string_equal(text, "Mail(Person from,Person to,string contents)Person(string name,address wallet)");
    assert_int_equal(eip712_hash_domain(domain, &h), OK);
    assert_hash(h, "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
    assert_int_equal(eip712_hash_struct(types, "Mail", message, &h), OK);
    assert_hash(h, "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e");
    assert_int_equal(eip712_digest(domain, types, "Mail", message, &h), OK);
    assert_hash(h, "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    /* The domain's type may be left out. */
    assert_int_equal(json_object_del(types, "EIP712Domain"), 0);
    assert_int_equal(eip712_digest(domain, types, "Mail", message, &h), OK);
    assert_hash(h, "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
}

/* ---- Snapshot's votes, by ethers 6 ---- */

#define VOTE_TYPES(choice)                                                                         \
    "{\"Vote\":[{\"name\":\"from\",\"type\":\"string\"},{\"name\":\"space\",\"type\":\"string\"}," \
    "{\"name\":\"timestamp\",\"type\":\"uint64\"},{\"name\":\"proposal\",\"type\":\"string\"},"    \
    "{\"name\":\"choice\",\"type\":\"" choice "\"},{\"name\":\"reason\",\"type\":\"string\"},"     \
    "{\"name\":\"app\",\"type\":\"string\"},{\"name\":\"metadata\",\"type\":\"string\"}]}"
#define VOTE(choice)                                                                                             \
    "{\"from\":\"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\",\"space\":\"alt.eth\",\"timestamp\":1700000000,"   \
    "\"proposal\":\"0x1111111111111111111111111111111111111111111111111111111111111111\",\"choice\":" choice "," \
    "\"reason\":\"weil es \\\"gut\\\" ist \xe2\x9c\x93\",\"app\":\"altledger\",\"metadata\":\"{}\"}"

static void eip712_digest__is_that_of_snapshots_votes(void **unused)
{
    (void)unused;
    assert_digest(VOTE_TYPES("uint32"), "Vote", VOTE("1"),
                  "0x4858d771bb3015d294622a14be010c8578204c61dc2f3e5be25875d52a560ea9");
    assert_digest(VOTE_TYPES("uint32[]"), "Vote", VOTE("[2,1,3]"),
                  "0xb9047782053b20cef0e575479b48325bd2cb119e60e089ebed8ba083410134b1");
    assert_digest(VOTE_TYPES("string"), "Vote", VOTE("\"{\\\"1\\\":2,\\\"3\\\":1}\""),
                  "0xa7700deb84bbfd5617a5b6959b98fe92fe45afdb01ba4f58d92fe332556e53a4");
}

/* ---- domains ---- */

static void eip712_hash_domain__takes_any_of_its_members(void **unused)
{
    (void)unused;
    static const char *const all[][2] = {
        {"{}", "0x6192106f129ce05c9075d319c1fa6ea9b3ae37cbd0c1ef92e2be7137bb07baa1"},
        {SNAPSHOT, "0x484fce18f892e8535a4b6700e197a8026f4213f809d23ae117da03b497e18670"},
        {"{\"version\":\"0.1.4\",\"name\":\"snapshot\"}",
         "0x484fce18f892e8535a4b6700e197a8026f4213f809d23ae117da03b497e18670"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        AUTO_JSON domain = json_of(all[i][0]);
        struct hash h;
        assert_int_equal(eip712_hash_domain(domain, &h), OK);
        assert_hash(h, all[i][1]);
    }
}

static void eip712_hash_domain__refuses_what_no_domain_has(void **unused)
{
    (void)unused;
    static const char types[] = "{\"A\":[]}";
    assert_refused("{\"name\":\"a\",\"owner\":\"b\"}", types, "A", "{}",
                   "data.domain: EIP712Domain has no member owner");
    assert_refused("{\"name\":1}", types, "A", "{}", "data.domain.name: must be text");
    assert_refused("{\"name\":null}", types, "A", "{}", "data.domain.name: must be text");
    assert_refused("{\"chainId\":-1}", types, "A", "{}", "data.domain.chainId: does not fit in uint256");
    assert_refused("[]", types, "A", "{}", "data.domain: must be an object");
    /* A type of the domain that is declared must be that of the domain. */
    assert_refused(SNAPSHOT, "{\"A\":[],\"EIP712Domain\":[{\"name\":\"name\",\"type\":\"string\"}]}", "A", "{}",
                   "data.domain: EIP712Domain has no member version");
}

/* ---- all types at once, by ethers 6; recursion by viem ---- */

static void eip712_digest__encodes_every_type(void **unused)
{
    (void)unused;
    struct hash h = {{0}};
    assert_int_equal(
        digest(
            "{\"name\":\"snapshot\",\"version\":\"0.1.4\",\"chainId\":1,"
            "\"verifyingContract\":\"0x2222222222222222222222222222222222222222\","
            "\"salt\":\"0x3333333333333333333333333333333333333333333333333333333333333333\"}",
            "{\"A\":[{\"name\":\"i\",\"type\":\"int8\"},{\"name\":\"k\",\"type\":\"int256\"},"
            "{\"name\":\"u\",\"type\":\"uint8[][2]\"},{\"name\":\"b\",\"type\":\"bytes\"},"
            "{\"name\":\"f\",\"type\":\"bytes3\"},{\"name\":\"t\",\"type\":\"bool\"},{\"name\":\"s\",\"type\":\"B[]\"}],"
            "\"B\":[{\"name\":\"x\",\"type\":\"string\"}]}",
            "A",
            "{\"i\":-128,\"k\":\"-1\",\"u\":[[1,2],[]],\"b\":\"0x0102\",\"f\":\"0xaabbcc\",\"t\":true,"
            "\"s\":[{\"x\":\"a\"},{\"x\":\"\"}]}",
            &h),
        OK);
    assert_hash(h, "0x085c06b4cd14a79db4649b2a6fbed2a84715556a9397ab3be706590f674b3131");
}

#define NODE_TYPES "{\"Node\":[{\"name\":\"v\",\"type\":\"uint8\"},{\"name\":\"kids\",\"type\":\"Node[]\"}]}"

static void eip712_digest__takes_types_that_refer_to_themselves(void **unused)
{
    (void)unused;
    assert_digest(NODE_TYPES, "Node",
                  "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[]},{\"v\":3,\"kids\":[{\"v\":4,\"kids\":[]}]}]}",
                  "0x97f3bd769bce0c9788ac6c06b8ffdfafc16ef01a433b78f9caeb0a17e37a7287");
    /* Data that never ends is not data. */
    assert_refused(SNAPSHOT, "{\"A\":[{\"name\":\"b\",\"type\":\"B\"}],\"B\":[{\"name\":\"a\",\"type\":\"A\"}]}", "A",
                   "{\"b\":{\"a\":{}}}", "data.message.b.a.b: is missing");
}

/* Each level is two of depth, the array and the struct: the 8th below the root has depth 17. */
static void eip712_digest__bounds_the_depth(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    const char *text = "{\"v\":1,\"kids\":[]}";
    struct hash h;
    for (int level = 1; level < EIP712_DEPTH_MAX / 2; level++) {
        text = arena_printf(&arena, "{\"v\":1,\"kids\":[%s]}", text);
        assert_int_equal(digest(SNAPSHOT, NODE_TYPES, "Node", text, &h), OK);
    }
    text = arena_printf(&arena, "{\"v\":1,\"kids\":[%s]}", text);
    assert_refused(
        SNAPSHOT, NODE_TYPES, "Node", text,
        "data.message.kids[0].kids[0].kids[0].kids[0].kids[0].kids[0].kids[0].kids[0]: nested deeper than 16");
}

/* ---- values ---- */

static void assert_value(const char *type, const char *value, bool taken)
{
    char types[128], message[256];
    struct hash h;
    (void)snprintf(types, sizeof types, "{\"A\":[{\"name\":\"x\",\"type\":\"%s\"}]}", type);
    (void)snprintf(message, sizeof message, "{\"x\":%s}", value);
    if (!taken)
        assert_refused(SNAPSHOT, types, "A", message, "data.message.x");
    else if (digest(SNAPSHOT, types, "A", message, &h) != OK)
        fail_msg("%s %s: %s", type, value, err_detail());
}

static void values__are_in_their_range_or_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *type, *value;
        bool taken;
    } all[] = {
        {"uint8", "0", true},
        {"uint8", "255", true},
        {"uint8", "256", false},
        {"uint8", "-1", false},
        {"uint8", "\"0xff\"", true},
        {"uint8", "\"0x00ff\"", true},
        {"uint8", "\"0x100\"", false},
        {"uint8", "\"-0x1\"", false},
        {"uint8", "\"0x\"", false},
        {"uint8", "\"0xg\"", false},
        {"uint8", "\"\"", false},
        {"uint8", "\"-\"", false},
        {"uint8", "\"-0\"", false},
        {"uint8", "\" 1\"", false},
        {"uint8", "\"01\"", false},
        {"uint8", "\"1e2\"", false},
        {"uint8", "1.0", false},
        {"uint8", "true", false},
        {"uint8", "null", false},
        {"uint8", "[1]", false},
        {"uint64", "9007199254740991", true},
        {"uint64", "9007199254740992", false}, /* readers differ about it */
        {"uint64", "\"18446744073709551615\"", true},
        {"uint64", "\"18446744073709551616\"", false},
        {"uint256", "\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"", true},
        {"uint256", "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"", false},
        {"uint256", "\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"", true},
        {"uint256", "\"0x10000000000000000000000000000000000000000000000000000000000000000\"", false},
        {"int8", "127", true},
        {"int8", "128", false},
        {"int8", "-128", true},
        {"int8", "-129", false},
        {"int8", "\"-128\"", true},
        {"int8", "\"-129\"", false},
        {"int8", "\"-0\"", false},
        {"int8", "\"0x80\"", false},
        {"int16", "-32768", true},
        {"int16", "-32769", false},
        {"int16", "-33024", false},
        {"int256", "\"-57896044618658097711785492504343953926634992332820282019728792003956564819968\"", true},
        {"int256", "\"-57896044618658097711785492504343953926634992332820282019728792003956564819969\"", false},
        {"int256", "\"57896044618658097711785492504343953926634992332820282019728792003956564819968\"", false},
        {"bool", "true", true},
        {"bool", "false", true},
        {"bool", "1", false},
        {"bool", "\"true\"", false},
        {"string", "\"\"", true},
        {"string", "1", false},
        {"string", "null", false},
        {"bytes", "\"0x\"", true},
        {"bytes", "\"0xabCD\"", true},
        {"bytes", "\"0xabc\"", false},
        {"bytes", "\"abcd\"", false},
        {"bytes", "[1]", false},
        {"bytes", "7", false},
        {"bytes2", "\"0xabcd\"", true},
        {"bytes2", "\"0xab\"", false},
        {"bytes2", "\"0xabcdef\"", false},
        {"bytes2", "1", false},
        {"address", "\"0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826\"", true},
        {"address", "\"0xCD2A3D9F938E13CD947EC05ABC7FE734DF8DD826\"", true},
        {"address", "\"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826\"", true},
        {"address", "\"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD82\"", false},
        {"address", "\"0xcD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826\"", false}, /* its checksum */
        {"address", "\"CD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826\"", false},
        {"address", "null", false},
        {"uint8[]", "[]", true},
        {"uint8[]", "[1,256]", false},
        {"uint8[]", "{}", false},
        {"uint8[2]", "[1,2]", true},
        {"uint8[2]", "[1]", false},
        {"uint8[2]", "[1,2,3]", false},
        {"uint8[0]", "[]", true},
        {"uint8[0]", "[1]", false},
        {"uint8[][2]", "[[],[1,2,3]]", true},
        {"uint8[2][]", "[[],[1,2,3]]", false},
        {"uint8[2][]", "[[1,2],[3,4],[5,6]]", true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_value(all[i].type, all[i].value, all[i].taken);
}

static void refusals__name_the_place(void **unused)
{
    (void)unused;
    static const char types[] =
        "{\"A\":[{\"name\":\"b\",\"type\":\"B[2][]\"}],\"B\":[{\"name\":\"x\",\"type\":\"int8\"}]}";
    assert_refused(SNAPSHOT, types, "A", "{\"b\":[[{\"x\":1},{\"x\":2}],[{\"x\":3},{\"x\":300}]]}",
                   "data.message.b[1][1].x: does not fit in int8");
    assert_refused(SNAPSHOT, types, "A", "{\"b\":[[{\"x\":1},{\"x\":2,\"y\":3}]]}",
                   "data.message.b[0][1]: B has no member y");
    assert_refused(SNAPSHOT, types, "A", "{\"b\":[[{\"x\":1},{\"y\":3}]]}", "data.message.b[0][1].x: is missing");
    assert_refused(SNAPSHOT, types, "A", "{\"b\":[[{\"x\":1}]]}", "data.message.b[0]: must have 2 elements, not 1");
    assert_refused(SNAPSHOT, types, "A", "{}", "data.message.b: is missing");
    assert_refused(SNAPSHOT, types, "A", "[]", "data.message: must be an object");
    assert_refused(SNAPSHOT, types, "C", "{}", "data.types: there is no type C");
    assert_refused(SNAPSHOT, types, "int8", "{}", "data.types: there is no type int8");
}

/* ---- types ---- */

static void types__are_well_formed_or_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"uint",      "int",
                                      "uint7",     "uint12",
                                      "uint264",   "uint08",
                                      "uint0",     "int1",
                                      "bytes0",    "bytes33",
                                      "bytes01",   "Bytes",
                                      "",          "uint8[",
                                      "uint8]",    "uint8[]]",
                                      "uint8[-1]", "uint8[a]",
                                      "uint8[01]", " uint8",
                                      "uint8 ",    "uint8[ ]",
                                      "B",         "A.x",
                                      "function",  "uint8[9999999999]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char types[128];
        (void)snprintf(types, sizeof types, "{\"A\":[{\"name\":\"x\",\"type\":\"%s\"}]}", bad[i]);
        assert_refused(SNAPSHOT, types, "A", "{\"x\":[]}", "data.types.A[0].type: there is no type");
    }
    assert_refused(SNAPSHOT, "[]", "A", "{}", "data.types: must be an object");
    assert_refused(SNAPSHOT, "{\"A\":{}}", "A", "{}", "data.types.A: must be an array");
    assert_refused(SNAPSHOT, "{\"A\":[1]}", "A", "{}", "data.types.A[0]: must have a name and a type");
    assert_refused(SNAPSHOT, "{\"A\":[{\"name\":\"x\"}]}", "A", "{}", "data.types.A[0]: must have a name and a type");
    assert_refused(SNAPSHOT, "{\"A\":[{\"name\":\"x\",\"type\":\"bool\",\"z\":1}]}", "A", "{}",
                   "data.types.A[0]: must have");
    assert_refused(SNAPSHOT, "{\"A\":[{\"name\":\"x,bool y\",\"type\":\"bool\"}]}", "A", "{}",
                   "data.types.A[0].name: not a");
    assert_refused(SNAPSHOT, "{\"A\":[{\"name\":\"\",\"type\":\"bool\"}]}", "A", "{}",
                   "data.types.A[0].name: not a name");
    assert_refused(SNAPSHOT, "{\"A\":[{\"name\":\"x\",\"type\":\"bool\"},{\"name\":\"x\",\"type\":\"bool\"}]}", "A",
                   "{\"x\":true,\"y\":true}", "data.types.A: two members named x");
    assert_refused(SNAPSHOT, "{\"A\":[],\"A(uint8 x)\":[]}", "A", "{}", "data.types.A(uint8 x): not a name");
    assert_refused(SNAPSHOT, "{\"A\":[],\"uint8\":[]}", "A", "{}", "data.types.uint8: the name of an elementary type");
}

static void encode_type__sorts_what_it_refers_to(void **unused)
{
    (void)unused;
    static const char types[] =
        "{\"Z\":[{\"name\":\"b\",\"type\":\"B[]\"},{\"name\":\"a\",\"type\":\"Ab\"}],"
        "\"B\":[{\"name\":\"c\",\"type\":\"A[2][]\"}],\"A\":[{\"name\":\"z\",\"type\":\"Z[]\"}],\"Ab\":[],"
        "\"C\":[{\"name\":\"z\",\"type\":\"Z\"}]}";
    AUTO_ARENA arena = {0};
    AUTO_JSON j = json_of(types);
    const char *text = NULL;
    assert_int_equal(eip712_encode_type(j, "Z", &arena, &text), OK);
    assert_string_equal(text, "Z(B[] b,Ab a)A(Z[] z)Ab()B(A[2][] c)");
    assert_int_equal(eip712_encode_type(j, "Ab", &arena, &text), OK);
    assert_string_equal(text, "Ab()");
    assert_int_equal(eip712_encode_type(j, "D", &arena, &text), ERR_FIELD);
}

static void eip712_primary__is_what_no_other_refers_to(void **unused)
{
    (void)unused;
    static const char *const all[][2] = {
        {MAIL_TYPES, "Mail"},
        {VOTE_TYPES("uint32"), "Vote"},
        {NODE_TYPES, "Node"},
        {"{}", NULL},
        {"{\"EIP712Domain\":[]}", NULL},
        {"{\"A\":[],\"B\":[]}", NULL},
        {"{\"A\":[{\"name\":\"b\",\"type\":\"B[]\"}],\"B\":[{\"name\":\"a\",\"type\":\"A[]\"}]}", NULL},
        {"{\"A\":[{\"name\":\"b\",\"type\":\"C\"}]}", NULL},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        AUTO_JSON types = json_of(all[i][0]);
        const char *name = "untouched";
        assert_int_equal(eip712_primary(types, &name), all[i][1] != NULL ? OK : ERR_FIELD);
        assert_string_equal(name, all[i][1] != NULL ? all[i][1] : "untouched");
    }
}

/* n structs in a row, each named by the one before: the encodings together have n * n / 2 of them. */
static json_t *chain(int n)
{
    json_t *types = json_object();
    for (int i = 0; i < n; i++) {
        char name[200], next[220];
        (void)snprintf(name, sizeof name, "T%0150d", i);
        (void)snprintf(next, sizeof next, "T%0150d[]", i + 1);
        json_t *members = i + 1 < n ? json_pack("[{s:s,s:s}]", "name", "x", "type", next) : json_array();
        assert_int_equal(json_object_set_new(types, name, members), 0);
        json_t *all = json_object_get(types, "All");
        if (all == NULL) {
            all = json_array();
            assert_int_equal(json_object_set_new(types, "All", all), 0);
        }
        char member[16];
        (void)snprintf(member, sizeof member, "m%d", i);
        assert_int_equal(json_array_append_new(all, json_pack("{s:s,s:s}", "name", member, "type", name)), 0);
    }
    return types;
}

static enum err digest_of_chain(int n)
{
    AUTO_JSON types = chain(n);
    AUTO_JSON message = json_object();
    AUTO_JSON domain = json_object();
    struct hash h;
    for (int i = 0; i < n; i++) {
        char member[16];
        (void)snprintf(member, sizeof member, "m%d", i);
        json_t *value = i + 1 < n ? json_pack("{s:[]}", "x") : json_object();
        assert_int_equal(json_object_set_new(message, member, value), 0);
    }
    return eip712_digest(domain, types, "All", message, &h);
}

static void types__do_not_make_work_without_bound(void **unused)
{
    (void)unused;
    assert_int_equal(digest_of_chain(50), OK);
    assert_int_equal(digest_of_chain(250), ERR_FIELD);
    assert_non_null(strstr(err_detail(), "encoded forms take more than"));
    assert_int_equal(digest_of_chain(256), ERR_FIELD);
    assert_string_equal(err_detail(), "data.types: more than 256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eip712_digest__is_that_of_the_mail),
        cmocka_unit_test(eip712_digest__is_that_of_snapshots_votes),
        cmocka_unit_test(eip712_hash_domain__takes_any_of_its_members),
        cmocka_unit_test(eip712_hash_domain__refuses_what_no_domain_has),
        cmocka_unit_test(eip712_digest__encodes_every_type),
        cmocka_unit_test(eip712_digest__takes_types_that_refer_to_themselves),
        cmocka_unit_test(eip712_digest__bounds_the_depth),
        cmocka_unit_test(values__are_in_their_range_or_refused),
        cmocka_unit_test(refusals__name_the_place),
        cmocka_unit_test(types__are_well_formed_or_refused),
        cmocka_unit_test(encode_type__sorts_what_it_refers_to),
        cmocka_unit_test(eip712_primary__is_what_no_other_refers_to),
        cmocka_unit_test(types__do_not_make_work_without_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

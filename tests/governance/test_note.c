/* tests/governance/test_note.c - checkpoints: as another implementation signs them, and what is no checkpoint of ours. */
#include <string.h>

#include "governance/log.h"
#include "ledger/core/digest.h"
#include "tests/support/unit.h"

/* What Node's crypto makes of the seed 00 01 .. 1f, by the words of C2SP signed-note and tlog-checkpoint. */
#define ORIGIN "ledger.example/alt"
#define MARK   "\xe2\x80\x94 " ORIGIN " "
#define ROOT   "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
#define SIGNED "+JLCF6yRF1YiGQISmgW1D4FqbGnnbBJh22GsgiqAzKt9NsSMCIOe9ln5Dc1NRrp2L4C8bJrN1GWC649YbQGXMrxdFgo=\n"
#define OTHER  "\xe2\x80\x94 witness.example abcdEFGH\n"

static const char verifier_key[] = ORIGIN "+f892c217+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
static const char checkpoint[] = ORIGIN "\n8\n" ROOT "\n" MARK SIGNED;

static struct ed25519_seed seed;
static struct note_key key = {.origin = ORIGIN};
static struct hash root;

static int make_key(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < sizeof seed.b; i++)
        seed.b[i] = i;
    ed25519_public(&seed, key.public_key);
    static const char text[] = "0x5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
    assert_int_equal(hash_parse(text, HASH_TEXT, &root), OK);
    return 0;
}

static void assert_text(const struct buffer *b, const char *want)
{
    assert_int_equal(b->n, strlen(want));
    assert_memory_equal(b->p, want, b->n);
}

static enum err open_note(const char *note)
{
    uint64_t size;
    struct hash h;
    return checkpoint_open(note, strlen(note), &key, &size, &h);
}

static void a_checkpoint__is_what_another_implementation_signs(void **state)
{
    (void)state;
    AUTO_BUFFER out = {0};
    checkpoint_sign(&key, &seed, 8, root, &out);
    assert_text(&out, checkpoint);
    buffer_reset(&out);
    checkpoint_body(ORIGIN, 8, root, &out);
    assert_text(&out, ORIGIN "\n8\n" ROOT);
}

static void a_key__has_the_form_that_verifiers_take(void **state)
{
    (void)state;
    AUTO_BUFFER out = {0};
    note_key_format(&key, &out);
    assert_text(&out, verifier_key);
    /* Go's checksum database, and the key of the tests of Go's own package. */
    static const char *const others[] = {"sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                                         "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"};
    for (size_t i = 0; i < 2; i++) {
        char name[32] = {0};
        uint8_t bytes[33];
        size_t n;
        memcpy(name, others[i], strcspn(others[i], "+"));
        const char *last = strchr(strchr(others[i], '+') + 1, '+') + 1;
        assert_int_equal(base64_parse(last, strlen(last), bytes, sizeof bytes, &n), OK);
        struct note_key other = {.origin = name};
        memcpy(other.public_key, bytes + 1, 32);
        buffer_reset(&out);
        note_key_format(&other, &out);
        assert_text(&out, others[i]);
    }
}

static void a_checkpoint__opens_with_its_key(void **state)
{
    (void)state;
    uint64_t size = 0;
    struct hash h;
    assert_int_equal(checkpoint_open(checkpoint, sizeof checkpoint - 1, &key, &size, &h), OK);
    assert_int_equal(size, 8);
    assert_memory_equal(h.b, root.b, sizeof h.b);
    struct note_key stranger = key;
    stranger.public_key[3] ^= 1;
    assert_int_equal(checkpoint_open(checkpoint, sizeof checkpoint - 1, &stranger, &size, &h), ERR_FIELD);
    stranger = key;
    stranger.origin = "ledger.example/other";
    assert_int_equal(checkpoint_open(checkpoint, sizeof checkpoint - 1, &stranger, &size, &h), ERR_FIELD);
}

static void signatures_of_others__are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "\n" OTHER MARK SIGNED OTHER), OK);
    /* Our name with another key; our line twice. */
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "\n" MARK "AAAAAAAA\n" MARK SIGNED MARK SIGNED), OK);
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "\n" OTHER), ERR_FIELD);
}

static void lines_after_the_third__are_signed_and_passed_over(void **state)
{
    (void)state;
    static const char extended[] = ORIGIN
        "\n8\n" ROOT "extension 1\nextension 2\n\n" MARK
        "+JLCF1gjosoMDqEEm/zUq6OFmBNzj4dd/v5vrt5utn8rA/oBZ+WJEhUY2jpQXOHHp1LHT6yk0vcEHe4UMnK+AP5mMwA=\n";
    assert_int_equal(open_note(extended), OK);
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "extension 1\nextension 2\n\n" MARK SIGNED), ERR_FIELD);
}

/* All of these are signed by the key: it is their form that is wrong. */
static void a_note_that_is_signed_but_no_checkpoint__is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {ORIGIN "\n08\n" ROOT,
                                         ORIGIN "\n8\n" ROOT "\n",
                                         ORIGIN "\n8\n",
                                         "other\n8\n" ROOT,
                                         ORIGIN "\n\n" ROOT,
                                         ORIGIN "\n-8\n" ROOT,
                                         ORIGIN "\n99999999999999999999\n" ROOT,
                                         ORIGIN "\n8\nAAAA\n",
                                         ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg\n" /* no padding */,
                                         ORIGIN "\n8\n" ROOT "\ttab\n",
                                         ORIGIN "\n8\n" ROOT "\xff\n"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        uint8_t line[4 + ED25519_SIGNATURE];
        size_t n;
        assert_int_equal(base64_parse(SIGNED, strlen(SIGNED) - 1, line, sizeof line, &n), OK);
        ed25519_sign(&seed, (struct slice){(const uint8_t *)bodies[i], strlen(bodies[i])}, line + 4);
        AUTO_BUFFER note = {0};
        buffer_text(&note, bodies[i]);
        buffer_text(&note, "\n" MARK);
        base64_append(&note, (struct slice){line, sizeof line});
        buffer_bytes(&note, "\n", 2); /* and a NUL */
        assert_int_equal(open_note((const char *)note.p), ERR_FIELD);
    }
}

static void no_byte_of_a_checkpoint__can_be_changed_or_cut(void **state)
{
    (void)state;
    char note[sizeof checkpoint];
    uint64_t size = 7;
    struct hash h = root;
    for (size_t i = 0; i < sizeof checkpoint - 1; i++) {
        assert_int_equal(checkpoint_open(checkpoint, i, &key, &size, &h), ERR_FIELD);
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(note, checkpoint, sizeof note);
            note[i] = (char)(note[i] ^ (char)(1U << bit));
            assert_int_equal(checkpoint_open(note, sizeof note - 1, &key, &size, &h), ERR_FIELD);
        }
    }
    assert_int_equal(size, 7);
    assert_memory_equal(h.b, root.b, sizeof h.b);
}

static void lines_that_are_no_signatures__are_refused(void **state)
{
    (void)state;
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "\n" MARK SIGNED "more\n"), ERR_FIELD);
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "\n" MARK SIGNED "\xe2\x80\x94 nobody\n"), ERR_FIELD);
    assert_int_equal(open_note(ORIGIN "\n8\n" ROOT "\n" MARK SIGNED "\xe2\x80\x94 nobody AAAA"), ERR_FIELD);
    assert_int_equal(open_note(""), ERR_FIELD);
    assert_int_equal(open_note("\n\n"), ERR_FIELD);
    assert_int_equal(open_note("\n"), ERR_FIELD);
}

static void an_origin__is_a_name_that_can_stand_in_a_line(void **state)
{
    (void)state;
    char longest[ORIGIN_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[ORIGIN_MAX + 1] = '\0';
    assert_int_equal(note_key_check_origin(longest), ERR_FIELD);
    longest[ORIGIN_MAX] = '\0';
    assert_int_equal(note_key_check_origin(longest), OK);
    assert_int_equal(note_key_check_origin(ORIGIN), OK);
    static const char *const wrong[] = {"", "a b", "a+b", "a\nb", "z\xc3\xbcrich", "a\x7f"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(note_key_check_origin(wrong[i]), ERR_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint__is_what_another_implementation_signs),
        cmocka_unit_test(a_key__has_the_form_that_verifiers_take),
        cmocka_unit_test(a_checkpoint__opens_with_its_key),
        cmocka_unit_test(signatures_of_others__are_passed_over),
        cmocka_unit_test(lines_after_the_third__are_signed_and_passed_over),
        cmocka_unit_test(a_note_that_is_signed_but_no_checkpoint__is_refused),
        cmocka_unit_test(no_byte_of_a_checkpoint__can_be_changed_or_cut),
        cmocka_unit_test(lines_that_are_no_signatures__are_refused),
        cmocka_unit_test(an_origin__is_a_name_that_can_stand_in_a_line),
    };
    return cmocka_run_group_tests(tests, make_key, NULL);
}

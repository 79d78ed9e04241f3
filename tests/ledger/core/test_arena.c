/* tests/ledger/core/test_arena.c - arenas give zeroed, aligned, separate memory; buffers keep what was appended. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/arena.h"
#include "tests/support/unit.h"

static void arena_take__gives_zeroed_aligned_separate_memory(void **unused)
{
    (void)unused;
    AUTO_ARENA a = {0};
    uint8_t *taken[600];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 600; i++) {
            taken[i] = arena_take(&a, i);
            assert_int_equal((uintptr_t)taken[i] % _Alignof(max_align_t), 0);
            for (size_t k = 0; k < i; k++)
                assert_int_equal(taken[i][k], 0);
            memset(taken[i], (int)(i % 255) + 1, i);
        }
        for (size_t i = 1; i < 600; i++) {
            assert_int_equal(taken[i][0], i % 255 + 1);
            assert_int_equal(taken[i][i - 1], i % 255 + 1);
        }
        arena_reset(&a);
        assert_int_equal(arena_bytes(&a), 0);
    }
}

static void arena_take__never_gives_more_than_a_chunk_holds(void **unused)
{
    (void)unused;
    for (size_t odd = 0; odd <= 64; odd += 16) {
        AUTO_ARENA a = {0};
        (void)arena_take(&a, odd);
        size_t first = a.size;
        for (size_t piece = 80; a.size == first; piece = piece == 80 ? 48 : 80) {
            (void)arena_take(&a, piece);
            assert_true(arena_bytes(&a) <= a.size);
        }
    }
}

static void arena_take__serves_pieces_larger_than_a_chunk(void **unused)
{
    (void)unused;
    AUTO_ARENA a = {0};
    char *small = arena_text(&a, "small", 5);
    uint8_t *large = ARENA_ARRAY(&a, uint8_t, 5 << 20);
    large[(5 << 20) - 1] = 1;
    assert_string_equal(small, "small");
    assert_true(arena_bytes(&a) >= 5 << 20);
    arena_reset(&a);
    assert_true(a.size <= 1 << 20); /* what a reset keeps */
    uint64_t *again = ARENA_NEW(&a, uint64_t);
    assert_true(*again == 0);
}

static void arena_reset__keeps_a_chunk_so_that_steady_use_does_not_allocate(void **unused)
{
    (void)unused;
    AUTO_ARENA a = {0};
    for (int i = 0; i < 100; i++)
        (void)arena_take(&a, 1000);
    arena_reset(&a);
    size_t held = a.size;
    assert_true(held > 0);
    (void)arena_take(&a, held / 2);
    assert_int_equal(a.size, held);
}

static void arena_texts__end_in_nul(void **unused)
{
    (void)unused;
    AUTO_ARENA a = {0};
    assert_string_equal(arena_text(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_text(&a, NULL, 0), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 12), "x-12");
    assert_string_equal(arena_printf(&a, "%5000d", 7) + 4999, "7");
    assert_memory_equal(arena_copy(&a, "\0\1\2", 3), "\0\1\2", 3);
}

static void buffer__keeps_what_was_appended(void **unused)
{
    (void)unused;
    AUTO_BUFFER b = {0};
    buffer_u8(&b, 0xab);
    buffer_be16(&b, 0x0102);
    buffer_be32(&b, 0x03040506);
    buffer_be64(&b, 0x0708090a0b0c0d0eU);
    buffer_bytes(&b, NULL, 0);
    buffer_text(&b, "text");
    buffer_printf(&b, "%d", 42);
    assert_int_equal(b.n, 21);
    assert_memory_equal(b.p, "\xab\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0etext42", 21);
    buffer_reset(&b);
    for (unsigned i = 0; i < 100000; i++)
        buffer_be32(&b, i);
    assert_int_equal(b.n, 400000);
    assert_memory_equal(b.p + 4 * 0x12345, "\x00\x01\x23\x45", 4);
    buffer_done(&b);
    assert_int_equal(b.n, 0);
    buffer_printf(&b, "%s", "again"); /* done leaves it as new */
    assert_memory_equal(b.p, "again", 5);
}

static void buffer_reserve__makes_room_for_exactly_what_was_asked(void **unused)
{
    (void)unused;
    AUTO_BUFFER b = {0};
    for (size_t n = 1; n < 3000; n += 7) {
        buffer_reserve(&b, n);
        assert_true(b.size - b.n >= n);
        memset(b.p + b.n, 1, n);
        b.n += n;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_take__gives_zeroed_aligned_separate_memory),
        cmocka_unit_test(arena_take__never_gives_more_than_a_chunk_holds),
        cmocka_unit_test(arena_take__serves_pieces_larger_than_a_chunk),
        cmocka_unit_test(arena_reset__keeps_a_chunk_so_that_steady_use_does_not_allocate),
        cmocka_unit_test(arena_texts__end_in_nul),
        cmocka_unit_test(buffer__keeps_what_was_appended),
        cmocka_unit_test(buffer_reserve__makes_room_for_exactly_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
// loader/format.c against the C library's printf; loader/error.c and loader/arena.c.
#include "loader/arena.h"
#include "loader/error.h"
#include "loader/format.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#undef fail
#include <cmocka.h>
#undef fail

/* Checks that our format function gives the same text and length as the C library's. */
#define ASSERT_AS_PRINTF(...)                                                                      \
    do {                                                                                           \
        char expected[512], actual[512];                                                           \
        int expected_length = snprintf(expected, sizeof expected, __VA_ARGS__);                    \
        size_t length = format_text(actual, sizeof actual, __VA_ARGS__);                           \
        assert_string_equal(actual, expected);                                                     \
        assert_int_equal(length, expected_length);                                                 \
    } while (0)

static void integers_are_written_as_printf_writes_them(void **state)
{
    (void)state;
    static const int numbers[] = {0, 1, -1, 9, 10, 99, 100, 65535, 65536, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ASSERT_AS_PRINTF("%d|%i", numbers[i], numbers[i]);
        ASSERT_AS_PRINTF("%u|%x|%X", (unsigned)numbers[i], (unsigned)numbers[i],
                         (unsigned)numbers[i]);
        ASSERT_AS_PRINTF("%ld|%lu|%lx", (long)numbers[i], (unsigned long)numbers[i],
                         (unsigned long)numbers[i]);
    }
}

static void integers_of_64_bits_are_written_as_printf_writes_them(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (uint64_t number = UINT64_C(1) << shift, i = 0; i < 3; i++) {
            unsigned long long value = number - 1 + i;
            ASSERT_AS_PRINTF("%llu|%llx|%llX|%lld", value, value, value, (long long)value);
            ASSERT_AS_PRINTF("%zu", (size_t)value);
        }
    }
    ASSERT_AS_PRINTF("%llu %lld", ULLONG_MAX, LLONG_MIN);
    ASSERT_AS_PRINTF("%llu", 10000000000000000000ull);
}

static void widths_and_flags_pad_as_printf_pads(void **state)
{
    (void)state;
    ASSERT_AS_PRINTF("[%5u][%-5u][%05u][%2u]", 42u, 42u, 42u, 12345u);
    ASSERT_AS_PRINTF("[%08x][%016llx][%-8x]", 0xbeefu, 0xbeefull, 0xbeefu);
    ASSERT_AS_PRINTF("[%10s][%-10s][%2s]", "text", "text", "longer");
    ASSERT_AS_PRINTF("[%3c][%-3c]", 'x', 'x');
    ASSERT_AS_PRINTF("[%6d]", -42);
}

static void texts_are_cut_at_their_precision(void **state)
{
    (void)state;
    static const char unterminated[3] = {'a', 'b', 'c'};
    ASSERT_AS_PRINTF("[%.3s][%.0s][%.9s]", "abcdef", "abc", "abc");
    ASSERT_AS_PRINTF("[%.*s][%.*s][%6.*s]", 3, unterminated, 0, unterminated, 2, unterminated);
}

static void percent_and_plain_text_stay_as_they_are(void **state)
{
    (void)state;
    ASSERT_AS_PRINTF("100%% of ünïcödé\n");
    ASSERT_AS_PRINTF("%s", "%d %s %%");
    char text[8];
    assert_int_equal(format_text(text, sizeof text, "%s", ""), 0);
    assert_string_equal(text, "");
}

static void pointers_are_written_in_hexadecimal(void **state)
{
    (void)state;
    char text[32];
    format_text(text, sizeof text, "%p", (void *)(uintptr_t)0xdead00);
    assert_string_equal(text, "dead00");
}

static void what_does_not_fit_is_cut_and_counted(void **state)
{
    (void)state;
    for (size_t size = 0; size < 12; size++) {
        char text[16];
        memset(text, '#', sizeof text);
        assert_int_equal(format_text(text, size, "%s%u", "number ", 1234u), 11);
        for (size_t i = 0; i < size; i++) {
            size_t last = size - 1 < 11 ? size - 1 : 11;
            assert_int_equal(text[i], i == last ? 0 : "number 1234"[i]);
        }
        assert_int_equal(text[size], '#');
    }
}

static void a_failure_says_why_and_is_false(void **state)
{
    (void)state;
    struct error error;
    assert_false((fail)(&error, "%s at %u", "record", 7u));
    assert_string_equal(error.message, "record at 7");
}

static void a_failure_below_keeps_its_reason_after_the_place(void **state)
{
    (void)state;
    struct error error;
    (fail)(&error, "no header");
    assert_false(fail_in(&error, "%s:%u: ", "grub.cfg", 3u));
    assert_false(fail_in(&error, "menu: "));
    assert_string_equal(error.message, "menu: grub.cfg:3: no header");
}

static void a_reason_that_is_too_long_is_cut_at_its_end(void **state)
{
    (void)state;
    struct error error;
    char name[2 * ERROR_SIZE];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    (fail)(&error, "%s", name);
    assert_int_equal(strlen(error.message), ERROR_SIZE - 1);
    fail_in(&error, "a.cfg:1: ");
    assert_int_equal(strlen(error.message), ERROR_SIZE - 1);
    assert_memory_equal(error.message, "a.cfg:1: nnn", 12);
    fail_in(&error, "%s", name);
    assert_int_equal(strlen(error.message), ERROR_SIZE - 1);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    static _Alignas(64) uint8_t memory[4096];
    memset(memory, 0xff, sizeof memory);
    struct arena arena = {memory + 1, sizeof memory - 1, 0};
    uint8_t *end = memory;
    for (size_t alignment = 1; alignment <= 64; alignment *= 2) {
        uint8_t *block = arena_allocate(&arena, 3, alignment);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % alignment, 0);
        assert_true(block >= end);
        assert_memory_equal(block, "\0\0\0", 3);
        end = block + 3;
    }
}

static void an_arena_gives_all_it_has_and_no_more(void **state)
{
    (void)state;
    static _Alignas(4096) uint8_t memory[100]; /* contains no other multiple of 4096 */
    struct arena arena = {memory, sizeof memory, 0};
    assert_non_null(arena_allocate(&arena, 60, 1));
    assert_null(arena_allocate(&arena, 41, 1));
    assert_null(arena_allocate(&arena, SIZE_MAX, 1));
    assert_null(arena_allocate(&arena, SIZE_MAX - 50, 1));
    assert_null(arena_allocate(&arena, 1, 4096));
    assert_non_null(arena_allocate(&arena, 40, 1));
    assert_int_equal(arena.used, 100);
    assert_null(arena_allocate(&arena, 1, 1));
    assert_non_null(arena_allocate(&arena, 0, 1));
}

static void an_array_whose_size_overflows_is_refused(void **state)
{
    (void)state;
    uint8_t memory[100];
    struct arena arena = {memory, sizeof memory, 0};
    assert_null(arena_array(&arena, SIZE_MAX / 2 + 1, 2, 1));
    assert_null(arena_array(&arena, 26, 4, 1));
    assert_non_null(arena_array(&arena, 25, 4, 1));
}

static void a_text_in_the_arena_is_a_copy_with_an_end(void **state)
{
    (void)state;
    uint8_t memory[4];
    memset(memory, 0xff, sizeof memory);
    struct arena arena = {memory, sizeof memory, 0};
    assert_null(arena_text(&arena, "kernel", 4));
    assert_string_equal(arena_text(&arena, "kernel", 3), "ker");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_written_as_printf_writes_them),
        cmocka_unit_test(integers_of_64_bits_are_written_as_printf_writes_them),
        cmocka_unit_test(widths_and_flags_pad_as_printf_pads),
        cmocka_unit_test(texts_are_cut_at_their_precision),
        cmocka_unit_test(percent_and_plain_text_stay_as_they_are),
        cmocka_unit_test(pointers_are_written_in_hexadecimal),
        cmocka_unit_test(what_does_not_fit_is_cut_and_counted),
        cmocka_unit_test(a_failure_says_why_and_is_false),
        cmocka_unit_test(a_failure_below_keeps_its_reason_after_the_place),
        cmocka_unit_test(a_reason_that_is_too_long_is_cut_at_its_end),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(an_arena_gives_all_it_has_and_no_more),
        cmocka_unit_test(an_array_whose_size_overflows_is_refused),
        cmocka_unit_test(a_text_in_the_arena_is_a_copy_with_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

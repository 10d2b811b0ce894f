// SPDX-License-Identifier: BSD-2-Clause
// Tests that the sum detects what sum.h says, at the length of the largest boot image.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/sum/sum.h"
#include <cmocka.h>

enum { WORDS = 16384, BITS = 32 };

#define ORDER      UINT32_MAX  /* of x in GF(2^32): 2^32 - 1 */
#define POLYNOMIAL 0x04c11db7u /* CRC-32's (IEEE 802.3, 3.2.9) */

static uint32_t words[WORDS];

/* Words that are near to each other, at distances that are powers of 2, and at both ends. */
static const size_t samples[] = {0,  1,   2,   3,    18,   31,         32,        33,
                                 64, 512, 513, 4096, 8191, WORDS - 33, WORDS - 2, WORDS - 1};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static int start(void **state)
{
    (void)state;
    uint32_t number = 1;
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = number = number * 1664525 + 1013904223;
    }
    return 0;
}

static struct sum sum_of(const uint32_t *data, size_t count)
{
    struct sum sum = SUM_OF_NOTHING;
    sum_add(&sum, data, count);
    return sum;
}

/* What the change of one word by an exclusive or changes in the sum, which is linear. */
static struct sum effect(size_t at, uint32_t change)
{
    const struct sum before = sum_of(words, WORDS);
    words[at] ^= change;
    const struct sum after = sum_of(words, WORDS);
    words[at] ^= change;
    return (struct sum){before.parity ^ after.parity, before.weighted ^ after.weighted};
}

static void every_pair_of_bits_of_sampled_words_is_detected(void **state)
{
    (void)state;
    static struct sum effects[SAMPLES * BITS];
    const struct sum none = {0, 0};
    for (size_t i = 0; i < SAMPLES * BITS; i++) {
        effects[i] = effect(samples[i / BITS], UINT32_C(1) << i % BITS);
        assert_false(sum_equals(&effects[i], &none));
        for (size_t j = 0; j < i; j++) {
            assert_false(sum_equals(&effects[i], &effects[j]));
        }
    }
}

static void the_effects_of_two_changes_add_up(void **state)
{
    (void)state;
    const struct sum before = sum_of(words, WORDS);
    const struct sum one = effect(3, 0x80000000), other = effect(5, 0x80000000);
    words[3] ^= 0x80000000;
    words[5] ^= 0x80000000;
    const struct sum after = sum_of(words, WORDS);
    assert_int_equal(before.parity ^ after.parity, one.parity ^ other.parity);
    assert_int_equal(before.weighted ^ after.weighted, one.weighted ^ other.weighted);
    assert_false(sum_equals(&before, &after));
}

static void two_words_with_any_bits_changed_are_detected(void **state)
{
    (void)state;
    static const uint32_t changes[] = {1,          3,          0x80000000, 0xc0000000,
                                       0xffffffff, POLYNOMIAL, 0xdeadbeef};
    static struct sum effects[SAMPLES * 7];
    for (size_t i = 0; i < SAMPLES * 7; i++) {
        effects[i] = effect(samples[i / 7], changes[i % 7]);
        for (size_t j = 0; j < i; j++) {
            assert_false(sum_equals(&effects[i], &effects[j]));
        }
    }
}

static void the_parity_detects_each_odd_number_of_bits(void **state)
{
    (void)state;
    const uint32_t before = sum_of(words, WORDS).parity;
    uint32_t changed = 0;
    for (size_t i = 0; i < 3; i++) {
        words[samples[4 * i]] ^= UINT32_C(1) << 7 * i;
        changed |= UINT32_C(1) << 7 * i;
    }
    assert_int_equal(sum_of(words, WORDS).parity, before ^ changed);
}

/* ---- The reason: two equal changes of words at a distance d cancel if x^d is 1, and only then ---
 */

static uint32_t times(uint32_t one, uint32_t other)
{
    uint32_t product = 0;
    for (int bit = BITS - 1; bit >= 0; bit--) {
        product = product << 1 ^ ((product >> 31) != 0 ? POLYNOMIAL : 0);
        product ^= (other >> bit & 1) != 0 ? one : 0;
    }
    return product;
}

static uint32_t power_of_x(uint32_t exponent)
{
    uint32_t result = 1;
    for (int bit = BITS - 1; bit >= 0; bit--) {
        result = times(result, result);
        result = (exponent >> bit & 1) != 0 ? times(result, 2) : result;
    }
    return result;
}

static void a_words_weight_is_a_power_of_x(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        uint32_t weight = power_of_x((uint32_t)(WORDS - 1 - samples[i]));
        assert_int_equal(effect(samples[i], 1).weighted, weight);
        assert_int_equal(effect(samples[i], 0xcafe0001).weighted, times(weight, 0xcafe0001));
    }
}

static void the_order_of_x_is_the_most_possible(void **state)
{
    (void)state;
    static const uint32_t prime_factors[] = {3, 5, 17, 257, 65537}; /* of 2^32 - 1 */
    assert_int_equal(power_of_x(ORDER), 1);
    for (size_t i = 0; i < sizeof prime_factors / sizeof prime_factors[0]; i++) {
        assert_int_not_equal(power_of_x(ORDER / prime_factors[i]), 1);
    }
}

/* ---- Pieces and zeros ---------------------------------------------------------------------------
 */

static void the_pieces_in_which_words_are_added_do_not_matter(void **state)
{
    (void)state;
    struct sum pieces = SUM_OF_NOTHING;
    sum_add(&pieces, words, 8);
    sum_add(&pieces, words + 8, 0);
    sum_add(&pieces, words + 8, 502);
    const struct sum whole = sum_of(words, 510);
    assert_true(sum_equals(&pieces, &whole));
}

static void exchanged_pieces_are_detected(void **state)
{
    (void)state;
    const struct sum before = sum_of(words, 1024);
    struct sum after = SUM_OF_NOTHING;
    sum_add(&after, words + 512, 512);
    sum_add(&after, words, 512);
    assert_false(sum_equals(&before, &after));
}

static void zeros_do_not_have_the_sum_0(void **state)
{
    (void)state;
    static const uint32_t zeros[512];
    const struct sum sum = sum_of(zeros, 512), zero = {0, 0};
    assert_false(sum_equals(&sum, &zero));
    const struct sum shorter = sum_of(zeros, 510);
    assert_false(sum_equals(&sum, &shorter));
}

static void bytes_are_filled_up_with_zeros_at_any_address(void **state)
{
    (void)state;
    static uint8_t buffer[1 + 1024];
    static uint32_t padded[256];
    for (size_t length = 1000; length <= 1024; length++) {
        memset(padded, 0, sizeof padded);
        memcpy(padded, words, length);
        memcpy(buffer + 1, words, length);
        struct sum sum = SUM_OF_NOTHING;
        const struct sum expected = sum_of(padded, (length + 7) / 8 * 2);
        sum_add_bytes(&sum, buffer + 1, length);
        assert_true(sum_equals(&sum, &expected));
    }
}

/* A file of 4 GiB has 2^30 words. Two equal changes at a distance d cancel if x^d is 1. */
static void no_distance_in_4_gib_lets_two_flipped_bits_cancel(void **state)
{
    (void)state;
    enum { LONGEST = 1 << 30 };
    assert_true(LONGEST < ORDER); /* the_order_of_x_is_the_most_possible: x^d is 1 at ORDER first */
    for (unsigned bit = 0; bit < 30; bit++) {
        for (uint32_t near = 0; near < 64; near++) {
            assert_int_not_equal(power_of_x((UINT32_C(1) << bit) + near), 1);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_pair_of_bits_of_sampled_words_is_detected),
        TEST(the_effects_of_two_changes_add_up),
        TEST(two_words_with_any_bits_changed_are_detected),
        TEST(the_parity_detects_each_odd_number_of_bits),
        TEST(a_words_weight_is_a_power_of_x),
        TEST(the_order_of_x_is_the_most_possible),
        TEST(the_pieces_in_which_words_are_added_do_not_matter),
        TEST(exchanged_pieces_are_detected),
        TEST(zeros_do_not_have_the_sum_0),
        TEST(bytes_are_filled_up_with_zeros_at_any_address),
        TEST(no_distance_in_4_gib_lets_two_flipped_bits_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

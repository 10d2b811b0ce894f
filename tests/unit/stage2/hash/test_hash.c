// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/hash/hash.h with the examples of RFC 1321 and FIPS 180-4 ("abc", and the text of 56
// letters). test_config_grub.py compares more texts with GRUB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "stage2/hash/hash.h"
#include <cmocka.h>

static const char letters[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

/* Hashes a text in pieces of this many bytes. */
static void assert_hash(enum hash_kind kind, const char *text, size_t piece, const char *expected)
{
    struct hash hash;
    uint8_t digest[HASH_MOST_BYTES];
    char shown[2 * HASH_MOST_BYTES + 1] = "";
    size_t length = strlen(text);
    hash_start(&hash, kind);
    for (size_t at = 0; at < length; at += piece) {
        hash_add(&hash, (const uint8_t *)text + at, piece < length - at ? piece : length - at);
    }
    size_t size = hash_end(&hash, digest);
    for (size_t i = 0; i < size; i++) {
        snprintf(shown + 2 * i, 3, "%02x", digest[i]);
    }
    assert_string_equal(shown, expected);
}

static void the_specifications_examples_come_out(void **state)
{
    (void)state;
    assert_hash(HASH_MD5, "", 1, "d41d8cd98f00b204e9800998ecf8427e");
    assert_hash(HASH_MD5, "abc", 3, "900150983cd24fb0d6963f7d28e17f72");
    assert_hash(HASH_SHA1, "abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_hash(HASH_SHA256, "abc", 3,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hash(HASH_SHA512, "abc", 3,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
                "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    assert_hash(HASH_CRC32, "123456789", 9, "cbf43926");
}

static void the_size_of_the_pieces_does_not_matter(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 60; piece++) {
        assert_hash(HASH_MD5, letters, piece, "8215ef0796a20bcaaae116d3876c664a");
        assert_hash(HASH_SHA1, letters, piece, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_hash(HASH_SHA256, letters, piece,
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        assert_hash(HASH_CRC32, "123456789", piece, "cbf43926");
    }
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_specifications_examples_come_out),
        TEST(the_size_of_the_pieces_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

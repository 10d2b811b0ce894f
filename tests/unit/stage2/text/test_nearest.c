// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/text/nearest.h.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "stage2/text/nearest.h"
#include <cmocka.h>

static const char *const names[] = {"multiboot", "multiboot2", "module", "boot", "set", "run"};

static const char *find(const char *word)
{
    struct nearest nearest = {.word = word};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        nearest_offer(&nearest, names[i]);
    }
    return nearest.name != NULL ? nearest.name : "none";
}

static void a_word_with_a_letter_wrong_missing_too_many_or_swapped_is_found(void **state)
{
    (void)state;
    assert_string_equal(find("multibood"), "multiboot");
    assert_string_equal(find("multibot"), "multiboot");
    assert_string_equal(find("mmultiboot"), "multiboot");
    assert_string_equal(find("mulitboot"), "multiboot");
    assert_string_equal(find("umltiboto"), "multiboot"); /* two errors in a long word */
    assert_string_equal(find("rn"), "run");
    assert_string_equal(find("bot"), "boot");
}

static void the_nearest_of_several_names_is_found(void **state)
{
    (void)state;
    assert_string_equal(find("multiboot3"), "multiboot");
    assert_string_equal(find("mutiboot2"), "multiboot2");
}

static void what_is_far_from_every_name_means_none(void **state)
{
    (void)state;
    assert_string_equal(find(""), "none");
    assert_string_equal(find("frobnicate"), "none");
    assert_string_equal(find("root"), "none"); /* as in GRUB Legacy; it does not mean "boot" */
    assert_string_equal(find("st"), "set");
    assert_string_equal(find("models"), "module");
    assert_string_equal(find("a-word-that-is-longer-than-any-command-has-ever-been"), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_with_a_letter_wrong_missing_too_many_or_swapped_is_found),
        cmocka_unit_test(the_nearest_of_several_names_is_found),
        cmocka_unit_test(what_is_far_from_every_name_means_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

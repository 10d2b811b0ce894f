// SPDX-License-Identifier: BSD-2-Clause
// Tests where the tools put temporary files (tools/lib/temporary.h).
#include "tools/lib/temporary.h" /* before cmocka, which has a macro fail() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_starts(const char *text, const char *start)
{
    if (strncmp(text, start, strlen(start)) != 0) {
        fail_msg("'%s' does not start with '%s'", text, start);
    }
}

static void test_without_tmpdir_a_directory_is_made_in_tmp(void **state)
{
    (void)state;
    static const char *const values[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_MAX], tmp[PATH_MAX];
        struct error error;
        assert_int_equal(values[i] != NULL ? setenv("TMPDIR", values[i], 1) : unsetenv("TMPDIR"),
                         0);
        assert_true(temporary_directory("whelk-test", path, &error));
        assert_non_null(realpath("/tmp", tmp));
        assert_starts(path, strcat(tmp, "/whelk-test-"));
        assert_int_equal(rmdir(path), 0);
    }
}

static void test_a_relative_tmpdir_is_made_absolute(void **state)
{
    (void)state;
    char parent[] = "/tmp/whelk-test-XXXXXX", absolute[PATH_MAX], path[PATH_MAX], before[PATH_MAX];
    struct error error;
    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(mkdtemp(parent));
    assert_non_null(realpath(parent, absolute));
    assert_int_equal(chdir(parent), 0);
    setenv("TMPDIR", ".", 1);
    bool done = temporary_directory("whelk-test", path, &error);
    assert_int_equal(chdir(before), 0);
    assert_true(done);
    assert_starts(path, strcat(absolute, "/whelk-test-"));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(parent), 0);
}

static void test_a_tmpdir_that_is_not_there_is_named(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct error error;
    setenv("TMPDIR", "/no/such/folder", 1);
    assert_false(temporary_directory("whelk-test", path, &error));
    assert_starts(error.message, "/no/such/folder (TMPDIR): ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_tmpdir_a_directory_is_made_in_tmp),
        cmocka_unit_test(test_a_relative_tmpdir_is_made_absolute),
        cmocka_unit_test(test_a_tmpdir_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
// Tests how the tools start other programs (tools/lib/command.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/command.h"

static const struct start plain = {STREAM_OURS, STREAM_OURS, STREAM_OURS, false, false, NULL, NULL};

/* The command sh -c SCRIPT. */
static pid_t start_script(const char *script, const struct start *start)
{
    struct command command = {0};
    command_add(&command, "sh");
    command_add(&command, "-c");
    command_add(&command, "%s", script);
    pid_t program = command_start(&command, start);
    command_free(&command);
    return program;
}

/* What a script prints on standard output and standard error. */
static void print(const char *script, struct start start, char *printed, size_t size)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    start.output = start.errors = ends[1];
    pid_t program = start_script(script, &start);
    close(ends[1]);
    assert_true(program > 0);
    size_t length = 0;
    for (ssize_t got = 1; got > 0; length += (size_t)got) {
        got = read(ends[0], printed + length, size - 1 - length);
        assert_true(got >= 0);
    }
    printed[length] = '\0';
    close(ends[0]);
    assert_int_equal(command_wait(program), 0);
}

static void test_the_status_is_the_programs(void **state)
{
    (void)state;
    int status = command_wait(start_script("exit 3", &plain));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    status = command_wait(start_script("kill -9 $$", &plain));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void test_a_program_that_is_not_there_is_not_started(void **state)
{
    (void)state;
    struct command command = {0};
    volatile pid_t running = 1;
    struct start start = plain;
    start.running = &running;
    command_add(&command, "/no/such/program");
    errno = 0;
    assert_int_equal(command_start(&command, &start), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(running, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child process is left */
    assert_int_equal(errno, ECHILD);
    command_free(&command);
}

static bool refuse(void)
{
    errno = EDOM;
    return false;
}

static void test_a_failure_in_the_child_is_reported(void **state)
{
    (void)state;
    struct start start = plain;
    start.prepare = refuse;
    assert_int_equal(start_script("exit 0", &start), -1);
    assert_int_equal(errno, EDOM);
}

static bool set_variable(void)
{
    return setenv("WHELK_TEST", "set in the child", 1) == 0;
}

static void test_streams_and_preparation_apply_to_the_program_alone(void **state)
{
    (void)state;
    char printed[100];
    struct start start = plain;
    start.input = STREAM_NOTHING;
    start.prepare = set_variable;
    print("cat; echo \"$WHELK_TEST\"; echo more >&2", start, printed, sizeof printed);
    assert_string_equal(printed, "set in the child\nmore\n");
    assert_null(getenv("WHELK_TEST"));
}

static void test_a_group_of_its_own_is_killed_as_a_whole(void **state)
{
    (void)state;
    volatile pid_t running = 0;
    struct start start = plain;
    start.has_own_group = true;
    start.running = &running;
    pid_t program = start_script("sleep 100 & wait", &start);
    assert_int_equal(running, program);
    assert_int_equal(getpgid(program), program);
    assert_int_equal(kill(-program, SIGKILL), 0);
    assert_true(WIFSIGNALED(command_wait(program)));
}

static void handle(int number)
{
    (void)number;
}

static void test_handled_signals_end_the_program_and_ignored_ones_do_not(void **state)
{
    (void)state;
    char printed[100];
    signal(SIGUSR1, handle);
    signal(SIGUSR2, SIG_IGN);
    int status = command_wait(start_script("kill -USR1 $$; exit 1", &plain));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGUSR1);
    print("kill -USR2 $$; echo lives", plain, printed, sizeof printed);
    assert_string_equal(printed, "lives\n");
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
}

static void test_no_signal_stays_blocked(void **state)
{
    (void)state;
    sigset_t blocked;
    char printed[200];
    print("grep SigBlk /proc/self/status", plain, printed, sizeof printed);
    assert_string_equal(printed, "SigBlk:\t0000000000000000\n");
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < NSIG; number++) {
        assert_false(sigismember(&blocked, number) == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_status_is_the_programs),
        cmocka_unit_test(test_a_program_that_is_not_there_is_not_started),
        cmocka_unit_test(test_a_failure_in_the_child_is_reported),
        cmocka_unit_test(test_streams_and_preparation_apply_to_the_program_alone),
        cmocka_unit_test(test_a_group_of_its_own_is_killed_as_a_whole),
        cmocka_unit_test(test_handled_signals_end_the_program_and_ignored_ones_do_not),
        cmocka_unit_test(test_no_signal_stays_blocked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
// See command.h.
#include "tools/lib/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_NOT_STARTED = 127 };

// ---- The command line

void command_add(struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *word = NULL;
    char **words = realloc(command->words, (command->count + 2) * sizeof *words);
    if (words != NULL) {
        command->words = words;
    }
    if (words == NULL || vasprintf(&word, format, arguments) < 0) {
        command->failed = true;
    } else {
        words[command->count++] = word;
        words[command->count] = NULL;
    }
    va_end(arguments);
}

void command_free(struct command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        free(command->words[i]);
    }
    free(command->words);
    *command = (struct command){0};
}

// ---- The child

/* Our handlers must not run in the child. Signals that are ignored stay so. */
static void reset_handlers(void)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            signal(number, SIG_DFL);
        }
    }
}

static bool set_stream(int stream, int descriptor)
{
    if (descriptor == STREAM_OURS) {
        return true;
    }
    if (descriptor == STREAM_NOTHING) {
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    }
    return descriptor >= 0 && dup2(descriptor, stream) >= 0;
}

/* Asks for our death's signal, unless our parent is dead already. */
static bool die_with(pid_t parent)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static bool set_up(const struct start *start, pid_t parent)
{
    reset_handlers();
    return set_stream(STDIN_FILENO, start->input) && set_stream(STDOUT_FILENO, start->output) &&
           set_stream(STDERR_FILENO, start->errors) &&
           (!start->has_own_group || setpgid(0, 0) == 0) &&
           (!start->dies_with_us || die_with(parent)) &&
           (start->prepare == NULL || start->prepare());
}

/* Becomes the program. If that fails, writes errno to the report pipe and ends. */
_Noreturn static void become(const struct command *command, const struct start *start, pid_t parent,
                             const sigset_t *signals, int report)
{
    if (set_up(start, parent)) {
        sigprocmask(SIG_SETMASK, signals, NULL);
        execvp(command->words[0], command->words);
    }
    int reason = errno;
    ssize_t ignored = write(report, &reason, sizeof reason); /* nobody may listen */
    (void)ignored;
    _exit(STATUS_NOT_STARTED);
}

// ---- The parent

/* Waits until the child is the program, which closes the report pipe. Returns the child's errno if
   it cannot be, else 0. */
static int read_report(int report)
{
    int reason;
    return read(report, &reason, sizeof reason) == (ssize_t)sizeof reason ? reason : 0;
}

pid_t command_start(const struct command *command, const struct start *start)
{
    int report[2];
    sigset_t all, before;
    if (pipe2(report, O_CLOEXEC) != 0) {
        return -1;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        become(command, start, parent, &before, report[1]);
    }
    int reason = child < 0 ? errno : 0;
    close(report[1]);
    if (child > 0 && (reason = read_report(report[0])) != 0) {
        command_wait(child);
        child = -1;
    }
    close(report[0]);
    if (start->running != NULL) {
        *start->running = child > 0 ? child : 0;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return child;
}

int command_wait(pid_t program)
{
    int status = 0;
    while (waitpid(program, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

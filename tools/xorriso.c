// SPDX-License-Identifier: BSD-2-Clause
// See xorriso.h.
#include "tools/xorriso.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/output.h"
#include "tools/say.h"

enum {
    KEPT_BYTES = 4096, /* of what it prints */
    KEPT_LINES = 8,
    STATUS_NOT_STARTED = 127,
};

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

/* In the child: does not return. The reason why nothing was started goes to the report pipe. */
_Noreturn static void become(const struct command *command, int printed, int report)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(printed, STDOUT_FILENO) >= 0 &&
        dup2(printed, STDERR_FILENO) >= 0) {
        setenv("LC_ALL", "C", 1); /* names are bytes, messages English */
        execvp(command->words[0], command->words);
    }
    int reason = errno;
    ssize_t ignored = write(report, &reason, sizeof reason);
    _exit(ignored == 0 ? 1 : STATUS_NOT_STARTED);
}

/* Reads all that the child prints; kept gets the end of it. */
static void listen(int printed, bool verbose, char kept[KEPT_BYTES + 1])
{
    size_t used = 0;
    char piece[KEPT_BYTES / 4];
    ssize_t length;
    while ((length = read(printed, piece, sizeof piece)) > 0 || (length < 0 && errno == EINTR)) {
        if (length < 0) {
            continue;
        }
        if (verbose) {
            fwrite(piece, 1, (size_t)length, stderr);
        }
        if (used + (size_t)length > KEPT_BYTES) {
            size_t drop = used + (size_t)length - KEPT_BYTES;
            memmove(kept, kept + drop, used - drop);
            used -= drop;
        }
        memcpy(kept + used, piece, (size_t)length);
        used += (size_t)length;
    }
    kept[used] = '\0';
}

/* Shows the last lines of what xorriso printed. */
static void show_end(const char *kept)
{
    const char *at = kept + strlen(kept);
    for (int lines = 0; at > kept && lines <= KEPT_LINES; at--) {
        lines += at[-1] == '\n';
    }
    at += *at == '\n';
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");
        if (length > 0) {
            fprintf(stderr, "  %.*s\n", (int)length, at);
        }
        at += length + (at[length] == '\n');
    }
}

static bool judge(const struct command *command, int status, int not_started, const char *kept,
                  bool verbose, struct error *error)
{
    const char *program = command->words[0];
    if (not_started == ENOENT) {
        return fail(error,
                    "%s is not installed; it writes the ISO. On Debian and Ubuntu: "
                    "apt install xorriso",
                    program);
    }
    if (not_started != 0) {
        return fail(error, "cannot run %s: %s", program, strerror(not_started));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    if (!verbose) {
        show_end(kept);
    }
    if (WIFSIGNALED(status)) {
        return fail(error, "%s was ended by signal %d", program, WTERMSIG(status));
    }
    return fail(error, "%s failed with exit status %d", program, WEXITSTATUS(status));
}

bool command_run(const struct command *command, bool verbose, struct error *error)
{
    int printed[2], report[2], status = 0, not_started = 0;
    char kept[KEPT_BYTES + 1];
    if (command->failed) {
        return fail(error, "out of memory");
    }
    if (pipe2(printed, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0) {
        return fail(error, "cannot make a pipe: %s", strerror(errno));
    }
    fflush(stderr);
    pid_t child = output_fork();
    if (child == 0) {
        become(command, printed[1], report[1]);
    }
    int fork_reason = errno;
    close(printed[1]);
    close(report[1]);
    if (child > 0) {
        listen(printed[0], verbose, kept);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        output_child_ended();
        if (read(report[0], &not_started, sizeof not_started) != (ssize_t)sizeof not_started) {
            not_started = 0;
        }
    }
    close(printed[0]);
    close(report[0]);
    if (child < 0) {
        return fail(error, "cannot start %s: %s", command->words[0], strerror(fork_reason));
    }
    return judge(command, status, not_started, kept, verbose, error);
}

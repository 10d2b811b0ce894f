// SPDX-License-Identifier: BSD-2-Clause
// See xorriso.h.
#include "tools/iso/xorriso.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/iso/output.h"
#include "tools/lib/progress.h"

enum {
    LINE_BYTES = 8192,
    KEPT_BYTES = 16384, /* of what it prints: a line and more */
    KEPT_LINES = 8,
};

/* Called in the child. */
static bool set_environment(void)
{
    return setenv("LC_ALL", "C", 1) == 0 &&    /* names are bytes, messages English */
           setenv("TZ", "UTC0", 1) == 0 &&     /* dates are the same everywhere */
           unsetenv("SOURCE_DATE_EPOCH") == 0; /* the command line has the dates */
}

// ---- What xorriso prints

struct listener {
    bool verbose, has_problem;
    char line[LINE_BYTES + 1], kept[KEPT_BYTES + 1];
    size_t line_length, kept_length;
};

/* "whatever : SEVERITY : text", with a severity that makes xorriso fail. */
static bool is_problem(const char *line)
{
    static const char *const severities[] = {
        ": SORRY : ", ": MISHAP : ", ": FAILURE : ", ": FATAL : "};
    for (size_t i = 0; i < sizeof severities / sizeof severities[0]; i++) {
        if (strstr(line, severities[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Keeps the lines that name problems, or as long as there is none the last lines. */
static void keep_line(struct listener *listener)
{
    bool problem = is_problem(listener->line);
    if (problem && !listener->has_problem) {
        listener->has_problem = true;
        listener->kept_length = 0;
    }
    size_t length = listener->line_length + 1, used = listener->kept_length;
    if (problem != listener->has_problem || (problem && used + length > KEPT_BYTES)) {
        return; /* the first problems tell most */
    }
    if (used + length > KEPT_BYTES) {
        size_t drop = used + length - KEPT_BYTES;
        memmove(listener->kept, listener->kept + drop, used - drop);
        used -= drop;
    }
    memcpy(listener->kept + used, listener->line, length - 1);
    listener->kept[used + length - 1] = '\n';
    listener->kept_length = used + length;
}

/* xorriso says each second how far it is: "12.34% done" of the writing. */
static void show_progress(const char *line)
{
    const char *percent = strstr(line, "% done");
    while (percent != NULL && percent > line && strchr("0123456789.", percent[-1]) != NULL) {
        percent--;
    }
    if (percent != NULL) {
        int done = atoi(percent);
        progress_percent(done > 100 ? 100 : done);
    }
}

static void end_line(struct listener *listener)
{
    listener->line[listener->line_length] = '\0';
    if (listener->line_length > 0) {
        keep_line(listener);
        if (!listener->verbose) {
            show_progress(listener->line);
        }
    }
    listener->line_length = 0;
}

/* Reads all that the child prints. */
static void listen(int printed, struct listener *listener)
{
    char piece[1024];
    ssize_t length;
    while ((length = read(printed, piece, sizeof piece)) > 0 || (length < 0 && errno == EINTR)) {
        if (length > 0 && listener->verbose) {
            fwrite(piece, 1, (size_t)length, stderr);
        }
        for (ssize_t i = 0; i < length; i++) {
            if (piece[i] == '\n' || piece[i] == '\r' || listener->line_length == LINE_BYTES) {
                end_line(listener);
            }
            if (piece[i] != '\n' && piece[i] != '\r') {
                listener->line[listener->line_length++] = piece[i];
            }
        }
    }
    end_line(listener);
    listener->kept[listener->kept_length] = '\0';
}

/* Shows the last lines of what was kept. */
static void show_kept(const char *kept)
{
    const char *at = kept + strlen(kept);
    for (int lines = 0; at > kept && lines <= KEPT_LINES; at--) {
        lines += at[-1] == '\n';
    }
    at += *at == '\n';
    for (; *at != '\0'; at += strcspn(at, "\n") + 1) {
        fprintf(stderr, "  %.*s\n", (int)strcspn(at, "\n"), at);
    }
}

static bool fail_start(const char *program, int reason, struct error *error)
{
    if (reason == ENOENT) {
        return fail(error,
                    "%s is not installed; it writes the ISO. On Debian and Ubuntu: "
                    "apt install xorriso",
                    program);
    }
    return fail(error, "cannot run %s: %s", program, strerror(reason));
}

static bool judge(const char *program, int status, const char *kept, bool verbose,
                  struct error *error)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    if (!verbose) {
        show_kept(kept);
    }
    if (WIFSIGNALED(status)) {
        return fail(error, "%s was ended by signal %d", program, WTERMSIG(status));
    }
    return fail(error, "%s failed with exit status %d", program, WEXITSTATUS(status));
}

bool xorriso_run(const struct command *command, bool verbose, struct error *error)
{
    int printed[2];
    static struct listener listener; /* large */
    listener = (struct listener){.verbose = verbose};
    if (command->failed) {
        return fail(error, "out of memory");
    }
    if (pipe2(printed, O_CLOEXEC) != 0) {
        return fail(error, "cannot make a pipe: %s", strerror(errno));
    }
    volatile pid_t *writer = output_writer();
    pid_t child = command_start(command, &(const struct start){.input = STREAM_NOTHING,
                                                               .output = printed[1],
                                                               .errors = printed[1],
                                                               .prepare = set_environment,
                                                               .running = writer});
    int reason = errno;
    close(printed[1]);
    if (child < 0) {
        close(printed[0]);
        return fail_start(command->words[0], reason, error);
    }
    listen(printed[0], &listener);
    close(printed[0]);
    int status = command_wait(child);
    *writer = 0;
    return judge(command->words[0], status, listener.kept, verbose, error);
}

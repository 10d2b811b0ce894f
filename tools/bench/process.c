// SPDX-License-Identifier: BSD-2-Clause
// See bench/process.h.
#include "tools/bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/bench/text.h"
#include "tools/lib/temporary.h"

static const int deadly_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum {
    DEADLY_SIGNAL_COUNT = sizeof deadly_signals / sizeof deadly_signals[0],
    OPEN_DIRECTORIES = 16,
};

static char directory[PATH_MAX]; /* "": none */
static volatile sig_atomic_t came;
static volatile pid_t running; /* and its process group */
static bool is_undoing;

// ---- Signals

/* Notes the signal and kills the program; whoever waits for it does the rest. */
static void note(int number)
{
    came = number;
    if (running > 0) {
        kill(-running, SIGKILL);
    }
}

static void do_nothing(int number)
{
    (void)number;
}

/* Catches the deadly signals, except those that our parent has us ignore (nohup). */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = note};
    for (size_t i = 0; i < DEADLY_SIGNAL_COUNT; i++) {
        struct sigaction before;
        if (sigaction(deadly_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(deadly_signals[i], &action, NULL);
        }
    }
    signal(SIGPIPE, do_nothing); /* QEMU may have ended; programs would inherit SIG_IGN */
}

bool process_interrupted(void)
{
    return came != 0;
}

void process_undo(bool begins)
{
    is_undoing = begins;
}

// ---- The directory

bool process_prepare(struct error *error)
{
    if (!temporary_directory("whelk-bench", directory, error)) {
        directory[0] = '\0';
        return false;
    }
    catch_signals();
    return true;
}

void process_scratch(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - TEMPORARY_NAME_BYTES, directory, name);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)place;
    if (type == FTW_DNR) {
        chmod(path, S_IRWXU);
    }
    remove(path); /* what stays, stays */
    return 0;
}

void process_clean_up(void)
{
    process_kill();
    if (directory[0] != '\0') {
        nftw(directory, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS);
        directory[0] = '\0';
    }
    if (came != 0) {
        signal(came, SIG_DFL);
        raise(came);
    }
}

// ---- Programs

/* Debian's package that has a program; NULL: not known. Of the other programs that a bench needs,
   bench.c has said which are missing. */
static const char *package_of(const char *program)
{
    static const struct {
        const char *program, *package;
    } packages[] = {
        {"xenstore-read", "xenstore-utils"},
        {"xl", "xen-system-amd64"},
        {"xorriso", "xorriso"},
    };
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
        if (strcmp(program, packages[i].program) == 0) {
            return packages[i].package;
        }
    }
    return NULL;
}

/* Called in the child. */
static bool enter_directory(void)
{
    return chdir(directory) == 0 && setenv("LC_ALL", "C", 1) == 0 &&
           setenv("TMPDIR", directory, 1) == 0; /* files that it leaves are removed with it */
}

bool process_start(const struct command *command, struct error *error)
{
    char path[PATH_MAX];
    if (command->failed) {
        return fail(error, "out of memory");
    }
    if (came != 0 && !is_undoing) {
        return fail(error, "interrupted");
    }
    process_scratch(path, PROCESS_LOG);
    int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    pid_t child = command_start(command, &(const struct start){.input = STREAM_NOTHING,
                                                               .output = log,
                                                               .errors = log,
                                                               .has_own_group = true,
                                                               .dies_with_us = true,
                                                               .prepare = enter_directory,
                                                               .running = &running});
    int reason = errno;
    close(log);
    const char *program = command->words[0];
    if (child <= 0 && reason == ENOENT) {
        const char *package = package_of(program);
        return package != NULL
                   ? fail(error, "%s is not installed; on Debian: apt install %s", program, package)
                   : fail(error, "%s is not installed", program);
    }
    return child > 0 || fail(error, "cannot run %s: %s", program, strerror(reason));
}

bool process_ended(int *status)
{
    if (running > 0 && waitpid(running, status, WNOHANG) == running) {
        running = 0;
        return true;
    }
    return running == 0;
}

void process_kill(void)
{
    if (running > 0) {
        kill(-running, SIGKILL);
        command_wait(running);
        running = 0;
    }
}

/* Returns the end of the last program's output. */
static const struct text *read_log(void)
{
    static struct text text; /* large */
    char path[PATH_MAX], piece[1024];
    process_scratch(path, PROCESS_LOG);
    text.length = 0;
    FILE *log = fopen(path, "re");
    size_t length;
    while (log != NULL && (length = fread(piece, 1, sizeof piece, log)) > 0) {
        text_add(&text, piece, length);
    }
    if (log != NULL) {
        fclose(log);
    }
    return &text;
}

void process_last_line(char *line, size_t size)
{
    text_last_line(read_log(), line, size);
}

void process_show_log(void)
{
    const struct text *text = read_log();
    fwrite(text->bytes, 1, text->length, stderr);
}

bool process_run(const struct command *command, struct error *error)
{
    char line[200];
    if (!process_start(command, error)) {
        return false;
    }
    int status = command_wait(running);
    running = 0;
    if (came != 0 && !is_undoing) {
        return fail(error, "interrupted");
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    process_last_line(line, sizeof line);
    return fail(error, "%s failed: %s", command->words[0], line[0] != '\0' ? line : "no reason");
}

bool process_is_installed(const char *program)
{
    if (strchr(program, '/') != NULL) {
        return access(program, X_OK) == 0;
    }
    char path[PATH_MAX];
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        if (snprintf(path, sizeof path, "%.*s/%s", (int)length, at, program) < PATH_MAX &&
            access(path, X_OK) == 0) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

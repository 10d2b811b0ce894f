// SPDX-License-Identifier: BSD-2-Clause
// See output.h.
#include "tools/iso/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/temporary.h"
#include "tools/lib/writing.h"

static const int deadly_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
enum { DEADLY_SIGNAL_COUNT = sizeof deadly_signals / sizeof deadly_signals[0] };

/* For the signal handler, which gets no argument. Changed only while the signals are blocked. */
static struct output current; /* directory is "" when there is none */
static volatile pid_t writer;
static const char *volatile around;   /* the caller's directory; NULL: none */
static const char *volatile its_file; /* that is in it as well */

/* Removes the temporary directory. Safe in a signal handler. */
static void remove_temporary(void)
{
    if (current.directory[0] != '\0') {
        unlink(current.iso);
        for (size_t i = 0; i < OUTPUT_OWN_FILES; i++) {
            unlink(current.own[i]);
        }
        rmdir(current.directory);
        current.directory[0] = '\0';
    }
}

static void remove_and_die(int number)
{
    if (writer > 0) {
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
    }
    remove_temporary();
    if (around != NULL) {
        unlink(its_file);
        rmdir(around);
    }
    raise(number); /* SA_RESETHAND: the default action, once this handler has returned */
}

static sigset_t deadly_set(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < DEADLY_SIGNAL_COUNT; i++) {
        sigaddset(&set, deadly_signals[i]);
    }
    return set;
}

static void block_signals(int how)
{
    sigset_t set = deadly_set();
    sigprocmask(how, &set, NULL);
}

/* Catches the deadly signals, except those that our parent has us ignore (nohup). */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = remove_and_die, .sa_flags = (int)SA_RESETHAND};
    action.sa_mask = deadly_set();
    for (size_t i = 0; i < DEADLY_SIGNAL_COUNT; i++) {
        struct sigaction before;
        if (sigaction(deadly_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(deadly_signals[i], &action, NULL);
        }
    }
    signal(SIGXFSZ, SIG_IGN); /* then write() fails, with a reason */
}

/* Keeps standard output for the copy. What is printed goes to standard error from now on. */
static bool take_standard_output(struct output *output, struct error *error)
{
    if (isatty(STDOUT_FILENO)) {
        return fail(error, "-: standard output is a terminal; redirect it or give a file name");
    }
    fflush(stdout);
    output->copied_to = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return (output->copied_to >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) ||
           fail(error, "-: %s", strerror(errno));
}

/* Opens a pipe or a device. O_EXCL refuses a disk that is in use (open(2)). */
static bool open_other(struct output *output, mode_t mode, struct error *error)
{
    int flags = O_WRONLY | O_CLOEXEC | (S_ISBLK(mode) ? O_EXCL : 0);
    if (!writing_is_no_trap(output->name, error)) {
        return false;
    }
    output->copied_to = open(output->name, flags);
    return output->copied_to >= 0 || fail(error, "%s: %s", output->name, strerror(errno));
}

/* Sets the place to the directory for temporary files: the ISO is copied from there. */
static bool find_place_aside(struct output *output, struct error *error)
{
    return temporary_parent(output->path, error) && strcat(output->path, "/") != NULL;
}

/* Finds the ISO's place. A symbolic link of ours or of root's is followed, so it stays and its
   target is replaced. */
static bool find_place(struct output *output, struct error *error)
{
    const char *path = output->name;
    char *place = output->path;
    struct stat status;
    if (strcmp(path, "-") == 0) {
        return take_standard_output(output, error) && find_place_aside(output, error);
    }
    if (!writing_follows_only_our_links(path, error)) {
        return false;
    }
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode)) {
            return fail(error, "%s: is a directory; give the ISO's file name", path);
        }
        if (!S_ISREG(status.st_mode)) {
            return open_other(output, status.st_mode, error) && find_place_aside(output, error);
        }
        return realpath(path, place) != NULL || fail(error, "%s: %s", path, strerror(errno));
    }
    char copy[PATH_MAX], directory[PATH_MAX];
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    if (strlen(path) >= sizeof copy || strlen(name) > NAME_MAX || path[0] == '\0') {
        return fail(error, "'%.100s': not the name of a file", path);
    }
    if (name[0] == '\0') {
        return fail(error, "%s: give the ISO's file name, not a directory", path);
    }
    strcpy(copy, path);
    if (realpath(dirname(copy), directory) == NULL) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    int length =
        snprintf(place, PATH_MAX, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, name);
    return length < PATH_MAX || fail(error, "%.100s…: the name is too long", path);
}

/* Makes the temporary directory in the one that the first `length` bytes of `parent` name. False,
   with errno: it cannot. */
static bool make_directory(struct output *output, const char *parent, size_t length)
{
    if (snprintf(output->directory, PATH_MAX, "%.*s/.whelk-XXXXXX", (int)length, parent) >=
        PATH_MAX - 16) {
        errno = ENAMETOOLONG;
        return false;
    }
    return mkdtemp(output->directory) != NULL;
}

/* Opens the file at the ISO's place, which can be written but not replaced. */
static bool open_in_place(struct output *output)
{
    output->copied_to = open(output->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    output->in_place = output->copied_to >= 0;
    return output->in_place;
}

/* Makes the temporary directory beside the ISO's place; if that cannot be and there is a file at
   the place that can be written, in the directory for temporary files. */
static bool make_temporary(struct output *output, struct error *error)
{
    char parent[PATH_MAX];
    if (make_directory(output, output->path, (size_t)(strrchr(output->path, '/') - output->path))) {
        return true;
    }
    int reason = errno;
    if (output->copied_to >= 0 || !open_in_place(output)) {
        return fail(error, "%s: cannot write there: %s", output->name, strerror(reason));
    }
    return temporary_parent(parent, error) &&
           (make_directory(output, parent, strlen(parent)) ||
            fail(error, "%s: cannot make a directory there: %s", parent, strerror(errno)));
}

bool output_start(struct output *output, const char *path, struct error *error)
{
    output->name = path;
    output->copied_to = -1;
    output->in_place = false;
    if (!find_place(output, error)) {
        return false;
    }
    block_signals(SIG_BLOCK);
    bool made = make_temporary(output, error);
    if (made) {
        strcat(strcpy(output->iso, output->directory), "/iso");
        for (int i = 0; i < OUTPUT_OWN_FILES; i++) {
            char name[] = {'/', (char)('0' + i), '\0'};
            strcat(strcpy(output->own[i], output->directory), name);
        }
        current = *output;
        catch_signals();
    }
    block_signals(SIG_UNBLOCK);
    return made;
}

void output_within(const char *directory, const char *file)
{
    its_file = file;
    around = directory;
}

bool output_is_within(void)
{
    return around != NULL;
}

void output_hold_signals(bool hold)
{
    block_signals(hold ? SIG_BLOCK : SIG_UNBLOCK);
}

volatile pid_t *output_writer(void)
{
    return &writer;
}

bool output_fail(int reason, struct error *error)
{
    if (reason != ENOSPC && reason != EDQUOT) {
        return fail(error, "cannot write the ISO: %s", strerror(reason));
    }
    const char *end = strrchr(current.directory, '/'); /* "/.whelk-XXXXXX" */
    int length = end != NULL && end > current.directory ? (int)(end - current.directory) : 1;
    return fail(error,
                "cannot write the ISO: %s: make room in %.*s, or write elsewhere (-o, TMPDIR)",
                strerror(reason), length, current.directory);
}

static bool copy(int from, int to)
{
    static char buffer[1 << 20];
    ssize_t length;
    while ((length = read(from, buffer, sizeof buffer)) > 0) {
        if (!write_all(to, buffer, (size_t)length)) {
            return false;
        }
    }
    return length == 0;
}

/* Has a file's bytes on the disk: without that, a loss of power could leave an empty file under its
   final name. What cannot be told to do so (a pipe) is fine. False: errno has the reason. */
static bool settle(int descriptor)
{
    return fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

/* Puts the ISO under its final name. False, with errno: it cannot be there. */
static bool move_to_place(const struct output *output, int iso)
{
    bool is_temporary = around != NULL;
    return (is_temporary || settle(iso)) && rename(output->iso, output->path) == 0;
}

static bool copy_to_place(const struct output *output, int iso)
{
    return (!output->in_place || ftruncate(output->copied_to, 0) == 0) &&
           copy(iso, output->copied_to) && settle(output->copied_to) &&
           close(output->copied_to) == 0;
}

bool output_finish(struct output *output, struct error *error)
{
    const char *name = output->copied_to < 0 ? output->path : output->name;
    int iso = open(output->iso, O_RDONLY | O_CLOEXEC);
    bool done = iso >= 0 && output->copied_to < 0 && move_to_place(output, iso);
    /* EBUSY: a file that is mounted there. */
    if (!done && iso >= 0 &&
        (output->copied_to >= 0 || (errno == EBUSY && open_in_place(output)))) {
        done = copy_to_place(output, iso);
    }
    int reason = errno;
    if (iso >= 0) {
        close(iso);
    }
    return done || fail(error, "%s: %s", name, strerror(reason));
}

void output_end(void)
{
    block_signals(SIG_BLOCK);
    remove_temporary();
    block_signals(SIG_UNBLOCK);
}

// SPDX-License-Identifier: BSD-2-Clause
// See bench/xen.h.
#include "tools/bench/xen.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>
#include "tools/bench/process.h"
#include "tools/lib/clock.h"
#include "tools/lib/writing.h"

#define CAPABILITIES  "/proc/xen/capabilities"
#define VERSION_MAJOR "/sys/hypervisor/version/major"
#define VERSION_MINOR "/sys/hypervisor/version/minor"
#define CONFIG_FILE   "guest.cfg"
#define SERIAL_FILE   "guest.serial"

/* Characters that a string of xl's config cannot have. */
#define UNREADABLE "'\\\r\n"

enum { LOOK_MILLISECONDS = 200, TRIES = 3 };

static bool first_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    bool done = file != NULL && fgets(line, (int)size, file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    line[done ? strcspn(line, "\n") : 0] = '\0';
    return done;
}

bool xen_is_usable(struct error *error)
{
    char line[100];
    if (!process_is_installed("xl")) {
        return fail(error, "--xen: xl is not installed; on Debian: apt install xen-system-amd64");
    }
    if (geteuid() != 0) {
        return fail(error, "--xen: only root may create guests");
    }
    if (!first_line(CAPABILITIES, line, sizeof line) || strstr(line, "control_d") == NULL) {
        return fail(error,
                    "--xen: this is no dom0 of Xen (" CAPABILITIES " does not say control_d)");
    }
    return true;
}

void xen_version(char *version, size_t size)
{
    char major[16], minor[16];
    bool known = first_line(VERSION_MAJOR, major, sizeof major) &&
                 first_line(VERSION_MINOR, minor, sizeof minor);
    snprintf(version, size, known ? "Xen %s.%s" : "Xen", major, minor);
}

/* Writes a string of xl's config, which cannot contain quotes or line ends. */
static void print_string(const char *key, const char *before, const char *text, const char *after,
                         FILE *out)
{
    fprintf(out, "%s = '%s%s%s'\n", key, before, text, after);
}

/* Writes the guest's config (xl.cfg(5)), with the ISO as its CD and its serial port in a file. */
static void write_config(const char *name, unsigned memory_mib, const char *iso, const char *serial,
                         FILE *out)
{
    print_string("name", "", name, "", out);
    fprintf(out,
            "builder = 'hvm'\n"
            "memory = %u\n"
            "vcpus = 1\n"
            "boot = 'd'\n"
            "disk = [ 'file:%s,hdc:cdrom,r' ]\n",
            memory_mib, iso);
    print_string("serial", "file:", serial, "", out);
    fprintf(out, "vnc = 0\n"
                 "sdl = 0\n"
                 "on_poweroff = 'preserve'\n" /* also when it halts for good; we destroy it */
                 "on_reboot = 'destroy'\n"
                 "on_crash = 'destroy'\n");
}

/* Runs xl, which can fail for a moment while the last guest is destroyed: then again. */
static bool xl(const char *const words[], struct error *error)
{
    bool done = false;
    for (int i = 0; i < TRIES && !done; i++) {
        struct command command = {0};
        command_add(&command, "xl");
        for (const char *const *word = words; *word != NULL; word++) {
            command_add(&command, "%s", *word);
        }
        done = process_run(&command, error);
        command_free(&command);
    }
    return done;
}

static bool create(const struct qemu_machine *machine, const struct boot_request *request,
                   const char *name, const char *serial, struct error *error)
{
    char config[PATH_MAX];
    process_scratch(config, CONFIG_FILE);
    if (strpbrk(request->iso, UNREADABLE ",") != NULL || strpbrk(serial, UNREADABLE) != NULL) {
        return fail(error,
                    "%s: xl cannot take a file name with a quote, a backslash, a comma or an end "
                    "of line",
                    request->iso);
    }
    unlink(serial);
    FILE *file = writing_create_stream(config);
    if (file != NULL) {
        write_config(name, machine->memory_mib, request->iso, serial, file);
    }
    return writing_close(file, config, error) &&
           xl((const char *const[]){"create", "-q", "-p", config, NULL}, error);
}

/* Waits until something in the scratch directory has changed, at most LOOK_MILLISECONDS. Polling
   would take processor time from the guest. */
static void wait_for_news(int news)
{
    char events[4096];
    struct pollfd wanted = {.fd = news, .events = POLLIN};
    if (poll(&wanted, 1, LOOK_MILLISECONDS) > 0 && read(news, events, sizeof events) < 0) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* Reads the serial port's file as it grows, until the marker is there. */
static bool watch(const struct boot_request *request, const char *path, double limit_ms,
                  struct boot_result *result, struct error *error)
{
    char piece[4096], seen[100], directory[PATH_MAX];
    FILE *serial = NULL;
    int news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    process_scratch(directory, ".");
    inotify_add_watch(news, directory, IN_MODIFY | IN_CREATE);
    while (text_find(&result->serial, request->marker) == NULL) {
        if (serial == NULL) {
            serial = fopen(path, "re");
        }
        size_t length = serial != NULL ? fread(piece, 1, sizeof piece, serial) : 0;
        text_add(&result->serial, piece, length);
        if (length == 0) {
            if (process_interrupted() || clock_ms() > limit_ms) {
                break;
            }
            if (serial != NULL) {
                clearerr(serial); /* the file will grow */
            }
            wait_for_news(news);
        }
    }
    if (serial != NULL) {
        fclose(serial);
    }
    if (news >= 0) {
        close(news);
    }
    if (text_find(&result->serial, request->marker) != NULL) {
        return true;
    }
    text_last_line(&result->serial, seen, sizeof seen);
    return fail(error, "was not reached in time; last on the serial port: %s",
                seen[0] != '\0' ? seen : "nothing");
}

bool xen_time(const struct qemu_machine *machine, const struct boot_request *request,
              struct boot_result *result, struct error *error)
{
    char name[32], serial[PATH_MAX];
    struct error ignored;
    memset(result, 0, sizeof *result);
    snprintf(name, sizeof name, "whelk-bench-%d", (int)getpid());
    process_scratch(serial, SERIAL_FILE);
    bool done = create(machine, request, name, serial, error);
    double start_ms = clock_ms();
    done = done && xl((const char *const[]){"unpause", name, NULL}, error) &&
           watch(request, serial, start_ms + 1e3 * machine->timeout_seconds, result, error);
    result->milliseconds = clock_ms() - start_ms;
    process_undo(true);
    xl((const char *const[]){"destroy", name, NULL}, &ignored);
    process_undo(false);
    return done;
}

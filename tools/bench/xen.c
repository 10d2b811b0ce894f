// SPDX-License-Identifier: BSD-2-Clause
// See bench/xen.h.
#include "tools/bench/xen.h"

#include <errno.h>
#include <fcntl.h>
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

enum { LOOK_MILLISECONDS = 200, TRIES = 3, CONSOLE_LOOKS = 50 };

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

/* Writes the guest's config (xl.cfg(5)). An HVM guest has the ISO as its CD and its serial port in
   a file, a PVH guest has the ISO in its memory. */
static void write_config(const struct qemu_machine *machine, const char *name, const char *iso,
                         const char *serial, FILE *out)
{
    bool is_pvh = machine->firmware == FIRMWARE_PVH;
    print_string("name", "", name, "", out);
    print_string("type", "", is_pvh ? "pvh" : "hvm", "", out);
    fprintf(out, "memory = %u\nvcpus = 1\n", machine->memory_mib);
    if (is_pvh) {
        print_string("kernel", "", machine->image, "", out);
        print_string("ramdisk", "", iso, "", out);
    } else {
        fprintf(out, "boot = 'd'\ndisk = [ 'file:%s,hdc:cdrom,r' ]\n", iso);
        print_string("serial", "file:", serial, "", out);
        fputs("vnc = 0\nsdl = 0\n", out);
    }
    if (machine->firmware == FIRMWARE_ROM) {
        print_string("firmware_override", "", machine->image, "", out);
    }
    fputs("on_poweroff = 'preserve'\n" /* also when it halts for good; we destroy it */
          "on_reboot = 'destroy'\n"
          "on_crash = 'destroy'\n",
          out);
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

/* Creates the guest, paused, and measures how long that takes. */
static bool create(const struct qemu_machine *machine, const struct boot_request *request,
                   const char *name, const char *serial, double *milliseconds, struct error *error)
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
        write_config(machine, name, request->iso, serial, file);
    }
    if (!writing_close(file, config, error)) {
        return false;
    }
    double start_ms = clock_ms();
    bool done = xl((const char *const[]){"create", "-q", "-p", config, NULL}, error);
    *milliseconds = clock_ms() - start_ms;
    return done;
}

/* Opens the terminal of a guest's console, whose name the console's daemon writes to xenstore once
   it has it. Returns a descriptor; -1: failed. */
static int open_console(const char *name, struct error *error)
{
    char id[32], terminal[64];
    if (!xl((const char *const[]){"domid", name, NULL}, error)) {
        return -1;
    }
    process_last_line(id, sizeof id);
    for (int i = 0; i < CONSOLE_LOOKS; i++) {
        struct command command = {0};
        command_add(&command, "xenstore-read");
        command_add(&command, "/local/domain/%s/console/tty", id);
        bool done = process_run(&command, error);
        command_free(&command);
        process_last_line(terminal, sizeof terminal);
        if (done && terminal[0] == '/') {
            int console = open(terminal, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
            return console >= 0 ? console : (fail(error, "%s: %s", terminal, strerror(errno)), -1);
        }
        poll(NULL, 0, LOOK_MILLISECONDS);
    }
    fail_in(error, "the guest's console was not found: ");
    return -1;
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

/* Reads the console's terminal until the marker is there, or the time is up. */
static void watch_console(const struct boot_request *request, int console, double limit_ms,
                          struct boot_result *result)
{
    char piece[4096];
    while (text_find(&result->serial, request->marker) == NULL && !process_interrupted() &&
           clock_ms() < limit_ms) {
        struct pollfd wanted = {.fd = console, .events = POLLIN};
        if (poll(&wanted, 1, LOOK_MILLISECONDS) > 0) {
            ssize_t length = read(console, piece, sizeof piece);
            text_add(&result->serial, piece, length > 0 ? (size_t)length : 0);
        }
    }
}

/* Reads the serial port's file as it grows, until the marker is there, or the time is up. */
static void watch_file(const struct boot_request *request, const char *path, double limit_ms,
                       struct boot_result *result)
{
    char piece[4096], directory[PATH_MAX];
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
}

/* Starts the guest, and waits for the marker on its console (-1: it has a serial port). */
static bool start(const struct qemu_machine *machine, const struct boot_request *request,
                  const char *name, int console, const char *serial, struct boot_result *result,
                  struct error *error)
{
    char seen[100];
    double limit_ms = clock_ms() + 1e3 * machine->timeout_seconds;
    if (!xl((const char *const[]){"unpause", name, NULL}, error)) {
        return false;
    }
    if (console >= 0) {
        watch_console(request, console, limit_ms, result);
    } else {
        watch_file(request, serial, limit_ms, result);
    }
    if (text_find(&result->serial, request->marker) != NULL) {
        return true;
    }
    text_last_line(&result->serial, seen, sizeof seen);
    return fail(error, "was not reached in time; last on the %s: %s",
                console >= 0 ? "console" : "serial port", seen[0] != '\0' ? seen : "nothing");
}

bool xen_time(const struct qemu_machine *machine, const struct boot_request *request,
              struct boot_result *result, struct error *error)
{
    char name[32], serial[PATH_MAX];
    struct error ignored;
    double create_ms = 0;
    int console = -1;
    memset(result, 0, sizeof *result);
    snprintf(name, sizeof name, "whelk-bench-%d", (int)getpid());
    process_scratch(serial, SERIAL_FILE);
    bool done = create(machine, request, name, serial, &create_ms, error) &&
                (machine->firmware != FIRMWARE_PVH || (console = open_console(name, error)) >= 0);
    double start_ms = clock_ms();
    done = done && start(machine, request, name, console, serial, result, error);
    result->milliseconds = create_ms + clock_ms() - start_ms;
    process_undo(true);
    xl((const char *const[]){"destroy", name, NULL}, &ignored);
    process_undo(false);
    if (console >= 0) {
        close(console);
    }
    return done;
}

// SPDX-License-Identifier: BSD-2-Clause
// See bench/qemu.h. QEMU starts stopped (-S). Its gdb port, serial port and trace are descriptors
// that it inherits: they need no TCP port and no path, which others might use.
#include "tools/bench/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"
#include "tools/bench/gdb.h"
#include "tools/bench/process.h"
#include "tools/bench/trace.h"
#include "tools/guest/ovmf.h"
#include "tools/lib/clock.h"

enum {
    PIPE_BYTES = 1 << 20,
    COUNT_PATIENCE = 20, /* the time-out's factor for a traced boot, which is slower */
    POLL_MILLISECONDS = 100,
    ENDING_LOOKS = 10,        /* how often, whether QEMU has ended */
    HANDOFF_ADDRESS = 0x7c00, /* where a BIOS starts what it has booted */
    SEEN_BYTES = 100,         /* of the serial port's last line, in messages */
};

/* The boot under way. There is one at a time. */
static struct boot {
    const struct boot_request *request;
    struct boot_result *result;
    struct gdb gdb;
    struct trace trace;
    struct ovmf ovmf;
    int serial, trace_pipe; /* ours; -1: closed, or none */
    bool reached;           /* the marker, or the entry */
    double start_ms, limit_ms;
    uint64_t start_ticks;
    bool loader_started;   /* the BIOS has started it, or request->start has come */
    uint64_t loader_ticks; /* the TSC that request->start's line says */
} boot;

// ---- Time

static uint64_t now_ticks(void)
{
    return __builtin_ia32_rdtsc();
}

// ---- The command line

/* Escapes a path for -drive, which takes a comma twice. */
static void escape(const char *path, char escaped[2 * PATH_MAX])
{
    for (; *path != '\0'; path++) {
        if (*path == ',') {
            *escaped++ = ',';
        }
        *escaped++ = *path;
    }
    *escaped = '\0';
}

static const struct {
    const char *name, *drive, *controller, *device; /* NULL: none */
} attachments[] = {
    {"cdrom", "if=none,media=cdrom,readonly=on", NULL, "ide-cd,id=disc,drive=disc,bus=ide.1"},
    {"hda", "if=none,snapshot=on", NULL, "ide-hd,id=disc,drive=disc,bus=ide.0"},
    {"virtio-blk", "if=none,snapshot=on", NULL, "virtio-blk-pci,id=disc,drive=disc"},
    {"virtio-mmio", "if=none,snapshot=on", NULL, "virtio-blk-device,id=disc,drive=disc"},
    {"usb", "if=none,snapshot=on", "qemu-xhci", "usb-storage,id=disc,drive=disc"},
};
enum { ATTACHMENT_COUNT = sizeof attachments / sizeof attachments[0] };

static size_t find_attachment(const char *attach)
{
    size_t i = 0;
    while (i < ATTACHMENT_COUNT && strcmp(attachments[i].name, attach) != 0) {
        i++;
    }
    return i;
}

bool qemu_knows_attachment(const char *attach)
{
    return find_attachment(attach) < ATTACHMENT_COUNT;
}

static void add_device(struct command *command, const char *device)
{
    if (device != NULL) {
        command_add(command, "-device");
        command_add(command, "%s", device);
    }
}

static void add_disc(struct command *command, const struct qemu_machine *machine, const char *iso)
{
    size_t index = find_attachment(machine->attach);
    char escaped[2 * PATH_MAX];
    escape(iso, escaped);
    command_add(command, "-drive");
    command_add(command, "id=disc,format=raw,%s,file=%s", attachments[index].drive, escaped);
    add_device(command, attachments[index].controller);
    add_device(command, attachments[index].device);
}

/* Adds the firmware and the starter. Firmware that has boot indices looks at no other devices. */
static void add_uefi(struct command *command, const struct qemu_machine *machine)
{
    char escaped[2 * PATH_MAX];
    escape(machine->starter, escaped);
    ovmf_add(command, &boot.ovmf);
    command_add(command, "-drive");
    command_add(command, "id=starter,format=raw,if=none,readonly=on,file=%s", escaped);
    add_device(command, "virtio-blk-pci,drive=starter,bootindex=1");
    command_add(command, "-set");
    command_add(command, "device.disc.bootindex=2");
}

/* Adds what the machine starts with, and the ISO. */
static void add_start(struct command *command, const struct qemu_machine *machine, const char *iso)
{
    if (machine->firmware == FIRMWARE_PVH) {
        command_add(command, "-kernel");
        command_add(command, "%s", machine->image);
        command_add(command, "-initrd");
        command_add(command, "%s", iso);
        return;
    }
    add_disc(command, machine, iso);
    if (machine->firmware == FIRMWARE_ROM) {
        command_add(command, "-bios");
        command_add(command, "%s", machine->image);
    } else if ((machine->firmware & FIRMWARE_EITHER_UEFI) != 0) {
        add_uefi(command, machine);
    }
}

static void make_command(struct command *command, const struct qemu_machine *machine,
                         const char *iso, int gdb, int serial, int trace)
{
    command_add(command, "%s", machine->program);
    command_add(command, "-accel");
    command_add(command, "%s", machine->accel);
    command_add(command, "-machine");
    command_add(command, "%s", machine->machine);
    command_add(command, "-m");
    command_add(command, "%u", machine->memory_mib);
    /* The host allocates the memory before the start, since that takes a varying time. */
    static const char *const fixed[] = {"-display", "none", "-monitor",   "none",         "-net",
                                        "none",     "-S",   "-no-reboot", "-mem-prealloc"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        command_add(command, "%s", fixed[i]);
    }
    add_start(command, machine, iso);
    command_add(command, "-chardev");
    command_add(command, "socket,id=gdb,fd=%d", gdb);
    command_add(command, "-gdb");
    command_add(command, "chardev:gdb");
    command_add(command, "-chardev");
    command_add(command, "socket,id=serial,fd=%d", serial);
    command_add(command, "-serial");
    command_add(command, "chardev:serial");
    if (trace >= 0) {
        static const char *const events[] = {"memory_region_ops_read", "memory_region_ops_write"};
        for (size_t i = 0; i < 2; i++) {
            command_add(command, "-trace");
            command_add(command, "%s", events[i]);
        }
        command_add(command, "-D");
        command_add(command, "/dev/fd/%d", trace);
    }
}

bool qemu_version(const struct qemu_machine *machine, char *version, size_t size,
                  struct error *error)
{
    struct command command = {0};
    char path[PATH_MAX];
    command_add(&command, "%s", machine->program);
    command_add(&command, "--version");
    bool done = process_run(&command, error);
    command_free(&command);
    process_scratch(path, PROCESS_LOG);
    FILE *log = done ? fopen(path, "re") : NULL;
    char number[32] = "";
    if (log != NULL) {
        if (fscanf(log, "QEMU emulator version %31s", number) != 1) {
            number[0] = '\0';
        }
        fclose(log);
    }
    snprintf(version, size, "QEMU%s%s", number[0] != '\0' ? " " : "", number);
    return done;
}

// ---- Start and end

static void close_all(void)
{
    const int descriptors[] = {boot.gdb.socket, boot.serial, boot.trace_pipe, boot.ovmf.variables};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
}

/* Lets QEMU inherit its end, [1]; both were made to close on exec. */
static bool inherit(int ends[2])
{
    return fcntl(ends[1], F_SETFD, 0) == 0;
}

static bool start(const struct qemu_machine *machine, bool counting, struct error *error)
{
    int gdb[2] = {-1, -1}, serial[2] = {-1, -1}, trace[2] = {-1, -1};
    struct command command = {0};
    bool done = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gdb) == 0 && inherit(gdb) &&
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, serial) == 0 && inherit(serial);
    if (done && counting) {
        done = pipe2(trace, O_CLOEXEC) == 0 && inherit(trace) &&
               fcntl(trace[0], F_SETFL, O_NONBLOCK) == 0;
        fcntl(trace[0], F_SETPIPE_SZ, PIPE_BYTES);
    }
    if (!done) {
        fail(error, "cannot make a pipe: %s", strerror(errno));
    }
    done = done && ((machine->firmware & FIRMWARE_EITHER_UEFI) == 0 ||
                    ovmf_open(&boot.ovmf, machine->firmware == FIRMWARE_UEFI32, error));
    boot.gdb.socket = gdb[0];
    boot.serial = serial[0];
    boot.trace_pipe = trace[0];
    make_command(&command, machine, boot.request->iso, gdb[1], serial[1], trace[1]);
    done = done && process_start(&command, error);
    command_free(&command);
    const int theirs[] = {gdb[1], serial[1], trace[1]};
    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++) {
        if (theirs[i] >= 0) {
            close(theirs[i]);
        }
    }
    return done;
}

// ---- What happens meanwhile

/* Reads the trace's pipe, once or, with `all`, until it is empty. QEMU writes a line before the
   guest goes on: all accesses before the moment that was reached are then in the pipe. */
static void take_trace(bool all)
{
    static char piece[PIPE_BYTES];
    ssize_t length;
    while ((length = read(boot.trace_pipe, piece, sizeof piece)) > 0) {
        trace_add(&boot.trace, piece, (size_t)length);
        if (!all || boot.trace.ended) {
            break;
        }
    }
}

/* True if the machine stopped at the breakpoint because a kernel starts. Else it goes on: GRUB, for
   one, runs at the address where most kernels start. */
static bool is_kernel_entry(struct error *error)
{
    uint32_t eax = 0, entry = boot.request->entry;
    double stopped_ms = clock_ms();
    if (!gdb_read_eax(&boot.gdb, &eax, error)) {
        return false;
    }
    if (eax == MULTIBOOT1_BOOT_MAGIC || eax == MULTIBOOT2_BOOT_MAGIC) {
        return true;
    }
    if (gdb_clear_breakpoint(&boot.gdb, entry, error) && gdb_step(&boot.gdb, error) &&
        gdb_set_breakpoint(&boot.gdb, entry, error) && gdb_continue(&boot.gdb, error)) {
        boot.start_ms += clock_ms() - stopped_ms;
    }
    return false;
}

/* Takes the time when the BIOS starts what it has loaded. While the machine is stopped its clock
   stands, so the stop does not count. */
static void take_handoff(double arrived_ms, struct error *error)
{
    boot.result->start_ms = arrived_ms - boot.start_ms;
    boot.loader_started = true;
    if (boot.trace_pipe >= 0) {
        take_trace(true);
        boot.trace.start_accesses = boot.trace.accesses;
    }
    if (gdb_clear_breakpoint(&boot.gdb, HANDOFF_ADDRESS, error) &&
        (boot.request->marker != NULL ||
         gdb_set_breakpoint(&boot.gdb, boot.request->entry, error)) &&
        gdb_continue(&boot.gdb, error)) {
        boot.start_ms += clock_ms() - arrived_ms;
    }
}

/* Takes the time of the kernel's entry. The machine goes on if request->then is waited for. */
static void take_entry(double arrived_ms, struct error *error)
{
    boot.result->milliseconds = arrived_ms - boot.start_ms;
    boot.reached = true;
    if (boot.request->then != NULL && gdb_clear_breakpoint(&boot.gdb, boot.request->entry, error)) {
        gdb_continue(&boot.gdb, error);
    }
}

static void take_gdb(const struct qemu_machine *machine, struct error *error)
{
    double arrived_ms = clock_ms();
    if (!gdb_stopped(&boot.gdb)) {
        return;
    }
    if (machine->firmware == FIRMWARE_BIOS && !boot.loader_started) {
        take_handoff(arrived_ms, error);
    } else if (boot.request->marker == NULL && is_kernel_entry(error)) {
        take_entry(arrived_ms, error);
    }
}

/* Finds a line of ours by its text, and reads the hexadecimal number after the text. NULL: the line
   has not come, or not yet its end. */
static const char *find_line(const char *text, uint64_t *ticks)
{
    const char *line = text_find(&boot.result->serial, text);
    if (line == NULL || strchr(line, '\n') == NULL) {
        return NULL;
    }
    unsigned long long value = 0;
    sscanf(line + strlen(text), " 0x%llx", &value);
    *ticks = value;
    return line;
}

static void take_start(double arrived_ms)
{
    if (boot.request->start != NULL && !boot.loader_started &&
        find_line(boot.request->start, &boot.loader_ticks) != NULL) {
        boot.result->start_ms = arrived_ms - boot.start_ms;
        boot.loader_started = true;
    }
}

static void take_serial(void)
{
    char piece[4096];
    double arrived_ms = clock_ms();
    ssize_t length = recv(boot.serial, piece, sizeof piece, MSG_DONTWAIT);
    if (length <= 0) {
        close(boot.serial);
        boot.serial = -1;
        return;
    }
    text_add(&boot.result->serial, piece, (size_t)length);
    take_start(arrived_ms);
    const char *marker =
        boot.request->marker != NULL ? text_find(&boot.result->serial, boot.request->marker) : NULL;
    if (!boot.reached && marker != NULL &&
        (!boot.request->is_ours || strchr(marker, '\n') != NULL)) {
        boot.result->milliseconds = arrived_ms - boot.start_ms;
        boot.reached = true;
    }
}

/* Prefers the TSC in our own marker's line, which is exact however late the line came. Only TCG's
   TSC starts with the machine; elsewhere it only gives the time between two lines. */
static void prefer_ticks(const struct qemu_machine *machine)
{
    struct boot_result *result = boot.result;
    uint64_t ticks = 0;
    if ((machine->firmware & FIRMWARE_EITHER_UEFI) == 0 || !boot.request->is_ours ||
        find_line(boot.request->marker, &ticks) == NULL || ticks == 0) {
        return;
    }
    if (strcmp(machine->accel, "tcg") == 0) {
        result->milliseconds = (double)ticks / result->tsc_khz;
    }
    if (boot.loader_started) {
        result->start_ms =
            result->milliseconds - (double)(ticks - boot.loader_ticks) / result->tsc_khz;
    }
}

/* True if the line that begins with request->then has come, or none is waited for. */
static bool is_complete(void)
{
    if (boot.request->then == NULL) {
        return true;
    }
    const char *line = text_find(&boot.result->serial, boot.request->then);
    return line != NULL && strchr(line, '\n') != NULL;
}

static bool give_up(const char *reason, struct error *error)
{
    char seen[SEEN_BYTES];
    text_last_line(&boot.result->serial, seen, sizeof seen);
    return seen[0] != '\0' ? fail(error, "%s; last on the serial port: %s", reason, seen)
                           : fail(error, "%s; nothing came from the serial port", reason);
}

/* Says why QEMU has ended: by itself, or because the guest reset the machine (-no-reboot). */
static bool ended(struct error *error)
{
    char line[SEEN_BYTES];
    process_last_line(line, sizeof line);
    return line[0] != '\0' ? fail(error, "was not reached: QEMU ended: %s", line)
                           : give_up("was not reached: the machine was reset", error);
}

static bool wait_for_it(const struct qemu_machine *machine, struct error *error)
{
    error->message[0] = '\0';
    while (!boot.reached || !is_complete()) {
        struct pollfd waits[] = {{.fd = boot.gdb.socket, .events = POLLIN},
                                 {.fd = boot.serial, .events = POLLIN},
                                 {.fd = boot.trace_pipe, .events = POLLIN}};
        int status;
        poll(waits, 3, POLL_MILLISECONDS);
        if (process_interrupted()) {
            return fail(error, "interrupted");
        }
        if (waits[1].revents != 0) {
            take_serial();
        }
        if (waits[0].revents != 0) {
            take_gdb(machine, error);
        }
        if (waits[2].revents != 0) {
            take_trace(false);
        }
        if (error->message[0] != '\0') {
            return false;
        }
        if ((boot.serial < 0 || waits[0].revents & POLLHUP) && process_ended(&status) &&
            !boot.reached) {
            return ended(error);
        }
        if (clock_ms() > boot.limit_ms) {
            return give_up(boot.reached ? "was reached, but no answer came"
                                        : "was not reached in time",
                           error);
        }
    }
    return true;
}

/* Sets the first breakpoint: at the loader's start, or else at the kernel's. If QEMU does not take
   it because it has ended, says why. */
static bool set_first_breakpoint(const struct qemu_machine *machine, struct error *error)
{
    int status;
    if (machine->firmware != FIRMWARE_BIOS && boot.request->marker != NULL) {
        return true;
    }
    uint32_t address = machine->firmware == FIRMWARE_BIOS ? HANDOFF_ADDRESS : boot.request->entry;
    if (gdb_set_breakpoint(&boot.gdb, address, error)) {
        return true;
    }
    for (int i = 0; i < ENDING_LOOKS; i++) {
        if (process_ended(&status)) {
            return ended(error);
        }
        poll(NULL, 0, POLL_MILLISECONDS);
    }
    return false;
}

static bool run(const struct qemu_machine *machine, const struct boot_request *request,
                struct boot_result *result, bool counting, struct error *error)
{
    memset(&boot, 0, sizeof boot);
    memset(result, 0, sizeof *result);
    boot.request = request;
    boot.result = result;
    boot.trace.marker = request->marker;
    boot.trace.start = request->start;
    boot.ovmf.variables = -1;
    bool done = start(machine, counting, error) && set_first_breakpoint(machine, error);
    boot.start_ms = clock_ms();
    boot.start_ticks = now_ticks();
    boot.limit_ms =
        boot.start_ms + 1e3 * machine->timeout_seconds * (counting ? COUNT_PATIENCE : 1);
    done = done && gdb_continue(&boot.gdb, error) && wait_for_it(machine, error) &&
           (boot.loader_started || (machine->firmware & FIRMWARE_WITH_LOADER) == 0 ||
            fail(error, "was reached, but no loader was started before"));
    if (done && counting) {
        take_trace(true);
        result->accesses = boot.trace.accesses;
        result->start_accesses = boot.trace.start_accesses;
    }
    result->tsc_khz = (double)(now_ticks() - boot.start_ticks) / (clock_ms() - boot.start_ms);
    if (done) {
        prefer_ticks(machine);
    }
    process_kill();
    close_all();
    return done;
}

bool qemu_time(const struct qemu_machine *machine, const struct boot_request *request,
               struct boot_result *result, struct error *error)
{
    return run(machine, request, result, false, error);
}

bool qemu_count(const struct qemu_machine *machine, const struct boot_request *request,
                struct boot_result *result, struct error *error)
{
    return run(machine, request, result, true, error);
}

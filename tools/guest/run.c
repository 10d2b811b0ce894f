// SPDX-License-Identifier: BSD-2-Clause
// See run.h. QEMU gets no device on which its firmware would waste time: no network card and no
// graphics card, whose option ROMs take longer than the boot, and only one drive.
#include "tools/guest/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "tools/iso/mkrescue.h"
#include "tools/guest/firmware.h"
#include "tools/guest/ovmf.h"
#include "tools/lib/clock.h"
#include "tools/lib/command.h"
#include "tools/lib/options.h"
#include "tools/iso/output.h"
#include "tools/lib/say.h"
#include "tools/lib/temporary.h"
#include "tools/tree/iso.h"

enum {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_SIGNAL = 128, /* plus its number, as in a shell */

    DEFAULT_MEMORY_MIB = 512,
    MEMORY_MAX_MIB = 1 << 20,
    CPUS_MAX = 255,
    TIMEOUT_MAX_SECONDS = 24 * 60 * 60,
    PIECE_BYTES = 4096, /* of the serial port's output */
};

#define MICROVM  "microvm"
#define MACHINES "pc|q35"

struct settings {
    const char *qemu, *expect, *machine;        /* NULL: none was asked for */
    unsigned memory_mib, cpus, timeout_seconds; /* 0: for ever */
    bool uefi, uefi32, bare, microvm, pvh, gdb, dry_run, verbose, help;
};

// ---- The command line

static bool set_memory(void *settings, const char *argument, struct error *error)
{
    return options_memory(argument, 1, MEMORY_MAX_MIB, &((struct settings *)settings)->memory_mib,
                          error);
}

static bool set_cpus(void *settings, const char *argument, struct error *error)
{
    return options_number(argument, "processors", CPUS_MAX, &((struct settings *)settings)->cpus,
                          error);
}

static bool set_timeout(void *settings, const char *argument, struct error *error)
{
    return options_number(argument, "seconds", TIMEOUT_MAX_SECONDS,
                          &((struct settings *)settings)->timeout_seconds, error);
}

static bool set_expect(void *settings, const char *argument, struct error *error)
{
    ((struct settings *)settings)->expect = argument;
    return argument[0] != '\0' || fail(error, "give a text");
}

static bool set_machine(void *settings, const char *argument, struct error *error)
{
    size_t index;
    ((struct settings *)settings)->machine = argument;
    return options_choice(argument, MACHINES, &index, error);
}

static const struct option options[] = {
    {'m', "memory", "SIZE", "the machine's memory (512)", set_memory, 0},
    {'c', "cpus", "COUNT", "its processors (1)", set_cpus, 0},
    {'e', "expect", "TEXT", "end with status 0 when the serial port says TEXT", set_expect, 0},
    {'t', "timeout", "SECONDS", "give up after that time, with status 1", set_timeout, 0},
    {0, "uefi", NULL, "boot by UEFI (OVMF), not by a BIOS", options_flag,
     offsetof(struct settings, uefi)},
    {0, "uefi32", NULL, "boot by 32-bit UEFI", options_flag, offsetof(struct settings, uefi32)},
    {0, "bare", NULL, "boot without a firmware, by whelk.rom", options_flag,
     offsetof(struct settings, bare)},
    {0, "microvm", NULL, "the same on QEMU's machine microvm", options_flag,
     offsetof(struct settings, microvm)},
    {0, "pvh", NULL, "start whelk.elf by PVH, the ISO is its module", options_flag,
     offsetof(struct settings, pvh)},
    {0, "machine", MACHINES, "QEMU's machine (pc; q35 by UEFI)", set_machine, 0},
    {0, "gdb", NULL, "wait for a debugger on TCP port 1234 first", options_flag,
     offsetof(struct settings, gdb)},
    {0, "qemu", "PROGRAM", "run PROGRAM (qemu-system-x86_64)", options_text,
     offsetof(struct settings, qemu)},
    {'n', "dry-run", NULL, "only print QEMU's command line, for a shell", options_flag,
     offsetof(struct settings, dry_run)},
    {'v', "verbose", NULL, "show QEMU's command line", options_flag,
     offsetof(struct settings, verbose)},
    {'h', "help", NULL, "show this", options_flag, offsetof(struct settings, help)},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s [OPTION…] TREE|ISO [-- QEMU OPTION…]\n"
           "Boots an ISO, or a tree made into one, in QEMU, with KVM where that works.\n"
           "The serial port is on the terminal. Ctrl-A X ends the machine; so does a reset.\n\n",
           name);
    options_help(options);
}

// ---- The ISO

/* Makes an ISO of a tree in a temporary directory, opens it, and removes its name, so that nothing
   is left. Returns a descriptor; -1: failed. */
static int make_iso(char *tree, struct error *error)
{
    static char directory[PATH_MAX];
    char iso[PATH_MAX + 8];
    if (!temporary_directory("whelk-run", directory, error)) {
        return -1;
    }
    output_within(directory);
    snprintf(iso, sizeof iso, "%s/iso", directory);
    char name[] = "whelk run", option[] = "-o", graft[PATH_MAX + 2];
    int descriptor = -1;
    snprintf(graft, sizeof graft, "/=%s", tree); /* whatever characters are in its name */
    if (mkrescue(4, (char *[]){name, option, iso, graft, NULL}) != STATUS_DONE) {
        fail(error, "%s: nothing to run", tree);
    } else if ((descriptor = open(iso, O_RDONLY)) < 0) {
        fail(error, "%s: %s", iso, strerror(errno));
    }
    unlink(iso);
    rmdir(directory);
    return descriptor;
}

/* Opens the ISO, or makes one of the tree. Returns a descriptor that QEMU inherits; -1: failed. */
static int open_iso(char *source, struct error *error)
{
    struct stat status;
    if (stat(source, &status) != 0) {
        fail(error, "%s: %s", source, strerror(errno));
        return -1;
    }
    if (S_ISDIR(status.st_mode)) {
        return make_iso(source, error);
    }
    int descriptor = open(source, O_RDONLY | O_NONBLOCK); /* waits for no pipe's writer */
    if (descriptor < 0) {
        fail(error, "%s: %s", source, strerror(errno));
        return -1;
    }
    bool fits = iso_is(descriptor) ? iso_is_whole(descriptor, source, error)
                                   : fail(error, "%s: is neither a tree nor an ISO", source);
    if (fits && !iso_is_bootable(descriptor)) {
        fits =
            fail(error, "%s: has no boot loader; whelk-mkrescue makes an ISO that boots", source);
    }
    if (!fits) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

// ---- QEMU's command line

/* True if the processor has AMD's or Intel's virtualisation. Some hosts offer KVM without it, but
   no BIOS runs there. */
static bool processor_virtualises(void)
{
    char line[8192];
    bool found = false;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = strncmp(line, "flags", 5) == 0 &&
                (strstr(line, " vmx ") != NULL || strstr(line, " svm ") != NULL);
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

static bool kvm_works(void)
{
    int kvm = processor_virtualises() ? open("/dev/kvm", O_RDWR | O_CLOEXEC) : -1;
    int machine = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
    if (machine >= 0) {
        close(machine);
    }
    if (kvm >= 0) {
        close(kvm);
    }
    return machine >= 0;
}

/* True if the words choose an accelerator: -accel X, -enable-kvm, -machine X,accel=X. */
static bool chooses_accelerator(const struct words *words)
{
    bool chosen = options_named(words, "-accel") || options_named(words, "-enable-kvm");
    for (size_t i = 0; i < words->count; i++) {
        chosen = chosen || strstr(words->at[i], "accel=") != NULL;
    }
    return chosen;
}

static void add_all(struct command *command, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        command_add(command, "%s", words[i]);
    }
}

/* The files that QEMU is given: names that are open in /dev/fd, or those of a dry run. */
struct files {
    char iso[2 * PATH_MAX]; /* for -drive, which takes a comma twice */
    char image[PATH_MAX];   /* whelk.rom or whelk.elf; "": neither is needed */
    struct ovmf ovmf;
};

static void add_machine(struct command *command, const struct settings *settings)
{
    bool is_uefi = settings->uefi || settings->uefi32;
    command_add(command, "-machine");
    command_add(command, "%s",
                settings->microvm           ? MICROVM
                : settings->machine != NULL ? settings->machine
                : is_uefi                   ? OVMF_MACHINE
                                            : "pc");
}

/* Adds what starts the machine, and the ISO. */
static void add_start(struct command *command, const struct settings *settings,
                      const struct files *files)
{
    const char *iso = files->iso;
    ovmf_add(command, &files->ovmf);
    if (settings->pvh) {
        const char *const words[] = {"-kernel", files->image, "-initrd", iso};
        add_all(command, words, sizeof words / sizeof words[0]);
        return;
    }
    if (files->image[0] != '\0') {
        const char *const words[] = {"-bios", files->image};
        add_all(command, words, sizeof words / sizeof words[0]);
    }
    command_add(command, "-drive");
    if (settings->microvm) {
        command_add(command, "if=none,id=disc,format=raw,readonly=on,file=%s", iso);
        command_add(command, "-device");
        command_add(command, "virtio-blk-device,drive=disc");
    } else {
        command_add(command, "if=ide,index=2,media=cdrom,format=raw,readonly=on,file=%s", iso);
    }
}

/* The user's options come after ours and so override them. The machine has a graphics card only if
   the user's options name a display or a card; microvm has no bus for one. */
static void make_command(struct command *command, const struct settings *settings,
                         const struct files *files, const struct words *rest)
{
    static const char *const kvm[] = {"-accel", "kvm", "-cpu", "host,-arch-capabilities"};
    static const char *const tcg[] = {"-accel", "tcg"};
    static const char *const fixed[] = {"-nodefaults", "-boot",     "order=d,menu=off,strict=on",
                                        "-serial",     "mon:stdio", "-no-reboot"};
    static const char *const blind[] = {"-display", "none", "-vga", "none"};
    static const char *const card[] = {"-vga", "std"};
    static const char *const debugger[] = {"-s", "-S"};
    command_add(command, "%s", settings->qemu);
    bool chosen = chooses_accelerator(rest);
    if (!chosen && kvm_works()) { /* QEMU takes the first that works: ours would win */
        add_all(command, kvm, sizeof kvm / sizeof kvm[0]);
    } else if (!chosen) {
        add_all(command, tcg, sizeof tcg / sizeof tcg[0]);
    }
    add_all(command, fixed, sizeof fixed / sizeof fixed[0]);
    add_machine(command, settings);
    if (!options_named(rest, "-display") && !options_named(rest, "-vga")) {
        add_all(command, blind, sizeof blind / sizeof blind[0]);
    } else if (!options_named(rest, "-vga") && !settings->microvm) {
        add_all(command, card, sizeof card / sizeof card[0]);
    }
    command_add(command, "-m");
    command_add(command, "%u", settings->memory_mib);
    command_add(command, "-smp");
    /* Small kernels find processors in the firmware's MP table, which has one for each socket. */
    command_add(command, "%u,sockets=%u", settings->cpus, settings->cpus);
    add_start(command, settings, files);
    if (settings->gdb) {
        add_all(command, debugger, sizeof debugger / sizeof debugger[0]);
    }
    add_all(command, (const char *const *)rest->at, rest->count);
}

static void show_command(const struct command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        fprintf(stderr, "%s%s", i > 0 ? " " : "", command->words[i]);
    }
    fputs("\n", stderr);
}

// ---- The machine

/* A running QEMU, and the search for the expected text. */
struct machine {
    pid_t qemu;
    int output;
    int input_flags; /* of standard input, which QEMU changes; -1: there is none */
    bool is_terminal;
    struct termios terminal; /* its settings before, if it is one */
    char *tail;              /* the output's end, shorter than the text, which may begin in it */
    size_t tail_length;
};

/* Starts QEMU, whose output goes to a pipe, and which is killed when we end. */
static bool start(struct machine *machine, const struct command *command, struct error *error)
{
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0) {
        return fail(error, "cannot make a pipe: %s", strerror(errno));
    }
    machine->input_flags = fcntl(STDIN_FILENO, F_GETFL);
    machine->is_terminal = tcgetattr(STDIN_FILENO, &machine->terminal) == 0;
    machine->qemu = command_start(command, &(const struct start){.input = STREAM_OURS,
                                                                 .output = output[1],
                                                                 .errors = STREAM_OURS,
                                                                 .dies_with_us = true});
    int reason = errno;
    close(output[1]);
    machine->output = output[0];
    if (machine->qemu < 0) {
        close(output[0]);
        return fail(error, "%s: %s%s", command->words[0], strerror(reason),
                    reason == ENOENT ? "; on Debian and Ubuntu: apt install qemu-system-x86" : "");
    }
    return true;
}

/* True if the text is in the output so far. Keeps the end of the output for the next call. */
static bool find_text(struct machine *machine, const char *text, const char *piece, size_t length)
{
    size_t text_length = strlen(text), used = machine->tail_length + length;
    char all[2 * PIECE_BYTES];
    memcpy(all, machine->tail, machine->tail_length);
    memcpy(all + machine->tail_length, piece, length);
    machine->tail_length = used < text_length ? used : text_length - 1;
    memcpy(machine->tail, all + used - machine->tail_length, machine->tail_length);
    return memmem(all, used, text, text_length) != NULL;
}

enum outcome { ENDED, FOUND, TIMED_OUT };

/* Shows what the serial port says until the machine ends, the text is there, or time is up. */
static enum outcome watch(struct machine *machine, const struct settings *settings)
{
    double deadline = clock_ms() + 1e3 * settings->timeout_seconds;
    char piece[PIECE_BYTES];
    for (;;) {
        double left = deadline - clock_ms();
        struct pollfd ready = {.fd = machine->output, .events = POLLIN};
        int wait = settings->timeout_seconds == 0 ? -1 : left > 0 ? (int)left : 0;
        if (poll(&ready, 1, wait) == 0) {
            return TIMED_OUT;
        }
        ssize_t length = read(machine->output, piece, sizeof piece);
        if (length <= 0 && !(length < 0 && errno == EINTR)) {
            return ENDED;
        }
        if (length > 0) {
            fwrite(piece, 1, (size_t)length, stdout);
            fflush(stdout);
            if (settings->expect != NULL &&
                find_text(machine, settings->expect, piece, (size_t)length)) {
                return FOUND;
            }
        }
    }
}

/* Ends the machine, if it still runs, and returns QEMU's exit status. */
static int end(const struct machine *machine, enum outcome outcome)
{
    if (outcome != ENDED) {
        kill(machine->qemu, SIGKILL); /* other signals make it print a message */
    }
    int status = command_wait(machine->qemu);
    close(machine->output);
    if (machine->input_flags >= 0) {
        fcntl(STDIN_FILENO, F_SETFL, machine->input_flags);
    }
    if (machine->is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &machine->terminal);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL + WTERMSIG(status);
}

static int run_machine(const struct settings *settings, const struct command *command,
                       struct error *error)
{
    char tail[PIECE_BYTES];
    struct machine machine = {.tail = tail};
    if (command->failed) {
        fail(error, "out of memory");
        return STATUS_FAILED;
    }
    if (!start(&machine, command, error)) {
        return STATUS_FAILED;
    }
    enum outcome outcome = watch(&machine, settings);
    int status = end(&machine, outcome);
    if (outcome == FOUND) {
        return STATUS_DONE;
    }
    if (outcome == ENDED && settings->expect == NULL) {
        return status;
    }
    if (outcome == ENDED) {
        fail(error, "the machine ended with status %d before '%s' was seen", status,
             settings->expect);
    } else if (settings->expect != NULL) {
        fail(error, "'%s' was not seen within %u s", settings->expect, settings->timeout_seconds);
    } else {
        fail(error, "the machine still ran after %u s", settings->timeout_seconds);
    }
    return STATUS_FAILED;
}

static bool uses_uefi(const struct settings *settings)
{
    return settings->uefi || settings->uefi32;
}

static bool uses_image(const struct settings *settings)
{
    return settings->bare || settings->microvm || settings->pvh;
}

static enum firmware_file image_of(const struct settings *settings)
{
    return settings->pvh ? FIRMWARE_FILE_ELF : FIRMWARE_FILE_ROM;
}

static bool find_ovmf(const struct settings *settings, struct ovmf *ovmf, struct error *error)
{
    const char *machine = settings->machine != NULL ? settings->machine : OVMF_MACHINE;
    return !uses_uefi(settings) ||
           (ovmf_open(ovmf, settings->uefi32, error) &&
            (!ovmf->needs_smm || strcmp(machine, OVMF_MACHINE) == 0 ||
             fail(error, "this OVMF runs on --machine=" OVMF_MACHINE " only")));
}

/* Boots the machine, once the command line is read. Returns the exit status. */
static int boot(const struct settings *settings, const struct command_line *line)
{
    struct command command = {0};
    struct error error = {""};
    int status = STATUS_FAILED, iso = -1, image = -1;
    static struct files files; /* large */
    files.ovmf.variables = -1;
    bool ready =
        find_ovmf(settings, &files.ovmf, &error) &&
        (!uses_image(settings) || (image = firmware_open(image_of(settings), &error)) >= 0);
    if (ready && (iso = open_iso(line->operands.at[0], &error)) >= 0) {
        snprintf(files.iso, sizeof files.iso, "/dev/fd/%d", iso);
        snprintf(files.image, sizeof files.image, image >= 0 ? "/dev/fd/%d" : "", image);
        make_command(&command, settings, &files, &line->rest);
        if (settings->verbose) {
            show_command(&command);
        }
        if (settings->gdb) {
            say("waiting for a debugger: target remote :1234");
        }
        status = run_machine(settings, &command, &error);
        close(iso);
        command_free(&command);
    }
    if (error.message[0] != '\0') {
        say_error("%s", error.message);
    }
    return status;
}

// ---- A dry run

/* Writes a word so that a shell reads it as one. */
static void print_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=+,./:@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word != '\0'; word++) {
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, stdout);
    }
    putchar('\'');
}

static void print_command(const struct command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        fputs(i > 0 ? " " : "", stdout);
        print_word(command->words[i]);
    }
    putchar('\n');
}

/* Names the ISO. For a tree it is what the user has to make first. */
static bool name_iso(const char *source, const struct settings *settings, struct files *files,
                     struct error *error)
{
    char path[PATH_MAX], *out = files->iso;
    struct stat status;
    if (realpath(source, path) == NULL || stat(path, &status) != 0) {
        return fail(error, "%s: %s", source, strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        say("first: whelk mkrescue -o boot.iso %s", source);
        snprintf(path, sizeof path, "boot.iso");
    }
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == ',' && !settings->pvh) { /* -initrd takes it once */
            *out++ = ',';
        }
        *out++ = *at;
    }
    *out = '\0';
    return true;
}

/* Names whelk.rom or whelk.elf: as installed, or else what the user has to make first. */
static void name_image(enum firmware_file file, char image[PATH_MAX])
{
    if (!firmware_find(file, image)) {
        say("first: whelk firmware %s >%s", firmware_kind(file), firmware_name(file));
        snprintf(image, PATH_MAX, "%s", firmware_name(file));
    }
}

/* Prints the command that would boot, and on standard error what has to be done before. */
static int dry_run(const struct settings *settings, const struct command_line *line)
{
    struct command command = {0};
    struct error error = {""};
    static struct files files; /* large */
    files.ovmf.variables = -1;
    if (!find_ovmf(settings, &files.ovmf, &error) ||
        !name_iso(line->operands.at[0], settings, &files, &error)) {
        say_error("%s", error.message);
        return STATUS_FAILED;
    }
    if (files.ovmf.variables >= 0) {
        close(files.ovmf.variables);
        files.ovmf.variables = -1;
        say("first: cp %s " OVMF_VARIABLES, files.ovmf.original);
    }
    if (uses_image(settings)) {
        name_image(image_of(settings), files.image);
    }
    make_command(&command, settings, &files, &line->rest);
    print_command(&command);
    command_free(&command);
    return STATUS_DONE;
}

// ---- All of it

/* Checks that the options go together. */
static bool check(const struct settings *settings, struct error *error)
{
    const struct {
        bool is_set;
        const char *name;
    } ways[] = {{settings->uefi, "--uefi"},
                {settings->uefi32, "--uefi32"},
                {settings->bare, "--bare"},
                {settings->microvm && !settings->bare && !settings->pvh, "--microvm"},
                {settings->pvh, "--pvh"}};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].is_set && first != NULL) {
            return fail(error, "%s and %s exclude each other", first, ways[i].name);
        }
        first = ways[i].is_set ? ways[i].name : first;
    }
    if (settings->microvm && uses_uefi(settings)) {
        return fail(error, "%s and --microvm exclude each other", first);
    }
    return !settings->microvm || settings->machine == NULL ||
           fail(error, "--microvm and --machine exclude each other");
}

int run(int argc, char **argv)
{
    struct settings settings = {
        .qemu = "qemu-system-x86_64", .memory_mib = DEFAULT_MEMORY_MIB, .cpus = 1};
    struct command_line line = {0};
    struct error error;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, NULL, &settings, &line, &error) ||
        (!settings.help && !check(&settings, &error))) {
        say_error("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_DONE;
    } else if (line.operands.count != 1) {
        say_error("%s (--help shows how to call it)", line.operands.count == 0
                                                          ? "a tree or an ISO is missing"
                                                          : "one tree or ISO at a time");
    } else if (settings.expect != NULL && strlen(settings.expect) > PIECE_BYTES) {
        say_error("the text of --expect has more than %d bytes", PIECE_BYTES);
    } else {
        status = settings.dry_run ? dry_run(&settings, &line) : boot(&settings, &line);
    }
    options_free(&line);
    return status;
}

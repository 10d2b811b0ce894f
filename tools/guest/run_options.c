// SPDX-License-Identifier: BSD-2-Clause
// See run_options.h.
#include "tools/guest/run_options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "tools/guest/machine.h"

enum {
    DEFAULT_MEMORY_MIB = 512,
    MEMORY_MAX_MIB = 1 << 20,
    CPUS_MAX = 255,
    TIMEOUT_MAX_SECONDS = 24 * 60 * 60,
};

#define MACHINES "pc|q35"

// ---- Single options

static bool set_memory(void *settings, const char *argument, struct error *error)
{
    return options_memory(argument, 1, MEMORY_MAX_MIB,
                          &((struct run_settings *)settings)->memory_mib, error);
}

static bool set_cpus(void *settings, const char *argument, struct error *error)
{
    return options_number(argument, "processors", CPUS_MAX,
                          &((struct run_settings *)settings)->cpus, error);
}

static bool set_timeout(void *settings, const char *argument, struct error *error)
{
    return options_number(argument, "seconds", TIMEOUT_MAX_SECONDS,
                          &((struct run_settings *)settings)->timeout_seconds, error);
}

static bool set_expect(void *settings, const char *argument, struct error *error)
{
    ((struct run_settings *)settings)->expect = argument;
    if (argument[0] == '\0') {
        return fail(error, "give a text");
    }
    return strlen(argument) <= MACHINE_TEXT_BYTES ||
           fail(error, "the text has more than %d bytes", MACHINE_TEXT_BYTES);
}

static bool set_machine(void *settings, const char *argument, struct error *error)
{
    size_t index;
    ((struct run_settings *)settings)->machine = argument;
    return options_choice(argument, MACHINES, &index, error);
}

static bool set_gdb(void *settings, const char *argument, struct error *error)
{
    (void)error;
    ((struct run_settings *)settings)->gdb = true;
    ((struct run_settings *)settings)->gdb_file = argument;
    return true;
}

static const struct option options[] = {
    {'m', "memory", "SIZE", "the machine's memory (512)", set_memory, 0},
    {'c', "cpus", "COUNT", "its processors (1)", set_cpus, 0},
    {0, "append", "TEXT", "add TEXT to the kernel's arguments", options_text,
     offsetof(struct run_settings, append)},
    {0, "entry", "NAME", "boot the entry with this number, title or id", options_text,
     offsetof(struct run_settings, entry)},
    {'e', "expect", "TEXT", "end with 0 when the serial port says TEXT", set_expect, 0},
    {'t', "timeout", "SECONDS", "give up after that time, with status 1", set_timeout, 0},
    {0, "exit-code", NULL, "end with what the kernel writes to port 0xf4", options_flag,
     offsetof(struct run_settings, exit_code)},
    {0, "screenshot", "FILE.png", "save the screen in the end, as --expect says", options_text,
     offsetof(struct run_settings, screenshot)},
    {0, "uefi", NULL, "boot by UEFI (OVMF), not by a BIOS", options_flag,
     offsetof(struct run_settings, uefi)},
    {0, "uefi32", NULL, "boot by 32-bit UEFI", options_flag, offsetof(struct run_settings, uefi32)},
    {0, "bare", NULL, "boot without a firmware, by whelk.rom", options_flag,
     offsetof(struct run_settings, bare)},
    {0, "microvm", NULL, "the same on QEMU's machine microvm", options_flag,
     offsetof(struct run_settings, microvm)},
    {0, "pvh", NULL, "start whelk.elf by PVH, the ISO is its module", options_flag,
     offsetof(struct run_settings, pvh)},
    {0, "machine", MACHINES, "QEMU's machine (pc; q35 by UEFI)", set_machine, 0},
    {0, "gdb", "[FILE]", "wait for gdb on TCP port 1234; FILE: start it", set_gdb, 0},
    {0, "qemu", "PROGRAM", "run PROGRAM (qemu-system-x86_64)", options_text,
     offsetof(struct run_settings, qemu)},
    {'n', "dry-run", NULL, "only print QEMU's command line, for a shell", options_flag,
     offsetof(struct run_settings, dry_run)},
    {'v', "verbose", NULL, "show QEMU's command line", options_flag,
     offsetof(struct run_settings, verbose)},
    {'h', "help", NULL, "show this", options_flag, offsetof(struct run_settings, help)},
    {0},
};

void run_options_help(const char *name)
{
    printf("Usage: %s [OPTION…] TREE|ISO|KERNEL [-- QEMU OPTION…]\n"
           "Boots an ISO, or a tree or kernel made into one, in QEMU, by KVM if that works.\n"
           "The serial port is on the terminal. Ctrl-A X ends the machine; so does a reset.\n\n",
           name);
    options_help(options);
}

// ---- All of them

/* Checks that at most one way to start the machine is chosen. */
static bool check_ways(const struct run_settings *settings, struct error *error)
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
    if (settings->microvm && run_uses_uefi(settings)) {
        return fail(error, "%s and --microvm exclude each other", first);
    }
    return !settings->microvm || settings->machine == NULL ||
           fail(error, "--microvm and --machine exclude each other");
}

/* Checks what is wanted in the end. */
static bool check_ends(const struct run_settings *settings, struct error *error)
{
    if (settings->exit_code && settings->expect != NULL) {
        return fail(error, "--exit-code and --expect exclude each other: each says what the exit "
                           "status means");
    }
    if (settings->screenshot == NULL) {
        return true;
    }
    if (settings->expect == NULL && settings->timeout_seconds == 0) {
        return fail(error, "--screenshot needs --expect or --timeout, which say when to make it");
    }
    if (settings->microvm) {
        return fail(error, "--screenshot and --microvm exclude each other: it has no screen");
    }
    return !settings->dry_run ||
           fail(error, "--screenshot and --dry-run exclude each other: whelk makes the picture");
}

bool run_options_read(int argc, char **argv, struct run_settings *settings,
                      struct command_line *line, struct error *error)
{
    *settings = (struct run_settings){.memory_mib = DEFAULT_MEMORY_MIB, .cpus = 1};
    if (!options_read(argc, argv, options, NULL, settings, line, error)) {
        return false;
    }
    if (settings->help) {
        return true;
    }
    if (!check_ways(settings, error) || !check_ends(settings, error)) {
        return false;
    }
    if (line->operands.count != 1) {
        return fail(error, "%s (--help shows how to call it)",
                    line->operands.count == 0 ? "a tree, an ISO or a kernel is missing"
                                              : "one tree, ISO or kernel at a time");
    }
    return true;
}

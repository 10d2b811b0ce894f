// SPDX-License-Identifier: BSD-2-Clause
// See bench/options.h.
#include "tools/bench/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/options.h"
#include "tools/guest/ovmf.h"

enum {
    DEFAULT_RUNS = 5,
    DEFAULT_MEMORY_MIB = 512,
    DEFAULT_TIMEOUT_SECONDS = 60,
    XEN_TIMEOUT_SECONDS = 600,
    LARGEST_NUMBER = 1000000,
    DEFAULT_TOLERANCE_PERCENT = 5,
    MOST_TOLERANCE_PERCENT = 1000,
};

/* Reads a whole number from 1 to the largest, and sets *after to the text after it. */
static bool read_number(const char *text, unsigned largest, unsigned *value, const char **after)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *value = (unsigned)number;
    *after = end;
    return *text >= '0' && *text <= '9' && errno == 0 && number > 0 && number <= largest;
}

static bool set_runs(void *settings, const char *argument, struct error *error)
{
    return options_number(argument, "boots", LARGEST_NUMBER,
                          &((struct bench_settings *)settings)->runs, error);
}

static bool set_memory(void *settings, const char *argument, struct error *error)
{
    struct bench_settings *bench = settings;
    return options_memory(argument, 1, LARGEST_NUMBER, &bench->machine.memory_mib, error);
}

static bool set_timeout(void *settings, const char *argument, struct error *error)
{
    struct bench_settings *bench = settings;
    return options_number(argument, "seconds", LARGEST_NUMBER, &bench->machine.timeout_seconds,
                          error);
}

static bool set_tolerance(void *settings, const char *argument, struct error *error)
{
    char *end;
    double percent = strtod(argument, &end);
    ((struct bench_settings *)settings)->tolerance_percent = percent;
    return (*argument >= '0' && *argument <= '9' && *end == '\0' &&
            percent <= MOST_TOLERANCE_PERCENT) ||
           fail(error, "is not a number of percent from 0 to %d", MOST_TOLERANCE_PERCENT);
}

static bool set_sizes(void *settings, const char *argument, struct error *error)
{
    struct bench_settings *bench = settings;
    bench->size_count = 0;
    for (const char *at = argument;; at++) {
        unsigned size;
        if (bench->size_count == MAX_SIZES || !read_number(at, MAX_SIZE_MIB, &size, &at) ||
            (*at != ',' && *at != '\0')) {
            return fail(error, "give up to %d sizes in MiB, as 1,8,64", MAX_SIZES);
        }
        bench->sizes[bench->size_count++] = size;
        if (*at == '\0') {
            return true;
        }
    }
}

static bool set_iso(void *settings, const char *argument, struct error *error)
{
    struct bench_settings *bench = settings;
    const char *equals = strchr(argument, '=');
    struct given_iso *given = &bench->given[bench->given_count];
    if (bench->given_count == MAX_GIVEN) {
        return fail(error, "there are more than %d", MAX_GIVEN);
    }
    if (equals == NULL || equals == argument || equals[1] == '\0' ||
        (size_t)(equals - argument) >= sizeof given->name) {
        return fail(error, "give NAME=FILE, the name of at most %d bytes",
                    (int)sizeof given->name - 1);
    }
    snprintf(given->name, sizeof given->name, "%.*s", (int)(equals - argument), argument);
    given->file = equals + 1;
    bench->given_count++;
    return true;
}

static bool set_json(void *settings, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    ((struct bench_settings *)settings)->format = FORMAT_JSON;
    return true;
}

static bool set_csv(void *settings, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    ((struct bench_settings *)settings)->format = FORMAT_CSV;
    return true;
}

static bool set_uefi(void *settings, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    ((struct bench_settings *)settings)->machine.firmware = FIRMWARE_UEFI;
    return true;
}

static bool set_uefi32(void *settings, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    ((struct bench_settings *)settings)->machine.firmware = FIRMWARE_UEFI32;
    return true;
}

static const struct option options[] = {
    {'n', "runs", "N", "boot each ISO N times, in turn (5)", set_runs, 0},
    {0, "iso", "NAME=FILE", "measure this ISO as well; may be given again", set_iso, 0},
    {0, "loaders", "LIST", "only these (whelk,whelk-rom,grub,isolinux …)", options_text,
     offsetof(struct bench_settings, loaders)},
    {0, "until", "TEXT", "up to this text on the serial port instead", options_text,
     offsetof(struct bench_settings, until)},
    {0, "probe", NULL, "boot the probe kernel instead of the tree's own", options_flag,
     offsetof(struct bench_settings, probe)},
    {0, "sizes", "LIST", "the probe kernel with a module of 1,8,64 MiB …", set_sizes, 0},
    {0, "raw-dma", NULL, "with --sizes: time of the bytes without a loader", options_flag,
     offsetof(struct bench_settings, raw_dma)},
    {'m', "memory", "SIZE", "the machine's memory (512)", set_memory, 0},
    {0, "uefi", NULL, "boot by UEFI (OVMF); --uefi32: by 32-bit UEFI", set_uefi, 0},
    {0, "uefi32", NULL, NULL, set_uefi32, 0}, /* a screen has 24 lines */
    {0, "machine", "NAME", "QEMU's: pc, q35 or microvm (pc; q35 by UEFI)", options_text,
     offsetof(struct bench_settings, machine.machine)},
    {0, "attach", "cdrom|hda|virtio-blk|virtio-mmio|usb", "its drive (cdrom)", options_text,
     offsetof(struct bench_settings, machine.attach)},
    {0, "accel", "tcg|kvm", "QEMU's accelerator (KVM where fast, else TCG)", options_text,
     offsetof(struct bench_settings, machine.accel)},
    {0, "timeout", "SECONDS", "for each boot (60; with --xen 600)", set_timeout, 0},
    {0, "no-accesses", NULL, "do not count the accesses to devices", options_flag,
     offsetof(struct bench_settings, no_accesses)},
    {0, "xen", NULL, "boot in guests of Xen, from its dom0", options_flag,
     offsetof(struct bench_settings, xen)},
    {0, "json", NULL, "print JSON instead of a table; --csv: CSV", set_json, 0},
    {0, "csv", NULL, NULL, set_csv, 0},
    {0, "plot", "FILE.svg", "draw a chart as well", options_text,
     offsetof(struct bench_settings, plot)},
    {0, "html", "FILE", "write a page as well: chart, tables, each run", options_text,
     offsetof(struct bench_settings, html)},
    {0, "compare", "OLD.json", "compare; fail if slower (--tolerance=5 percent)", options_text,
     offsetof(struct bench_settings, compare)},
    {0, "tolerance", "PERCENT", NULL, set_tolerance, 0},
    {0, "qemu", "PROGRAM", "QEMU's program (qemu-system-x86_64)", options_text,
     offsetof(struct bench_settings, machine.program)},
    {0, "write-probe", "FILE", NULL, options_text, /* for its tests */
     offsetof(struct bench_settings, write_probe)},
    {'h', "help", NULL, "show this", options_flag, offsetof(struct bench_settings, help)},
    {'V', "version", NULL, NULL, options_flag, offsetof(struct bench_settings, version)},
    {0},
};

void bench_options_help(const char *name)
{
    printf("Usage: %s [OPTION…] TREE|REPORT.json\n"
           "Measures boots with Whelk, GRUB and isolinux, from reset to the kernel's entry.\n\n",
           name);
    options_help(options);
}

bool bench_wants_loader(const struct bench_settings *settings, const char *name)
{
    for (const char *at = settings->loaders; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (length == strlen(name) && strncmp(at, name, length) == 0) {
            return true;
        }
        at += length + (at[length] == ',');
    }
    return settings->loaders == NULL;
}

static bool check(const struct bench_settings *settings, struct error *error)
{
    bool replaced = settings->probe || settings->size_count > 0;
    if (settings->raw_dma && settings->size_count == 0) {
        return fail(error, "--raw-dma goes with --sizes: it reads as many bytes");
    }
    if (settings->raw_dma && settings->xen) {
        return fail(error, "--raw-dma does not go with --xen");
    }
    if (replaced && settings->until != NULL) {
        return fail(error, "--until does not go with --probe and --sizes: the probe kernel says "
                           "itself when it runs");
    }
    if (settings->xen && !replaced && settings->until == NULL) {
        return fail(error, "--xen needs --until TEXT, --probe or --sizes: a guest's first "
                           "instruction cannot be seen from outside");
    }
    if (settings->xen && settings->machine.firmware != FIRMWARE_BIOS) {
        return fail(error, "--uefi and --uefi32 do not go with --xen");
    }
    if (settings->until != NULL && settings->until[0] == '\0') {
        return fail(error, "--until: give a text");
    }
    if (settings->compare != NULL && settings->format == FORMAT_CSV) {
        return fail(error, "--compare goes with the table or --json, not with --csv");
    }
    if (!qemu_knows_attachment(settings->machine.attach)) {
        return fail(error, "--attach=%.40s: cdrom, hda, virtio-blk, virtio-mmio and usb are known",
                    settings->machine.attach);
    }
    return true;
}

bool bench_options_read(int argc, char **argv, struct bench_settings *settings, struct error *error)
{
    struct command_line line = {0};
    *settings = (struct bench_settings){
        .runs = DEFAULT_RUNS,
        .tolerance_percent = DEFAULT_TOLERANCE_PERCENT,
        .machine = {.program = "qemu-system-x86_64",
                    .firmware = FIRMWARE_BIOS,
                    .memory_mib = DEFAULT_MEMORY_MIB},
    };
    bool done = options_read(argc, argv, options, NULL, settings, &line, error);
    size_t operand_count = line.operands.count;
    if (settings->machine.machine == NULL) {
        settings->machine.machine =
            settings->machine.firmware == FIRMWARE_BIOS ? "pc" : OVMF_MACHINE;
    }
    if (settings->machine.attach == NULL) { /* microvm has nothing else */
        bool is_microvm = strncmp(settings->machine.machine, "microvm", 7) == 0;
        settings->machine.attach = is_microvm ? "virtio-mmio" : "cdrom";
    }
    if (settings->machine.timeout_seconds == 0) {
        settings->machine.timeout_seconds =
            settings->xen ? XEN_TIMEOUT_SECONDS : DEFAULT_TIMEOUT_SECONDS;
    }
    if (done && !settings->help && !settings->version && settings->write_probe == NULL) {
        if (operand_count != 1) {
            fail(error, operand_count == 0 ? "the tree is missing (--help shows how to call it)"
                                           : "one tree at a time (--help shows how to call it)");
        }
        done = operand_count == 1 && check(settings, error);
        settings->tree = operand_count == 1 ? line.operands.at[0] : NULL;
    }
    options_free(&line);
    return done;
}

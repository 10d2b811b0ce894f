// SPDX-License-Identifier: BSD-2-Clause
// See run_command.h. QEMU gets no device on which its firmware would waste time: no network card
// and no graphics card, whose option ROMs take longer than the boot, and only one drive.
#include "tools/guest/run_command.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tools/lib/shell_word.h"

#define QEMU    "qemu-system-x86_64"
#define QEMU_32 "qemu-system-i386"

// ---- The accelerator

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

// ---- Parts

static void add_all(struct command *command, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        command_add(command, "%s", words[i]);
    }
}

static void add_machine(struct command *command, const struct run_settings *settings)
{
    command_add(command, "-machine");
    command_add(command, "%s",
                settings->microvm           ? RUN_MICROVM
                : settings->machine != NULL ? settings->machine
                : run_uses_uefi(settings)   ? OVMF_MACHINE
                                            : "pc");
}

/* Adds what starts the machine, and the ISO. */
static void add_start(struct command *command, const struct run_settings *settings,
                      const struct run_files *files)
{
    const char *iso = files->iso;
    ovmf_add(command, &files->ovmf);
    if (settings->pvh) {
        const char *const words[] = {"-kernel", files->image, "-initrd", iso};
        add_all(command, words, sizeof words / sizeof words[0]);
        if (files->append[0] != '\0') {
            command_add(command, "-append");
            command_add(command, "%s", files->append);
        }
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

/* Adds the screen. The machine has a graphics card only if a picture of it is wanted, or if the
   user's options name a display or a card; microvm has no bus for one. */
static void add_screen(struct command *command, const struct run_settings *settings,
                       const struct words *rest)
{
    bool has_display = options_named(rest, "-display"), has_card = options_named(rest, "-vga");
    if (!has_display && (!has_card || settings->screenshot != NULL)) {
        command_add(command, "-display");
        command_add(command, "none");
    }
    if (!has_card && !settings->microvm) {
        command_add(command, "-vga");
        command_add(command, has_display || settings->screenshot != NULL ? "std" : "none");
    } else if (!has_card && !has_display) {
        command_add(command, "-vga");
        command_add(command, "none");
    }
}

/* Adds what ends the machine or stops it. */
static void add_ends(struct command *command, const struct run_settings *settings)
{
    static const char *const exit_device[] = {"-device", "isa-debug-exit,iobase=0xf4,iosize=4"};
    static const char *const debugger[] = {"-s", "-S"};
    if (settings->exit_code) {
        add_all(command, exit_device, sizeof exit_device / sizeof exit_device[0]);
    }
    if (settings->gdb && (settings->gdb_file == NULL || settings->dry_run)) {
        add_all(command, debugger, sizeof debugger / sizeof debugger[0]);
    }
}

const char *run_program(const struct run_settings *settings, bool is_32_bit)
{
    return settings->qemu != NULL                  ? settings->qemu
           : is_32_bit && !run_uses_uefi(settings) ? QEMU_32
                                                   : QEMU;
}

void run_command_add(struct command *command, const struct run_settings *settings,
                     const struct run_files *files, const char *program, const struct words *rest)
{
    static const char *const kvm[] = {"-accel", "kvm", "-cpu", "host,-arch-capabilities"};
    static const char *const tcg[] = {"-accel", "tcg"};
    static const char *const fixed[] = {"-nodefaults", "-boot",     "order=d,menu=off,strict=on",
                                        "-serial",     "mon:stdio", "-no-reboot"};
    command_add(command, "%s", program);
    bool chosen = chooses_accelerator(rest);
    if (!chosen && kvm_works()) { /* QEMU takes the first that works: ours would win */
        add_all(command, kvm, sizeof kvm / sizeof kvm[0]);
    } else if (!chosen) {
        add_all(command, tcg, sizeof tcg / sizeof tcg[0]);
    }
    add_all(command, fixed, sizeof fixed / sizeof fixed[0]);
    add_machine(command, settings);
    add_screen(command, settings, rest);
    command_add(command, "-m");
    command_add(command, "%u", settings->memory_mib);
    command_add(command, "-smp");
    /* Small kernels find processors in the firmware's MP table, which has one for each socket. */
    command_add(command, "%u,sockets=%u", settings->cpus, settings->cpus);
    add_start(command, settings, files);
    add_ends(command, settings);
    add_all(command, (const char *const *)rest->at, rest->count);
}

// ---- For a shell

char *run_command_text(const struct command *command)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; out != NULL && i < command->count; i++) {
        fputs(i > 0 ? " " : "", out);
        shell_word_put(command->words[i], out);
    }
    if (out != NULL && fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    return text;
}

void run_command_show(const struct command *command)
{
    char *text = run_command_text(command);
    fprintf(stderr, "%s\n", text != NULL ? text : "");
    free(text);
}

// SPDX-License-Identifier: BSD-2-Clause
// See run.h.
#include "tools/guest/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/check/report.h"
#include "tools/guest/debugger.h"
#include "tools/guest/firmware.h"
#include "tools/guest/machine.h"
#include "tools/guest/ovmf.h"
#include "tools/guest/qmp.h"
#include "tools/guest/run_command.h"
#include "tools/guest/run_options.h"
#include "tools/guest/source.h"
#include "tools/lib/config_words.h"
#include "tools/lib/say.h"
#include "tools/lib/shell_word.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };
enum { DEBUGGER_PORT = 1234 }; /* of QEMU's -s */

/* A boot: what is asked for, and what has been opened for it. */
struct boot {
    const struct run_settings *settings;
    struct source source;
    struct run_files files;
    int iso, image; /* descriptors that QEMU inherits; -1: not open */
    struct debugger debugger;
    struct qmp qmp;
    struct command command; /* QEMU's */
    struct machine machine;
};

static enum firmware_file image_of(const struct run_settings *settings)
{
    return settings->pvh ? FIRMWARE_FILE_ELF : FIRMWARE_FILE_ROM;
}

static bool find_ovmf(const struct run_settings *settings, struct ovmf *ovmf, struct error *error)
{
    const char *machine = settings->machine != NULL ? settings->machine : OVMF_MACHINE;
    return !run_uses_uefi(settings) ||
           (ovmf_open(ovmf, settings->uefi32, error) &&
            (!ovmf->needs_smm || strcmp(machine, OVMF_MACHINE) == 0 ||
             fail(error, "this OVMF runs on --machine=" OVMF_MACHINE " only")));
}

// ---- What is to boot

static struct source_wish wish_of(const struct boot *boot)
{
    const struct run_settings *settings = boot->settings;
    bool by_config = boot->source.kind == SOURCE_KERNEL || !settings->pvh;
    return (struct source_wish){
        .entry = by_config ? settings->entry : NULL,
        .append = by_config ? settings->append : NULL,
        .firmware = settings->uefi     ? CHECK_UEFI_64
                    : settings->uefi32 ? CHECK_UEFI_32
                                       : CHECK_BIOS,
    };
}

/* Writes the command line by which whelk.elf is told entry and arguments (docs/pvh-image.md). */
static bool tell_image(struct boot *boot, struct error *error)
{
    const char *entry = boot->settings->entry, *append = boot->settings->append;
    const char *quote = entry != NULL && strchr(entry, '\'') != NULL ? "\"" : "'";
    if (entry != NULL && strchr(entry, '\'') != NULL && strchr(entry, '"') != NULL) {
        return fail(error, "--entry=%s: a name with both quotes cannot be told by PVH", entry);
    }
    int length = snprintf(boot->files.append, sizeof boot->files.append, "%s%s%s%s%s%s",
                          entry != NULL ? "entry=" : "", entry != NULL ? quote : "",
                          entry != NULL ? entry : "", entry != NULL ? quote : "",
                          append != NULL ? " -- " : "", append != NULL ? append : "");
    return length < (int)sizeof boot->files.append || fail(error, "--append: the text is too long");
}

/* Checks that entry and arguments can be chosen for this source. */
static bool check_wish(struct boot *boot, struct error *error)
{
    const struct run_settings *settings = boot->settings;
    bool has_wish = settings->entry != NULL || settings->append != NULL;
    if (boot->source.kind == SOURCE_KERNEL) {
        return settings->entry == NULL ||
               fail(error, "--entry is for a tree or an ISO: a kernel has no config");
    }
    if (settings->pvh && has_wish) {
        return tell_image(boot, error);
    }
    if (boot->source.kind == SOURCE_ISO && has_wish) {
        return fail(error,
                    "%s: an ISO's config is as it is: give the tree, or --pvh, which takes "
                    "--entry and --append for an ISO as well",
                    boot->source.path);
    }
    return !settings->dry_run || !has_wish ||
           fail(error, "--entry and --append need --pvh in a dry run, as the tree's config is "
                       "not changed");
}

// ---- A boot

static bool open_files(struct boot *boot, struct error *error)
{
    const struct run_settings *settings = boot->settings;
    const struct source_wish wish = wish_of(boot);
    if (!find_ovmf(settings, &boot->files.ovmf, error) ||
        (run_uses_image(settings) &&
         (boot->image = firmware_open(image_of(settings), error)) < 0) ||
        (boot->iso = source_open(&boot->source, &wish, error)) < 0) {
        return false;
    }
    snprintf(boot->files.iso, sizeof boot->files.iso, "/dev/fd/%d", boot->iso);
    if (boot->image >= 0) {
        snprintf(boot->files.image, sizeof boot->files.image, "/dev/fd/%d", boot->image);
    }
    return true;
}

/* True if we have to talk to QEMU. */
static bool needs_qmp(const struct run_settings *settings)
{
    return settings->exit_code || settings->screenshot != NULL;
}

static bool make_command(struct boot *boot, const struct words *rest, struct error *error)
{
    const struct run_settings *settings = boot->settings;
    const char *program = run_program(settings, boot->debugger.is_32_bit);
    run_command_add(&boot->command, settings, &boot->files, program, rest);
    return (!needs_qmp(settings) || qmp_add(&boot->qmp, &boot->command, error)) &&
           (settings->gdb_file == NULL || debugger_add(&boot->debugger, &boot->command, error)) &&
           (!boot->command.failed || fail(error, "out of memory"));
}

/* True if the QEMU's processor has no 64-bit registers, by the program's name. */
static bool is_32_bit_qemu(const struct boot *boot)
{
    return strstr(boot->command.words[0], "i386") != NULL;
}

/* Starts gdb beside QEMU. Returns its process id; -1: it does not run. */
static pid_t start_gdb(struct boot *boot, struct error *error)
{
    struct command command = {0};
    debugger_command(&boot->debugger, is_32_bit_qemu(boot), &command);
    if (boot->settings->verbose) {
        run_command_show(&command);
    }
    say("in gdb: hbreak FUNCTION, then continue; quit ends the machine");
    pid_t gdb = command.failed ? -1 : debugger_start(&boot->debugger, &command, error);
    command_free(&command);
    return gdb;
}

/* Lets a QEMU that has just been started run, and starts gdb. False: one of them does not run. */
static bool set_going(struct boot *boot, struct machine_wait *wait, struct error *error)
{
    const struct run_settings *settings = boot->settings;
    if (needs_qmp(settings) &&
        (!qmp_greet(&boot->qmp, error) || (!settings->gdb && !qmp_continue(&boot->qmp, error)))) {
        return false;
    }
    if (settings->gdb_file != NULL) {
        wait->until = start_gdb(boot, error);
        return wait->until > 0;
    }
    if (settings->gdb) {
        say("waiting for a debugger: target remote :1234");
    }
    return true;
}

/* Returns the exit status after a machine that ended by itself. */
static int status_of_end(const struct run_settings *settings, int status, bool by_signal,
                         struct error *error)
{
    if (settings->screenshot != NULL) {
        fail(error, "the machine ended with status %d before a picture could be made", status);
        return STATUS_FAILED;
    }
    if (settings->expect != NULL) {
        fail(error, "the machine ended with status %d before '%s' was seen", status,
             settings->expect);
        return STATUS_FAILED;
    }
    if (!settings->exit_code) {
        return status;
    }
    /* isa-debug-exit: twice the value, plus 1. */
    if (by_signal || status % 2 == 0) {
        fail(error, "the machine ended with status %d, and not by port 0xf4", status);
        return STATUS_FAILED;
    }
    return status / 2;
}

/* Returns what to add to the message that the time was up. */
static const char *why_it_may_wait(const struct boot *boot)
{
    return boot->settings->entry == NULL && source_menu_waits(&boot->source, wish_of(boot).firmware)
               ? "; its menu waits for a key, as the config sets no timeout: set timeout=0 there, "
                 "or choose by --entry"
               : "";
}

/* Returns the exit status, once the machine has ended or is no longer needed. */
static int status_of(const struct boot *boot, enum machine_outcome outcome,
                     const struct machine_wait *wait, int status, bool by_signal,
                     struct error *error)
{
    switch (outcome) {
    case MACHINE_FOUND:
        return STATUS_DONE;
    case MACHINE_LEFT:
        return WIFEXITED(wait->until_status) ? WEXITSTATUS(wait->until_status) : STATUS_FAILED;
    case MACHINE_ENDED:
        return status_of_end(boot->settings, status, by_signal, error);
    default:
        break;
    }
    const char *reason = why_it_may_wait(boot);
    if (wait->text != NULL) {
        fail(error, "'%s' was not seen within %u s%s", wait->text, wait->timeout_seconds, reason);
    } else if (boot->settings->screenshot == NULL || boot->settings->exit_code) {
        fail(error, "the machine still ran after %u s%s", wait->timeout_seconds, reason);
    } else {
        return STATUS_DONE; /* it was to run for that time */
    }
    return STATUS_FAILED;
}

static int run_machine(struct boot *boot, struct error *error)
{
    const struct run_settings *settings = boot->settings;
    struct machine_wait wait = {.text = settings->expect,
                                .timeout_seconds = settings->timeout_seconds};
    struct error no_picture = {""};
    bool by_signal = false;
    if (!machine_start(&boot->machine, &boot->command, settings->gdb_file == NULL, error)) {
        return STATUS_FAILED;
    }
    if (!set_going(boot, &wait, error)) {
        machine_end(&boot->machine, MACHINE_LEFT, &by_signal);
        return STATUS_FAILED;
    }
    enum machine_outcome outcome = machine_watch(&boot->machine, &wait);
    bool has_picture = settings->screenshot == NULL || outcome == MACHINE_ENDED ||
                       qmp_screenshot(&boot->qmp, settings->screenshot, &no_picture);
    if (wait.until > 0 && outcome != MACHINE_LEFT) {
        kill(wait.until, SIGTERM);
        command_wait(wait.until);
    }
    int status = machine_end(&boot->machine, outcome, &by_signal);
    status = status_of(boot, outcome, &wait, status, by_signal, error);
    if (!has_picture && error->message[0] == '\0') {
        *error = no_picture;
    }
    return has_picture ? status : STATUS_FAILED;
}

static void close_all(struct boot *boot)
{
    const int files[] = {boot->iso, boot->image, boot->files.ovmf.variables};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
    qmp_close(&boot->qmp);
    debugger_close(&boot->debugger);
    command_free(&boot->command);
}

static int run_boot(struct boot *boot, const struct words *rest, struct error *error)
{
    if (!open_files(boot, error) || !make_command(boot, rest, error)) {
        return STATUS_FAILED;
    }
    if (boot->settings->verbose) {
        run_command_show(&boot->command);
    }
    return run_machine(boot, error);
}

// ---- A dry run

/* Says how the config of a kernel's ISO is made. */
static bool say_kernels_config(const struct boot *boot, struct error *error)
{
    char *text = NULL, word[SHELL_WORD_BYTES];
    size_t size;
    FILE *config = open_memstream(&text, &size);
    if (config != NULL) {
        fprintf(config, "menuentry kernel { %s /boot/kernel",
                check_kernel_command(boot->source.protocol));
        config_words(config, boot->settings->append != NULL ? boot->settings->append : "");
        fputs("; }", config);
    }
    bool done = config != NULL && fclose(config) == 0;
    if (done) {
        say("first: printf '%%s\\n' %s >grub.cfg", shell_word(word, text));
    }
    free(text);
    return done || fail(error, "out of memory");
}

/* Names the ISO. For a tree or a kernel it is what the user has to make first. */
static bool name_iso(struct boot *boot, struct error *error)
{
    char path[PATH_MAX], word[SHELL_WORD_BYTES], *out = boot->files.iso;
    if (realpath(boot->source.path, path) == NULL) {
        return fail(error, "%s: %s", boot->source.path, strerror(errno));
    }
    if (boot->source.kind == SOURCE_KERNEL) {
        char kernel[PATH_MAX + sizeof "/boot/kernel="];
        snprintf(kernel, sizeof kernel, "/boot/kernel=%s", boot->source.path);
        if (!say_kernels_config(boot, error)) {
            return false;
        }
        say("first: whelk mkrescue -o boot.iso %s /boot/grub/grub.cfg=grub.cfg",
            shell_word(word, kernel));
    } else if (boot->source.kind == SOURCE_TREE) {
        say("first: whelk mkrescue -o boot.iso %s", shell_word(word, boot->source.path));
    }
    if (boot->source.kind != SOURCE_ISO) {
        snprintf(path, sizeof path, "boot.iso");
    }
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == ',' && !boot->settings->pvh) { /* -initrd takes it once */
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

/* Says how gdb is started once the machine waits for it. */
static void say_debugger(struct boot *boot)
{
    struct command command = {0};
    boot->debugger.port = DEBUGGER_PORT;
    debugger_command(&boot->debugger, is_32_bit_qemu(boot), &command);
    char *text = run_command_text(&command);
    say("then: %s", text != NULL ? text : "gdb");
    free(text);
    command_free(&command);
}

/* Prints the command that would boot, and on standard error what has to be done before and after.
 */
static int dry_run(struct boot *boot, const struct words *rest, struct error *error)
{
    const struct run_settings *settings = boot->settings;
    if (!find_ovmf(settings, &boot->files.ovmf, error) || !name_iso(boot, error)) {
        return STATUS_FAILED;
    }
    if (boot->files.ovmf.variables >= 0) {
        close(boot->files.ovmf.variables);
        boot->files.ovmf.variables = -1;
        say("first: cp %s " OVMF_VARIABLES, boot->files.ovmf.original);
    }
    if (run_uses_image(settings)) {
        name_image(image_of(settings), boot->files.image);
    }
    run_command_add(&boot->command, settings, &boot->files,
                    run_program(settings, boot->debugger.is_32_bit), rest);
    char *text = run_command_text(&boot->command);
    if (text == NULL || boot->command.failed) {
        fail(error, "out of memory");
        free(text);
        return STATUS_FAILED;
    }
    puts(text);
    free(text);
    if (settings->gdb_file != NULL) {
        say_debugger(boot);
    }
    return STATUS_DONE;
}

// ---- All of it

int run(int argc, char **argv)
{
    static struct boot boot; /* large */
    struct run_settings settings;
    struct command_line line = {0};
    struct error error = {""};
    int status = STATUS_USAGE;
    bool is_read = run_options_read(argc, argv, &settings, &line, &error);
    boot = (struct boot){
        .settings = &settings, .iso = -1, .image = -1, .qmp = {.ours = -1, .theirs = -1}};
    boot.files.ovmf.variables = -1;
    boot.debugger.listener = -1;
    if (is_read && settings.help) {
        run_options_help(argv[0]);
        status = STATUS_DONE;
    } else if (is_read) {
        bool is_fine =
            source_find(line.operands.at[0], &boot.source, &error) && check_wish(&boot, &error) &&
            (settings.gdb_file == NULL || debugger_read(&boot.debugger, settings.gdb_file, &error));
        status = !is_fine           ? STATUS_FAILED
                 : settings.dry_run ? dry_run(&boot, &line.rest, &error)
                                    : run_boot(&boot, &line.rest, &error);
    }
    if (error.message[0] != '\0') {
        say_error("%s", error.message);
    }
    close_all(&boot);
    options_free(&line);
    return status;
}

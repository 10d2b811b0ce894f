// SPDX-License-Identifier: BSD-2-Clause
// See bench/isos.h.
#include "tools/bench/isos.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/bench/embedded.h"
#include "tools/bench/process.h"
#include "tools/lib/writing.h"

#define GRUB_PLATFORMS  "/usr/lib/grub/"
#define ISOLINUX_FOLDER "/usr/lib/ISOLINUX"
#define SYSLINUX_FOLDER "/usr/lib/syslinux/modules/bios"
#define ISOLINUX_CONFIG "isolinux.cfg"

enum {
    BOOT_SECTOR_BYTES = 512,
    NOTHING_BYTES = 2 << 20, /* a cylinder: findings/seabios-1.16-wants-a-cylinder.sh */
};

/* Adds the words of a list that ends with NULL. */
static void add_words(struct command *command, const char *const *words)
{
    for (; *words != NULL; words++) {
        command_add(command, "%s", *words);
    }
}

/* Adds TARGET=SOURCE for -graft-points; target NULL: the root. */
static void add_source(struct command *command, const char *target, const char *disk)
{
    char escaped[2 * PATH_MAX + 1], *out = escaped;
    for (; *disk != '\0'; disk++) {
        if (*disk == '=' || *disk == '\\') {
            *out++ = '\\';
        }
        *out++ = *disk;
    }
    *out = '\0';
    command_add(command, "%s%s%s", target != NULL ? target : "", target != NULL ? "=" : "",
                escaped);
}

static bool run(struct command *command, struct error *error)
{
    bool done = process_run(command, error);
    command_free(command);
    return done;
}

// ---- Whelk

static bool whelk_is_installed(const struct iso_maker *maker)
{
    (void)maker;
    return true;
}

bool iso_make_with_config(const struct bench_tree *tree, const char *config, const char *path,
                          struct error *error)
{
    struct command command = {0};
    add_words(&command, (const char *const[]){"/proc/self/exe", "mkrescue", "-o", path, NULL});
    add_source(&command, NULL, tree->directory);
    if (config != NULL) {
        add_source(&command, "boot/grub/grub.cfg", config);
    }
    if (run(&command, error)) {
        return true;
    }
    process_show_log();
    return fail(error, "%s cannot be made a boot ISO", tree->directory);
}

static bool make_whelk(const struct iso_maker *maker, const struct bench_tree *tree,
                       const char *path, struct error *error)
{
    (void)maker;
    return iso_make_with_config(tree, NULL, path, error);
}

// ---- GRUB

/* Looks for GRUB's files for the firmware, in the folder of its platform. */
static bool grub_is_installed(const struct iso_maker *maker)
{
    static const struct {
        enum firmware firmware;
        const char *file;
    } platforms[] = {
        {FIRMWARE_BIOS, GRUB_PLATFORMS "i386-pc/moddep.lst"},
        {FIRMWARE_UEFI, GRUB_PLATFORMS "x86_64-efi/moddep.lst"},
        {FIRMWARE_UEFI32, GRUB_PLATFORMS "i386-efi/moddep.lst"},
    };
    size_t i = 0;
    while (platforms[i].firmware != maker->firmware) {
        i++;
    }
    return process_is_installed("grub-mkrescue") && process_is_installed("mformat") &&
           access(platforms[i].file, R_OK) == 0;
}

/* An ISO of one platform also has no fonts, themes and translations. */
static bool make_grub(const struct iso_maker *maker, const struct bench_tree *tree,
                      const char *path, struct error *error)
{
    struct command command = {0};
    add_words(&command, (const char *const[]){"grub-mkrescue", "-o", path, NULL});
    if (maker->platform != NULL) {
        add_words(&command,
                  (const char *const[]){"--locales=", "--fonts=", "--themes=", "-d", NULL});
        command_add(&command, GRUB_PLATFORMS "%s", maker->platform);
    }
    add_source(&command, NULL, tree->directory);
    return run(&command, error);
}

// ---- isolinux, for Multiboot with mboot.c32

static bool isolinux_is_installed(const struct iso_maker *maker)
{
    (void)maker;
    return access(ISOLINUX_FOLDER "/isolinux.bin", R_OK) == 0 &&
           access(ISOLINUX_FOLDER "/isohdpfx.bin", R_OK) == 0 &&
           access(SYSLINUX_FOLDER "/mboot.c32", R_OK) == 0;
}

/* True if isolinux reads a path as one word, and a text as one line without a further module. */
static bool isolinux_can_read(const struct config_file *file)
{
    return strpbrk(file->path, " \t\r\n") == NULL && strpbrk(file->arguments, "\r\n") == NULL &&
           strstr(file->arguments, "---") == NULL;
}

static void write_mboot(FILE *file, const struct config_boot *boot)
{
    fprintf(file, "kernel mboot.c32\nappend %s %s", boot->kernel.path, boot->kernel.arguments);
    for (size_t i = 0; i < boot->module_count; i++) {
        fprintf(file, " --- %s %s", boot->modules[i].path, boot->modules[i].arguments);
    }
    fprintf(file, "\n");
}

/* isolinux adds BOOT_IMAGE= itself, which is the first of our arguments. */
static void write_linux(FILE *file, const struct config_boot *boot)
{
    const char *arguments = boot->kernel.arguments;
    fprintf(file, "linux %s\nappend%s\n", boot->kernel.path, arguments + strcspn(arguments, " "));
    for (size_t i = 0; i < boot->module_count; i++) {
        fprintf(file, "%s%s", i == 0 ? "initrd " : ",", boot->modules[i].path);
    }
    fprintf(file, "\n");
}

static bool write_isolinux_config(const struct bench_tree *tree, const char *path,
                                  struct error *error)
{
    const struct config_boot *boot = &tree->boot;
    FILE *file = writing_create_stream(path);
    if (file == NULL) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    fprintf(file, "default bench\nprompt 0\nlabel bench\n");
    if (boot->protocol == CONFIG_MULTIBOOT1) {
        write_mboot(file, boot);
    } else {
        write_linux(file, boot);
    }
    return writing_close(file, path, error);
}

static bool make_isolinux(const struct iso_maker *maker, const struct bench_tree *tree,
                          const char *path, struct error *error)
{
    (void)maker;
    static const char *const modules[] = {"ldlinux.c32", "libcom32.c32", "mboot.c32"};
    struct command command = {0};
    char config[PATH_MAX];
    bool is_linux = tree->boot.protocol == CONFIG_LINUX || tree->boot.protocol == CONFIG_LINUX16;
    if (tree->boot.protocol != CONFIG_MULTIBOOT1 && !is_linux) {
        return fail(error, "it boots Multiboot 1 and Linux only");
    }
    bool is_readable = isolinux_can_read(&tree->boot.kernel);
    for (size_t i = 0; is_readable && i < tree->boot.module_count; i++) {
        const struct config_file *module = &tree->boot.modules[i];
        is_readable =
            isolinux_can_read(module) &&
            (!is_linux || (module->arguments[0] == 0 && strchr(module->path, ',') == NULL));
    }
    if (!is_readable) {
        return fail(error, "its config cannot name the kernel or a module as the tree's does");
    }
    process_scratch(config, ISOLINUX_CONFIG);
    if (!write_isolinux_config(tree, config, error)) {
        return false;
    }
    add_words(&command,
              (const char *const[]){"xorriso", "-no_rc", "-as", "mkisofs", "-graft-points", "-r",
                                    "-b", "/isolinux/isolinux.bin", "-c", "/isolinux/boot.cat",
                                    "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table",
                                    "-o", path, "-isohybrid-mbr", NULL});
    command_add(&command, "%s", ISOLINUX_FOLDER "/isohdpfx.bin");
    add_source(&command, NULL, tree->directory);
    add_source(&command, "/isolinux/isolinux.bin", ISOLINUX_FOLDER "/isolinux.bin");
    add_source(&command, "/isolinux/isolinux.cfg", config);
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        command_add(&command, "/isolinux/%s=" SYSLINUX_FOLDER "/%s", modules[i], modules[i]);
    }
    return run(&command, error);
}

#define GRUB(label, firmware, packages, platform)                                                  \
    label, firmware, "grub-common " packages " mtools", grub_is_installed, make_grub, platform

const struct iso_maker iso_makers[] = {
    {"whelk", "Whelk", FIRMWARE_BIOS | FIRMWARE_UEFI | FIRMWARE_UEFI32, "", whelk_is_installed,
     make_whelk, NULL},
    {"grub", GRUB("GRUB", FIRMWARE_BIOS, "grub-pc-bin", NULL)},
    {"grub-i386-pc", GRUB("GRUB i386-pc", FIRMWARE_BIOS, "grub-pc-bin", "i386-pc")},
    {"isolinux", "isolinux", FIRMWARE_BIOS, "isolinux syslinux-common", isolinux_is_installed,
     make_isolinux, NULL},
    {"grub", GRUB("GRUB", FIRMWARE_UEFI, "grub-efi-amd64-bin", NULL)},
    {"grub-x86_64-efi", GRUB("GRUB x86_64-efi", FIRMWARE_UEFI, "grub-efi-amd64-bin", "x86_64-efi")},
    {"grub", GRUB("GRUB", FIRMWARE_UEFI32, "grub-efi-ia32-bin", NULL)},
    {"grub-i386-efi", GRUB("GRUB i386-efi", FIRMWARE_UEFI32, "grub-efi-ia32-bin", "i386-efi")},
};
const size_t iso_maker_count = sizeof iso_makers / sizeof iso_makers[0];

// ---- Nothing, and nothing but a start

/* Closes a file that was written to. `done` tells whether it was; if not, errno has the reason. */
static bool close_written(int file, bool done, const char *path, struct error *error)
{
    int reason = errno;
    if (file >= 0 && close(file) != 0 && done) {
        reason = errno;
        done = false;
    }
    return done || fail(error, "%s: %s", path, strerror(reason));
}

/* Writes a scratch file with these contents, and returns its path. */
static bool write_scratch(char path[PATH_MAX], const char *name, struct bytes contents,
                          struct error *error)
{
    process_scratch(path, name);
    int file = writing_create(path);
    bool done = file >= 0 && write_all(file, contents.data, contents.size);
    return close_written(file, done, path, error);
}

bool iso_make_starter(const char *path, struct error *error)
{
    static const char config[] = "menuentry nothing {\nhalt\n}\n";
    struct command command = {0};
    char file[PATH_MAX];
    add_words(&command, (const char *const[]){"/proc/self/exe", "mkrescue", "-o", path, NULL});
    bool done = write_scratch(file, "starter.cfg",
                              (struct bytes){(const uint8_t *)config, sizeof config - 1}, error);
    add_source(&command, "boot/grub/grub.cfg", file);
    done = done && write_scratch(file, "starter64.efi", embedded_starter64(), error);
    add_source(&command, "EFI/BOOT/BOOTX64.EFI", file);
    done = done && write_scratch(file, "starter32.efi", embedded_starter32(), error);
    add_source(&command, "EFI/BOOT/BOOTIA32.EFI", file);
    if (!done) {
        command_free(&command);
        return false;
    }
    return run(&command, error);
}

bool iso_make_nothing(const char *path, struct error *error)
{
    struct command command = {0};
    struct bytes nothing = embedded_nothing();
    char image[PATH_MAX];
    if (!write_scratch(image, "nothing.img", nothing, error)) {
        return false;
    }
    add_words(&command,
              (const char *const[]){"xorriso", "-no_rc", "-as", "mkisofs", "-graft-points", "-b",
                                    "/nothing.img", "-no-emul-boot", "-boot-load-size", "4", "-o",
                                    path, NULL});
    add_source(&command, "/nothing.img", image);
    if (!run(&command, error)) {
        return false;
    }
    int disc = open(path, O_WRONLY | O_CLOEXEC);
    bool done = disc >= 0 && write_all_at(disc, nothing.data, BOOT_SECTOR_BYTES, 0) &&
                ftruncate(disc, NOTHING_BYTES) == 0;
    return close_written(disc, done, path, error);
}

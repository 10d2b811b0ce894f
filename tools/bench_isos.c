// SPDX-License-Identifier: BSD-2-Clause
// See bench_isos.h.
#include "tools/bench_isos.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/bench_embedded.h"
#include "tools/bench_process.h"

#define GRUB_PLATFORM   "/usr/lib/grub/i386-pc"
#define ISOLINUX_FOLDER "/usr/lib/ISOLINUX"
#define SYSLINUX_FOLDER "/usr/lib/syslinux/modules/bios"
#define ISOLINUX_CONFIG "isolinux.cfg"

enum {
    BOOT_SECTOR_BYTES = 512,
    NOTHING_BYTES = 2 << 20, /* SeaBIOS boots no disk below a cylinder of its translation */
};

/* The list ends with NULL. */
static void add_words(struct command *command, const char *const *words)
{
    for (; *words != NULL; words++) {
        command_add(command, "%s", *words);
    }
}

/* A file or directory, as -graft-points reads it; target NULL: the root. */
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

static bool whelk_is_installed(void)
{
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

static bool make_whelk(const struct bench_tree *tree, const char *path, struct error *error)
{
    return iso_make_with_config(tree, NULL, path, error);
}

// ---- GRUB

static bool grub_is_installed(void)
{
    return process_is_installed("grub-mkrescue") && process_is_installed("mformat") &&
           access(GRUB_PLATFORM "/cdboot.img", R_OK) == 0;
}

static bool make_grub(const struct bench_tree *tree, const char *path, struct error *error)
{
    struct command command = {0};
    add_words(&command, (const char *const[]){"grub-mkrescue", "-o", path, NULL});
    add_source(&command, NULL, tree->directory);
    return run(&command, error);
}

static bool make_grub_trimmed(const struct bench_tree *tree, const char *path, struct error *error)
{
    struct command command = {0};
    add_words(&command, (const char *const[]){"grub-mkrescue", "-d", GRUB_PLATFORM, "--locales=",
                                              "--fonts=", "--themes=", "-o", path, NULL});
    add_source(&command, NULL, tree->directory);
    return run(&command, error);
}

// ---- isolinux with mboot.c32

static bool isolinux_is_installed(void)
{
    return access(ISOLINUX_FOLDER "/isolinux.bin", R_OK) == 0 &&
           access(ISOLINUX_FOLDER "/isohdpfx.bin", R_OK) == 0 &&
           access(SYSLINUX_FOLDER "/mboot.c32", R_OK) == 0;
}

static bool write_isolinux_config(const struct bench_tree *tree, const char *path,
                                  struct error *error)
{
    const struct config_boot *boot = &tree->boot;
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    fprintf(file,
            "default bench\n"
            "prompt 0\n"
            "label bench\n"
            "kernel mboot.c32\n"
            "append %s %s",
            boot->kernel.path, boot->kernel.arguments);
    for (size_t i = 0; i < boot->module_count; i++) {
        fprintf(file, " --- %s %s", boot->modules[i].path, boot->modules[i].arguments);
    }
    fprintf(file, "\n");
    return fclose(file) == 0 || fail(error, "%s: %s", path, strerror(errno));
}

static bool make_isolinux(const struct bench_tree *tree, const char *path, struct error *error)
{
    static const char *const modules[] = {"ldlinux.c32", "libcom32.c32", "mboot.c32"};
    struct command command = {0};
    char config[PATH_MAX];
    if (tree->boot.protocol != CONFIG_MULTIBOOT1) {
        return fail(error, "mboot.c32 boots no Multiboot 2 kernels");
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

const struct iso_maker iso_makers[] = {
    {"whelk", "Whelk", "", whelk_is_installed, make_whelk},
    {"grub", "GRUB", "grub-common grub-pc-bin mtools", grub_is_installed, make_grub},
    {"grub-i386-pc", "GRUB i386-pc", "grub-common grub-pc-bin mtools", grub_is_installed,
     make_grub_trimmed},
    {"isolinux", "isolinux", "isolinux syslinux-common", isolinux_is_installed, make_isolinux},
};
const size_t iso_maker_count = sizeof iso_makers / sizeof iso_makers[0];

// ---- Nothing

static bool write_at(int descriptor, const void *bytes, size_t length)
{
    return descriptor >= 0 && pwrite(descriptor, bytes, length, 0) == (ssize_t)length;
}

bool iso_make_nothing(const char *path, struct error *error)
{
    struct command command = {0};
    struct bytes nothing = embedded_nothing();
    char image[PATH_MAX];
    process_scratch(image, "nothing.img");
    int file = open(image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done = write_at(file, nothing.data, nothing.size);
    done = file >= 0 && close(file) == 0 && done;
    if (!done) {
        return fail(error, "%s: %s", image, strerror(errno));
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
    done = write_at(disc, nothing.data, BOOT_SECTOR_BYTES) && ftruncate(disc, NOTHING_BYTES) == 0;
    done = disc >= 0 && close(disc) == 0 && done;
    return done || fail(error, "%s: %s", path, strerror(errno));
}

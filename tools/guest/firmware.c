// SPDX-License-Identifier: BSD-2-Clause
// See firmware.h.
#include "tools/guest/firmware.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "loader/bytes.h"
#include "tools/lib/embedded.h"
#include "tools/lib/options.h"
#include "tools/lib/say.h"
#include "tools/lib/writing.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

static const struct {
    const char *kind, *name;
    struct bytes (*contents)(void);
} files[] = {
    [FIRMWARE_FILE_ROM] = {"rom", "whelk.rom", embedded_rom},
    [FIRMWARE_FILE_ELF] = {"elf", "whelk.elf", embedded_pvh},
    [FIRMWARE_FILE_HVM] = {"hvm", "whelk-hvm.elf", embedded_hvm},
};
enum { FILE_COUNT = sizeof files / sizeof files[0] };

const char *firmware_kind(enum firmware_file file)
{
    return files[file].kind;
}

const char *firmware_name(enum firmware_file file)
{
    return files[file].name;
}

bool firmware_find(enum firmware_file file, char path[PATH_MAX])
{
    static const char *const folders[] = {"", "../share/whelk/"};
    char program[PATH_MAX], joined[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) {
        return false;
    }
    program[length] = '\0';
    int directory = (int)(strrchr(program, '/') + 1 - program);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(joined, sizeof joined, "%.*s%s%s", directory, program, folders[i],
                 files[file].name);
        if (realpath(joined, path) != NULL) {
            return true;
        }
    }
    return false;
}

int firmware_open(enum firmware_file file, struct error *error)
{
    struct bytes contents = files[file].contents();
    int copy = memfd_create(files[file].name, 0);
    if (copy >= 0 && write_all(copy, contents.data, contents.size)) {
        return copy;
    }
    fail(error, "%s cannot be copied: %s", files[file].name, strerror(errno));
    if (copy >= 0) {
        close(copy);
    }
    return -1;
}

bool firmware_write(enum firmware_file file, const char *path, struct error *error)
{
    struct bytes contents = files[file].contents();
    return writing_replace(path, contents.data, contents.size, error);
}

// ---- whelk firmware

struct settings {
    bool help;
};

static const struct option options[] = {
    {'h', "help", NULL, "show this", options_flag, offsetof(struct settings, help)},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s rom|elf|hvm >FILE\n"
           "Prints the file that starts a machine without a firmware: rom for QEMU's -bios,\n"
           "elf for PVH and xl's firmware_override, hvm for that with the ISO in memory.\n\n",
           name);
    options_help(options);
}

static int print(const char *kind)
{
    size_t i = 0;
    while (i < FILE_COUNT && strcmp(files[i].kind, kind) != 0) {
        i++;
    }
    if (i == FILE_COUNT) {
        say_error("%s: there are rom, elf and hvm", kind);
        return STATUS_USAGE;
    }
    if (isatty(STDOUT_FILENO)) {
        say_error("%s is not for a terminal: whelk firmware %s >%s", files[i].name, kind,
                  files[i].name);
        return STATUS_FAILED;
    }
    struct bytes contents = files[i].contents();
    fwrite(contents.data, 1, contents.size, stdout); /* who calls this looks for errors */
    return STATUS_DONE;
}

int firmware_command(int argc, char **argv)
{
    struct settings settings = {0};
    struct command_line line = {0};
    struct error error;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, NULL, &settings, &line, &error)) {
        say_error("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_DONE;
    } else if (line.operands.count != 1) {
        say_error("%s (--help shows how to call it)",
                  line.operands.count == 0 ? "rom, elf or hvm is missing" : "one file at a time");
    } else {
        status = print(line.operands.at[0]);
    }
    options_free(&line);
    return status;
}

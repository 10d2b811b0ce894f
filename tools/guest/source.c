// SPDX-License-Identifier: BSD-2-Clause
// See source.h.
#include "tools/guest/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/check/check.h"
#include "tools/check/kernel.h"
#include "tools/check/report.h"
#include "tools/guest/wish.h"
#include "tools/iso/mkrescue.h"
#include "tools/iso/output.h"
#include "tools/lib/config_words.h"
#include "tools/lib/temporary.h"
#include "tools/lib/writing.h"
#include "tools/tree/iso.h"

enum { PATH_ROOM = PATH_MAX + 64 }; /* for what is added to a directory's path */

#define KERNEL_PATH "/boot/kernel"
#define CONFIG_NAME "grub.cfg" /* in the temporary directory */

// ---- What it is

/* Finds the protocol by which a kernel is booted, the first that it has. */
static bool find_protocol(char *path, enum config_protocol *protocol)
{
    static const enum config_protocol protocols[] = {CONFIG_MULTIBOOT1, CONFIG_MULTIBOOT2,
                                                     CONFIG_PVH, CONFIG_LINUX};
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (check_is_kernel(path, protocols[i])) {
            *protocol = protocols[i];
            return true;
        }
    }
    return false;
}

bool source_find(const char *path, struct source *source, struct error *error)
{
    struct stat status;
    char name[PATH_MAX];
    *source = (struct source){.path = path};
    if (stat(path, &status) != 0) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        source->kind = SOURCE_TREE;
        return true;
    }
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* waits for no pipe's writer */
    if (descriptor < 0) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    bool is_iso = iso_is(descriptor), is_whole = is_iso && iso_is_whole(descriptor, path, error);
    close(descriptor);
    if (is_iso) {
        source->kind = SOURCE_ISO;
        return is_whole;
    }
    source->kind = SOURCE_KERNEL;
    snprintf(name, sizeof name, "%s", path);
    return (S_ISREG(status.st_mode) && status.st_size > 0 &&
            find_protocol(name, &source->protocol)) ||
           fail(error,
                "%s: is neither a tree nor an ISO nor a kernel with a Multiboot header, a PVH "
                "entry or Linux's header",
                path);
}

bool source_menu_waits(const struct source *source, enum check_firmware firmware)
{
    static struct check check; /* large */
    struct tree_source directory = {.target = "/", .is_directory = true};
    struct tree tree = {.sources = &directory, .count = 1};
    const struct check_machine machine = {.firmware = firmware, .mib = PRETEND_TYPICAL_MIB};
    struct iso iso = {.seen = NULL};
    struct error ignored;
    bool is_open = source->kind == SOURCE_TREE  ? realpath(source->path, directory.disk) != NULL
                   : source->kind == SOURCE_ISO ? iso_open(&iso, source->path, NULL, &ignored)
                                                : false;
    if (source->kind == SOURCE_ISO) {
        tree = (struct tree){.iso = &iso};
    }
    bool waits = is_open && check_configs(&check, &tree, &machine, &ignored) &&
                 config_seconds_to_wait(&check.configs->config) < 0;
    if (is_open) {
        check_end(&check);
    }
    iso_close(&iso);
    return waits;
}

// ---- The ISO

/* Writes a config that boots KERNEL_PATH. */
static void write_kernels_config(const struct source *source, const char *append, FILE *out)
{
    fprintf(out, "set timeout=0\nmenuentry kernel {\n    %s " KERNEL_PATH,
            check_kernel_command(source->protocol));
    config_words(out, append != NULL ? append : "");
    fputs("\n}\n", out);
}

/* Writes the config in which the wish is granted. False: it cannot be. */
static bool write_config(const struct source *source, const struct source_wish *wish,
                         const char *path, struct error *error)
{
    if (source->kind == SOURCE_TREE) {
        return wish_write_config(source->path, wish, path, error);
    }
    FILE *out = writing_create_stream(path);
    if (out != NULL) {
        write_kernels_config(source, wish->append, out);
    }
    return writing_close(out, path, error);
}

/* Calls mkrescue() for the source, with a config of ours unless config is "". */
static bool call_mkrescue(const struct source *source, char *iso, const char *config,
                          struct error *error)
{
    char name[] = "whelk run", option[] = "-o", graft[PATH_ROOM],
         config_graft[PATH_ROOM + sizeof CONFIG_PATH];
    snprintf(graft, sizeof graft, "%s=%s", source->kind == SOURCE_KERNEL ? KERNEL_PATH : "/",
             source->path); /* whatever characters are in its name */
    snprintf(config_graft, sizeof config_graft, CONFIG_PATH "=%s", config);
    char *words[] = {name, option, iso, graft, config_graft, NULL};
    int count = config[0] != '\0' ? 5 : 4;
    words[count] = NULL;
    return mkrescue(count, words) == 0 || fail(error, "%s: nothing to run", source->path);
}

static int make_iso(const struct source *source, const struct source_wish *wish,
                    struct error *error)
{
    static char directory[PATH_MAX], config[PATH_ROOM]; /* a signal handler removes these */
    char iso[PATH_ROOM];
    bool has_config = source->kind == SOURCE_KERNEL || wish->entry != NULL || wish->append != NULL;
    if (!temporary_directory("whelk-run", directory, error)) {
        return -1;
    }
    snprintf(iso, sizeof iso, "%s/iso", directory);
    snprintf(config, sizeof config, "%s/" CONFIG_NAME, directory);
    output_within(directory, config);
    int descriptor = -1;
    if ((!has_config || write_config(source, wish, config, error)) &&
        call_mkrescue(source, iso, has_config ? config : "", error)) {
        descriptor = open(iso, O_RDONLY);
        if (descriptor < 0) {
            fail(error, "%s: %s", iso, strerror(errno));
        }
    }
    unlink(iso);
    unlink(config);
    rmdir(directory);
    return descriptor;
}

int source_open(const struct source *source, const struct source_wish *wish, struct error *error)
{
    if (source->kind != SOURCE_ISO) {
        return make_iso(source, wish, error);
    }
    int descriptor = open(source->path, O_RDONLY | O_NONBLOCK);
    if (descriptor < 0) {
        fail(error, "%s: %s", source->path, strerror(errno));
    } else if (!iso_is_bootable(descriptor)) {
        fail(error, "%s: has no boot loader; whelk-mkrescue makes an ISO that boots", source->path);
        close(descriptor);
        return -1;
    }
    return descriptor;
}

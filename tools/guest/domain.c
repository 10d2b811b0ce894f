// SPDX-License-Identifier: BSD-2-Clause
// See domain.h: the command `whelk domain`.
#include "tools/guest/domain.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/guest/source.h"
#include "tools/lib/options.h"
#include "tools/lib/say.h"
#include "tools/lib/shell_word.h"
#include "tools/tree/tree.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

enum { XL, LIBVIRT, QEMU, KUBEVIRT, FORMAT_COUNT };
#define FORMATS     "xl|libvirt|qemu|kubevirt" /* in this order */
#define HYPERVISORS "kvm|xen"

static const struct {
    const char *name;
    void (*write)(const struct domain *domain, FILE *out);
    bool is_unicode; /* XML, YAML */
} formats[FORMAT_COUNT] = {
    [XL] = {"xl", domain_write_xl, false},
    [LIBVIRT] = {"libvirt", domain_write_libvirt, true},
    [QEMU] = {"qemu", domain_write_qemu, false},
    [KUBEVIRT] = {"kubevirt", domain_write_kubevirt, true},
};

struct settings {
    struct domain domain;
    size_t format;
    const char *hypervisor; /* NULL: not given */
    bool help;
};

static bool set_format(void *settings, const char *argument, struct error *error)
{
    return options_choice(argument, FORMATS, &((struct settings *)settings)->format, error);
}

static bool set_hypervisor(void *settings, const char *argument, struct error *error)
{
    struct settings *these = settings;
    size_t index = 0;
    bool is_known = options_choice(argument, HYPERVISORS, &index, error);
    these->hypervisor = argument;
    these->domain.xen = index == 1;
    return is_known;
}

static const struct option options[] = {
    {'f', "format", FORMATS, "what it is for (xl)", set_format, 0},
    {0, "hypervisor", HYPERVISORS, "libvirt's driver (kvm)", set_hypervisor, 0},
    {0, "type", DOMAIN_TYPES, "pvh: no firmware, the ISO is in memory (hvm)", domain_set_type,
     offsetof(struct settings, domain)},
    {0, "firmware", DOMAIN_FIRMWARES, "what starts it (bios); FILE is Whelk's own", options_text,
     offsetof(struct settings, domain.firmware)},
    {0, "append", "TEXT", "Whelk's command line, with --type pvh", options_text,
     offsetof(struct settings, domain.append)},
    {0, "name", "NAME", "the guest's name (the ISO's)", options_text,
     offsetof(struct settings, domain.name)},
    {'m', "memory", "SIZE", "its memory (1024)", domain_set_memory,
     offsetof(struct settings, domain)},
    {'c', "cpus", "COUNT", "its processors (1)", domain_set_cpus,
     offsetof(struct settings, domain)},
    {0, "bridge", "BRIDGE", "the bridge of its network card", options_text,
     offsetof(struct settings, domain.bridge)},
    {0, "log", "FILE", "where its serial port's output goes", options_text,
     offsetof(struct settings, domain.log)},
    {0, "set", "KEY=VALUE", "a line of xl's config, in place of Whelk's", domain_add_setting,
     offsetof(struct settings, domain)},
    {'h', "help", NULL, "show this", options_flag, offsetof(struct settings, help)},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s [OPTION…] ISO\n"
           "Prints the definition of a guest that boots an ISO, on standard output.\n\n",
           name);
    options_help(options);
}

/* Checks that the format can say what is asked for. */
static bool check_format(const struct settings *settings, bool has_image, bool xen,
                         struct error *error)
{
    const struct domain *domain = &settings->domain;
    if (has_image && settings->format == KUBEVIRT) {
        return fail(error, "KubeVirt's guests start by a BIOS or UEFI: --type pvh and --firmware "
                           "are for xl, libvirt and qemu");
    }
    if (has_image && !domain->pvh && settings->format == LIBVIRT && xen) {
        return fail(error, "libvirt's driver for Xen has no setting for what is started in "
                           "hvmloader's place: --firmware is for xl there");
    }
    return domain->log == NULL || !domain->pvh || !xen ||
           fail(error, "a PVH guest of Xen has no serial port to log: see xl console");
}

/* Finds Whelk's file that starts the guest, if one does. */
static bool find_image(struct domain *domain, enum firmware_file file, char path[PATH_MAX],
                       struct error *error)
{
    domain->image = path;
    if (domain_names_image(domain)) {
        return realpath(domain->firmware, path) != NULL ||
               fail(error, "%s: %s", domain->firmware, strerror(errno));
    }
    return firmware_find(file, path) ||
           fail(error,
                "%s is not installed: write it by `whelk firmware %s >%s`, then give its path by "
                "--firmware=./%s",
                firmware_name(file), firmware_kind(file), firmware_name(file), firmware_name(file));
}

/* Checks that the format has a place for each option that is given. */
static bool check_options(const struct settings *settings, struct error *error)
{
    if (settings->hypervisor != NULL && settings->format != LIBVIRT) {
        return fail(error, "--hypervisor is for libvirt: --format libvirt");
    }
    if (settings->domain.setting_count > 0 && settings->format != XL) {
        return fail(error, "--set is for xl: it has no effect in the format %s",
                    formats[settings->format].name);
    }
    return settings->domain.log == NULL || settings->format != KUBEVIRT ||
           fail(error, "--log is for xl, libvirt and qemu: KubeVirt keeps no log of a serial port "
                       "(virtctl console shows it)");
}

/* Checks that the guest gets an ISO, and says how one is made of something else. */
static bool check_iso(const char *path, struct error *error)
{
    struct source source;
    struct error reason;
    char word[SHELL_WORD_BYTES];
    if (!source_find(path, &source, &reason)) {
        return access(path, F_OK) == 0 && strstr(reason.message, "cut short") == NULL
                   ? fail(error, "%s: is no ISO (whelk mkrescue makes one of a tree)", path)
                   : fail(error, "%s", reason.message);
    }
    if (source.kind == SOURCE_TREE) {
        return fail(error, "%s: is a directory; first: whelk mkrescue -o my.iso %s", path,
                    shell_word(word, path));
    }
    if (source.kind == SOURCE_ISO) {
        return true;
    }
    const char *ending = strrchr(path, '.');
    if (ending != NULL && strcmp(ending, ".iso") == 0) { /* it may get what its name says */
        say_warning("%s: is a kernel so far, in spite of its name", path);
        return true;
    }
    return fail(error, "%s: is a kernel; whelk xen -l %s makes an ISO and a guest of it", path,
                shell_word(word, path));
}

/* Says how the guest is started, if the definition went to a file. */
static void say_next(const struct settings *settings)
{
    char file[PATH_MAX], directory[PATH_MAX], word[SHELL_WORD_BYTES];
    struct stat status;
    ssize_t length = readlink("/proc/self/fd/1", file, sizeof file - 1);
    if (length <= 0 || fstat(STDOUT_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) {
        return;
    }
    file[length] = '\0';
    const char *rest =
        getcwd(directory, sizeof directory) != NULL ? tree_path_below(file, directory) : NULL;
    const char *name = shell_word(word, rest != NULL && rest[0] != '\0' ? rest + 1 : file);
    switch (settings->format) {
    case XL:
        say("now: xl create %s%s", settings->domain.log == NULL ? "-c " : "", name);
        break;
    case LIBVIRT:
        say("now: virsh -c %s:///system create --console %s", settings->domain.xen ? "xen" : "qemu",
            name);
        break;
    case QEMU:
        say("now: sh %s", name);
        break;
    default:
        say("now: upload the ISO as the first line says, then: kubectl create -f %s", name);
    }
}

static bool print(struct settings *settings, const char *iso, struct error *error)
{
    static char path[PATH_MAX], name[NAME_MAX + 1], log[2 * PATH_MAX], image[PATH_MAX];
    char directory[PATH_MAX];
    bool xen = settings->format == XL || settings->domain.xen;
    enum firmware_file file;
    bool has_image = domain_uses_image(&settings->domain, xen, &file);
    if (!check_format(settings, has_image, xen, error) ||
        (has_image && !find_image(&settings->domain, file, image, error))) {
        return false;
    }
    if (realpath(iso, path) == NULL) {
        return fail(error, "%s: %s", iso, strerror(errno));
    }
    settings->domain.iso = path;
    if (settings->domain.name == NULL) {
        domain_name(path, name, sizeof name);
        settings->domain.name = name;
    }
    if (settings->domain.log != NULL && settings->domain.log[0] != '/') {
        if (realpath(".", directory) == NULL) {
            return fail(error, "the current directory: %s", strerror(errno));
        }
        snprintf(log, sizeof log, "%s/%s", directory, settings->domain.log);
        settings->domain.log = log;
    }
    if (!domain_check(&settings->domain, error) ||
        (formats[settings->format].is_unicode && !domain_check_unicode(&settings->domain, error)) ||
        !check_iso(iso, error)) {
        return false;
    }
    formats[settings->format].write(&settings->domain, stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return fail(error, "cannot write it: %s", strerror(errno));
    }
    say_next(settings);
    return true;
}

int domain_command(int argc, char **argv)
{
    struct settings settings = {.domain = {.memory_mib = DOMAIN_MEMORY_MIB, .cpus = 1}};
    struct command_line line = {0};
    struct error error;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, NULL, &settings, &line, &error) ||
        (!settings.help &&
         (!domain_check_firmware(&settings.domain, &error) || !check_options(&settings, &error)))) {
        say_error("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_DONE;
    } else if (line.operands.count != 1) {
        say_error("%s (--help shows how to call it)",
                  line.operands.count == 0 ? "an ISO is missing" : "one ISO at a time");
    } else if (print(&settings, line.operands.at[0], &error)) {
        status = STATUS_DONE;
    } else {
        say_error("%s", error.message);
        status = STATUS_FAILED;
    }
    options_free(&line);
    return status;
}

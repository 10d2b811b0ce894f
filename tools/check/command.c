// SPDX-License-Identifier: BSD-2-Clause
// See check/command.h. All that is decided here is decided by the loader's own code.
#include "tools/check/command.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stage2/fs/iso9660_label.h"
#include "tools/check/configs.h"
#include "tools/check/copies.h"
#include "tools/check/digests.h"
#include "tools/check/kernel.h"
#include "tools/check/report.h"
#include "tools/lib/options.h"
#include "tools/lib/progress.h"
#include "tools/lib/say.h"

enum {
    STATUS_YES = 0,
    STATUS_NO = 1,
    STATUS_USAGE = 2,
    DEFAULT_MIB = 128, /* QEMU's */
    SMALLEST_MIB = 2,
    LARGEST_MIB = 1 << 20,
    VOLUME_DESCRIPTOR = 16 * ISO9660_SECTOR_SIZE, /* offset of the first one */
};

struct settings {
    unsigned mib;
    int question; /* is it a kernel of this protocol (enum config_protocol)? 0: say what it is */
    const char *config;
    bool json, help;
};

// ---- The command line

static bool set_memory(void *settings, const char *argument, struct error *error)
{
    return options_memory(argument, SMALLEST_MIB, LARGEST_MIB, &((struct settings *)settings)->mib,
                          error);
}

static bool set_question(struct settings *settings, int question, struct error *error)
{
    if (settings->question != 0) {
        return fail(error, "one question at a time");
    }
    settings->question = question;
    return true;
}

static bool set_is_multiboot1(void *settings, const char *argument, struct error *error)
{
    (void)argument;
    return set_question(settings, CONFIG_MULTIBOOT1, error);
}

static bool set_is_multiboot2(void *settings, const char *argument, struct error *error)
{
    (void)argument;
    return set_question(settings, CONFIG_MULTIBOOT2, error);
}

static bool set_is_pvh(void *settings, const char *argument, struct error *error)
{
    (void)argument;
    return set_question(settings, CONFIG_PVH, error);
}

static const struct option options[] = {
    {'m', "memory", "SIZE", "memory of the machine to place it in (128)", set_memory, 0},
    {0, "config", "FILE", "judge this config alone, without its files", options_text,
     offsetof(struct settings, config)},
    {0, "json", NULL, "print JSON, of a tree, an ISO or a config", options_flag,
     offsetof(struct settings, json)},
    {0, "is-x86-multiboot", NULL, "say nothing; 0 if it has a Multiboot 1 header",
     set_is_multiboot1, 0},
    {0, "is-x86-multiboot2", NULL, "say nothing; 0 if it has a Multiboot 2 header",
     set_is_multiboot2, 0},
    {0, "is-x86-pvh", NULL, "say nothing; 0 if it has a PVH entry", set_is_pvh, 0},
    {'h', "help", NULL, "show this help", options_flag, offsetof(struct settings, help)},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s [OPTION]… TREE|ISO\n"
           "       %s [OPTION]… --config FILE\n"
           "       %s [OPTION]… KERNEL [MODULE]…\n"
           "Says what each entry of a tree's or an ISO's config would boot, or what a kernel\n"
           "is, where all of it would stand in memory, and what is wrong with it.\n\n",
           name, name, name);
    options_help(options);
}

/* Returns what is wrong with the command line as a whole; NULL: nothing. */
static const char *find_mistake(const struct settings *settings, size_t count)
{
    if (settings->config != NULL) {
        return count > 0 || settings->question != 0 ? "--config goes with a file, and no other"
                                                    : NULL;
    }
    if (count == 0) {
        return "a tree, an ISO or a kernel is missing";
    }
    return settings->question != 0 && count > 1 ? "one file at a time" : NULL;
}

// ---- What there is to check

static bool is_iso(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* waits for no pipe's writer */
    bool has_volume = descriptor >= 0 && iso_is(descriptor);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return has_volume;
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool run_check(struct check *check, const struct settings *settings, const struct tree *tree,
                      const struct check_machine *machine, struct error *error)
{
    return tree != NULL ? check_configs(check, tree, machine, error)
                        : check_config(check, settings->config, machine, error);
}

/* Checks and reports what a tree would boot; if it is NULL, what the --config would. Reports what
   UEFI would boot as well, if that is not the same. obstacle: why nothing of it boots, or NULL. */
static bool check_and_report(const struct settings *settings, const struct tree *tree,
                             const char *obstacle)
{
    static struct check checks[CHECK_FIRMWARES]; /* large */
    struct check_machine machine = {.mib = tree != NULL ? settings->mib : PRETEND_TYPICAL_MIB};
    struct check_report report = {.is_json = settings->json};
    char label[ISO9660_LABEL_BYTES], uuid[ISO9660_LABEL_BYTES];
    bool is_fine = true;
    if (tree != NULL && tree->iso != NULL) {
        const uint8_t *descriptor = tree->iso->bytes.data + VOLUME_DESCRIPTOR;
        iso9660_label(descriptor, label);
        iso9660_uuid(descriptor, uuid);
        machine.label = label;
        machine.uuid = uuid;
    }
    size_t count = 0;
    do {
        struct error error;
        struct check *check = &checks[count];
        machine.firmware = (enum check_firmware)count;
        progress_begin("reading what would boot");
        bool done = run_check(check, settings, tree, &machine, &error);
        progress_end();
        bool is_new = count == 0 || !check_is_same(check, &checks[count - 1]);
        if (is_new) {
            check_report_add(&report, check, done ? obstacle : error.message);
        }
        if (is_new && !done) {
            say_error("%s", error.message);
        }
        is_fine &= done && check->failed == 0;
        count++;
    } while (checks[0].asks_firmware && count < CHECK_FIRMWARES);
    check_report_end(&report);
    while (count > 0) {
        check_end(&checks[--count]);
    }
    return is_fine;
}

static bool check_directory(const struct settings *settings, const char *path)
{
    struct tree_source source = {.target = "/", .is_directory = true};
    struct tree tree = {.sources = &source, .count = 1};
    return realpath(path, source.disk) != NULL && check_and_report(settings, &tree, NULL);
}

/* Judges what starts the ISO. False: nothing does. What another loader does with the config may not
   be what Whelk would do, so that is a warning. */
static bool judge_loader(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool boots = descriptor >= 0 && iso_is_bootable(descriptor);
    if (boots && !iso_is_whelks(descriptor)) {
        say_warning("%s: its boot loader is not Whelk: this is what Whelk would boot", path);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return boots ||
           fail(error, "%s: has no boot loader; whelk-mkrescue makes an ISO that boots", path);
}

static bool check_iso(const struct settings *settings, const char *path)
{
    struct iso iso;
    struct error error, obstacle;
    bool boots = false;
    if (iso_open(&iso, path, NULL, &error)) {
        struct tree tree = {.iso = &iso};
        bool has_loader = judge_loader(path, &obstacle);
        boots = check_and_report(settings, &tree, has_loader ? NULL : obstacle.message);
        if (!has_loader) {
            say_error("%s", obstacle.message);
            boots = false;
        }
        progress_begin("comparing the ISO's copies");
        bool agree = copies_agree(iso.bytes, &error) && digests_agree(&iso, &error);
        progress_end();
        if (!agree) {
            say_error("%s: %s", path, error.message);
            boots = false;
        }
    } else {
        say_error("%s", error.message);
    }
    iso_close(&iso);
    return boots;
}

static bool check(const struct settings *settings, char **names, size_t count)
{
    if (settings->config != NULL) {
        return check_and_report(settings, NULL, NULL);
    }
    if (settings->question != 0) {
        return check_is_kernel(names[0], (enum config_protocol)settings->question);
    }
    if (count == 1 && is_directory(names[0])) {
        return check_directory(settings, names[0]);
    }
    if (count == 1 && is_iso(names[0])) {
        return check_iso(settings, names[0]);
    }
    if (settings->json) {
        say_error("--json is for a tree, an ISO or a config");
        return false;
    }
    return check_kernel(names, count, settings->mib);
}

int check_command(int argc, char **argv)
{
    struct settings settings = {.mib = DEFAULT_MIB};
    struct command_line line = {0};
    struct error error;
    const char *mistake;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, NULL, &settings, &line, &error)) {
        say_error("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_YES;
    } else if ((mistake = find_mistake(&settings, line.operands.count)) != NULL) {
        say_error("%s (--help shows how to call it)", mistake);
    } else {
        bool is_fine = check(&settings, line.operands.at, line.operands.count);
        status = is_fine ? STATUS_YES : STATUS_NO;
    }
    options_free(&line);
    return status;
}

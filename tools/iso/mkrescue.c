// SPDX-License-Identifier: BSD-2-Clause
// See mkrescue.h. The ISO's layout is explained in docs/iso-layout.md.
#include "tools/iso/mkrescue.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "stage2/record/record.h"
#include "tools/check/check.h"
#include "tools/iso/appended.h"
#include "tools/iso/digests.h"
#include "tools/iso/efi_boot.h"
#include "tools/lib/embedded.h"
#include "tools/iso/hybrid.h"
#include "tools/iso/writer.h"
#include "tools/iso/mkisofs.h"
#include "tools/lib/options.h"
#include "tools/iso/output.h"
#include "tools/iso/prepare.h"
#include "tools/lib/progress.h"
#include "tools/lib/say.h"
#include "tools/lib/writing.h"
#include "tools/tree/tree.h"

#define BOOT_IMAGE_PATH   "/boot/whelk.img"
#define VOLUME            "ISOIMAGE"
#define FONT_PATH         "/boot/grub/fonts/unicode.pf2"
#define BOOT_CATALOG_PATH "/boot/whelk.cat" /* hidden: in no directory */

enum {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,

    APPLICATION_BYTES = 129, /* of the application id, with a NUL */
    FRONT_BLOCKS = 14,       /* most blocks of files before the boot image */
};
/* See docs/iso-layout.md; the backup GPT is in the padding. */
#define RUN_OUT_BLOCKS      (128u * 1024u / ISO_BLOCK_BYTES)
#define BACKUP_BLOCKS       (32u * 1024u / ISO_BLOCK_BYTES)
#define SMALLEST_ISO_BLOCKS (16u * 63u * 512u / ISO_BLOCK_BYTES)
#define UNDATED_SECONDS     ((time_t)315532800)  /* HYBRID_UNDATED */
#define LAST_SECONDS        ((time_t)5869583999) /* 2155: a directory has one byte for the year */
_Static_assert(BACKUP_BLOCKS *ISO_BLOCK_BYTES >= HYBRID_BACKUP_BYTES,
               "the backup GPT fits the padding");

struct settings {
    const char *output, *xorriso, *product_name, *product_version, *compression;
    struct verification verification;
    bool warns_of_missing;
    bool verbose, help, version;
};

// ---- The command line

/* Checks a compression's name, which has no other effect: the boot image is not compressed. */
static bool check_compression(void *settings, const char *argument, struct error *error)
{
    size_t index;
    ((struct settings *)settings)->compression = argument;
    return options_choice(argument, "no|none|auto|xz|gz|lzo", &index, error);
}

#define MISSING "warn|error"

static bool set_missing(void *settings, const char *argument, struct error *error)
{
    size_t index = 0;
    bool is_known = options_choice(argument, MISSING, &index, error);
    ((struct settings *)settings)->warns_of_missing = index == 0;
    return is_known;
}

static bool set_verification(void *settings, const char *argument, struct error *error)
{
    struct verification *verification = &((struct settings *)settings)->verification;
    *verification = (struct verification){0}; /* the last option wins */
    return verification_read(verification, argument, error);
}

/* -V is not --version: it is xorriso's option for the volume's name, as with grub-mkrescue. */
static const struct option options[] = {
    {'o', "output", "FILE", "write the ISO to FILE (required)", options_text,
     offsetof(struct settings, output)},
    {0, "product-name", "STRING", "the product's name, in the ISO's application id", options_text,
     offsetof(struct settings, product_name)},
    {0, "product-version", "STRING", "its version, after the name", options_text,
     offsetof(struct settings, product_version)},
    {0, "missing", MISSING, "what a missing module is (error)", set_missing, 0},
    {0, "verify", "crc|sha256|off|require", "how the loader verifies files (crc)", set_verification,
     0},
    {0, "xorriso", "FILE", "run FILE as xorriso", options_text, offsetof(struct settings, xorriso)},
    {'v', "verbose", NULL, "say what is ignored; show what xorriso says", options_flag,
     offsetof(struct settings, verbose)},
    {'h', "help", NULL, "show this", options_flag, offsetof(struct settings, help)},
    {'?', "usage", NULL, NULL, options_flag, offsetof(struct settings, help)},
    {0, "version", NULL, "show the version", options_flag, offsetof(struct settings, version)},
    {0, "compress", "no|xz|gz|lzo", NULL, check_compression, 0},
    {0, "core-compress", "xz|none|auto", NULL, check_compression, 0},
    {'d', "directory", "DIR", NULL, NULL, 0},
    {0, "modules", "MODULES", NULL, NULL, 0},
    {0, "install-modules", "MODULES", NULL, NULL, 0},
    {0, "fonts", "FONTS", NULL, NULL, 0},
    {0, "locales", "LOCALES", NULL, NULL, 0},
    {0, "locale-directory", "DIR", NULL, NULL, 0},
    {0, "themes", "THEMES", NULL, NULL, 0},
    {'k', "pubkey", "FILE", NULL, NULL, 0},
    {0, "sbat", "FILE", NULL, NULL, 0},
    {0, "dtb", "FILE", NULL, NULL, 0},
    {0, "disable-shim-lock", NULL, NULL, NULL, 0},
    {0, "rom-directory", "DIR", NULL, NULL, 0},
    {0, "label-bgcolor", "COLOR", NULL, NULL, 0},
    {0, "label-color", "COLOR", NULL, NULL, 0},
    {0, "label-font", "FILE", NULL, NULL, 0},
    {0, "arcs-boot", NULL, NULL, NULL, 0},
    {0, "sparc-boot", NULL, NULL, NULL, 0},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s [OPTION…] -o FILE SOURCE… [-- XORRISO COMMAND…]\n"
           "Makes a bootable ISO of a tree with " CONFIG_PATH " and the Multiboot\n"
           "kernels and modules that it names; it boots from CD, disk and USB stick.\n"
           "A SOURCE is a directory, whose contents go to the ISO's root, a file, or\n"
           "TARGET=SOURCE to put it elsewhere in the ISO.\n\n",
           name);
    options_help(options);
    puts("\nOptions of `xorriso -as mkisofs`, like -volid NAME, -J and -iso-level 3, reach\n"
         "xorriso, as do the commands after --. grub-mkrescue's other options, like\n"
         "--directory=DIR and --modules=MODULES, are taken and have no effect.");
}

/* Takes, out of the words for xorriso, options about boot code and partition tables. False: one of
   them asks for what the ISO cannot have. */
static bool take_options(struct words *words, struct appended *appended, struct error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < words->count;) {
        const char *word = words->at[i];
        size_t taken = mkisofs_option_words(word);
        taken = taken == 0 ? 1 : taken;
        enum mkisofs_fate fate = mkisofs_option_fate(word);
        if (fate == MKISOFS_REFUSED) {
            return fail(error, "%s: the ISO has Whelk's own partition table; leave this option out",
                        word);
        }
        if (fate == MKISOFS_APPENDED && taken > words->count - i) {
            return fail(error, "%s needs %zu arguments", word, taken - 1);
        }
        if (fate == MKISOFS_APPENDED && !appended_add(appended, words->at + i + 1, error)) {
            return false;
        }
        if (fate == MKISOFS_NEEDLESS) {
            say_warning("%s: left out, as the ISO has Whelk's own boot code and partition table",
                        word);
        }
        for (size_t n = 0; n < taken && i < words->count; n++, i++) {
            if (fate == MKISOFS_PASSED_ON) {
                words->at[kept++] = words->at[i];
            }
        }
    }
    words->count = kept;
    return true;
}

// ---- The tree

/* True, with an error, if the tree has a file of this path that is not Whelk's own. */
static bool has_our_name(const struct tree *tree, const char *path, const char *mark,
                         struct error *error)
{
    struct tree_node node;
    struct error not_there;
    char image[2048]; /* its start, with the mark */
    if (!tree_find(tree, path, &node, &not_there)) {
        return false;
    }
    int descriptor = open(node.disk, O_RDONLY | O_CLOEXEC);
    ssize_t length = descriptor < 0 ? -1 : read(descriptor, image, sizeof image);
    if (descriptor >= 0) {
        close(descriptor);
    }
    bool ours = length > 0 && memmem(image, (size_t)length, mark, strlen(mark)) != NULL;
    if (!ours) {
        fail(error, "%s: Whelk's own boot file has this name; rename yours (%s)", path, node.disk);
    }
    return !ours;
}

/* True for the folder of a GRUB platform: some users name it without -d. */
static bool is_grub_platform(const char *operand)
{
    static const char *const marks[] = {"modinfo.sh", "moddep.lst"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", operand, marks[i]) >= (int)sizeof path ||
            access(path, F_OK) != 0) {
            return false;
        }
    }
    return true;
}

/* Reads the sources. The array gets room for them, for a font, and for Whelk's own files. */
static bool read_sources(struct tree *tree, const struct command_line *line, bool verbose,
                         struct error *error)
{
    const struct words *operands = &line->operands;
    tree->follows_links =
        options_named(&line->foreign, "-f") || options_named(&line->foreign, "-follow-links");
    tree->sources = calloc(operands->count + 1 + OUTPUT_OWN_FILES, sizeof *tree->sources);
    tree->count = 0;
    if (tree->sources == NULL) {
        fail(error, "out of memory");
        return false;
    }
    for (size_t i = 0; i < operands->count; i++) {
        if (is_grub_platform(operands->at[i])) {
            if (verbose) {
                say("%s: left out, as it is GRUB's own", operands->at[i]);
            }
        } else if (!tree_add(tree, operands->at[i], error)) {
            return false;
        }
    }
    return !has_our_name(tree, BOOT_IMAGE_PATH, BOOT_IMAGE_MARK, error) &&
           !has_our_name(tree, BOOT_CATALOG_PATH, BOOT_IMAGE_MARK, error) &&
           !has_our_name(tree, RECORD_PATH, RECORD_MAGIC, error);
}

// ---- What the ISO is made of

/* Returns the padding's size: room for the backup GPT and for systems that read ahead, and enough
   to reach the smallest size with Whelk's files and the largest of the others. */
static unsigned padding_blocks(const struct load_order *order, const struct efi_boot *efi)
{
    uint64_t efi_blocks = efi_boot_blocks(efi), padding = BACKUP_BLOCKS;
    uint64_t file_blocks = order->largest_bytes / ISO_BLOCK_BYTES +
                           embedded_boot_image().size / ISO_BLOCK_BYTES + efi_blocks;
    padding += efi_blocks < RUN_OUT_BLOCKS ? RUN_OUT_BLOCKS - efi_blocks : 0; /* they come last */
    uint64_t missing = file_blocks < SMALLEST_ISO_BLOCKS ? SMALLEST_ISO_BLOCKS - file_blocks : 0;
    return (unsigned)(missing > padding ? missing : padding);
}

/* Makes the application id: the user's product and its version. */
static void name_product(char application[APPLICATION_BYTES], const struct settings *settings)
{
    const char *name = settings->product_name, *version = settings->product_version;
    snprintf(application, APPLICATION_BYTES, "%s%s%s", name != NULL ? name : "",
             name != NULL && version != NULL ? " " : "", version != NULL ? version : "");
}

/* Sets the ISO's dates, to SOURCE_DATE_EPOCH or to fixed ones: the same tree makes the same ISO. */
static bool set_dates(struct iso_request *request, struct error *error)
{
    static const char variable[] = "SOURCE_DATE_EPOCH";
    const char *given = getenv(variable);
    struct tm date;
    char *end;
    time_t seconds = UNDATED_SECONDS;
    strcpy(request->date, HYBRID_UNDATED);
    if (given != NULL) {
        errno = 0;
        seconds = (time_t)strtoll(given, &end, 10);
        if (errno != 0 || *given < '0' || *given > '9' || *end != '\0' || seconds > LAST_SECONDS) {
            return fail(error, "%s=%s: not a number of seconds that a date on an ISO can have",
                        variable, given);
        }
        gmtime_r(&seconds, &date);
        strftime(request->date, sizeof request->date, "%Y%m%d%H%M%S00", &date);
    }
    request->file_date = seconds > 0 ? seconds : 1; /* to xorriso, 0 means each file's own */
    return true;
}

_Static_assert(2 + EFI_BOOT_FILES_MAX <= OUTPUT_OWN_FILES,
               "room for the boot image, UEFI's and the record");
_Static_assert(EFI_BOOT_FILES_MAX <= (int)ISO_LAST_MAX, "room for UEFI's");

// ---- The ISO

static bool write_file(const char *path, struct bytes contents, struct error *error)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool done = descriptor >= 0 && write_all(descriptor, contents.data, contents.size);
    int reason = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && done) {
        reason = errno;
        done = false;
    }
    return done || output_fail(reason, error);
}

/* Writes one of Whelk's own files to `disk`, and adds it to the tree, which has room for it. */
static bool add_own(struct tree *tree, const char *target, const char *disk, struct bytes contents,
                    struct error *error)
{
    struct tree_source *source = &tree->sources[tree->count++];
    strcpy(source->target, target);
    strcpy(source->disk, disk);
    source->is_directory = false;
    return write_file(disk, contents, error);
}

/* Adds the record, as zeros: digests_write() fills them in when all files have their places. */
static bool add_record(struct tree *tree, const struct load_order *order,
                       const struct output *output, struct error *error)
{
    size_t size = digests_bytes(order);
    void *zeros = calloc(1, size);
    bool done = zeros != NULL ? add_own(tree, RECORD_PATH, output->own[OUTPUT_OWN_FILES - 1],
                                        (struct bytes){zeros, size}, error)
                              : fail(error, "out of memory");
    free(zeros);
    return done;
}

static bool add_own_files(struct tree *tree, const struct efi_boot *efi,
                          const struct output *output, struct error *error)
{
    bool done = add_own(tree, BOOT_IMAGE_PATH, output->own[0], embedded_boot_image(), error);
    for (size_t i = 0; done && i < efi->count; i++) {
        done = add_own(tree, efi->files[i].path, output->own[1 + i], efi->files[i].contents, error);
    }
    return done;
}

/* Returns how many of the first files come before the boot image, to be read together with it:
   image_dma.asm reads up to 31 blocks before it, descriptors and directories among them. */
static size_t count_before_image(const struct tree *tree, const struct load_order *order,
                                 uint64_t record_bytes)
{
    uint64_t blocks = 0, after_config = (record_bytes + ISO_BLOCK_BYTES - 1) / ISO_BLOCK_BYTES;
    size_t count = 0;
    for (size_t i = 0; i < order->count; i++) {
        struct tree_node node;
        struct error ignored;
        if (!tree_find(tree, order->paths[i], &node, &ignored)) {
            return count;
        }
        blocks += ((uint64_t)node.status.st_size + ISO_BLOCK_BYTES - 1) / ISO_BLOCK_BYTES;
        if (blocks > FRONT_BLOCKS) {
            return count;
        }
        count++;
        if (i == 0 && after_config > 0) {
            blocks += after_config;
            if (blocks > FRONT_BLOCKS) {
                return count;
            }
            count++;
        }
    }
    return count;
}

/* True if xorriso must make the ISO, because the user has named it or has options for it. */
static bool is_for_xorriso(const struct settings *settings, const struct command_line *line)
{
    return settings->xorriso != NULL || line->foreign.count > 0 || line->rest.count > 0;
}

static bool write_request(const struct iso_request *request, const struct settings *settings,
                          const struct command_line *line, struct error *error)
{
    if (is_for_xorriso(settings, line)) {
        const char *xorriso = settings->xorriso != NULL ? settings->xorriso : "xorriso";
        return iso_write_by_xorriso(request, xorriso, line, error);
    }
    return iso_write_by_libisofs(request, error);
}

/* Adds GRUB's font from this system, unless the tree has one: grub-mkrescue adds it to each ISO. */
static void add_font(struct tree *tree)
{
    static const char *const places[] = {
        "/usr/share/grub/unicode.pf2", "/usr/share/grub2/unicode.pf2",
        "/boot/grub/fonts/unicode.pf2", "/boot/grub2/fonts/unicode.pf2"};
    struct tree_node node;
    struct error ignored;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct tree_source *source = &tree->sources[tree->count];
        if (!tree_find(tree, FONT_PATH, &node, &ignored) &&
            realpath(places[i], source->disk) != NULL && access(source->disk, R_OK) == 0) {
            strcpy(source->target, FONT_PATH);
            source->is_directory = false;
            tree->count++;
        }
    }
}

/* Removes the font again, unless a kernel or module line loads it. */
static void drop_font(struct tree *tree, const struct load_order *order)
{
    const struct tree_source *source = &tree->sources[tree->count - 1];
    for (size_t i = 0; i < order->count; i++) {
        if (strcmp(order->paths[i], FONT_PATH) == 0) {
            say("%s: taken from %s, as by grub-mkrescue", FONT_PATH, source->disk);
            return;
        }
    }
    tree->count--;
}

/* check_tree(), for a tree that gets the font if something loads it. */
static bool check_with_font(struct tree *tree, const char *label, bool warns_of_missing,
                            struct load_order *order)
{
    size_t count = tree->count;
    add_font(tree);
    bool boots = check_tree(tree, label, warns_of_missing, order);
    if (tree->count > count) {
        drop_font(tree, order);
    }
    return boots;
}

/* Finds the label that the ISO will have: the last one in xorriso's options, or ours. */
static const char *find_label(const struct command_line *line)
{
    const char *label = VOLUME;
    const struct words *parts[] = {&line->foreign, &line->rest};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        for (size_t i = 0; i + 1 < parts[p]->count; i++) {
            const char *word = parts[p]->at[i] + strspn(parts[p]->at[i], "-");
            if (word > parts[p]->at[i] && (strcmp(word, "volid") == 0 || strcmp(word, "V") == 0)) {
                label = parts[p]->at[i + 1];
            }
        }
    }
    return label;
}

/* Shows what is done if it takes long; not among the lines of -v. */
static void show_work(const struct settings *settings, const char *what)
{
    if (!settings->verbose) {
        progress_begin(what);
    }
}

static bool write_iso(const struct settings *settings, const struct command_line *line,
                      struct tree *tree, const struct load_order *order, const struct efi_boot *efi,
                      struct appended *appended, struct error *error)
{
    static struct output output; /* large */
    char application[APPLICATION_BYTES];
    struct iso_request request = {
        .file = output.iso,
        .tree = tree,
        .first = order,
        .record = settings->verification.is_off ? NULL : RECORD_PATH,
        .before_image = count_before_image(
            tree, order, settings->verification.is_off ? 0 : digests_bytes(order)),
        .boot_image = BOOT_IMAGE_PATH,
        .boot_catalog = BOOT_CATALOG_PATH,
        .left_out = {output.path, output.directory}, /* if among the sources */
        .volume = VOLUME,
        .preparer = "WHELK",
        .application = application,
        .padding_blocks = padding_blocks(order, efi),
        .last_count = efi->count,
        .verbose = settings->verbose,
    };
    const struct verification *verification = &settings->verification;
    struct tree_node old_record;
    struct error ignored;
    if (verification->is_off && tree_find(tree, RECORD_PATH, &old_record, &ignored)) {
        request.left_out[2] = old_record.disk;
    }
    for (size_t i = 0; i < efi->count; i++) {
        request.last[i] = efi->files[i].path;
    }
    name_product(application, settings);
    if (!set_dates(&request, error) || !output_start(&output, settings->output, error)) {
        return false;
    }
    show_work(settings, "writing the ISO");
    bool done = add_own_files(tree, efi, &output, error) &&
                (verification->is_off || add_record(tree, order, &output, error)) &&
                write_request(&request, settings, line, error);
    show_work(settings, "preparing the boot");
    done = done && hybrid_write(output.iso, embedded_mbr(), efi, appended, error) &&
           prepare_write(output.iso, verification, error) &&
           (verification->is_off || digests_write(output.iso, order, verification, error));
    show_work(settings, "waiting for the disk");
    done = done && output_finish(&output, error);
    output_end();
    return done;
}

/* Makes the ISO, once the command line is read. */
static bool make(const struct settings *settings, struct command_line *line)
{
    struct tree tree = {0};
    struct load_order order = {0};
    struct appended appended = {.count = 0};
    static struct efi_boot efi; /* large */
    struct error error = {""};  /* check_tree() says its reasons itself */
    for (size_t i = 0; settings->verbose && i < line->ignored.count; i++) {
        say("%s: ignored, as Whelk needs nothing of the kind", line->ignored.at[i]);
    }
    if (settings->verbose && settings->compression != NULL) {
        say("compression %s: ignored, as Whelk needs nothing of the kind", settings->compression);
    }
    show_work(settings, "reading the tree");
    bool done = take_options(&line->foreign, &appended, &error) &&
                take_options(&line->rest, &appended, &error) &&
                read_sources(&tree, line, settings->verbose, &error) &&
                check_with_font(&tree, find_label(line), settings->warns_of_missing, &order) &&
                efi_boot_choose(&efi, &tree, &error) &&
                write_iso(settings, line, &tree, &order, &efi, &appended, &error);
    progress_end();
    if (error.message[0] != '\0') {
        say_error("%s", error.message);
    }
    if (!done && !output_is_within()) {
        say("%s was not written", settings->output);
    }
    efi_boot_free(&efi);
    load_order_free(&order);
    free(tree.sources);
    return done;
}

int mkrescue(int argc, char **argv)
{
    struct settings settings = {0};
    struct command_line line = {0};
    struct error error;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, mkisofs_option_words, &settings, &line, &error)) {
        say_error("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_DONE;
    } else if (settings.version) {
        puts("whelk-mkrescue (Whelk) " WHELK_VERSION);
        status = STATUS_DONE;
    } else if (settings.output == NULL || line.operands.count == 0) {
        say_error("%s is missing (--help shows how to call it)",
                  settings.output == NULL ? "the ISO's name, -o FILE,"
                                          : "a directory to make an ISO of");
    } else {
        status = make(&settings, &line) ? STATUS_DONE : STATUS_FAILED;
    }
    options_free(&line);
    return status;
}

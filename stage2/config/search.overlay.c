// SPDX-License-Identifier: BSD-2-Clause
// The config's search commands: they look for a device by a file, a label or a UUID, on the disc
// that we boot from and then on the machine's other ones; for a file in images (config/loopback)
// first. And other devices before paths.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

/* What an option does. The first three values say what the name is. */
enum search_action {
    SEARCH_FILE,
    SEARCH_LABEL,
    SEARCH_UUID,
    SEARCH_SET,
    SEARCH_NOTHING,
    SEARCH_HINT, /* nothing either, but takes a value */
    SEARCH_MISSING,
};

static const char option_names[] =
    "file\0label\0fs-uuid\0set\0f\0l\0u\0s\0"
    "no-floppy\0n\0efidisk-only\0cryptodisk-only\0"
    "hint\0hint-ieee1275\0hint-bios\0hint-baremetal\0hint-efi\0hint-arc\0";

/* By the option's place in option_names. */
static const uint8_t option_actions[] = {
    SEARCH_FILE, SEARCH_LABEL, SEARCH_UUID,    SEARCH_SET,     SEARCH_FILE,    SEARCH_LABEL,
    SEARCH_UUID, SEARCH_SET,   SEARCH_NOTHING, SEARCH_NOTHING, SEARCH_NOTHING, SEARCH_NOTHING,
    SEARCH_HINT, SEARCH_HINT,  SEARCH_HINT,    SEARCH_HINT,    SEARCH_HINT,    SEARCH_HINT,
};

/* What a search looks for, and the variable that gets the result. */
struct search {
    enum search_action kind; /* SEARCH_FILE, SEARCH_LABEL, SEARCH_UUID; SEARCH_MISSING: none */
    const char *name;        /* NULL: missing */
    const char *variable;    /* NULL: none */
};

bool locate_path(struct evaluator *eval, const char *device, const char **path)
{
    const struct config_platform *platform = find_queries(eval);
    char name[CONFIG_DEVICE_BYTES];
    size_t length = 0;
    while (device[length] != 0 && device[length] != ')') {
        length++;
    }
    const char *image = loop_image(eval, device, length);
    if (image != NULL && *image == 0) {
        memcpy(name, device, length);
        name[length] = 0;
        return eval_fail(eval, "there is no device '%s': its loopback failed, or was removed",
                         name);
    }
    if (image != NULL) {
        /* In the tools, the image may be on a disc that only the machine knows. */
        bool may_be_elsewhere = *image != '/' || eval->config->root_is_unknown;
        eval->is_elsewhere = may_be_elsewhere && find_node(eval, image) == CONFIG_NODE_NONE;
        return put_device(eval, image, strlen(image), path);
    }
    /* The path of an image already, and not "lvm/group-volume": see config/loopback. */
    const char *slash = strchr(device, '/'), *comma = strchr(device, ',');
    if (slash != NULL && slash < device + length &&
        (slash == device || (comma != NULL && comma < slash))) {
        eval->is_elsewhere = false;
        return put_device(eval, device, length, path);
    }
    if (platform->has_device == NULL || length >= sizeof name) {
        return true;
    }
    memcpy(name, device, length);
    name[length] = 0;
    if (!platform->has_device(name)) {
        return true;
    }
    return put_device(eval, name, length, path);
}

/* Whether the disc that we boot from is it. A label or UUID that is not known counts as the one
   that is looked for. */
static bool is_boot_disc(const struct evaluator *eval, const struct search *search)
{
    const struct config_platform *platform = find_queries(eval);
    char name[CONFIG_VOLUME_BYTES];
    if (search->kind == SEARCH_FILE) {
        return *search->name == '/' ? find_node(eval, search->name) != CONFIG_NODE_NONE
                                    : find_word_node(eval, search->name) != CONFIG_NODE_NONE;
    }
    enum config_volume what =
        search->kind == SEARCH_LABEL ? CONFIG_VOLUME_LABEL : CONFIG_VOLUME_UUID;
    return platform->volume == NULL || !platform->volume(what, name) ||
           strcmp(name, search->name) == 0;
}

/* Looks for the device; the boot disc comes first. False: there is none. */
static bool find_device(const struct evaluator *eval, const struct search *search,
                        char device[CONFIG_DEVICE_BYTES])
{
    static const enum config_volume kinds[] = {[SEARCH_FILE] = CONFIG_VOLUME_FILE,
                                               [SEARCH_LABEL] = CONFIG_VOLUME_LABEL,
                                               [SEARCH_UUID] = CONFIG_VOLUME_UUID};
    const struct config_platform *platform = find_queries(eval);
    if (search->kind == SEARCH_FILE && search_images(eval, search->name, device)) {
        return true;
    }
    if (is_boot_disc(eval, search)) {
        format_text(device, CONFIG_DEVICE_BYTES, "%s", boot_device(eval));
        return true;
    }
    return platform->search != NULL && platform->search(kinds[search->kind], search->name, device);
}

/* Reads search's words: options, the name, then hints without an option. */
static struct search read_options(struct evaluator *eval, struct words words)
{
    struct search search = {.kind = SEARCH_MISSING};
    const char *value;
    while (words.count > 0) {
        int option = take_long_option(eval, &words, option_names, &value);
        if (option == -1) {
            const char *word = take_word(&words);
            search.name = search.name == NULL ? word : search.name;
        } else if (option >= 0) {
            enum search_action action = option_actions[option];
            if (action <= SEARCH_UUID) {
                search.kind = action;
            } else if (action == SEARCH_SET) {
                search.variable = value != NULL ? value : "root";
            } else if (action == SEARCH_HINT && value == NULL && words.count > 0) {
                take_word(&words);
            }
        }
    }
    return search;
}

/* Notes whether a search that sets root has found nothing where the machine's discs are not known:
   in the tools. The machine that boots may have such a disc. */
static void note_root(struct evaluator *eval, const struct search *search, bool is_unknown)
{
    if (search->variable != NULL && strcmp(search->variable, "root") == 0) {
        eval->config->root_is_unknown = is_unknown;
    }
}

bool command_search(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    struct search search = {.name = NULL};
    char device[CONFIG_DEVICE_BYTES];
    int kind = find_word("search.file\0search.fs_label\0search.fs_uuid\0", command->words);
    if (kind < 0) {
        search = read_options(eval, words);
    } else { /* no options, but the name, perhaps a variable, and hints */
        search.kind = (enum search_action)kind;
        search.name = words.count > 0 ? take_word(&words) : NULL;
        search.variable = words.count > 0 ? take_word(&words) : NULL;
    }
    if (search.kind == SEARCH_MISSING) {
        eval_warn(eval, "search needs --file, --label or --fs-uuid");
        eval->failed = true;
        return true;
    }
    if (search.name == NULL || !find_device(eval, &search, device)) {
        eval_warn(eval, "no such device: %.80s", search.name != NULL ? search.name : "");
        eval->failed = true;
        note_root(eval, &search, find_queries(eval)->search == NULL);
        return true;
    }
    note_root(eval, &search, false);
    eval->keep |= search.variable != NULL;
    return search.variable == NULL || set_copy(eval, search.variable, device);
}

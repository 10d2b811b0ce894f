// SPDX-License-Identifier: BSD-2-Clause
// What a config's paths name. An ISO that grub-mkrescue makes has GRUB's own files beside the
// tree's: a config that looks for them must take the same way on Whelk's ISO, which lacks them.
#include "stage2/config/evaluator.h"

#include <string.h>

#define GRUBS_FOLDER "/boot/grub/"

static const char grubs_folders[] = "x86_64-efi\0i386-pc\0i386-efi\0fonts\0locale\0roms\0";
enum { PLATFORMS = 3 }; /* the first ones */

/* Whether a name is that of a file in a folder of GRUB's modules. */
static bool is_in_platform_folder(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') == NULL && length > 4 &&
           (strcmp(name + length - 4, ".mod") == 0 || strcmp(name + length - 4, ".lst") == 0);
}

static enum config_node find_grubs_own(const char *path)
{
    if (find_word("/efi.img\0/boot.catalog\0", path) >= 0) {
        return CONFIG_NODE_FILE;
    }
    if (strncmp(path, GRUBS_FOLDER, sizeof GRUBS_FOLDER - 1) != 0) {
        return CONFIG_NODE_NONE;
    }
    const char *name = path + sizeof GRUBS_FOLDER - 1;
    const char *slash = strchr(name, '/');
    int folder =
        find_name(grubs_folders, name, slash != NULL ? (size_t)(slash - name) : strlen(name));
    if (folder < 0 || slash == NULL || slash[1] == 0) {
        return folder < 0 ? CONFIG_NODE_NONE : CONFIG_NODE_DIRECTORY;
    }
    bool is_file = folder < PLATFORMS ? is_in_platform_folder(slash + 1)
                                      : strcmp(name, "fonts/unicode.pf2") == 0;
    return is_file ? CONFIG_NODE_FILE : CONFIG_NODE_NONE;
}

const struct config_platform *find_queries(const struct evaluator *eval)
{
    static const struct config_platform nothing;
    const struct config_platform *platform = eval->config->environment.platform;
    return platform != NULL ? platform : &nothing;
}

enum config_node find_node(const struct evaluator *eval, const char *path)
{
    const struct config_platform *platform = find_queries(eval);
    enum config_node node = platform->find != NULL ? platform->find(path) : CONFIG_NODE_FILE;
    return node != CONFIG_NODE_NONE ? node : find_grubs_own(path);
}

enum config_node find_word_node(const struct evaluator *eval, const char *word)
{
    struct error ignored;
    struct evaluator quiet = *eval;
    quiet.error = &ignored;
    return clean_path(&quiet, &word) ? find_node(eval, word) : CONFIG_NODE_NONE;
}

// SPDX-License-Identifier: BSD-2-Clause
// The config's commands by their names.
#include "stage2/config/evaluator.h"

#include <string.h>

/* The commands of plain configs; true has no effect. The first ones, which load a
   kernel, are in the order of enum config_protocol. */
enum {
    COMMAND_MULTIBOOT,
    COMMAND_MULTIBOOT2,
    COMMAND_PVH,
    COMMAND_MODULE,
    COMMAND_MODULE2,
    COMMAND_SET,
    COMMAND_UNSET,
    COMMAND_MENUENTRY,
    COMMAND_BOOT,
    COMMAND_LOAD_VIDEO,
    COMMAND_INSMOD,
    COMMAND_EXPORT,
};
const char command_names[] = "multiboot\0multiboot2\0pvh\0module\0module2\0set\0unset\0menuentry\0"
                             "boot\0load_video\0insmod\0export\0true\0";

/* Sets a variable by "name=value"; writes a NUL into the word. */
static bool assign(struct evaluator *eval, const char *word)
{
    char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        eval_warn(eval, "'%.40s' is no assignment: write name=value without blanks", word);
        eval->failed = equals == NULL;
        return true;
    }
    *equals = 0;
    return set_variable(eval, word, equals + 1);
}

/* Notes a module that changes what other commands do. GRUB's insmod succeeds even if there is no
   such module. The names of modules, and of their files. */
static void note_module(struct evaluator *eval, const char *name)
{
    enum { DRIVER_ALL, DRIVER_BOCHS, DRIVER_CIRRUS };
    static const char drivers[] =
        "all_video\0video_bochs\0video_cirrus\0vbe\0vga\0efi_gop\0efi_uga\0";
    size_t length = 0;
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(name, '/')) {
        name = slash + 1;
    }
    while (name[length] != 0 && name[length] != '.') {
        length++;
    }
    if (find_name("regexp\0", name, length) == 0) {
        eval->loaded |= LOADED_REGEXP;
    }
    int driver = find_name(drivers, name, length);
    if (driver >= 0) {
        eval->loaded |= LOADED_VIDEO;
    }
    if (driver == DRIVER_ALL || driver == DRIVER_BOCHS) {
        eval->loaded |= LOADED_BOCHS;
    }
    if (driver == DRIVER_ALL || driver == DRIVER_CIRRUS) {
        eval->loaded |= LOADED_CIRRUS;
    }
}

/* Whether a command is one that only shows something, and its result decides nothing: it is no
   condition, and the config has no $?. */
static bool is_ignored(const struct evaluator *eval, const char *name)
{
    if (find_word("loadfont\0background_image\0", name) < 0) {
        return false;
    }
    const struct frame *frame = eval->top;
    while (frame != NULL && (frame->kind > FRAME_LOOP || frame->state != STATE_CONDITION)) {
        frame = frame->outer;
    }
    return frame == NULL && !eval->config->asks_results;
}

bool finish_load(struct evaluator *eval, bool loaded)
{
    if (!loaded && eval->lists) {
        eval_warn(eval, "%s", eval->error->message);
        memset(eval->boot, 0, sizeof *eval->boot);
        loaded = eval->failed = true;
    }
    return loaded;
}

static bool command_load(struct evaluator *eval, struct words words, int which)
{
    eval->loads = true;
    if (eval->boot == NULL) {
        return true;
    }
    eval->keep = true;
    return finish_load(
        eval, which < COMMAND_MODULE
                  ? load_kernel(eval, words, (enum config_protocol)(CONFIG_MULTIBOOT1 + which))
                  : load_module(eval, words, which == COMMAND_MODULE2));
}

bool eval_command(struct evaluator *eval, const struct command *command)
{
    if (command->count == 0) {
        return true; /* only an unset variable stood there */
    }
    struct words words = words_of(command);
    const char *name = command->words;
    int which = find_word(command_names, name);
    switch (which) {
    case COMMAND_SET:
        return words.count == 0 || assign(eval, words.word);
    case COMMAND_UNSET:
        eval->failed = words.count == 0;
        return eval->failed || set_variable(eval, words.word, NULL);
    case COMMAND_MENUENTRY:
        return command_menuentry(eval, command);
    case COMMAND_MULTIBOOT:
    case COMMAND_MULTIBOOT2:
    case COMMAND_PVH:
    case COMMAND_MODULE:
    case COMMAND_MODULE2:
        return command_load(eval, words, which);
    case COMMAND_BOOT:
        return eval_action(eval, CONFIG_ACTION_BOOT);
    case COMMAND_LOAD_VIDEO: /* to GRUB a function, which a config may have of its own */
        return eval->config->functions == NULL || eval_rare_command(eval, command);
    case COMMAND_INSMOD:
        if (words.count > 0) {
            note_module(eval, words.word);
        }
        eval->failed = words.count == 0;
        return true;
    case COMMAND_EXPORT:
        eval->failed = words.count == 0;
        return eval->failed || export_variable(eval, words.word);
    case -1:
        return strchr(name, '=') != NULL
                   ? assign(eval, name)
                   : is_ignored(eval, name) || eval_rare_command(eval, command);
    default: /* no effect on what is booted from a disc */
        return true;
    }
}

// SPDX-License-Identifier: BSD-2-Clause
// The config's commands for Linux: linux, linux16, initrd, initrd16. linuxefi and initrdefi are
// other names of linux and initrd.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"
#include "loader/linux.h"

#define BOOT_IMAGE "BOOT_IMAGE=" /* before the kernel's path in its command line */

enum {
    VGA_NORMAL = 0xffff,
    VGA_EXTENDED = 0xfffe,
    VGA_FIRST = 0x300, /* Linux's numbers of VESA's modes (VBE 3.0, 3) */
    VGA_MODES = 0x20,
    MODE_BYTES = 48,
};

/* The modes of VBE 3.0, chapter 3; width 0: text, or no linear frame buffer. */
static const struct {
    uint16_t width, height;
    uint8_t depth;
} vesa_modes[VGA_MODES] = {
    [0x00] = {640, 400, 8},    [0x01] = {640, 480, 8},    [0x03] = {800, 600, 8},
    [0x05] = {1024, 768, 8},   [0x07] = {1280, 1024, 8},  [0x0d] = {320, 200, 15},
    [0x0e] = {320, 200, 16},   [0x0f] = {320, 200, 24},   [0x10] = {640, 480, 15},
    [0x11] = {640, 480, 16},   [0x12] = {640, 480, 24},   [0x13] = {800, 600, 15},
    [0x14] = {800, 600, 16},   [0x15] = {800, 600, 24},   [0x16] = {1024, 768, 15},
    [0x17] = {1024, 768, 16},  [0x18] = {1024, 768, 24},  [0x19] = {1280, 1024, 15},
    [0x1a] = {1280, 1024, 16}, [0x1b] = {1280, 1024, 24}, [0x1c] = {1600, 1200, 8},
    [0x1d] = {1600, 1200, 15}, [0x1e] = {1600, 1200, 16}, [0x1f] = {1600, 1200, 24},
};

static bool set_mode(struct evaluator *eval, unsigned number, const char *argument)
{
    char text[MODE_BYTES] = "text";
    bool is_text = number <= 1 || number == VGA_NORMAL || number == VGA_EXTENDED;
    unsigned index = number - VGA_FIRST;
    if (index < VGA_MODES && vesa_modes[index].width != 0) {
        unsigned width = vesa_modes[index].width, height = vesa_modes[index].height;
        format_text(text, sizeof text, "%ux%ux%u,%ux%u", width, height, vesa_modes[index].depth,
                    width, height);
    } else if (!is_text) {
        eval_warn(eval, "%.40s: an unknown mode: text instead", argument);
    }
    return set_copy(eval, GFXPAYLOAD, text);
}

/* Sets gfxpayload, as GRUB does on a PC, for an argument that begins with "vga=". For linux16 the
   kernel itself will set the mode. */
static bool read_vga(struct evaluator *eval, const char *argument, enum config_protocol protocol)
{
    static const char platform[] = "grub_platform";
    const char *value = argument + strlen("vga=");
    const char *runs_on = variable_value(eval->config, eval->scope, platform, strlen(platform));
    if (runs_on == NULL || strcmp(runs_on, "pc") != 0) {
        return true;
    }
    bool is_ask = strcmp(value, "ask") == 0;
    if (is_ask && protocol == CONFIG_LINUX) {
        return eval_fail(eval, "vga=ask is not supported: set gfxpayload before the linux line");
    }
    unsigned number = (uint16_t)linux_number(value);
    if (strcmp(value, "normal") == 0) {
        number = VGA_NORMAL;
    } else if (strcmp(value, "ext") == 0) {
        number = VGA_EXTENDED;
    } else if (!is_digit(*value) && !is_ask) {
        return eval_fail(eval, "%.40s: no number of a mode, normal, ext or ask", argument);
    }
    return protocol != CONFIG_LINUX || set_mode(eval, number, argument);
}

/* The command line: BOOT_IMAGE=, the path as the config has it, the arguments. */
static const char *join_command_line(struct evaluator *eval, const struct words *words)
{
    char *line = eval_words_end(eval);
    for (const char *at = BOOT_IMAGE; *at != 0; at++) {
        eval_put(eval, *at);
    }
    join_words(eval, words->word, words->count);
    return line;
}

static bool load_linux(struct evaluator *eval, struct words words, enum config_protocol protocol)
{
    struct config_boot *boot = eval->boot;
    memset(boot, 0, sizeof *boot);
    boot->protocol = protocol;
    boot->kernel.config = eval->cursor.name;
    boot->kernel.line = eval->line;
    boot->kernel.path = words.word;
    if (words.count == 0) {
        return eval_fail(eval, "a file's name is missing");
    }
    if (!clean_path(eval, &boot->kernel.path)) {
        return false;
    }
    boot->kernel.is_elsewhere = eval->is_elsewhere;
    boot->kernel.arguments = join_command_line(eval, &words);
    if (eval->full) {
        return eval_fail_full(eval);
    }
    for (take_word(&words); words.count > 0; take_word(&words)) {
        if (strncmp(words.word, "vga=", 4) == 0 && !read_vga(eval, words.word, protocol)) {
            return false;
        }
    }
    return true;
}

/* Reads PATH or newc:NAME:PATH. */
static bool read_initrd(struct evaluator *eval, const char *word, struct config_file *file)
{
    static const char prefix[] = "newc:";
    *file = (struct config_file){.path = word,
                                 .arguments = "",
                                 .config = eval->cursor.name,
                                 .line = eval->line,
                                 .keep_compressed = true};
    if (strncmp(word, prefix, sizeof prefix - 1) == 0) {
        const char *name = word + sizeof prefix - 1;
        const char *colon = strchr(name, ':');
        if (colon == NULL) {
            return eval_fail(eval, "'%.60s': no colon between the name and the file", word);
        }
        for (; *name == '/'; name++) {
        }
        char *copy = name < colon ? arena_text(eval->arena, name, (size_t)(colon - name)) : NULL;
        if (copy == NULL) {
            return name < colon ? eval_fail_full(eval)
                                : eval_fail(eval, "'%.60s': the name is empty", word);
        }
        file->arguments = copy;
        file->path = colon + 1;
    }
    bool is_clean = clean_path(eval, &file->path);
    file->is_elsewhere = eval->is_elsewhere;
    return is_clean;
}

/* GRUB's second initrd command replaces the files of the first. */
static bool load_initrd(struct evaluator *eval, struct words words, enum config_protocol protocol)
{
    struct config_boot *boot = eval->boot;
    if (boot->kernel.path == NULL) {
        return eval_fail(eval, "an initrd before the kernel: the linux line comes first");
    }
    if (boot->protocol != protocol) {
        return eval_fail(eval, "initrd goes with linux, initrd16 with linux16");
    }
    if (words.count == 0) {
        return eval_fail(eval, "a file's name is missing");
    }
    boot->modules = NULL;
    boot->module_count = 0;
    while (words.count > 0) {
        struct config_file file;
        if (!read_initrd(eval, take_word(&words), &file)) {
            return false;
        }
        boot->modules = array_reserve(eval, boot->modules, boot->module_count, sizeof file);
        if (boot->modules == NULL) {
            return false;
        }
        boot->modules[boot->module_count++] = file;
    }
    return true;
}

bool command_linux(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    size_t length = strlen(command->words);
    enum config_protocol protocol =
        command->words[length - 1] == '6' ? CONFIG_LINUX16 : CONFIG_LINUX;
    eval->loads = true;
    if (eval->boot == NULL) {
        return true;
    }
    eval->keep = true;
    return finish_load(eval, command->words[0] == 'l' ? load_linux(eval, words, protocol)
                                                      : load_initrd(eval, words, protocol));
}

// SPDX-License-Identifier: BSD-2-Clause
// The config's commands for output, keyboard input, and the machine's features and devices.
#include "stage2/config/evaluator.h"

#include <string.h>

enum { LINE_BYTES = 256, MAX_SECONDS = 1000000 };

const struct config_platform *find_platform(const struct evaluator *eval)
{
    static const struct config_platform nothing;
    const struct config_platform *platform = eval->config->environment.platform;
    return platform == NULL || eval->boot == NULL ? &nothing : platform;
}

int take_long_option(struct evaluator *eval, struct words *words, const char *names,
                     const char **value)
{
    *value = NULL;
    if (words->count == 0 || words->word[0] != '-' || words->word[1] == 0) {
        return -1;
    }
    const char *word = take_word(words);
    const char *name = word + 1 + (word[1] == '-');
    const char *equals = strchr(name, '=');
    int option = find_name(names, name, equals != NULL ? (size_t)(equals - name) : strlen(name));
    *value = equals != NULL ? equals + 1 : NULL;
    if (option < 0) {
        eval_warn(eval, "unknown option '%.40s'", word);
        eval->failed = true;
        return -2;
    }
    return option;
}

/* ---- Output ---------------------------------------------------------------------------------- */

/* Writes a word of `echo -e`. False: it has "\c", which drops the newline at the end. */
static bool put_escaped(struct evaluator *eval, const char *word)
{
    static const char names[] = "\\abfnrtv";
    static const char values[] = "\\\a\b\f\n\r\t\v";
    bool new_line = true;
    for (; *word != 0; word++) {
        if (*word != '\\' || word[1] == 0) {
            eval_put(eval, *word);
            continue;
        }
        const char *found = strchr(names, *++word);
        if (found != NULL) {
            eval_put(eval, values[found - names]);
        }
        new_line &= *word != 'c';
    }
    return new_line;
}

bool command_echo(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    bool new_line = true;
    bool escapes = false;
    for (int option; (option = take_option(&words, "-n\0-e\0-ne\0-en\0")) >= 0;) {
        new_line &= option == 1;
        escapes |= option >= 1;
    }
    take_option(&words, "--\0");
    const char *text = eval_words_end(eval);
    while (words.count > 0) {
        const char *word = take_word(&words);
        if (escapes) {
            new_line &= put_escaped(eval, word);
        } else {
            put_value(eval, word, true);
        }
        if (words.count > 0) {
            eval_put(eval, ' ');
        }
    }
    if (new_line) {
        eval_put(eval, '\n');
    }
    eval_put(eval, 0);
    eval->word_open = false;
    if (eval->full) {
        return eval_fail_full(eval);
    }
    if (platform->print != NULL) {
        platform->print(text);
    }
    return true;
}

bool command_cat(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    struct config_file file;
    struct bytes text;
    struct error error;
    if (!read_file_words(eval, &words, &file)) {
        return false;
    }
    if (platform->read == NULL || platform->print == NULL) {
        return true;
    }
    if (!platform->read(file.path, eval->arena, &text, &error)) {
        eval_warn(eval, "%s: %s", file.path, error.message);
        eval->failed = true;
        return true;
    }
    const char *shown = arena_text(eval->arena, (const char *)text.data, text.size);
    if (shown == NULL) {
        return eval_fail_full(eval);
    }
    platform->print(shown);
    return true;
}

bool command_clear(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    (void)command;
    if (platform->clear != NULL) {
        platform->clear();
    }
    return true;
}

/* ---- Keyboard -------------------------------------------------------------------------------- */

bool command_sleep(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    const char *ignored;
    bool until_key = false;
    for (int option; (option = take_long_option(eval, &words, "verbose\0v\0interruptible\0i\0",
                                                &ignored)) != -1;) {
        until_key |= option >= 2;
    }
    int seconds = 0;
    if (words.count > 0) {
        parse_number(words.word, strlen(words.word), &seconds);
    }
    if (platform->sleep != NULL && seconds > 0) {
        seconds = seconds < MAX_SECONDS ? seconds : MAX_SECONDS;
        eval->failed = !platform->sleep((unsigned)seconds, until_key);
    }
    return true;
}

bool command_read(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    char *line = eval_allocate(eval, LINE_BYTES);
    if (line == NULL) {
        return false;
    }
    if (platform->read_line != NULL) {
        platform->read_line(line, LINE_BYTES);
    }
    return words.count == 0 || eval->boot == NULL || set_variable(eval, words.word, line);
}

bool command_keystatus(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    const char *ignored;
    unsigned wanted = 0;
    for (int option; (option = take_long_option(eval, &words, "shift\0ctrl\0alt\0s\0c\0a\0",
                                                &ignored)) != -1;) {
        wanted |= option >= 0 ? 1U << option % 3 : 0;
    }
    unsigned pressed = platform->modifiers != NULL ? platform->modifiers() : 0;
    eval->failed = wanted != 0 && (pressed & wanted) == 0;
    return true;
}

/* ---- The machine ----------------------------------------------------------------------------- */

bool command_cpuid(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = eval->config->environment.platform;
    struct words words = words_of(command);
    enum config_feature feature = CONFIG_LONG_MODE;
    const char *ignored;
    for (int option;
         (option = take_long_option(eval, &words, "long-mode\0pae\0l\0p\0", &ignored)) != -1;) {
        feature = option >= 0 && option % 2 == 1 ? CONFIG_PAE : CONFIG_LONG_MODE;
    }
    eval->failed |=
        platform != NULL && platform->has_feature != NULL && !platform->has_feature(feature);
    return true;
}

/* Reads a decimal number, or a hexadecimal one with 0x. */
static bool parse_c_number(const char *text, unsigned *value)
{
    int number;
    if (text[0] != '0' || (text[1] | 0x20) != 'x') {
        bool is_number = parse_number(text, strlen(text), &number) && number >= 0;
        *value = is_number ? (unsigned)number : 0;
        return is_number;
    }
    *value = 0;
    for (text += 2; *text != 0; text++) {
        int lower = *text | 0x20;
        if (!is_digit(*text) && (lower < 'a' || lower > 'f')) {
            return false;
        }
        *value = *value << 4 | (unsigned)(is_digit(*text) ? *text - '0' : lower - 'a' + 10);
    }
    return true;
}

/* Applies an option of `serial`, by its index in command_serial()'s list. False: a bad value. */
static bool set_serial_option(struct config_serial *serial, int option, const char *value)
{
    unsigned number = 0;
    switch (option) {
    case 0:
        serial->unit = 0;
        return parse_c_number(value, &number) && (serial->unit = (int)number) < 8;
    case 1:
        return parse_c_number(value, &serial->port) && serial->port != 0 && serial->port < 0x10000;
    case 2:
        return parse_c_number(value, &serial->speed) && serial->speed != 0;
    case 3:
        return parse_c_number(value, &serial->data_bits) && serial->data_bits - 5 < 4;
    case 4:
        return parse_c_number(value, &serial->stop_bits) && serial->stop_bits - 1 < 2;
    case 5:
        serial->parity = *value;
        return find_word("no\0odd\0even\0", value) >= 0;
    default: /* --rtscts=off */
        return true;
    }
}

bool command_serial(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    struct config_serial serial = {.unit = CONFIG_DEFAULT_UNIT};
    const char *value;
    for (int option;
         (option = take_long_option(eval, &words,
                                    "unit\0port\0speed\0word\0stop\0parity\0rtscts\0efi\0"
                                    "u\0p\0s\0w\0t\0r\0",
                                    &value)) != -1;) {
        option = option >= 8 ? option - 8 : option;
        if (option >= 0 && value == NULL) {
            value = words.count > 0 ? take_word(&words) : "";
        }
        if (option >= 0 && !set_serial_option(&serial, option, value)) {
            eval_warn(eval, "serial: '%.40s' is no value for this option", value);
            eval->failed = true;
            return true;
        }
    }
    if (platform->set_serial != NULL && !platform->set_serial(&serial)) {
        eval_warn(eval, "there is no such serial port");
        eval->failed = true;
    }
    return true;
}

/* What the words of terminal_input or terminal_output name. */
struct terminals {
    unsigned devices; /* bits of enum config_device */
    bool has_gfxterm;
};

/* Reads terminals' names. False: one is unknown, with a warning. */
static bool read_terminals(struct evaluator *eval, struct words words, struct terminals *terminals)
{
    static const char names[] = "console\0gfxterm\0vga_text\0at_keyboard\0usb_keyboard\0ofconsole\0"
                                "vga\0serial\0serial_com0\0serial_com1\0serial_com2\0serial_com3\0";
    enum { GFXTERM = 1, FIRST_SERIAL = 7 };
    while (words.count > 0) {
        const char *word = take_word(&words);
        int terminal = find_word(names, word);
        if (terminal < 0) {
            eval_warn(eval, "unknown terminal '%.40s'", word);
            eval->failed = true;
            return false;
        }
        terminals->has_gfxterm |= terminal == GFXTERM;
        terminals->devices |=
            terminal < FIRST_SERIAL ? CONFIG_DEVICE_CONSOLE : CONFIG_DEVICE_SERIAL;
    }
    return true;
}

/* Tells the platform the modes of the graphics terminal: the variable gfxmode's. */
static void set_graphics(const struct evaluator *eval, bool is_in_use)
{
    const struct config_platform *platform = find_platform(eval);
    const char *modes = "";
    if (is_in_use) {
        modes = variable_value(eval->config, eval->scope, "gfxmode", strlen("gfxmode"));
        modes = modes != NULL ? modes : "auto";
    }
    if (platform->set_graphics != NULL) {
        platform->set_graphics(modes);
    }
}

/* Whether GRUB would have a video driver for its graphics terminal: one is loaded, or came along
   with the command multiboot, which needs the BIOS's driver. */
static bool has_video_driver(const struct evaluator *eval)
{
    const char *platform =
        variable_value(eval->config, eval->scope, "grub_platform", strlen("grub_platform"));
    return (eval->loaded & LOADED_VIDEO) != 0 ||
           (eval->boot != NULL && eval->boot->kernel.path != NULL && platform != NULL &&
            strcmp(platform, "pc") == 0);
}

/* Runs terminal_input or terminal_output. */
bool command_terminal(struct evaluator *eval, const struct command *command)
{
    enum { REPLACE = -1, APPEND, REMOVE };
    const struct config_platform *platform = find_platform(eval);
    struct words words = words_of(command);
    enum config_direction direction =
        strcmp(command->words, "terminal_input") == 0 ? CONFIG_INPUT : CONFIG_OUTPUT;
    int how = take_option(&words, "--append\0--remove\0");
    struct terminals named = {0};
    if (!read_terminals(eval, words, &named)) {
        return true;
    }
    bool is_graphics = direction == CONFIG_OUTPUT && named.has_gfxterm && how != REMOVE;
    if (is_graphics && !has_video_driver(eval)) {
        eval->failed = true;
        return true;
    }
    unsigned *devices = &eval->config->devices[direction];
    unsigned wanted = how == APPEND   ? *devices | named.devices
                      : how == REMOVE ? *devices & ~named.devices
                                      : named.devices;
    if (wanted == 0 || eval->boot == NULL) {
        return true;
    }
    *devices = wanted;
    if (direction == CONFIG_OUTPUT && (named.has_gfxterm || how == REPLACE)) {
        set_graphics(eval, is_graphics);
        eval->loaded = is_graphics ? eval->loaded | LOADED_GRAPHICS
                                   : eval->loaded & ~(unsigned)LOADED_GRAPHICS;
    }
    if (platform->set_terminal != NULL) {
        platform->set_terminal(direction, wanted);
    }
    return true;
}

// SPDX-License-Identifier: BSD-2-Clause
// The config's commands that ask the disc and the firmware: probe, smbios, cmostest.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

bool set_copy(struct evaluator *eval, const char *name, const char *value)
{
    const char *copy = arena_text(eval->arena, value, strlen(value));
    return copy != NULL ? set_variable(eval, name, copy) : eval_fail_full(eval);
}

bool give_value(struct evaluator *eval, const char *name, const char *value)
{
    const struct config_platform *platform = find_platform(eval);
    if (name != NULL) {
        return set_copy(eval, name, value);
    }
    if (platform->print != NULL) {
        platform->print(value);
    }
    return true;
}

/* Fails with a warning. */
static bool fail_machine(struct evaluator *eval, const char *name, const char *reason)
{
    eval_warn(eval, "%s: %s", name, reason);
    eval->failed = true;
    return true;
}

static const char machine_knows[] = "only the machine knows the answer: it counts as false";

/* ---- probe ----------------------------------------------------------------------------------- */

/* Runs probe. Every device is the boot disc. */
bool command_probe(struct evaluator *eval, const struct command *command)
{
    enum { SET, DRIVER, PARTITION_MAP, FILE_SYSTEM, FS_UUID, LABEL, COUNT };
    static const char names[] = "set\0driver\0partmap\0fs\0fs-uuid\0label\0s\0d\0p\0f\0u\0l\0";
    const struct config_platform *platform = find_queries(eval);
    struct words words = words_of(command);
    const char *variable = NULL;
    const char *value;
    const char *answer = NULL;
    char name[CONFIG_VOLUME_BYTES];
    int target = COUNT;
    for (int option; (option = take_long_option(eval, &words, names, &value)) != -1;) {
        if (option >= 0 && option % COUNT == SET) {
            variable = value != NULL ? value : words.count > 0 ? take_word(&words) : "";
        } else if (option >= 0) { /* of several targets GRUB takes the first in this order */
            target = option % COUNT < target ? option % COUNT : target;
        }
    }
    if (target == COUNT || words.count == 0) {
        return fail_machine(eval, "probe", "needs a target such as --fs-uuid, and a device");
    }
    switch (target) {
    case DRIVER:
        answer = "biosdisk";
        break;
    case PARTITION_MAP:
        answer = "none";
        break;
    case FILE_SYSTEM:
        answer = "iso9660";
        break;
    default:
        if (platform->volume != NULL) {
            platform->volume(target == LABEL ? CONFIG_VOLUME_LABEL : CONFIG_VOLUME_UUID, name);
            answer = name;
        }
    }
    return answer != NULL ? give_value(eval, variable, answer)
                          : fail_machine(eval, "probe", machine_knows);
}

/* ---- smbios ---------------------------------------------------------------------------------- */

/* Reads a number as C writes it. */
static uint32_t number_in(const char *text)
{
    uint32_t value = 0;
    bool is_hexadecimal = text[0] == '0' && (text[1] | 0x20) == 'x';
    for (text += is_hexadecimal ? 2 : 0; *text != 0; text++) {
        int lower = *text | 0x20;
        if (!is_digit(*text) && !(is_hexadecimal && lower >= 'a' && lower <= 'f')) {
            break;
        }
        uint32_t digit = (uint32_t)(is_digit(*text) ? *text - '0' : lower - 'a' + 10);
        value = value * (is_hexadecimal ? 16 : 10) + digit;
    }
    return value;
}

/* What the words of smbios ask for. Numbers: UINT32_MAX if they do not matter. */
struct smbios_question {
    uint32_t type, handle, match;
    int what;        /* index of an option --get-… */
    uint32_t offset; /* in the structure */
    const char *variable;
};

enum { GET_BYTE, GET_WORD, GET_DWORD, GET_QWORD, GET_STRING, GET_UUID, GET_NOTHING };

/* The length of a structure's formatted part and its strings (SMBIOS 3.x, 6.1.3); 0: it is cut
   short. */
static size_t structure_size(struct bytes table)
{
    size_t size = table.size >= 4 ? table.data[1] : 0;
    if (size < 4) {
        return 0;
    }
    for (; size + 2 <= table.size; size++) {
        if (table.data[size] == 0 && table.data[size + 1] == 0) {
            return size + 2;
        }
    }
    return 0;
}

/* Finds the structure that is asked for; empty: there is none. */
static struct bytes find_structure(struct bytes table, const struct smbios_question *question)
{
    uint32_t left = question->match == UINT32_MAX ? 1 : question->match;
    for (size_t size; (size = structure_size(table)) != 0;) {
        if ((question->type == UINT32_MAX || table.data[0] == question->type) &&
            (question->handle == UINT32_MAX || load16(table.data + 2) == question->handle) &&
            --left == 0) {
            return (struct bytes){table.data, size};
        }
        table.data += size;
        table.size -= size;
    }
    return (struct bytes){NULL, 0};
}

/* The number-th string of a structure; "": it has none. The strings end with a NUL each. */
static const char *structure_string(struct bytes structure, unsigned number)
{
    const char *at = (const char *)structure.data + structure.data[1];
    for (; number > 1 && *at != 0; number--) {
        at = next_word(at);
    }
    return number > 0 ? at : "";
}

/* Writes what is at the offset. False: it is beyond the structure. */
static bool read_structure(struct bytes structure, const struct smbios_question *question,
                           char *text, size_t size)
{
    static const uint8_t lengths[] = {1, 2, 4, 8, 1, 16};
    if (question->offset < 4 ||
        !range_within(question->offset, lengths[question->what], structure.data[1])) {
        return false;
    }
    const uint8_t *at = structure.data + question->offset;
    switch (question->what) {
    case GET_BYTE:
        return format_text(text, size, "%u", at[0]), true;
    case GET_WORD:
        return format_text(text, size, "%u", load16(at)), true;
    case GET_DWORD:
        return format_text(text, size, "%u", load32(at)), true;
    case GET_QWORD:
        return format_text(text, size, "%llu", (unsigned long long)load64(at)), true;
    case GET_STRING:
        return format_text(text, size, "%s", structure_string(structure, at[0])), true;
    default:
        return format_text(text, size, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                           load32(at), load16(at + 4), load16(at + 6), at[8], at[9], at[10], at[11],
                           at[12], at[13], at[14], at[15]),
               true;
    }
}

bool command_smbios(struct evaluator *eval, const struct command *command)
{
    static const char names[] = "get-byte\0get-word\0get-dword\0get-qword\0get-string\0get-uuid\0"
                                "type\0handle\0match\0set\0b\0w\0d\0q\0s\0u\0t\0h\0m\0";
    enum { TYPE = GET_NOTHING, HANDLE, MATCH, SET, SHORT };
    const struct config_platform *platform = find_queries(eval);
    struct words words = words_of(command);
    struct smbios_question question = {UINT32_MAX, UINT32_MAX, UINT32_MAX, GET_NOTHING, 0, NULL};
    const char *value;
    for (int option; (option = take_long_option(eval, &words, names, &value)) != -1;) {
        value = value != NULL ? value : words.count > 0 ? take_word(&words) : "";
        option -= option >= SHORT ? SHORT : 0;
        if (option == SET) {
            question.variable = value;
        } else if (option == TYPE) {
            question.type = number_in(value);
        } else if (option == HANDLE) {
            question.handle = number_in(value);
        } else if (option == MATCH) {
            question.match = number_in(value);
        } else if (option >= 0) {
            question.what = option;
            question.offset = number_in(value);
        }
    }
    if (question.what == GET_NOTHING) {
        return fail_machine(eval, "smbios", "needs an option --get-…");
    }
    if (platform->smbios == NULL) {
        return fail_machine(eval, "smbios", machine_knows);
    }
    enum { TEXT_BYTES = 256 };
    char text[TEXT_BYTES];
    struct bytes structure = find_structure(platform->smbios(), &question);
    eval->failed =
        structure.data == NULL || !read_structure(structure, &question, text, sizeof text);
    if (eval->failed) {
        return true;
    }
    size_t length = strlen(text);
    if (question.variable == NULL && length + 1 < sizeof text) {
        memcpy(text + length, "\n", 2);
    }
    return give_value(eval, question.variable, text);
}

/* ---- cmostest -------------------------------------------------------------------------------- */

/* Runs cmostest BYTE:BIT. */
bool command_cmostest(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_queries(eval);
    const char *place = next_word(command->words);
    const char *colon = strchr(place, ':');
    if (colon == NULL) {
        return fail_machine(eval, "cmostest", "needs BYTE:BIT");
    }
    if (platform->cmos == NULL) {
        return fail_machine(eval, "cmostest", machine_knows);
    }
    uint32_t bit = number_in(colon + 1);
    uint8_t byte = platform->cmos((uint8_t)(number_in(place) & 0x7f));
    eval->failed = bit > 7 || (byte >> bit & 1) == 0;
    return true;
}

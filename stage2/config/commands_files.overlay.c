// SPDX-License-Identifier: BSD-2-Clause
// The config's commands that look into files: file, cmp.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"

/* ---- file ------------------------------------------------------------------------------------ */

/* The types that command_file() knows, in the order of `types`; GRUB has more. */
enum file_type {
    FILE_MULTIBOOT,
    FILE_MULTIBOOT2,
    FILE_LINUX,
    FILE_LINUX32,
    FILE_BOOT_SECTOR,
    FILE_EFI_I386,
    FILE_EFI_X64
};
static const char types[] = "is-x86-multiboot\0is-x86-multiboot2\0is-x86-linux\0is-x86-linux32\0"
                            "is-x86-bios-bootsector\0is-i386-efi\0is-x86_64-efi\0";

/* Linux's boot protocol (Documentation/x86/boot.rst): its setup header, 2.00 or later. LINUX32 asks
   for a kernel that is loaded high. */
static bool is_linux(struct bytes start, bool is_high)
{
    enum {
        SETUP_SECTORS = 0x1f1,
        BOOT_FLAG = 0x1fe,
        MAGIC = 0x202,
        VERSION = 0x206,
        LOAD_FLAGS = 0x211,
        HEADER_BYTES = 0x250,
        MOST_SECTORS = 64
    };
    return start.size >= HEADER_BYTES && load16(start.data + BOOT_FLAG) == 0xaa55 &&
           memcmp(start.data + MAGIC, "HdrS", 4) == 0 && load16(start.data + VERSION) >= 0x200 &&
           start.data[SETUP_SECTORS] <= MOST_SECTORS &&
           (!is_high || (start.data[LOAD_FLAGS] & 1) != 0);
}

/* PE (Microsoft's specification, 3): an EFI application for this machine. */
static bool is_efi(struct bytes start, uint16_t machine, uint16_t optional_magic)
{
    enum { PE_OFFSET = 0x3c, OPTIONAL = 24, SUBSYSTEM = OPTIONAL + 68, APPLICATION = 10 };
    if (start.size < PE_OFFSET + 4 || memcmp(start.data, "MZ", 2) != 0) {
        return false;
    }
    uint32_t at = load32(start.data + PE_OFFSET);
    const uint8_t *header = start.data + at;
    return range_within(at, SUBSYSTEM + 2, start.size) && memcmp(header, "PE\0\0", 4) == 0 &&
           load16(header + 4) == machine && load16(header + OPTIONAL) == optional_magic &&
           load16(header + SUBSYSTEM) == APPLICATION;
}

static bool is_of_type(struct bytes start, uint64_t size, enum file_type type)
{
    switch (type) {
    case FILE_MULTIBOOT:
        return multiboot1_is_present(start);
    case FILE_MULTIBOOT2:
        return multiboot2_is_present(start);
    case FILE_LINUX:
    case FILE_LINUX32:
        return is_linux(start, type == FILE_LINUX32);
    case FILE_BOOT_SECTOR:
        return size == 512 && load16(start.data + 510) == 0xaa55;
    case FILE_EFI_I386:
        return is_efi(start, 0x14c, 0x10b);
    default:
        return is_efi(start, 0x8664, 0x20b);
    }
}

/* Warns and fails: the answer to a question is not known. */
static bool fail_question(struct evaluator *eval, const char *question, const char *reason)
{
    eval_warn(eval, "%.60s: %s", question, reason);
    eval->failed = true;
    return true;
}

/* Opens the file of a word. False: eval->failed is set, with a warning; or nothing can be opened
   here, and the answer is yes. */
static bool open_word_file(struct evaluator *eval, const char *word, struct file *file)
{
    const struct config_platform *platform = find_queries(eval);
    struct error error;
    if (!clean_path(eval, &word)) {
        fail_question(eval, word, "no absolute path");
    } else if (platform->open != NULL) {
        if (platform->open(word, FILE_DECOMPRESS, file, eval->arena, &error)) {
            return true;
        }
        fail_question(eval, word, error.message);
    }
    return false;
}

bool command_file(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    int type = -1;
    if (words.word[0] == '-' && words.word[1] == '-') {
        type = find_word(types, take_word(&words) + 2);
    }
    if (type < 0 || words.count == 0) {
        return fail_question(
            eval, "file", "needs a type such as --is-x86-multiboot2 that Whelk knows, and a file");
    }
    struct file file;
    if (!open_word_file(eval, words.word, &file)) {
        return true;
    }
    size_t size =
        file.size < MULTIBOOT2_SEARCH_BYTES ? (size_t)file.size : (size_t)MULTIBOOT2_SEARCH_BYTES;
    uint8_t *start = eval_allocate(eval, size + 1);
    struct error error;
    if (start == NULL) {
        return false;
    }
    if (!find_queries(eval)->read_part(&file, 0, size, start, &error)) {
        return fail_question(eval, words.word, error.message);
    }
    eval->failed = !is_of_type((struct bytes){start, size}, file.size, (enum file_type)type);
    return true;
}

/* ---- cmp ------------------------------------------------------------------------------------- */

/* Runs cmp. As in GRUB it succeeds if both files can be read, be they the same or not. */
bool command_cmp(struct evaluator *eval, const struct command *command)
{
    struct words words = words_of(command);
    if (words.count != 2) {
        return fail_question(eval, "cmp", "needs two files");
    }
    while (words.count > 0) {
        eval->failed |= find_word_node(eval, take_word(&words)) == CONFIG_NODE_NONE;
    }
    return true;
}

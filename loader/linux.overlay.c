// SPDX-License-Identifier: BSD-2-Clause
// See linux.h: the setup header, and the arguments that a loader reads itself.
#include "loader/linux.h"

#include <string.h>

enum {
    SECTOR = 512,
    DEFAULT_SETUP_SECTORS = 4, /* setup_sects 0 means 4 */
    MOST_SETUP_SECTORS = 64,
    LEAST_BYTES = 0x202, /* up to the boot sector's signature */
    BOOT_SIGNATURE = 0xaa55,

    /* Offsets in the file. */
    BOOT_FLAG = 0x1fe,
    JUMP_LENGTH = 0x201, /* the header ends so many bytes after 0x202 */
    MAGIC = 0x202,
    VERSION = 0x206,
    LOADFLAGS = 0x211,
    CODE32_START = 0x214,
    INITRD_ADDR_MAX = 0x22c,
    KERNEL_ALIGNMENT = 0x230,
    RELOCATABLE = 0x234,
    MIN_ALIGNMENT = 0x235,
    XLOADFLAGS = 0x236,
    CMDLINE_SIZE = 0x238,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    HANDOVER_OFFSET = 0x264,

    PE_OFFSET = 0x3c,
    PE_MACHINE = 4, /* from the PE signature on */
    PE_MAJOR_IMAGE_VERSION = 68,
    PE_END = 72,

    OLD_COMMAND_LINE = 256,
    LEAST_COMMAND_LINE = 128,
    OLD_INITRD_MAX = 0x37ffffff,
    INITRD_MAX = 0x37ffffff, /* more is written in some headers than the kernels can reach */
    INITRD_MARGIN = 0x10000, /* Linux 2.2 misjudges ranges that end right at the end of the RAM */
    MOST_ALIGNMENT_BITS = 30,
    DECOMPRESSED_TIMES = 3, /* before init_size: the memory that a kernel needs, by its file */
};

bool linux_is_present(struct bytes start)
{
    return start.size > VERSION + 1 && load16(start.data + BOOT_FLAG) == BOOT_SIGNATURE &&
           memcmp(start.data + MAGIC, "HdrS", 4) == 0;
}

static void read_pe(struct bytes start, struct linux_header *header)
{
    uint32_t at = load32(start.data + PE_OFFSET);
    if (memcmp(start.data, "MZ", 2) == 0 && range_within(at, PE_END, start.size) &&
        memcmp(start.data + at, "PE\0", 4) == 0) {
        header->pe_machine = load16(start.data + at + PE_MACHINE);
        header->pe_major = load16(start.data + at + PE_MAJOR_IMAGE_VERSION);
    }
}

static bool is_power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

/* What came with protocols 2.05 to 2.15. at: the file's start. */
static bool read_placement(const uint8_t *at, struct linux_header *header, struct error *error)
{
    header->kernel_alignment = header->least_alignment = 1;
    header->pref_address = LINUX_HIGH;
    uint64_t needed = (uint64_t)header->kernel_bytes * DECOMPRESSED_TIMES;
    header->init_size = needed < UINT32_MAX ? (uint32_t)needed : UINT32_MAX;
    if (header->version < 0x205) {
        return true;
    }
    header->is_relocatable = at[RELOCATABLE] != 0;
    header->kernel_alignment = header->least_alignment = load32(at + KERNEL_ALIGNMENT);
    if (header->is_relocatable && !is_power_of_two(header->kernel_alignment)) {
        return fail(error, "its kernel_alignment 0x%x is no power of two",
                    header->kernel_alignment);
    }
    if (header->version < 0x20a) {
        return true;
    }
    if (header->is_relocatable) {
        uint8_t bits = at[MIN_ALIGNMENT];
        header->pref_address = load64(at + PREF_ADDRESS);
        if (bits <= MOST_ALIGNMENT_BITS && 1u << bits < header->kernel_alignment) {
            header->least_alignment = 1u << bits;
        }
    }
    uint32_t init_size = load32(at + INIT_SIZE);
    header->init_size = init_size > header->kernel_bytes ? init_size : header->kernel_bytes;
    return true;
}

/* at: the file's start, of LINUX_START_BYTES or all of the file, as far as version has it. */
static bool read_fields(const uint8_t *at, struct linux_header *header, struct error *error)
{
    header->loadflags = at[LOADFLAGS];
    header->code32_start = load32(at + CODE32_START);
    if (header->version >= 0x203) {
        header->initrd_addr_max = load32(at + INITRD_ADDR_MAX);
    }
    if (header->version >= 0x206) {
        uint32_t most = load32(at + CMDLINE_SIZE);
        most = most < LINUX_BOOT_PARAMS_BYTES * 16 ? most + 1 : LINUX_BOOT_PARAMS_BYTES * 16u;
        header->command_line_most = most > LEAST_COMMAND_LINE ? most : (uint32_t)LEAST_COMMAND_LINE;
    }
    if (header->version >= 0x20b) {
        header->handover_offset = load32(at + HANDOVER_OFFSET);
    }
    if (header->version >= 0x20c) {
        header->xloadflags = load16(at + XLOADFLAGS);
    }
    return read_placement(at, header, error);
}

bool linux_read_header(struct bytes start, uint64_t file_size, struct linux_header *header,
                       struct error *error)
{
    *header = (struct linux_header){.command_line_most = OLD_COMMAND_LINE,
                                    .initrd_addr_max = OLD_INITRD_MAX,
                                    .code32_start = LINUX_LOW};
    if (start.size < LEAST_BYTES || load16(start.data + BOOT_FLAG) != BOOT_SIGNATURE) {
        return fail(error, "is no Linux kernel: no boot signature at offset 0x%x", BOOT_FLAG);
    }
    unsigned sectors = start.data[LINUX_HEADER];
    sectors = sectors != 0 ? sectors : (unsigned)DEFAULT_SETUP_SECTORS;
    if (sectors > MOST_SETUP_SECTORS) {
        return fail(error, "its real-mode code has %u sectors, more than %u", sectors,
                    MOST_SETUP_SECTORS);
    }
    header->setup_bytes = (sectors + 1) * SECTOR;
    if (file_size <= header->setup_bytes) {
        return fail(error, "is cut: it has %llu bytes, and %u of real-mode code alone",
                    (unsigned long long)file_size, header->setup_bytes);
    }
    if (file_size - header->setup_bytes > INT32_MAX) {
        return fail(error, "%llu bytes are too many", (unsigned long long)file_size);
    }
    header->kernel_bytes = (uint32_t)(file_size - header->setup_bytes);
    bool has_fields = linux_is_present(start) && load16(start.data + VERSION) >= 0x200;
    uint32_t end = has_fields ? MAGIC + (uint32_t)start.data[JUMP_LENGTH] : (uint32_t)LEAST_BYTES;
    uint32_t most = LINUX_HEADER + LINUX_HEADER_MOST;
    end = end < most ? end : most;
    if (start.size < LINUX_HEADER + LINUX_HEADER_MOST) {
        return fail(error, "is cut in its setup header");
    }
    header->field_bytes = end - LINUX_HEADER;
    memcpy(header->fields, start.data + LINUX_HEADER, header->field_bytes);
    if (!has_fields) {
        return read_placement(start.data, header, error);
    }
    header->version = load16(start.data + VERSION);
    read_pe(start, header);
    return read_fields(start.data, header, error);
}

bool linux_check_32_bit(const struct linux_header *header, struct error *error)
{
    if (header->version < 0x203) {
        return fail(error, "its boot protocol is too old for a 32-bit entry: use linux16");
    }
    if ((header->loadflags & LINUX_LOADED_HIGH) == 0) {
        return fail(error, "a zImage has no 32-bit entry: use linux16");
    }
    return (header->code32_start - LINUX_HIGH < header->kernel_bytes &&
            header->handover_offset < header->kernel_bytes) ||
           fail(error, "its 32-bit entry lies outside of it: it is made for linux16");
}

/* The end of the argument at text: the blank after it, or the text's end. */
static const char *argument_end(const char *text)
{
    bool is_quoted = false;
    for (; *text != 0 && (is_quoted || *text != ' '); text++) {
        is_quoted ^= *text == '"';
        text += *text == '\\' && text[1] != 0;
    }
    return text;
}

const char *linux_argument(const char *command_line, const char *name)
{
    const char *found = NULL;
    size_t length = strlen(name);
    for (const char *at = command_line; *at != 0;) {
        if (strncmp(at, name, length) == 0) {
            found = at + length;
        }
        at = argument_end(at);
        at += *at == ' ';
    }
    return found;
}

uint32_t linux_command_line_length(const char *command_line, uint32_t most)
{
    const char *end = command_line;
    for (const char *at = command_line; *at != 0;) {
        at = argument_end(at);
        if ((size_t)(at - command_line) >= most) {
            break;
        }
        end = at;
        at += *at == ' ';
    }
    return (uint32_t)(end - command_line);
}

/* Reads a number in C's notation; *text becomes its end. What does not fit is UINT64_MAX. */
static uint64_t read_number(const char **text)
{
    const char *at = *text;
    unsigned base = 10;
    uint64_t number = 0;
    if (*at == '0') {
        bool is_hex = (at[1] | 0x20) == 'x';
        base = is_hex ? 16 : 8;
        at += is_hex ? 2 : 1;
    }
    for (;; at++) {
        unsigned digit = (unsigned)*at - '0';
        if (digit > 9) {
            digit = ((unsigned)*at | 0x20) - 'a';
            digit = digit < 6 ? digit + 10 : base;
        }
        if (digit >= base) {
            break;
        }
        number = number > UINT64_MAX >> 5 ? UINT64_MAX : number * base + digit;
    }
    *text = at;
    return number;
}

uint64_t linux_number(const char *text)
{
    return read_number(&text);
}

uint64_t linux_memory_limit(const char *command_line)
{
    const char *text = linux_argument(command_line, "mem=");
    if (text == NULL) {
        return 0;
    }
    uint64_t number = read_number(&text);
    unsigned unit = (unsigned)*text | 0x20;
    unsigned shift = unit == 'g' ? 30 : unit == 'm' ? 20 : unit == 'k' ? 10 : 0;
    return number > UINT64_MAX >> shift ? 0 : number << shift;
}

uint32_t linux_initrd_limit(const struct linux_boot *boot)
{
    uint64_t limit = linux_memory_limit(boot->command_line);
    uint32_t most = boot->header.initrd_addr_max;
    most = most < INITRD_MAX ? most : (uint32_t)INITRD_MAX;
    most = limit != 0 && limit < most ? (uint32_t)limit : most;
    return most > INITRD_MARGIN ? most - INITRD_MARGIN : 0;
}

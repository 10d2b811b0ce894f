// SPDX-License-Identifier: BSD-2-Clause
// See explain.h.
#include "loader/explain.h"

#include <string.h>
#include "loader/elf.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"

enum {
    EI_CLASS = 4,
    EI_DATA = 5,
    ELFCLASS64 = 2,
    ELFDATA2MSB = 2,
    ET_REL = 1,
    ET_DYN = 3,
    EM_386 = 3,
    EM_X86_64 = 62,
    SH_TYPE = 4,
    SHT_SYMTAB = 2,
    LARGE_PAGE = 0x200000, /* to which older linkers for x86-64 align segments in the file */
};

/* Adds text to the reason. */
static void add(struct error *error, const char *text)
{
    struct error before = *error;
    fail(error, "%s: %s", before.message, text);
}

// ---- A header at a wrong place

struct place {
    uint32_t magic, bytes, searched, alignment;
    const char *name;
};

static const struct place places[] = {
    {MULTIBOOT1_HEADER_MAGIC, 12, MULTIBOOT1_SEARCH_BYTES, MULTIBOOT1_HEADER_ALIGNMENT, ""},
    {MULTIBOOT2_HEADER_MAGIC, 16, MULTIBOOT2_SEARCH_BYTES, MULTIBOOT2_HEADER_ALIGNMENT, " 2"},
};

/* Whether there is a header at this offset, be it allowed there or not. */
static bool is_header(struct bytes file, size_t at, const struct place *place)
{
    uint32_t sum = 0;
    if (load32(file.data + at) != place->magic) {
        return false;
    }
    for (uint32_t i = 0; i < place->bytes; i += sizeof sum) {
        sum += load32(file.data + at + i);
    }
    bool is_for_pc = place->magic == MULTIBOOT1_HEADER_MAGIC || load32(file.data + at + 4) == 0;
    return sum == 0 && is_for_pc;
}

static bool explain_place(struct bytes file, const struct place *place, struct error *error)
{
    for (size_t at = 0; at + place->bytes <= file.size; at++) {
        if (is_header(file, at, place)) {
            struct error before = *error;
            bool is_late = at + place->bytes > place->searched;
            bool is_aligned = at % place->alignment == 0;
            const char *page = at >= LARGE_PAGE ? ", and link with -z max-page-size=4096" : "";
            if (is_late) {
                fail(error,
                     "%s: a Multiboot%s header at offset 0x%zx is beyond the first %u: in the "
                     "linker script put its section first, as KEEP(*(.multiboot))%s%s",
                     before.message, place->name, at, place->searched, page,
                     is_aligned ? "" : ", and aligned");
            } else {
                fail(error,
                     "%s: a Multiboot%s header at offset 0x%zx is not at a multiple of %u: put "
                     ".align %u before it",
                     before.message, place->name, at, place->alignment, place->alignment);
            }
            return true;
        }
    }
    return false;
}

/* Whether there is the beginning of a header where one may be. If it were a good one, there would
   be no need to explain: so its checksum or its architecture is wrong, and the reason says so. */
static bool is_spoiled(struct bytes file, const struct place *place)
{
    for (size_t at = 0; at + place->bytes <= file.size && at + place->bytes <= place->searched;
         at += place->alignment) {
        if (load32(file.data + at) == place->magic) {
            return true;
        }
    }
    return false;
}

// ---- Another kind of file

static const struct {
    uint16_t offset;
    uint8_t length;
    char magic[9];
    const char *name;
} kinds[] = {
    {0x202, 4, "HdrS", "it is a Linux bzImage: use linux"},
    {0x8001, 5, "CD001", "it is an ISO image"},
    {257, 5, "ustar", "it is a tar archive"},
    {0, 6, "070701", "it is a cpio archive"},
    {0, 6, "070702", "it is a cpio archive"},
    {0, 6, "070707", "it is a cpio archive"},
    {0, 4, "PK\3\4", "it is a zip archive"},
    {0, 6, "7z\xbc\xaf\x27\x1c", "it is a 7z archive"},
    {0, 8, "!<arch>\n", "it is an ar archive: a library or a Debian package"},
    {0, 4, "hsqs", "it is a SquashFS image"},
    {0, 9, "version h", "it is a Git LFS pointer, in place of the file itself"},
    {0, 4, "\xce\xfa\xed\xfe", "it is a Mach-O file, not ELF"},
    {0, 4, "\xcf\xfa\xed\xfe", "it is a Mach-O file, not ELF"},
    {0, 2, "MZ", "it is a PE file: an EFI application or a Windows program"},
    {0, 2, "#!", "it is a script"},
};

static const char *name_kind(struct bytes file)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (range_within(kinds[i].offset, kinds[i].length, file.size) &&
            memcmp(file.data + kinds[i].offset, kinds[i].magic, kinds[i].length) == 0) {
            return kinds[i].name;
        }
    }
    return NULL;
}

// ---- ELF

static const struct {
    uint16_t number;
    const char *name;
} machines[] = {
    {2, "SPARC"},       {4, "m68k"},      {8, "MIPS"},        {20, "PowerPC"},
    {21, "PowerPC 64"}, {22, "S/390"},    {40, "32-bit ARM"}, {43, "SPARC 64"},
    {50, "Itanium"},    {183, "AArch64"}, {243, "RISC-V"},    {258, "LoongArch"},
};

static bool explain_machine(const uint8_t *ehdr, struct error *error)
{
    struct error before = *error;
    unsigned machine = load16(ehdr + 18);
    if (ehdr[EI_DATA] == ELFDATA2MSB) {
        machine = (machine << 8 | machine >> 8) & 0xffff;
    } else if (machine == EM_386 || machine == EM_X86_64) {
        return false;
    }
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].number == machine) {
            fail(error, "%s: it is an ELF file for %s, not for the PC", before.message,
                 machines[i].name);
            return true;
        }
    }
    fail(error, "%s: it is an ELF file for machine %u, not for the PC", before.message, machine);
    return true;
}

/* Whether the file is without symbols. Not if that cannot be told from what there is of it. */
static bool is_stripped(struct bytes file)
{
    bool is_64 = file.data[EI_CLASS] == ELFCLASS64;
    uint64_t at = is_64 ? load64(file.data + 40) : load32(file.data + 32);
    size_t size = load16(file.data + (is_64 ? 58 : 46));
    size_t count = load16(file.data + (is_64 ? 60 : 48));
    if (size < SH_TYPE + sizeof(uint32_t) || !range_within(at, size * count, file.size)) {
        return count == 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (load32(file.data + at + i * size + SH_TYPE) == SHT_SYMTAB) {
            return false;
        }
    }
    return true;
}

static bool is_linux(struct bytes file)
{
    static const char banner[] = "Linux version ";
    for (size_t at = 0; at + sizeof banner <= file.size; at++) {
        if (file.data[at] == 'L' && memcmp(file.data + at, banner, sizeof banner - 1) == 0) {
            return true;
        }
    }
    return false;
}

static const char other_linux[] = "it is a Linux kernel without a PVH entry (CONFIG_PVH)";
static const char pie[] =
    "it is a position-independent executable (PIE): link it as a fixed one, with -no-pie";

static const char *name_elf(struct bytes file)
{
    switch (load16(file.data + 16)) {
    case ET_REL:
        return "it is an object file, which is not linked";
    case ET_DYN:
        return pie;
    default:
        break;
    }
    if (is_linux(file)) {
        return other_linux;
    }
    return is_stripped(file)
               ? "nor anywhere else in it: it is stripped, which may have removed the header"
               : "nor anywhere else in it: put its section into the linker script, as "
                 "KEEP(*(.multiboot))";
}

// ---- All of it

/* There is a header, and something else is wrong. */
static void explain_rest(struct bytes file, struct error *error)
{
    if (elf_recognise(file) && file.size >= ELF_HEADER_BYTES &&
        !explain_machine(file.data, error) && load16(file.data + 16) == ET_DYN) {
        add(error, pie);
    }
}

static void explain_missing(struct bytes file, bool is_2, struct error *error)
{
    bool is_elf = elf_recognise(file) && file.size >= ELF_HEADER_BYTES;
    if (is_elf && explain_machine(file.data, error)) {
        return;
    }
    const char *kind = name_kind(file);
    if (kind == NULL || file.data[0] == 'M') { /* a PE file may have a header */
        if (explain_place(file, &places[is_2], error) ||
            explain_place(file, &places[!is_2], error) || is_spoiled(file, &places[is_2])) {
            return;
        }
    }
    kind = is_elf ? name_elf(file) : kind;
    if (kind != NULL) {
        add(error, kind);
    }
}

void explain_kernel(struct bytes file, bool is_2, struct error *error)
{
    bool has_1 = multiboot1_is_present(file), has_2 = multiboot2_is_present(file);
    if (is_2 ? has_2 : has_1) {
        explain_rest(file, error);
    } else if (has_1 || has_2) {
        fail(error, "has a Multiboot %d header, not a Multiboot %d one: use multiboot%s",
             is_2 ? 1 : 2, is_2 ? 2 : 1, is_2 ? "" : "2");
    } else {
        explain_missing(file, is_2, error);
    }
}

void explain_pvh(struct bytes file, struct error *error)
{
    if (elf_recognise(file) && file.size >= ELF_HEADER_BYTES) {
        if (explain_machine(file.data, error)) {
            return;
        }
        bool has_1 = multiboot1_is_present(file), has_2 = multiboot2_is_present(file);
        if (has_1 || has_2) {
            add(error, has_1 ? "it has a Multiboot header, for multiboot"
                             : "it has a Multiboot 2 header, for multiboot2");
        } else if (is_linux(file)) {
            add(error, other_linux);
        }
        return;
    }
    const char *kind = name_kind(file);
    if (kind != NULL) {
        add(error, kind);
    }
}

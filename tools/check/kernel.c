// SPDX-License-Identifier: BSD-2-Clause
// See check/kernel.h. All that is decided here is decided by the loader's own code.
#include "tools/check/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "loader/elf.h"
#include "loader/explain.h"
#include "loader/linux.h"
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include "stage2/plan/pvh_kernel.h"
#include "tools/check/configs.h"
#include "tools/check/report.h"
#include "tools/lib/pretend_pc.h"
#include "tools/lib/say.h"
#include "tools/tree/tree.h"

enum {
    LEAST_FILE_BYTES = 32, /* to grub-file, a smaller file is no kernel */
};

#define ARENA_BYTES ((size_t)16 << 30)

struct kernel_check {
    uint32_t mib;
    struct tree tree;
    struct arena arena;
    struct pretend_memory memory;
    char **names;              /* of the kernel, then the modules, as the user gave them */
    struct config_file *files; /* the kernel, then the modules */
    struct config_boot boot;
    struct file kernel;
    struct bytes start; /* of the kernel, decompressed; all of it, if it is not very large */
};

static bool complain(const struct error *error)
{
    say_error("%s", error->message);
    return false;
}

// ---- The headers

static void show_address_fields(const struct address_fields *fields)
{
    printf("    header_addr 0x%x, load_addr 0x%x, load_end_addr 0x%x, bss_end_addr 0x%x\n",
           fields->header_addr, fields->load_addr, fields->load_end_addr, fields->bss_end_addr);
}

static void show_multiboot1(const struct multiboot1_header *header)
{
    static const struct {
        uint32_t flag;
        const char *meaning;
    } flags[] = {
        {MULTIBOOT1_PAGE_ALIGN, "flag 0: modules on page boundaries"},
        {MULTIBOOT1_MEMORY_INFO, "flag 1: memory information"},
        {MULTIBOOT1_VIDEO_MODE, "flag 2: video mode"},
        {MULTIBOOT1_ADDRESS_FIELDS, "flag 16: address fields"},
    };
    printf("Multiboot 1 header at 0x%x, flags 0x%08x\n", header->file_offset, header->flags);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (header->flags & flags[i].flag) {
            printf("  %s\n", flags[i].meaning);
        }
        if (header->flags & flags[i].flag & MULTIBOOT1_VIDEO_MODE) {
            printf("    mode_type %u, width %u, height %u, depth %u\n", header->mode_type,
                   header->width, header->height, header->depth);
        }
    }
    if (header->flags & MULTIBOOT1_ADDRESS_FIELDS) {
        const struct address_fields fields = {header->header_addr, header->load_addr,
                                              header->load_end_addr, header->bss_end_addr, 0};
        show_address_fields(&fields);
        printf("    entry_addr 0x%x\n", header->entry_addr);
    }
}

static void show_requests(uint32_t requests)
{
    static const char *const names[MULTIBOOT2_INFORMATION_TYPES] = {
        "end",
        "command line",
        "loader name",
        "modules",
        "basic memory",
        "boot device",
        "memory map",
        "VBE",
        "framebuffer",
        "ELF sections",
        "APM",
        "EFI 32-bit system table",
        "EFI 64-bit system table",
        "SMBIOS",
        "ACPI old RSDP",
        "ACPI new RSDP",
        "network",
        "EFI memory map",
        "EFI boot services not terminated",
        "EFI 32-bit image handle",
        "EFI 64-bit image handle",
        "image load base",
    };
    for (unsigned type = 0; type < MULTIBOOT2_INFORMATION_TYPES; type++) {
        if (requests >> type & 1) {
            printf("    %u %s\n", type, names[type]);
        }
    }
}

static void show_fields(const struct multiboot2_header *header, enum multiboot2_header_tag tag)
{
    switch (tag) {
    case MULTIBOOT2_INFORMATION_REQUEST:
        show_requests(header->requests);
        break;
    case MULTIBOOT2_ADDRESS:
        show_address_fields(&header->address);
        break;
    case MULTIBOOT2_ENTRY_ADDRESS:
        printf("    entry_addr 0x%x\n", header->address.entry_addr);
        break;
    case MULTIBOOT2_CONSOLE_FLAGS:
        printf("    console %s, EGA text %s\n",
               header->console_flags & MULTIBOOT2_CONSOLE_REQUIRED ? "required" : "not required",
               header->console_flags & MULTIBOOT2_EGA_TEXT_SUPPORTED ? "supported"
                                                                     : "not supported");
        break;
    case MULTIBOOT2_FRAMEBUFFER:
        printf("    width %u, height %u, depth %u\n", header->width, header->height, header->depth);
        break;
    case MULTIBOOT2_ENTRY_ADDRESS_EFI32:
        printf("    entry_addr 0x%x\n", header->entry_efi32);
        break;
    case MULTIBOOT2_ENTRY_ADDRESS_EFI64:
        printf("    entry_addr 0x%x\n", header->entry_efi64);
        break;
    case MULTIBOOT2_RELOCATABLE:
        printf("    min_addr 0x%x, max_addr 0x%x, align 0x%x, preference %u\n", header->min_addr,
               header->max_addr, header->align, header->preference);
        break;
    default: /* no fields */
        break;
    }
}

static void show_multiboot2(const struct multiboot2_header *header)
{
    static const char *const names[MULTIBOOT2_HEADER_TAGS] = {
        [MULTIBOOT2_INFORMATION_REQUEST] = "information request",
        [MULTIBOOT2_ADDRESS] = "address",
        [MULTIBOOT2_ENTRY_ADDRESS] = "entry address",
        [MULTIBOOT2_CONSOLE_FLAGS] = "console flags",
        [MULTIBOOT2_FRAMEBUFFER] = "framebuffer",
        [MULTIBOOT2_MODULE_ALIGN] = "module alignment",
        [MULTIBOOT2_EFI_BOOT_SERVICES] = "EFI boot services",
        [MULTIBOOT2_ENTRY_ADDRESS_EFI32] = "EFI i386 entry address",
        [MULTIBOOT2_ENTRY_ADDRESS_EFI64] = "EFI amd64 entry address",
        [MULTIBOOT2_RELOCATABLE] = "relocatable",
    };
    printf("Multiboot 2 header at 0x%x\n", header->file_offset);
    for (unsigned tag = 1; tag < MULTIBOOT2_HEADER_TAGS; tag++) {
        if (multiboot2_has(header, tag)) {
            printf("  tag %u: %s\n", tag, names[tag]);
            show_fields(header, tag);
        }
    }
}

static void show_linux(const struct linux_header *header)
{
    static const struct {
        unsigned flag;
        const char *meaning;
    } flags[] = {
        {LINUX_XLF_KERNEL_64, "64-bit"},
        {LINUX_XLF_EFI_HANDOVER_32, "handover entry for 32-bit UEFI"},
        {LINUX_XLF_EFI_HANDOVER_64, "handover entry for 64-bit UEFI"},
    };
    printf("Linux, boot protocol %d.%02d, %s\n", header->version >> 8, header->version & 0xff,
           header->loadflags & LINUX_LOADED_HIGH ? "bzImage" : "zImage");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (header->xloadflags & flags[i].flag) {
            printf("  %s\n", flags[i].meaning);
        }
    }
    if (header->pe_machine == LINUX_PE_X64 || header->pe_machine == LINUX_PE_I386) {
        printf("  UEFI application, %s, %s\n", header->pe_machine == LINUX_PE_X64 ? "x64" : "ia32",
               header->pe_major != 0 ? "initrd by LoadFile2" : "initrd by the handover entry only");
    }
}

// ---- The placement

static bool show_plan(struct kernel_check *check, struct plan *plan, struct error *error)
{
    struct checked_piece *pieces;
    if (!check_pieces(plan, &check->boot, &check->arena, &pieces)) {
        return fail(error, "out of memory");
    }
    for (size_t i = 0; i < plan->placement.count; i++) {
        /* Modules are shown by the user's names. */
        for (size_t m = 0; m < check->boot.module_count; m++) {
            const char *name = check->names[m + 1];
            pieces[i].path = pieces[i].path == check->boot.modules[m].path ? name : pieces[i].path;
        }
    }
    check_report_pieces(pieces, plan->placement.count, plan->protocol, check->mib,
                        plan_first_instruction(plan));
    return true;
}

// ---- All of it

static const char caller[] = "command line"; /* in messages, in place of a config's name */

/* Makes a tree of the files, in which they have their paths of the disk. */
static bool add_files(struct kernel_check *check, size_t count, struct error *error)
{
    check->files = calloc(count, sizeof *check->files);
    check->tree.sources = calloc(count, sizeof *check->tree.sources);
    if (check->files == NULL || check->tree.sources == NULL) {
        return fail(error, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        struct tree_source *source = &check->tree.sources[i];
        check->files[i] = (struct config_file){
            .path = source->target, .arguments = "", .config = caller, .line = (uint32_t)i + 1};
        if (realpath(check->names[i], source->disk) == NULL) {
            return fail(error, "%s: %s", check->names[i], strerror(errno));
        }
        strcpy(source->target, source->disk);
        check->tree.count++;
    }
    check->boot.kernel = check->files[0];
    check->boot.modules = check->files + 1;
    check->boot.module_count = count - 1;
    tree_select(&check->tree);
    return true;
}

static const char *describe_format(struct bytes start)
{
    enum { EI_CLASS = 4, ELFCLASS64 = 2 };
    if (!elf_recognise(start)) {
        return "not ELF";
    }
    return start.size > EI_CLASS && start.data[EI_CLASS] == ELFCLASS64 ? "ELF64" : "ELF32";
}

static bool read_start(struct kernel_check *check, struct error *error)
{
    struct file *kernel = &check->kernel;
    const char *path = check->boot.kernel.path;
    if (!file_open(path, FILE_DECOMPRESS, kernel, &check->arena, error)) {
        return fail_in(error, "%s: ", path);
    }
    size_t size = kernel->size < EXPLAIN_BYTES ? (size_t)kernel->size : (size_t)EXPLAIN_BYTES;
    uint8_t *start = arena_allocate(&check->arena, size, 1);
    check->start = (struct bytes){start, size};
    return (start != NULL && file_read(kernel, 0, size, start, error)) ||
           fail_in(error, "%s: ", path);
}

/* Plans a boot by this protocol and shows it. False: it would fail. */
static bool plan(struct kernel_check *check, enum config_protocol protocol)
{
    const struct plan_environment environment = {
        .config_name = caller, .map = &check->memory.map, .overlay = plan_overlay_linked};
    struct plan plan;
    struct error error;
    check->boot.protocol = protocol;
    if (!plan_boot(&plan, &check->boot, &environment, &check->arena, &error)) {
        return complain(&error);
    }
    return (show_plan(check, &plan, &error) && check_uefi(&plan, &check->arena, &error)) ||
           complain(&error);
}

/* Looks for a PVH entry and sets *entry to its address. False with a reason: there is none. */
static bool find_pvh(struct kernel_check *check, uint32_t *entry, struct error *error)
{
    struct plan plan = {.kernel = check->kernel};
    size_t arena_size = check->arena.size;
    bool is_there = pvh_kernel_read(&plan, &check->arena, error);
    check->arena.size = arena_size;
    *entry = plan.headers.image.entry;
    return is_there;
}

static bool show_pvh(struct kernel_check *check, bool is_multiboot)
{
    uint32_t entry;
    struct error reason;
    bool is_pvh = find_pvh(check, &entry, &reason);
    if (is_pvh) {
        printf("PVH entry at 0x%x\n", entry);
    } else if (!is_multiboot && elf_recognise(check->start)) {
        explain_pvh(check->start, &reason);
        printf("%s\n", reason.message);
    }
    return is_pvh;
}

/* Shows a bzImage or zImage, and a boot as by linux or, if that is what it needs, by linux16. */
static bool show_linux_kernel(struct kernel_check *check)
{
    struct linux_header header;
    struct error error;
    if (!linux_read_header(check->start, check->kernel.size, &header, &error)) {
        return complain(&error);
    }
    show_linux(&header);
    return plan(check, linux_check_32_bit(&header, &error) ? CONFIG_LINUX : CONFIG_LINUX16);
}

/* Shows the headers and a boot by each protocol. True if it would boot by at least one of them. */
static bool show_kernel(struct kernel_check *check)
{
    struct multiboot1_header header1;
    struct multiboot2_header header2;
    struct error reason1, reason2;
    uint32_t ignored_entry;
    struct error ignored;
    bool is_1 = multiboot1_find_header(check->start, &header1, &reason1);
    bool is_2 = multiboot2_find_header(check->start, &header2, &reason2);
    if (!is_1 && !is_2 && linux_is_present(check->start)) {
        return show_linux_kernel(check);
    }
    if (!is_1 && !is_2 && !find_pvh(check, &ignored_entry, &ignored)) {
        explain_kernel(check->start, false, &reason1);
        explain_kernel(check->start, true, &reason2);
    }
    if (is_1) {
        show_multiboot1(&header1);
    } else {
        printf("%s\n", reason1.message);
    }
    if (is_2) {
        show_multiboot2(&header2);
    } else {
        printf("%s\n", reason2.message);
    }
    bool is_pvh = show_pvh(check, is_1 || is_2);
    bool boots_by_1 = is_1 && plan(check, CONFIG_MULTIBOOT1);
    bool boots_by_2 = is_2 && plan(check, CONFIG_MULTIBOOT2);
    return (is_pvh && plan(check, CONFIG_PVH)) || boots_by_2 || boots_by_1;
}

static bool prepare(struct kernel_check *check, char **names, size_t count, uint32_t mib)
{
    struct error error;
    *check = (struct kernel_check){.mib = mib, .names = names};
    return (pretend_arena(&check->arena, ARENA_BYTES, &error) &&
            pretend_memory(&check->memory, mib, &error) && add_files(check, count, &error) &&
            read_start(check, &error)) ||
           complain(&error);
}

static void end(struct kernel_check *check)
{
    tree_select(NULL);
    munmap(check->arena.base, check->arena.size);
    free(check->files);
    free(check->tree.sources);
}

bool check_kernel(char **names, size_t count, uint32_t mib)
{
    static struct kernel_check check; /* large */
    bool boots = prepare(&check, names, count, mib);
    if (boots) {
        printf("%s: %s, %" PRIu64 " bytes%s\n", names[0], describe_format(check.start),
               check.kernel.size, check.kernel.contents != NULL ? " decompressed" : "");
        boots = show_kernel(&check);
    }
    end(&check);
    return boots;
}

static bool is_kernel(struct kernel_check *check, enum config_protocol protocol)
{
    uint32_t ignored_entry;
    struct error ignored;
    switch (protocol) {
    case CONFIG_MULTIBOOT1:
        return multiboot1_is_present(check->start);
    case CONFIG_MULTIBOOT2:
        return multiboot2_is_present(check->start);
    case CONFIG_LINUX:
        return linux_is_present(check->start);
    default:
        return find_pvh(check, &ignored_entry, &ignored);
    }
}

bool check_is_kernel(char *name, enum config_protocol protocol)
{
    static struct kernel_check check;
    bool is_one = prepare(&check, &name, 1, PRETEND_TYPICAL_MIB) &&
                  check.start.size >= LEAST_FILE_BYTES && is_kernel(&check, protocol);
    end(&check);
    return is_one;
}

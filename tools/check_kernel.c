// SPDX-License-Identifier: BSD-2-Clause
// See check_kernel.h. All that is decided here is decided by the loader's own code.
#include "tools/check_kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/elf.h"
#include "stage2/plan.h"
#include "tools/options.h"
#include "tools/pretend_pc.h"
#include "tools/say.h"
#include "tools/tree.h"

enum {
    STATUS_YES = 0,
    STATUS_NO = 1,
    STATUS_USAGE = 2,
    DEFAULT_MIB = 128, /* QEMU's */
    SMALLEST_MIB = 2,
    LARGEST_MIB = 1 << 20,
    LEAST_FILE_BYTES = 32, /* smaller ones are none to grub-file */
};

#define ARENA_BYTES ((size_t)16 << 30)

struct settings {
    uint32_t mib;
    int question; /* is it a kernel of this version of Multiboot? 0: say what it is */
    bool help;
};

// ---- The command line

static bool set_memory(void *settings, const char *argument, struct error *error)
{
    char *end;
    unsigned long mib = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || mib < SMALLEST_MIB ||
        mib > LARGEST_MIB) {
        return fail(error, "%s: memory is given in MiB, %d to %d", argument, SMALLEST_MIB,
                    LARGEST_MIB);
    }
    ((struct settings *)settings)->mib = (uint32_t)mib;
    return true;
}

static bool set_question(struct settings *settings, int question, struct error *error)
{
    if (settings->question != 0) {
        return fail(error, "one question at a time");
    }
    settings->question = question;
    return true;
}

static bool set_is_multiboot1(void *settings, const char *argument, struct error *error)
{
    (void)argument;
    return set_question(settings, 1, error);
}

static bool set_is_multiboot2(void *settings, const char *argument, struct error *error)
{
    (void)argument;
    return set_question(settings, 2, error);
}

static const struct option options[] = {
    {'m', "memory", "MIB", "memory of the machine to place it in (128)", set_memory, 0},
    {0, "is-x86-multiboot", NULL, "say nothing, exit with 0 if it has a Multiboot 1 header",
     set_is_multiboot1, 0},
    {0, "is-x86-multiboot2", NULL, "say nothing, exit with 0 if it has a Multiboot 2 header",
     set_is_multiboot2, 0},
    {'h', "help", NULL, "show this help", options_flag, offsetof(struct settings, help)},
    {0},
};

static void show_help(const char *name)
{
    printf("Usage: %s [OPTION]… KERNEL [MODULE]…\n"
           "Says what a kernel is, and where it and its modules would stand in memory.\n\n",
           name);
    options_help(options);
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

// ---- The placement

static int by_address(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;
    return a->address != b->address ? (a->address < b->address ? -1 : 1) : 0;
}

static void show_plan(struct plan *plan, char **module_names, uint32_t mib)
{
    struct placement *placement = &plan->placement;
    printf("By Multiboot %d in %u MiB of memory, entered at 0x%x:\n", plan->protocol, mib,
           plan->entry);
    qsort(placement->pieces, placement->count, sizeof placement->pieces[0], by_address);
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        const char *name = "";
        for (size_t m = 0; m < plan->information.module_count; m++) {
            name = piece->file == &plan->modules[m] ? module_names[m] : name;
        }
        printf("  0x%08x to 0x%08" PRIx64 "  %s%s%s\n", piece->address,
               (uint64_t)piece->address + piece->length + piece->zero_length, piece->name,
               name[0] != '\0' ? ": " : "", name);
    }
}

// ---- All of it

struct check {
    const struct settings *settings;
    struct tree tree;
    struct arena arena;
    struct pretend_memory memory;
    char **names;              /* of the kernel, then the modules, as they were given */
    struct config_file *files; /* the same */
    struct config_boot boot;
    struct bytes start; /* of the kernel, unpacked */
};

static const char caller[] = "command line"; /* in messages, where a config would name the files */

/* The files as a tree in which their paths are those on the disk. */
static bool add_files(struct check *check, size_t count, struct error *error)
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

static bool read_start(struct check *check, struct error *error)
{
    struct file kernel;
    const char *path = check->boot.kernel.path;
    if (!file_open(path, FILE_UNPACK, &kernel, &check->arena, error)) {
        return fail_in(error, "%s: ", path);
    }
    size_t size = kernel.size < MULTIBOOT2_SEARCH_BYTES ? (size_t)kernel.size
                                                        : (size_t)MULTIBOOT2_SEARCH_BYTES;
    uint8_t *start = arena_allocate(&check->arena, size, 1);
    check->start = (struct bytes){start, size};
    if (start == NULL || !file_read(&kernel, 0, size, start, error)) {
        return fail_in(error, "%s: ", path);
    }
    if (check->settings->question == 0) {
        printf("%s: %s, %" PRIu64 " bytes%s\n", check->names[0], describe_format(check->start),
               kernel.size, kernel.contents != NULL ? " unpacked" : "");
    }
    return true;
}

/* Plans a boot by this protocol; whether it could be done. */
static bool plan(struct check *check, enum config_protocol protocol)
{
    struct plan plan;
    struct error error;
    check->boot.protocol = protocol;
    if (!plan_boot(&plan, &check->boot, caller, &check->memory.map, &check->arena, &error)) {
        say("%s", error.message);
        return false;
    }
    show_plan(&plan, check->names + 1, check->settings->mib);
    return true;
}

/* Whether it boots by one of the protocols at least. */
static bool show_kernel(struct check *check)
{
    struct multiboot1_header header1;
    struct multiboot2_header header2;
    struct error reason1, reason2;
    bool is_1 = multiboot1_find_header(check->start, &header1, &reason1);
    bool is_2 = multiboot2_find_header(check->start, &header2, &reason2);
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
    bool boots_by_1 = is_1 && plan(check, CONFIG_MULTIBOOT1);
    return (is_2 && plan(check, CONFIG_MULTIBOOT2)) || boots_by_1;
}

static bool answer(const struct check *check)
{
    bool is_1 = check->settings->question == 1;
    return check->start.size >= LEAST_FILE_BYTES &&
           (is_1 ? multiboot1_is_present(check->start) : multiboot2_is_present(check->start));
}

static int check_files(const struct settings *settings, char **names, size_t count)
{
    static struct check check; /* large */
    struct error error;
    bool done = false;
    check.settings = settings;
    check.names = names;
    if (!pretend_arena(&check.arena, ARENA_BYTES, &error) ||
        !pretend_memory(&check.memory, settings->mib, &error) ||
        !add_files(&check, count, &error) || !read_start(&check, &error)) {
        say("%s", error.message);
    } else {
        done = settings->question != 0 ? answer(&check) : show_kernel(&check);
    }
    tree_select(NULL);
    free(check.files);
    free(check.tree.sources);
    return done ? STATUS_YES : STATUS_NO;
}

int check_kernel(int argc, char **argv)
{
    struct settings settings = {.mib = DEFAULT_MIB};
    struct command_line line = {0};
    struct error error;
    int status = STATUS_USAGE;
    if (!options_read(argc, argv, options, NULL, &settings, &line, &error)) {
        say("%s", error.message);
    } else if (settings.help) {
        show_help(argv[0]);
        status = STATUS_YES;
    } else if (line.operands.count == 0 || (settings.question != 0 && line.operands.count > 1)) {
        say("%s (--help shows how to call it)",
            line.operands.count == 0 ? "a file is missing" : "one file at a time");
    } else {
        status = check_files(&settings, line.operands.at, line.operands.count);
    }
    options_free(&line);
    return status;
}

// SPDX-License-Identifier: BSD-2-Clause
// See linux_kernel.h. The kernel and its initrd go where GRUB places them. boot_params go to where
// Multiboot's information goes: Linux copies them before it uses memory.
#include "stage2/plan/linux_kernel.h"

#include <string.h>
#include "loader/newc.h"

enum {
    PAGE_SIZE = 4096,
    LOW_MEMORY_END = 0xa0000,
    RELOCATED_LOWEST = 0x1000000, /* where GRUB looks for another place than the preferred one */
    INITRD_ALIGNMENT = 4,         /* of each file in it */
    MOST_PIECES_PER_INITRD = 3,   /* an archive's trailer, headers, contents */
};

/* What the steps of one plan share. */
struct planning {
    struct plan *plan;
    struct linux_boot *linux_boot;
    const struct config_boot *boot;
    const struct plan_environment *environment;
    struct arena *arena;
    struct error *error;
};

static bool fail_at(const struct planning *planning, const struct config_file *file)
{
    return fail_in(planning->error, "%.120s:%u: %.120s: ", file->config, file->line, file->path);
}

static bool fail_full(const struct planning *planning)
{
    return fail(planning->error, "too little working memory");
}

// ---- The kernel

/* Chooses how the kernel is entered under UEFI. */
static enum linux_way choose_efi_way(const struct planning *planning)
{
    const struct linux_header *header = &planning->linux_boot->header;
    bool is_64 = planning->environment->efi->is_64;
    unsigned handover = is_64 ? LINUX_XLF_EFI_HANDOVER_64 : LINUX_XLF_EFI_HANDOVER_32;
    bool has_handover = (header->xloadflags & handover) != 0 && header->handover_offset != 0;
    if (header->pe_machine == (is_64 ? LINUX_PE_X64 : LINUX_PE_I386) &&
        (header->pe_major != 0 || planning->boot->module_count == 0 || !has_handover)) {
        return LINUX_BY_EFI;
    }
    return has_handover ? LINUX_BY_HANDOVER : LINUX_BY_32_BIT;
}

static bool choose_way(const struct planning *planning)
{
    const struct linux_header *header = &planning->linux_boot->header;
    bool is_efi = planning->environment->efi != NULL;
    planning->linux_boot->way = LINUX_BY_32_BIT;
    if (planning->boot->protocol == CONFIG_LINUX16) {
        planning->linux_boot->way = LINUX_BY_REAL_MODE;
        return !is_efi || fail(planning->error, "linux16 needs a BIOS: use linux");
    }
    if (!linux_check_32_bit(header, planning->error)) {
        return false;
    }
    if (is_efi) {
        planning->linux_boot->way = choose_efi_way(planning);
    }
    planning->plan->information.keeps_boot_services =
        planning->linux_boot->way == LINUX_BY_EFI || planning->linux_boot->way == LINUX_BY_HANDOVER;
    return true;
}

/* The part of the command line that the kernel has room for. */
static void cut_command_line(const struct planning *planning)
{
    struct linux_boot *linux_boot = planning->linux_boot;
    const char *all = planning->boot->kernel.arguments;
    linux_boot->command_line = all;
    linux_boot->command_line_length =
        linux_command_line_length(all, linux_boot->header.command_line_most);
    if (all[linux_boot->command_line_length] != 0) {
        planning->plan->note = "its command line is too long: the last arguments are left out";
    }
}

static bool read_setup_code(const struct planning *planning)
{
    struct linux_boot *linux_boot = planning->linux_boot;
    size_t length = linux_boot->header.setup_bytes;
    if (linux_boot->way != LINUX_BY_REAL_MODE) {
        return true;
    }
    uint8_t *code = arena_allocate(planning->arena, length, 1);
    linux_boot->setup_code = code;
    return code != NULL ? file_read(&planning->plan->kernel, 0, length, code, planning->error)
                        : fail_full(planning);
}

static bool read_kernel(const struct planning *planning, struct bytes start)
{
    const struct file *kernel = &planning->plan->kernel;
    if (!linux_read_header(start, kernel->size, &planning->linux_boot->header, planning->error) ||
        !choose_way(planning)) {
        return false;
    }
    cut_command_line(planning);
    return read_setup_code(planning);
}

// ---- Its place

/* Memory that the kernel needs from its first byte on. */
static uint32_t kernel_needs(const struct linux_boot *linux_boot)
{
    return linux_boot->way == LINUX_BY_EFI ? 0 : linux_boot->header.init_size;
}

/* Finds a place of the kernel's alignment, or of less if need be. */
static bool find_other_place(const struct planning *planning, uint32_t lowest, uint32_t *address)
{
    const struct linux_header *header = &planning->linux_boot->header;
    uint32_t alignment = header->kernel_alignment;
    for (; alignment >= header->least_alignment && alignment != 0; alignment /= 2) {
        if (placement_find(&planning->plan->placement, header->init_size, alignment, lowest,
                           PLACEMENT_LIMIT, address)) {
            return true;
        }
    }
    return false;
}

static bool find_kernel_place(const struct planning *planning, uint32_t *address)
{
    const struct linux_header *header = &planning->linux_boot->header;
    const struct memory_map *map = planning->plan->placement.map;
    *address = LINUX_HIGH;
    if (!header->is_relocatable) {
        return true;
    }
    if (header->pref_address <= PLACEMENT_LIMIT - header->init_size &&
        memory_map_available(map, header->pref_address, header->init_size, NULL)) {
        *address = (uint32_t)header->pref_address;
        return true;
    }
    return find_other_place(planning, RELOCATED_LOWEST, address) ||
           find_other_place(planning, LINUX_HIGH, address) ||
           fail(planning->error, "it needs 0x%x bytes of memory in one piece", header->init_size);
}

static bool place_kernel(const struct planning *planning)
{
    struct linux_boot *linux_boot = planning->linux_boot;
    struct plan *plan = planning->plan;
    const struct linux_header *header = &linux_boot->header;
    struct piece piece = {
        .kind = "kernel",
        .number = PIECE_UNNUMBERED,
        .length = header->kernel_bytes,
        .file = &plan->kernel,
        .file_offset = header->setup_bytes,
    };
    switch (linux_boot->way) {
    case LINUX_BY_EFI: /* the whole file */
        piece.length += header->setup_bytes;
        piece.file_offset = 0;
        if (!placement_add_above(&plan->placement, &piece, PAGE_SIZE, PLAN_MODULES_LOWEST,
                                 planning->error)) {
            return false;
        }
        linux_boot->kernel_address = piece.address;
        return true;
    case LINUX_BY_REAL_MODE:
        piece.address = header->loadflags & LINUX_LOADED_HIGH ? LINUX_HIGH : LINUX_LOW;
        break;
    default:
        /* While the firmware runs, all that the kernel needs must be allocated. */
        piece.zero_length =
            linux_boot->way == LINUX_BY_HANDOVER ? header->init_size - header->kernel_bytes : 0;
        if (!find_kernel_place(planning, &piece.address)) {
            return false;
        }
    }
    linux_boot->kernel_address = piece.address;
    return placement_add_at(&plan->placement, &piece, planning->error);
}

// ---- boot_params, or the real-mode block

static uint64_t information_size(const struct planning *planning)
{
    const struct boot_efi *efi = planning->environment->efi;
    const struct linux_boot *linux_boot = planning->linux_boot;
    if (linux_boot->way == LINUX_BY_EFI) {
        return (linux_boot->command_line_length + 1) * (uint64_t)sizeof(uint16_t); /* LoadOptions */
    }
    return linux_information_size(
        linux_boot, planning->environment->map->count,
        efi != NULL && linux_boot->way == LINUX_BY_32_BIT ? efi->memory_map.size : 0);
}

/* The real-mode block is as high as possible, but not above the place that old kernels have. */
static bool place_real_mode(const struct planning *planning, struct piece *piece)
{
    const struct linux_header *header = &planning->linux_boot->header;
    struct placement *placement = &planning->plan->placement;
    if (!placement_find_high(placement->map, piece->length, PAGE_SIZE, PAGE_SIZE,
                             LINUX_REAL_MODE + piece->length, &piece->address)) {
        return fail(planning->error, "no conventional memory for its real-mode code");
    }
    if (header->version < 0x202) {
        piece->address = LINUX_REAL_MODE;
    }
    return placement_add_at(placement, piece, planning->error);
}

static bool place_information(const struct planning *planning)
{
    struct plan *plan = planning->plan;
    struct placement *placement = &plan->placement;
    const struct linux_boot *linux_boot = planning->linux_boot;
    uint64_t length = information_size(planning);
    struct piece piece = {
        .kind = "boot information",
        .number = PIECE_UNNUMBERED,
        .length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX,
    };
    uint32_t ignored;
    plan->information_piece = (uint32_t)placement->count;
    if (linux_boot->way == LINUX_BY_REAL_MODE) {
        if (!place_real_mode(planning, &piece)) {
            return false;
        }
    } else {
        bool low = placement_find(placement, length, PAGE_SIZE, PLAN_INFORMATION_LOWEST,
                                  LOW_MEMORY_END, &ignored);
        uint64_t lowest = low ? PLAN_INFORMATION_LOWEST
                              : linux_boot->kernel_address + (uint64_t)kernel_needs(linux_boot);
        if (!placement_add_above(placement, &piece, PAGE_SIZE, lowest, planning->error)) {
            return false;
        }
    }
    plan->information_address = piece.address;
    plan->entry = piece.address + linux_entry_offset(linux_boot);
    return true;
}

// ---- The initrd: all its files one after the other

/* A file that is in memory: headers for an archive. */
static struct file *add_headers(const struct planning *planning, size_t size, const char *path)
{
    struct file *file = ARENA_NEW(planning->arena, struct file);
    uint8_t *contents = arena_allocate(planning->arena, size, 1);
    if (file == NULL || contents == NULL) {
        fail_full(planning);
        return NULL;
    }
    *file = (struct file){.path = path, .size = size, .contents = contents};
    return file;
}

static uint64_t padded(uint64_t size)
{
    return (size + INITRD_ALIGNMENT - 1) & ~(uint64_t)(INITRD_ALIGNMENT - 1);
}

/* Appends a piece of the initrd, after zeros up to a multiple of 4. number: which of the files,
   from 1 on. */
static bool append_piece(const struct planning *planning, const char *kind, size_t number,
                         const struct file *file)
{
    struct placement *placement = &planning->plan->placement;
    struct linux_boot *linux_boot = planning->linux_boot;
    uint64_t start = padded(linux_boot->initrd_bytes);
    if (file->size > INT32_MAX || start + file->size > INT32_MAX) {
        return fail(planning->error, "an initrd of 2 GiB or more");
    }
    struct piece *piece = &placement->pieces[placement->count++];
    *piece = (struct piece){
        .kind = kind,
        .number = (int32_t)number,
        .address = (uint32_t)start, /* for now; place_initrd() makes it an address */
        .length = (uint32_t)file->size,
        .zero_length = (uint32_t)(padded(file->size) - file->size),
        .file = file,
    };
    linux_boot->initrd_bytes = (uint32_t)(start + file->size);
    return true;
}

static bool append_trailer(const struct planning *planning, size_t number, const char *path)
{
    struct file *file = add_headers(planning, newc_trailer_size(), path);
    if (file == NULL) {
        return false;
    }
    newc_write_trailer((uint8_t *)file->contents);
    return append_piece(planning, "trailer of initrd", number, file);
}

static bool append_file(const struct planning *planning, size_t index)
{
    const struct config_file *wanted = &planning->boot->modules[index];
    struct file *file = &planning->plan->modules[index];
    bool is_member = wanted->arguments[0] != 0;
    if (!file_open(wanted->path, FILE_AS_IT_IS, file, planning->arena, planning->error)) {
        return false;
    }
    if (is_member) {
        size_t size = newc_headers_size(wanted->arguments);
        struct file *headers = add_headers(planning, size, wanted->path);
        if (headers == NULL || !append_piece(planning, "headers of initrd", index + 1, headers)) {
            return false;
        }
        newc_write_headers(wanted->arguments, (uint32_t)file->size, (uint8_t *)headers->contents);
    }
    if (!append_piece(planning, "initrd", index + 1, file)) {
        return false;
    }
    bool is_last = index + 1 == planning->boot->module_count ||
                   planning->boot->modules[index + 1].arguments[0] == 0;
    return !is_member || !is_last || append_trailer(planning, index + 1, wanted->path);
}

static bool append_files(const struct planning *planning)
{
    size_t count = planning->boot->module_count;
    struct boot_module *modules = ARENA_ARRAY(planning->arena, count, struct boot_module);
    planning->plan->modules = ARENA_ARRAY(planning->arena, count, struct file);
    if (planning->plan->modules == NULL || modules == NULL) {
        return fail_full(planning);
    }
    for (size_t i = 0; i < count; i++) {
        if (!append_file(planning, i)) {
            return fail_at(planning, &planning->boot->modules[i]);
        }
        modules[i].string = planning->boot->modules[i].arguments;
    }
    planning->plan->information.modules = modules;
    planning->plan->information.module_count = count;
    return true;
}

/* Finds the highest place that the kernel reaches. Under UEFI, one that can be read to at once is
   better. */
static bool find_initrd_place(const struct planning *planning, uint32_t *address)
{
    const struct linux_boot *linux_boot = planning->linux_boot;
    const struct placement *placement = &planning->plan->placement;
    const struct boot_efi *efi = planning->environment->efi;
    uint64_t lowest = linux_boot->kernel_address + (uint64_t)kernel_needs(linux_boot);
    uint32_t limit = linux_initrd_limit(linux_boot);
    if (linux_boot->way == LINUX_BY_EFI) { /* it is copied anyway */
        return placement_find(placement, linux_boot->initrd_bytes, PAGE_SIZE, PLAN_MODULES_LOWEST,
                              PLACEMENT_LIMIT, address);
    }
    lowest = lowest > LINUX_HIGH ? lowest : LINUX_HIGH;
    if (lowest >= limit) {
        return false;
    }
    if (linux_boot->way == LINUX_BY_HANDOVER) { /* nothing moves it out of staged memory, on top */
        return placement_find(placement, linux_boot->initrd_bytes, PAGE_SIZE, lowest, limit,
                              address);
    }
    return (efi != NULL && placement_find_high(efi->unused, linux_boot->initrd_bytes, PAGE_SIZE,
                                               (uint32_t)lowest, limit, address)) ||
           placement_find_high(placement->map, linux_boot->initrd_bytes, PAGE_SIZE,
                               (uint32_t)lowest, limit, address);
}

static bool place_initrd(const struct planning *planning, size_t first)
{
    struct linux_boot *linux_boot = planning->linux_boot;
    struct placement *placement = &planning->plan->placement;
    struct boot_module *modules = (struct boot_module *)planning->plan->information.modules;
    if (linux_boot->initrd_bytes == 0) {
        return true;
    }
    /* The pieces are added again, at their addresses. */
    size_t end = placement->count;
    placement->count = first;
    if (!find_initrd_place(planning, &linux_boot->initrd_address)) {
        fail(planning->error, "no memory for an initrd of 0x%x bytes where the kernel reaches it",
             linux_boot->initrd_bytes);
        return fail_at(planning, &planning->boot->modules[0]);
    }
    for (size_t i = first; i < end; i++) {
        struct piece piece = placement->pieces[i];
        piece.address += linux_boot->initrd_address;
        if (!placement_add_at(placement, &piece, planning->error)) {
            return fail_at(planning, &planning->boot->modules[0]);
        }
        if (piece.file == &planning->plan->modules[piece.number - 1]) {
            modules[piece.number - 1].mod_start = piece.address;
            modules[piece.number - 1].mod_end = piece.address + piece.length;
        }
    }
    return true;
}

// ---- All of it

static bool place_all(const struct planning *planning)
{
    struct plan *plan = planning->plan;
    const struct boot_efi *efi = planning->environment->efi;
    bool keeps = plan->information.keeps_boot_services;
    size_t pieces = 2 + MOST_PIECES_PER_INITRD * planning->boot->module_count;
    if (!placement_start(&plan->placement, pieces, keeps ? efi->unused : planning->environment->map,
                         planning->arena, planning->error)) {
        return false;
    }
    if (efi != NULL && !keeps) {
        plan->placement.fixed_map = efi->overwritable;
    }
    return place_kernel(planning) && place_information(planning);
}

/* vmlinux: the kernel as the linker wrote it, which has a PVH entry but no setup header. */
static bool plan_by_pvh(const struct planning *planning)
{
    struct config_boot boot = *planning->boot;
    struct plan *plan = planning->plan;
    if (boot.module_count > 1 || (boot.module_count == 1 && boot.modules[0].arguments[0] != 0)) {
        fail(planning->error,
             "is an ELF file, started by its PVH entry: that takes one plain initrd only");
        return fail_at(planning, &boot.kernel);
    }
    boot.protocol = CONFIG_PVH;
    if (!plan_boot(plan, &boot, planning->environment, planning->arena, planning->error)) {
        return false;
    }
    plan->note = "is an ELF file: it is started by its PVH entry, as by the command pvh";
    return true;
}

bool linux_kernel_plan(struct plan *plan, const struct config_boot *boot,
                       const struct plan_environment *environment, struct arena *arena,
                       struct error *error)
{
    struct planning planning = {.plan = plan,
                                .boot = boot,
                                .environment = environment,
                                .arena = arena,
                                .error = error,
                                .linux_boot = ARENA_NEW(arena, struct linux_boot)};
    size_t arena_size = arena->size;
    if (planning.linux_boot == NULL) {
        return fail_full(&planning) || fail_at(&planning, &boot->kernel);
    }
    plan->linux_boot = planning.linux_boot;
    plan->video.is_made = boot->protocol == CONFIG_LINUX && boot->gfxpayload != NULL;
    if (!file_open(boot->kernel.path, FILE_DECOMPRESS, &plan->kernel, arena, error)) {
        return fail_at(&planning, &boot->kernel);
    }
    size_t length =
        plan->kernel.size < LINUX_START_BYTES ? (size_t)plan->kernel.size : LINUX_START_BYTES;
    struct bytes start = {plan_view(&plan->kernel, 0, length, arena, error), length};
    bool is_elf = start.data != NULL && elf_recognise(start);
    bool is_read = start.data != NULL && !is_elf && read_kernel(&planning, start);
    arena->size = arena_size;
    if (is_elf) {
        return plan_by_pvh(&planning);
    }
    if (!is_read || !place_all(&planning)) {
        return fail_at(&planning, &boot->kernel);
    }
    size_t first = plan->placement.count;
    return append_files(&planning) && place_initrd(&planning, first);
}

// SPDX-License-Identifier: BSD-2-Clause
// See plan.h. Pieces go where GRUB places them, as kernels have come to rely on that: Multiboot 1's
// information to the lowest free page from 0x10000 on, the modules page-aligned from the first page
// after the kernel upwards. PVH's go to the same places. No kernel relies on the places of the
// rest: the sections that no segment loads, and Multiboot 2's information, which go to the lowest
// gaps above 1 MiB.
#include "stage2/plan/plan.h"

#include <string.h>
#include "loader/aout.h"
#include "loader/elf.h"
#include "loader/explain.h"
#include "stage2/plan/overlay.h"

enum {
    PAGE_SIZE = 4096,
    LOW_MEMORY_END = 0xa0000,
};

/* What the steps of one plan share. */
struct planning {
    struct plan *plan;
    const struct config_boot *boot;
    const struct plan_environment *environment;
    struct arena *arena;
    struct error *error;
    bool is_multiboot2;                  /* the plan's protocol */
    const struct plan_overlay *overlay;  /* NULL for Multiboot 1 */
    struct multiboot2_header multiboot2; /* the kernel's header; Multiboot 1: empty */
};

/* Puts the config's name, the line and the file's path before the reason. Returns false. */
static bool fail_at(const struct planning *planning, const struct config_file *file)
{
    return fail_in(planning->error, "%.120s:%u: %.120s: ", file->config, file->line, file->path);
}

const uint8_t *plan_view(const struct file *file, uint64_t offset, size_t length,
                         struct arena *arena, struct error *error)
{
    if (file->contents != NULL) {
        return file->contents + offset;
    }
    if (length > arena->size - arena->used) {
        fail(error, "%zu bytes of it are more than there is working memory for", length);
        return NULL;
    }
    arena->size -= length;
    uint8_t *copy = arena->base + arena->size;
    return file_read(file, offset, length, copy, error) ? copy : NULL;
}

/* plan_view() of a kernel. */
static const uint8_t *view(const struct planning *planning, const struct file *file,
                           uint64_t offset, size_t length)
{
    return plan_view(file, offset, length, planning->arena, planning->error);
}

static bool open_file(const struct planning *planning, const struct config_file *wanted,
                      struct file *file)
{
    if (wanted->on_disc != NULL) {
        *file = (struct file){.path = wanted->path,
                              .size = wanted->on_disc->size,
                              .on_disc = *wanted->on_disc,
                              .must_be_uncompressed = !wanted->keep_compressed};
        return true;
    }
    enum file_compression compression = wanted->keep_compressed ? FILE_AS_IT_IS : FILE_DECOMPRESS;
    return file_open(wanted->path, compression, file, planning->arena, planning->error);
}

static bool read_sections(struct planning *planning, const struct file *kernel)
{
    struct kernel_headers *headers = &planning->plan->headers;
    struct elf *elf = &headers->elf;
    size_t length = elf->section_header_count * elf->section_header_size;
    if (length == 0) {
        return true;
    }
    headers->section_headers = arena_allocate(planning->arena, length, sizeof(uint64_t));
    if (headers->section_headers == NULL) {
        return fail(planning->error, "%zu bytes of section headers are too many", length);
    }
    return file_read(kernel, elf->section_headers_offset, length, headers->section_headers,
                     planning->error) &&
           elf_unloaded_sections(elf, headers->section_headers, kernel->size, &headers->unloaded,
                                 planning->arena, planning->error);
}

static bool read_elf(struct planning *planning, const struct file *kernel, struct bytes start)
{
    struct elf *elf = &planning->plan->headers.elf;
    if (!elf_read_header(start, kernel->size, elf, planning->error)) {
        return false;
    }
    const uint8_t *program_headers = view(planning, kernel, elf->program_headers_offset,
                                          elf->program_header_count * elf->program_header_size);
    return program_headers != NULL &&
           elf_image(elf, program_headers, kernel->size, &planning->plan->headers.image,
                     planning->arena, planning->error) &&
           read_sections(planning, kernel);
}

/* Returns the kernel's first bytes, at most length (view()); data NULL on failure. */
static struct bytes view_start(const struct planning *planning, size_t length)
{
    const struct file *kernel = &planning->plan->kernel;
    length = kernel->size < length ? (size_t)kernel->size : length;
    return (struct bytes){view(planning, kernel, 0, length), length};
}

static bool read_image(struct planning *planning, struct bytes start)
{
    return elf_recognise(start) ? read_elf(planning, &planning->plan->kernel, start)
                                : fail(planning->error, "is no ELF file, and its Multiboot header "
                                                        "has no address fields: boot the ELF file "
                                                        "that objcopy -O binary was given");
}

/* Notes the video request of a kernel that supports graphics. As under GRUB, a mode that the config
   sets after the kernel's line has precedence over the one that the header prefers. */
static void plan_video(struct planning *planning, bool is_preferred, uint32_t width,
                       uint32_t height, uint32_t depth)
{
    struct video_request *video = &planning->plan->video;
    video->is_made = true;
    video->is_preferred = is_preferred;
    video->width = width;
    video->height = height;
    video->depth = depth;
}

static bool read_multiboot1(struct planning *planning)
{
    struct multiboot1_header header;
    struct bytes start = view_start(planning, MULTIBOOT1_START_BYTES);
    if (start.data == NULL || !multiboot1_find_header(start, &header, planning->error)) {
        return false;
    }
    if (header.flags & MULTIBOOT1_VIDEO_MODE) {
        /* Only type 0 asks for graphics: 1 is text, the others are reserved. */
        plan_video(planning, header.mode_type == MULTIBOOT1_LINEAR_GRAPHICS, header.width,
                   header.height, header.depth);
    }
    if ((header.flags & MULTIBOOT1_ADDRESS_FIELDS) && !planning->boot->ignore_address_fields) {
        struct kernel_headers *headers = &planning->plan->headers;
        headers->has_symbols = aout_has_symbols(start);
        const struct plan_overlay *overlay = planning->environment->overlay(planning->error);
        return overlay != NULL &&
               overlay->multiboot1_image(&header, planning->plan->kernel.size, &headers->image,
                                         planning->arena, planning->error);
    }
    return read_image(planning, start);
}

/* Reads the Multiboot 2 header. Searches the part where a Multiboot 1 header would be first: most
   kernels have it there, and reading all of the part where it may be takes time and memory.
   Returns the kernel's first bytes; data NULL on failure. */
static struct bytes find_multiboot2(struct planning *planning)
{
    size_t arena_size = planning->arena->size;
    struct bytes start = view_start(planning, MULTIBOOT1_SEARCH_BYTES);
    if (start.data != NULL &&
        !planning->overlay->find_header(start, &planning->multiboot2, planning->error)) {
        planning->arena->size = arena_size;
        start = view_start(planning, MULTIBOOT2_SEARCH_BYTES);
        if (start.data != NULL &&
            !planning->overlay->find_header(start, &planning->multiboot2, planning->error)) {
            start.data = NULL;
        }
    }
    return start;
}

static bool read_multiboot2(struct planning *planning)
{
    struct multiboot2_header *header = &planning->multiboot2;
    struct plan *plan = planning->plan;
    struct bytes start = find_multiboot2(planning);
    if (start.data == NULL) {
        return false;
    }
    plan->information.keeps_room_for_smbios = (header->requests >> MULTIBOOT2_SMBIOS & 1) != 0;
    if (multiboot2_has(header, MULTIBOOT2_FRAMEBUFFER)) {
        plan_video(planning, true, header->width, header->height, header->depth);
    }
    if (multiboot2_has(header, MULTIBOOT2_ADDRESS)) {
        return planning->overlay->address_image(header, plan->kernel.size, &plan->headers.image,
                                                planning->arena, planning->error);
    }
    return read_image(planning, start) &&
           planning->overlay->check_no_relocations(
               &plan->headers.elf, plan->headers.section_headers, planning->error) &&
           planning->overlay->apply_entry(header, &plan->headers.image, planning->error);
}

/* As much of the kernel as there is memory for; data NULL on failure. */
static struct bytes view_most(const struct planning *planning)
{
    const struct file *kernel = &planning->plan->kernel;
    size_t room =
        kernel->contents != NULL ? EXPLAIN_BYTES : planning->arena->size - planning->arena->used;
    return view_start(planning, room < EXPLAIN_BYTES ? room : EXPLAIN_BYTES);
}

/* After a failure, for which it may know a better reason. */
static void explain(const struct planning *planning)
{
    struct planning attempt = *planning;
    struct error ignored;
    attempt.error = &ignored;
    size_t arena_size = planning->arena->size;
    struct bytes file = view_most(&attempt);
    /* With too little memory to see where headers may be, none would be found. */
    bool is_enough =
        file.size >= MULTIBOOT2_SEARCH_BYTES || file.size == planning->plan->kernel.size;
    const struct plan_overlay *overlay = planning->environment->overlay(&ignored);
    if (file.data != NULL && is_enough && overlay != NULL) {
        if (planning->plan->protocol == CONFIG_PVH) {
            overlay->explain_pvh(file, planning->error);
        } else {
            overlay->explain(file, planning->is_multiboot2, planning->error);
        }
    }
    planning->arena->size = arena_size;
}

/* Reads the kernel's PVH entry after Multiboot has failed. False: it has none, or it has a
   Multiboot header. */
static bool read_pvh_instead(struct planning *planning)
{
    struct error ignored;
    const struct plan_overlay *overlay = planning->environment->overlay(&ignored);
    if (overlay == NULL || !overlay->read_pvh_instead(planning->plan, planning->arena)) {
        return false;
    }
    planning->overlay = overlay;
    planning->is_multiboot2 = false;
    return true;
}

static bool read_headers(struct planning *planning)
{
    if (planning->overlay == NULL) {
        return read_multiboot1(planning);
    }
    return planning->is_multiboot2
               ? read_multiboot2(planning)
               : planning->overlay->read_pvh(planning->plan, planning->arena, planning->error);
}

static bool read_kernel(struct planning *planning)
{
    const struct boot_efi *efi = planning->environment->efi;
    struct plan *plan = planning->plan;
    size_t arena_size = planning->arena->size;
    bool is_read = read_headers(planning);
    planning->arena->size = arena_size;
    if (!is_read) {
        is_read = plan->protocol != CONFIG_PVH && read_pvh_instead(planning);
        planning->arena->size = arena_size;
    }
    if (is_read && planning->is_multiboot2 && efi != NULL) {
        return planning->overlay->apply_efi(&planning->multiboot2, efi, &plan->information,
                                            &plan->headers.image, planning->error);
    }
    return is_read;
}

static bool place_kernel(struct planning *planning)
{
    const struct config_file *wanted = &planning->boot->kernel;
    struct plan *plan = planning->plan;
    uint64_t ignored_end;
    if (!open_file(planning, wanted, &plan->kernel)) {
        return fail_at(planning, wanted);
    }
    if (!read_kernel(planning)) {
        explain(planning);
        return fail_at(planning, wanted);
    }
    struct kernel_headers *headers = &plan->headers;
    if (headers->section_headers != NULL) {
        plan->information.sections =
            (struct boot_sections){.num = headers->elf.section_header_count,
                                   .size = headers->elf.section_header_size,
                                   .shndx = headers->elf.section_names_index,
                                   .headers = headers->section_headers};
    }
    size_t pieces = headers->image.segment_count + headers->unloaded.count +
                    planning->boot->module_count + 3; /* a.out's symbols (two), the information */
    const struct boot_efi *efi = planning->environment->efi;
    bool keeps = efi != NULL && plan->information.keeps_boot_services;
    const struct memory_map *map = keeps ? efi->unused : plan->information.map;
    if (!placement_start(&plan->placement, pieces, map, planning->arena, planning->error)) {
        return fail_at(planning, wanted);
    }
    if (efi != NULL && !keeps) {
        plan->placement.fixed_map = efi->overwritable;
    }
    if ((planning->is_multiboot2 &&
         !planning->overlay->relocate(&planning->multiboot2, &plan->placement, &headers->image,
                                      planning->error)) ||
        !placement_add_image(&plan->placement, &headers->image, &plan->kernel, planning->error)) {
        explain(planning);
        return fail_at(planning, wanted);
    }
    plan->entry = headers->image.entry;
    image_extent(&headers->image, &plan->information.load_base, &ignored_end);
    return true;
}

static bool open_modules(struct planning *planning)
{
    struct plan *plan = planning->plan;
    size_t count = planning->boot->module_count;
    struct boot_module *modules = ARENA_ARRAY(planning->arena, count, struct boot_module);
    plan->modules = ARENA_ARRAY(planning->arena, count, struct file);
    if (plan->modules == NULL || modules == NULL) {
        return fail(planning->error, "%s: %zu modules are more than there is working memory for",
                    planning->environment->config_name, count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct config_file *wanted = &planning->boot->modules[i];
        if (!open_file(planning, wanted, &plan->modules[i])) {
            return fail_at(planning, wanted);
        }
        modules[i].string = wanted->arguments;
        plan->modules_in_memory |= plan->modules[i].contents != NULL;
    }
    plan->information.modules = modules;
    plan->information.module_count = count;
    return true;
}

/* Places a piece at the lowest free address from lowest upwards, or else from 1 MiB upwards. */
static bool place(const struct planning *planning, struct piece *piece, uint32_t alignment,
                  uint64_t lowest)
{
    struct placement *placement = &planning->plan->placement;
    return placement_add_above(placement, piece, alignment, lowest, planning->error) ||
           placement_add_above(placement, piece, alignment, PLAN_MODULES_LOWEST, planning->error);
}

/* Places a module from lowest upwards. Under UEFI it goes to claimed memory if there is room: it
   can be read there at once, and need not be moved after boot services. */
static bool place_module(const struct planning *planning, struct piece *piece, uint64_t lowest)
{
    struct placement *placement = &planning->plan->placement;
    const struct memory_map *map = placement->map;
    bool placed = false;
    if (planning->environment->efi != NULL) {
        placement->map = planning->environment->efi->unused;
        placed = placement_add_above(placement, piece, PAGE_SIZE, lowest, planning->error);
        placement->map = map;
    }
    return placed || place(planning, piece, PAGE_SIZE, lowest);
}

static bool place_modules(struct planning *planning)
{
    struct plan *plan = planning->plan;
    struct boot_module *modules = (struct boot_module *)plan->information.modules;
    uint64_t lowest = placement_end(&plan->placement);
    lowest = lowest > PLAN_MODULES_LOWEST ? lowest : PLAN_MODULES_LOWEST;
    for (size_t i = 0; i < plan->information.module_count; i++) {
        const struct file *file = &plan->modules[i];
        struct piece piece = {.kind = "module",
                              .number = (int32_t)i + 1,
                              .file = file,
                              .length = (uint32_t)file->size};
        if (file->size > UINT32_MAX) {
            fail(planning->error, "%llu bytes do not fit below 4 GiB",
                 (unsigned long long)file->size);
            return fail_at(planning, &planning->boot->modules[i]);
        }
        if (!place_module(planning, &piece, lowest)) {
            return fail_at(planning, &planning->boot->modules[i]);
        }
        modules[i].mod_start = piece.address;
        modules[i].mod_end = piece.address + piece.length;
        lowest = (uint64_t)piece.address + piece.length;
    }
    return true;
}

static bool place_sections(struct planning *planning)
{
    struct plan *plan = planning->plan;
    uint64_t lowest = PLAN_MODULES_LOWEST; /* rises: a search from 1 MiB for each would be slow */
    const struct kernel_headers *headers = &plan->headers;
    for (size_t i = 0; i < headers->unloaded.count; i++) {
        const struct elf_section *section = &headers->unloaded.list[i];
        struct piece piece = {
            .kind = "section",
            .number = (int32_t)section->index,
            .length = section->size,
            .file = &plan->kernel,
            .file_offset = section->file_offset,
        };
        if (!place(planning, &piece, section->alignment, lowest)) {
            return fail_at(planning, &planning->boot->kernel);
        }
        elf_set_section_address(&headers->elf, headers->section_headers, section->index,
                                piece.address);
        lowest = (uint64_t)piece.address + piece.length;
    }
    return true;
}

/* Places the symbols if the kernel is an a.out file with symbols. */
static bool place_symbols(const struct planning *planning)
{
    struct plan *plan = planning->plan;
    if (!plan->headers.has_symbols) {
        return true;
    }
    const struct plan_overlay *overlay = planning->environment->overlay(planning->error);
    return overlay != NULL && overlay->place_symbols(plan, planning->arena, planning->error);
}

/* Returns the lowest address for the information of Multiboot 1 or PVH: 0x10000 if low memory has
   room, else the kernel's end. */
static uint64_t lowest_for_information(const struct planning *planning, uint64_t length)
{
    const struct placement *placement = &planning->plan->placement;
    uint32_t ignored;
    bool low = placement_find(placement, length, PAGE_SIZE, PLAN_INFORMATION_LOWEST, LOW_MEMORY_END,
                              &ignored);
    return low ? PLAN_INFORMATION_LOWEST : placement_end(placement);
}

static uint64_t information_size(const struct planning *planning)
{
    const struct boot_information *information = &planning->plan->information;
    if (planning->overlay == NULL) {
        return multiboot1_information_size(information);
    }
    return planning->is_multiboot2 ? planning->overlay->information_size(information)
                                   : planning->overlay->pvh_information_size(information);
}

static bool place_information(struct planning *planning)
{
    struct plan *plan = planning->plan;
    bool is_2 = planning->is_multiboot2;
    uint64_t length = information_size(planning);
    uint64_t lowest = is_2 ? PLAN_MODULES_LOWEST : lowest_for_information(planning, length);
    struct piece piece = {
        .kind = "boot information",
        .number = PIECE_UNNUMBERED,
        .length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX, /* which fits nowhere */
    };
    plan->information_piece = (uint32_t)plan->placement.count;
    uint32_t alignment = is_2 ? (uint32_t)MULTIBOOT2_INFORMATION_ALIGNMENT : (uint32_t)PAGE_SIZE;
    if (!place(planning, &piece, alignment, lowest)) {
        return fail_in(planning->error, "%s: ", planning->environment->config_name);
    }
    plan->information_address = piece.address;
    return true;
}

bool plan_boot(struct plan *plan, const struct config_boot *boot,
               const struct plan_environment *environment, struct arena *arena, struct error *error)
{
    struct planning planning = {.plan = plan,
                                .boot = boot,
                                .environment = environment,
                                .arena = arena,
                                .error = error,
                                .is_multiboot2 = boot->protocol == CONFIG_MULTIBOOT2};
    *plan = (struct plan){.protocol = boot->protocol,
                          .video = {.gfxpayload = boot->gfxpayload,
                                    .has_bochs_driver = boot->has_bochs_driver,
                                    .has_cirrus_driver = boot->has_cirrus_driver}};
    plan->information = (struct boot_information){.map = environment->map,
                                                  .command_line = boot->kernel.arguments,
                                                  .loader_name = PLAN_LOADER_NAME};
    if (boot->protocol != CONFIG_MULTIBOOT1) {
        planning.overlay = environment->overlay(error);
        if (planning.overlay == NULL) {
            return fail_in(error, "%s: ", environment->config_name);
        }
    }
    if (boot->protocol > CONFIG_PVH) {
        return planning.overlay->plan_linux(plan, boot, environment, arena, error);
    }
    return place_kernel(&planning) && open_modules(&planning) &&
           (planning.is_multiboot2 || place_information(&planning)) && place_modules(&planning) &&
           place_sections(&planning) && place_symbols(&planning) &&
           (!planning.is_multiboot2 || place_information(&planning));
}

void plan_longest_first(struct plan *plan)
{
    struct placement *placement = &plan->placement;
    size_t found = 0;
    uint32_t longest = 0;
    for (size_t i = 0; i < placement->count && !plan->modules_in_memory; i++) {
        const struct piece *piece = &placement->pieces[i];
        if (piece->file != NULL && piece->file->contents == NULL && piece->length > longest) {
            found = i;
            longest = piece->length;
        }
    }
    struct piece first = placement->pieces[found];
    memmove(&placement->pieces[1], &placement->pieces[0], found * sizeof first);
    placement->pieces[0] = first;
    if (plan->information_piece < found) {
        plan->information_piece++;
    } else if (plan->information_piece == found) {
        plan->information_piece = 0;
    }
}

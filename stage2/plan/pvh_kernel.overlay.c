// SPDX-License-Identifier: BSD-2-Clause
// See pvh_kernel.h.
#include "stage2/plan/pvh_kernel.h"

#include "loader/pvh.h"

/* What the steps of one reading share. */
struct reading {
    struct kernel_headers *headers;
    const struct file *kernel;
    struct arena *arena;
    struct error *error;
    struct pvh_note note;
};

/* Whether a header has notes: elf.h. */
typedef bool notes_function(const struct elf *elf, const uint8_t *headers, uint32_t index,
                            struct elf_notes *notes);

/* Adds a part of the file to those with notes. */
static void note_part(struct kernel_headers *headers, const struct elf_notes *notes)
{
    uint64_t end = notes->file_offset + notes->size;
    if (headers->notes_end == 0 || notes->file_offset < headers->notes_start) {
        headers->notes_start = notes->file_offset;
    }
    headers->notes_end = end > headers->notes_end ? end : headers->notes_end;
}

static bool read_notes(struct reading *reading, const struct elf_notes *notes)
{
    struct arena *arena = reading->arena;
    const struct file *kernel = reading->kernel;
    if (!range_within(notes->file_offset, notes->size, kernel->size)) {
        return fail(reading->error,
                    "notes (0x%llx bytes at offset 0x%llx) lie beyond the end of the file",
                    (unsigned long long)notes->size, (unsigned long long)notes->file_offset);
    }
    size_t arena_size = arena->size;
    size_t size = (size_t)notes->size;
    const uint8_t *data = plan_view(kernel, notes->file_offset, size, arena, reading->error);
    if (data == NULL) {
        return false;
    }
    pvh_read_notes((struct bytes){data, size}, notes->alignment, &reading->note);
    note_part(reading->headers, notes);
    arena->size = arena_size;
    return true;
}

static bool read_all_notes(struct reading *reading, notes_function *find, const uint8_t *headers,
                           uint32_t count)
{
    struct elf_notes notes;
    for (uint32_t i = 0; i < count; i++) {
        if (find(&reading->headers->elf, headers, i, &notes) && notes.size != 0 &&
            !read_notes(reading, &notes)) {
            return false;
        }
    }
    return true;
}

static bool read_section_notes(struct reading *reading)
{
    const struct elf *elf = &reading->headers->elf;
    if (elf->section_header_count == 0) {
        return true;
    }
    const uint8_t *sections =
        plan_view(reading->kernel, elf->section_headers_offset,
                  (size_t)elf->section_header_count * elf->section_header_size, reading->arena,
                  reading->error);
    reading->headers->notes_are_sections = true;
    return sections != NULL &&
           read_all_notes(reading, elf_section_notes, sections, elf->section_header_count);
}

bool pvh_kernel_read(struct plan *plan, struct arena *arena, struct error *error)
{
    struct reading reading = {&plan->headers, &plan->kernel, arena, error, {0}};
    const struct file *kernel = &plan->kernel;
    struct elf *elf = &plan->headers.elf;
    size_t size = kernel->size < ELF_HEADER_BYTES ? (size_t)kernel->size : (size_t)ELF_HEADER_BYTES;
    plan->video = (struct video_request){0}; /* the start info describes no screen */
    const uint8_t *start = plan_view(kernel, 0, size, arena, error);
    if (start == NULL || !elf_read_header((struct bytes){start, size}, kernel->size, elf, error)) {
        return false;
    }
    const uint8_t *segments =
        plan_view(kernel, elf->program_headers_offset,
                  (size_t)elf->program_header_count * elf->program_header_size, arena, error);
    if (segments == NULL ||
        !read_all_notes(&reading, elf_segment_notes, segments, elf->program_header_count) ||
        (reading.note.size == 0 && !read_section_notes(&reading)) ||
        !pvh_check_note(&reading.note, error)) {
        return false;
    }
    elf->entry = reading.note.entry;
    elf->entry_is_physical = true;
    return elf_image(elf, segments, kernel->size, &plan->headers.image, arena, error);
}

/* Whether the kernel has a Multiboot header, or cannot be read. */
static bool has_multiboot_header(const struct plan *plan, struct arena *arena, struct error *error)
{
    size_t size = plan->kernel.size < MULTIBOOT2_SEARCH_BYTES ? (size_t)plan->kernel.size
                                                              : (size_t)MULTIBOOT2_SEARCH_BYTES;
    struct bytes start = {plan_view(&plan->kernel, 0, size, arena, error), size};
    return start.data == NULL || multiboot1_is_present(start) || multiboot2_is_present(start);
}

bool pvh_kernel_read_instead(struct plan *plan, struct arena *arena)
{
    struct error ignored;
    struct plan attempt = *plan;
    attempt.protocol = CONFIG_PVH;
    attempt.note = PLAN_PVH_INSTEAD;
    attempt.headers = (struct kernel_headers){0};
    size_t arena_size = arena->size;
    bool has_header = has_multiboot_header(plan, arena, &ignored);
    arena->size = arena_size;
    if (has_header || !pvh_kernel_read(&attempt, arena, &ignored)) {
        return false;
    }
    *plan = attempt;
    return true;
}

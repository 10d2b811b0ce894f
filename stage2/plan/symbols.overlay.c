// SPDX-License-Identifier: BSD-2-Clause
// See symbols.h.
#include "stage2/plan/symbols.h"

#include "loader/aout.h"

enum { LOWEST = 0x100000 };

/* Looks for symbols with the text at the n-th of its usual offsets in the file; table_bytes 0:
   none. False with a reason: the file cannot be read. */
static bool read(const struct file *kernel, unsigned n, struct aout_symbols *symbols,
                 struct error *error)
{
    uint8_t header[AOUT_HEADER_BYTES];
    uint32_t size;
    *symbols = (struct aout_symbols){0};
    if (!file_read(kernel, 0, sizeof header, header, error)) {
        return false;
    }
    if (!aout_find_symbols((struct bytes){header, sizeof header}, kernel->size, n, symbols)) {
        return true;
    }
    if (!file_read(kernel, (uint64_t)symbols->file_offset + symbols->table_bytes, sizeof size,
                   &size, error)) {
        return false;
    }
    if (size != symbols->string_bytes) {
        symbols->table_bytes = 0;
    }
    return true;
}

/* The word before the table is a file of its own, in the arena. */
static bool place(struct plan *plan, const struct aout_symbols *symbols, struct arena *arena,
                  struct error *error)
{
    struct file *size_file = ARENA_NEW(arena, struct file);
    uint32_t *size = ARENA_NEW(arena, uint32_t);
    struct piece first = {.kind = "size of the symbols",
                          .number = PIECE_UNNUMBERED,
                          .length = sizeof *size,
                          .file = size_file};
    struct piece second = {
        .kind = "symbols",
        .number = PIECE_UNNUMBERED,
        .length = symbols->table_bytes + symbols->string_bytes,
        .file = &plan->kernel,
        .file_offset = symbols->file_offset,
    };
    if (size_file == NULL || size == NULL) {
        return fail(error, "out of working memory for the symbols");
    }
    *size = symbols->table_bytes;
    *size_file = (struct file){
        .path = plan->kernel.path, .size = sizeof *size, .contents = (const uint8_t *)size};
    if (!placement_find(&plan->placement, (uint64_t)first.length + second.length, sizeof *size,
                        LOWEST, PLACEMENT_LIMIT, &first.address)) {
        return fail(error, "%s: 0x%x bytes of symbols do not fit into the memory",
                    plan->kernel.path, second.length);
    }
    second.address = first.address + first.length;
    plan->information.symbols =
        (struct boot_symbols){symbols->table_bytes, symbols->string_bytes, first.address};
    return placement_add_at(&plan->placement, &first, error) &&
           placement_add_at(&plan->placement, &second, error);
}

bool symbols_place(struct plan *plan, struct arena *arena, struct error *error)
{
    struct aout_symbols symbols;
    for (unsigned n = 0; n < AOUT_TEXT_OFFSETS; n++) {
        if (!read(&plan->kernel, n, &symbols, error)) {
            return fail_in(error, "%s: ", plan->kernel.path);
        }
        if (symbols.table_bytes != 0) {
            return place(plan, &symbols, arena, error);
        }
    }
    return true;
}

// SPDX-License-Identifier: BSD-2-Clause
// The oracle: when the loader jumps, each piece of its plan is in RAM, alone there, and has the
// bytes that the file on the disc has. What is in memory is compared with the disc, or with the
// disc's bytes after another decompression, not with what the loader has read.
#include "tests/fuzz/machine/machine.h"

#include <stdlib.h>
#include <string.h>
#include "loader/handoff.h"
#include "stage2/boot/boot.h"
#include "stage2/compression/decompress.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

enum {
    ENOUGH_PIECES = 64, /* of more, not all pairs are compared */
};

/* What is moved below PHYSICAL_START. */
static uint8_t low[PHYSICAL_START];

static uint8_t *at(uint64_t address)
{
    return address < PHYSICAL_START ? low + address : (uint8_t *)(uintptr_t)address;
}

static void require(bool is_so, const char *what, uint64_t number)
{
    if (!is_so) {
        machine_is_wrong(what, number);
    }
}

static uint64_t whole(const struct piece *piece)
{
    return (uint64_t)piece->length + piece->zero_length;
}

static bool apart(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a_length == 0 || b_length == 0 || a + a_length <= b || b + b_length <= a;
}

/* Whether a plan that somebody has forged with right sums may be wrong. */
static bool is_forged(void)
{
    return timeline.is_prepared && disc_has_new_plan();
}

// ---- Places

static void check_pieces(const struct placement *placement)
{
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        require(whole(piece) == 0 ||
                    memory_map_available(placement->fixed_map, piece->address, whole(piece), NULL),
                "a piece is not in RAM", piece->address);
        for (size_t k = 0; k < i && placement->count < ENOUGH_PIECES && !is_forged(); k++) {
            const struct piece *other = &placement->pieces[k];
            require(apart(piece->address, whole(piece), other->address, whole(other)),
                    "two pieces overlap", piece->address);
        }
    }
}

/* No piece was loaded over the loader. */
static void check_loads(const struct placement *placement)
{
    struct memory_range in_use[FIRMWARE_RANGES];
    size_t count = firmware_memory_in_use(in_use);
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        bool is_staged = piece->load_address != piece->address;
        for (size_t k = 0; k < count; k++) {
            require(apart(piece->load_address, is_staged ? piece->length : whole(piece),
                          in_use[k].address, in_use[k].length),
                    "a piece was loaded over the loader", piece->load_address);
        }
    }
}

static void check_block(const struct placement *placement, uint64_t block, uint64_t length)
{
    require(memory_map_available(placement->map, block, length, NULL),
            "the last instructions are not in RAM", block);
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        require(apart(block, length, piece->address, whole(piece)),
                "a piece overwrites the last instructions", piece->address);
        require(apart(block, length, piece->load_address, piece->length),
                "the last instructions overwrite a piece", piece->load_address);
    }
}

/* Does what loader/handoff_copy.inc does. */
static void move(const struct handoff_move *moves, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < count; k++) {
            require(moves[k].source == 0 ||
                        apart(moves[i].target, moves[i].length, moves[k].source, moves[k].length),
                    "a move overwrites what is still to be moved", moves[i].target);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct handoff_move *each = &moves[i];
        memory_note(each->target, each->length);
        if (each->source == 0) {
            memset(at(each->target), 0, each->length);
        } else {
            memcpy(at(each->target), at(each->source), each->length);
        }
    }
}

// ---- Contents

/* The bytes of a file as they are on the disc. NULL: not all of it is there. */
static uint8_t *read_whole(const struct file *file, uint64_t size)
{
    uint8_t *bytes = malloc(size + 1);
    const struct iso9660_extent *extent = file->on_disc.extents;
    for (uint64_t done = 0; done < size; extent++) {
        uint64_t part = extent->length_bytes < size - done ? extent->length_bytes : size - done;
        uint64_t offset = (uint64_t)extent->lba * SECTOR;
        struct bytes contents = disc_contents();
        if (!range_within(offset, part, contents.size)) {
            free(bytes);
            return NULL;
        }
        memcpy(bytes + done, contents.data + offset, part);
        done += part;
    }
    return bytes;
}

/* Decompresses a file once more, to a buffer of the size that the loader has found. */
static uint8_t *decompress_whole(const struct file *file)
{
    static uint8_t working[DECOMPRESS_WORKING_BYTES];
    struct arena arena = {.base = working, .size = sizeof working};
    struct error error;
    uint8_t *compressed = read_whole(file, file->on_disc.size);
    require(compressed != NULL, "a file that is not on the disc was decompressed", 0);
    struct decompression decompression = {
        .compressed = {compressed, (size_t)file->on_disc.size},
        .destination = malloc(file->size + 1),
        .capacity = (size_t)file->size,
        .working = &arena,
        .error = &error,
    };
    require(decompress(&decompression) && decompression.length == file->size,
            "a file does not decompress to what was loaded", file->size);
    free(compressed);
    return decompression.destination;
}

/* What stands there must be the file's: its bytes on the disc, those bytes decompressed, or, if it
   is on no disc, what the loader has made itself. */
static uint8_t *expected(const struct file *file)
{
    if (file->contents == NULL) {
        return read_whole(file, file->size);
    }
    if (file->on_disc.size != 0) {
        return decompress_whole(file);
    }
    uint8_t *copy = malloc(file->size);
    memcpy(copy, file->contents, file->size);
    return copy;
}

/* No damaged byte is booted: of a file that is decompressed, not one at all. */
static void check_damage(const struct piece *piece)
{
    const struct file *file = piece->file;
    bool is_whole = file->contents != NULL;
    uint64_t from = is_whole ? 0 : piece->file_offset, before = 0;
    uint64_t end = is_whole ? file->on_disc.size : from + piece->length;
    for (size_t i = 0; i < file->on_disc.extent_count; i++) {
        const struct iso9660_extent *extent = &file->on_disc.extents[i];
        uint64_t first = from > before ? from - before : 0;
        uint64_t last = end < before + extent->length_bytes ? end - before : extent->length_bytes;
        require(end <= before || first >= last ||
                    !disc_is_damaged((uint64_t)extent->lba * SECTOR + first, last - first),
                "damaged bytes are booted", piece->address);
        before += extent->length_bytes;
    }
}

static void check_contents(const struct piece *piece, uint64_t address)
{
    const struct file *file = piece->file;
    if (piece->length > 0 && file != NULL) {
        require(range_within(piece->file_offset, piece->length, file->size),
                "a piece is not inside its file", piece->file_offset);
        uint8_t *bytes = expected(file);
        require(bytes != NULL, "a piece of a file that is not on the disc", piece->address);
        require(memcmp(at(address), bytes + piece->file_offset, piece->length) == 0,
                "a piece has not the bytes of its file", piece->address);
        free(bytes);
    }
    const uint8_t *zeros = at(address + piece->length);
    for (uint32_t i = 0; i < piece->zero_length; i++) {
        require(zeros[i] == 0, "a piece's end is not zero", piece->address);
    }
}

static uint32_t word(uint64_t address)
{
    return load32(at(address));
}

/* The modules of Multiboot 1's information are those of the plan. */
static void check_modules(const struct boot *boot, uint64_t information)
{
    const struct placement *placement = &boot->plan.placement;
    uint32_t count = word(information + 20), list = word(information + 24);
    require((word(information) & 8) != 0 || count == 0, "a list of modules without its flag",
            count);
    for (uint32_t i = 0; i < count && (word(information) & 8) != 0; i++) {
        uint32_t start = word(list + i * 16ull), end = word(list + i * 16ull + 4);
        bool found = start == end;
        for (size_t k = 0; k < placement->count; k++) {
            found |=
                placement->pieces[k].address == start && placement->pieces[k].length == end - start;
        }
        require(found, "a module that was not loaded", start);
    }
}

void jump_check_loaded(const struct plan *plan)
{
    check_pieces(&plan->placement);
    for (size_t i = 0; i < plan->placement.count; i++) {
        const struct piece *piece = &plan->placement.pieces[i];
        if (piece->file != NULL && piece->load_address == piece->address) {
            check_contents(piece, piece->address);
        }
    }
}

void jump_check(const struct boot *boot, const void *block, const struct handoff_entry *entry,
                const struct handoff_move *moves)
{
    const struct plan *plan = &boot->plan;
    check_pieces(&plan->placement);
    check_loads(&plan->placement);
    check_block(&plan->placement, (uintptr_t)block, handoff_size(entry->move_count));
    move(moves, entry->move_count);
    require(entry->entry == plan->entry, "the entry is not the plan's", entry->entry);
    if (is_forged()) {
        return;
    }
    for (size_t i = 0; i < plan->placement.count; i++) {
        const struct piece *piece = &plan->placement.pieces[i];
        check_contents(piece, piece->address);
        if (piece->length > 0 && piece->file != NULL) {
            check_damage(piece);
        }
    }
    if (plan->protocol == CONFIG_MULTIBOOT1) {
        check_modules(boot, entry->ebx);
    }
}

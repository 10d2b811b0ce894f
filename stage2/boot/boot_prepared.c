// SPDX-License-Identifier: BSD-2-Clause
// See boot.h. Each instruction here runs once, which is what costs time where the processor is
// emulated: so there are none for what the tool has made sure of (stage2/prepared/write.host.c).
#include <string.h>
#include "loader/bytes.h"
#include "loader/multiboot1.h"
#include "stage2/boot/boot.h"
#include "stage2/disc/disc.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

static uint8_t *target_of(const struct prepared_piece *piece)
{
    return (uint8_t *)(uintptr_t)piece->address;
}

/* None was compressed since the ISO was made. Once all bytes are there. */
static bool are_plain(union prepared_block *block)
{
    const struct prepared_piece *piece = prepared_pieces(block);
    for (unsigned left = block->prepared.piece_count; left > 0; left--, piece++) {
        if ((prepared_files(block)[piece->file].flags & PREPARED_KEEPS_COMPRESSED) == 0 &&
            piece->file_offset == 0 && !file_is_plain(target_of(piece), piece->length)) {
            return false;
        }
    }
    return true;
}

static bool start_load(union prepared_block *block, const struct prepared_piece *piece,
                       struct error *error)
{
    uint8_t *target = target_of(piece);
    memset(target + piece->length, 0, piece->zero_length);
    return file_start_extent(&prepared_files(block)[piece->file].extent, piece->file_offset,
                             piece->length, target, error);
}

/* The last one to be read may be under way then, as may the longest, which comes first: the
   firmware answers questions while it comes. */
static bool start_all(union prepared_block *block, struct error *error)
{
    const struct prepared_piece *piece = prepared_pieces(block);
    for (unsigned left = block->prepared.piece_count; left > 0; left--, piece++) {
        if (!start_load(block, piece, error)) {
            return false;
        }
    }
    return true;
}

/* Where it and the hand-off's block go, linker/bios.ld has nothing. */
static void describe(union prepared_block *block, const struct boot_information *information)
{
    const struct prepared *prepared = &block->prepared;
    uint8_t *buffer = (uint8_t *)PLAN_INFORMATION_LOWEST;
    memcpy(buffer, prepared_information(block), prepared->information_bytes);
    memset(buffer + prepared->information_bytes, 0, MULTIBOOT1_MACHINE_BYTES);
    multiboot1_write_machine(information, prepared->information_bytes, buffer,
                             PLAN_INFORMATION_LOWEST);
}

bool boot_prepared(struct boot *boot, union prepared_block *block, const struct memory_map *map)
{
    const struct prepared *prepared = &block->prepared;
    struct boot_information information = {.map = map};
    struct system_info system_info;
    struct error ignored;
    if (!prepared_has_plan(block, map) || !disc_staging_spares(prepared->end)) {
        return false;
    }
    timeline_stamp(TIMELINE_PLAN);
    if (!start_all(block, &ignored)) {
        return false;
    }
    timeline_stamp(TIMELINE_KERNEL); /* but for what is under way */
    firmware_query(&information, &system_info);
    information.drives = system_info.drives;
    information.drive_count = firmware_drives(system_info.drives);
    if (!disc_wait(&ignored) || !are_plain(block)) {
        return false;
    }
    timeline_stamp(TIMELINE_MODULES);
    disc_close();
    describe(block, &information);
    boot->plan.entry = prepared->entry;
    boot->plan.protocol = CONFIG_MULTIBOOT1;
    boot->plan.information_address = PLAN_INFORMATION_LOWEST;
    boot->moves = NULL;
    boot->move_count = 0;
    boot->handoff_block = (void *)BOOT_HANDOFF_LOWEST;
    return true;
}

// SPDX-License-Identifier: BSD-2-Clause
// See boot.h.
#include "stage2/boot/boot.h"

#include <string.h>
#include "loader/handoff.h"
#include "stage2/console/console.h"
#include "stage2/disc/cache.h"
#include "stage2/disc/read.h"
#include "stage2/disc/staging.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/compression/compression.h"
#include "stage2/timing/timeline.h"
#include "stage2/verify/verify.h"

enum {
    HANDOFF_ALIGNMENT = 16,
    PART_BYTES = 4 << 20, /* while one is read, the one before it is added up */
};

/* Memory at a physical address. Not a constant, so that gcc does not think of NULL at 0. */
static uint8_t *at(uint32_t address)
{
    __asm__("" : "+r"(address));
    return (uint8_t *)(uintptr_t)address;
}

static bool is_staged(const struct piece *piece)
{
    return piece->load_address != piece->address;
}

static void plan_moves(struct boot *boot)
{
    const struct placement *placement = &boot->plan.placement;
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        if (!is_staged(piece)) {
            continue;
        }
        if (piece->length != 0) {
            boot->moves[boot->move_count++] =
                (struct handoff_move){piece->address, piece->load_address, piece->length};
        }
        if (piece->zero_length != 0) {
            boot->moves[boot->move_count++] =
                (struct handoff_move){piece->address + piece->length, 0, piece->zero_length};
        }
    }
}

/* Lists the memory in use, all that was staged as its last range. Returns the number of ranges. */
static size_t list_in_use(struct memory_range *in_use, bool with_disc)
{
    size_t count = firmware_memory_in_use(in_use);
    if (with_disc) {
        count += firmware_disc_memory(in_use + count);
    }
    in_use[count++] = staging_in_use();
    return count;
}

static bool assign_load_addresses(struct boot *boot, struct memory_range *in_use, size_t *count,
                                  struct error *error)
{
    struct placement *placement = &boot->plan.placement;
    size_t staying = *count = list_in_use(in_use, true);
    if (boot->plan.modules_in_memory) {
        overlay_load(error)->decompress_mark_pending(&boot->plan, in_use,
                                                     count); /* loaded: it decompressed them */
    }
    return placement_assign_load_addresses(placement, in_use, staying, count, error);
}

/* assign_load_addresses() for a disc in memory that leaves too little: lets the pieces overwrite
   it, once they are read. */
static bool assign_over_disc(struct boot *boot, struct memory_range *in_use, size_t *count)
{
    struct error ignored;
    struct memory_range disc[FIRMWARE_DISC_RANGES];
    const struct overlay *overlay = NULL;
    if (firmware_disc_memory(disc) != 0) {
        overlay = overlay_load(&ignored);
    }
    if (overlay == NULL || !overlay->over_disc_mark_pending(&boot->plan)) {
        return false;
    }
    size_t staying = *count = list_in_use(in_use, false);
    *count += firmware_disc_memory(in_use + *count);
    boot->cannot_go_back = true;
    return placement_assign_load_addresses(&boot->plan.placement, in_use, staying, count, &ignored);
}

bool boot_resolve_conflicts(struct boot *boot, struct arena *arena, struct error *error)
{
    struct placement *placement = &boot->plan.placement;
    struct memory_range disc[FIRMWARE_DISC_RANGES];
    if (placement->fixed_map != placement->map) {
        overlay_load(error)->tell_overwritten(&boot->plan); /* UEFI's loader has it linked in */
    }
    if (firmware_disc_memory(disc) == 0) { /* of memory, nothing goes on meanwhile */
        plan_longest_first(&boot->plan);
    }
    struct memory_range *in_use =
        ARENA_ARRAY(arena, FIRMWARE_RANGES + 2 + placement->count, struct memory_range);
    boot->moves = ARENA_ARRAY(arena, 2 * placement->count, struct handoff_move);
    if (in_use == NULL || boot->moves == NULL) {
        return fail(error, "out of working memory for %zu pieces", placement->count);
    }
    boot->move_count = 0;
    boot->cannot_go_back = false;
    boot->sums = NULL;
    size_t count;
    if (!assign_load_addresses(boot, in_use, &count, error) &&
        !assign_over_disc(boot, in_use, &count)) {
        return false;
    }
    plan_moves(boot);
    uint32_t block;
    if (!placement_find_unused(placement, in_use, count, handoff_size(boot->move_count),
                               HANDOFF_ALIGNMENT, BOOT_HANDOFF_LOWEST, &block)) {
        return fail(error, "no memory is free for the last instructions before the kernel");
    }
    boot->handoff_block = at(block);
    return true;
}

/* Whether the disc is not in the memory from 1 MiB to end. */
static bool is_free_of_disc(uint64_t end)
{
    struct memory_range disc[FIRMWARE_DISC_RANGES];
    for (size_t left = firmware_disc_memory(disc); left > 0; left--) {
        if (disc[left - 1].address < end) {
            return false;
        }
    }
    return true;
}

/* False: the arena is full. */
static bool start_sums(struct boot *boot, struct arena *arena)
{
    size_t count = boot->plan.placement.count;
    boot->sums = ARENA_ARRAY(arena, count, struct sum);
    for (size_t i = 0; boot->sums != NULL && i < count; i++) {
        boot->sums[i] = SUM_OF_NOTHING;
    }
    boot->summed = boot->plan.placement.pieces;
    boot->summed_bytes = 0;
    return boot->sums != NULL;
}

bool boot_use_prepared(struct boot *boot, union prepared_block *block, const struct memory_map *map,
                       struct arena *arena)
{
    boot->moves = NULL;
    boot->move_count = 0;
    boot->cannot_go_back = false;
    boot->handoff_block = at(BOOT_HANDOFF_LOWEST);
    boot->sums = NULL;
    boot->prepared_pieces = prepared_pieces(block);
    return is_free_of_disc(block->prepared.end) && prepared_plan(block, map, &boot->plan, arena) &&
           ((block->prepared.flags & PREPARED_HAS_SUMS) == 0 || start_sums(boot, arena));
}

bool boot_prepare_to_verify(struct boot *boot, struct arena *arena, struct error *error)
{
    boot->prepared_pieces = NULL;
    if (!verify_is_on()) {
        return true;
    }
    boot->verify_buffer = arena_allocate(arena, VERIFY_BUFFER_BYTES, sizeof(uint64_t));
    if (boot->verify_buffer == NULL || !start_sums(boot, arena)) {
        return fail(error, "out of working memory to verify %zu pieces",
                    boot->plan.placement.count);
    }
    return true;
}

/* Adds to the sums what was read of the pieces before this one, and these bytes of it. */
static void add_up(struct boot *boot, const struct piece *end, uint32_t end_bytes)
{
    while (boot->sums != NULL) {
        const struct piece *piece = boot->summed;
        uint32_t until = piece == end ? end_bytes : piece->length;
        if (until != boot->summed_bytes && piece->file != NULL) {
            sum_add_bytes(&boot->sums[piece - boot->plan.placement.pieces],
                          at(piece->load_address) + boot->summed_bytes, until - boot->summed_bytes);
        }
        boot->summed_bytes = until;
        if (piece == end) {
            break;
        }
        boot->summed++;
        boot->summed_bytes = 0;
    }
}

/* Reads a piece of a file. While a part of it is read, what was read before is added up. */
static bool read_piece(struct boot *boot, const struct piece *piece, struct error *error)
{
    uint8_t *target = at(piece->load_address);
    uint32_t most = boot->sums != NULL ? PART_BYTES : piece->length, done = 0;
    while (done < piece->length) {
        uint32_t left = piece->length - done, part = left < most ? left : most;
        uint32_t before = disc_reading_lba();
        if (!file_start_read(piece->file, piece->file_offset + done, part, target + done, error)) {
            return false;
        }
        if (disc_reading_lba() != before) {
            boot->under_way = piece;
            add_up(boot, piece, done);
        }
        done += part;
    }
    return true;
}

/* Evicts what is cached at the piece's load address, and starts to load it. Its last bytes may
   still be under way on return; disc_wait() waits for them. */
static bool load_piece(struct boot *boot, const struct piece *piece, struct error *error)
{
    uint8_t *target = at(piece->load_address);
    disc_cache_evict(piece->load_address, (uint64_t)piece->length + piece->zero_length);
    if (!is_staged(piece)) {
        memset(target + piece->length, 0, piece->zero_length);
    }
    return piece->file == NULL || read_piece(boot, piece, error);
}

static bool fail_at(const struct piece *piece, struct error *error)
{
    return fail_in(error, "%s: ", piece->file->path);
}

bool boot_load(struct boot *boot, struct error *error)
{
    const struct piece *piece = boot->plan.placement.pieces;
    const struct piece *end = piece + boot->plan.placement.count;
    boot->is_verified = boot->cannot_go_back; /* the disc in memory is overwritten */
    if (boot->is_verified && !verify_plan(&boot->plan, NULL, boot->verify_buffer, error)) {
        return false;
    }
    boot->under_way = piece;
    do {
        if (!load_piece(boot, piece, error)) {
            /* Reading a piece first waits for the one under way, which may be what failed. */
            return fail_at(disc_wait_has_failed() ? boot->under_way : piece, error);
        }
    } while (++piece != end);
    timeline_stamp(TIMELINE_KERNEL);
    return true;
}

/* Whether the piece, which is loaded, is the start of a file that was compressed after the ISO was
   made. */
static bool was_compressed(const struct piece *piece)
{
    const struct file *file = piece->file;
    return file != NULL && (file->must_be_uncompressed & (piece->file_offset == 0) &
                            !file_is_uncompressed(at(piece->load_address), piece->length)) != 0;
}

/* Compares the pieces' sums with those in the prepared block. */
static bool is_as_prepared(const struct boot *boot, struct error *error)
{
    const struct prepared_piece *prepared = boot->prepared_pieces;
    const struct sum *sum = boot->sums + 1; /* the first piece is the information */
    for (const struct sum *end = boot->sums + boot->plan.placement.count; sum != end; sum++) {
        if (!sum_equals(sum, &prepared++->sum)) {
            return fail(error, "damaged"); /* the boot by the config, which is next, says how */
        }
    }
    return true;
}

/* Verifies what was loaded. */
static bool verify(const struct boot *boot, struct error *error)
{
    if ((boot->sums == NULL) | boot->is_verified) {
        return true;
    }
    return boot->prepared_pieces != NULL
               ? is_as_prepared(boot, error)
               : verify_plan(&boot->plan, boot->sums, boot->verify_buffer, error);
}

/* Waits for the piece that boot_load() left under way, and checks all files. */
static bool finish_load(struct boot *boot, struct error *error)
{
    const struct placement *placement = &boot->plan.placement;
    const struct piece *piece = placement->pieces, *end = piece + placement->count;
    if (!disc_wait(error)) {
        return fail_at(boot->under_way, error);
    }
    do {
        if (was_compressed(piece)) {
            fail(error, "was compressed since the ISO was made");
            return fail_at(piece, error);
        }
    } while (++piece != end);
    add_up(boot, end, 0);
    return verify(boot, error);
}

static void start_video(const struct plan *plan, struct video *video)
{
    struct error error;
    const struct overlay *overlay = overlay_load(&error);
    if (overlay != NULL) {
        overlay->video_start(plan, video);
    } else {
        console_print("whelk: %s: %s: text instead\n", plan->kernel.path, error.message);
    }
}

static void write_multiboot1(const struct plan *plan, const struct boot_information *information,
                             uint8_t *buffer, uint32_t address)
{
    const struct bytes *ready = &plan->ready_information;
    if (ready->size == 0) {
        multiboot1_write_information(information, buffer, address);
        return;
    }
    memcpy(buffer, ready->data, ready->size);
    multiboot1_write_machine(information, (uint32_t)ready->size, buffer, address);
}

static void write_pvh(const struct plan *plan, struct boot_information *information,
                      uint8_t *buffer, uint32_t address)
{
    const struct bytes *ready = &plan->ready_information;
    struct error ignored;
    information->rsdp = firmware_acpi_rsdp();
    if (ready->size == 0) {
        const struct overlay *overlay = overlay_load(&ignored); /* as it was to plan */
        overlay->plan->pvh_write_boot(information, buffer, address);
    } else {
        memcpy(buffer, ready->data, ready->size);
    }
    pvh_write_machine(information, buffer, address);
}

/* Without a text mode (UEFI), what the config says is for all kernels, as under GRUB. */
static bool wants_mode(const struct video_request *request, const struct video *video)
{
    return request->is_made || (video->framebuffer.type == FRAMEBUFFER_RGB &&
                                ((request->gfxpayload != NULL) | request->has_bochs_driver |
                                 request->has_cirrus_driver) != 0);
}

static bool write_information(const struct boot *boot, struct boot_information *information,
                              struct error *error)
{
    const struct plan *plan = &boot->plan;
    const struct piece *piece = &plan->placement.pieces[plan->information_piece];
    uint8_t *buffer = at(piece->load_address);
    memset(buffer, 0, piece->length);
    if (plan->protocol == CONFIG_MULTIBOOT1) {
        write_multiboot1(plan, information, buffer, piece->address);
    } else if (plan->protocol == CONFIG_PVH) {
        write_pvh(plan, information, buffer, piece->address);
    } else { /* planning such a boot has loaded the overlay */
        return overlay_load(error)->describe_other(plan, information, buffer, piece->address,
                                                   error);
    }
    return true;
}

bool boot_describe(struct boot *boot, struct error *error)
{
    const struct plan *plan = &boot->plan;
    struct boot_information information = plan->information;
    struct system_info system_info;
    bool sets_mode = false;
    /* PVH's start info tells none of this, and Linux's real-mode code asks the BIOS itself. */
    if (plan->protocol != CONFIG_PVH && plan->protocol != CONFIG_LINUX16) {
        firmware_query(&information, &system_info);
        sets_mode = wants_mode(&plan->video, &system_info.video);
    }
    if (plan->protocol == CONFIG_MULTIBOOT1) {
        information.drives = system_info.drives;
        information.drive_count = firmware_drives(system_info.drives);
    }
    /* The information is written while the disc is still read, unless a later step adds to it. */
    bool is_complete = !sets_mode & (firmware_efi() == NULL);
    if (is_complete && !write_information(boot, &information, error)) {
        return false;
    }
    if (!finish_load(boot, error)) {
        return false;
    }
    timeline_stamp(TIMELINE_MODULES);
    if (sets_mode) {
        start_video(plan, &system_info.video);
    }
    disc_close();
    if (!firmware_finish(plan, &information, error)) {
        return false;
    }
    return is_complete || write_information(boot, &information, error);
}

_Noreturn void boot_hand_off(const struct boot *boot)
{
    static const uint32_t magic[] = {
        [CONFIG_MULTIBOOT1] = MULTIBOOT1_BOOT_MAGIC,
        [CONFIG_MULTIBOOT2] = MULTIBOOT2_BOOT_MAGIC,
        [CONFIG_PVH] = 0,   /* the magic is in the start info */
        [CONFIG_LINUX] = 0, /* its registers are set by code in its information */
    };
    struct handoff_entry entry = {
        .entry = boot->plan.entry,
        .eax = magic[boot->plan.protocol],
        .ebx = boot->plan.information_address,
        .move_count = boot->move_count,
    };
    handoff_jump(boot->handoff_block, &entry, boot->moves);
}

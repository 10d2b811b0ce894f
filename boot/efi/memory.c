// SPDX-License-Identifier: BSD-2-Clause
// Memory (UEFI 2.10, 7.2). Everything is loaded to pools: the largest free pieces of memory, and
// the largest below 1 MiB, for what kernels find there under a BIOS. What belongs elsewhere is
// moved at the very end, when the firmware's own memory is free as well.
#include <string.h>
#include "boot/efi/uefi.h"
#include "stage2/disc/staging.h"
#include "stage2/firmware.h"

enum {
    POOLS = FIRMWARE_RANGES - 1, /* so there are FIRMWARE_RANGES gaps before, between and after */
    LOW_POOL = POOLS - 1,        /* before they are sorted by address */
    LOW_END = 1 << 20,
    LEAST_POOL = 64 << 10,
    MOST_LEFT = 16 << 20, /* bytes of a pool that stay free for the firmware's drivers, at most */
    LEFT_DIVISOR = 4,     /* and no more than the pool's length by this */
    ARENA_BYTES = 1 << 20,
    FINAL_RANGES = 512,
    MAP_GROWTH_BYTES = 16 << 10, /* that UEFI's memory map may grow by while we run */
    PAGE = EFI_PAGE_SIZE,
};
#define LIMIT 0x100000000u /* the end of what kernels and this loader can address */

static struct memory_range pools[POOLS]; /* by address; length 0: none */
static struct arena arena;
static struct {
    uint8_t *buffer;
    UINTN size;
} map_memory;
static struct memory_map final_map, unused, overwritable;
static struct boot_efi efi;
void *handoff_trampoline;

void *uefi_allocate(size_t bytes, EFI_MEMORY_TYPE type)
{
    EFI_PHYSICAL_ADDRESS address = LIMIT - 1;
    return uefi_boot()->AllocatePages(AllocateMaxAddress, type, EFI_SIZE_TO_PAGES(bytes),
                                      &address) == EFI_SUCCESS
               ? (void *)(uintptr_t)address
               : NULL;
}

/* EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, chapter 37), which gnu-efi lacks. */
struct attributes_protocol {
    void *get, *set;
    EFI_STATUS(EFIAPI *clear)(void *protocol, UINT64 address, UINT64 length, UINT64 attributes);
};

/* Makes these pages executable: in some firmware allocated memory is not. */
static void allow_code(uint64_t address, uint64_t length)
{
    static const EFI_GUID guid = {
        0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}};
    struct attributes_protocol *protocol = uefi_first_protocol(&guid);
    if (protocol != NULL) {
        protocol->clear(protocol, address, length, EFI_MEMORY_XP);
    }
}

EFI_STATUS memory_read_map(struct uefi_memory_map *map)
{
    map->descriptors = map_memory.buffer;
    map->size = map_memory.size;
    return uefi_boot()->GetMemoryMap(&map->size, (EFI_MEMORY_DESCRIPTOR *)(void *)map->descriptors,
                                     &map->key, &map->descriptor_size, &map->descriptor_version);
}

/* Returns the descriptor at *offset and moves *offset to the next; NULL at the end. */
static const EFI_MEMORY_DESCRIPTOR *next_descriptor(const struct uefi_memory_map *map,
                                                    UINTN *offset)
{
    const uint8_t *at = map->descriptors + *offset;
    if (*offset + map->descriptor_size > map->size) {
        return NULL;
    }
    *offset += map->descriptor_size;
    return (const EFI_MEMORY_DESCRIPTOR *)(const void *)at;
}

/* Adds this free memory to pools, which keep the largest ranges, sorted by size. */
static void consider_pool(uint64_t address, uint64_t end)
{
    struct memory_range range = {address, end - address, 0};
    unsigned last = end <= LOW_END ? LOW_POOL : LOW_POOL - 1;
    for (unsigned i = end <= LOW_END ? LOW_POOL : 0; i <= last; i++) {
        if (range.length > pools[i].length) {
            struct memory_range smaller = pools[i];
            pools[i] = range;
            range = smaller;
        }
    }
}

static void find_pools(const struct uefi_memory_map *map)
{
    const EFI_MEMORY_DESCRIPTOR *descriptor;
    uint64_t start = 0;
    uint64_t end = 0;
    for (UINTN offset = 0; (descriptor = next_descriptor(map, &offset)) != NULL;) {
        uint64_t length = descriptor->NumberOfPages * PAGE;
        if (descriptor->Type != EfiConventionalMemory || descriptor->PhysicalStart >= LIMIT) {
            continue;
        }
        if (descriptor->PhysicalStart != end) {
            consider_pool(start, end);
            start = descriptor->PhysicalStart;
        }
        end = descriptor->PhysicalStart + length;
        end = end > LIMIT - PAGE ? LIMIT - PAGE : end;
    }
    consider_pool(start, end);
}

static void sort_pools(void)
{
    for (unsigned i = 1; i < POOLS; i++) {
        for (unsigned j = i; j > 0 && pools[j - 1].address > pools[j].address; j--) {
            struct memory_range lower = pools[j];
            pools[j] = pools[j - 1];
            pools[j - 1] = lower;
        }
    }
}

static void leave_a_part(struct memory_range *pool)
{
    uint64_t left = pool->length / LEFT_DIVISOR;
    pool->length -= (left < MOST_LEFT ? left : MOST_LEFT) & ~(uint64_t)(PAGE - 1);
}

static void claim_pools(void)
{
    leave_a_part(&pools[0]);
    leave_a_part(&pools[LOW_POOL]);
    for (unsigned i = 0; i < POOLS; i++) {
        EFI_PHYSICAL_ADDRESS address = pools[i].address;
        if (pools[i].length < LEAST_POOL ||
            uefi_boot()->AllocatePages(AllocateAddress, EfiLoaderData,
                                       (UINTN)(pools[i].length / PAGE), &address) != EFI_SUCCESS) {
            pools[i] = (struct memory_range){0};
        }
    }
    sort_pools();
}

static void describe_firmware(void)
{
    unused = (struct memory_map){.ranges = pools, .count = POOLS};
    for (unsigned i = 0; i < POOLS; i++) {
        pools[i].type = MEMORY_AVAILABLE;
    }
    efi = (struct boot_efi){
        .system_table = (uintptr_t)uefi_system,
        .image_handle = (uintptr_t)uefi_image,
        .is_64 = sizeof(void *) == sizeof(uint64_t),
        .memory_map.size = map_memory.size,
        .unused = &unused,
        .overwritable = &overwritable,
    };
}

bool memory_claim(struct error *error)
{
    struct uefi_memory_map map;
    memory_read_map(&map); /* returns the size that it needs */
    map_memory.size = map.size + MAP_GROWTH_BYTES;
    map_memory.buffer = uefi_allocate(map_memory.size, EfiLoaderData);
    arena.base = uefi_allocate(ARENA_BYTES, EfiLoaderData);
    arena.size = ARENA_BYTES;
    handoff_trampoline = uefi_allocate(TRAMPOLINE_BYTES, EfiLoaderCode);
    if (map_memory.buffer == NULL || arena.base == NULL || handoff_trampoline == NULL) {
        return fail(error, "the firmware has no memory to work with below 4 GiB");
    }
    allow_code((uintptr_t)handoff_trampoline, TRAMPOLINE_BYTES);
    if (memory_read_map(&map) != EFI_SUCCESS) {
        return fail(error, "the firmware gives no memory map");
    }
    final_map.capacity = FINAL_RANGES;
    final_map.ranges = ARENA_ARRAY(&arena, FINAL_RANGES, struct memory_range);
    overwritable.ranges = ARENA_ARRAY(&arena, FINAL_RANGES, struct memory_range);
    find_pools(&map);
    claim_pools();
    describe_firmware();
    return true;
}

const struct boot_efi *firmware_efi(void)
{
    return &efi;
}

struct memory_map memory_final_map(void)
{
    return final_map;
}

/* The first page of the lowest piece that ends after this address, and the *end of its last one. If
   there is none, the result is higher than any address. */
static uint64_t next_piece(const struct placement *placement, uint64_t page, uint64_t *end)
{
    uint64_t start = UINT64_MAX;
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        uint64_t piece_end = (uint64_t)piece->address + piece->length + piece->zero_length;
        if (piece_end > page && piece->address < start) {
            start = piece->address;
            *end = (piece_end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
        }
    }
    return start & ~(uint64_t)(PAGE - 1);
}

static void free_pages(uint64_t from, uint64_t to)
{
    if (from < to) {
        uefi_boot()->FreePages(from, (UINTN)((to - from) / PAGE));
    }
}

static void release(const void *memory, uint64_t length)
{
    if (length != 0 && memory != NULL) {
        uefi_boot()->FreePages((uintptr_t)memory, (UINTN)((length + PAGE - 1) / PAGE));
    }
}

void memory_release(void)
{
    for (unsigned i = 0; i < POOLS; i++) {
        release((const void *)(uintptr_t)pools[i].address, pools[i].length);
    }
    release(handoff_trampoline, TRAMPOLINE_BYTES);
    release(map_memory.buffer, map_memory.size);
    release(arena.base, arena.size);
}

/* Where a pool's part ends that memory_lend() gives back: staged memory, which is in use, is from
   there to the pool's end. */
static uint64_t lent_end(const struct memory_range *pool)
{
    uint64_t staged = staging_mark() & ~(uint64_t)(PAGE - 1);
    uint64_t end = pool->address + pool->length;
    return staged > pool->address && staged < end ? staged : end;
}

void memory_lend(void)
{
    for (unsigned i = 0; i < POOLS; i++) {
        free_pages(pools[i].address, lent_end(&pools[i]));
    }
}

/* What the program has kept is lost for us. */
void memory_take_back(void)
{
    for (unsigned i = 0; i < POOLS; i++) {
        EFI_PHYSICAL_ADDRESS address = pools[i].address;
        uint64_t length = lent_end(&pools[i]) - address;
        if (length != 0 &&
            uefi_boot()->AllocatePages(AllocateAddress, EfiLoaderData, (UINTN)(length / PAGE),
                                       &address) != EFI_SUCCESS) {
            pools[i].address += length;
            pools[i].length -= length;
            if (pools[i].length != 0) {
                staging_end();
            }
        }
    }
}

/* Staged memory stays ours: the menu may come again. */
void memory_keep(const struct placement *placement)
{
    for (unsigned i = 0; i < POOLS; i++) {
        uint64_t at = pools[i].address;
        uint64_t pool_end = at + pools[i].length;
        uint64_t lent = lent_end(&pools[i]);
        while (at < pool_end) {
            uint64_t end = pool_end;
            uint64_t start = next_piece(placement, at, &end);
            free_pages(at, start < lent ? start : lent);
            if (start < pool_end) {
                allow_code(start, end - start);
            }
            at = end;
        }
    }
}

void memory_regain(const struct placement *placement)
{
    for (unsigned i = 0; i < POOLS; i++) {
        uint64_t at = pools[i].address;
        uint64_t lent = lent_end(&pools[i]);
        while (at < lent) {
            uint64_t end = lent;
            uint64_t start = next_piece(placement, at, &end);
            free_pages(start > at ? start : at, end < lent ? end : lent);
            at = end;
        }
    }
    memory_take_back();
}

struct arena firmware_arena(void)
{
    return arena;
}

/* Everything below 4 GiB except the pools. */
size_t firmware_memory_in_use(struct memory_range ranges[FIRMWARE_RANGES])
{
    uint64_t from = 0;
    for (unsigned i = 0; i < POOLS; i++) {
        ranges[i] = (struct memory_range){from, 0, 0};
        if (pools[i].length != 0) {
            ranges[i].length = pools[i].address - from;
            from = pools[i].address + pools[i].length;
        }
    }
    ranges[POOLS] = (struct memory_range){from, LIMIT - from, 0};
    return FIRMWARE_RANGES;
}

struct memory_range firmware_staging(const struct memory_map *map)
{
    struct memory_range largest = {0};
    (void)map;
    for (unsigned i = 0; i < POOLS; i++) {
        if (pools[i].length > largest.length) {
            largest = pools[i];
        }
    }
    return largest;
}

/* The type after boot services have ended. */
static uint32_t type_of(const EFI_MEMORY_DESCRIPTOR *descriptor)
{
    switch (descriptor->Type) {
    case EfiLoaderCode:
    case EfiLoaderData:
    case EfiBootServicesCode:
    case EfiBootServicesData:
    case EfiConventionalMemory:
        return MEMORY_AVAILABLE;
    case EfiACPIReclaimMemory:
        return MEMORY_ACPI_RECLAIMABLE;
    case EfiACPIMemoryNVS:
        return MEMORY_ACPI_NVS;
    case EfiUnusableMemory:
        return MEMORY_BAD;
    default:
        return MEMORY_RESERVED;
    }
}

bool memory_translate(const struct uefi_memory_map *uefi, struct memory_map *map)
{
    const EFI_MEMORY_DESCRIPTOR *descriptor;
    map->count = 0;
    for (UINTN offset = 0; (descriptor = next_descriptor(uefi, &offset)) != NULL;) {
        struct memory_range range = {descriptor->PhysicalStart, descriptor->NumberOfPages * PAGE,
                                     type_of(descriptor)};
        struct memory_range *last = map->count != 0 ? &map->ranges[map->count - 1] : NULL;
        if (last != NULL && last->type == range.type &&
            last->address + last->length == range.address) {
            last->length += range.length;
        } else if (map->count == map->capacity) {
            return false;
        } else {
            map->ranges[map->count++] = range;
        }
    }
    return true;
}

/* Makes the map for pieces that must be at their address. Firmware keeps ACPI NVS for itself, for
   its wake-up from sleep; OVMF has some at 8 MiB, where kernels are. GRUB overwrites it. */
static bool describe_overwritable(const struct memory_map *map, struct error *error)
{
    overwritable.count = map->count;
    overwritable.capacity = FINAL_RANGES;
    for (size_t i = 0; i < map->count; i++) {
        struct memory_range *range = &overwritable.ranges[i];
        *range = map->ranges[i];
        if (range->type == MEMORY_ACPI_NVS && !tables_are_in(range)) {
            range->type = MEMORY_AVAILABLE;
        }
    }
    return memory_map_normalise(&overwritable, error);
}

bool firmware_memory_map(struct memory_map *map, struct error *error)
{
    struct uefi_memory_map uefi;
    if (memory_read_map(&uefi) != EFI_SUCCESS) {
        return fail(error, "the firmware gives no memory map");
    }
    if (!memory_translate(&uefi, map) || map->count > FINAL_RANGES / 2) {
        return fail(error, "the firmware's memory map has more than %zu ranges", map->capacity);
    }
    return describe_overwritable(map, error);
}

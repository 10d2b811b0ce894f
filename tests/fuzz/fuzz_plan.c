// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes whole plans of Multiboot 1 and 2 and PVH: any bytes as a kernel, modules of any sizes, any
// memory map. Besides the sanitizers' checks: all pieces of an accepted plan are in RAM and do not
// overlap, loading overwrites nothing in use, and the information fits its place.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"

enum {
    ARENA_BYTES = 384 * 1024,
    PAGE = 4096,
    MIB = 1024 * 1024,
    MOST_MODULES = 4,
    MOST_RANGES = 8,
    USED = 3, /* ranges in use */
};

/* This stands before the kernel; make_seeds_plan.py writes it. */
enum {
    OPTION_UNCOMPRESSED = 1,
    OPTION_WITHOUT_FIELDS = 2,
    OPTION_PROTOCOL_2 = 4,
    OPTION_AS_IT_IS = 8,
    OPTION_PVH = 16,
};
struct setting {
    uint8_t options, module_count, range_count, unused;
    uint32_t module_sizes[MOST_MODULES];
    struct {
        uint32_t page, pages;
        uint16_t type, unused;
    } ranges[MOST_RANGES]; /* 0: a PC's map */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

/* ---- The files: a kernel, and modules of zeros. */

static const uint8_t *kernel;
static size_t kernel_size;
static struct setting setting;

bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error)
{
    (void)compression;
    (void)arena;
    (void)error;
    *file = (struct file){.path = path};
    if (path[1] == 'k') {
        file->size = kernel_size;
        file->contents = setting.options & OPTION_UNCOMPRESSED ? kernel : NULL;
    } else {
        file->size = setting.module_sizes[path[1] - '0'];
    }
    return true;
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    (void)error;
    require(range_within(offset, length, file->size));
    if (length == 0) {
        return true;
    }
    if (file->path[1] == 'k') {
        memcpy(buffer, kernel + offset, length);
    } else {
        memset(buffer, 0, length);
    }
    return true;
}

/* ---- What must hold. */

static bool apart(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a_length == 0 || b_length == 0 || a + a_length <= b || b + b_length <= a;
}

static uint64_t whole(const struct piece *piece)
{
    return (uint64_t)piece->length + piece->zero_length;
}

static void check_pieces(const struct placement *placement)
{
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        require(whole(piece) == 0 ||
                memory_map_available(placement->map, piece->address, whole(piece), NULL));
        require(piece->file == NULL || piece->length == 0 ||
                range_within(piece->file_offset, piece->length, piece->file->size));
        for (size_t k = 0; k < i; k++) {
            const struct piece *other = &placement->pieces[k];
            require(apart(piece->address, whole(piece), other->address, whole(other)));
        }
    }
}

static void check_modules(const struct plan *plan)
{
    require(plan->information.module_count == setting.module_count);
    for (size_t i = 0; i < setting.module_count; i++) {
        const struct boot_module *module = &plan->information.modules[i];
        require(module->mod_start % PAGE == 0 && module->mod_start >= MIB);
        require(module->mod_end - module->mod_start == setting.module_sizes[i]);
        require(module->mod_end >= module->mod_start);
    }
}

static void check_entry(const struct plan *plan)
{
    for (size_t i = 0; i < plan->placement.count; i++) {
        const struct piece *piece = &plan->placement.pieces[i];
        if (piece->file == &plan->kernel && plan->entry >= piece->address &&
            plan->entry - piece->address < whole(piece)) {
            return;
        }
    }
    require(plan->protocol == CONFIG_MULTIBOOT2); /* only its entry tag may be anywhere */
}

static void check_information(const struct plan *plan)
{
    const struct piece *piece = &plan->placement.pieces[plan->information_piece];
    uint8_t *buffer = calloc(1, piece->length);
    require(piece->address == plan->information_address && piece->file == NULL);
    if (plan->protocol == CONFIG_MULTIBOOT2) {
        require(piece->length == multiboot2_information_size(&plan->information));
        multiboot2_write_information(&plan->information, buffer, piece->address);
    } else if (plan->protocol == CONFIG_PVH) {
        require(piece->length == pvh_information_size(&plan->information));
        pvh_write_boot(&plan->information, buffer, piece->address);
        pvh_write_machine(&plan->information, buffer, piece->address);
    } else {
        require(piece->length == multiboot1_information_size(&plan->information));
        multiboot1_write_information(&plan->information, buffer, piece->address);
    }
    free(buffer);
}

/* Checks the loads and moves that stage2/boot/boot.c would do. */
static void check_staging(struct placement *placement)
{
    struct memory_range *in_use = calloc(USED + placement->count, sizeof *in_use);
    struct error error = {""};
    size_t count = USED;
    in_use[0] = (struct memory_range){.length = 0x600};
    in_use[1] = (struct memory_range){0x2000, 0xe000, 0};
    in_use[2] = (struct memory_range){8 * MIB, 8 * MIB, 0};
    if (!placement_assign_load_addresses(placement, in_use, count, &count, &error)) {
        require(error.message[0] != 0);
        free(in_use);
        return;
    }
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        bool staged = piece->load_address != piece->address;
        uint64_t loaded = staged ? piece->length : whole(piece);
        require(loaded == 0 ||
                memory_map_available(placement->map, piece->load_address, loaded, NULL));
        for (size_t k = 0; k < USED; k++) {
            require(apart(piece->load_address, loaded, in_use[k].address, in_use[k].length));
        }
        for (size_t k = 0; k < placement->count; k++) {
            const struct piece *other = &placement->pieces[k];
            bool other_staged = other->load_address != other->address;
            require((k == i && !staged) ||
                    apart(piece->load_address, loaded, other->address, whole(other)));
            require(k == i || !other_staged ||
                    apart(piece->load_address, loaded, other->load_address, other->length));
        }
    }
    free(in_use);
}

/* ---- One machine and one entry. */

static void read_map(struct memory_map *map)
{
    static const struct memory_range pc[] = {
        {0, 0x9fc00, MEMORY_AVAILABLE},         {0x9fc00, 0x400, MEMORY_RESERVED},
        {0xf0000, 0x10000, MEMORY_RESERVED},    {MIB, 127 * MIB, MEMORY_AVAILABLE},
        {0xfffc0000, 0x40000, MEMORY_RESERVED},
    };
    struct error error = {""};
    memcpy(map->ranges, pc, sizeof pc);
    map->count = setting.range_count == 0 ? sizeof pc / sizeof pc[0] : setting.range_count;
    for (size_t i = 0; i < setting.range_count; i++) {
        map->ranges[i] =
            (struct memory_range){(uint64_t)setting.ranges[i].page * PAGE,
                                  (uint64_t)setting.ranges[i].pages * PAGE, setting.ranges[i].type};
    }
    map->capacity = 2 * map->count;
    require(memory_map_normalise(map, &error));
}

static void plan_and_check(const struct config_boot *boot, const struct memory_map *map)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    const struct plan_environment environment = {
        .config_name = "g.cfg", .map = map, .overlay = plan_overlay_linked};
    struct plan plan;
    struct error error = {""};
    if (!plan_boot(&plan, boot, &environment, &arena, &error)) {
        require(strncmp(error.message, "g.cfg:", 6) == 0 && error.message[7] != 0);
        return;
    }
    check_pieces(&plan.placement);
    check_modules(&plan);
    check_entry(&plan);
    check_information(&plan);
    check_staging(&plan.placement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[MOST_MODULES] = {"/0", "/1", "/2", "/3"};
    struct memory_range ranges[2 * MOST_RANGES];
    struct memory_map map = {.ranges = ranges};
    struct config_file modules[MOST_MODULES];
    if (size < sizeof setting) {
        return 0;
    }
    memcpy(&setting, data, sizeof setting);
    setting.module_count %= MOST_MODULES + 1;
    setting.range_count %= MOST_RANGES + 1;
    read_map(&map);
    struct config_boot boot = {
        .protocol = setting.options & OPTION_PVH          ? CONFIG_PVH
                    : setting.options & OPTION_PROTOCOL_2 ? CONFIG_MULTIBOOT2
                                                          : CONFIG_MULTIBOOT1,
        .ignore_address_fields = (setting.options & OPTION_WITHOUT_FIELDS) != 0,
        .kernel = {.path = "/k", .arguments = "-x", .config = "g.cfg", .line = 1},
        .modules = modules,
        .module_count = setting.module_count,
    };
    for (size_t i = 0; i < boot.module_count; i++) {
        modules[i] = (struct config_file){paths[i], "", "g.cfg", (uint32_t)i + 2,
                                          (setting.options & OPTION_AS_IT_IS) != 0};
    }
    kernel_size = size - sizeof setting;
    uint8_t *copy = malloc(kernel_size); /* of just that size, for the sanitizer */
    if (kernel_size > 0) {
        memcpy(copy, data + sizeof setting, kernel_size);
    }
    kernel = copy;
    plan_and_check(&boot, &map);
    free(copy);
    return 0;
}

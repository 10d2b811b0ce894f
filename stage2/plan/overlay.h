// SPDX-License-Identifier: BSD-2-Clause
// What a plan needs for some kernels only, called through a table: Multiboot 2
// (loader/multiboot2.h), PVH, address fields, and the symbols of a.out kernels. In the BIOS boot
// image it is in the overlay (stage2/overlay.h), which is read from the disc when it is first
// needed. Most Multiboot 1 boots do not need it.
#pragma once

#include "loader/elf.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"

struct config_boot;
struct plan;
struct plan_environment;

struct plan_overlay {
    void (*explain)(struct bytes file, bool is_2, struct error *error); /* loader/explain.h */
    void (*explain_pvh)(struct bytes file, struct error *error);
    bool (*multiboot1_image)(const struct multiboot1_header *header, uint64_t file_size,
                             struct image *image, struct arena *arena,
                             struct error *error); /* loader/multiboot1.h */
    bool (*find_header)(struct bytes start, struct multiboot2_header *header, struct error *error);
    bool (*address_image)(const struct multiboot2_header *header, uint64_t file_size,
                          struct image *image, struct arena *arena, struct error *error);
    bool (*check_no_relocations)(const struct elf *elf, const uint8_t *section_headers,
                                 struct error *error); /* elf.h */
    bool (*apply_entry)(const struct multiboot2_header *header, struct image *image,
                        struct error *error);
    bool (*apply_efi)(const struct multiboot2_header *header, const struct boot_efi *efi,
                      struct boot_information *information, struct image *image,
                      struct error *error);
    bool (*relocate)(const struct multiboot2_header *header, const struct placement *placement,
                     struct image *image, struct error *error);
    size_t (*information_size)(const struct boot_information *information);
    bool (*place_symbols)(struct plan *plan, struct arena *arena,
                          struct error *error); /* symbols.h */
    /* pvh_kernel.h */
    bool (*read_pvh)(struct plan *plan, struct arena *arena, struct error *error);
    bool (*read_pvh_instead)(struct plan *plan, struct arena *arena);
    /* loader/pvh.h */
    uint64_t (*pvh_information_size)(const struct boot_information *information);
    void (*pvh_write_boot)(const struct boot_information *information, uint8_t *buffer,
                           uint32_t address);
    /* linux_kernel.h */
    bool (*plan_linux)(struct plan *plan, const struct config_boot *boot,
                       const struct plan_environment *environment, struct arena *arena,
                       struct error *error);
};

extern const struct plan_overlay plan_overlay_table;

/* For struct plan_environment: overlay() of programs that have the table linked in. */
static inline const struct plan_overlay *plan_overlay_linked(struct error *error)
{
    (void)error;
    return &plan_overlay_table;
}

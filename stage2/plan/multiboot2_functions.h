// SPDX-License-Identifier: BSD-2-Clause
// What a plan needs of loader/multiboot2.h, through a table: in the BIOS boot image it is one of
// the overlay (overlay.h), as a Multiboot 1 boot does not need it.
#pragma once

#include "loader/elf.h"
#include "loader/multiboot2.h"

struct multiboot2_functions {
    /* Whoever gives the wrong one of the two commands is told the right one. */
    void (*explain_protocol)(struct bytes start, bool is_2, struct error *error);
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
};

/* The table itself, for programs that have all of it linked in. */
extern const struct multiboot2_functions multiboot2_table;

/* The same; NULL with a reason: it cannot be read. Two implementations, bound at link time: stage
   2's own (boot.c) and plan/multiboot2_linked.host.c. */
const struct multiboot2_functions *multiboot2_functions(struct error *error);

// SPDX-License-Identifier: BSD-2-Clause
// Multiboot 1 (specification 0.6.96): the header in a kernel (3.1) and the boot information (3.3).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/image.h"
#include "loader/information.h"

enum {
    MULTIBOOT1_HEADER_MAGIC = 0x1badb002,
    MULTIBOOT1_BOOT_MAGIC = 0x2badb002, /* EAX at entry */
    MULTIBOOT1_SEARCH_BYTES = 8192,     /* the header's first fields lie within these */
    MULTIBOOT1_HEADER_ALIGNMENT = 4,    /* its offset is a multiple of this */
    MULTIBOOT1_START_BYTES = MULTIBOOT1_SEARCH_BYTES + 48, /* enough of a file for all fields */
};

/* Header flags, 3.1.2. */
enum {
    MULTIBOOT1_PAGE_ALIGN = 1u << 0,
    MULTIBOOT1_MEMORY_INFO = 1u << 1,
    MULTIBOOT1_VIDEO_MODE = 1u << 2,
    MULTIBOOT1_ADDRESS_FIELDS = 1u << 16,
    MULTIBOOT1_REQUIRED_FLAGS = 0xffff, /* unknown ones here must be refused */
};

/* mode_type, 3.1.4 */
enum { MULTIBOOT1_LINEAR_GRAPHICS = 0, MULTIBOOT1_EGA_TEXT = 1 };

struct multiboot1_header {
    uint32_t file_offset; /* where it was found */
    uint32_t flags;
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr; /* flag 16 */
    uint32_t mode_type, width, height, depth;                                 /* flag 2 */
};

/* Whether the first bytes of a file contain a header. Its flags are not checked. */
bool multiboot1_is_present(struct bytes start);

/* Finds and checks the header in the first bytes of a file (all of it, if shorter than
   MULTIBOOT1_SEARCH_BYTES). False with a reason: no header, unknown required flags, cut short. */
bool multiboot1_find_header(struct bytes start, struct multiboot1_header *header,
                            struct error *error);

/* The image that the address fields describe (3.1.3), in a file of file_size bytes. */
bool multiboot1_address_image(const struct multiboot1_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error);

enum {
    MULTIBOOT1_INFORMATION_ALIGNMENT = 4096,
    MULTIBOOT1_USUAL_RANGES = 16,    /* of a memory map: for as many there is always room */
    MULTIBOOT1_MACHINE_BYTES = 1124, /* of drives, APM table, VBE information, palette */
};

/* Bytes of the information and all that it points to, except the modules. Structure, memory map and
   command line come first, so that they share a page unless they are longer. */
uint64_t multiboot1_information_size(const struct boot_information *information);

/* Writes the information to buffer (multiboot1_information_size() zeroed bytes). The kernel will
   find it at this physical address. */
void multiboot1_write_information(const struct boot_information *information, uint8_t *buffer,
                                  uint32_t address);

/* multiboot1_write_information() in two steps. The first, _boot(), writes what is known once the
   files are placed. The second, _machine(), adds what the firmware says: from machine_offset on, in
   the structure, and in the memory map. Before that offset, the first step writes the same bytes
   for every memory map of at most MULTIBOOT1_USUAL_RANGES ranges. */
uint32_t multiboot1_machine_offset(const struct boot_information *information);
void multiboot1_write_boot(const struct boot_information *information, uint8_t *buffer,
                           uint32_t address);
void multiboot1_write_machine(const struct boot_information *information, uint32_t machine_offset,
                              uint8_t *buffer, uint32_t address);

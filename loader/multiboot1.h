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
    MULTIBOOT1_SEARCH_BYTES = 8192,     /* the header lies wholly in the first 8192 bytes … */
    MULTIBOOT1_HEADER_ALIGNMENT = 4,    /* … on a multiple of 4, … */
    MULTIBOOT1_START_BYTES = MULTIBOOT1_SEARCH_BYTES + 48, /* … its last fields maybe behind */
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

/* Whether there is a header in the first bytes of a file, its flags unread. */
bool multiboot1_is_present(struct bytes start);

/* Finds and checks the header in the first bytes of a file (all of it, if shorter than
   MULTIBOOT1_SEARCH_BYTES). False with a reason: none, unknown required flags, cut short. */
bool multiboot1_find_header(struct bytes start, struct multiboot1_header *header,
                            struct error *error);

/* The image that the address fields describe (3.1.3), in a file of file_size bytes. */
bool multiboot1_address_image(const struct multiboot1_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error);

enum {
    MULTIBOOT1_INFORMATION_ALIGNMENT = 4096,
    MULTIBOOT1_USUAL_RANGES = 16,    /* of a memory map */
    MULTIBOOT1_MACHINE_BYTES = 1124, /* of drives, APM table, VBE information, palette */
};

/* Bytes that the information takes, with all that it points to but the modules. Structure, memory
   map and command line come first, so that they share a page unless they are longer. */
uint64_t multiboot1_information_size(const struct boot_information *information);

/* Writes it to buffer (that many bytes, zeroed), as it must be at the physical address. */
void multiboot1_write_information(const struct boot_information *information, uint8_t *buffer,
                                  uint32_t address);

/* The same in two steps: what is known once the files are placed, and what the machine says, which
   comes last, from machine_offset on, and into the structure and the memory map. Up to that offset
   the first step's bytes are the same for all maps of at most MULTIBOOT1_USUAL_RANGES. */
uint32_t multiboot1_machine_offset(const struct boot_information *information);
void multiboot1_write_boot(const struct boot_information *information, uint8_t *buffer,
                           uint32_t address);
void multiboot1_write_machine(const struct boot_information *information, uint32_t machine_offset,
                              uint8_t *buffer, uint32_t address);

// SPDX-License-Identifier: BSD-2-Clause
// Multiboot 2 (specification 2.0): the header in a kernel (3.1) and the boot information (3.6).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/image.h"
#include "loader/information.h"
#include "loader/placement.h"

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6u
#define MULTIBOOT2_BOOT_MAGIC   0x36d76289u /* EAX at entry */

enum {
    MULTIBOOT2_SEARCH_BYTES = 32768, /* the header lies within these */
    MULTIBOOT2_HEADER_ALIGNMENT = 8, /* its offset is a multiple of this */
};

/* Tags of the header, 3.1.3 to 3.1.14. */
enum multiboot2_header_tag {
    MULTIBOOT2_HEADER_END = 0,
    MULTIBOOT2_INFORMATION_REQUEST = 1,
    MULTIBOOT2_ADDRESS = 2,
    MULTIBOOT2_ENTRY_ADDRESS = 3,
    MULTIBOOT2_CONSOLE_FLAGS = 4,
    MULTIBOOT2_FRAMEBUFFER = 5,
    MULTIBOOT2_MODULE_ALIGN = 6,
    MULTIBOOT2_EFI_BOOT_SERVICES = 7,
    MULTIBOOT2_ENTRY_ADDRESS_EFI32 = 8,
    MULTIBOOT2_ENTRY_ADDRESS_EFI64 = 9,
    MULTIBOOT2_RELOCATABLE = 10,
    MULTIBOOT2_HEADER_TAGS,
};

/* Types of information, 3.6.2 to 3.6.18. */
enum multiboot2_information {
    MULTIBOOT2_INFORMATION_END = 0,
    MULTIBOOT2_COMMAND_LINE = 1,
    MULTIBOOT2_LOADER_NAME = 2,
    MULTIBOOT2_MODULE = 3,
    MULTIBOOT2_BASIC_MEMORY = 4,
    MULTIBOOT2_BOOT_DEVICE = 5,
    MULTIBOOT2_MEMORY_MAP = 6,
    MULTIBOOT2_VBE = 7,
    MULTIBOOT2_FRAMEBUFFER_INFORMATION = 8,
    MULTIBOOT2_ELF_SECTIONS = 9,
    MULTIBOOT2_APM = 10,
    MULTIBOOT2_EFI32_SYSTEM_TABLE = 11,
    MULTIBOOT2_EFI64_SYSTEM_TABLE = 12,
    MULTIBOOT2_SMBIOS = 13,
    MULTIBOOT2_ACPI_OLD = 14,
    MULTIBOOT2_ACPI_NEW = 15,
    MULTIBOOT2_NETWORK = 16,
    MULTIBOOT2_EFI_MEMORY_MAP = 17,
    MULTIBOOT2_EFI_BOOT_SERVICES_RUN = 18,
    MULTIBOOT2_EFI32_IMAGE_HANDLE = 19,
    MULTIBOOT2_EFI64_IMAGE_HANDLE = 20,
    MULTIBOOT2_LOAD_BASE = 21,
    MULTIBOOT2_INFORMATION_TYPES,
};

enum { MULTIBOOT2_CONSOLE_REQUIRED = 1, MULTIBOOT2_EGA_TEXT_SUPPORTED = 2 }; /* console_flags */

enum { MULTIBOOT2_PREFER_NONE, MULTIBOOT2_PREFER_LOW, MULTIBOOT2_PREFER_HIGH };

struct multiboot2_header {
    uint32_t file_offset;          /* where it was found */
    uint32_t requests;             /* bit n: the kernel asks for information of type n */
    uint32_t required;             /* bit n: the header has a tag of type n that is not optional */
    uint32_t tags;                 /* bit n: the header has the tag of type n; its fields: */
    struct address_fields address; /* entry_addr is a tag of its own */
    uint32_t entry_efi32, entry_efi64;
    uint32_t console_flags;
    uint32_t width, height, depth;
    uint32_t min_addr, max_addr, align, preference;
};

static inline bool multiboot2_has(const struct multiboot2_header *header,
                                  enum multiboot2_header_tag tag)
{
    return (header->tags >> tag & 1) != 0;
}

/* Whether the first bytes of a file contain a header for the PC. Its tags are not checked. */
bool multiboot2_is_present(struct bytes start);

/* Finds and checks the header in the first bytes of a file (all of it, if shorter than
   MULTIBOOT2_SEARCH_BYTES). False with a reason: no header, or a tag is malformed, or required but
   unknown. */
bool multiboot2_find_header(struct bytes start, struct multiboot2_header *header,
                            struct error *error);

/* The image that the address and entry address tags describe (3.1.5, 3.1.6), in a file of
   file_size bytes. */
bool multiboot2_address_image(const struct multiboot2_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error);

/* Enters an ELF image where the entry address tag says, if there is one. False with a reason: that
   is not in the image's bytes from the file. */
bool multiboot2_apply_entry(const struct multiboot2_header *header, struct image *image,
                            struct error *error);

/* For boots by UEFI. Notes whether the kernel wants boot services to stay (3.1.8). Such a kernel is
   entered in the firmware's mode; the entry address tag for that mode (3.1.9, 3.1.10), if any, says
   where. False with a reason: that is not in the image's bytes from the file, or there is only an
   i386 entry on 64-bit UEFI. */
bool multiboot2_apply_efi(const struct multiboot2_header *header, const struct boot_efi *efi,
                          struct boot_information *information, struct image *image,
                          struct error *error);

/* False with a reason: the header keeps boot services, and says where to enter by i386 UEFI only,
   and this one is 64-bit. */
bool multiboot2_check_efi_entry(const struct multiboot2_header *header, bool is_64,
                                struct error *error);

/* Moves a relocatable image (3.1.14) to free memory as its header wants; other images stay. */
bool multiboot2_relocate(const struct multiboot2_header *header, const struct placement *placement,
                         struct image *image, struct error *error);

enum { MULTIBOOT2_INFORMATION_ALIGNMENT = 8 };

/* Bytes of the information at most, whatever tags about the machine are added later. */
size_t multiboot2_information_size(const struct boot_information *information);

/* Writes the information to buffer (multiboot2_information_size() zeroed bytes). The kernel will
   find it at this physical address. */
void multiboot2_write_information(const struct boot_information *information, uint8_t *buffer,
                                  uint32_t address);

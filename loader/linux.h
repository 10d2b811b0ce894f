// SPDX-License-Identifier: BSD-2-Clause
// Linux on x86 (the kernel's Documentation/x86/boot.rst and zero-page.rst; field names are theirs):
// the setup header of a bzImage, and what the kernel gets: boot_params or the real-mode block, and
// the code that enters it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/information.h"

enum {
    LINUX_START_BYTES = 4096, /* enough of a file for the setup header and the PE header */
    LINUX_HEADER = 0x1f1,     /* offset of setup_sects, the setup header's first field */
    LINUX_HEADER_MOST = 0x290 - LINUX_HEADER,
    LINUX_BOOT_PARAMS_BYTES = 4096,
    LINUX_HIGH = 0x100000,     /* where a bzImage's protected-mode code is linked */
    LINUX_LOW = 0x10000,       /* where a zImage's is */
    LINUX_REAL_MODE = 0x90000, /* the highest place of the real-mode block; old kernels' only one */
    LINUX_REAL_HEAP_END = 0x9000, /* in the real-mode block; the command line follows */
};

/* loadflags */
enum {
    LINUX_LOADED_HIGH = 1 << 0, /* a bzImage */
    LINUX_QUIET = 1 << 5,
    LINUX_CAN_USE_HEAP = 1 << 7,
};

/* xloadflags */
enum {
    LINUX_XLF_KERNEL_64 = 1 << 0,
    LINUX_XLF_EFI_HANDOVER_32 = 1 << 2,
    LINUX_XLF_EFI_HANDOVER_64 = 1 << 3,
};

/* Machine types of UEFI applications (PE/COFF, 3.3.1); 0: the kernel is none. */
enum { LINUX_PE_I386 = 0x14c, LINUX_PE_X64 = 0x8664 };

/* What a kernel's setup header says. Fields that its protocol lacks have the protocol's default. */
struct linux_header {
    uint8_t fields[LINUX_HEADER_MOST]; /* the header itself */
    uint32_t field_bytes;
    uint16_t version;      /* 0x020f is 2.15; 0: older than 2.00 */
    uint32_t setup_bytes;  /* boot sector and real-mode code; the rest of the file is the kernel */
    uint32_t kernel_bytes; /* the rest */
    uint8_t loadflags;
    uint32_t command_line_most; /* bytes, with the NUL */
    uint32_t initrd_addr_max;   /* the highest address of its last byte */
    bool is_relocatable;
    uint32_t kernel_alignment, least_alignment; /* powers of two */
    uint64_t pref_address;
    uint32_t init_size; /* memory that it needs from its first byte on */
    uint32_t code32_start;
    uint16_t xloadflags;
    uint32_t handover_offset; /* 0: no such entry */
    uint16_t pe_machine;
    uint16_t pe_major; /* image version; from 1 on it asks for its initrd by LoadFile2 */
};

/* Whether a file's first bytes look like a kernel with a setup header. */
bool linux_is_present(struct bytes start);

/* Reads the setup header from the first bytes of a file of file_size bytes. False with a reason: it
   is no such kernel, or the header contradicts itself or the file. */
bool linux_read_header(struct bytes start, uint64_t file_size, struct linux_header *header,
                       struct error *error);

/* False with a reason: the kernel has only a 16-bit entry. */
bool linux_check_32_bit(const struct linux_header *header, struct error *error);

/* How a kernel is entered. */
enum linux_way {
    LINUX_BY_32_BIT,    /* boot.rst, "32-bit boot protocol" */
    LINUX_BY_REAL_MODE, /* its own real-mode code, which calls the BIOS */
    LINUX_BY_EFI,       /* as a UEFI application */
    LINUX_BY_HANDOVER,  /* boot.rst, "EFI handover protocol" */
};

struct linux_boot {
    enum linux_way way;
    struct linux_header header;
    const uint8_t *setup_code;    /* LINUX_BY_REAL_MODE: header.setup_bytes */
    const char *command_line;     /* all of it; command_line_length is what the kernel gets */
    uint32_t command_line_length; /* bytes, without a NUL */
    uint32_t kernel_address;      /* of the protected-mode code; LINUX_BY_EFI: of the whole file */
    uint32_t initrd_address, initrd_bytes; /* 0 bytes: none */
};

/* The value of the command line's last argument that begins with name ("mem="); NULL: none does.
   Arguments are quoted as GRUB quotes them. */
const char *linux_argument(const char *command_line, const char *name);

/* Reads a number in C's notation. What does not fit is UINT64_MAX. */
uint64_t linux_number(const char *text);

/* Bytes of the command line without the arguments that are too many for the kernel: GRUB drops the
   first that does not fit, and all after it. */
uint32_t linux_command_line_length(const char *command_line, uint32_t most);

/* The number that `mem=` sets, in bytes, as GRUB reads it; 0: no limit. */
uint64_t linux_memory_limit(const char *command_line);

/* The address after the highest byte that an initrd may have. It is below all that some kernel,
   whatever its header says, cannot reach. */
uint32_t linux_initrd_limit(const struct linux_boot *boot);

/* Bytes of what linux_write_information() writes, for a memory map of so many ranges. */
uint64_t linux_information_size(const struct linux_boot *boot, size_t ranges, size_t efi_map_bytes);

/* Where in it the code is that enters the kernel, in 32-bit protected mode with flat segments. */
uint32_t linux_entry_offset(const struct linux_boot *boot);

/* The kernel's own first instruction, if its information is at this physical address. */
uint32_t linux_first_instruction(const struct linux_boot *boot, uint32_t information_address);

/* Writes all that the kernel gets to buffer, linux_information_size() zeroed bytes, which the
   kernel will find at this physical address: for LINUX_BY_REAL_MODE the real-mode block, else
   boot_params and what they point to. */
void linux_write_information(const struct linux_boot *boot,
                             const struct boot_information *information, uint8_t *buffer,
                             uint32_t address);

/* Adds the text cursor, after which the kernel goes on to write. */
void linux_write_cursor(struct screen_cursor cursor, uint8_t *boot_params);

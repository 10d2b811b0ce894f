// SPDX-License-Identifier: BSD-2-Clause
// Boot information of Multiboot 2.0, 3.6. Written from the specification for the tests alone, so
// that they do not repeat the loader's mistakes.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    TAG_END = 0,
    TAG_CMDLINE = 1,
    TAG_LOADER_NAME = 2,
    TAG_MODULE = 3,
    TAG_BASIC_MEMINFO = 4,
    TAG_BOOTDEV = 5,
    TAG_MMAP = 6,
    TAG_VBE = 7,
    TAG_FRAMEBUFFER = 8,
    TAG_ELF_SECTIONS = 9,
    TAG_APM = 10,
    TAG_EFI32 = 11,
    TAG_EFI64 = 12,
    TAG_SMBIOS = 13,
    TAG_ACPI_OLD = 14,
    TAG_ACPI_NEW = 15,
    TAG_EFI_MMAP = 17,
    TAG_EFI_BS = 18,
    TAG_EFI32_IH = 19,
    TAG_EFI64_IH = 20,
    TAG_LOAD_BASE = 21,
};

struct information {
    uint32_t total_size, reserved;
};

/* Aligned to 8 bytes. size includes these two fields, but no padding. */
struct tag {
    uint32_t type, size;
};

struct tag_text { /* command line, loader name */
    struct tag tag;
    char string[];
};

struct tag_module {
    struct tag tag;
    uint32_t mod_start, mod_end;
    char string[];
};

struct tag_basic_meminfo {
    struct tag tag;
    uint32_t mem_lower, mem_upper;
};

struct tag_bootdev {
    struct tag tag;
    uint32_t biosdev, partition, sub_partition;
};

struct tag_mmap {
    struct tag tag;
    uint32_t entry_size, entry_version;
    struct {
        uint64_t base_addr, length;
        uint32_t type, reserved;
    } entries[];
};

struct tag_vbe {
    struct tag tag;
    uint16_t vbe_mode, vbe_interface_seg, vbe_interface_off, vbe_interface_len;
    uint8_t vbe_control_info[512], vbe_mode_info[256];
};
_Static_assert(sizeof(struct tag_vbe) == 784, "3.6, VBE info");

struct tag_framebuffer {
    struct tag tag;
    uint64_t framebuffer_addr;
    uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
    uint8_t framebuffer_bpp, framebuffer_type;
    uint16_t reserved; /* as GRUB writes it; the specification has one byte */
    uint8_t color_info[];
};
_Static_assert(offsetof(struct tag_framebuffer, color_info) == 32, "as GRUB writes it");

struct tag_elf_sections { /* as GRUB writes it; the specification has 16 bits a field */
    struct tag tag;
    uint32_t num, entsize, shndx;
    uint8_t headers[];
};

struct tag_apm {
    struct tag tag;
    uint16_t version, cseg;
    uint32_t offset;
    uint16_t cseg_16, dseg, flags, cseg_len, cseg_16_len, dseg_len;
};
_Static_assert(sizeof(struct tag_apm) == 28, "3.6, APM table");

struct tag_pointer { /* of UEFI; 32-bit firmware has no upper half */
    struct tag tag;
    uint32_t low, high;
};

struct tag_smbios {
    struct tag tag;
    uint8_t major, minor, reserved[6];
    uint8_t tables[];
};
_Static_assert(offsetof(struct tag_smbios, tables) == 16, "3.6, SMBIOS tables");

struct tag_acpi {
    struct tag tag;
    uint8_t rsdp[];
};

struct tag_efi_mmap {
    struct tag tag;
    uint32_t descriptor_size, descriptor_version;
    uint8_t efi_memory_map[];
};

struct tag_load_base {
    struct tag tag;
    uint32_t load_base_addr;
};

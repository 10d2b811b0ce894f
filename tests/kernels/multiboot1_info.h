// SPDX-License-Identifier: BSD-2-Clause
// Header and boot information of Multiboot 0.6.96, 3.1 to 3.3. Written from the specification for
// the tests alone, so that they do not repeat the loader's mistakes.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct header {
    uint32_t magic, flags, checksum;
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr; /* if flag 16 */
    uint32_t mode_type, width, height, depth;                                 /* if flag 2 */
};
_Static_assert(offsetof(struct header, header_addr) == 12, "3.1.1: header_addr at 12");
_Static_assert(offsetof(struct header, mode_type) == 32, "3.1.1: mode_type at 32");
_Static_assert(sizeof(struct header) == 48, "3.1.1: depth at 44");

enum {
    INFO_MEMORY = 1u << 0,
    INFO_BOOT_DEVICE = 1u << 1,
    INFO_CMDLINE = 1u << 2,
    INFO_MODULES = 1u << 3,
    INFO_AOUT_SYMBOLS = 1u << 4,
    INFO_ELF_SECTIONS = 1u << 5,
    INFO_MEMORY_MAP = 1u << 6,
    INFO_DRIVES = 1u << 7,
    INFO_CONFIG_TABLE = 1u << 8,
    INFO_LOADER_NAME = 1u << 9,
    INFO_APM_TABLE = 1u << 10,
    INFO_VBE = 1u << 11,
    INFO_FRAMEBUFFER = 1u << 12,
};

/* struct info, syms. */
enum { ELF_NUM, ELF_SIZE, ELF_ADDR, ELF_SHNDX };
enum { AOUT_TABSIZE, AOUT_STRSIZE, AOUT_ADDR, AOUT_RESERVED };

struct info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
    uint32_t apm_table;
    uint32_t vbe_control_info, vbe_mode_info;
    uint16_t vbe_mode, vbe_interface_seg, vbe_interface_off, vbe_interface_len;
    uint32_t framebuffer_addr_low, framebuffer_addr_high;
    uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
    uint8_t framebuffer_bpp, framebuffer_type;
    uint8_t colour[8]; /* from offset 110; GRUB's header has them from 112 */
};
_Static_assert(offsetof(struct info, mods_count) == 20, "3.3: mods_count at 20");
_Static_assert(offsetof(struct info, mmap_length) == 44, "3.3: mmap_length at 44");
_Static_assert(offsetof(struct info, boot_loader_name) == 64, "3.3: boot_loader_name at 64");
_Static_assert(offsetof(struct info, vbe_control_info) == 72, "3.3: VBE at 72");
_Static_assert(offsetof(struct info, framebuffer_addr_low) == 88, "3.3: framebuffer at 88");
_Static_assert(offsetof(struct info, colour) == 110, "3.3: colour_info at 110");

struct module {
    uint32_t mod_start, mod_end, string, reserved;
};

struct drive {
    uint32_t size;
    uint8_t number, mode;
    uint16_t cylinders;
    uint8_t heads, sectors;
    uint16_t ports[]; /* ends with 0 */
};
_Static_assert(offsetof(struct drive, ports) == 10, "3.3: ports at 10");

struct map_entry {
    uint32_t size; /* of the bytes after this field */
    uint32_t base_low, base_high, length_low, length_high, type;
};
_Static_assert(sizeof(struct map_entry) == 24, "3.3: size, and 20 bytes of an entry");

struct apm {
    uint16_t version, cseg;
    uint32_t offset;
    uint16_t cseg_16, dseg, flags, cseg_len, cseg_16_len, dseg_len;
};
_Static_assert(sizeof(struct apm) == 20, "3.3: dseg_len at 18");

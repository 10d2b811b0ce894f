// SPDX-License-Identifier: BSD-2-Clause
// What a PVH loader tells a kernel: struct hvm_start_info (Xen, public/arch-x86/hvm/start_info.h),
// versions 0 and 1. Version 1 adds the memory map.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/memory_map.h"

#define START_INFO_MAGIC UINT32_C(0x336ec578) /* "xEn3" with bit 7 of the E set */

enum {
    START_INFO_BYTES_0 = 40, /* version 0 */
    START_INFO_BYTES_1 = 56,
    START_INFO_MODULE_BYTES = 32,
    START_INFO_RANGE_BYTES = 24,
    START_INFO_TEXT_BYTES = 4096, /* of a command line that is read, at most; with its NUL */
};

/* All numbers are little-endian. Addresses are physical; 0: there is none. */
struct hvm_start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t nr_modules;
    uint64_t modlist_paddr;
    uint64_t cmdline_paddr;
    uint64_t rsdp_paddr;
    uint64_t memmap_paddr; /* from version 1 on */
    uint32_t memmap_entries;
    uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_start_info) == START_INFO_BYTES_1, "start_info.h of Xen");

struct hvm_modlist_entry {
    uint64_t paddr;
    uint64_t size; /* bytes */
    uint64_t cmdline_paddr;
    uint64_t reserved;
};
_Static_assert(sizeof(struct hvm_modlist_entry) == START_INFO_MODULE_BYTES, "start_info.h of Xen");

struct hvm_memmap_table_entry {
    uint64_t addr;
    uint64_t size; /* bytes */
    uint32_t type; /* as in E820: enum memory_type */
    uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_memmap_table_entry) == START_INFO_RANGE_BYTES,
               "start_info.h of Xen");

struct start_info {
    struct hvm_start_info header;
    struct bytes module; /* the first one; size 0: there is none */
};

/* Reads the structure at an address, and where the first module is. memory: the machine's, from
   address 0 on; nothing outside it is read. Version 0 is widened: its memory map is empty. False
   with a reason: there is no such structure, or the module is not in this memory. */
bool start_info_read(struct bytes memory, uint64_t address, struct start_info *info,
                     struct error *error);

/* Adds the ranges of the memory map that are not empty to map. False with a reason: the map has no
   room for them, or they are not in memory. */
bool start_info_map(struct bytes memory, const struct start_info *info, struct memory_map *map,
                    struct error *error);

/* Copies the command line, "" if there is none; cut to START_INFO_TEXT_BYTES - 1 characters. */
void start_info_command_line(struct bytes memory, const struct start_info *info,
                             char text[START_INFO_TEXT_BYTES]);

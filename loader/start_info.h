// SPDX-License-Identifier: BSD-2-Clause
// What a kernel or loader that was started by PVH finds (Xen, public/arch-x86/hvm/start_info.h,
// version 1): EBX at entry has the physical address of struct hvm_start_info. Field names are
// Xen's; all addresses are physical.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define XEN_HVM_START_MAGIC_VALUE 0x336ec578u

struct hvm_start_info {
    uint32_t magic;
    uint32_t version; /* 0: the structure ends before memmap_paddr */
    uint32_t flags;   /* SIF_xxx: 1 privileged, 2 initial domain of a Xen */
    uint32_t nr_modules;
    uint64_t modlist_paddr; /* of struct hvm_modlist_entry; 0: no modules */
    uint64_t cmdline_paddr; /* of a text that ends with a NUL; 0: none */
    uint64_t rsdp_paddr;    /* of ACPI's root pointer; 0: none */
    uint64_t memmap_paddr;  /* of struct hvm_memmap_table_entry; 0: none */
    uint32_t memmap_entries;
    uint32_t reserved; /* 0 */
} __attribute__((packed));
_Static_assert(offsetof(struct hvm_start_info, memmap_paddr) == 40, "hvm/start_info.h");
_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm/start_info.h");

struct hvm_modlist_entry {
    uint64_t paddr, size;   /* bytes */
    uint64_t cmdline_paddr; /* 0: none */
    uint64_t reserved;      /* 0 */
} __attribute__((packed));
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "hvm/start_info.h");

struct hvm_memmap_table_entry {
    uint64_t addr, size; /* bytes */
    uint32_t type;       /* enum memory_type: the numbers are E820's */
    uint32_t reserved;   /* 0 */
} __attribute__((packed));
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "hvm/start_info.h");

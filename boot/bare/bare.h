// SPDX-License-Identifier: BSD-2-Clause
// The machine without a firmware, as the code at the entry has found it: what the rest of
// boot/bare knows of it.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "boot/bare/pvh/wish.h"
#include "loader/bytes.h"
#include "loader/memory_map.h"

/* For large variables: memory below the information's page that nothing else uses. Nobody clears
   it. The rest of low memory is stage 2's to allocate. */
#define LOW_MEMORY __attribute__((section(".bss.low")))

/* For large variables anywhere that nobody clears. */
#define UNCLEARED_MEMORY __attribute__((section(".uncleared")))

enum { BARE_RANGES = 64 }; /* of the memory map, with those that we add */

enum bare_platform {
    BARE_QEMU,    /* started as its ROM; it describes the machine by fw_cfg */
    BARE_XEN_HVM, /* started in hvmloader's place */
    BARE_XEN_PVH, /* no devices */
    BARE_PVH,     /* another hypervisor, started by PVH's entry */
};

struct bare_machine {
    enum bare_platform platform;
    struct memory_map map; /* by address; reserved ranges may overlap RAM, and win */
    uint64_t rsdp;         /* address of ACPI's root pointer; 0: none, or not built yet */
    char *command_line;    /* the VMM's; never NULL */
    struct wish wish;      /* what it asks for */
    struct bytes ram_disc; /* an ISO or a cpio archive in memory; size 0: none */
    const char *failure;   /* why nothing can be booted; NULL: nothing is wrong */
    struct bytes overlay;  /* linker/bare.ld: the overlay's packed bytes */
};

/* The machine; its entry point fills it in. */
extern struct bare_machine bare_machine;

/* Adds a range to the machine's memory map, in the order of addresses: stage 2 then has nothing to
   sort. */
void bare_add_range(uint64_t address, uint64_t length, enum memory_type type);

/* Sets up what kernels need and the loader does not, at the first call: while the disc is read. */
void bare_finish(void);

/* Starts stage 2 on bare_machine. Called by each entry point, in 32-bit protected mode. */
_Noreturn void bare_start(void);

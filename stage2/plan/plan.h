// SPDX-License-Identifier: BSD-2-Clause
// From what an entry asks for to a placement: opens the files, reads the kernel's headers,
// places kernel, information and modules. Moves nothing yet. Shared by stage 2 and the tools.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/elf.h"
#include "loader/error.h"
#include "loader/image.h"
#include "loader/information.h"
#include "loader/memory_map.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"
#include "loader/placement.h"
#include "stage2/config/config.h"
#include "stage2/fs/file.h"
#include "stage2/video/video.h"

struct plan_overlay;

enum {
    PLAN_INFORMATION_LOWEST = 0x10000, /* Multiboot 1's */
    PLAN_MODULES_LOWEST = 0x100000,    /* and that of all else that may be anywhere */
};

/* Xen takes the first word of its command line for a file name and drops it, unless it finds GRUB
   with a version other than 0 in here. */
#define PLAN_LOADER_NAME "Whelk " WHELK_VERSION " (as GRUB 2)"

/* What the headers in a kernel's file come to. */
struct kernel_headers {
    struct image image;
    struct elf elf;               /* no section headers: none, or no ELF file */
    struct elf_sections unloaded; /* sections that no segment loads */
    uint8_t *section_headers;     /* get the addresses of these sections */
    bool has_symbols;             /* is an a.out file with symbols, to all appearances */
};

struct plan {
    struct placement placement;
    struct kernel_headers headers;
    struct file kernel;
    struct file *modules;
    bool modules_in_memory; /* in memory, as some were decompressed */
    uint32_t entry;         /* physical */
    enum config_protocol protocol;
    struct boot_information information;
    uint32_t information_address;   /* EBX at entry; its piece has no source, but what describes */
    uint32_t information_piece;     /* index */
    struct bytes ready_information; /* what the tool has written of it already (prepared.h) */
    struct video_request video;     /* fulfilled at the very end */
};

/* What a plan depends on, beside the entry and its files. */
struct plan_environment {
    const char *config_name;      /* names the config in messages */
    const struct memory_map *map; /* normalised */
    const struct boot_efi *efi;   /* loader/information.h; NULL: no UEFI */
    /* Brings what only some kernels need (overlay.h). NULL with a reason: it cannot be read. */
    const struct plan_overlay *(*overlay)(struct error *error);
};

/* Plans one boot. False with a reason ("config_name:line: path: reason"). Nothing outside the arena
   changes; the plan refers to the environment's map. */
bool plan_boot(struct plan *plan, const struct config_boot *boot,
               const struct plan_environment *environment, struct arena *arena,
               struct error *error);

/* Moves the longest piece that is still on the disc before the others: while it comes, all that
   needs no disc goes on. Not where something decompressed waits in memory for its turn: that
   depends on the order. */
void plan_longest_first(struct plan *plan);

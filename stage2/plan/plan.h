// SPDX-License-Identifier: BSD-2-Clause
// Plans a boot: opens the entry's files, reads the kernel's headers, and places kernel, information
// and modules. Moves nothing yet. Shared by stage 2 and the tools.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/elf.h"
#include "loader/error.h"
#include "loader/image.h"
#include "loader/information.h"
#include "loader/linux.h"
#include "loader/memory_map.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"
#include "loader/placement.h"
#include "loader/pvh.h"
#include "stage2/config/config.h"
#include "stage2/fs/file.h"
#include "stage2/video/video.h"

struct plan_overlay;

enum {
    PLAN_INFORMATION_LOWEST = 0x10000, /* of Multiboot 1 and PVH */
    PLAN_MODULES_LOWEST = 0x100000,    /* also of all else that may be anywhere */
};

/* Xen drops the first word of its command line, which it takes for a file name, unless the loader's
   name has GRUB with a version other than 0. */
#define PLAN_LOADER_NAME "Whelk " WHELK_VERSION " (as GRUB 2)"

/* struct plan's note if the config says Multiboot, but the kernel has a PVH entry only. */
#define PLAN_PVH_INSTEAD                                                                           \
    "no Multiboot header: it is started by its PVH entry, as by the command pvh"

/* What the headers in a kernel's file say. */
struct kernel_headers {
    struct image image;
    struct elf elf;                  /* no ELF file: no section headers */
    struct elf_sections unloaded;    /* sections that no segment loads */
    uint8_t *section_headers;        /* a copy, with these sections' addresses; NULL: none */
    bool has_symbols;                /* looks like an a.out file with symbols */
    uint64_t notes_start, notes_end; /* PVH: the part of the file with all notes that were read */
    bool notes_are_sections;         /* PVH: no segment had the note with the entry */
};

struct plan {
    struct placement placement;
    struct kernel_headers headers;
    struct file kernel;
    struct file *modules;
    bool modules_in_memory; /* some are in memory, decompressed */
    uint32_t entry;         /* physical */
    enum config_protocol protocol;
    const char *note;              /* what the user may not expect; NULL: nothing */
    struct linux_boot *linux_boot; /* of CONFIG_LINUX and CONFIG_LINUX16 */
    struct boot_information information;
    uint32_t information_address;   /* EBX at entry; boot_describe() fills the piece */
    uint32_t information_piece;     /* index in placement */
    struct bytes ready_information; /* the part that the tool wrote (prepared.h) */
    struct video_request video;     /* carried out when all is loaded */
};

/* What a plan depends on besides the entry and its files. */
struct plan_environment {
    const char *config_name;      /* names the config in messages */
    const struct memory_map *map; /* normalised */
    const struct boot_efi *efi;   /* loader/information.h; NULL: no UEFI */
    /* Loads what only some kernels need (overlay.h). NULL with a reason: it cannot be read. */
    const struct plan_overlay *(*overlay)(struct error *error);
};

/* Plans one boot. False with a reason ("config_name:line: path: reason"). Nothing outside the arena
   changes; the plan refers to the environment's map. */
bool plan_boot(struct plan *plan, const struct config_boot *boot,
               const struct plan_environment *environment, struct arena *arena,
               struct error *error);

/* Where the kernel's own code begins: the entry, unless code of the loader's goes before it. */
static inline uint32_t plan_first_instruction(const struct plan *plan)
{
    return plan->linux_boot == NULL
               ? plan->entry
               : linux_first_instruction(plan->linux_boot, plan->information_address);
}

/* Returns these bytes of a file: in place if they are in memory, else a copy at the arena's end.
   The caller frees the copy by restoring the arena's size. NULL with a reason: no room, or the file
   cannot be read. */
const uint8_t *plan_view(const struct file *file, uint64_t offset, size_t length,
                         struct arena *arena, struct error *error);

/* Moves the longest piece that is still on the disc before the others: while it is read, all that
   needs no disc goes on. Changes nothing if modules were decompressed, as copying them depends on
   their order. */
void plan_longest_first(struct plan *plan);

// SPDX-License-Identifier: BSD-2-Clause
// PVH, the x86/HVM direct boot ABI (Xen, docs/misc/pvh.pandoc): the note by which an ELF kernel
// says where it is entered, and the start info that it gets (start_info.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/information.h"
#include "loader/start_info.h"

/* What the notes of a kernel say. */
struct pvh_note {
    uint32_t size;  /* bytes of the entry's address; 0: no note has it */
    uint64_t entry; /* physical, if the size is 4 or 8 */
};

/* Looks for the note XEN_ELFNOTE_PHYS32_ENTRY among the notes of a segment or section (System V
   ABI, chapter 5, "Note Section"), which has this alignment. As in Xen, the last such note counts,
   and *note stays as it is if there is none. */
void pvh_read_notes(struct bytes notes, uint64_t alignment, struct pvh_note *note);

/* False with a reason: there is no such note, or its address is malformed or not below 4 GiB. */
bool pvh_check_note(const struct pvh_note *note, struct error *error);

enum {
    PVH_USUAL_RANGES = 16, /* of a memory map: for as many there is always room */
    PVH_LEAST_BYTES =      /* of the start info: what pvh_write_machine() writes at most */
    sizeof(struct hvm_start_info) + PVH_USUAL_RANGES * sizeof(struct hvm_memmap_table_entry),
};

/* Bytes of the start info and all that it points to, except the modules and ACPI's tables. Start
   info, memory map and command line come first, so that they share a page unless they are longer:
   there are kernels that copy one page. */
uint64_t pvh_information_size(const struct boot_information *information);

/* Write the start info to buffer (pvh_information_size() zeroed bytes). The kernel will find it at
   this physical address. The first writes what is known once the files are placed: the same bytes
   for every memory map of at most PVH_USUAL_RANGES ranges. The second adds the memory map and
   ACPI's root pointer. */
void pvh_write_boot(const struct boot_information *information, uint8_t *buffer, uint32_t address);
void pvh_write_machine(const struct boot_information *information, uint8_t *buffer,
                       uint32_t address);

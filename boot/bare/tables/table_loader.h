// SPDX-License-Identifier: BSD-2-Clause
// The script with which QEMU tells a firmware how to build its tables, ACPI's above all: the file
// etc/table-loader of fw_cfg (QEMU, hw/acpi/bios-linker-loader.c). Commands of 128 bytes bring
// files into memory, write addresses into them, and make their checksums right.
//
// In turn: table_loader_files() lists the files that the script wants; the caller fills in their
// sizes; table_loader_place() gives them addresses; the caller reads them to these;
// table_loader_link() carries out the rest; the caller writes what table_loader_write() returns.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "boot/bare/tables/room.h"
#include "loader/bytes.h"
#include "loader/error.h"

enum { TABLE_FILES = 16, TABLE_NAME_BYTES = 56 };

enum table_zone {
    TABLE_ZONE_HIGH = 1, /* anywhere below 4 GiB */
    TABLE_ZONE_FSEG = 2, /* 0xf0000 to 0xfffff, where kernels look for the root pointer */
};

struct table_file {
    const char *name;   /* in the script, ends with NUL */
    uint32_t size;      /* bytes */
    uint32_t address;   /* physical */
    uint8_t *data;      /* where its bytes are: on a bare machine, at its address */
    uint32_t alignment; /* a power of two */
    uint8_t zone;       /* enum table_zone */
};

/* An address that the host wants to know (command WRITE_POINTER). */
struct table_write {
    const char *name; /* fw_cfg's file to write to */
    uint32_t offset;  /* in it */
    uint8_t size;     /* bytes of value: 1, 2, 4 or 8 */
    uint64_t value;
};

/* Lists the script's files (command ALLOCATE), with neither size nor place. Their names are those
   in the script. False with a reason: the script is wrong, or names more than TABLE_FILES. */
bool table_loader_files(struct bytes script, struct table_file files[TABLE_FILES], size_t *count,
                        struct error *error);

/* Gives each file an address in its zone. False with a reason: a zone is full. */
bool table_loader_place(struct table_file *files, size_t count, struct room *high,
                        struct room *fseg, struct error *error);

/* Carries out ADD_POINTER and ADD_CHECKSUM on the files' data, in the script's order. False with a
   reason: a command leads out of its files or names an unknown one. */
bool table_loader_link(struct bytes script, const struct table_file *files, size_t count,
                       struct error *error);

/* Finds the next WRITE_POINTER from *offset in the script on, and moves *offset past it. True: a
   write. False: there are no more; error's message is empty, or says what is wrong. */
bool table_loader_write(struct bytes script, const struct table_file *files, size_t count,
                        size_t *offset, struct table_write *write, struct error *error);

// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from, read by a driver of our own if one is proven to reach it
// (docs/architecture.md, "The disc").
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What was read from the disc before anything asked for it: the sector before the volume
   descriptors and those after it, which have what most boots read first. Reads by the firmware may
   overwrite it. */
struct preloaded {
    uint8_t *sectors;
    uint32_t count;        /* sectors of 2048 bytes; 0: none */
    uint32_t disc_end_lba; /* LBA after the last sector of the disc */
};

/* Uses the drive from which this loader has read itself by its own driver, and fills in preloaded.
   False: the firmware has read the loader. */
bool native_disc_attach_proven(struct preloaded *preloaded);

/* Looks for the drive that gives the same sector of 2048 bytes at lba as the firmware; it is the
   first volume descriptor. is_atapi: a CD drive, else a disk. Preloads sectors, up to
   preloaded->disc_end_lba, if that is of use. False: there is no such drive, or more than one;
   nothing has changed. */
bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi,
                      struct preloaded *preloaded);

/* Whether long reads are quick: by a driver of our own, or by UEFI's Block I/O. */
bool native_disc_is_open(void);

/* Reads count sectors of 2048 bytes. False: no driver of our own is in use, it cannot read to this
   address, or it failed and is not used any more. */
bool native_disc_read(uint32_t lba, uint32_t count, void *buffer);

/* native_disc_start() reads length bytes from the sector at lba on; the last may still be under way
   when it returns. Call native_disc_wait() for them before any other read. False, both: as for
   native_disc_read(); start also if the driver can only read whole sectors. */
bool native_disc_start(uint32_t lba, uint32_t length, void *buffer);
bool native_disc_wait(uint32_t lba);

/* Leaves the controller as the firmware had it, until something is read again. */
void native_disc_close(void);

/* The driver in use; "int13" or "block-io": the firmware reads. */
const char *native_disc_name(void);

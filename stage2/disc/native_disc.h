// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from, read by a driver of our own where one is proven to reach it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What was read from the disc along with the loader. The firmware's reads may overwrite it. */
struct preloaded {
    uint8_t *sectors;      /* from the sector before the volume descriptors on */
    uint32_t count;        /* sectors of 2048 bytes */
    uint32_t disc_end_lba; /* LBA after the last sector of the disc */
};

/* Uses the drive that this loader was read from by its own driver. False: it was not. */
bool native_disc_attach_proven(struct preloaded *preloaded);

/* Looks for the drive from which this sector of 2048 bytes, which the firmware has read at lba, can
   be read as well. is_atapi: a CD drive, else a disk. False: there is none, and nothing has
   changed. */
bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi);

/* Whether a driver of our own reads. */
bool native_disc_is_open(void);

/* Reads count sectors of 2048 bytes to memory below 4 GiB. False: nothing is open, or the
   address is odd, or it failed: then the drive has been reset, and is not used any more. */
bool native_disc_read(uint32_t lba, uint32_t count, void *buffer);

/* The same for so many bytes, the last of which may be under way when this returns. False as well
   where the driver cannot. Wait, before anything else is read: until they are there. */
bool native_disc_start(uint32_t lba, uint32_t length, void *buffer);
bool native_disc_wait(uint32_t lba);

/* Leaves the controller as the firmware had it, until something is read again. */
void native_disc_close(void);

/* The driver in use; "int13": none, or none any more, the firmware reads. */
const char *native_disc_name(void);

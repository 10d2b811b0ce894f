// SPDX-License-Identifier: BSD-2-Clause
// IDE drives without a bus master, as QEMU's `isapc` has them: read by programmed I/O.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A drive: the channel's first port, and the register value that selects it. */
struct pio_drive {
    uint16_t ports;
    uint8_t device;
    bool is_atapi;
};

/* Reads count sectors of 2048 bytes, at most PIO_MOST_SECTORS. False: the drive has refused or does
   not answer; it is reset. */
enum { PIO_MOST_SECTORS = 0x3fff };
bool pio_ide_read(const struct pio_drive *drive, uint32_t lba, uint32_t count, void *buffer);

/* Asks a CD drive why it has refused a command, which ends a unit attention. */
void pio_ide_request_sense(const struct pio_drive *drive);

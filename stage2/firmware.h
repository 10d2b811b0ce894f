// SPDX-License-Identifier: BSD-2-Clause
// All that stage 2 knows of the firmware. boot/<firmware>/ implements it; bound at link time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"
#include "loader/memory_map.h"

/* The disc that this loader was read from. */
struct firmware_disc {
    uint32_t sector_size; /* bytes: 512 or 2048 */
    uint8_t drive;        /* INT 13h number, as Multiboot's boot_device has it */
};

/* One line on every console there is, for the time before and after console.h works. */
void firmware_screen_write(char character);
void firmware_screen_clear(void);
void firmware_screen_move(unsigned row, unsigned column);
void firmware_screen_inverse(int on);
bool firmware_screen_present(void);

/* I/O port of the first UART as the firmware reports it, 0: none. */
uint16_t firmware_serial_port(void);

/* A key in console.h's terms or KEY_NONE; never waits. */
int firmware_key(void);

/* Milliseconds since some moment before; steps of up to 55 ms. */
uint64_t firmware_milliseconds(void);

/* Rests until something may have happened: an interrupt, at most 55 ms. */
void firmware_rest(void);

/* The memory map in the firmware's order, unchecked; false with a reason if there is none. */
bool firmware_memory_map(struct memory_map *map, struct error *error);

/* Which disc; false with a reason if it cannot be read. */
bool firmware_disc_open(struct firmware_disc *disc, struct error *error);

/* Reads sector_count sectors (of the disc's sector size) from lba to memory at any address below
   4 GiB; retries, and in smaller pieces where the firmware takes no larger ones. */
bool firmware_disc_read(uint64_t lba, uint32_t sector_count, void *buffer, struct error *error);

/* What the loader itself occupies until the jump. */
size_t firmware_memory_in_use(struct memory_range ranges[static 4]);

/* Hands the machine back: the firmware's next boot device. */
_Noreturn void firmware_boot_next(void);

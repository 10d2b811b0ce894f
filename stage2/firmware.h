// SPDX-License-Identifier: BSD-2-Clause
// All that stage 2 knows of the firmware. boot/<firmware>/ implements it; bound at link time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "loader/information.h"
#include "loader/memory_map.h"
#include "loader/video.h"
#include "stage2/video/video.h"

struct plan; /* plan.h */

/* The screen: plain text at the cursor; '\n' starts a new line, '\b' goes back one column. Put: a
   character of Unicode behind ASCII, or '?' where the screen does not have it. */
bool firmware_screen_present(void);
void firmware_screen_write(char character);
void firmware_screen_put(uint32_t character);
void firmware_screen_clear(void);
void firmware_screen_move(unsigned row, unsigned column);
void firmware_screen_inverse(int on);

/* What the firmware says of the machine, for as long as the information refers to it. */
struct system_info {
    struct video video;
    struct apm_table apm;
    struct boot_drive drives[BOOT_DRIVES];
};

/* Adds what it says at once: the boot device, the screen in text mode, the APM interface, to which
   a kernel in 32-bit mode is then connected, the ROM's configuration table; not the drives. Finds
   out what it knows of other video modes, before the functions below are called. */
void firmware_query(struct boot_information *information, struct system_info *system_info);

/* Adds VBE's interface for protected mode, if there is one. */
void firmware_video_interface(struct video *video);

/* The index-th of the firmware's modes; depth 0 if it cannot be used. False: there are no more. */
bool firmware_video_mode(uint32_t index, struct video_mode *mode);

/* What the display prefers, as far as it says. */
struct video_size firmware_video_display_size(void);

/* Sets a mode and describes it. False: the firmware does not. Nothing more can be written to the
   screen then. */
bool firmware_video_set(const struct video_mode *mode, struct video *video);

/* I/O port of the first UART as the firmware reports it; 0: none, or the firmware's own for now. */
uint16_t firmware_serial_port(void);

/* A key in console.h's terms or KEY_NONE; never waits. */
int firmware_key(void);

/* Whether somebody wants the menu: Shift is held, or Escape was pressed (which is taken). Asks the
   firmware, at the price of a call, only when any key was pressed. */
bool firmware_menu_key_held(void);

/* Which of them are held, as far as the firmware knows: 1 Shift, 2 Control, 4 Alt. */
unsigned firmware_keyboard_modifiers(void);

/* Milliseconds since some moment before; steps of up to 55 ms. */
uint64_t firmware_milliseconds(void);

/* Rests until something may have happened: an interrupt, at most 55 ms. */
void firmware_idle(void);

/* The memory map as the firmware tells it, unsorted; map->ranges and room for them are there.
   False with a reason if there is none. */
bool firmware_memory_map(struct memory_map *map, struct error *error);

/* The own sectors of the disc that this loader was read from: 512 bytes, a disk, or 2048, a CD.
   Known once something has been read. */
uint32_t firmware_disc_sector_bytes(void);

/* Reads count sectors of 2048 bytes, whatever the disc's own are, to memory below 4 GiB; retries,
   and in smaller pieces where the firmware takes no larger ones. */
bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error);

/* LBA of the sector in which the volume descriptors start: 16, or more in a later session. */
uint32_t firmware_volume_descriptor_lba(void);

/* Drive and partitions, as Multiboot's boot_device has them (3.3). */
uint32_t firmware_boot_device(void);

/* ACPI's root pointer, checked; size 0: there is none. */
struct bytes firmware_acpi_rsdp(void);

/* SMBIOS's structure table; no bytes: there is none. */
struct smbios firmware_smbios(void);

/* The drives that the firmware numbers, at most BOOT_DRIVES; their count. */
size_t firmware_drives(struct boot_drive drives[BOOT_DRIVES]);

/* What must not be overwritten before the jump: loader, stack, firmware's data. */
enum { FIRMWARE_RANGES = 5 };
size_t firmware_memory_in_use(struct memory_range ranges[FIRMWARE_RANGES]);

/* The largest piece of memory below 4 GiB where nothing is in use, in a machine with this map. */
struct memory_range firmware_staging(const struct memory_map *map);

/* The memory for everything that stage 2 allocates. */
struct arena firmware_arena(void);

/* What configs find set, as in struct config_environment. */
const char *firmware_config_variables(void);

/* What UEFI tells kernels, as far as it is known; NULL: a BIOS. */
const struct boot_efi *firmware_efi(void);

/* The firmware's last turn: from here on it does no more for us, and the pieces keep their memory.
   Adds what it tells kernels. False with a reason: it does not let go; then nothing has changed. */
bool firmware_finish(const struct plan *plan, struct boot_information *information,
                     struct error *error);

/* Hands the machine back: the firmware's next boot device. */
_Noreturn void firmware_boot_next(void);

/* Starts the machine again from its reset. */
_Noreturn void firmware_reboot(void);

/* Makes all memory reachable, if that is left to do. False: it cannot be done. */
bool firmware_enable_a20(void);

/* The same, and then into the firmware's setup; returns if it has no such way. */
void firmware_setup(void);

/* Switches the machine off; returns if it cannot be. */
void firmware_power_off(void);

/* Stage 2 proper, called by the firmware's side when all of the above works (main.c). */
_Noreturn void stage2_main(void);

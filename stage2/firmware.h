// SPDX-License-Identifier: BSD-2-Clause
// All that stage 2 knows of the firmware. boot/<firmware>/ implements it, chosen when linking.
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

/* The screen. write: an ASCII character at the cursor; '\n' starts a new line, '\b' goes back one
   column. put: a Unicode character outside ASCII, or '?' if the screen lacks it. */
bool firmware_screen_present(void);
void firmware_screen_write(char character);
void firmware_screen_put(uint32_t character);
void firmware_screen_clear(void);
void firmware_screen_move(unsigned row, unsigned column);
void firmware_screen_inverse(int on);

/* What the firmware says of the machine. The boot information points into it. */
struct system_info {
    struct video video;
    struct apm_table apm;
    struct boot_drive drives[BOOT_DRIVES];
};

/* Adds to the information: the boot device, the current screen and, under a BIOS, the APM interface
   (which it connects in 32-bit mode) and the ROM's configuration table. firmware_drives() has the
   drives. Call before the video functions below. */
void firmware_query(struct boot_information *information, struct system_info *system_info);

/* Adds VBE's interface for protected mode, if there is one. */
void firmware_video_interface(struct video *video);

/* Where the text screen's cursor is; 0, 0 without such a screen. */
struct screen_cursor firmware_cursor(void);

/* Describes the index-th of the firmware's modes; depth 0: it cannot be used. False: no more. */
bool firmware_video_mode(uint32_t index, struct video_mode *mode);

/* The display's preferred size in pixels; 0, 0: not known. */
struct video_size firmware_video_display_size(void);

/* Sets a mode and describes it. After that, nothing more can be written to the screen. False: the
   firmware cannot set it. */
bool firmware_video_set(const struct video_mode *mode, struct video *video);

/* The first UART's I/O port; 0: there is none, or the firmware itself uses it for now. */
uint16_t firmware_serial_port(void);

/* A serial terminal that is no UART, such as a hypervisor's console: whether there is one. write: a
   character; read: a character that was typed, or -1. */
bool firmware_terminal_present(void);
void firmware_terminal_write(char character);
int firmware_terminal_read(void);

/* Takes a key that was pressed (keys.h) or returns KEY_NONE; never waits. */
int firmware_key(void);

/* Whether the user wants the menu: Shift is held (under a BIOS), or Escape was pressed. Takes the
   keys up to Escape. */
bool firmware_menu_key_held(void);

/* The modifier keys that are held, as far as the firmware knows: 1 Shift, 2 Control, 4 Alt. */
unsigned firmware_keyboard_modifiers(void);

/* Milliseconds since some moment in the past, in steps of up to 55 ms. */
uint64_t firmware_milliseconds(void);

/* The frequency of the processor's time stamp counter in kHz; 0: nobody has told. */
uint32_t firmware_tsc_khz(void);

/* Rests until an interrupt or a key comes, at most 55 ms. */
void firmware_idle(void);

/* Fills in the firmware's memory map, unsorted. The caller sets map->ranges and map->capacity.
   False with a reason: there is no map, or it is too long. */
bool firmware_memory_map(struct memory_map *map, struct error *error);

/* Bytes in a sector of the boot drive: 512, a disk, or 2048, a CD. Call after the first read. */
uint32_t firmware_disc_sector_bytes(void);

/* Reads count sectors of 2048 bytes, whatever the drive's own size is, to memory below 4 GiB.
   Repeats failed reads, in smaller pieces if need be. False with a reason. */
bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error);

/* A disc of the machine, the one that we boot from included. */
enum { FIRMWARE_DEVICE_NAME_BYTES = 8 };
struct firmware_device {
    char name[FIRMWARE_DEVICE_NAME_BYTES]; /* as GRUB calls it: "hd0", "cd" */
    uint32_t block_shift;                  /* a block has 1 << block_shift bytes: 512 to 4096 */
    uint64_t block_count;
};

/* Describes the index-th disc that the firmware can read. False: there are no more. */
bool firmware_device(unsigned index, struct firmware_device *device);

/* Reads count blocks of that disc. False with a reason. */
bool firmware_device_read(unsigned index, uint64_t block, uint32_t count, void *buffer,
                          struct error *error);

/* A program that runs in our place: a boot sector under a BIOS, an application under UEFI. */
struct firmware_chain {
    struct bytes image;
    const char *path;      /* on its device: "/boot/x.efi" */
    const char *arguments; /* UEFI: load options */
    bool is_boot_disc;     /* it is from the disc that we boot from, else from that of device */
    unsigned device;       /* firmware_device()'s index */
    bool is_partition;     /* of the device, else from the whole */
    uint64_t start;        /* the partition's first block */
    /* BIOS: the partition's table of four entries and its entry there; has_table false: none */
    bool has_table;
    uint8_t table[64];
    uint32_t table_index;
};

/* Starts it. Returns when it has returned, or cannot be started: the error says which. */
void firmware_chain(const struct firmware_chain *chain, struct error *error);

/* The name of the volume with the boot tree (stage2/volume/volume.h), if it is no ISO 9660 disc.
   NULL: look for a disc. The arena is for working memory. */
const char *firmware_root_volume(const struct arena *arena);

/* LBA of the sector in which the volume descriptors start: 16, or more in a later session. */
uint32_t firmware_volume_descriptor_lba(void);

/* Drive and partitions, as in Multiboot 1's boot_device (3.3). */
uint32_t firmware_boot_device(void);

/* ACPI's root pointer, checked; size 0: there is none. */
struct bytes firmware_acpi_rsdp(void);

/* SMBIOS's structure table; empty: there is none. */
struct smbios firmware_smbios(void);

/* Describes the drives that the firmware numbers, at most BOOT_DRIVES. Returns their count. */
size_t firmware_drives(struct boot_drive drives[BOOT_DRIVES]);

/* Lists the memory that must not be overwritten before the jump: loader, stack, firmware's data;
   without the disc's. Returns the number of ranges. */
enum { FIRMWARE_RANGES = 5 };
size_t firmware_memory_in_use(struct memory_range ranges[FIRMWARE_RANGES]);

/* Lists the memory that the disc is in, if it was loaded along with us. Returns the number of
   ranges; 0: a disc of the machine. */
enum { FIRMWARE_DISC_RANGES = 2 };
size_t firmware_disc_memory(struct memory_range ranges[FIRMWARE_DISC_RANGES]);

/* The bytes of that disc from this LBA on, as far as they are in one piece; size 0: none. */
struct bytes firmware_disc_bytes(uint32_t lba);

/* The largest unused piece of memory below 4 GiB in a machine with this map; under a BIOS, above
   1 MiB. */
struct memory_range firmware_staging(const struct memory_map *map);

/* The memory for everything that stage 2 allocates. */
struct arena firmware_arena(void);

/* The variables that are set when a config starts, as in struct config_environment. */
const char *firmware_config_variables(void);

/* What the one who started the machine wants: the entry to boot, as `set default=` names it, at
   once and instead of the config's default; arguments to add to the kernel's. NULL: no wish. */
const char *firmware_wanted_entry(void);
const char *firmware_added_arguments(void);

/* What UEFI tells kernels, as far as it is known before firmware_finish(); NULL: a BIOS. */
const struct boot_efi *firmware_efi(void);

/* Ends the firmware's services for the loader, and adds its last facts to the information. If the
   kernel keeps boot services, frees all claimed memory instead, except the plan's pieces and what
   is staged. False with a reason: the firmware does not end its services. */
bool firmware_finish(const struct plan *plan, struct boot_information *information,
                     struct error *error);

/* Whether a kernel can call a BIOS. */
bool firmware_calls_bios(void);

/* Starts a Linux kernel that needs boot services: plan->linux_boot->way is LINUX_BY_EFI or
   LINUX_BY_HANDOVER. information: its information's piece. Returns false on failure, with a reason;
   the memory that firmware_finish() has freed is claimed again. */
bool firmware_start_linux(const struct plan *plan, uint8_t *information, struct error *error);

/* Returns to the firmware, for its next boot device. */
_Noreturn void firmware_boot_next(void);

/* Resets the machine. */
_Noreturn void firmware_reboot(void);

/* Enables the A20 line, without which odd megabytes are out of reach. False: it stays off. */
bool firmware_enable_a20(void);

/* Reboots into the firmware's setup; returns if the firmware does not support that. */
void firmware_setup(void);

/* Switches the machine off; returns if the firmware does not support that. */
void firmware_power_off(void);

/* Stage 2's entry (main.c), called by the firmware's side when all of the above works. */
_Noreturn void stage2_main(void);

// SPDX-License-Identifier: BSD-2-Clause
// A machine that exists in a fuzzer's process only. Stage 2 runs on it from stage2_main() to the
// jump, as it runs under a firmware: physical addresses are addresses of the process, devices write
// to memory by themselves, and the firmware answers what stage2/firmware.h asks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/memory_map.h"

enum {
    SECTOR = 2048,
    DISK_SECTORS = 4, /* of 512 bytes in one of 2048 */
    MIB = 1024 * 1024,

    PHYSICAL_START = 0x10000, /* what is below cannot be mapped in a process */
    PHYSICAL_END = 32 * MIB,
    TABLES = 0xe0000, /* the firmware's: queues and command lists */
    TABLES_END = 0x100000,
    DISC_IN_MEMORY = 16 * MIB,
};

/* Where devices have registers in memory, 4 KiB each. */
#define AHCI_REGISTERS   0x50000000u
#define VIRTIO_REGISTERS 0x50001000u

/* Who reads the disc. */
enum drive_kind {
    DRIVE_PIIX_BOOTED, /* the loader has come by it */
    DRIVE_PIIX,
    DRIVE_AHCI,
    DRIVE_VIRTIO_LEGACY,
    DRIVE_VIRTIO_IO,
    DRIVE_VIRTIO_MEMORY,
    DRIVE_VIRTIO_WINDOW,
    DRIVE_FIRMWARE,
    DRIVE_TWO,         /* at AHCI and at PIIX, with the same data */
    DRIVE_VIRTIO_MMIO, /* only a driver that is called for it finds it: the firmware reads */
    DRIVE_VIRTIO_MMIO_LEGACY,
    DRIVE_KINDS,
};

/* How commands to the drive fail. */
enum fault {
    FAULT_NONE,
    FAULT_ERROR,  /* the drive says so */
    FAULT_SILENT, /* it never ends */
    FAULT_SHORT,  /* some of the data do not come */
    FAULT_SLOW,   /* it ends after some looks */
    FAULT_BUS,    /* the bus master or the queue says so */
    FAULTS,
};

enum machine_flags {
    MACHINE_UEFI = 1 << 0,
    MACHINE_DISC_IN_MEMORY = 1 << 1,
    MACHINE_ARGUMENTS = 1 << 2,
    MACHINE_SERIAL = 1 << 3,
    MACHINE_TERMINAL = 1 << 4,
    MACHINE_NO_SCREEN = 1 << 5,
    MACHINE_NO_OVERLAY = 1 << 6,
    MACHINE_MENU_KEY = 1 << 7,
    MACHINE_MENDS_SUMS = 1 << 8, /* after the edits */
    MACHINE_BOCHS = 1 << 9,
    MACHINE_CIRRUS = 1 << 10,
    MACHINE_IMAGE_SECTOR = 1 << 11, /* the drive is found by the boot image's first sector */
    MACHINE_TSC = 1 << 12,
    MACHINE_SERIAL_STUCK = 1 << 13,
    MACHINE_NO_TABLES = 1 << 14,  /* neither ACPI nor SMBIOS */
    MACHINE_CANNOT_END = 1 << 15, /* the firmware does not end its services */
};

/* The start of an input. Keys follow, then edits of the disc. */
struct setting {
    uint8_t disc;        /* which one, of those that are there */
    uint8_t drive;       /* enum drive_kind; DRIVE_IS_DISK: no CD */
    uint8_t fault;       /* enum fault */
    uint8_t fault_first; /* number of the first command that fails */
    uint8_t fault_count; /* of commands; 0: all from then on */
    uint8_t map;         /* memory map: maps.c */
    uint16_t flags;      /* enum machine_flags */
    uint8_t wanted;      /* number of the entry that the machine's owner wants, from 1; 0: none */
    uint8_t key_count;   /* bytes */
};
enum { DRIVE_IS_DISK = 0x80 };
_Static_assert(sizeof(struct setting) == 10, "make_seeds_boot.py writes it");

/* An edit of the disc: its bytes follow. */
struct edit {
    uint16_t place;  /* which of the sectors that boots read, and so all that matter */
    uint16_t offset; /* in it */
    uint8_t length, unused;
};
_Static_assert(sizeof(struct edit) == 6, "make_seeds_boot.py writes it");

/* How a boot ended. */
enum outcome {
    OUTCOME_JUMP,
    OUTCOME_NEXT_DEVICE,
    OUTCOME_WAITS,   /* for a key that does not come */
    OUTCOME_GOES_ON, /* longer than it is worth to look */
    OUTCOME_POWER,   /* reboot, setup, power off, `exit`: what an entry asked for */
};

// ---- fuzz_boot.c, fuzz_drivers.c

/* Ends the boot. */
_Noreturn void machine_end(enum outcome outcome);

/* Ends the process, for the fuzzer to keep the input. */
_Noreturn void machine_is_wrong(const char *what, uint64_t number);

// ---- memory.c: what a device or the firmware may write to is RAM or a variable of the loader

void memory_start(void);

/* Makes memory what it was at the start, but for ranges that nobody has noted. */
void memory_reset(void);

/* Notes that a range will be written to. */
void memory_note(uint64_t address, uint64_t length);

/* Writes as a device does. */
void memory_write(uint64_t address, const void *data, size_t length);

/* Whether a range is in the memory of the machine, so that this process may touch it. */
bool memory_is_physical(uint64_t address, uint64_t length);

/* The memory map that the setting chooses. Returns the number of its ranges. */
enum { MOST_RANGES = 16 };
size_t memory_ranges(unsigned map, struct memory_range ranges[MOST_RANGES]);

// ---- state.c: the loader's variables

void state_save(void);
void state_restore(void);

/* Whether an address is in a variable of the loader. */
bool state_has(uint64_t address);

// ---- disc.c

/* Loads all discs of the folder "discs" beside the program; make seeds-boot makes them. */
void disc_load_beside(const char *program);
unsigned disc_count(void);

/* Puts a disc in, and edits it. disc_eject() takes the edits back. */
void disc_insert(unsigned number);
void disc_edit(const struct edit *edit, const uint8_t *bytes);
void disc_mend_sums(void);
void disc_eject(void);

/* From the first call on, notes which sectors are read. disc_places(): their number. */
void disc_note_places(bool on);
size_t disc_places(void);
const uint8_t *disc_place(const struct edit *edit);

struct bytes disc_contents(void);
uint32_t disc_volume_lba(void);
uint32_t disc_image_lba(void);

/* Whether an edit has touched the prepared block. */
bool disc_has_new_plan(void);

/* Whether these bytes of the disc are not those that it was made with, and all edits are in files
   of its record: then nothing can excuse the loader that boots these bytes. */
bool disc_is_damaged(uint64_t offset, uint64_t length);

/* A sector of 2048 bytes; NULL: after the end. */
const uint8_t *disc_sector_at(uint64_t lba);

/* Writes count bytes from sector lba on to memory. False: after the end. */
bool disc_to_memory(uint64_t lba, uint64_t offset, uint64_t address, size_t length);

/* Counts a command to the drive. Returns its fault. */
enum fault disc_next_fault(void);

// ---- Devices. _step(): does what the loader has asked for in memory.

void piix_start(uint16_t bus_master);
bool piix_has(uint16_t port);
uint32_t piix_in(uint16_t port);
void piix_out(uint16_t port, uint32_t value);
void piix_packet(uint16_t port, const uint8_t *packet, uint32_t bytes);

void ahci_start(bool is_there);
void ahci_step(void);

void virtio_start(uint32_t function, enum drive_kind way);
void virtio_step(void);
bool virtio_has(uint16_t port);
uint32_t virtio_in(uint16_t port, unsigned bytes);
void virtio_out(uint16_t port, uint32_t value, unsigned bytes);
bool virtio_window(uint32_t function, uint32_t offset, uint32_t *value, bool write);

void bus_start(void);

/* PCI's registers of a function on bus 0; they read as they are written. */
uint32_t *bus_function(uint32_t function);

// ---- firmware.c

/* Starts the clock, and gives the firmware the keys to return. */
void firmware_start(const struct setting *setting, const uint8_t *keys);
const struct setting *firmware_setting(void);

/* Bytes that were written to screen, serial port and terminal. */
size_t firmware_written(void);
const char *firmware_text(void);

/* Notes a piece of work, of which a boot that is worth looking at does not have very much. */
void firmware_count_work(void);

/* A key for the serial port; -1: none. */
int firmware_next_key(void);
void firmware_note_text(char character);

// ---- jump.c

/* Checks at the jump that memory is what the plan says; _loaded(): before anything is moved. */
struct boot;
struct handoff_entry;
struct handoff_move;
struct plan;
void jump_check_loaded(const struct plan *plan);
void jump_check(const struct boot *boot, const void *block, const struct handoff_entry *entry,
                const struct handoff_move *moves);

// SPDX-License-Identifier: BSD-2-Clause
// BIOS calls, as mode_switch.asm makes them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "boot/pc/bda.h"

/* Functions in assembly take all arguments on the stack; those in C use registers, too. */
#define ASSEMBLY __attribute__((regparm(0)))

struct bios_registers {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
    uint16_t ds, es;
    uint32_t eflags;
    uint32_t interrupt; /* its number */
};
_Static_assert(offsetof(struct bios_registers, eflags) == 32,
               "mode_switch.asm knows these offsets");
_Static_assert(sizeof(struct bios_registers) == 40, "mode_switch.asm knows this size");

enum { EFLAGS_CARRY = 1 };

/* Calls count interrupts, one after the other, and stores the registers that each returns. They
   must be local variables of the caller: real mode reaches the stack. */
ASSEMBLY void bios_calls(struct bios_registers *registers, unsigned count);

static inline void bios_call(uint8_t interrupt, struct bios_registers *registers)
{
    registers->interrupt = interrupt;
    bios_calls(registers, 1);
}

/* Waits for any interrupt. */
void bios_rest(void);

/* Waits for any interrupt. Returns whether that of this line (1 to 15) came. With BIOS_NO_HALT,
   only interrupts that are already there are taken. */
enum { BIOS_NO_HALT = 0x100 };
ASSEMBLY bool bios_rest_for(unsigned line);

static inline bool bios_failed(const struct bios_registers *registers)
{
    return (registers->eflags & EFLAGS_CARRY) != 0;
}

/* Real mode's segment and offset of memory below 1 MiB. */
static inline uint16_t bios_segment(const void *pointer)
{
    return (uint16_t)((uintptr_t)pointer >> 4);
}

static inline uint16_t bios_offset(const void *pointer)
{
    return (uint16_t)((uintptr_t)pointer & 15);
}

static inline const uint8_t *bios_far_data(uint32_t far_pointer)
{
    return (const uint8_t *)(uintptr_t)bios_data((far_pointer >> 16) * 16 + (uint16_t)far_pointer);
}

/* Set in graphics modes, in which the firmware writes no text. console.c */
extern bool screen_is_graphic;

/* Whether the A20 line is enabled. Checks up to so many times while it is not. a20.c */
bool a20_is_enabled(unsigned checks);

/* Sets the INT 13h number of the boot drive. disc.c */
void disc_set_boot_drive(uint8_t drive);

/* Copies the boot image's first sector, of 2048 bytes, and says at which LBA it is and whether on a
   CD. False: the loader was not read by INT 13h from a drive of known sectors, or the ISO has no
   identifier in that sector. disc.c */
bool disc_image_sector(uint8_t *sector, uint32_t *lba, bool *is_cd);

/* The result of INT 13h AH=48h (EDD 3.0, 8.22), as far as EDD 2.0 has it. */
struct drive_parameters {
    uint16_t size; /* bytes that the firmware filled in */
    uint16_t information;
    uint32_t cylinders;
    uint32_t heads;
    uint32_t sectors_per_track;
    uint64_t sectors;
    uint16_t bytes_per_sector;
    uint32_t device_table; /* far pointer */
} __attribute__((packed));
_Static_assert(sizeof(struct drive_parameters) == 30, "EDD 3.0, table 19");

/* Asks for a drive's parameters, which must be a local variable of the caller as for bios_call().
   False: the firmware does not know. disc.c */
bool disc_parameters(uint8_t drive, struct drive_parameters *parameters);

// SPDX-License-Identifier: BSD-2-Clause
// Starts a boot sector in our place, with the registers that GRUB sets: 0000:7c00, DL the drive,
// and for a partition DS:SI its entry in the table, which is where an MBR has it that has
// moved itself to 0x600. See firmware.h.
#include <string.h>
#include "boot/bios/bios.h"
#include "boot/bios/devices.h"
#include "stage2/firmware.h"
#include "stage2/plan/chain.h"

enum {
    SECTOR_ADDRESS = 0x7c00,
    TABLE_ADDRESS = 0x7be, /* up to 0x7fe */
    ENTRY_BYTES = 16,
    STUB_ADDRESS = 0x600,
};

/* Leaves protected mode by the 16-bit segments of mode_switch.asm's GDT, which the boot sector does
   not overwrite, and jumps to the sector. Runs at STUB_ADDRESS. in: EDX, ESI: for the sector */
extern const uint8_t chain_stub[], chain_stub_end[];
__asm__(".pushsection .rodata.chain_stub, \"a\"\n"
        ".globl chain_stub, chain_stub_end\n"
        ".code32\n"
        "chain_stub:\n"
        "ljmp $0x18, $(0x600 + chain_16 - chain_stub)\n" /* CODE16 */
        ".code16\n"
        "chain_16:\n"
        "movw $0x20, %ax\n" /* DATA16 */
        "movw %ax, %ds\n"
        "movw %ax, %es\n"
        "movw %ax, %fs\n"
        "movw %ax, %gs\n"
        "movw %ax, %ss\n"
        "lidtl (0x600 + chain_idt - chain_stub)\n"
        "movl %cr0, %eax\n"
        "andb $0xfe, %al\n"
        "movl %eax, %cr0\n"
        "ljmp $0, $(0x600 + chain_real - chain_stub)\n"
        "chain_real:\n"
        "xorw %ax, %ax\n"
        "movw %ax, %ds\n"
        "movw %ax, %es\n"
        "movw %ax, %fs\n"
        "movw %ax, %gs\n"
        "movw %ax, %ss\n"
        "movl $0x7c00, %esp\n"
        "xorl %ebp, %ebp\n"
        "sti\n"
        "ljmp $0, $0x7c00\n"
        "chain_idt:\n"
        ".word 0x3ff\n"
        ".long 0\n"
        "chain_stub_end:\n"
        ".code32\n"
        ".popsection\n");

static uint8_t *at(uintptr_t address)
{
    __asm__("" : "+r"(address)); /* not a constant: gcc checks the bounds of those */
    return (uint8_t *)address;
}

void firmware_chain(const struct firmware_chain *chain, struct error *error)
{
    uint32_t entry = 0;
    int number =
        chain->is_boot_disc ? (int)(firmware_boot_device() >> 24) : device_drive(chain->device);
    if (number < 0) {
        fail(error, "the BIOS has no number for its disc");
        return;
    }
    memmove(at(SECTOR_ADDRESS), chain->image.data, CHAIN_SECTOR_BYTES);
    if (chain->has_table) {
        memcpy(at(TABLE_ADDRESS), chain->table, sizeof chain->table);
        entry = TABLE_ADDRESS + chain->table_index * ENTRY_BYTES;
    }
    memcpy(at(STUB_ADDRESS), chain_stub, (size_t)(chain_stub_end - chain_stub));
    __asm__ volatile("cli\n"
                     "jmp *%0"
                     :
                     : "a"(STUB_ADDRESS), "d"(number), "S"(entry)
                     : "memory");
    __builtin_unreachable();
}

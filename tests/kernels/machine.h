// SPDX-License-Identifier: BSD-2-Clause
// The machine kernel's parts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* machine.c: lines of "name index: value value …". */
void machine_line(const char *name, uint32_t index);
void machine_value(uint64_t value);
void machine_end_line(void);
void machine_dump(const char *name, uint32_t address, uint32_t length);

/* Memory at a fixed address, hidden from the compiler. */
static inline const uint8_t *memory_at(uint32_t address)
{
    __asm__("" : "+r"(address));
    return (const uint8_t *)address;
}

static inline uint32_t read32(uint32_t address)
{
    return *(const volatile uint32_t *)memory_at(address);
}

static inline void write32(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uint32_t)memory_at(address) = value;
}

/* Finds a structure whose address is a multiple of 16, in the EBDA's first KiB or from 0xe0000 on,
   with a sum of 0. Returns NULL: there is none. */
const uint8_t *machine_find(const char *signature, uint32_t length);

/* Whether bytes sum to 0. */
bool sums_right(const uint8_t *at, uint32_t length);

/* The table of ACPI with this signature; NULL: there is none. */
const uint8_t *acpi_table(const char *signature);

/* machine_state.c: prints what the firmware has left; the masks of the interrupt controllers alone.
 */
void machine_state(void);
void machine_masks(void);

/* machine_processors.c: starts the processors that ACPI's MADT or the MP tables list, each by
   INIT and SIPI, and prints what each finds in itself. */
void machine_processors_by_acpi(void);
void machine_processors_by_mp(void);

/* Prints the processor's own registers: MTRRs, APIC. */
struct processor_state {
    uint64_t msr[64];
    uint32_t apic[16];
};
void processor_read(struct processor_state *state);
void processor_print(const struct processor_state *state, uint32_t index);

/* machine_cards.c: sends a packet with each rtl8139 and e1000 and waits for the answer, by the BARs
   and interrupt lines that the firmware has given them. */
void machine_cards(void);

/* PCI configuration space, mechanism 1. */
uint32_t pci_get(uint32_t function, uint32_t offset);
void pci_put(uint32_t function, uint32_t offset, uint32_t value);

/* machine_entries.asm */
extern const uint8_t processor_trampoline[];
extern const uint32_t processor_trampoline_bytes;
extern void *processor_stack;                      /* of the next processor to start */
void processor_main(void);                         /* called on it */
void interrupts_start(void (*handlers[16])(void)); /* of the PIC's lines; NULL: masked */
extern volatile uint32_t interrupts_seen;          /* a bit for each line */

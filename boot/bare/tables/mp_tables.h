// SPDX-License-Identifier: BSD-2-Clause
// The MP tables (Intel MultiProcessor Specification 1.4, chapter 4) of a PC with one I/O APIC, for
// kernels that know no ACPI.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function on PCI's bus 0 with an interrupt. */
struct mp_pci_interrupt {
    uint8_t device; /* 0 to 31 */
    uint8_t pin;    /* 1 to 4: A to D */
    uint8_t line;   /* of the PIC, and pin of the I/O APIC: 0 to 23 */
};

struct mp_machine {
    const uint8_t *apic_ids; /* of the processors, the one that boots first */
    size_t processor_count;
    uint8_t apic_version;
    uint32_t signature, features; /* CPUID function 1, EAX and EDX */
    const struct mp_pci_interrupt *pci;
    size_t pci_count;
    bool has_pci;
    bool timer_at_pin_2; /* line 0 of the PIC is pin 2 of the I/O APIC */
};

/* Bytes that pointer and table take together, at most. */
size_t mp_tables_size(const struct mp_machine *machine);

/* Writes pointer and table, to memory whose physical address, a multiple of 16, is `address`. */
void mp_tables_write(const struct mp_machine *machine, uint8_t *target, uint32_t address);

// SPDX-License-Identifier: BSD-2-Clause
// The ACPI tables (ACPI 6.x, 5.2) of a Xen guest with a device model, which Xen's own firmware
// makes for it: RSDP, RSDT, XSDT, FADT, FACS, MADT, and a DSDT with PCI's bus and its interrupts.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    XEN_ACPI_PM_BASE = 0xb000, /* I/O ports of the power management */
    XEN_ACPI_LINES = 4,
};

struct xen_acpi_machine {
    const uint8_t *apic_ids; /* of the processors, at most 255, the one that boots first */
    size_t processor_count;
    uint32_t pci_start, pci_end;   /* PCI's memory */
    uint8_t lines[XEN_ACPI_LINES]; /* of pins A to D of device 0; those of each next device turn */
};

/* Bytes of all tables. */
size_t xen_acpi_size(const struct xen_acpi_machine *machine);

/* Writes the tables, the root pointer first, to memory whose physical address, a multiple of 64, is
   `address`. */
void xen_acpi_write(const struct xen_acpi_machine *machine, uint8_t *target, uint32_t address);

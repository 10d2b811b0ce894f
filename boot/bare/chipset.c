// SPDX-License-Identifier: BSD-2-Clause
// See chipset.h. Intel data sheets 82371SB (PIIX3), 82371AB (PIIX4), ICH9 family, Q35. The I/O
// addresses are those in QEMU's and Xen's ACPI tables.
#include "boot/bare/chipset.h"

#include "boot/bare/bare.h"
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"
#include "stage2/disc/pc/piix_ide.h"

enum {
    HOST_Q35 = 0x29c08086,
    PIIX3_ISA = 0x70008086,
    PIIX4_ISA = 0x71108086,
    PIIX4_PM = 0x71138086,
    ICH9_LPC = 0x29188086,
    ICH9_SMBUS = 0x29308086,

    LINKS = 0x60, /* of the ISA bridges: a byte for each of the links A to D */
    LINKS_E_TO_H = 0x68,
    ELCR = 0x4d0, /* bit for each line: level-triggered */

    PIIX_IDE_TIMING = 0x40, /* two channels, 16 bits each */

    PM_BASE = 0x600, /* I/O ports of the power management */
    PM_BASE_XEN = 0xb000,
    SMBUS_BASE = 0x700, /* and of the SMBus */
    IS_IO = 1,
    PIIX4_PM_BASE = 0x40,
    PIIX4_PM_ENABLE = 0x80,
    PIIX4_SMBUS_BASE = 0x90,
    PIIX4_SMBUS_CONTROL = 0xd0, /* its byte 2: enable, interrupt by line 9 */
    SCI_LINE = 9,

    ICH9_PM_BASE = 0x40,
    ICH9_ACPI_CONTROL = 0x44,
    ICH9_ACPI_ENABLE = 0x80,
    ICH9_ROOT_COMPLEX = 0xf0,
    ROOT_COMPLEX_BYTES = 0x4000,
    ICH9_SMBUS_BASE = 0x20,
    ICH9_SMBUS_CONTROL = 0x40,
    ENABLE = 1,

    MCH_PCIEXBAR = 0x60,
    MCH_PCIEXBAR_UPPER = 0x64,
    PCIEXBAR_BYTES = 0x10000000, /* 256 buses of 1 MiB */
    FIRST_DEVICE_OF_ICH9 = 25,
};
#define PIIX_IDE_ENABLED 0x80008000u /* both channels */
#define PCIEXBAR         0xb0000000u
#define ROOT_COMPLEX     0xfed1c000u

static enum chipset chipset;

void chipset_start(uint32_t host_bridge, struct pci_layout *layout)
{
    chipset = host_bridge == HOST_Q35 ? CHIPSET_Q35 : CHIPSET_440FX;
    if (chipset == CHIPSET_Q35) {
        pci_write(0, MCH_PCIEXBAR_UPPER, 0);
        pci_write(0, MCH_PCIEXBAR, PCIEXBAR | ENABLE);
        bare_add_range(PCIEXBAR, PCIEXBAR_BYTES, MEMORY_RESERVED);
        bare_add_range(ROOT_COMPLEX, ROOT_COMPLEX_BYTES, MEMORY_RESERVED);
        if (layout->memory_start < PCIEXBAR + PCIEXBAR_BYTES) {
            layout->memory_start = PCIEXBAR + PCIEXBAR_BYTES;
        }
    }
}

enum chipset chipset_found(void)
{
    return chipset;
}

unsigned chipset_link(unsigned device)
{
    if (chipset == CHIPSET_Q35) {
        return device < FIRST_DEVICE_OF_ICH9 ? device % 4 : 0;
    }
    if (bare_machine.platform == BARE_XEN_HVM) {
        return device % 4; /* Xen's own emulation of the links */
    }
    return (device + 3) % 4; /* device 1, the PIIX, has link A */
}

void chipset_fix_line(struct pci_function *function)
{
    if (function->identity == PIIX4_PM) {
        function->interrupt = SCI_LINE;
    }
}

static void set_links(uint16_t function, uint32_t offset, const uint8_t lines[4])
{
    pci_write(function, offset,
              lines[0] | (uint32_t)lines[1] << 8 | (uint32_t)lines[2] << 16 |
                  (uint32_t)lines[3] << 24);
}

static void set_level_triggered(const uint8_t lines[4])
{
    unsigned mask = 1u << lines[0] | 1u << lines[1] | 1u << lines[2] | 1u << lines[3];
    out8(ELCR, (uint8_t)mask);
    out8(ELCR + 1, (uint8_t)(mask >> 8));
}

void chipset_route(const struct pci_function *function, const struct pci_layout *layout)
{
    switch (function->identity) {
    case ICH9_LPC:
        set_links(function->function, LINKS_E_TO_H, layout->lines);
        /* fall through */
    case PIIX3_ISA:
    case PIIX4_ISA:
        set_links(function->function, LINKS, layout->lines);
        set_level_triggered(layout->lines);
        break;
    default:
        break;
    }
}

static void set_up_ich9(uint16_t function)
{
    pci_write(function, ICH9_PM_BASE, PM_BASE | IS_IO);
    pci_write(function, ICH9_ACPI_CONTROL, ICH9_ACPI_ENABLE);
    pci_write(function, ICH9_ROOT_COMPLEX, ROOT_COMPLEX | ENABLE);
}

/* In Xen, the SMBus is off. */
static void set_up_piix4_pm(uint16_t function)
{
    if (bare_machine.platform == BARE_XEN_HVM) {
        pci_write(function, PIIX4_PM_BASE, PM_BASE_XEN | IS_IO);
        pci_write(function, PIIX4_PM_ENABLE, ENABLE);
        return;
    }
    pci_write(function, PIIX4_PM_BASE, PM_BASE | IS_IO);
    pci_write(function, PIIX4_PM_ENABLE, ENABLE);
    pci_write(function, PIIX4_SMBUS_BASE, SMBUS_BASE | IS_IO);
    pci_write(function, PIIX4_SMBUS_CONTROL, (uint32_t)SCI_LINE << 16);
}

void chipset_set_up(const struct pci_function *function)
{
    uint16_t at = function->function;
    switch (function->identity) {
    case PIIX3_IDE:
    case PIIX4_IDE:
        pci_write(at, PIIX_IDE_TIMING, PIIX_IDE_ENABLED);
        break;
    case PIIX4_PM:
        set_up_piix4_pm(at);
        break;
    case ICH9_LPC:
        set_up_ich9(at);
        break;
    case ICH9_SMBUS:
        pci_write(at, ICH9_SMBUS_BASE, SMBUS_BASE | IS_IO);
        pci_write(at, ICH9_SMBUS_CONTROL, ENABLE);
        break;
    default:
        break;
    }
}

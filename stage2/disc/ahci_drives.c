// SPDX-License-Identifier: BSD-2-Clause
// See ahci.h. Apart from the driver, which is in the overlay.
#include "stage2/disc/ahci.h"

#include "stage2/bus/pci.h"
#include "stage2/disc/ahci_registers.h"

bool ahci_has_drive(uint32_t function, bool is_atapi)
{
    uint32_t bar = pci_read(function, PCI_BAR5) & PCI_BAR_MASK;
    const volatile struct host *host = (const volatile struct host *)(uintptr_t)bar;
    if (host == NULL || (pci_read(function, PCI_COMMAND) & PCI_COMMAND_MEMORY) == 0) {
        return false;
    }
    bool has = false;
    uint32_t ports = host->ports_implemented;
    for (unsigned i = 0; ports >> i != 0 && !has; i++) {
        has = (ports >> i & 1) != 0 && host->ports[i].signature == AHCI_SIGNATURE(is_atapi);
    }
    return has;
}

// SPDX-License-Identifier: BSD-2-Clause
// ACPI's root pointer: the hypervisor's, or our own. In the core: a prepared PVH boot needs it, but
// no overlay.
#include "loader/acpi.h"
#include "boot/bare/bare.h"
#include "boot/pc/bda.h"
#include "stage2/firmware.h"

struct bytes firmware_acpi_rsdp(void)
{
    bare_finish();
    uint64_t rsdp = bare_machine.rsdp;
    if (rsdp == 0 || rsdp > UINT32_MAX - ACPI_RSDP_BYTES) {
        return (struct bytes){0};
    }
    const uint8_t *at = (const uint8_t *)(uintptr_t)bios_data((uintptr_t)rsdp);
    return acpi_find_rsdp((struct bytes){at, ACPI_RSDP_BYTES});
}

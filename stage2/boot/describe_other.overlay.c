// SPDX-License-Identifier: BSD-2-Clause
// See describe_other.h.
#include "stage2/boot/describe_other.h"

#include "loader/linux.h"
#include "stage2/boot/describe_multiboot2.h"
#include "stage2/firmware.h"

static bool describe_linux(const struct plan *plan, struct boot_information *information,
                           uint8_t *buffer, uint32_t address, struct error *error)
{
    const struct linux_boot *linux_boot = plan->linux_boot;
    if (linux_boot->way == LINUX_BY_REAL_MODE && !firmware_calls_bios()) {
        return fail(error, "%s: linux16 needs a BIOS: use linux", plan->kernel.path);
    }
    information->rsdp = firmware_acpi_rsdp();
    if (linux_boot->way != LINUX_BY_EFI) {
        linux_write_information(linux_boot, information, buffer, address);
    }
    if (linux_boot->way == LINUX_BY_32_BIT) {
        linux_write_cursor(firmware_cursor(), buffer);
    }
    return !information->keeps_boot_services || firmware_start_linux(plan, buffer, error) ||
           fail_in(error, "%s: ", plan->kernel.path);
}

bool describe_other(const struct plan *plan, struct boot_information *information, uint8_t *buffer,
                    uint32_t address, struct error *error)
{
    if (plan->linux_boot != NULL) {
        return describe_linux(plan, information, buffer, address, error);
    }
    describe_multiboot2(information, buffer, address);
    return true;
}

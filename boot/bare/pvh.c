// SPDX-License-Identifier: BSD-2-Clause
// See pvh.h. VMMs put start_info and what it points to below 0x40000 or above the image: QEMU
// 0x5a8 to 0x2218, Cloud Hypervisor and Firecracker 0x6000 to 0x8000 and 0x20000, Xen after the
// module. It is RAM in the map: findings/qemu-7.2-pvh-data-is-in-free-memory.sh
#include "boot/bare/pvh.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/pvh/start_info.h"
#include "boot/bare/ram_disc.h"
#include "boot/bare/xen.h"
#include "boot/bare/xen_console.h"
#include "boot/bare/xen_hvm.h"
#include "stage2/firmware.h"

extern uint8_t overlay_start[]; /* linker/bare.ld */

/* All memory that 32 bits address. gcc must not take its start for NULL. */
static struct bytes all_memory(void)
{
    const uint8_t *start = NULL;
    __asm__("" : "+r"(start));
    return (struct bytes){start, SIZE_MAX};
}

static enum bare_platform platform(const struct start_info *info)
{
    if (!xen_is_present()) {
        return BARE_PVH;
    }
    /* Xen's toolstack makes ACPI tables for guests without a device model only. */
    return info->header.rsdp_paddr == 0 ? BARE_XEN_HVM : BARE_XEN_PVH;
}

/* Copies what start_info points to. False with a reason. */
static bool take(struct bytes memory, uint32_t address, struct start_info *info,
                 struct error *error)
{
    static char command_line[START_INFO_TEXT_BYTES];
    struct bare_machine *machine = &bare_machine;
    if (!start_info_read(memory, address, info, error)) {
        return false;
    }
    start_info_command_line(memory, info, command_line);
    machine->command_line = command_line;
    machine->rsdp = info->header.rsdp_paddr;
    machine->ram_disc = info->module;
    return start_info_map(memory, info, &machine->map, error);
}

void pvh_describe(uint32_t start_info)
{
    static struct error error;
    struct start_info info;
    struct bare_machine *machine = &bare_machine;
    bool is_fine = take(all_memory(), start_info, &info, &error);
    machine->platform = platform(&info);
    if (machine->platform != BARE_PVH && machine->map.count == 0) {
        xen_add_memory_map();
    }
    if (machine->platform == BARE_XEN_PVH) {
        xen_console_start();
    } else if (machine->platform == BARE_XEN_HVM) {
        xen_hvm_start();
    }
    memcpy(overlay_start, machine->overlay.data, machine->overlay.size);
    machine->overlay.data = overlay_start;
    wish_read(machine->command_line, &machine->wish);
    if (is_fine && machine->platform != BARE_XEN_HVM && machine->ram_disc.size == 0) {
        is_fine =
            fail(&error, "there is nothing to boot: give an ISO, a cpio archive or a kernel as "
                         "initrd (QEMU: -initrd, xl: ramdisk)");
    }
    if (!is_fine || !ram_disc_start(&error)) {
        machine->failure = error.message;
    }
}

const char *firmware_wanted_entry(void)
{
    return bare_machine.wish.entry;
}

const char *firmware_added_arguments(void)
{
    return bare_machine.wish.arguments;
}

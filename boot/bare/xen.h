// SPDX-License-Identifier: BSD-2-Clause
// Xen, as its guests see it (Xen, public/arch-x86/cpuid.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether the machine is a guest of Xen. */
bool xen_is_present(void);

enum {
    XEN_FRAME_BYTES = 4096,
    XEN_FRAMES = 0x100000, /* of 4 GiB */
    /* Parameters of a guest (public/hvm/params.h). */
    XEN_PARAMETER_CONSOLE_FRAME = 17,
    XEN_PARAMETER_CONSOLE_PORT = 18, /* event channel */
    XEN_PARAMETER_ACPI_PORTS = 19,   /* where the power management's registers are */
    XEN_ACPI_PORTS_NEW = 1,          /* at 0xb000 */
};

/* A parameter that the toolstack has set; 0: it has not. Call in guests of Xen only. */
uint64_t xen_parameter(uint32_t index);

/* Sets a parameter that guests may set. */
void xen_set_parameter(uint32_t index, uint64_t value);

/* The guest's UUID, as SMBIOS has it; all 0 if Xen does not tell. */
void xen_guest_uuid(uint8_t uuid[16]);

/* Adds the memory map that Xen has of the guest to bare_machine's: for toolstacks before 4.11,
   whose start_info has none. */
void xen_add_memory_map(void);

/* Sends an event to the other end of this event channel. */
void xen_notify(uint32_t port);

/* The frequency of the guest's time stamp counter in kHz; 0: Xen does not say. */
uint32_t xen_tsc_khz(void);

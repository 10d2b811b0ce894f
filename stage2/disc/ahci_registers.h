// SPDX-License-Identifier: BSD-2-Clause
// The registers of an AHCI host bus adapter (Serial ATA AHCI 1.3.1, 3), at its BAR5.
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a drive that is ready has sent as its signature; without one, all bits are set. */
#define AHCI_SIGNATURE(is_atapi) ((is_atapi) ? 0xeb140101u : 0x00000101u)

struct port {
    uint32_t list;
    uint32_t list_upper;
    uint32_t fis;
    uint32_t fis_upper;
    uint32_t interrupt_status;
    uint32_t interrupt_enable;
    uint32_t command;
    uint32_t reserved;
    uint32_t task_file;
    uint32_t signature;
    uint32_t sata_status;
    uint32_t sata_control;
    uint32_t sata_error;
    uint32_t sata_active;
    uint32_t command_issue;
    uint32_t more[17];
};
_Static_assert(offsetof(struct port, command_issue) == 0x38, "AHCI, 3.3.14");

struct host {
    uint32_t capabilities;
    uint32_t control;
    uint32_t interrupt_status;
    uint32_t ports_implemented;
    uint32_t more[60];
    struct port ports[];
};
_Static_assert(offsetof(struct host, ports[1]) == 0x180, "AHCI, 3");

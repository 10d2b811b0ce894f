// SPDX-License-Identifier: BSD-2-Clause
// What a kernel is told, independent of the protocol that tells it: Multiboot 1 (0.6.96, 3.3) or
// Multiboot 2 (2.0, 3.6).
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "loader/acpi.h"
#include "loader/bytes.h"
#include "loader/memory_map.h"
#include "loader/smbios.h"
#include "loader/video.h"

struct boot_module {
    uint32_t mod_start, mod_end; /* physical; mod_end is one past the last byte */
    const char *string;
};

/* ELF section headers. The information gets a copy of them. */
struct boot_sections {
    uint32_t num, size, shndx; /* num 0: none */
    const uint8_t *headers;    /* num * size bytes */
};

/* The APM interface (APM 1.2, 4.6.5), as both protocols store it. */
struct apm_table {
    uint16_t version, cseg;
    uint32_t offset; /* of the entry point in cseg */
    uint16_t cseg_16, dseg;
    uint16_t flags;
    uint16_t cseg_len, cseg_16_len, dseg_len;
} __attribute__((packed));
_Static_assert(sizeof(struct apm_table) == 20, "Multiboot 0.6.96, 3.3; Multiboot 2.0, 3.6.10");

/* What UEFI adds (Multiboot 2.0, 3.6.8, 3.6.9, 3.6.15 to 3.6.18). */
struct boot_efi {
    uint64_t system_table, image_handle;
    bool is_64;
    struct bytes memory_map; /* data NULL: only its greatest size is known yet */
    uint32_t descriptor_size, descriptor_version; /* of memory_map */
    const struct memory_map *unused;              /* what is free while boot services run */
    /* The machine's map (normalised), but for ACPI NVS without tables: that is RAM here. A kernel
       whose address is fixed may overwrite it after ExitBootServices. */
    const struct memory_map *overwritable;
};

/* A drive as Multiboot 1 (3.3) stores it. */
enum { DRIVE_PORTS = 9 };
struct boot_drive {
    uint32_t size; /* of this structure */
    uint8_t drive_number;
    uint8_t drive_mode; /* how it is read: 0 by cylinder, head and sector, 1 by LBA */
    uint16_t drive_cylinders;
    uint8_t drive_heads, drive_sectors; /* all three 0: unknown */
    uint16_t drive_ports[DRIVE_PORTS];
    uint16_t ports_end, padding; /* 0 */
} __attribute__((packed));
_Static_assert(offsetof(struct boot_drive, drive_ports) == 10, "Multiboot 0.6.96, 3.3");
_Static_assert(sizeof(struct boot_drive) == 32, "a multiple of 4");

enum { BOOT_DRIVES = 9 }; /* at most: the BIOS's first 8 hard disks and the boot drive */

/* The symbols of an a.out kernel as Multiboot 1 (3.3) wants them. At addr: the table's size in 4
   bytes, the table, strsize in 4 bytes, and the strings. strsize includes its own 4 bytes. */
struct boot_symbols {
    uint32_t tabsize, strsize; /* bytes */
    uint32_t addr;             /* 0: none */
};

/* No valid boot device: Whelk sets the last byte, the sub-sub-partition, of those to 0xff. */
#define BOOT_DEVICE_UNKNOWN 0u

struct boot_information {
    const struct memory_map *map; /* normalised */
    uint32_t boot_device;         /* as in Multiboot 1, or BOOT_DEVICE_UNKNOWN */
    const char *command_line;
    const char *loader_name;
    const struct boot_module *modules;
    size_t module_count;
    struct boot_sections sections;
    struct boot_symbols symbols;
    uint32_t load_base; /* the image's lowest address */
    /* From the firmware. NULL or empty: not asked yet, or absent; room is kept either way. */
    const struct video *video;
    const struct apm_table *apm;
    struct bytes rsdp;     /* ACPI's root pointer */
    struct bytes old_rsdp; /* the firmware's separate one for ACPI 1.0, if any */
    const struct boot_drive *drives;
    size_t drive_count;
    uint32_t config_table; /* address of the ROM's table (INT 15h AH=C0h); 0: none */
    bool keeps_room_for_smbios;
    struct smbios smbios;
    const struct boot_efi *efi; /* NULL: not started by UEFI */
    bool keeps_boot_services;   /* ExitBootServices() is not called */
};

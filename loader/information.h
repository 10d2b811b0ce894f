// SPDX-License-Identifier: BSD-2-Clause
// What a kernel is told, before either protocol has put it into its form: Multiboot 1 (0.6.96) 3.3,
// Multiboot 2 (2.0) 3.6.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "loader/acpi.h"
#include "loader/bytes.h"
#include "loader/memory_map.h"
#include "loader/video.h"

struct boot_module {
    uint32_t mod_start, mod_end; /* physical; mod_end is one past the last byte */
    const char *string;
};

/* ELF section headers, wherever the information has its copy of them. */
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

struct boot_information {
    const struct memory_map *map; /* normalised */
    uint32_t boot_device;         /* as in Multiboot 1 */
    const char *command_line;
    const char *loader_name;
    const struct boot_module *modules;
    size_t module_count;
    struct boot_sections sections;
    uint32_t load_base; /* the image's lowest address */
    /* The machine's own; what is NULL or empty is not known yet, or not there: room is kept. */
    const struct video *video;
    const struct apm_table *apm;
    struct bytes rsdp; /* ACPI's root pointer */
};

// SPDX-License-Identifier: BSD-2-Clause
// What a kernel is told, before either protocol has put it into its form: Multiboot 1 (0.6.96) 3.3,
// Multiboot 2 (2.0) 3.6.
#pragma once

#include <stddef.h>
#include <stdint.h>
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

struct boot_information {
    const struct memory_map *map; /* normalised */
    uint32_t boot_device;         /* as in Multiboot 1 */
    const char *command_line;
    const char *loader_name;
    const struct boot_module *modules;
    size_t module_count;
    struct boot_sections sections;
    const struct video *video; /* NULL: not known yet; room for it is kept in any case */
};

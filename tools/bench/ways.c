// SPDX-License-Identifier: BSD-2-Clause
// See bench/ways.h.
#include "tools/bench/ways.h"

#include <string.h>
#include "tools/bench/embedded.h"
#include "tools/guest/ovmf.h"
#include "tools/lib/embedded.h"
#include "tools/lib/writing.h"

enum { ROM_BYTES = 64 << 10, SECTORS_OF_MIB = 512 };

const struct way ways[] = {
    {"whelk-rom", "whelk.rom", embedded_rom, NULL, NULL, FIRMWARE_ROM, false},
    {"whelk-microvm", "whelk.rom, microvm", embedded_rom, "microvm", "virtio-mmio", FIRMWARE_ROM,
     false},
    {"whelk-pvh", "PVH, microvm", embedded_pvh, "microvm", NULL, FIRMWARE_PVH, false},
    {"raw-rom", "raw probe ROM", embedded_read_rom, NULL, NULL, FIRMWARE_ROM, false},
    {"whelk-uefi", "OVMF + Whelk", NULL, OVMF_MACHINE, NULL, FIRMWARE_UEFI, false},
    {"whelk-hvm", "HVM, whelk.elf", embedded_pvh, NULL, NULL, FIRMWARE_ROM, true},
    {"whelk-pvh", "PVH, whelk.elf", embedded_pvh, NULL, NULL, FIRMWARE_PVH, true},
};
const size_t way_count = sizeof ways / sizeof ways[0];

bool way_is_raw(const struct way *way)
{
    return way->image == embedded_read_rom;
}

bool way_fits(const struct way *way, const struct qemu_machine *machine, uint32_t size_mib)
{
    if (way_is_raw(way)) { /* it knows one drive, and has no kernel to boot */
        return size_mib > 0 && strcmp(machine->machine, "pc") == 0 &&
               strcmp(machine->attach, "cdrom") == 0;
    }
    /* The ROM has no driver for USB. PVH needs none. */
    return way->firmware != FIRMWARE_ROM || way->attach != NULL ||
           strcmp(machine->attach, "usb") != 0;
}

bool way_write_image(const struct way *way, uint32_t size_mib, const char *path,
                     struct error *error)
{
    struct bytes image = way->image();
    static uint8_t rom[ROM_BYTES]; /* large */
    if (!way_is_raw(way)) {
        return writing_replace(path, image.data, image.size, error);
    }
    uint8_t *end = rom + sizeof rom - image.size;
    uint32_t sectors = size_mib * SECTORS_OF_MIB;
    memcpy(end, image.data, image.size);
    memcpy(end, &sectors, sizeof sectors); /* this program runs on x86 only, as the ROM does */
    return writing_replace(path, rom, sizeof rom, error);
}

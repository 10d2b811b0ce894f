// SPDX-License-Identifier: BSD-2-Clause
// Host program: makes the boot image's file of core and overlay, each padded to whole sectors. The
// overlay's last word makes the sum of its words 0, so that the boot information table's checksum
// of the file is that of the core alone.
//
// Usage: make_boot_image CORE OVERLAY OUTPUT
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECTOR = 2048, MOST = 64 * SECTOR };

/* Reads a file to zeroed memory. Returns its size, with at least `spare` more, in whole sectors. */
static size_t read_sectors(const char *path, uint8_t *to, size_t spare)
{
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(to, 1, MOST, file) : 0;
    if (size == 0 || size + spare > MOST || ferror(file) != 0) {
        fprintf(stderr, "make_boot_image: %s cannot be read, is empty or too large\n", path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    return (size + spare + SECTOR - 1) / SECTOR * SECTOR;
}

/* Sets the last 32-bit word so that the sum of all is 0. */
static void end_with_sum(uint8_t *data, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += sizeof sum) {
        sum += data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16 |
               (uint32_t)data[i + 3] << 24;
    }
    for (unsigned i = 0; i < sizeof sum; i++) {
        data[size - sizeof sum + i] = (uint8_t)((0 - sum) >> 8 * i);
    }
}

int main(int count, char **arguments)
{
    static uint8_t core[MOST], overlay[MOST];
    if (count != 4) {
        fputs("usage: make_boot_image CORE OVERLAY OUTPUT\n", stderr);
        return EXIT_FAILURE;
    }
    size_t core_size = read_sectors(arguments[1], core, 0);
    size_t overlay_size = read_sectors(arguments[2], overlay, sizeof(uint32_t));
    end_with_sum(overlay, overlay_size);
    FILE *output = fopen(arguments[3], "wb");
    if (output == NULL || fwrite(core, 1, core_size, output) != core_size ||
        fwrite(overlay, 1, overlay_size, output) != overlay_size || fclose(output) != 0) {
        fprintf(stderr, "make_boot_image: %s cannot be written\n", arguments[3]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

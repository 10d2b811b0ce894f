// SPDX-License-Identifier: BSD-2-Clause
// Host program: makes the boot image's file of core and overlay, each padded to whole sectors, and
// writes their sums (stage2/sum/sum.h): the core's in its tail (real_mode.inc: IMAGE_TAIL), the
// overlay's in its last bytes (overlay.c). The overlay's last word makes the sum of its words
// modulo 2^32 0, so that the boot information table's checksum of the file is that of the core
// alone.
//
// Usage: make_boot_image CORE OVERLAY OUTPUT
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/sum/sum.h"

enum {
    SECTOR = 2048,
    MOST = 96 * SECTOR,
    WORD = sizeof(uint32_t),
    INFO_TABLE_END = 64, /* real_mode.inc */
    TAIL = 16,           /* real_mode.inc: IMAGE_TAIL; overlay.c: struct overlay_end */
    TAIL_SUM = 4,        /* offset of the sum in both */
};

/* Reads a file to zeroed memory. Returns its size, with at least `spare` more, in whole sectors. */
static size_t read_sectors(const char *path, uint32_t *to, size_t spare)
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

/* Writes the sum of the words from byte start to the tail into the tail. */
static void write_sum(uint32_t *data, size_t start, size_t size)
{
    struct sum sum = SUM_OF_NOTHING;
    sum_add(&sum, data + start / WORD, (size - TAIL - start) / WORD);
    memcpy(data + (size - TAIL + TAIL_SUM) / WORD, &sum, sizeof sum);
}

/* Sets the last word so that the sum of all is 0. */
static void balance(uint32_t *data, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size / WORD - 1; i++) {
        sum += data[i];
    }
    data[size / WORD - 1] = 0 - sum;
}

int main(int count, char **arguments)
{
    static uint32_t core[MOST / WORD], overlay[MOST / WORD];
    if (count != 4) {
        fputs("usage: make_boot_image CORE OVERLAY OUTPUT\n", stderr);
        return EXIT_FAILURE;
    }
    size_t core_size = read_sectors(arguments[1], core, 0);
    size_t overlay_size = read_sectors(arguments[2], overlay, TAIL);
    write_sum(core, INFO_TABLE_END, core_size);
    write_sum(overlay, 0, overlay_size);
    balance(overlay, overlay_size);
    FILE *output = fopen(arguments[3], "wb");
    if (output == NULL || fwrite(core, 1, core_size, output) != core_size ||
        fwrite(overlay, 1, overlay_size, output) != overlay_size || fclose(output) != 0) {
        fprintf(stderr, "make_boot_image: %s cannot be written\n", arguments[3]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

// SPDX-License-Identifier: BSD-2-Clause
// Host program: writes the sum of a UEFI application's first three sections (linker/efi.ld: .text,
// .rodata, .data) into the end of the second, which is not part of it. start.c compares.
//
// Usage: write_sum APPLICATION
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/bytes.h"
#include "stage2/sum/sum.h"

enum {
    MOST = 1 << 20,
    WORD = sizeof(uint32_t),
    RODATA = 1,
    SUMMED_SECTIONS = 3,
    /* Microsoft PE/COFF Specification */
    HEADER_PLACE = 0x3c,
    OPTIONAL_HEADER_SIZE = 20, /* offsets from "PE" */
    OPTIONAL_HEADER = 24,
    SECTION_BYTES = 40,
    SECTION_DATA_SIZE = 16,
    SECTION_DATA_PLACE = 20,
};

static uint32_t words[MOST / WORD];

static _Noreturn void refuse(const char *path, const char *reason)
{
    fprintf(stderr, "write_sum: %s: %s\n", path, reason);
    exit(EXIT_FAILURE);
}

/* Adds the sections' bytes to the sum, and returns the place of the sum in the file; 0: the file
   has no such sections. */
static size_t add_sections(const uint8_t *file, size_t size, struct sum *sum)
{
    size_t place = 0, pe = load32(file + HEADER_PLACE);
    if (!range_within(pe, OPTIONAL_HEADER, size)) {
        return 0;
    }
    size_t table = pe + OPTIONAL_HEADER + load16(file + pe + OPTIONAL_HEADER_SIZE);
    if (!range_within(table, (size_t)SUMMED_SECTIONS * SECTION_BYTES, size)) {
        return 0;
    }
    for (unsigned i = 0; i < SUMMED_SECTIONS; i++) {
        const uint8_t *section = file + table + (size_t)i * SECTION_BYTES;
        size_t start = load32(section + SECTION_DATA_PLACE);
        size_t length = load32(section + SECTION_DATA_SIZE);
        if (!range_within(start, length, size) || length < sizeof *sum || start % WORD != 0) {
            return 0;
        }
        if (i == RODATA) {
            length -= sizeof *sum;
            place = start + length;
        }
        sum_add(sum, words + start / WORD, length / WORD);
    }
    return place;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fputs("usage: write_sum APPLICATION\n", stderr);
        return EXIT_FAILURE;
    }
    const char *path = arguments[1];
    FILE *file = fopen(path, "r+b");
    size_t size = file != NULL ? fread(words, 1, MOST, file) : 0;
    if (size == 0 || size == MOST || ferror(file) != 0) {
        refuse(path, "cannot be read, is empty or too large");
    }
    struct sum sum = SUM_OF_NOTHING;
    size_t place = add_sections((const uint8_t *)words, size, &sum);
    if (place == 0) {
        refuse(path, "is no application of linker/efi.ld");
    }
    if (fseek(file, (long)place, SEEK_SET) != 0 || fwrite(&sum, sizeof sum, 1, file) != 1 ||
        fclose(file) != 0) {
        refuse(path, "cannot be written");
    }
    return EXIT_SUCCESS;
}

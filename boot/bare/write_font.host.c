// SPDX-License-Identifier: BSD-2-Clause
// Host program: writes the font's rows, FONT_ROWS bytes for each of the 256 characters.
//
// Usage: write_font OUTPUT
#include <stdio.h>
#include <stdlib.h>
#include "boot/bare/font/font.h"

enum { CHARACTERS = 256 };

int main(int count, char **arguments)
{
    uint8_t rows[CHARACTERS][FONT_ROWS];
    if (count != 2) {
        fputs("usage: write_font OUTPUT\n", stderr);
        return EXIT_FAILURE;
    }
    for (unsigned code = 0; code < CHARACTERS; code++) {
        font_draw((uint8_t)code, rows[code]);
    }
    FILE *output = fopen(arguments[1], "wb");
    if (output == NULL || fwrite(rows, 1, sizeof rows, output) != sizeof rows ||
        fclose(output) != 0) {
        fprintf(stderr, "write_font: %s cannot be written\n", arguments[1]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

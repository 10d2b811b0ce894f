// SPDX-License-Identifier: BSD-2-Clause
// See utf8.h. Reading a disc needs this function, so the core of the BIOS boot image has it.
#include "stage2/text/utf8.h"

unsigned utf8_put(uint32_t character, char text[static 4])
{
    if (character < 0x80) {
        text[0] = (char)character;
        return 1;
    }
    unsigned length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (unsigned i = length - 1; i != 0; i--) {
        text[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    text[0] = (char)((0xf0 << (4 - length)) | character);
    return length;
}

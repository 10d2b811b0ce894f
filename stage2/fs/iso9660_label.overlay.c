// SPDX-License-Identifier: BSD-2-Clause
// See iso9660_label.h.
#include "stage2/fs/iso9660_label.h"

#include <string.h>

void iso9660_label(const uint8_t *descriptor, char label[ISO9660_LABEL_BYTES])
{
    enum { IDENTIFIER = 40, IDENTIFIER_SIZE = ISO9660_LABEL_BYTES - 1 };
    size_t length = IDENTIFIER_SIZE;
    while (length > 0 && descriptor[IDENTIFIER + length - 1] == ' ') {
        length--;
    }
    memset(label, 0, ISO9660_LABEL_BYTES);
    memcpy(label, descriptor + IDENTIFIER, length);
}

void iso9660_uuid(const uint8_t *descriptor, char uuid[ISO9660_LABEL_BYTES])
{
    enum { MODIFICATION = 830, DIGITS = 16 };
    memset(uuid, 0, ISO9660_LABEL_BYTES);
    for (int i = 0; i < DIGITS; i++) {
        if (i >= 4 && i % 2 == 0) {
            *uuid++ = '-';
        }
        *uuid++ = (char)descriptor[MODIFICATION + i];
    }
}

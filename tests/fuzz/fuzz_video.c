// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the readers of gfxpayload and EDID with any bytes; sizes stay in their bounds.
#include "stage2/video/video.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LARGEST = 4095 }; /* an EDID has 12 bits for a size */
    struct video_preference preferences[VIDEO_PREFERENCES];
    char *text = malloc(size + 1);
    if (text == NULL) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = 0;
    size_t count = video_read_preferences(text, text, preferences);
    free(text);
    for (size_t i = 0; i < count; i++) {
        if ((preferences[i].width | preferences[i].height | preferences[i].depth) > INT32_MAX) {
            abort();
        }
    }
    if (count > VIDEO_PREFERENCES) {
        abort();
    }
    if (size >= EDID_BYTES) {
        uint8_t edid[EDID_BYTES];
        uint8_t sum = 0;
        memcpy(edid, data, EDID_BYTES - 1);
        for (size_t i = 0; i < EDID_BYTES - 1; i++) {
            sum = (uint8_t)(sum + edid[i]);
        }
        edid[EDID_BYTES - 1] = (uint8_t)-sum; /* no fuzzer would find the right checksum */
        struct video_size display = video_edid_size(edid);
        if (display.width > LARGEST || display.height > LARGEST) {
            abort();
        }
    }
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the reading of hvm_start_info. The input is a machine's memory, with the structure's
// address in its first four bytes; nothing outside it is read.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "boot/bare/pvh/start_info.h"
#include "boot/bare/pvh/wish.h"

enum { RANGES = 16, ADDRESS_BYTES = 4 };

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool is_inside(struct bytes part, struct bytes all)
{
    return part.size == 0 ||
           (part.data >= all.data && part.size <= all.size - (size_t)(part.data - all.data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct start_info info;
    struct error error = {""};
    struct memory_range ranges[RANGES];
    struct memory_map map = {.ranges = ranges, .capacity = RANGES};
    char text[START_INFO_TEXT_BYTES];
    struct wish wish;
    if (size < ADDRESS_BYTES) {
        return 0;
    }
    struct bytes memory = {data, size};
    if (!start_info_read(memory, load32(data), &info, &error)) {
        require(error.message[0] != 0);
        return 0;
    }
    require(is_inside(info.module, memory));
    if (start_info_map(memory, &info, &map, &error)) {
        for (size_t i = 0; i < map.count; i++) {
            require(map.ranges[i].length != 0);
        }
    }
    start_info_command_line(memory, &info, text);
    require(strlen(text) < sizeof text);
    wish_read(text, &wish);
    require(wish.entry == NULL || strlen(wish.entry) < sizeof text);
    return 0;
}

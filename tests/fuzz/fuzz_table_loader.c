// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the script of QEMU's tables. Besides the sanitizers' checks: files lie in their zones and
// do not overlap, and an address that the host gets leads into a file.
// Input: a byte with the size of each file, then the script.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "boot/bare/tables/table_loader.h"

enum { HIGH_START = 0x7f00000, HIGH_END = 0x8000000, FSEG_START = 0xf0000, FSEG_END = 0x100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_places(const struct table_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct table_file *a = &files[i];
        bool is_fseg = a->zone == TABLE_ZONE_FSEG;
        require(a->address % a->alignment == 0);
        require(a->address >= (is_fseg ? FSEG_START : HIGH_START));
        require(a->address + a->size <= (is_fseg ? FSEG_END : HIGH_END));
        for (const struct table_file *b = files; b < a; b++) {
            require(a->address + a->size <= b->address || b->address + b->size <= a->address);
        }
    }
}

static void link_files(struct bytes script, struct table_file *files, size_t count)
{
    struct error error = {""};
    struct table_write write;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        files[i].data = calloc(files[i].size, 1); /* of just that size: the sanitizer sees more */
    }
    if (!table_loader_link(script, files, count, &error)) {
        require(error.message[0] != 0);
    }
    while (table_loader_write(script, files, count, &at, &write, &error)) {
        bool leads_into_a_file = false;
        for (size_t i = 0; i < count; i++) {
            leads_into_a_file |= write.value - files[i].address < files[i].size;
        }
        require(leads_into_a_file);
    }
    for (size_t i = 0; i < count; i++) {
        free(files[i].data);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table_file files[TABLE_FILES];
    struct error error = {""};
    size_t count;
    if (size == 0) {
        return 0;
    }
    uint8_t *copy = malloc(size);
    memcpy(copy, data + 1, size - 1);
    struct bytes script = {copy, size - 1};
    if (table_loader_files(script, files, &count, &error)) {
        struct room high = {HIGH_START, HIGH_END}, fseg = {FSEG_START, FSEG_END};
        for (size_t i = 0; i < count; i++) {
            files[i].size = data[0] * 64u + 1;
        }
        if (table_loader_place(files, count, &high, &fseg, &error)) {
            check_places(files, count);
            link_files(script, files, count);
        }
    } else {
        require(error.message[0] != 0);
    }
    free(copy);
    return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes Multiboot 1: reads any bytes as the start of a kernel of any size, and writes the boot
// information with strings and a memory map from the same bytes. Besides the sanitizers' checks: an
// image is inside the file and below 4 GiB, and pointers of the information point into it.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/multiboot1.h"

enum {
    SIZE_BYTES = 8, /* before the file: how much larger it is than the bytes that follow */
    MOST_STRINGS = 64,
    MOST_RANGES = 32,
    RANGE_BYTES = 20,
    INFORMATION_ADDRESS = 0x10000,
    MODULE_BYTES = 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

/* Corrects the checksum after each magic number, as a wrong one would end the test early. */
static void mend_checksum(uint8_t *file, size_t size)
{
    for (size_t at = 0; at + 12 <= size; at += MULTIBOOT1_HEADER_ALIGNMENT) {
        if (load32(file + at) == MULTIBOOT1_HEADER_MAGIC) {
            uint32_t checksum = 0u - MULTIBOOT1_HEADER_MAGIC - load32(file + at + 4);
            memcpy(file + at + 8, &checksum, sizeof checksum);
        }
    }
}

static void read_kernel(const uint8_t *file, size_t size, uint64_t file_size)
{
    uint8_t memory[256];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct multiboot1_header header;
    struct image image;
    struct error error = {""};
    if (!multiboot1_find_header((struct bytes){file, size}, &header, &error) ||
        !multiboot1_address_image(&header, file_size, &image, &arena, &error)) {
        require(error.message[0] != 0);
        return;
    }
    const struct image_segment *segment = &image.segments[0];
    require(header.file_offset <= 8180 && header.file_offset % 4 == 0);
    require(image.segment_count == 1 && segment->memory_size > 0);
    require(segment->file_size <= segment->memory_size);
    require(range_within(segment->file_offset, segment->file_size, file_size));
    require((uint64_t)segment->address + segment->memory_size <= UINT64_C(1) << 32);
    require(image_contains(&image, image.entry));
}

/* Makes a normalised memory map from the bytes. */
static size_t read_map(const uint8_t *data, size_t size, struct memory_map *map)
{
    struct error error = {""};
    map->count = 0;
    while (map->count < MOST_RANGES && (map->count + 1) * RANGE_BYTES <= size) {
        const uint8_t *at = data + map->count * RANGE_BYTES;
        map->ranges[map->count++] =
            (struct memory_range){load64(at), load64(at + 8), load32(at + 16)};
    }
    size_t used = map->count * RANGE_BYTES;
    map->capacity = 2 * map->count;
    require(memory_map_normalise(map, &error));
    for (size_t i = 1; i < map->count; i++) {
        const struct memory_range *before = &map->ranges[i - 1];
        require(before->length > 0);
        require(before->length <= map->ranges[i].address - before->address);
    }
    return used;
}

static const char *string_at(const uint8_t *buffer, size_t size, uint32_t address)
{
    require(address >= INFORMATION_ADDRESS && address - INFORMATION_ADDRESS < size);
    const char *string = (const char *)buffer + (address - INFORMATION_ADDRESS);
    require(memchr(string, 0, size - (address - INFORMATION_ADDRESS)) != NULL);
    return string;
}

static void check_information(const struct boot_information *wanted)
{
    size_t size = (size_t)multiboot1_information_size(wanted);
    uint8_t *buffer = calloc(1, size);
    multiboot1_write_information(wanted, buffer, INFORMATION_ADDRESS);
    require(strcmp(string_at(buffer, size, load32(buffer + 16)), wanted->command_line) == 0);
    require(strcmp(string_at(buffer, size, load32(buffer + 64)), wanted->loader_name) == 0);
    require(load32(buffer + 44) == wanted->map->count * 24);
    uint32_t modules = load32(buffer + 24) - INFORMATION_ADDRESS;
    require(load32(buffer + 20) == wanted->module_count);
    for (size_t i = 0; i < wanted->module_count; i++) {
        const uint8_t *module = buffer + modules + i * MODULE_BYTES;
        require(range_within(modules + i * MODULE_BYTES, MODULE_BYTES, size));
        require(load32(module) == wanted->modules[i].mod_start);
        require(strcmp(string_at(buffer, size, load32(module + 8)), wanted->modules[i].string) ==
                0);
    }
    free(buffer);
}

/* Uses the bytes as a memory map and as strings: the first is the command line, each other one
   belongs to a module. */
static void describe(const uint8_t *data, size_t size)
{
    struct memory_range ranges[2 * MOST_RANGES];
    struct memory_map map = {.ranges = ranges};
    struct boot_module modules[MOST_STRINGS];
    size_t used = read_map(data, size, &map);
    size_t length = size - used;
    char *strings = malloc(length + 1);
    memcpy(strings, data + used, length);
    strings[length] = 0;
    struct boot_information wanted = {
        .map = &map, .command_line = strings, .loader_name = "", .modules = modules};
    for (size_t at = 0; at <= length && wanted.module_count < MOST_STRINGS;
         at += strlen(strings + at) + 1) {
        modules[wanted.module_count++] =
            (struct boot_module){(uint32_t)at, UINT32_MAX, strings + at};
    }
    check_information(&wanted);
    free(strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < SIZE_BYTES) {
        return 0;
    }
    uint64_t more = load64(data);
    size_t length = size - SIZE_BYTES;
    uint8_t *file = malloc(length);
    if (length > 0) {
        memcpy(file, data + SIZE_BYTES, length);
    }
    uint64_t file_size = more < UINT64_MAX - length ? length + more : UINT64_MAX;
    read_kernel(file, length, file_size);
    mend_checksum(file, length);
    read_kernel(file, length, file_size);
    free(file);
    describe(data + SIZE_BYTES, length);
    return 0;
}

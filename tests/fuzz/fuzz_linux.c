// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the reader of Linux's setup header and the writer of what the kernel gets. The first two
// bytes are the length of the command line, which follows; the rest is the file's start. Besides
// the sanitizers' checks: what is accepted keeps within its bounds, and what is written in its
// size.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/linux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void write_for(struct linux_boot *boot, enum linux_way way, size_t range_count)
{
    struct memory_range ranges[130] = {{0, 0x9fc00, MEMORY_AVAILABLE}};
    const struct memory_map map = {ranges, range_count, 130};
    const struct boot_information information = {.map = &map};
    boot->way = way;
    size_t length = (size_t)linux_information_size(boot, range_count, 0);
    require(linux_entry_offset(boot) < length);
    uint8_t *buffer = calloc(1, length);
    linux_write_information(boot, &information, buffer, 0x10000);
    free(buffer);
}

static void use(const struct linux_header *header, const char *command_line)
{
    uint8_t *setup_code = calloc(1, header->setup_bytes);
    struct linux_boot boot = {.header = *header,
                              .setup_code = setup_code,
                              .command_line = command_line,
                              .initrd_bytes = 1};
    struct error error;
    boot.command_line_length = linux_command_line_length(command_line, header->command_line_most);
    require(boot.command_line_length < header->command_line_most);
    require(boot.command_line_length <= strlen(command_line));
    require(linux_initrd_limit(&boot) <= header->initrd_addr_max);
    if (linux_check_32_bit(header, &error)) {
        require(linux_first_instruction(&boot, 0) < header->kernel_bytes);
        write_for(&boot, LINUX_BY_32_BIT, 130);
    }
    write_for(&boot, LINUX_BY_REAL_MODE, 1);
    free(setup_code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct linux_header header;
    struct error error = {""};
    if (size < 2) {
        return 0;
    }
    size_t length = data[0] | (size_t)data[1] << 8;
    length = length < size - 2 ? length : size - 2;
    char *command_line = calloc(1, length + 1); /* of just that size, for the sanitizer */
    memcpy(command_line, data + 2, length);
    size_t start_size = size - 2 - length;
    start_size = start_size < LINUX_START_BYTES ? start_size : LINUX_START_BYTES;
    uint8_t *start = malloc(start_size + 1);
    memcpy(start + 1, data + 2 + length, start_size);
    uint64_t file_size = start_size < LINUX_START_BYTES ? start_size : 5 << 20;
    if (linux_read_header((struct bytes){start + 1, start_size}, file_size, &header, &error)) {
        require(header.setup_bytes + (uint64_t)header.kernel_bytes == file_size);
        require(header.init_size >= header.kernel_bytes);
        require(header.field_bytes <= sizeof header.fields);
        use(&header, command_line);
    } else {
        require(error.message[0] != 0);
    }
    free(start);
    free(command_line);
    return 0;
}

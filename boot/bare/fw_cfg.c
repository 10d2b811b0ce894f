// SPDX-License-Identifier: BSD-2-Clause
// See fw_cfg.h.
#include "boot/bare/fw_cfg.h"

#include <stddef.h>
#include <string.h>
#include "boot/bare/bare.h"
#include "stage2/bus/io.h"

enum {
    PORT_SELECT = 0x510,
    PORT_DATA = 0x511,
    PORT_DMA_UPPER = 0x514, /* big-endian; reads as "QEMU CFG" where there is DMA */
    PORT_DMA_LOWER = 0x518, /* starts the transfer */

    KEY_DIRECTORY = 0x19,
    DIRECTORY_FILES = 96, /* the first of them that are looked at: QEMU has room for 64 + 32 */

    PAGE_BYTES = 4096,

    DMA_ERROR = 0x01,
    DMA_READ = 0x02,
    DMA_SKIP = 0x04,
    DMA_SELECT = 0x08,
    DMA_WRITE = 0x10,
};
#define SIGNATURE 0x554d4551u /* "QEMU" */

/* A request; all fields are big-endian. */
struct dma_request {
    uint32_t control; /* key << 16 | bits; the device clears it, but for DMA_ERROR */
    uint32_t length;
    uint32_t address_upper, address;
};

/* The list of files, big-endian. */
static struct directory {
    uint32_t count;
    struct {
        uint32_t size;
        uint16_t key;
        uint16_t reserved;
        char name[56];
    } files[DIRECTORY_FILES];
} directory LOW_MEMORY;
_Static_assert(offsetof(struct directory, files[1]) == 4 + 64, "fw_cfg: FWCfgFiles");

/* Asks the device once: each access is an exit to the hypervisor. */
static bool has_dma(void)
{
    static enum { UNKNOWN, NO, YES } answer;
    if (answer == UNKNOWN) {
        answer = in32(PORT_DMA_UPPER) == SIGNATURE ? YES : NO;
    }
    return answer == YES;
}

/* Carries out a request. QEMU has done it when the port write returns. */
static bool dma(uint32_t control, const void *buffer, uint32_t length)
{
    volatile struct dma_request request = {
        .control = __builtin_bswap32(control),
        .length = __builtin_bswap32(length),
        .address = __builtin_bswap32((uint32_t)(uintptr_t)buffer),
    };
    __asm__ volatile("" ::: "memory"); /* the buffer is in memory */
    out32(PORT_DMA_LOWER, __builtin_bswap32((uint32_t)(uintptr_t)&request));
    while ((request.control & ~__builtin_bswap32(DMA_ERROR)) != 0) {
    }
    __asm__ volatile("" ::: "memory"); /* the data are in memory */
    return request.control == 0;
}

static void read_by_port(uint16_t key, uint32_t offset, uint8_t *buffer, uint32_t length)
{
    out16(PORT_SELECT, key);
    for (uint32_t i = 0; i < offset; i++) {
        in8(PORT_DATA);
    }
    for (uint32_t i = 0; i < length; i++) {
        buffer[i] = in8(PORT_DATA);
    }
}

static bool transfer(uint32_t direction, uint16_t key, uint32_t offset, const void *buffer,
                     uint32_t length)
{
    uint32_t select = (uint32_t)key << 16 | DMA_SELECT;
    if (offset == 0) {
        return dma(select | direction, buffer, length);
    }
    return dma(select | DMA_SKIP, NULL, offset) && dma(direction, buffer, length);
}

bool fw_cfg_is_present(void)
{
    uint32_t signature = 0;
    if (has_dma()) {
        return true;
    }
    read_by_port(FW_CFG_SIGNATURE, 0, (uint8_t *)&signature, sizeof signature);
    return signature == SIGNATURE;
}

void fw_cfg_read(uint16_t key, uint32_t offset, void *buffer, uint32_t length)
{
    if (!has_dma()) {
        read_by_port(key, offset, buffer, length);
    } else if (!transfer(DMA_READ, key, offset, buffer, length)) {
        memset(buffer, 0, length);
    }
}

bool fw_cfg_write(uint16_t key, uint32_t offset, const void *data, uint32_t length)
{
    return has_dma() && transfer(DMA_WRITE, key, offset, data, length);
}

/* Reads the directory at the first call. */
static void read_directory(void)
{
    static bool is_read;
    if (!is_read) {
        fw_cfg_read(KEY_DIRECTORY, 0, &directory, sizeof directory);
        uint32_t count = __builtin_bswap32(directory.count);
        directory.count = count < DIRECTORY_FILES ? count : DIRECTORY_FILES;
        is_read = true;
    }
}

uint32_t fw_cfg_pages(const char *prefix)
{
    uint32_t bytes = 0;
    read_directory();
    for (uint32_t i = 0; i < directory.count; i++) {
        const char *name = directory.files[i].name;
        if (strncmp(name, prefix, strlen(prefix)) == 0 && strcmp(name, "etc/acpi/rsdp") != 0) {
            bytes += (__builtin_bswap32(directory.files[i].size) + PAGE_BYTES - 1) &
                     ~(uint32_t)(PAGE_BYTES - 1);
        }
    }
    return bytes;
}

bool fw_cfg_find(const char *name, struct fw_cfg_file *file)
{
    read_directory();
    for (uint32_t i = 0; i < directory.count; i++) {
        if (strncmp(directory.files[i].name, name, sizeof directory.files[i].name) == 0) {
            file->size = __builtin_bswap32(directory.files[i].size);
            file->key = __builtin_bswap16(directory.files[i].key);
            return true;
        }
    }
    return false;
}

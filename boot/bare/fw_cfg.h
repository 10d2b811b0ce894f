// SPDX-License-Identifier: BSD-2-Clause
// QEMU's firmware configuration device (QEMU, docs/specs/fw_cfg): what the machine consists of, as
// items of bytes. An item has a key; those after the first 0x20 also have a name, as files. Reads
// by DMA, one port access for each, or byte by byte if the device has no DMA.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Keys of items without a name. Numbers are little-endian. */
enum {
    FW_CFG_SIGNATURE = 0x00,  /* "QEMU" */
    FW_CFG_UUID = 0x02,       /* 16 bytes */
    FW_CFG_RAM_SIZE = 0x03,   /* 64 bits */
    FW_CFG_NOGRAPHIC = 0x04,  /* 16 bits: there is no screen to see */
    FW_CFG_PROCESSORS = 0x05, /* 16 bits: those that run from the start */
    FW_CFG_MACHINE = 0x06,
    FW_CFG_BOOT_MENU = 0x0e,      /* 16 bits: -boot menu=on */
    FW_CFG_MAX_PROCESSORS = 0x0f, /* 16 bits: with those that may be added later */
    FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

struct fw_cfg_file {
    uint32_t size; /* bytes */
    uint16_t key;
};

/* Whether there is such a device. The other functions need it. */
bool fw_cfg_is_present(void);

/* Finds a file by its name, such as "etc/e820". False: there is none. */
bool fw_cfg_find(const char *name, struct fw_cfg_file *file);

/* The bytes of all files whose names begin so, each in pages of its own, but for ACPI's root
   pointer, which has its place below 1 MiB. */
uint32_t fw_cfg_pages(const char *prefix);

/* Reads length bytes of an item from offset on; 0 follow after its end. */
void fw_cfg_read(uint16_t key, uint32_t offset, void *buffer, uint32_t length);

/* Writes to a file from offset on. False: the device, which needs DMA for that, refuses. */
bool fw_cfg_write(uint16_t key, uint32_t offset, const void *data, uint32_t length);

// SPDX-License-Identifier: BSD-2-Clause
// See smbios_tables.h.
#include "boot/bare/tables/smbios_tables.h"

#include <string.h>

enum {
    HEADER_BYTES = 4, /* type, length, handle */
    TYPE_FIRMWARE = 0,
    TYPE_END = 127,

    /* Offsets in entry points. */
    ENTRY_2_BYTES = 31,
    ENTRY_2_CHECKSUM = 4,
    ENTRY_2_LARGEST = 8,
    ENTRY_2_SECOND = 16, /* "_DMI_" to the end has a checksum of its own */
    ENTRY_2_SECOND_CHECKSUM = 21,
    ENTRY_2_TABLE_SIZE = 22,
    ENTRY_2_TABLE = 24,
    ENTRY_2_COUNT = 28,
    ENTRY_3_BYTES = 24,
    ENTRY_3_CHECKSUM = 5,
    ENTRY_3_TABLE_SIZE = 12,
    ENTRY_3_TABLE = 16,
};
#define ANCHOR_2 0x5f4d535fu /* "_SM_" */

static void count_structure(struct smbios_structures *structures, uint32_t size)
{
    structures->size += size;
    structures->count++;
    structures->largest = size > structures->largest ? size : structures->largest;
}

/* SeaBIOS's. Kernels take an older firmware for one that needs more care: from 2015 on Linux lets
   PCI Express ports sleep and wakes by ACPI's alarm instead of the HPET's interrupts, from 2023 on
   it gives devices memory that the map says is reserved. */
#define RELEASE_DATE "04/01/2014"

/* Type 0, then its strings: vendor, version, release date. */
struct firmware_structure {
    uint8_t type, length;
    uint16_t handle;
    uint8_t vendor, version;
    uint16_t starting_segment;
    uint8_t release_date;
    uint8_t rom_size;
    uint64_t characteristics;
    uint8_t characteristics_extension[2];
    uint8_t release[4]; /* system and embedded controller: major, minor */
    char strings[sizeof "Whelk\0" WHELK_VERSION "\0" RELEASE_DATE "\0"];
} __attribute__((packed));
_Static_assert(offsetof(struct firmware_structure, strings) == 24, "SMBIOS 2.8, 7.1");
_Static_assert(sizeof(struct firmware_structure) <= SMBIOS_FIRMWARE_BYTES, "it fits");

static const struct firmware_structure firmware_structure = {
    .type = TYPE_FIRMWARE,
    .length = offsetof(struct firmware_structure, strings),
    .vendor = 1,
    .version = 2,
    .starting_segment = 0xf000,
    .release_date = 3,
    .characteristics = 0x08,              /* they are not told */
    .characteristics_extension[1] = 0x04, /* targeted content distribution */
    .release = {0xff, 0xff, 0xff, 0xff},
    .strings = "Whelk\0" WHELK_VERSION "\0" RELEASE_DATE "\0",
};

bool smbios_measure(struct bytes table, struct smbios_structures *structures)
{
    const uint8_t *at = table.data, *end = at + table.size;
    uint8_t type;
    *structures = (struct smbios_structures){0};
    do { /* a structure, then its strings, which end with an empty one */
        const uint8_t *start = at;
        if (end - at < HEADER_BYTES || at[1] < HEADER_BYTES) {
            return false;
        }
        type = at[0];
        at += at[1];
        do {
            if (end - at < 2) {
                return false;
            }
        } while (load16(at++) != 0);
        at++;
        structures->has_firmware_type |= type == TYPE_FIRMWARE;
        count_structure(structures, (uint32_t)(at - start));
    } while (type != TYPE_END);
    return true;
}

uint8_t *smbios_add_firmware(uint8_t *end, struct smbios_structures *structures)
{
    uint8_t *start = end - sizeof firmware_structure;
    memcpy(start, &firmware_structure, sizeof firmware_structure);
    structures->has_firmware_type = true;
    count_structure(structures, sizeof firmware_structure);
    return start;
}

static void store16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

static void store32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void set_checksum(uint8_t *at, size_t size, size_t checksum)
{
    at[checksum] = 0;
    at[checksum] = (uint8_t)-byte_sum(at, size);
}

bool smbios_complete_entry(uint8_t *entry, size_t size, const struct smbios_structures *structures,
                           uint32_t address)
{
    if (size == ENTRY_2_BYTES && load32(entry) == ANCHOR_2) {
        if (structures->size > UINT16_MAX) { /* or else count and largest have 16 bits, too */
            return false;
        }
        store16(entry + ENTRY_2_LARGEST, (uint16_t)structures->largest);
        store16(entry + ENTRY_2_TABLE_SIZE, (uint16_t)structures->size);
        store32(entry + ENTRY_2_TABLE, address);
        store16(entry + ENTRY_2_COUNT, (uint16_t)structures->count);
        set_checksum(entry + ENTRY_2_SECOND, ENTRY_2_BYTES - ENTRY_2_SECOND,
                     ENTRY_2_SECOND_CHECKSUM - ENTRY_2_SECOND);
        set_checksum(entry, ENTRY_2_BYTES, ENTRY_2_CHECKSUM);
        return true;
    }
    if (size == ENTRY_3_BYTES && memcmp(entry, "_SM3_", 5) == 0) {
        store32(entry + ENTRY_3_TABLE_SIZE, structures->size);
        store32(entry + ENTRY_3_TABLE, address);
        store32(entry + ENTRY_3_TABLE + 4, 0);
        set_checksum(entry, ENTRY_3_BYTES, ENTRY_3_CHECKSUM);
        return true;
    }
    return false;
}

// SPDX-License-Identifier: BSD-2-Clause
// See kernel_tables.h.
#include "boot/bare/kernel_tables.h"

#include <string.h>
#include "boot/bare/acpi.h"
#include "boot/bare/bare.h"
#include "boot/bare/chipset.h"
#include "boot/bare/fw_cfg.h"
#include "boot/bare/interrupts.h"
#include "boot/bare/pci.h"
#include "boot/bare/processors.h"
#include "boot/bare/rom_segment.h"
#include "boot/bare/tables/mp_tables.h"
#include "boot/bare/tables/pir_table.h"
#include "boot/bare/tables/smbios_tables.h"
#include "boot/bare/tables/table_loader.h"
#include "loader/acpi.h"
#include "stage2/console/console.h"

enum {
    TABLE_ALIGNMENT = 16,
    ENTRY_POINT_BYTES = 32, /* of SMBIOS, at most */
    BUS_FUNCTIONS = 256,
    BUS_INTERRUPTS = 128, /* of bus 0: pins of its devices */
    PINS = 4,

    PIIX = 1 << 3,       /* PCI function */
    LINK_LINES = 0xdef8, /* what a PIIX can connect: not the timer's, keyboard's and clock's */
};
#define MIB               0x100000u
#define PIIX_COMPATIBLE   0x122e8086u
#define DEVICES_FROM_Q35  0xc0000000u
#define DEVICES_FROM_LAST 0xe0000000u

extern uint8_t overlay_start[], overlay_limit[]; /* linker/bare.ld */

/* Where tables go: below 1 MiB, and at the end of the RAM below 4 GiB. */
struct rooms {
    struct room fseg, high;
};

static struct room reserved; /* at the end of the RAM below 4 GiB */

static uint8_t *at_address(uint32_t address)
{
    return (uint8_t *)(uintptr_t)address;
}

/* What fw_cfg's script for ACPI may put there. */
uint32_t kernel_tables_reserve(uint32_t end_of_ram)
{
    static const char *const names[] = {"etc/acpi/", "etc/tpm/", "etc/hardware_errors",
                                        "etc/vmgenid"};
    uint32_t size = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size += fw_cfg_pages(names[i]);
    }
    size = size <= end_of_ram - MIB ? size : 0;
    reserved = (struct room){end_of_ram - size, end_of_ram};
    return size;
}

// ---- ACPI

/* Notes where the root pointer is, if it is in this file. */
static void note_rsdp(const struct table_file *file)
{
    if (file->zone == TABLE_ZONE_FSEG && file->size >= ACPI_RSDP_OLD_BYTES &&
        memcmp(file->data, "RSD PTR ", 8) == 0) {
        bare_machine.rsdp = file->address;
    }
}

/* The root pointer must not be found if its tables are wrong. */
static void remove_rsdp(const struct table_file *files, size_t count)
{
    bare_machine.rsdp = 0;
    for (size_t i = 0; i < count; i++) {
        if (files[i].data != NULL && files[i].zone == TABLE_ZONE_FSEG) {
            memset(files[i].data, 0, files[i].size);
        }
    }
}

/* Reads the files to their places. */
static bool read_table_files(struct table_file *files, size_t count, struct rooms *rooms,
                             struct error *error)
{
    for (struct table_file *file = files; file < files + count; file++) {
        struct fw_cfg_file found;
        if (!fw_cfg_find(file->name, &found)) {
            return fail(error, "etc/table-loader names %s, which is not there", file->name);
        }
        file->size = found.size;
        if (!table_loader_place(file, 1, &rooms->high, &rooms->fseg, error)) {
            return false;
        }
        file->data = at_address(file->address);
        fw_cfg_read(found.key, 0, file->data, file->size);
        note_rsdp(file);
    }
    return true;
}

static bool write_addresses(struct bytes script, const struct table_file *files, size_t count,
                            struct error *error)
{
    struct table_write write;
    struct fw_cfg_file file;
    size_t at = 0;
    while (table_loader_write(script, files, count, &at, &write, error)) {
        if (!fw_cfg_find(write.name, &file) ||
            !fw_cfg_write(file.key, write.offset, &write.value, write.size)) {
            return fail(error, "%s cannot be written", write.name);
        }
    }
    return error->message[0] == 0;
}

/* The memory for the script: what the overlay leaves of its place, loaded or not. */
static struct room script_room(void)
{
    uint32_t end = (uint32_t)(uintptr_t)overlay_limit;
    return (struct room){(uint32_t)(uintptr_t)overlay_start + (uint32_t)bare_machine.overlay.size,
                         end};
}

static void install_acpi(struct rooms *rooms)
{
    struct table_file files[TABLE_FILES];
    struct fw_cfg_file file;
    struct error error;
    size_t count = 0;
    struct room before = rooms->high;
    if (!fw_cfg_find("etc/table-loader", &file)) {
        return; /* a machine without ACPI */
    }
    struct room room = script_room();
    struct bytes script = {at_address(room.start), file.size};
    memset(files, 0, sizeof files);
    bool are_right =
        file.size <= room.end - room.start || fail(&error, "etc/table-loader is too long");
    if (are_right) {
        fw_cfg_read(file.key, 0, at_address(room.start), file.size);
        are_right = table_loader_files(script, files, &count, &error) &&
                    read_table_files(files, count, rooms, &error) &&
                    table_loader_link(script, files, count, &error) &&
                    write_addresses(script, files, count, &error);
    }
    if (!are_right) {
        remove_rsdp(files, count);
        rooms->high = before;
        console_print("whelk: no ACPI: %s\n", error.message);
    }
}

// ---- SMBIOS

static void install_smbios(struct rooms *rooms)
{
    struct fw_cfg_file table, entry;
    struct smbios_structures structures;
    if (!fw_cfg_find("etc/smbios/smbios-tables", &table) ||
        !fw_cfg_find("etc/smbios/smbios-anchor", &entry) || entry.size > ENTRY_POINT_BYTES ||
        table.size > UINT32_MAX - SMBIOS_FIRMWARE_BYTES) {
        return;
    }
    uint32_t size = SMBIOS_FIRMWARE_BYTES + table.size;
    uint32_t entry_at = room_take(&rooms->fseg, ENTRY_POINT_BYTES, TABLE_ALIGNMENT);
    uint32_t address = room_take(&rooms->fseg, size, TABLE_ALIGNMENT);
    address = address != 0 ? address : room_take(&rooms->high, size, TABLE_ALIGNMENT);
    if (entry_at == 0 || address == 0) {
        return;
    }
    uint8_t *first = at_address(address) + SMBIOS_FIRMWARE_BYTES;
    fw_cfg_read(table.key, 0, first, table.size);
    fw_cfg_read(entry.key, 0, at_address(entry_at), entry.size);
    bool is_right = smbios_measure((struct bytes){first, table.size}, &structures);
    if (is_right && !structures.has_firmware_type) {
        first = smbios_add_firmware(first, &structures);
    }
    if (!is_right || !smbios_complete_entry(at_address(entry_at), entry.size, &structures,
                                            (uint32_t)(uintptr_t)first)) {
        memset(at_address(entry_at), 0, ENTRY_POINT_BYTES);
        console_write("whelk: no SMBIOS: etc/smbios is wrong\n");
    }
}

// ---- MP tables and PCI's interrupt links

/* Lists the interrupt pins of bus 0's functions. */
static size_t bus_0_interrupts(struct mp_pci_interrupt interrupts[BUS_INTERRUPTS])
{
    size_t function_count, count = 0;
    const struct pci_function *functions = pci_functions(&function_count);
    for (size_t i = 0; i < function_count && count < BUS_INTERRUPTS; i++) {
        uint16_t at = functions[i].function;
        uint8_t pin = functions[i].pin;
        if (at < BUS_FUNCTIONS && pin != 0 && pin <= PINS) {
            interrupts[count++] =
                (struct mp_pci_interrupt){(uint8_t)(at >> 3), pin, functions[i].interrupt};
        }
    }
    return count;
}

static void install_mp_tables(struct rooms *rooms, const struct processors *processors)
{
    struct mp_pci_interrupt interrupts[BUS_INTERRUPTS];
    uint8_t firsts[PROCESSORS];
    uint8_t timer_at_pin_2 = 0;
    fw_cfg_read(FW_CFG_IRQ0_OVERRIDE, 0, &timer_at_pin_2, sizeof timer_at_pin_2);
    const struct mp_machine machine = {
        .apic_ids = firsts,
        .processor_count = processors_of_packages(processors, firsts),
        .apic_version = processors->apic_version,
        .signature = processors->signature,
        .features = processors->features,
        .pci = interrupts,
        .pci_count = bus_0_interrupts(interrupts),
        .has_pci = chipset_found() != CHIPSET_NONE,
        .timer_at_pin_2 = timer_at_pin_2 != 0,
    };
    uint32_t address = room_take(&rooms->fseg, (uint32_t)mp_tables_size(&machine), TABLE_ALIGNMENT);
    if (address != 0) {
        mp_tables_write(&machine, at_address(address), address);
    }
}

static void install_links(struct rooms *rooms)
{
    uint32_t address = room_take(&rooms->fseg, PIR_BYTES, TABLE_ALIGNMENT);
    if (address != 0) {
        pir_write(at_address(address), PIIX, PIIX_COMPATIBLE, chipset_link(0), LINK_LINES);
    }
}

// ---- All of it

/* Where processors do not cache: the memory of devices, in a piece that is a power of two and ends
   at 4 GiB. */
static uint32_t uncached_start(uint32_t end_of_low_ram)
{
    if (chipset_found() == CHIPSET_Q35) {
        return DEVICES_FROM_Q35;
    }
    uint32_t start = 0x80000000u;
    while (start < end_of_low_ram && start < DEVICES_FROM_LAST) {
        start = start >> 1 | 0x80000000u;
    }
    return start;
}

static uint64_t feature_control(void)
{
    struct fw_cfg_file file;
    uint64_t value = 0;
    if (fw_cfg_find("etc/msr_feature_control", &file)) {
        fw_cfg_read(file.key, 0, &value, sizeof value);
    }
    return value;
}

void kernel_tables_install(void)
{
    static struct processors processors;
    struct rooms rooms = {rom_segment_open(), reserved};
    uint16_t processor_count = 1;
    if (rooms.fseg.end != 0) { /* or else there is no code that others could start with */
        fw_cfg_read(FW_CFG_PROCESSORS, 0, &processor_count, sizeof processor_count);
    }
    rom_segment_set_data();
    processors_start(processor_count, uncached_start(reserved.end), feature_control());
    install_acpi(&rooms);
    install_smbios(&rooms);
    processors_wait(processor_count, &processors);
    if (processors.apic_version != 0) {
        install_mp_tables(&rooms, &processors);
    }
    if (chipset_found() == CHIPSET_440FX) {
        install_links(&rooms);
    }
    rom_segment_close();
    if (bare_hardware_is_reduced(bare_fadt())) {
        interrupts_mask_all();
    }
}

// SPDX-License-Identifier: BSD-2-Clause
// See xen_acpi.h. Field names are the specification's. Registers and interrupts are those that Xen
// emulates (PIIX4's power management, an I/O APIC of 48 pins).
#include "boot/bare/pvh/xen_acpi.h"

#include <stdbool.h>
#include <string.h>

enum {
    ALIGNMENT = 64, /* FACS's; the other tables need less */
    TABLES = 2,     /* that RSDT and XSDT list: FADT, MADT */

    SCI_LINE = 9,
    GPE_BASE = 0xafe0,
    PM_CONTROL_OFFSET = 4,
    PM_TIMER_OFFSET = 8,
    GPE_BYTES = 4,
    SPACE_IO = 1,
    CENTURY = 0x32, /* of the clock's memory */

    FADT_WBINVD = 1 << 0, /* flags */
    FADT_PROC_C1 = 1 << 2,
    FADT_SLEEP_BUTTON_ABSENT = 1 << 5,
    FADT_POWER_BUTTON_ABSENT = 1 << 4,
    FADT_TIMER_32 = 1 << 8,
    BOOT_LEGACY_DEVICES = 1 << 0,
    BOOT_8042 = 1 << 1,

    MADT_PC = 1, /* there are two 8259A, too */
    MADT_PROCESSOR = 0,
    MADT_IO_APIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LOCAL_NMI = 4,
    MADT_ENABLED = 1,
    MADT_LEVEL_LOW = 0x0f,
    EVERY_PROCESSOR = 0xff,
    TIMER_PIN = 2,
    ISA_LINES = 16,

    DEVICES = 32, /* of PCI's bus 0 */
    PINS = 4,
};
#define LOCAL_APIC 0xfee00000u
#define IO_APIC    0xfec00000u

struct table_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct table_header) == 36, "ACPI 6.x, 5.2.6");

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt_address, length;
    uint64_t xsdt_address;
    uint8_t extended_checksum, reserved[3];
} __attribute__((packed));
_Static_assert(sizeof(struct rsdp) == 36, "ACPI 6.x, 5.2.5.3");

struct generic_address {
    uint8_t space, bit_width, bit_offset, access_size;
    uint64_t address;
} __attribute__((packed));

/* ACPI 2.0's, the first with 64-bit addresses. */
struct fadt {
    struct table_header header;
    uint32_t firmware_ctrl, dsdt;
    uint8_t reserved1, preferred_pm_profile;
    uint16_t sci_int;
    uint32_t smi_cmd;
    uint8_t acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
    uint32_t pm1a_evt_blk, pm1b_evt_blk, pm1a_cnt_blk, pm1b_cnt_blk, pm2_cnt_blk, pm_tmr_blk;
    uint32_t gpe0_blk, gpe1_blk;
    uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_blk_len, gpe1_blk_len;
    uint8_t gpe1_base, cst_cnt;
    uint16_t p_lvl2_lat, p_lvl3_lat, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alrm, mon_alrm, century;
    uint16_t iapc_boot_arch;
    uint8_t reserved2;
    uint32_t flags;
    struct generic_address reset_reg;
    uint8_t reset_value, reserved3[3];
    uint64_t x_firmware_ctrl, x_dsdt;
    struct generic_address x_pm1a_evt_blk, x_pm1b_evt_blk, x_pm1a_cnt_blk, x_pm1b_cnt_blk;
    struct generic_address x_pm2_cnt_blk, x_pm_tmr_blk, x_gpe0_blk, x_gpe1_blk;
} __attribute__((packed));
_Static_assert(sizeof(struct fadt) == 244, "ACPI 2.0, 5.2.8");

struct facs {
    char signature[4];
    uint32_t length;
    uint8_t fields[56];
};
_Static_assert(sizeof(struct facs) == 64, "ACPI 6.x, 5.2.10");

struct madt {
    struct table_header header;
    uint32_t local_apic, flags;
} __attribute__((packed));

struct madt_processor {
    uint8_t type, length, processor, apic_id;
    uint32_t flags;
} __attribute__((packed));

struct madt_io_apic {
    uint8_t type, length, id, reserved;
    uint32_t address, first_interrupt;
} __attribute__((packed));

struct madt_override {
    uint8_t type, length, bus, source;
    uint32_t interrupt;
    uint16_t flags;
} __attribute__((packed));
_Static_assert(sizeof(struct madt_override) == 10, "ACPI 6.x, 5.2.12.5");

struct madt_local_nmi {
    uint8_t type, length, processor;
    uint16_t flags;
    uint8_t pin;
} __attribute__((packed));
_Static_assert(sizeof(struct madt_local_nmi) == 6, "ACPI 6.x, 5.2.12.7");

/* Where the next bytes go; NULL: they are only counted. */
struct output {
    uint8_t *at;
    size_t size;
};

static void put(struct output *output, const void *bytes, size_t size)
{
    if (output->at != NULL) {
        memcpy(output->at + output->size, bytes, size);
    }
    output->size += size;
}

static uint8_t checksum(const uint8_t *at, size_t length)
{
    uint8_t sum = 0;
    while (length-- > 0) {
        sum = (uint8_t)(sum + *at++);
    }
    return (uint8_t)-sum;
}

static struct table_header header_of(const char *signature, uint8_t revision)
{
    struct table_header header = {.revision = revision, .oem_revision = 1, .creator_revision = 1};
    memcpy(header.signature, signature, sizeof header.signature);
    memcpy(header.oem_id, "WHELK ", sizeof header.oem_id);
    memcpy(header.oem_table_id, "WHELKXEN", sizeof header.oem_table_id);
    memcpy(header.creator_id, "WHLK", sizeof header.creator_id);
    return header;
}

/* Sets the length and the checksum of the table that begins at start. */
static void end_table(const struct output *output, size_t start)
{
    if (output->at != NULL) {
        uint8_t *table = output->at + start;
        uint32_t length = (uint32_t)(output->size - start);
        memcpy(table + offsetof(struct table_header, length), &length, sizeof length);
        table[offsetof(struct table_header, checksum)] = checksum(table, length);
    }
}

/* Pads up to where the next table begins, and returns that. */
static size_t start_table(struct output *output)
{
    static const uint8_t zeros[ALIGNMENT];
    put(output, zeros, -output->size % ALIGNMENT);
    return output->size;
}

/* ---- DSDT: ACPI Machine Language (ACPI 6.x, 20.2) -------------------------------------------- */

enum {
    AML_BYTE = 0x0a,
    AML_WORD = 0x0b,
    AML_DWORD = 0x0c,
    AML_BUFFER = 0x11,
    AML_PACKAGE = 0x12,
    AML_NAME = 0x08,
    AML_SCOPE = 0x10,
    AML_DEVICE = 0x5b82, /* two bytes, the second first */
    LENGTH_BYTES = 3,    /* of the lengths of packages that are written */
};

/* PCI's windows as a resource template (6.4.3.5): buses, I/O ports, memory. */
struct word_space {
    uint8_t tag;
    uint16_t length;
    uint8_t type, general, specific;
    uint16_t granularity, minimum, maximum, translation, count;
} __attribute__((packed));

struct dword_space {
    uint8_t tag;
    uint16_t length;
    uint8_t type, general, specific;
    uint32_t granularity, minimum, maximum, translation, count;
} __attribute__((packed));

struct windows {
    struct word_space buses, low_ports;
    uint8_t configuration[8]; /* ports 0xcf8 to 0xcff, by which the bus is reached */
    struct word_space high_ports;
    struct dword_space video, memory;
    uint8_t end[2];
} __attribute__((packed));
_Static_assert(sizeof(struct windows) == 3 * 16 + 8 + 2 * 26 + 2, "ACPI 6.x, 6.4.3.5");

static struct windows windows_of(const struct xen_acpi_machine *machine)
{
    enum { WORD = 0x88, DWORD = 0x87, MEMORY = 0, PORTS = 1, BUSES = 2, FIXED = 0x0c, ALL = 3 };
    return (struct windows){
        .buses = {WORD, 13, BUSES, FIXED, 0, 0, 0, 0xff, 0, 0x100},
        .low_ports = {WORD, 13, PORTS, FIXED, ALL, 0, 0, 0xcf7, 0, 0xcf8},
        .configuration = {0x47, 1, 0xf8, 0x0c, 0xf8, 0x0c, 1, 8},
        .high_ports = {WORD, 13, PORTS, FIXED, ALL, 0, 0xd00, 0xffff, 0, 0xf300},
        .video = {DWORD, 23, MEMORY, FIXED, 1, 0, 0xa0000, 0xbffff, 0, 0x20000},
        .memory = {DWORD, 23, MEMORY, FIXED, 1, 0, machine->pci_start, machine->pci_end - 1, 0,
                   machine->pci_end - machine->pci_start},
        .end = {0x79, 0},
    };
}

static void put_byte(struct output *output, unsigned byte)
{
    put(output, &(uint8_t){(uint8_t)byte}, 1);
}

static void put_name(struct output *output, const char *name)
{
    put_byte(output, AML_NAME);
    put(output, name, strlen(name));
}

/* Starts what has a length; end_package() sets it. Returns where it begins. */
static size_t start_package(struct output *output)
{
    static const uint8_t zeros[LENGTH_BYTES];
    put(output, zeros, sizeof zeros);
    return output->size - sizeof zeros;
}

static void end_package(const struct output *output, size_t start)
{
    if (output->at != NULL) {
        size_t length = output->size - start;
        output->at[start] = (uint8_t)((LENGTH_BYTES - 1) << 6 | (length & 15));
        output->at[start + 1] = (uint8_t)(length >> 4);
        output->at[start + 2] = (uint8_t)(length >> 12);
    }
}

/* One pin of a device: its address, the pin, no link, the line. */
static void put_pin(struct output *output, const struct xen_acpi_machine *machine, unsigned device,
                    unsigned pin)
{
    uint32_t address = device << 16 | 0xffff;
    put_byte(output, AML_PACKAGE);
    size_t package = start_package(output);
    put_byte(output, 4);
    put_byte(output, AML_DWORD);
    put(output, &address, sizeof address);
    put(output, (const uint8_t[]){AML_BYTE, (uint8_t)pin, AML_BYTE, 0, AML_BYTE}, 5);
    put_byte(output, machine->lines[(device + pin) % XEN_ACPI_LINES]);
    end_package(output, package);
}

static void put_interrupts(struct output *output, const struct xen_acpi_machine *machine)
{
    put_name(output, "_PRT");
    put_byte(output, AML_PACKAGE);
    size_t package = start_package(output);
    put_byte(output, (DEVICES - 1) * PINS);
    for (unsigned device = 1; device < DEVICES; device++) {
        for (unsigned pin = 0; pin < PINS; pin++) {
            put_pin(output, machine, device, pin);
        }
    }
    end_package(output, package);
}

static void put_windows(struct output *output, const struct xen_acpi_machine *machine)
{
    struct windows windows = windows_of(machine);
    put_name(output, "_CRS");
    put_byte(output, AML_BUFFER);
    size_t buffer = start_package(output);
    put(output, (const uint8_t[]){AML_BYTE, sizeof windows}, 2);
    put(output, &windows, sizeof windows);
    end_package(output, buffer);
}

static void put_dsdt(struct output *output, const struct xen_acpi_machine *machine)
{
    static const uint8_t pci_bus[] = {AML_DWORD, 0x41, 0xd0, 0x0a, 0x03}; /* EisaId("PNP0A03") */
    static const uint8_t off[] = {4, AML_BYTE, 0, AML_BYTE, 0, AML_BYTE, 0, AML_BYTE, 0};
    struct table_header header = header_of("DSDT", 2);
    size_t start = start_table(output);
    put(output, &header, sizeof header);
    put_name(output, "_S5_"); /* the values that switch the machine off */
    put_byte(output, AML_PACKAGE);
    size_t package = start_package(output);
    put(output, off, sizeof off);
    end_package(output, package);
    put_byte(output, AML_SCOPE);
    size_t scope = start_package(output);
    put(output, "_SB_", 4);
    put_byte(output, AML_DEVICE >> 8);
    put_byte(output, AML_DEVICE & 0xff);
    size_t device = start_package(output);
    put(output, "PCI0", 4);
    put_name(output, "_HID");
    put(output, pci_bus, sizeof pci_bus);
    put_name(output, "_ADR");
    put_byte(output, 0);
    put_windows(output, machine);
    put_interrupts(output, machine);
    end_package(output, device);
    end_package(output, scope);
    end_table(output, start);
}

/* ---- The other tables ------------------------------------------------------------------------ */

static struct generic_address ports(uint32_t address, unsigned bytes)
{
    return (struct generic_address){SPACE_IO, (uint8_t)(8 * bytes), 0, 0, address};
}

static void put_fadt(struct output *output, uint32_t facs, uint32_t dsdt)
{
    const struct fadt fadt = {
        .header = header_of("FACP", 3),
        .firmware_ctrl = facs,
        .dsdt = dsdt,
        .sci_int = SCI_LINE,
        .pm1a_evt_blk = XEN_ACPI_PM_BASE,
        .pm1a_cnt_blk = XEN_ACPI_PM_BASE + PM_CONTROL_OFFSET,
        .pm_tmr_blk = XEN_ACPI_PM_BASE + PM_TIMER_OFFSET,
        .gpe0_blk = GPE_BASE,
        .pm1_evt_len = 4,
        .pm1_cnt_len = 2,
        .pm_tmr_len = 4,
        .gpe0_blk_len = GPE_BYTES,
        .p_lvl2_lat = 0x0fff, /* no C2 and C3 */
        .p_lvl3_lat = 0x0fff,
        .century = CENTURY,
        .iapc_boot_arch = BOOT_LEGACY_DEVICES | BOOT_8042,
        .flags = FADT_WBINVD | FADT_PROC_C1 | FADT_POWER_BUTTON_ABSENT | FADT_SLEEP_BUTTON_ABSENT |
                 FADT_TIMER_32,
        .x_firmware_ctrl = facs,
        .x_dsdt = dsdt,
        .x_pm1a_evt_blk = ports(XEN_ACPI_PM_BASE, 4),
        .x_pm1a_cnt_blk = ports(XEN_ACPI_PM_BASE + PM_CONTROL_OFFSET, 2),
        .x_pm_tmr_blk = ports(XEN_ACPI_PM_BASE + PM_TIMER_OFFSET, 4),
        .x_gpe0_blk = ports(GPE_BASE, GPE_BYTES),
    };
    size_t start = start_table(output);
    put(output, &fadt, sizeof fadt);
    end_table(output, start);
}

static void put_override(struct output *output, unsigned line, unsigned pin, uint16_t flags)
{
    const struct madt_override entry = {MADT_OVERRIDE, sizeof entry, 0, (uint8_t)line, pin, flags};
    put(output, &entry, sizeof entry);
}

static bool is_pci_line(const struct xen_acpi_machine *machine, unsigned line)
{
    for (unsigned i = 0; i < XEN_ACPI_LINES; i++) {
        if (machine->lines[i] == line) {
            return true;
        }
    }
    return false;
}

static void put_madt(struct output *output, const struct xen_acpi_machine *machine)
{
    const struct madt madt = {header_of("APIC", 2), LOCAL_APIC, MADT_PC};
    const struct madt_io_apic io_apic = {MADT_IO_APIC, sizeof io_apic, 0, 0, IO_APIC, 0};
    const struct madt_local_nmi nmi = {MADT_LOCAL_NMI, sizeof nmi, EVERY_PROCESSOR, 0, 1};
    size_t start = start_table(output);
    put(output, &madt, sizeof madt);
    for (size_t i = 0; i < machine->processor_count; i++) {
        const struct madt_processor processor = {MADT_PROCESSOR, sizeof processor, (uint8_t)i,
                                                 machine->apic_ids[i], MADT_ENABLED};
        put(output, &processor, sizeof processor);
    }
    put(output, &io_apic, sizeof io_apic);
    put_override(output, 0, TIMER_PIN, 0);
    for (unsigned line = 1; line < ISA_LINES; line++) {
        if (line == SCI_LINE || is_pci_line(machine, line)) {
            put_override(output, line, line, MADT_LEVEL_LOW);
        }
    }
    put(output, &nmi, sizeof nmi);
    end_table(output, start);
}

/* Puts RSDT or XSDT: the addresses of the tables, of so many bytes each. */
static void put_list(struct output *output, const char *signature, const uint64_t tables[TABLES],
                     size_t address_bytes)
{
    struct table_header header = header_of(signature, 1);
    size_t start = start_table(output);
    put(output, &header, sizeof header);
    for (unsigned i = 0; i < TABLES; i++) {
        put(output, &tables[i], address_bytes);
    }
    end_table(output, start);
}

static void put_rsdp(uint8_t *target, uint32_t rsdt, uint32_t xsdt)
{
    struct rsdp rsdp = {
        .signature = {'R', 'S', 'D', ' ', 'P', 'T', 'R', ' '},
        .oem_id = {'W', 'H', 'E', 'L', 'K', ' '},
        .revision = 2,
        .rsdt_address = rsdt,
        .length = sizeof rsdp,
        .xsdt_address = xsdt,
    };
    rsdp.checksum = checksum((const uint8_t *)&rsdp, offsetof(struct rsdp, length));
    rsdp.extended_checksum = checksum((const uint8_t *)&rsdp, sizeof rsdp);
    memcpy(target, &rsdp, sizeof rsdp);
}

/* Puts all tables. at NULL: counts only. */
static size_t put_all(const struct xen_acpi_machine *machine, uint8_t *at, uint32_t address)
{
    const struct facs facs = {{'F', 'A', 'C', 'S'}, sizeof facs, {0}};
    struct output output = {at, sizeof(struct rsdp)};
    uint32_t facs_at = address + (uint32_t)start_table(&output);
    put(&output, &facs, sizeof facs);
    uint32_t dsdt_at = address + (uint32_t)start_table(&output);
    put_dsdt(&output, machine);
    uint64_t tables[TABLES];
    tables[0] = address + start_table(&output);
    put_fadt(&output, facs_at, dsdt_at);
    tables[1] = address + start_table(&output);
    put_madt(&output, machine);
    uint32_t rsdt_at = address + (uint32_t)start_table(&output);
    put_list(&output, "RSDT", tables, sizeof(uint32_t));
    uint32_t xsdt_at = address + (uint32_t)start_table(&output);
    put_list(&output, "XSDT", tables, sizeof(uint64_t));
    if (at != NULL) {
        put_rsdp(at, rsdt_at, xsdt_at);
    }
    return output.size;
}

size_t xen_acpi_size(const struct xen_acpi_machine *machine)
{
    return put_all(machine, NULL, 0);
}

void xen_acpi_write(const struct xen_acpi_machine *machine, uint8_t *target, uint32_t address)
{
    put_all(machine, target, address);
}

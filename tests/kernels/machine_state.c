// SPDX-License-Identifier: BSD-2-Clause
// What a firmware leaves to a kernel: tables, data areas, and the chipset's registers.
#include <string.h>
#include "machine.h"
#include "stage2/bus/io.h"

#define HPET    0xfed00000u
#define IO_APIC 0xfec00000u

static uint8_t cmos(uint8_t index)
{
    out8(0x70, index);
    return in8(0x71);
}

/* The clock's registers A, B and D, and all after these, but for the century. */
static void print_cmos(void)
{
    enum { REGISTER_A = 0x0a, REGISTER_C = 0x0c, CENTURY = 0x32, END = 0x80 };
    for (uint8_t index = REGISTER_A; index < END; index++) {
        if (index == REGISTER_C || index == CENTURY)
            continue;
        machine_line("cmos", index);
        machine_value(cmos(index));
        machine_end_line();
    }
}

/* The masks of both DMA controllers, as QEMU tells them. */
static void print_dma(void)
{
    machine_line("dma", 0);
    machine_value(in8(0x0f));
    machine_value(in8(0xde));
    machine_end_line();
}

static void print_port(uint16_t port)
{
    machine_line("port", port);
    machine_value(in8(port) & (port == 0x61 ? 0x0f : 0xff)); /* the others change with time */
    machine_end_line();
}

void machine_masks(void)
{
    print_port(0x21);
    print_port(0xa1);
}

static uint8_t timer_status(uint8_t channel)
{
    out8(0x43, (uint8_t)(0xe0 | 2 << channel)); /* 8254: read-back of a counter's status */
    return in8((uint16_t)(0x40 + channel));
}

static void print_ports(void)
{
    static const uint16_t ports[] = {0x61, 0x64,  0x92,  0x4d0, 0x4d1, 0xb2,
                                     0xb3, 0x3f2, 0x3f4, 0x3f6, 0x376};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        print_port(ports[i]);
    for (uint8_t channel = 0; channel < 3; channel += 2) {
        machine_line("timer", channel);
        machine_value(timer_status(channel) & 0x3f); /* mode; not the output and null-count bits */
        machine_end_line();
    }
    out8(0x20, 0x0b); /* OCW3: read the in-service register */
    out8(0xa0, 0x0b);
    machine_line("in_service", 0);
    machine_value(in8(0x20));
    machine_value(in8(0xa0));
    machine_end_line();
}

/* The keyboard controller's mode. */
static void print_keyboard(void)
{
    machine_line("keyboard", 0);
    if (in8(0x64) != 0xff) {
        out8(0x64, 0x20);
        for (int i = 0; i < 10000 && !(in8(0x64) & 1); i++)
            ;
        machine_value(in8(0x60));
    }
    machine_end_line();
}

static void print_indexed(const char *name, uint16_t port, uint8_t count)
{
    machine_line(name, 0);
    for (uint8_t i = 0; i < count; i++) {
        out8(port, i);
        machine_value(in8(port + 1));
    }
    machine_end_line();
}

/* VGA's registers, but for the cursor's place; the colours of text modes. */
static void print_vga(void)
{
    machine_line("vga_misc", 0);
    machine_value(in8(0x3cc));
    machine_end_line();
    print_indexed("vga_sequencer", 0x3c4, 5);
    print_indexed("vga_crtc", 0x3d4, 14);
    print_indexed("vga_graphics", 0x3ce, 9);
    machine_line("vga_attribute", 0);
    for (uint8_t i = 0; i < 21; i++) {
        in8(0x3da);
        out8(0x3c0, i | 0x20); /* the screen stays on */
        machine_value(in8(0x3c1));
    }
    machine_end_line();
    out8(0x3c7, 0);
    for (uint32_t i = 0; i < 64; i++) {
        machine_line("vga_colour", i);
        for (int part = 0; part < 3; part++)
            machine_value(in8(0x3c9));
        machine_end_line();
    }
}

static void print_pci(void)
{
    for (uint32_t function = 0; function < 0x400; function++) { /* buses 0 to 3 */
        if (pci_get(function, 0) == 0xffffffff)
            continue;
        machine_line("pci", function);
        for (uint32_t offset = 0; offset < 0x100; offset += 4)
            machine_value(pci_get(function, offset));
        machine_end_line();
    }
}

static void print_io_apic(void)
{
    machine_line("io_apic", 0);
    for (uint32_t index = 0; index < 2; index++) {
        write32(IO_APIC, index);
        machine_value(read32(IO_APIC + 0x10));
    }
    machine_end_line();
    for (uint32_t pin = 0; pin < 24; pin++) {
        machine_line("io_apic_pin", pin);
        for (uint32_t half = 0; half < 2; half++) {
            write32(IO_APIC, 0x10 + pin * 2 + half);
            machine_value(read32(IO_APIC + 0x10));
        }
        machine_end_line();
    }
}

static void print_hpet(void)
{
    machine_line("hpet", 0);
    machine_value(read32(HPET));
    machine_value(read32(HPET + 4));
    machine_value(read32(HPET + 0x10)); /* configuration */
    machine_end_line();
}

static void print_power_management(void)
{
    const uint8_t *fadt = acpi_table("FACP");
    machine_line("fadt", (uint32_t)fadt != 0);
    if (fadt) {
        uint16_t status = *(const uint16_t *)(fadt + 56);
        uint16_t control = *(const uint16_t *)(fadt + 64);
        machine_value(*(const uint16_t *)(fadt + 46)); /* SCI */
        machine_value(status);
        machine_value(control);
        machine_value(in32((uint16_t)(status & ~3)) >> 16); /* PM1 enable */
        machine_value(in8(control) | in8((uint16_t)(control + 1)) << 8);
    }
    machine_end_line();
}

static void print_tables(void)
{
    static const char *const signatures[] = {"FACP", "APIC", "HPET", "MCFG", "WAET", "SRAT"};
    const uint8_t *rsdp = machine_find("RSD PTR ", 20);
    machine_line("rsdp", 0);
    machine_value((uint32_t)rsdp);
    machine_end_line();
    for (uint32_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const uint8_t *table = acpi_table(signatures[i]);
        machine_line(signatures[i], 0);
        machine_value((uint32_t)table);
        machine_value(table ? *(const uint32_t *)(table + 4) : 0);
        machine_end_line();
    }
}

static void print_table(const char *name, uint32_t index, uint64_t address)
{
    uint32_t at = (uint32_t)address;
    if (at == 0 || at != address)
        return;
    uint32_t length = *(const uint32_t *)memory_at(at + 4);
    machine_line(name, index);
    machine_value(*(const uint32_t *)memory_at(at)); /* signature */
    machine_value(length);
    machine_value(memory_at(at)[8]); /* revision */
    machine_value(sums_right(memory_at(at), length));
    machine_end_line();
}

/* The list of a root table, which has addresses of so many bytes. */
static void print_list(const char *name, uint32_t root, uint32_t address_bytes)
{
    uint32_t length = root ? *(const uint32_t *)memory_at(root + 4) : 0;
    print_table(name, 0, root);
    for (uint32_t at = 36, number = 1; at + address_bytes <= length; at += address_bytes) {
        uint64_t address = 0;
        memcpy(&address, memory_at(root + at), address_bytes);
        print_table(name, number++, address);
    }
}

/* All of ACPI's tables. */
static void print_acpi(void)
{
    const uint8_t *rsdp = machine_find("RSD PTR ", 20);
    const uint8_t *fadt = acpi_table("FACP");
    machine_line("rsdp_revision", 0);
    machine_value(rsdp ? rsdp[15] : 0xff);
    machine_end_line();
    if (rsdp)
        print_list("rsdt", *(const uint32_t *)(rsdp + 16), 4);
    if (rsdp && rsdp[15] >= 2)
        print_list("xsdt", *(const uint32_t *)(rsdp + 24), 8);
    if (fadt) {
        print_table("dsdt", 0, *(const uint32_t *)(fadt + 40));
        machine_dump("facs", *(const uint32_t *)(fadt + 36), 64);
    }
}

static void print_pointed(const char *name, const char *signature, uint32_t length)
{
    const uint8_t *at = machine_find(signature, length);
    machine_line(name, 0);
    machine_value((uint32_t)at);
    machine_end_line();
    if (at)
        machine_dump(name, (uint32_t)at, length);
}

static void print_mp(void)
{
    print_pointed("mp_pointer", "_MP_", 16);
    const uint8_t *pointer = machine_find("_MP_", 16);
    if (pointer) {
        uint32_t table = *(const uint32_t *)(pointer + 4);
        machine_dump("mp", table, *(const uint16_t *)memory_at(table + 4));
    }
}

static void print_smbios(void)
{
    print_pointed("smbios_2", "_SM_", 31);
    print_pointed("smbios_3", "_SM3_", 24);
    const uint8_t *entry = machine_find("_SM_", 31);
    if (entry)
        machine_dump("smbios", *(const uint32_t *)(entry + 24), *(const uint16_t *)(entry + 22));
}

static void print_interrupt_routing(void)
{
    for (uint32_t at = 0xf0000; at < 0x100000; at += 16) {
        uint32_t length = *(const uint16_t *)memory_at(at + 6);
        if (memcmp(memory_at(at), "$PIR", 4) == 0 && at + length <= 0x100000 &&
            sums_right(memory_at(at), length))
            machine_dump("pir", at, length);
    }
}

/* Whether each 16 KiB from 0xc0000 on, and 64 KiB from 0xf0000 on, can be written. */
static void print_shadow(void)
{
    for (uint32_t at = 0xc0000; at < 0x100000; at += at < 0xf0000 ? 0x4000 : 0x10000) {
        volatile uint8_t *byte = (volatile uint8_t *)memory_at(at + 0x3ff8);
        uint8_t before = *byte;
        *byte = (uint8_t)~before;
        machine_line("shadow", at);
        machine_value((uint8_t)(*byte ^ before) == 0xff);
        machine_value(*byte == before);
        machine_end_line();
        *byte = before;
    }
}

void machine_state(void)
{
    struct processor_state own;
    machine_masks();
    print_ports();
    processor_read(&own);
    processor_print(&own, 0);
    print_keyboard();
    print_cmos();
    print_dma();
    print_vga();
    print_pci();
    print_io_apic();
    print_hpet();
    print_power_management();
    print_tables();
    print_acpi();
    print_mp();
    print_smbios();
    print_interrupt_routing();
    machine_dump("bda", 0x400, 0x100);
    machine_dump("ebda", *(const uint16_t *)memory_at(0x40e) * 16u, 64);
    print_shadow();
}

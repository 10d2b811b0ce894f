// SPDX-License-Identifier: BSD-2-Clause
// Tests boot/bare/pvh/xen_acpi.c: the tables are found from the root pointer, and are whole.
// test_xen_acpi_dsdt.py lets ACPICA's iasl read the DSDT.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "boot/bare/pvh/xen_acpi.h"
#include "loader/acpi.h"
#include "loader/bytes.h"

enum { ADDRESS = 0xf0000, BYTES = 0x8000, HEADER_BYTES = 36 };

static uint8_t memory[BYTES];
static const uint8_t apic_ids[] = {0, 2, 4};
static const struct xen_acpi_machine machine = {
    apic_ids, sizeof apic_ids, 0xf0000000, 0xfc000000, {5, 10, 11, 5}};

static int start(void **state)
{
    (void)state;
    memset(memory, 0xaa, sizeof memory);
    assert_true(xen_acpi_size(&machine) < BYTES);
    xen_acpi_write(&machine, memory, ADDRESS);
    return 0;
}

static const uint8_t *at(uint64_t address)
{
    assert_true(address >= ADDRESS && address < ADDRESS + xen_acpi_size(&machine));
    return memory + (address - ADDRESS);
}

/* The table at this address, which must have this signature and be whole. */
static struct bytes table(uint64_t address, const char *signature)
{
    struct bytes bytes = {at(address), load32(at(address) + 4)};
    assert_memory_equal(bytes.data, signature, 4);
    at(address + bytes.size - 1);
    assert_true(sums_to_zero(bytes.data, bytes.size));
    return bytes;
}

static void nothing_is_written_after_the_size(void **state)
{
    (void)state;
    for (size_t i = xen_acpi_size(&machine); i < BYTES; i++) {
        assert_int_equal(memory[i], 0xaa);
    }
}

static void both_lists_lead_to_the_same_tables(void **state)
{
    (void)state;
    struct bytes rsdp = acpi_find_rsdp((struct bytes){memory, sizeof memory});
    assert_ptr_equal(rsdp.data, memory);
    assert_int_equal(rsdp.size, ACPI_RSDP_BYTES);
    struct bytes rsdt = table(load32(rsdp.data + 16), "RSDT");
    struct bytes xsdt = table(load64(rsdp.data + 24), "XSDT");
    assert_int_equal(rsdt.size, HEADER_BYTES + 2 * 4);
    assert_int_equal(xsdt.size, HEADER_BYTES + 2 * 8);
    static const char *const signatures[] = {"FACP", "APIC"};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t address = load32(rsdt.data + HEADER_BYTES + 4 * i);
        assert_int_equal(load64(xsdt.data + HEADER_BYTES + 8 * i), address);
        table(address, signatures[i]);
    }
}

static struct bytes listed(unsigned index, const char *signature)
{
    struct bytes xsdt = table(load64(memory + 24), "XSDT");
    return table(load64(xsdt.data + HEADER_BYTES + 8 * index), signature);
}

static void the_fadt_has_xens_registers_and_leads_to_facs_and_dsdt(void **state)
{
    (void)state;
    struct bytes fadt = listed(0, "FACP");
    assert_int_equal(fadt.size, 244);
    assert_memory_equal(at(load32(fadt.data + 36)), "FACS", 4);
    assert_int_equal(load32(fadt.data + 36) % 64, 0);
    table(load32(fadt.data + 40), "DSDT");
    assert_int_equal(load64(fadt.data + 140), load32(fadt.data + 40));
    assert_int_equal(load16(fadt.data + 46), 9);
    assert_int_equal(load32(fadt.data + 56), 0xb000);
    assert_int_equal(load32(fadt.data + 64), 0xb004);
    assert_int_equal(load32(fadt.data + 76), 0xb008);
}

static void the_madt_has_each_processor_and_the_lines_of_pci(void **state)
{
    (void)state;
    struct bytes madt = listed(1, "APIC");
    unsigned processors = 0;
    uint16_t flags[16] = {0};
    for (const uint8_t *entry = madt.data + 44; entry < madt.data + madt.size; entry += entry[1]) {
        assert_true(entry[1] >= 2);
        if (entry[0] == 0) {
            assert_int_equal(entry[2], processors);
            assert_int_equal(entry[3], apic_ids[processors++]);
            assert_int_equal(load32(entry + 4), 1);
        } else if (entry[0] == 2) {
            assert_int_equal(load32(entry + 4), entry[3] == 0 ? 2 : entry[3]);
            flags[entry[3]] = load16(entry + 8);
        }
    }
    assert_int_equal(processors, sizeof apic_ids);
    for (unsigned line = 0; line < 16; line++) {
        bool is_pci = line == 5 || line == 9 || line == 10 || line == 11;
        assert_int_equal(flags[line], is_pci ? 0x0f : 0);
    }
}

static void write_dsdt(const char *path)
{
    struct bytes dsdt = table(load32(listed(0, "FACP").data + 40), "DSDT");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(dsdt.data, 1, dsdt.size, file), dsdt.size);
    fclose(file);
}

/* With the name of a file as argument, writes the DSDT there instead of testing. */
int main(int count, char **arguments)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_written_after_the_size),
        TEST(both_lists_lead_to_the_same_tables),
        TEST(the_fadt_has_xens_registers_and_leads_to_facs_and_dsdt),
        TEST(the_madt_has_each_processor_and_the_lines_of_pci),
    };
    if (count == 2) {
        start(NULL);
        write_dsdt(arguments[1]);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

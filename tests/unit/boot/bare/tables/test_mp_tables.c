// SPDX-License-Identifier: BSD-2-Clause
// The MP tables (Intel MultiProcessor Specification 1.4, chapter 4), and the PCI interrupt links.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "boot/bare/tables/mp_tables.h"
#include "boot/bare/tables/pir_table.h"
#include "loader/bytes.h"

enum { ADDRESS = 0xf5b50, POINTER_BYTES = 16, HEADER_BYTES = 44, PROCESSOR_BYTES = 20, OTHERS = 8 };

static uint8_t memory[1024];

static const uint8_t ids[] = {0, 2, 4};
static const struct mp_pci_interrupt interrupts[] = {
    {1, 1, 10}, {3, 1, 11}, {3, 2, 10}, {3, 1, 11}, {31, 1, 10}};
static const struct mp_machine pc = {
    .apic_ids = ids,
    .processor_count = 3,
    .apic_version = 0x14,
    .signature = 0x60fb1,
    .features = 0x178bfbfd,
    .pci = interrupts,
    .pci_count = 5,
    .has_pci = true,
    .timer_at_pin_2 = true,
};

static const uint8_t *write_tables(const struct mp_machine *machine)
{
    memset(memory, 0xee, sizeof memory);
    mp_tables_write(machine, memory, ADDRESS);
    return memory + POINTER_BYTES;
}

/* The index-th of the entries of a type; NULL: there is none. */
static const uint8_t *entry(const uint8_t *table, uint8_t type, unsigned index)
{
    const uint8_t *at = table + HEADER_BYTES;
    for (unsigned left = load16(table + 34); left > 0; left--) {
        if (*at == type && index-- == 0) {
            return at;
        }
        at += *at == 0 ? PROCESSOR_BYTES : OTHERS;
    }
    return NULL;
}

/* The I/O APIC's pin for a bus's interrupt; -1: there is none. */
static int pin_for(const uint8_t *table, uint8_t bus, uint8_t interrupt)
{
    const uint8_t *at;
    for (unsigned i = 0; (at = entry(table, 3, i)) != NULL; i++) {
        if (at[4] == bus && at[5] == interrupt) {
            return at[7];
        }
    }
    return -1;
}

static void the_pointer_leads_to_the_table(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    assert_memory_equal(memory, "_MP_", 4);
    assert_int_equal(load32(memory + 4), ADDRESS + POINTER_BYTES);
    assert_int_equal(memory[8], 1);
    assert_int_equal(memory[9], 4);
    assert_true(sums_to_zero(memory, POINTER_BYTES));
    assert_memory_equal(table, "PCMP", 4);
    assert_int_equal(load32(table + 36), 0xfee00000);
}

static void the_table_is_as_long_as_it_says(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    size_t size = POINTER_BYTES + load16(table + 4);
    assert_true(size <= mp_tables_size(&pc));
    assert_true(sums_to_zero(table, size - POINTER_BYTES));
    assert_int_equal(memory[size], 0xee);
    const uint8_t *at = table + HEADER_BYTES;
    for (unsigned left = load16(table + 34); left > 0; left--) {
        at += *at == 0 ? PROCESSOR_BYTES : OTHERS;
    }
    assert_ptr_equal(at, memory + size);
}

static void all_processors_are_listed_the_first_one_boots(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *at = entry(table, 0, i);
        assert_int_equal(at[1], ids[i]);
        assert_int_equal(at[2], 0x14);
        assert_int_equal(at[3], i == 0 ? 3 : 1);
        assert_int_equal(load32(at + 4), 0x60fb1);
        assert_int_equal(load32(at + 8), 0x178bfbfd);
    }
    assert_null(entry(table, 0, 3));
}

static void buses_and_the_io_apic_are_listed(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    assert_memory_equal(entry(table, 1, 0), "\1\0PCI   ", 8);
    assert_memory_equal(entry(table, 1, 1), "\1\1ISA   ", 8);
    assert_memory_equal(entry(table, 2, 0), "\2\0\x11\1\0\0\xc0\xfe", 8);
    assert_null(entry(table, 2, 1));
}

static void pci_interrupts_go_to_the_pin_of_their_line(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    assert_int_equal(pin_for(table, 0, 1 << 2), 10);
    assert_int_equal(pin_for(table, 0, 3 << 2), 11);
    assert_int_equal(pin_for(table, 0, 3 << 2 | 1), 10);
    assert_int_equal(pin_for(table, 0, 31 << 2), 10);
    assert_int_equal(pin_for(table, 0, 2 << 2), -1);
    unsigned count = 0;
    for (unsigned i = 0; entry(table, 3, i) != NULL; i++) {
        count += entry(table, 3, i)[4] == 0;
    }
    assert_int_equal(count, 4); /* the pin that two functions share counts once */
}

static void isa_interrupts_go_to_their_own_pins_but_for_the_timer(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    assert_int_equal(pin_for(table, 1, 0), 2);
    assert_int_equal(pin_for(table, 1, 2), -1);
    static const uint8_t isa[] = {1, 3, 4, 6, 7, 8, 12, 13, 14, 15}, others[] = {5, 9, 10, 11};
    for (size_t i = 0; i < sizeof isa; i++) {
        assert_int_equal(pin_for(table, 1, isa[i]), isa[i]);
    }
    for (size_t i = 0; i < sizeof others; i++) {
        assert_int_equal(pin_for(table, 1, others[i]), -1);
    }
}

static void without_pci_all_lines_are_isa_s(void **state)
{
    (void)state;
    const struct mp_machine isa = {.apic_ids = ids, .processor_count = 1};
    const uint8_t *table = write_tables(&isa);
    assert_memory_equal(entry(table, 1, 0), "\1\1ISA   ", 8);
    for (uint8_t line = 0; line < 16; line++) {
        assert_int_equal(pin_for(table, 1, line), line);
    }
}

static void the_pic_and_nmi_are_at_the_local_apics(void **state)
{
    (void)state;
    const uint8_t *table = write_tables(&pc);
    assert_memory_equal(entry(table, 4, 0), "\4\3\0\0\1\0\0\0", 8);
    assert_memory_equal(entry(table, 4, 1), "\4\1\0\0\1\0\xff\1", 8);
}

static void the_links_of_all_devices_are_listed(void **state)
{
    (void)state;
    uint8_t pir[PIR_BYTES];
    pir_write(pir, 1 << 3, 0x122e8086, 3, 0xdef8);
    assert_memory_equal(pir, "$PIR\0\1", 6);
    assert_int_equal(load16(pir + 6), PIR_BYTES);
    assert_true(sums_to_zero(pir, PIR_BYTES));
    assert_int_equal(pir[9], 8);
    assert_int_equal(load32(pir + 12), 0x122e8086);
    for (unsigned device = 1; device < 32; device++) {
        const uint8_t *slot = pir + 32 + (device - 1) * 16;
        assert_int_equal(slot[0], 0);
        assert_int_equal(slot[1], device << 3);
        for (unsigned pin = 0; pin < 4; pin++) {
            assert_int_equal(slot[2 + 3 * pin], 0x60 + (device + 3 + pin) % 4);
            assert_int_equal(load16(slot + 3 + 3 * pin), 0xdef8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pointer_leads_to_the_table),
        cmocka_unit_test(the_table_is_as_long_as_it_says),
        cmocka_unit_test(all_processors_are_listed_the_first_one_boots),
        cmocka_unit_test(buses_and_the_io_apic_are_listed),
        cmocka_unit_test(pci_interrupts_go_to_the_pin_of_their_line),
        cmocka_unit_test(isa_interrupts_go_to_their_own_pins_but_for_the_timer),
        cmocka_unit_test(without_pci_all_lines_are_isa_s),
        cmocka_unit_test(the_pic_and_nmi_are_at_the_local_apics),
        cmocka_unit_test(the_links_of_all_devices_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
// Tests where a virtio device's registers are found and how they are accessed, in a simulated PCI
// configuration space and in memory. Specification: Virtual I/O Device 1.2, 4.1.4 and 4.2.2. The
// test is linked without PIE, so that the registers are below 4 GiB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/bus/pci.h"
#include "stage2/disc/pc/virtio.h"
#include <cmocka.h>

// ---- A PCI function with one bar of registers

enum {
    FUNCTION = 0x123,
    BAR = 4,
    COMMON = 0x0000, /* offsets in the bar */
    INTERRUPT = 0x1000,
    DEVICE = 0x2000,
    NOTIFY = 0x3000,
    BAR_BYTES = 0x4000,
    VENDOR = 9,
    WINDOW_AT = 0x90,
    MULTIPLIER = 4,
    NOTIFY_OFFSET = 3, /* of queue 0, in units of the multiplier */
};

static uint8_t bar[BAR_BYTES] __attribute__((aligned(4096)));
static uint32_t space[64]; /* configuration space */
static unsigned accesses;  /* of it */
static bool is_random;     /* it has anything in it */

static uint32_t *window_target(uint32_t *bytes)
{
    static uint32_t nothing;
    *bytes = space[(WINDOW_AT + 12) / 4];
    if (is_random) {
        *bytes = 4;
        return &nothing;
    }
    assert_int_equal(space[(WINDOW_AT + 4) / 4] & 0xff, BAR);
    assert_true(*bytes == 1 || *bytes == 2 || *bytes == 4);
    uint32_t offset = space[(WINDOW_AT + 8) / 4];
    assert_true(offset <= BAR_BYTES - *bytes);
    return (uint32_t *)(void *)(bar + offset);
}

uint32_t pci_read(uint32_t function, uint32_t offset)
{
    assert_int_equal(function, FUNCTION);
    assert_true(offset < sizeof space && offset % 4 == 0);
    accesses++;
    if (offset == WINDOW_AT + 16) {
        uint32_t bytes, value = 0x5a5a5a5a; /* what is after a short register's bytes */
        const uint32_t *target = window_target(&bytes);
        memcpy(&value, target, bytes);
        return value;
    }
    return space[offset / 4];
}

void pci_write(uint32_t function, uint32_t offset, uint32_t value)
{
    assert_int_equal(function, FUNCTION);
    accesses++;
    if (is_random) {
        return; /* to any capability that says it is a window */
    }
    assert_true(offset >= WINDOW_AT + 4 && offset <= WINDOW_AT + 16);
    if (offset == WINDOW_AT + 16) {
        uint32_t bytes;
        uint32_t *target = window_target(&bytes);
        memcpy(target, &value, bytes);
    } else {
        space[offset / 4] = value;
    }
}

uint32_t pci_next_capability(uint32_t function, uint32_t after)
{
    uint32_t at = pci_read(function, after != 0 ? after : PCI_CAPABILITIES);
    return (after != 0 ? at >> 8 : at) & 0xfc;
}

/* Adds a capability. next: the one after it. */
static void add(uint32_t at, uint32_t type, uint32_t offset, uint32_t next)
{
    space[at / 4] = VENDOR | next << 8 | 20u << 16 | type << 24;
    space[at / 4 + 1] = BAR;
    space[at / 4 + 2] = offset;
    space[at / 4 + 3] = 0x1000;
    space[at / 4 + 4] = MULTIPLIER;
}

static int start(void **state)
{
    (void)state;
    memset(space, 0, sizeof space);
    memset(bar, 0, sizeof bar);
    bar[COMMON + 0x1e] = NOTIFY_OFFSET;
    space[PCI_COMMAND / 4] = PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER | PCI_STATUS_CAPABILITIES;
    space[PCI_BAR4 / 4] = (uint32_t)(uintptr_t)bar | PCI_BAR_64 | 8;
    space[PCI_INTERRUPT / 4] = 0x010b;
    space[PCI_CAPABILITIES / 4] = 0x40;
    add(0x40, 1, COMMON, 0x54);
    add(0x54, 3, INTERRUPT, 0x68);
    add(0x68, 4, DEVICE, 0x7c);
    add(0x7c, 2, NOTIFY, WINDOW_AT);
    add(WINDOW_AT, 5, 0, 0);
    return 0;
}

// ---- Tests

static void assert_registers_work(const struct virtio_device *device)
{
    static const struct {
        enum virtio_register which;
        uint32_t place, value;
    } registers[] = {
        {VIRTIO_DEVICE_FEATURES_SELECT, 0, 0x11223344},
        {VIRTIO_DRIVER_FEATURES, 12, 0x55667788},
        {VIRTIO_STATUS, 20, 0x8f},
        {VIRTIO_QUEUE_SELECT, 22, 0x1234},
        {VIRTIO_QUEUE_SIZE, 24, 0x100},
        {VIRTIO_QUEUE_READY, 28, 1},
        {VIRTIO_QUEUE_DESCRIPTORS, 32, 0x90000000},
        {VIRTIO_QUEUE_AVAILABLE_UPPER, 44, 7},
        {VIRTIO_QUEUE_USED, 48, 0xa0001000},
    };
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
        uint32_t there = 0;
        virtio_set(device, registers[i].which, registers[i].value);
        memcpy(&there, bar + COMMON + registers[i].place, registers[i].value > 0xffff ? 4 : 1);
        assert_int_equal(there, registers[i].value > 0xffff ? registers[i].value
                                                            : registers[i].value & 0xff);
        assert_int_equal(virtio_get(device, registers[i].which), registers[i].value);
    }
    assert_int_equal(bar[COMMON + 21], 0); /* the byte after the status */
    bar[NOTIFY + NOTIFY_OFFSET * MULTIPLIER] = bar[NOTIFY + NOTIFY_OFFSET * MULTIPLIER + 2] = 0xff;
    virtio_notify(device);
    assert_int_equal(bar[NOTIFY + NOTIFY_OFFSET * MULTIPLIER], 0);
    assert_int_equal(bar[NOTIFY + NOTIFY_OFFSET * MULTIPLIER + 2], 0xff);
    bar[DEVICE + 20] = 0x12;
    bar[DEVICE + 21] = 0x34;
    assert_int_equal(virtio_configuration(device, 20), 0x3412);
    virtio_end_interrupt(device);
}

static void modern_registers_in_memory_take_one_access_each(void **state)
{
    (void)state;
    struct virtio_device device;
    assert_true(virtio_find_pci(FUNCTION, &device));
    assert_int_equal(device.way, VIRTIO_PCI_MODERN);
    assert_int_equal(device.line, 11);
    accesses = 0;
    assert_registers_work(&device);
    assert_int_equal(accesses, 0);
}

static void registers_out_of_reach_are_accessed_through_configuration_space(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        start(NULL);
        if (i == 0) {
            space[PCI_BAR4 / 4 + 1] = 1; /* above 4 GiB */
        } else {
            space[PCI_COMMAND / 4] &= ~(uint32_t)PCI_COMMAND_MEMORY;
        }
        struct virtio_device device;
        assert_true(virtio_find_pci(FUNCTION, &device));
        assert_registers_work(&device);
    }
}

static void a_device_without_a_part_of_its_registers_is_refused(void **state)
{
    (void)state;
    for (uint32_t at = 0x40; at <= WINDOW_AT; at += 0x14) {
        start(NULL);
        space[at / 4] &= 0x00ffffff; /* another type */
        space[PCI_BAR4 / 4 + 1] = 1;
        struct virtio_device device;
        assert_false(virtio_find_pci(FUNCTION, &device));
    }
}

static void a_device_that_is_no_bus_master_is_refused(void **state)
{
    (void)state;
    space[PCI_COMMAND / 4] &= ~(uint32_t)PCI_COMMAND_BUS_MASTER;
    struct virtio_device device;
    assert_false(virtio_find_pci(FUNCTION, &device));
}

static void the_first_capability_of_a_type_counts_and_reserved_bars_do_not(void **state)
{
    (void)state;
    space[WINDOW_AT / 4] |= 0xa4 << 8;
    add(0xa4, 1, DEVICE, 0);
    struct virtio_device device;
    assert_true(virtio_find_pci(FUNCTION, &device));
    assert_registers_work(&device);
    space[0x40 / 4 + 1] = 6;
    space[0xa4 / 4 + 2] = COMMON;
    start(NULL);
    space[0x40 / 4 + 1] = 6;
    assert_false(virtio_find_pci(FUNCTION, &device));
}

static void an_endless_list_of_capabilities_ends(void **state)
{
    (void)state;
    struct virtio_device device;
    space[WINDOW_AT / 4] |= 0x40 << 8;
    assert_true(virtio_find_pci(FUNCTION, &device));
    space[0x40 / 4] = VENDOR | 0x40 << 8;
    assert_false(virtio_find_pci(FUNCTION, &device));
}

/* The bar is above 4 GiB, so that accesses come here. */
static void random_configuration_space_is_read_within_its_bounds(void **state)
{
    (void)state;
    srand(1);
    is_random = true;
    for (unsigned i = 0; i < 20000; i++) {
        start(NULL);
        for (unsigned changes = 1 + (unsigned)rand() % 4; changes > 0; changes--) {
            unsigned at = PCI_CAPABILITIES + (unsigned)rand() % (sizeof space - PCI_CAPABILITIES);
            ((uint8_t *)space)[at] = (uint8_t)rand();
        }
        space[PCI_BAR4 / 4 + 1] = 1;
        struct virtio_device device;
        accesses = 0;
        virtio_find_pci(FUNCTION, &device);
        assert_in_range(accesses, 1, 400);
    }
    is_random = false;
}

static void mmio_registers_are_found_by_magic_version_and_device(void **state)
{
    (void)state;
    static uint32_t registers[0x200 / 4];
    uint32_t address = (uint32_t)(uintptr_t)registers;
    struct virtio_device device;
    registers[0] = 0x74726976;
    registers[1] = 1;
    registers[2] = 2;
    assert_true(virtio_find_mmio(address, 5, &device));
    assert_int_equal(device.way, VIRTIO_MMIO_LEGACY);
    assert_int_equal(device.line, 5);
    virtio_set(&device, VIRTIO_QUEUE_PAGE, 0x12345);
    assert_int_equal(registers[0x40 / 4], 0x12345);
    registers[0x50 / 4] = 1;
    virtio_notify(&device);
    assert_int_equal(registers[0x50 / 4], 0);
    registers[0x60 / 4] = 3;
    virtio_end_interrupt(&device);
    assert_int_equal(registers[0x64 / 4], 3);
    registers[0x114 / 4] = 4096;
    assert_int_equal(virtio_configuration(&device, 20), 4096);
    registers[1] = 2;
    assert_true(virtio_find_mmio(address, 5, &device));
    assert_int_equal(device.way, VIRTIO_MMIO_MODERN);
    virtio_set(&device, VIRTIO_STATUS, 0x4f);
    assert_int_equal(registers[0x70 / 4], 0x4f);
    registers[1] = 3;
    assert_false(virtio_find_mmio(address, 5, &device));
    registers[1] = 2;
    registers[2] = 0; /* QEMU's transports without a device */
    assert_false(virtio_find_mmio(address, 5, &device));
    registers[2] = 2;
    registers[0] = 0xffffffff;
    assert_false(virtio_find_mmio(address, 5, &device));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(modern_registers_in_memory_take_one_access_each, start),
        cmocka_unit_test_setup(registers_out_of_reach_are_accessed_through_configuration_space,
                               start),
        cmocka_unit_test_setup(a_device_without_a_part_of_its_registers_is_refused, start),
        cmocka_unit_test_setup(a_device_that_is_no_bus_master_is_refused, start),
        cmocka_unit_test_setup(the_first_capability_of_a_type_counts_and_reserved_bars_do_not,
                               start),
        cmocka_unit_test_setup(an_endless_list_of_capabilities_ends, start),
        cmocka_unit_test_setup(random_configuration_space_is_read_within_its_bounds, start),
        cmocka_unit_test_setup(mmio_registers_are_found_by_magic_version_and_device, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

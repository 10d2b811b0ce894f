// SPDX-License-Identifier: BSD-2-Clause
#include "boot/bare/order/boot_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* As QEMU 7.2 writes it, with the NUL at its end. */
static const char order[] = "/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0\n"
                            "/pci@i0cf8/ide@1,1/drive@1/disk@0\n"
                            "/pci@i0cf8/pci-bridge@3/scsi@1/disk@0,0\n"
                            "/virtio-mmio@00000000feb02e00/disk@0,0\n"
                            "/pci@i0cf8/ethernet@3/ethernet-phy@0\n"
                            "HALT";

static size_t of(const char *device)
{
    return boot_order_of((struct bytes){(const uint8_t *)order, sizeof order}, device);
}

static void a_device_is_found_by_the_addresses_of_its_path(void **state)
{
    (void)state;
    assert_int_equal(of("@i0cf8@1f,2@0@0"), 0);
    assert_int_equal(of("@i0cf8@1,1@1@0"), 1);
    assert_int_equal(of("@00000000feb02e00"), 3);
}

static void what_a_line_has_after_the_devices_addresses_is_ignored(void **state)
{
    (void)state;
    assert_int_equal(of("@i0cf8@3@1"), 2);
    assert_int_equal(of("@i0cf8@3@1@0,0"), 2);
}

static void an_address_that_only_begins_alike_is_another_device(void **state)
{
    (void)state;
    assert_int_equal(of("@i0cf8@1"), SIZE_MAX);
    assert_int_equal(of("@i0cf8@1f,2@0@0@0"), SIZE_MAX);
    assert_int_equal(of("@i0cf8@1,1@0@0"), SIZE_MAX);
}

static void a_list_without_an_end_is_read_up_to_its_size(void **state)
{
    (void)state;
    const char *text = "/a@1\n/b@2";
    struct bytes two = {(const uint8_t *)text, strlen(text)};
    assert_int_equal(boot_order_of(two, "@2"), 1);
    assert_int_equal(boot_order_of((struct bytes){NULL, 0}, "@2"), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_found_by_the_addresses_of_its_path),
        cmocka_unit_test(what_a_line_has_after_the_devices_addresses_is_ignored),
        cmocka_unit_test(an_address_that_only_begins_alike_is_another_device),
        cmocka_unit_test(a_list_without_an_end_is_read_up_to_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

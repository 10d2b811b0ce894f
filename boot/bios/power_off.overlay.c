// SPDX-License-Identifier: BSD-2-Clause
// Power off by APM (APM 1.2, 4.6).
#include "boot/bios/apm.h"
#include "stage2/firmware.h"

enum {
    APM_CONNECT_REAL_MODE = 0x5301,
    APM_SET_POWER_STATE = 0x5307,
    APM_DRIVER_VERSION = 0x530e,
    APM_ALL_DEVICES = 1,
    APM_STATE_OFF = 3,
    APM_VERSION_1_2 = 0x0102,
};

void firmware_setup(void) {}

void firmware_power_off(void)
{
    struct bios_registers ignored;
    apm(APM_CONNECT_REAL_MODE, APM_BIOS, 0, &ignored);
    apm(APM_DRIVER_VERSION, APM_BIOS, APM_VERSION_1_2, &ignored);
    apm(APM_SET_POWER_STATE, APM_ALL_DEVICES, APM_STATE_OFF, &ignored);
}

// SPDX-License-Identifier: BSD-2-Clause
// See platform/entry_action.h.
#include "stage2/platform/entry_action.h"

#include "stage2/disc/read.h"
#include "stage2/firmware.h"

bool entry_action_run(enum config_action action, struct error *error)
{
    disc_close();
    switch (action) {
    case CONFIG_ACTION_REBOOT:
        firmware_reboot();
    case CONFIG_ACTION_EXIT:
        firmware_boot_next();
    case CONFIG_ACTION_SETUP:
        firmware_setup();
        return fail(error, "the firmware opens its setup only when its key is held at the start");
    default:
        firmware_power_off();
        return fail(error, "the firmware does not switch the machine off: do it by hand");
    }
}

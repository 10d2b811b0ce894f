// SPDX-License-Identifier: BSD-2-Clause
// See config/overlay.h: for programs that need nothing loaded.
#include "stage2/config/overlay.h"

const struct config_extras *config_extras(struct config *config, struct error *error)
{
    config->asked_for_extras = true;
    (void)error;
    return &config_extras_table;
}

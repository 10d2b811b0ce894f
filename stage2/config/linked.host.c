// SPDX-License-Identifier: BSD-2-Clause
// See config.h: the overlay for host programs, linked in.
#include "stage2/config/overlay.h"

const struct config_overlay *config_overlay_linked(struct config *config, struct error *error)
{
    (void)config;
    (void)error;
    return &config_overlay_table;
}

bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error)
{
    static const struct config_environment cd = {.variables = CONFIG_CD_VARIABLES,
                                                 .overlay = config_overlay_linked};
    return config_read_with(config, text, name, &cd, arena, error);
}

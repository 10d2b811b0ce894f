// SPDX-License-Identifier: BSD-2-Clause
// What a config's commands ask of the machine, answered by stage 2's console, disc and processor.
#pragma once

#include "stage2/config.h"

extern const struct config_host script_host;

// SPDX-License-Identifier: BSD-2-Clause
// The UEFI firmware for QEMU, as distributions install it.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/lib/command.h"

/* QEMU's newer PC, which the 32-bit builds need. */
#define OVMF_MACHINE "q35"

/* The file that a user makes for the firmware's variables, if we have no copy. */
#define OVMF_VARIABLES "OVMF_VARS.fd"

struct ovmf {
    const char *code;     /* the file; NULL: no UEFI */
    const char *original; /* the file with its variables as they are at first */
    int variables;        /* descriptor of our own copy, for QEMU to inherit; -1: OVMF_VARIABLES */
    bool needs_smm;       /* it runs only on a machine with system management mode */
};

/* Adds QEMU's options for the firmware; call it after adding those for the machine. Adds nothing if
   there is no UEFI. */
void ovmf_add(struct command *command, const struct ovmf *ovmf);

/* Finds an installed OVMF for 64-bit or 32-bit x86, and copies its variables. */
bool ovmf_open(struct ovmf *ovmf, bool is_32_bit, struct error *error);

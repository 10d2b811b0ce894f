// SPDX-License-Identifier: BSD-2-Clause
// The UEFI firmware for QEMU, as distributions install it.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/iso/xorriso.h"

/* QEMU's newer PC, which the 32-bit builds want. */
#define OVMF_MACHINE "q35"

struct ovmf {
    const char *code; /* the file; NULL: no UEFI */
    int variables;    /* a descriptor of a copy that no one else has, for QEMU to inherit */
    bool needs_smm;   /* it runs on a machine with system management mode only */
};

/* Adds QEMU's options for it, behind those for the machine. Nothing where there is no UEFI. */
void ovmf_add(struct command *command, const struct ovmf *ovmf);

/* Finds OVMF for 64-bit or for 32-bit x86. */
bool ovmf_open(struct ovmf *ovmf, bool is_32_bit, struct error *error);

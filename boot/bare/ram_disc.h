// SPDX-License-Identifier: BSD-2-Clause
// The module of a PVH loader as the disc that we boot from.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "stage2/disc/native_disc.h"

/* Makes bare_machine.ram_disc a disc, if it is none yet. Call when the memory map is known. False
   with a reason: it can be no disc. */
bool ram_disc_start(struct error *error);

/* Uses it as the disc that we boot from, and fills in preloaded: all of an ISO is in memory. False:
   there is none. */
bool ram_disc_open(struct preloaded *preloaded);

/* Whether it is in use. */
bool ram_disc_is_open(void);

/* Copies length bytes from the sector at lba on; 0 follow after its end. */
void ram_disc_read(uint32_t lba, uint32_t length, uint8_t *buffer);

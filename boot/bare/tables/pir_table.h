// SPDX-License-Identifier: BSD-2-Clause
// The table of PCI's interrupt links ("$PIR": PCI IRQ Routing Table Specification 1.0, Microsoft)
// of a PC with a PIIX: for kernels that set the links themselves.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { PIR_BYTES = 32 + 31 * 16 };

/* Writes the table for all devices of bus 0 but the host bridge. router: PCI function and identity
   of the PIIX. first_link: link (0 to 3) of pin A of device 0; each device has the next one. lines:
   a bit for each line that a link can have. */
void pir_write(uint8_t target[PIR_BYTES], uint8_t router, uint32_t identity, unsigned first_link,
               uint16_t lines);

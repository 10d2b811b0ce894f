// SPDX-License-Identifier: BSD-2-Clause
// The programs that a bench boots besides the user's (tools/bench/probe/). They are part of whelk.
#pragma once

#include "loader/bytes.h"

struct bytes embedded_probe(void);   /* a Multiboot kernel that says when it runs */
struct bytes embedded_nothing(void); /* 2048 bytes: El Torito boot image and disk's first sector */
struct bytes
embedded_read_rom(void); /* 512 bytes: the end of a ROM that only reads (read_rom.asm) */

/* UEFI applications that start another disc's loader and say when. */
struct bytes embedded_starter64(void);
struct bytes embedded_starter32(void);

/* What they write to the serial port. The first three are followed by " 0x" and the TSC in
   hexadecimal. */
#define PROBE_MARKER   "whelk-probe"
#define NOTHING_MARKER "whelk-nothing"
#define START_MARKER   "whelk-start"
#define COUNTED_MARKER "whelk-counted"
#define RAW_DMA_MARKER "whelk-raw-dma: "

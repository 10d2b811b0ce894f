// SPDX-License-Identifier: BSD-2-Clause
// How much a driver asks a disc for at once. A large command is quick, but on a slow disc it lasts
// longer than anybody should wait for a sign of life, and volumes with a capped rate give none.
#pragma once

#include <stdint.h>

/* The most bytes for the next command: a multiple of 64 KiB, or drivers_most. */
uint32_t pace_most(uint32_t drivers_most);

/* A command for so many bytes was waited for that long. */
void pace_note(uint32_t bytes, uint32_t milliseconds);

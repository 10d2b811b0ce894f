// SPDX-License-Identifier: BSD-2-Clause
// What a kernel file is, and where it and its modules would stand in memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shows it; the first name is the kernel's, the others are its modules'. Whether it would boot on a
   machine with so much memory, by one of the protocols at least. */
bool check_kernel(char **names, size_t count, uint32_t mib);

/* grub-file's question: has the file a header of this version of Multiboot? */
bool check_is_multiboot(char *name, int version);

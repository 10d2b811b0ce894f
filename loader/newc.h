// SPDX-License-Identifier: BSD-2-Clause
// Headers of cpio archives in the format "newc" (the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst), for files that GRUB's initrd command
// puts into an archive: `newc:NAME:FILE`.
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of the headers before a file's contents: one for each directory in its name, and its own.
   Always a multiple of 4. name: without a slash at its start. */
size_t newc_headers_size(const char *name);

/* Writes them for a file of so many bytes. */
void newc_write_headers(const char *name, uint32_t file_bytes, uint8_t *buffer);

/* The end of an archive. */
size_t newc_trailer_size(void);
void newc_write_trailer(uint8_t *buffer);

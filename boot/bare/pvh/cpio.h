// SPDX-License-Identifier: BSD-2-Clause
// Archives in cpio's "newc" and "crc" formats (cpio(5)), as Linux's initramfs has them: `find . |
// cpio -o -H newc`. The sums of "crc" are not checked.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"

enum cpio_kind { CPIO_OTHER, CPIO_FILE, CPIO_DIRECTORY, CPIO_LINK };

struct cpio_entry {
    enum cpio_kind kind; /* CPIO_OTHER: a device, a socket … */
    struct bytes name;   /* as it stands there, without its NUL: "./boot/kernel" */
    struct bytes data;   /* in the archive; a symbolic link's target */
    uint32_t inode, device_major, device_minor;
    uint32_t links; /* names of this inode; only the last of them has the data */
};

enum cpio_step { CPIO_ENTRY, CPIO_END, CPIO_FAILED };

/* Whether these bytes start with such an archive. */
bool cpio_recognise(struct bytes archive);

/* Reads the entry at *offset, 0 first, and sets *offset to the next. CPIO_END: the archive's end.
   CPIO_FAILED with a reason: a damaged header, or an entry that ends after the archive. */
enum cpio_step cpio_next(struct bytes archive, size_t *offset, struct cpio_entry *entry,
                         struct error *error);

// SPDX-License-Identifier: BSD-2-Clause
// The files with which an ISO boots on UEFI machines: the head of a FAT volume (tools/iso/fat.h),
// then the loaders in EFI/BOOT, whose data the volume contains. docs/uefi.md says which files of
// the user's tree replace them.
#pragma once

#include <limits.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "tools/iso/fat.h"
#include "tools/tree/tree.h"

enum { EFI_BOOT_FILES_MAX = 7 }; /* the head and tools/iso/efi_boot.c's loaders */

struct efi_boot_file {
    char path[PATH_MAX];  /* in the ISO */
    const char *fat_name; /* in the volume; the head has none */
    struct bytes contents;
    uint8_t *owned; /* the contents of a user's file, to be freed; else NULL */
};

struct efi_boot {
    struct efi_boot_file files[EFI_BOOT_FILES_MAX]; /* each follows the last in the ISO */
    size_t count;                                   /* 0: the tree has a volume of its own */
    char volume[PATH_MAX];                          /* path of that volume, else of the head */
    uint8_t head[FAT_HEAD_BYTES_MAX];
};

/* Chooses the files for a tree. Call efi_boot_free() in any case. */
bool efi_boot_choose(struct efi_boot *boot, const struct tree *tree, struct error *error);
void efi_boot_free(struct efi_boot *boot);

/* Returns how many blocks the files take in the ISO. */
size_t efi_boot_blocks(const struct efi_boot *boot);

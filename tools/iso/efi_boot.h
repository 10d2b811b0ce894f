// SPDX-License-Identifier: BSD-2-Clause
// The files by which an ISO boots on UEFI machines: the loaders in EFI/BOOT and, in front of them,
// the head of the FAT volume that consists of them (tools/iso/fat.h). docs/uefi.md says what of the
// user's tree takes their place.
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
    uint8_t *owned; /* the contents, if they are the user's */
};

struct efi_boot {
    struct efi_boot_file files[EFI_BOOT_FILES_MAX]; /* in the ISO one behind the other */
    size_t count;                                   /* 0: the tree has a volume of its own … */
    char volume[PATH_MAX];                          /* … here; else the first file's path */
    uint8_t head[FAT_HEAD_BYTES_MAX];
};

/* Chooses the files for a tree; efi_boot_free() in any case. */
bool efi_boot_choose(struct efi_boot *boot, const struct tree *tree, struct error *error);
void efi_boot_free(struct efi_boot *boot);

/* The blocks that they take in the ISO. */
size_t efi_boot_blocks(const struct efi_boot *boot);

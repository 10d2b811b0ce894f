// SPDX-License-Identifier: BSD-2-Clause
// Checks whether a tree would boot: its config and all that its entries name, with the loader's own
// code, on a pretended PC.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/tree/tree.h"

#define CONFIG_PATH "/boot/grub/grub.cfg"
#define LEGACY_PATH "/boot/grub/menu.lst" /* if there is no grub.cfg */

/* The files that boots read, as paths in the ISO, each once and in the order of reading: the
   config, the kernel and modules of the default entry, then those of the other entries, then the
   texts that the configs read while they run. */
struct load_order {
    char **paths;
    size_t count;
    char **in_images; /* files in images of discs in the ISO: "(/live.iso)/boot/kernel" */
    size_t in_images_count;
    uint64_t largest_bytes; /* of the largest file */
    bool wants_sha256;      /* an entry sets whelk_verify to it */
};

/* label: the ISO's. warns_of_missing: a module that is not there, in an entry with a boot command,
   is no reason, but a warning: GRUB boots without it. Says each reason why an entry would not boot,
   and each warning. False: the default entry would not boot with any firmware, or a config cannot
   be read. What is wrong with other entries, or with one firmware alone, is a warning, as the ISO
   boots. The check is for a PC with 4 GiB; smaller ones are checked when they boot. */
bool check_tree(const struct tree *tree, const char *label, bool warns_of_missing,
                struct load_order *order);

void load_order_free(struct load_order *order);

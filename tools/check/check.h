// SPDX-License-Identifier: BSD-2-Clause
// Whether a tree would boot: the config and all that its entries name, by the loader's own code, on
// a pretended PC.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/tree/tree.h"

#define CONFIG_PATH "/boot/grub/grub.cfg"
#define LEGACY_PATH "/boot/grub/menu.lst" /* where there is no grub.cfg */

/* The files that a boot reads, as paths in the ISO, in the order in which it reads them: the
   config, the default entry's kernel and modules, the other entries'. Each once. */
struct load_order {
    char **paths;
    size_t count;
    uint64_t largest_bytes; /* of the largest of them */
};

/* Says each reason why something would not boot, and each warning. False: a mistake was among the
   reasons, or nothing would boot. Entries that need what Whelk cannot do, as `linux`, are none
   where another one boots. Those who have less memory than the typical PC are told when they boot.
 */
bool check_tree(const struct tree *tree, struct load_order *order);

void load_order_free(struct load_order *order);

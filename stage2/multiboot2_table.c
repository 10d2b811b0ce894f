// SPDX-License-Identifier: BSD-2-Clause
// See multiboot2_functions.h.
#include "stage2/multiboot2_functions.h"

const struct multiboot2_functions multiboot2_table = {
    .is_present = multiboot2_is_present,
    .find_header = multiboot2_find_header,
    .address_image = multiboot2_address_image,
    .check_no_relocations = elf_check_no_relocations,
    .apply_entry = multiboot2_apply_entry,
    .apply_efi = multiboot2_apply_efi,
    .relocate = multiboot2_relocate,
    .information_size = multiboot2_information_size,
};

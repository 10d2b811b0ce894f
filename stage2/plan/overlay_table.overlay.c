// SPDX-License-Identifier: BSD-2-Clause
// See overlay.h.
#include "loader/explain.h"
#include "stage2/plan/overlay.h"
#include "stage2/plan/symbols.h"

const struct plan_overlay plan_overlay_table = {
    .explain = explain_kernel,
    .find_header = multiboot2_find_header,
    .address_image = multiboot2_address_image,
    .check_no_relocations = elf_check_no_relocations,
    .apply_entry = multiboot2_apply_entry,
    .apply_efi = multiboot2_apply_efi,
    .relocate = multiboot2_relocate,
    .information_size = multiboot2_information_size,
    .place_symbols = symbols_place,
};

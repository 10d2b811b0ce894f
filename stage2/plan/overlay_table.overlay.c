// SPDX-License-Identifier: BSD-2-Clause
// See overlay.h.
#include "loader/explain.h"
#include "stage2/plan/linux_kernel.h"
#include "stage2/plan/overlay.h"
#include "stage2/plan/pvh_kernel.h"
#include "stage2/plan/symbols.h"

const struct plan_overlay plan_overlay_table = {
    .explain = explain_kernel,
    .explain_pvh = explain_pvh,
    .multiboot1_image = multiboot1_address_image,
    .find_header = multiboot2_find_header,
    .address_image = multiboot2_address_image,
    .check_no_relocations = elf_check_no_relocations,
    .apply_entry = multiboot2_apply_entry,
    .apply_efi = multiboot2_apply_efi,
    .relocate = multiboot2_relocate,
    .information_size = multiboot2_information_size,
    .place_symbols = symbols_place,
    .read_pvh = pvh_kernel_read,
    .read_pvh_instead = pvh_kernel_read_instead,
    .pvh_information_size = pvh_information_size,
    .pvh_write_boot = pvh_write_boot,
    .plan_linux = linux_kernel_plan,
};

// SPDX-License-Identifier: BSD-2-Clause
// See overlay.h.
#include "loader/multiboot1.h"
#include "stage2/plan/overlay.h"
#include "stage2/plan/symbols.h"

static void explain_protocol(struct bytes start, bool is_2, struct error *error)
{
    if (multiboot1_is_present(start) == is_2 && multiboot2_is_present(start) != is_2) {
        fail(error, "has a Multiboot %d header, not a Multiboot %d one: use multiboot%s",
             is_2 ? 1 : 2, is_2 ? 2 : 1, is_2 ? "" : "2");
    }
}

const struct plan_overlay plan_overlay_table = {
    .explain_protocol = explain_protocol,
    .find_header = multiboot2_find_header,
    .address_image = multiboot2_address_image,
    .check_no_relocations = elf_check_no_relocations,
    .apply_entry = multiboot2_apply_entry,
    .apply_efi = multiboot2_apply_efi,
    .relocate = multiboot2_relocate,
    .information_size = multiboot2_information_size,
    .place_symbols = symbols_place,
};

// SPDX-License-Identifier: BSD-2-Clause
// See multiboot1.h: for kernels with address fields.
#include "loader/multiboot1.h"

bool multiboot1_address_image(const struct multiboot1_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error)
{
    const struct address_fields fields = {
        .header_addr = header->header_addr,
        .load_addr = header->load_addr,
        .load_end_addr = header->load_end_addr,
        .bss_end_addr = header->bss_end_addr,
        .entry_addr = header->entry_addr,
    };
    return image_from_address_fields(&fields, header->file_offset, file_size, image, arena, error);
}

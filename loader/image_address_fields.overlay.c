// SPDX-License-Identifier: BSD-2-Clause
// See image.h: for kernels whose header has address fields. Most are ELF files without.
#include "loader/image.h"

/* The file offset that load_addr stands for: as far before the header as load_addr before
   header_addr. */
static bool find_start(const struct address_fields *fields, uint32_t header_offset,
                       uint32_t *file_offset, struct error *error)
{
    if (fields->header_addr < fields->load_addr) {
        return fail(error, "address fields: header_addr 0x%x lies before load_addr 0x%x",
                    fields->header_addr, fields->load_addr);
    }
    uint32_t before = fields->header_addr - fields->load_addr;
    if (before > header_offset) {
        return fail(error, "address fields: load_addr 0x%x stands for a place before the file",
                    fields->load_addr);
    }
    *file_offset = header_offset - before;
    return true;
}

/* The size of the data in memory, before the zeros up to bss_end_addr. There are `there` bytes from
   find_start()'s offset to the file's end; load_end_addr 0: these are the data. */
static bool find_load_size(const struct address_fields *fields, uint64_t there, uint32_t *size,
                           struct error *error)
{
    if (fields->load_end_addr == 0) {
        if (there > UINT32_MAX - fields->load_addr) {
            return fail(error,
                        "address fields: 0x%llx bytes at load_addr 0x%x do not end below 4 GiB",
                        (unsigned long long)there, fields->load_addr);
        }
        *size = (uint32_t)there;
        return true;
    }
    if (fields->load_end_addr < fields->load_addr) {
        return fail(error, "address fields: load_end_addr 0x%x lies before load_addr 0x%x",
                    fields->load_end_addr, fields->load_addr);
    }
    *size = fields->load_end_addr - fields->load_addr;
    return true;
}

bool image_from_address_fields(const struct address_fields *fields, uint32_t header_offset,
                               uint64_t file_size, struct image *image, struct arena *arena,
                               struct error *error)
{
    uint32_t file_offset = 0; /* gcc -Os does not see that find_start() sets it */
    uint32_t load_size = 0;
    if (!find_start(fields, header_offset, &file_offset, error) ||
        !find_load_size(fields, file_size - file_offset, &load_size, error)) {
        return false;
    }
    /* As GRUB does, read what there is if load_end_addr is beyond the file's end. */
    uint64_t there = file_size - file_offset;
    uint32_t read_size = load_size < there ? load_size : (uint32_t)there;
    uint32_t load_end = fields->load_addr + load_size;
    uint32_t end = fields->bss_end_addr != 0 ? fields->bss_end_addr : load_end;
    if (end < load_end) {
        return fail(error,
                    "address fields: bss_end_addr 0x%x lies before the end of the data, 0x%x", end,
                    load_end);
    }
    uint32_t read_end = fields->load_addr + read_size;
    if (fields->entry_addr < fields->load_addr || fields->entry_addr >= read_end) {
        return fail(error,
                    "address fields: entry_addr 0x%x lies outside the loaded bytes, 0x%x to 0x%x",
                    fields->entry_addr, fields->load_addr, read_end);
    }
    struct image_segment *segment = ARENA_NEW(arena, struct image_segment);
    if (segment == NULL) {
        return fail(error, "out of memory for one segment");
    }
    *segment = (struct image_segment){
        .file_offset = file_offset,
        .file_size = read_size,
        .memory_size = end - fields->load_addr,
        .address = fields->load_addr,
    };
    *image = (struct image){IMAGE_ADDRESS_FIELDS, fields->entry_addr, segment, 1};
    return true;
}

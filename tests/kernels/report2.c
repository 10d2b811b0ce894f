// SPDX-License-Identifier: BSD-2-Clause
// Reports what a Multiboot 2 loader handed over (specification 2.0, 3.6): the list of tags, then
// the contents of each. Written from the specification for the test kernels alone.
#include "adler32.h"
#include "console.h"
#include "multiboot2_info.h"
#include "report.h"

enum { MAX_TAGS = 2000 };

static uint32_t word(uint32_t address)
{
    return *(const uint32_t *)address;
}

static uint16_t half(uint32_t address)
{
    return *(const uint16_t *)address;
}

static uint8_t byte(uint32_t address)
{
    return *(const uint8_t *)address;
}

static void report_module(uint32_t tag, uint32_t index)
{
    uint32_t start = word(tag + 8), end = word(tag + 12);
    key_of("module", index);
    part("start", start);
    part("end", end);
    part("adler", adler32((const uint8_t *)start, end - start));
    console_text(" text=");
    console_escaped((const char *)(tag + 16));
    console_text("\n");
}

static void report_memory_map(uint32_t tag)
{
    uint32_t size = word(tag + 4), entry_size = word(tag + 8), index = 0;
    hex_line("mmap_entry_size", entry_size);
    hex_line("mmap_entry_version", word(tag + 12));
    for (uint32_t at = tag + 16; entry_size && at < tag + size; at += entry_size) {
        key_of("mmap", index++);
        part("base", wide(word(at), word(at + 4)));
        part("length", wide(word(at + 8), word(at + 12)));
        part("type", word(at + 16));
        part("reserved", word(at + 20));
        console_text("\n");
    }
}

static void report_elf_sections(uint32_t tag)
{
    report_sections(word(tag + 8), word(tag + 12), tag + 20, word(tag + 16));
}

static void report_boot_device(uint32_t tag)
{
    hex_line("biosdev", word(tag + 8));
    hex_line("slice", word(tag + 12));
    hex_line("part", word(tag + 16));
}

void report_apm(uint32_t address)
{
    static const char *const fields[] = {"apm_cseg_16",  "apm_dseg",        "apm_flags",
                                         "apm_cseg_len", "apm_cseg_16_len", "apm_dseg_len"};
    hex_line("apm_version", half(address));
    hex_line("apm_cseg", half(address + 2));
    hex_line("apm_offset", word(address + 4));
    for (uint32_t i = 0; i < sizeof fields / sizeof *fields; i++)
        hex_line(fields[i], half(address + 8 + 2 * i));
}

static void report_vbe(uint32_t tag)
{
    hex_line("vbe_mode", half(tag + 8));
    hex_line("vbe_interface_seg", half(tag + 10));
    hex_line("vbe_interface_off", half(tag + 12));
    hex_line("vbe_interface_len", half(tag + 14));
    hex_line("vbe_signature", word(tag + 16));
    hex_line("vbe_mode_info_adler", adler32((const uint8_t *)(tag + 16 + 512), 256));
}

static void report_framebuffer(uint32_t tag)
{
    enum { INDEXED = 0, RGB = 1 };
    uint32_t colours = tag + 32;
    hex_line("framebuffer_addr", wide(word(tag + 8), word(tag + 12)));
    hex_line("framebuffer_pitch", word(tag + 16));
    hex_line("framebuffer_width", word(tag + 20));
    hex_line("framebuffer_height", word(tag + 24));
    hex_line("framebuffer_bpp", byte(tag + 28));
    hex_line("framebuffer_type", byte(tag + 29));
    if (byte(tag + 29) == RGB)
        hex_line("framebuffer_masks", wide(word(colours), half(colours + 4)));
    if (byte(tag + 29) == INDEXED) {
        hex_line("framebuffer_colours", half(colours));
        hex_line("framebuffer_palette_adler",
                 adler32((const uint8_t *)colours + 2, 3u * half(colours)));
    }
}

/* SMBIOS 3.x, 6.1: type, length, then strings up to two NULs. */
static void report_smbios_table(uint32_t at, uint32_t end)
{
    uint32_t last = byte(at);
    hex_line("smbios_first_type", last);
    while (at + 4 <= end && byte(at + 1) >= 4 && last != 127) {
        at += byte(at + 1);
        while (at + 2 < end && half(at) != 0)
            at++;
        at += 2;
        last = at < end ? byte(at) : last;
    }
    hex_line("smbios_last_type", last);
}

/* UEFI 2.10, 4.3: the signature shows whether this is a system table. */
static void report_system_table(uint32_t table)
{
    hex_line("efi_system_table_signature", wide(word(table), word(table + 4)));
}

/* UEFI 2.10, 7.2.3: the format of the descriptors, and the pages of RAM after boot services. */
static void report_efi_memory_map(uint32_t tag)
{
    enum { LOADER_CODE = 1, BOOT_SERVICES_DATA = 4, CONVENTIONAL = 7 };
    uint32_t descriptor_size = word(tag + 8), pages = 0, others = 0;
    hex_line("efi_mmap_descriptor_size", descriptor_size);
    hex_line("efi_mmap_descriptor_version", word(tag + 12));
    hex_line("efi_mmap_rest", descriptor_size ? (word(tag + 4) - 16) % descriptor_size : 1);
    for (uint32_t at = tag + 16; descriptor_size && at + descriptor_size <= tag + word(tag + 4);
         at += descriptor_size) {
        uint32_t type = word(at);
        if ((type >= LOADER_CODE && type <= BOOT_SERVICES_DATA) || type == CONVENTIONAL)
            pages += word(at + 24);
        else
            others++;
    }
    hex_line("efi_mmap_ram_pages", pages);
    hex_line("efi_mmap_others", others);
}

static void report_tag(uint32_t tag, uint32_t *modules)
{
    uint32_t size = word(tag + 4);
    switch (word(tag)) {
    case TAG_CMDLINE:
        text_line("cmdline", tag + 8);
        break;
    case TAG_LOADER_NAME:
        text_line("boot_loader_name", tag + 8);
        break;
    case TAG_MODULE:
        report_module(tag, (*modules)++);
        break;
    case TAG_BASIC_MEMINFO:
        hex_line("mem_lower", word(tag + 8));
        hex_line("mem_upper", word(tag + 12));
        break;
    case TAG_BOOTDEV:
        report_boot_device(tag);
        break;
    case TAG_MMAP:
        report_memory_map(tag);
        break;
    case TAG_VBE:
        report_vbe(tag);
        break;
    case TAG_FRAMEBUFFER:
        report_framebuffer(tag);
        break;
    case TAG_ELF_SECTIONS:
        report_elf_sections(tag);
        break;
    case TAG_APM:
        report_apm(tag + 8);
        break;
    case TAG_SMBIOS:
        hex_line("smbios_version", byte(tag + 8) << 8 | byte(tag + 9));
        hex_line("smbios_reserved", word(tag + 10) | half(tag + 14));
        hex_line("smbios_bytes", size - 16);
        hex_line("smbios_adler", adler32((const uint8_t *)tag + 16, size - 16));
        report_smbios_table(tag + 16, tag + size);
        break;
    case TAG_ACPI_OLD:
        hex_line("acpi_old_adler", adler32((const uint8_t *)tag + 8, size - 8));
        break;
    case TAG_ACPI_NEW:
        hex_line("acpi_new_adler", adler32((const uint8_t *)tag + 8, size - 8));
        break;
    case TAG_EFI32:
    case TAG_EFI64:
        report_system_table(word(tag + 8));
        break;
    case TAG_EFI_MMAP:
        report_efi_memory_map(tag);
        break;
    case TAG_LOAD_BASE:
        hex_line("load_base", word(tag + 8));
        break;
    }
}

void report_multiboot2(uint32_t address)
{
    uint32_t end = address + word(address), modules = 0;
    hex_line("total_size", word(address));
    hex_line("info_reserved", word(address + 4));
    uint32_t at = address + 8;
    for (uint32_t i = 0; i < MAX_TAGS && at < end; i++) {
        uint32_t type = word(at), size = word(at + 4);
        key_of("tag", i);
        part("type", type);
        part("size", size);
        console_text("\n");
        if (type == TAG_END || size < 8)
            break;
        report_tag(at, &modules);
        at += (size + 7) & ~7u;
    }
    hex_line("tags_end", at + 8 - address);
}

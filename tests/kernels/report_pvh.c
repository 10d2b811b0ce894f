// SPDX-License-Identifier: BSD-2-Clause
// Reports the start info of PVH, version 1 (Xen, public/arch-x86/hvm/start_info.h). Written from
// the interface's description for the test kernels alone.
#include "adler32.h"
#include "console.h"
#include "report.h"

static uint32_t word(uint32_t address)
{
    return *(const uint32_t *)address;
}

static uint64_t long_word(uint32_t address)
{
    return wide(word(address), word(address + 4));
}

static void report_modules(uint32_t list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, list += 32) {
        uint32_t start = word(list), size = word(list + 8), text = word(list + 16);
        key_of("module", i);
        part("start", long_word(list));
        part("end", long_word(list) + long_word(list + 8));
        part("adler", adler32((const uint8_t *)start, size));
        part("string", long_word(list + 16));
        part("reserved", long_word(list + 24));
        console_text(" text=");
        if (text)
            console_escaped((const char *)text);
        console_text("\n");
    }
}

static void report_memory_map(uint32_t map, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, map += 24) {
        key_of("mmap", i);
        part("base", long_word(map));
        part("length", long_word(map + 8));
        part("type", word(map + 16));
        part("reserved", word(map + 20));
        console_text("\n");
    }
}

/* ACPI 6.x, 5.2.5.3: the signature, and the bytes that the length says from revision 2 on. */
static void report_rsdp(uint32_t rsdp)
{
    enum { REVISION = 15, LENGTH = 20, OLD_BYTES = 20 };
    bool is_new = ((const uint8_t *)rsdp)[REVISION] >= 2;
    hex_line("rsdp_signature", long_word(rsdp));
    hex_line("rsdp_adler",
             adler32((const uint8_t *)rsdp, is_new ? word(rsdp + LENGTH) : (uint32_t)OLD_BYTES));
}

void report_pvh(uint32_t address)
{
    uint32_t command_line = word(address + 24), rsdp = word(address + 32);
    hex_line("start_magic", word(address));
    hex_line("start_version", word(address + 4));
    hex_line("start_flags", word(address + 8));
    hex_line("mods_count", word(address + 12));
    hex_line("mods_addr", long_word(address + 16));
    hex_line("cmdline_addr", long_word(address + 24));
    hex_line("rsdp_addr", long_word(address + 32));
    hex_line("mmap_addr", long_word(address + 40));
    hex_line("mmap_count", word(address + 48));
    hex_line("start_reserved", word(address + 52));
    if (command_line)
        text_line("cmdline", command_line);
    if (rsdp)
        report_rsdp(rsdp);
    report_modules(word(address + 16), word(address + 12));
    report_memory_map(word(address + 40), word(address + 48));
}

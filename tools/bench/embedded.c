// SPDX-License-Identifier: BSD-2-Clause
// See bench/embedded.h. The assembler finds the files in the build directory.
#include "tools/bench/embedded.h"

__asm__(".pushsection .rodata\n"
        "embedded_probe_start: .incbin \"probe.elf\"\n"
        "embedded_probe_end:\n"
        "embedded_nothing_start: .incbin \"nothing.img\"\n"
        "embedded_nothing_end:\n"
        "embedded_read_rom_start: .incbin \"read_rom.img\"\n"
        "embedded_read_rom_end:\n"
        "embedded_starter64_start: .incbin \"starter-x64.efi\"\n"
        "embedded_starter64_end:\n"
        "embedded_starter32_start: .incbin \"starter-ia32.efi\"\n"
        "embedded_starter32_end:\n"
        ".balign 4\n"
        "embedded_probe_size: .long embedded_probe_end - embedded_probe_start\n"
        "embedded_nothing_size: .long embedded_nothing_end - embedded_nothing_start\n"
        "embedded_read_rom_size: .long embedded_read_rom_end - embedded_read_rom_start\n"
        "embedded_starter64_size: .long embedded_starter64_end - embedded_starter64_start\n"
        "embedded_starter32_size: .long embedded_starter32_end - embedded_starter32_start\n"
        ".popsection\n");

extern const uint8_t embedded_probe_start[], embedded_nothing_start[], embedded_read_rom_start[];
extern const uint8_t embedded_starter64_start[], embedded_starter32_start[];
extern const uint32_t embedded_probe_size, embedded_nothing_size, embedded_read_rom_size;
extern const uint32_t embedded_starter64_size, embedded_starter32_size;

struct bytes embedded_probe(void)
{
    return (struct bytes){embedded_probe_start, embedded_probe_size};
}

struct bytes embedded_nothing(void)
{
    return (struct bytes){embedded_nothing_start, embedded_nothing_size};
}

struct bytes embedded_read_rom(void)
{
    return (struct bytes){embedded_read_rom_start, embedded_read_rom_size};
}

struct bytes embedded_starter64(void)
{
    return (struct bytes){embedded_starter64_start, embedded_starter64_size};
}

struct bytes embedded_starter32(void)
{
    return (struct bytes){embedded_starter32_start, embedded_starter32_size};
}

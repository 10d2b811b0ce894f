// SPDX-License-Identifier: BSD-2-Clause
// See bench_embedded.h. The assembler finds the two files in the build directory.
#include "tools/bench_embedded.h"

__asm__(".pushsection .rodata\n"
        "embedded_probe_start: .incbin \"probe.elf\"\n"
        "embedded_probe_end:\n"
        "embedded_nothing_start: .incbin \"nothing.img\"\n"
        "embedded_nothing_end:\n"
        ".balign 4\n"
        "embedded_probe_size: .long embedded_probe_end - embedded_probe_start\n"
        "embedded_nothing_size: .long embedded_nothing_end - embedded_nothing_start\n"
        ".popsection\n");

extern const uint8_t embedded_probe_start[], embedded_nothing_start[];
extern const uint32_t embedded_probe_size, embedded_nothing_size;

struct bytes embedded_probe(void)
{
    return (struct bytes){embedded_probe_start, embedded_probe_size};
}

struct bytes embedded_nothing(void)
{
    return (struct bytes){embedded_nothing_start, embedded_nothing_size};
}

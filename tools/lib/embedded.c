// SPDX-License-Identifier: BSD-2-Clause
// See embedded.h. The assembler finds the files in the build directory.
#include "tools/lib/embedded.h"

#define EMBED(name, file)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            "embedded_" #name "_start: .incbin \"" file "\"\n"                                     \
            "embedded_" #name "_end:\n"                                                            \
            ".balign 4\n"                                                                          \
            "embedded_" #name "_size: .long embedded_" #name "_end - embedded_" #name "_start\n"   \
            ".popsection\n");                                                                      \
    extern const uint8_t embedded_##name##_start[];                                                \
    extern const uint32_t embedded_##name##_size;                                                  \
    struct bytes embedded_##name(void)                                                             \
    {                                                                                              \
        return (struct bytes){embedded_##name##_start, embedded_##name##_size};                    \
    }

EMBED(boot_image, "boot.img")
EMBED(mbr, "mbr.img")
EMBED(efi_x64, "BOOTX64.EFI")
EMBED(efi_ia32, "BOOTIA32.EFI")
EMBED(rom, "whelk.rom")
EMBED(pvh, "whelk.elf")
EMBED(hvm, "whelk-hvm.elf")

# SPDX-License-Identifier: BSD-2-Clause
# make · make demo · make check · make bench · make install · make clean · make help

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
PYTHON  := /usr/bin/python3
# The only place: CHANGELOG.md and debian/changelog are tested to agree.
VERSION := 1.0.0

# V=1 shows the commands that are run; else a line names what is made. Errors are shown in any case.
V ?=
Q := $(if $(filter 1,$(V)),,@)

CC       := gcc
NASM     := nasm
# clang by its plain name, or else the one with the highest version.
in_path   = $(wildcard $(addsuffix /$(1),$(subst :, ,$(PATH))))
FUZZ_CC  := $(notdir $(firstword $(call in_path,clang) \
            $(lastword $(sort $(call in_path,clang-[1-9][0-9]))) clang))
WARNINGS := -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wundef -Wpointer-arith -Wwrite-strings -Wvla -Wimplicit-fallthrough
# Since NASM 2.16.02 -w+all warns of each relocation as well; linked code has many. Older versions
# do not know this class of warnings, and would warn of its name.
ASM_WARNINGS := -w+all -w-unknown-warning -w-reloc -Werror
# For gdb (docs/debugging.md). It is in the ELF files only, not in the boot images.
DEBUG     := -g -ffile-prefix-map=$(CURDIR)=.
DEBUG_ASM := -g -F dwarf
COMMON    := -std=c11 -I. -MMD -MP -DWHELK_VERSION='"$(VERSION)"'

# ---- The path of a source file says where it is linked; no list of files has to be kept.
#   *.overlay.c      in the BIOS boot image in the overlay, which few boots read (linker/overlay.ld)
#   *.host.c         in programs on the user's machine and in tests; in no loader
#   stage2/disc/pc/  drivers that own the PC's interrupts: not for UEFI
# Code in pure folders uses neither hardware nor firmware: the loaders, the program, the unit tests
# and the fuzzers compile the same files. They include only each other (tests/lint/rules.py).
PURE_FOLDERS := $(addprefix boot/bare/,font keys order pvh tables) loader stage2/compression \
                stage2/config stage2/fs stage2/hash stage2/plan stage2/prepared \
                stage2/record stage2/sum stage2/text stage2/video

# Vendored decoders are compiled as their authors wrote them, without our warnings.
VENDORED_FOLDERS := $(addprefix stage2/compression/,puff/ xz-embedded/)
VENDORED := $(wildcard $(VENDORED_FOLDERS:%=%*.c))

PURE_C   := $(wildcard $(PURE_FOLDERS:%=%/*.c)) $(VENDORED)
LOADER_C := $(filter-out %.host.c,$(wildcard loader/*.c stage2/*.c stage2/*/*.c stage2/*/*/*.c))
TOOLS_C  := $(wildcard tools/*.c tools/*/*.c)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all
all: $(addprefix $(BUILD)/,boot.img mbr.img whelk.rom whelk.elf whelk-hvm.elf BOOTX64.EFI \
                          BOOTIA32.EFI whelk whelk-mkrescue whelk-file)

include boot/bios/build.mk
include boot/bare/build.mk
include boot/efi/build.mk
include tools/build.mk
include tools/bench/build.mk
include tests/build.mk
include tests/bench/build.mk

# Names what is missing before anything is compiled. Runs until all was there once.
NEEDS := $(BUILD)/needs-met
$(NEEDS): tests/build-needs.sh
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' NASM='$(NASM)' EFI_HEADERS='$(EFI_HEADERS)' $<
	@mkdir -p $(@D)
	@touch $@

$(CORE_OBJECTS) $(OVERLAY_OBJECTS) $(BARE_OBJECTS) $(EFI_OBJECTS_x64) $(EFI_OBJECTS_ia32) $(TOOLS_OBJECTS) \
    $(PROBE_OBJECTS) $(BIOS_BUILD)/make_boot_image $(BUILD)/efi/write_sum $(BARE_BUILD)/write_font \
    $(BUILD)/mbr.img $(BUILD)/nothing.img \
    $(BUILD)/read_rom.img $(BUILD)/raw.rom \
    $(STARTERS_ELF:.elf=.o) $(KERNELS): | $(NEEDS)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' -type f \
            -not -path '$(BUILD)/deb/*' -not -path '$(BUILD)/xen/*' 2>/dev/null)

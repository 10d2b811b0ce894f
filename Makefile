# SPDX-License-Identifier: BSD-2-Clause
# make · make demo · make check · make bench · make install · make clean · make help

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
PYTHON  := /usr/bin/python3
VERSION := 0.1.0

CC       := gcc
NASM     := nasm
FUZZ_CC  := clang-14
WARNINGS := -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wundef -Wpointer-arith -Wwrite-strings -Wvla -Wimplicit-fallthrough
COMMON   := -std=c11 -I. -MMD -MP -DWHELK_VERSION='"$(VERSION)"'

# Vendored decoders are compiled as their authors wrote them, without our warnings.
VENDORED_FOLDERS := stage2/puff/ stage2/xz-embedded/
VENDORED := stage2/puff/puff.c stage2/xz-embedded/xz_dec_lzma2.c stage2/xz-embedded/xz_dec_bcj.c

# ---- What is pure is compiled for the boot image, the tools, the unit tests and the fuzzers.
UNPACK_C := $(addprefix stage2/,checksum.c gzip.c lz4.c packing.c unpack.c xz.c zstd.c)
PURE_C   := $(wildcard loader/*.c) $(wildcard stage2/config*.c) stage2/iso9660.c stage2/iso9660_list.c stage2/text_edit.c stage2/utf8.c stage2/utf8_put.c stage2/plan.c stage2/prepared.c stage2/prepared_write.c stage2/video.c stage2/video_wishes.c \
            stage2/multiboot2_linked.c stage2/multiboot2_table.c stage2/symbols.c \
            $(UNPACK_C) $(VENDORED)
BIOS_C   := $(filter-out boot/bios/join.c stage2/prepared_write.c stage2/multiboot2_linked.c stage2/config_linked.c, $(wildcard loader/*.c stage2/*.c stage2/libc/*.c boot/bios/*.c)) \
            $(VENDORED)
BIOS_ASM := $(filter-out boot/bios/mbr.asm, $(wildcard boot/bios/*.asm)) $(wildcard loader/*.asm)
TOOLS_C  := $(wildcard tools/*.c)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all
all: $(BUILD)/boot.img $(BUILD)/mbr.img $(BUILD)/BOOTX64.EFI $(BUILD)/BOOTIA32.EFI $(BUILD)/whelk $(BUILD)/whelk-mkrescue $(BUILD)/whelk-file

include boot/bios/build.mk
include boot/efi/build.mk
include tools/build.mk
include tools/bench.mk
include tests/build.mk
include tests/bench/build.mk

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' -type f -not -path '$(BUILD)/deb/*' -not -path '$(BUILD)/xen/*' 2>/dev/null)

# SPDX-License-Identifier: BSD-2-Clause
# The BIOS boot image: $(BUILD)/boot.img, from boot/bios, stage2 and loader.

BIOS_BUILD   := $(BUILD)/bios
GCC_INCLUDE  := $(shell $(CC) -print-file-name=include 2>/dev/null)
BIOS_FLAGS   := -m32 -march=i486 -malign-data=abi -mno-sse -mno-mmx -mregparm=3 -Os \
               -mpreferred-stack-boundary=2 -ffreestanding -fno-builtin-printf -fno-pic \
               -fno-stack-protector \
               -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
               -fomit-frame-pointer -fno-inline-functions-called-once \
               -ffunction-sections -fdata-sections -fno-delete-null-pointer-checks \
               -nostdinc -isystem $(GCC_INCLUDE) -Istage2/libc $(DEBUG)
# Link-time optimisation saves a kilobyte. What gcc calls by itself, as memcpy(), cannot have it, nor
# can assembly outside functions.
BIOS_LTO     := -flto -flto-partition=one
BIOS_NO_LTO  := stage2/libc/string boot/bios/chain.overlay
# Nearly all code of the core runs once, so jumps cost most of its time: emulators translate, and
# processors fetch, one piece of straight code after the other. Functions with one caller are
# therefore inlined. String instructions end such a piece, too: only memcpy() and memset() have
# them.
CORE_FLAGS   := -finline-functions-called-once -mstringop-strategy=libcall
BIOS_C       := $(LOADER_C) $(filter-out %.host.c,$(wildcard boot/bios/*.c boot/pc/*.c))
BIOS_ASM     := $(filter-out boot/bios/mbr.asm,$(wildcard boot/bios/*.asm)) $(wildcard loader/*.asm)
# What only some boots need: linker/overlay.ld.
OVERLAY_C     := $(filter %.overlay.c,$(BIOS_C)) $(VENDORED)
CORE_C       := $(filter-out $(OVERLAY_C),$(BIOS_C))
CORE_OBJECTS := $(CORE_C:%.c=$(BIOS_BUILD)/%.o) $(BIOS_ASM:%.asm=$(BIOS_BUILD)/%.asm.o)
OVERLAY_OBJECTS := $(OVERLAY_C:%.c=$(BIOS_BUILD)/%.o)
SECTOR       := 2048

# Everything is made again when the flags may have changed.
$(CORE_OBJECTS) $(OVERLAY_OBJECTS) $(BUILD)/boot.elf: Makefile boot/bios/build.mk

$(CORE_OBJECTS): BIOS_FLAGS += $(CORE_FLAGS)
# No prepared boot runs these. Saves 1 KiB.
CORE_SMALL   := $(wildcard $(addsuffix /*.c,stage2/config stage2/console stage2/fs stage2/plan)) \
                $(addprefix loader/,elf.c error.c format.c image.c multiboot1.c placement.c)
$(patsubst %.c,$(BIOS_BUILD)/%.o,$(filter $(CORE_SMALL),$(CORE_C))): \
    BIOS_FLAGS += -Oz -fno-inline-functions-called-once
# Saves 1.5 KiB. Decoders keep their speed.
$(filter-out $(BIOS_BUILD)/stage2/compression/%,$(OVERLAY_OBJECTS)): BIOS_FLAGS += -Oz

$(BIOS_BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $<"
	$(Q)$(CC) $(COMMON) $(WARNINGS) $(BIOS_FLAGS) $(if $(filter $*,$(BIOS_NO_LTO)),,$(BIOS_LTO)) \
	    -c $< -o $@

$(VENDORED:%.c=$(BIOS_BUILD)/%.o): $(BIOS_BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $<"
	$(Q)$(CC) $(COMMON) $(BIOS_FLAGS) -c $< -o $@

$(BIOS_BUILD)/%.asm.o: %.asm boot/bios/real_mode.inc boot/pc/read_tsc.inc \
                       loader/handoff_block.inc loader/handoff_copy.inc
	@mkdir -p $(@D)
	@echo "ASM  $<"
	$(Q)$(NASM) -f elf32 $(DEBUG_ASM) $(ASM_WARNINGS) $< -o $@

BIOS_LINK := $(CC) $(BIOS_FLAGS) $(CORE_FLAGS) $(BIOS_LTO) -nostdlib -static -no-pie \
             -Wl,--build-id=none,--gc-sections,--no-warn-rwx-segments,-z,noexecstack,-m,elf_i386

# ---- Core and overlay. $(1): folder for what is made; $(2): linker script of the core; $(3), $(4):
# objects of core and overlay; $(5): the linked core.
define CORE_AND_OVERLAY_RULES
# The overlay, as one object first: it says which of the core's functions the overlay uses.
$(1)/overlay.o: $(4)
	@mkdir -p $$(@D)
	$(Q)$$(CC) $$(BIOS_FLAGS) $$(BIOS_LTO) -nostdlib -r -flinker-output=nolto-rel $(4) -o $$@

# The core must keep those (--undefined). Its addresses are the same in both of its links.
$(1)/core.args: $(1)/overlay.o
	$(Q)nm --undefined-only --just-symbols $$< | sed 's/^/-Wl,--undefined=/' > $$@

$(1)/overlay.elf: linker/overlay.ld $(1)/overlay.o $(1)/stage2.elf
	$(Q)ld -m elf_i386 -z noexecstack --no-warn-rwx-segments --gc-sections -e 0 -T $$< \
	    --just-symbols=$(1)/stage2.elf $(1)/overlay.o -o $$@

$(1)/overlay.bin: $(1)/overlay.elf
	$(Q)objcopy -O binary -j .overlay $$< $$@

# What the core must know of the overlay. 16 bytes more for its sum (make_boot_image.host.c).
$(1)/overlay.args: $(1)/overlay.bin
	@{ echo "-Wl,--defsym=overlay_sectors=$$$$((($$$$(stat -c %s $$<) + 16 + $(SECTOR) - 1) / $(SECTOR)))"; \
	   nm $(1)/overlay.elf | \
	   sed -n 's/^\(.*\) . \(overlay_bss_[a-z]*\)$$$$/-Wl,--defsym=\2=0x\1/p'; } > $$@

# The core, linked twice: the overlay is linked against the first, the second knows its size.
$(1)/stage2.elf: $(2) $(3) $(1)/core.args
	$(Q)$$(BIOS_LINK) -T $$< $$(UNKNOWN_OVERLAY) @$(1)/core.args $(3) -o $$@

$(5): $(2) $(3) $(1)/core.args $(1)/overlay.args
	@echo "LD   $$@"
	$(Q)$$(BIOS_LINK) -T $$< -Wl,-Map=$$(@:.elf=.map) @$(1)/core.args @$(1)/overlay.args $(3) -o $$@
endef

UNKNOWN_OVERLAY := -Wl,--defsym=overlay_sectors=0 \
                   -Wl,--defsym=overlay_bss_start=0,--defsym=overlay_bss_end=0

$(eval $(call CORE_AND_OVERLAY_RULES,$(BIOS_BUILD),linker/bios.ld,$(CORE_OBJECTS),$(OVERLAY_OBJECTS),$(BUILD)/boot.elf))

# A host program.
$(BIOS_BUILD)/make_boot_image: boot/bios/make_boot_image.host.c $(BUILD)/host/stage2/sum/sum.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(WARNINGS) -O1 -MF $@.d $(filter %.c %.o,$^) -o $@

$(BUILD)/boot.img: $(BUILD)/boot.elf $(BIOS_BUILD)/overlay.bin $(BIOS_BUILD)/make_boot_image
	$(Q)objcopy -O binary -j .image $< $(BIOS_BUILD)/first.bin
	$(Q)objcopy -O binary -j .stage2 $< $(BIOS_BUILD)/stage2.bin
	@cat $(BIOS_BUILD)/first.bin $(BIOS_BUILD)/stage2.bin > $(BIOS_BUILD)/core.img
	@$(BIOS_BUILD)/make_boot_image $(BIOS_BUILD)/core.img $(BIOS_BUILD)/overlay.bin $@
	$(Q)nm -t d $< | awk -v overlay=$$(stat -c %s $(BIOS_BUILD)/overlay.bin) '{ at[$$3] = $$1 } \
	    function part(name, used, most) { \
	        printf "%s %d of %d bytes (%d left)", name, used, most, most - used } \
	    function size(start, end) { return at[end] - at[start] } \
	    END { part("boot image: first block", size("image_start", "image_used_end"), \
	               size("image_start", "image_end")); \
	          part("; core", size("stage2_start", "stage2_used_end"), \
	               size("stage2_start", "stage2_limit")); \
	          part("; overlay", overlay, size("overlay_start", "overlay_limit")); print "" }'

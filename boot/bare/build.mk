# SPDX-License-Identifier: BSD-2-Clause
# The loader for machines without a firmware: $(BUILD)/whelk.rom. Core and overlay are made as those
# of the BIOS boot image are, of the same objects but for the firmware's side. The drivers of discs
# are in the core: each boot needs one.

BARE_BUILD   := $(BUILD)/bare
BARE_C       := $(filter-out %.host.c,$(wildcard boot/bare/*.c boot/bare/*/*.c))
BARE_ASM     := $(wildcard boot/bare/*.asm)
BARE_OVERLAY := $(BARE_C:%.c=$(BIOS_BUILD)/%.o) \
                $(filter-out $(BIOS_BUILD)/boot/bios/%,$(OVERLAY_OBJECTS))
BARE_OVERLAY := $(filter-out $(BIOS_BUILD)/stage2/disc/%,$(filter %.overlay.o,$(BARE_OVERLAY))) \
                $(VENDORED:%.c=$(BIOS_BUILD)/%.o)
BARE_OBJECTS := $(BARE_C:%.c=$(BIOS_BUILD)/%.o) $(BARE_ASM:%.asm=$(BIOS_BUILD)/%.asm.o)
BARE_CORE    := $(filter-out $(BARE_OVERLAY) $(BIOS_BUILD)/boot/bios/%,\
                    $(CORE_OBJECTS) $(OVERLAY_OBJECTS) $(BARE_OBJECTS))

$(BARE_OBJECTS): Makefile boot/bios/build.mk boot/bare/build.mk
$(filter-out %.overlay.o,$(BARE_OBJECTS)): BIOS_FLAGS += $(CORE_FLAGS)

# The characters of the text screen, by a host program.
$(BARE_BUILD)/write_font: boot/bare/write_font.host.c boot/bare/font/font.c boot/bare/font/font.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(WARNINGS) -O1 $(filter %.c,$^) -o $@

$(BARE_BUILD)/font.bin: $(BARE_BUILD)/write_font
	@$< $@

$(BIOS_BUILD)/boot/bare/screen_font.asm.o: $(BARE_BUILD)/font.bin
$(BIOS_BUILD)/boot/bare/screen_font.asm.o: ASM_WARNINGS += -DFONT='"$(BARE_BUILD)/font.bin"'

$(eval $(call CORE_AND_OVERLAY_RULES,$(BARE_BUILD),linker/bare.ld,$(BARE_CORE),$(BARE_OVERLAY),\
    $(BARE_BUILD)/core.elf))

$(BARE_BUILD)/core.bin: $(BARE_BUILD)/core.elf
	$(Q)objcopy -O binary -j .stage2 $< $@

$(BUILD)/whelk.rom: boot/bare/images/rom.asm $(BARE_BUILD)/core.bin $(BARE_BUILD)/overlay.bin
	@echo "ASM  $@"
	$(Q)$(NASM) -f bin $(ASM_WARNINGS) -DCORE='"$(BARE_BUILD)/core.bin"' \
	    -DOVERLAY='"$(BARE_BUILD)/overlay.bin"' $< -o $@
	@core=$$(stat -c %s $(BARE_BUILD)/core.bin); overlay=$$(stat -c %s $(BARE_BUILD)/overlay.bin); \
	    all=$$(stat -c %s $@); \
	    echo "whelk.rom: core $$core, overlay $$overlay of $$all bytes ($$((all - core - overlay)) left)"

# ---- The images for PVH loaders. $(1): options of NASM
pvh_image = @echo "ASM  $@"; \
            $(NASM) -f bin $(ASM_WARNINGS) $(1) -DCORE='"$(BARE_BUILD)/core.bin"' \
                -DOVERLAY='"$(BARE_BUILD)/overlay.bin"' $< -o $@ && \
            echo "$(@F): $$(stat -c %s $@) bytes"

$(BUILD)/whelk.elf $(BUILD)/whelk-hvm.elf: boot/bare/images/pvh.asm $(BARE_BUILD)/core.bin \
                                           $(BARE_BUILD)/overlay.bin
$(BUILD)/whelk.elf:
	$(call pvh_image,)
$(BUILD)/whelk-hvm.elf:
	$(call pvh_image,-DHVM)

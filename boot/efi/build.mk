# SPDX-License-Identifier: BSD-2-Clause
# The UEFI applications $(BUILD)/BOOTX64.EFI and $(BUILD)/BOOTIA32.EFI, from boot/efi, stage2 and
# loader. gnu-efi's headers only: start-up and relocation are our own (boot/efi/start.c), and the
# linker script writes the PE headers.

EFI_HEADERS  := /usr/include/efi
EFI_C        := $(filter-out stage2/disc/pc/%,$(LOADER_C)) \
                $(filter-out %.host.c,$(wildcard boot/efi/*.c))
EFI_FLAGS    := -Oz -fno-inline-functions-called-once -fno-tree-ch -ffreestanding \
                -fno-builtin-printf -fpie -fvisibility=hidden -fshort-wchar \
                -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing \
                -fcf-protection=none -fomit-frame-pointer -ffunction-sections -fdata-sections \
                -fno-delete-null-pointer-checks -mno-sse -mno-mmx -mno-80387 \
                -nostdinc -isystem $(GCC_INCLUDE) -isystem $(EFI_HEADERS) -Istage2/libc $(DEBUG)
EFI_LTO      := -flto -flto-partition=one
EFI_NO_LTO   := stage2/libc/string

EFI_INCLUDE_x64  := -DGNU_EFI_USE_MS_ABI -isystem $(EFI_HEADERS)/x86_64
EFI_INCLUDE_ia32 := '-DEFIAPI=__attribute__((regparm(0)))' -isystem $(EFI_HEADERS)/ia32
EFI_FLAGS_x64    := -m64 -mno-red-zone -Wno-attributes $(EFI_INCLUDE_x64)
EFI_FLAGS_ia32   := -m32 -march=i686 -malign-data=abi -mregparm=3 $(EFI_INCLUDE_ia32)
EFI_ELF_x64      := elf64
EFI_ELF_ia32     := elf32
EFI_LD_x64       := elf_x86_64
EFI_LD_ia32      := elf_i386

# $(1): x64 or ia32
efi_link = $(CC) $(EFI_FLAGS) $(EFI_FLAGS_$(1)) -nostdlib -pie \
           -Wl,--no-dynamic-linker,-m,$(EFI_LD_$(1)),-T,linker/efi-$(1).ld,--build-id=none \
           -Wl,-z,noexecstack,-z,norelro,--no-warn-rwx-segments

# The rules for one machine. $(1): x64 or ia32
define EFI_RULES
EFI_OBJECTS_$(1) := $$(EFI_C:%.c=$$(BUILD)/efi/$(1)/%.o) $$(BUILD)/efi/$(1)/handoff.asm.o

$$(EFI_OBJECTS_$(1)): Makefile boot/efi/build.mk

$$(BUILD)/efi/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "CC   $$<"
	$(Q)$$(CC) $$(COMMON) $$(if $$(filter $$<,$$(VENDORED)),,$$(WARNINGS)) \
	    $$(EFI_FLAGS) $$(EFI_FLAGS_$(1)) $$(if $$(filter $$*,$$(EFI_NO_LTO)),,$$(EFI_LTO)) \
	    -c $$< -o $$@

$$(BUILD)/efi/$(1)/handoff.asm.o: boot/efi/$(1)/handoff.asm \
                                  loader/handoff_block.inc loader/handoff_copy.inc
	@mkdir -p $$(@D)
	@echo "ASM  $$<"
	$(Q)$$(NASM) -f $$(EFI_ELF_$(1)) $$(DEBUG_ASM) $$(ASM_WARNINGS) $$< -o $$@

$$(BUILD)/efi/$(1).elf: linker/efi-$(1).ld linker/efi.ld $$(EFI_OBJECTS_$(1))
	@echo "LD   $$@"
	$(Q)$$(call efi_link,$(1)) $$(EFI_LTO) -Wl,--gc-sections,-z,pack-relative-relocs \
	    -Wl,-Map=$$(BUILD)/efi/$(1).map $$(EFI_OBJECTS_$(1)) -o $$@
endef
$(foreach machine,x64 ia32,$(eval $(call EFI_RULES,$(machine))))

# A host program.
$(BUILD)/efi/write_sum: boot/efi/write_sum.host.c $(BUILD)/host/stage2/sum/sum.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(WARNINGS) -O1 -MF $@.d $(filter %.c %.o,$^) -o $@

$(BUILD)/BOOTX64.EFI: $(BUILD)/efi/x64.elf $(BUILD)/efi/write_sum
$(BUILD)/BOOTIA32.EFI: $(BUILD)/efi/ia32.elf $(BUILD)/efi/write_sum
$(BUILD)/BOOTX64.EFI $(BUILD)/BOOTIA32.EFI:
	$(Q)objcopy -O binary $< $@
	@$(BUILD)/efi/write_sum $@
	@echo "$(@F): $$(stat -c %s $@) bytes"

# SPDX-License-Identifier: BSD-2-Clause
# The programs inside whelk that `whelk bench` boots: the probe kernel, the boot image that does
# nothing, the ROM that only reads, and the UEFI applications that start a loader.

PROBE        := $(BUILD)/probe
PROBE_CFLAGS := -m32 -march=i586 -Os -ffreestanding -nostdinc -isystem $(GCC_INCLUDE) -fno-pic \
                -fno-stack-protector -fno-asynchronous-unwind-tables \
                -fno-tree-loop-distribute-patterns -fcf-protection=none \
                -mgeneral-regs-only -Wno-conversion

$(PROBE)/%.asm.o: tools/bench/probe/%.asm tools/bench/build.mk
	@mkdir -p $(@D)
	@echo "ASM  $<"
	$(Q)$(NASM) -f elf32 $(ASM_WARNINGS) -o $@ $<

$(PROBE)/%.o: tools/bench/probe/%.c tools/bench/build.mk
	@mkdir -p $(@D)
	@echo "CC   $<"
	$(Q)$(CC) $(COMMON) $(WARNINGS) $(PROBE_CFLAGS) -c -o $@ $<

PROBE_OBJECTS := $(PROBE)/entry.asm.o $(PROBE)/probe.o $(PROBE)/xen_console.o

$(BUILD)/probe.elf: tools/bench/probe/probe.ld $(PROBE_OBJECTS)
	$(Q)ld -m elf_i386 -n -s --no-warn-rwx-segments -T $< -o $@ $(filter %.o,$^)

$(BUILD)/nothing.img $(BUILD)/read_rom.img: $(BUILD)/%.img: tools/bench/probe/%.asm tools/bench/build.mk
	@mkdir -p $(@D)
	@echo "ASM  $<"
	$(Q)$(NASM) -f bin $(ASM_WARNINGS) -o $@ $<

STARTERS     := $(BUILD)/starter-x64.efi $(BUILD)/starter-ia32.efi
STARTERS_ELF := $(STARTERS:$(BUILD)/%.efi=$(PROBE)/%.elf)

$(STARTERS_ELF:.elf=.o): $(PROBE)/starter-%.o: tools/bench/probe/starter.c tools/bench/build.mk \
    boot/efi/build.mk
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(WARNINGS) $(EFI_FLAGS) $(EFI_FLAGS_$*) -c -o $@ $<

# A starter has no relocations: the linker script would refuse one.
$(STARTERS_ELF): $(PROBE)/starter-%.elf: $(PROBE)/starter-%.o linker/efi-%.ld linker/efi.ld
	$(Q)$(call efi_link,$*) -o $@ $<

$(STARTERS): $(BUILD)/%.efi: $(PROBE)/%.elf
	$(Q)objcopy -O binary $< $@

$(BUILD)/host/tools/bench/embedded.o: tools/bench/embedded.c $(BUILD)/probe.elf \
    $(BUILD)/nothing.img $(BUILD)/read_rom.img $(STARTERS)
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(HOST_CFLAGS) $(TOOLS_CFLAGS) -Wa,-I,$(BUILD) -c -o $@ $<

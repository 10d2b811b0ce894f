# SPDX-License-Identifier: BSD-2-Clause
# The test kernels: freestanding objects. make_kernel.py links them at the addresses, and into the
# file format, that a test wants.

KERNELS := $(BUILD)/kernels

KERNEL_CFLAGS := -m32 -march=i486 -O2 -ffreestanding -nostdinc \
                 -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
                 -isystem stage2/libc -fno-pic -fno-pie -fno-stack-protector \
                 -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks \
                 -fno-tree-loop-distribute-patterns -fcf-protection=none \
                 -mgeneral-regs-only $(WARNINGS) -Wno-int-to-pointer-cast -Wno-array-bounds

REPORT_OBJECTS := $(addprefix $(KERNELS)/,entry.o trampoline.o report.o report2.o report_pvh.o \
                   processors.o adler32.o console.o string.o)
DEMO_OBJECTS   := $(addprefix $(KERNELS)/,c_entry.o demo.o adler32.o console.o string.o)
MACHINE_OBJECTS := $(addprefix $(KERNELS)/,c_entry.o machine.o machine_cards.o machine_entries.o \
                   machine_processors.o machine_state.o console.o string.o)

.PHONY: kernels
kernels: $(addprefix $(KERNELS)/,report-payload.o mover.bin tiny.bin services.bin demo.elf \
                                 long_mode.elf crash.bin machine.elf linux.bin)

$(KERNELS):
	@mkdir -p $@

$(KERNELS)/%.o: tests/kernels/%.c | $(KERNELS)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(KERNEL_CFLAGS) -c -o $@ $<

$(KERNELS)/string.o: stage2/libc/string.c | $(KERNELS)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(KERNEL_CFLAGS) -c -o $@ $<

$(KERNELS)/%.o: tests/kernels/%.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f elf32 -o $@ $<

$(KERNELS)/mover.bin: tests/kernels/mover.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f bin -o $@ $<

$(KERNELS)/tiny.bin: tests/kernels/tiny.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f bin -o $@ $<

$(KERNELS)/services.bin: tests/kernels/services.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f bin -o $@ $<

$(KERNELS)/linux.bin: tests/kernels/linux.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f bin $(ASM_WARNINGS) -o $@ $<

$(KERNELS)/crash.bin: tests/kernels/crash.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f bin -o $@ $<

# All of the report kernel in one relocatable object.
$(KERNELS)/report-payload.o: $(REPORT_OBJECTS)
	@echo "LD   $@"
	$(Q)ld -m elf_i386 -r -o $@ $^

# The demo kernel is linked as people link their kernels.
$(KERNELS)/demo.elf: $(DEMO_OBJECTS) tests/kernels/demo.ld
	@echo "LD   $@"
	$(Q)ld -m elf_i386 -n -T tests/kernels/demo.ld -o $@ $(DEMO_OBJECTS)

$(KERNELS)/machine.elf: $(MACHINE_OBJECTS) tests/kernels/demo.ld
	@echo "LD   $@"
	$(Q)ld -m elf_i386 -n -T tests/kernels/demo.ld -o $@ $(MACHINE_OBJECTS)

# The 64-bit kernel is linked as people link theirs. docs/debugging.md needs its debugging data.
$(KERNELS)/long_mode.elf: tests/kernels/long_mode.asm | $(KERNELS)
	@echo "ASM  $@"
	$(Q)$(NASM) -f elf64 $(DEBUG_ASM) $(ASM_WARNINGS) -o $(@:.elf=.o) $<
	$(Q)ld -m elf_x86_64 -n -Ttext-segment=0x100000 -o $@ $(@:.elf=.o)

# ---- make demo: iso/ with the demo kernel in it, booted with the serial port on the terminal.
# A line says each step; V=1 shows the commands of the build as well.
DEMO_SECONDS := 60
DEMO_CODE    := 16  # that the kernel writes to port 0xf4
DEMO_QUIETLY := $(if $(filter 1,$(V)),,>/dev/null)

.PHONY: demo demo-boot
# A second make reads the makefiles again: deps-demo may have installed what they look for.
demo: deps-demo
	@echo "building $(BUILD)/whelk and the demo kernel (up to a minute)…"
	@$(MAKE) -j$(shell nproc) --no-print-directory $(BUILD)/whelk-mkrescue $(BUILD)/kernels/demo.elf \
	    $(DEMO_QUIETLY)
	@echo "making $(BUILD)/demo.iso of $(BUILD)/demo-tree: iso/ and the demo kernel…"
	@$(MAKE) --no-print-directory demo-boot

$(BUILD)/demo.iso: $(BUILD)/whelk-mkrescue $(KERNELS)/demo.elf $(shell find iso -type f)
	@rm -rf $(BUILD)/demo-tree
	@cp -r iso $(BUILD)/demo-tree
	@cp $(KERNELS)/demo.elf $(BUILD)/demo-tree/boot/
	$(Q)$(BUILD)/whelk mkrescue -o $@ $(BUILD)/demo-tree

demo-boot: $(BUILD)/demo.iso
	@echo "booting $< in QEMU…"
	$(Q)$(BUILD)/whelk run --exit-code --timeout $(DEMO_SECONDS) -m 128M $< </dev/null; status=$$?; \
	test $$status -eq $(DEMO_CODE) || { \
	    echo "make demo: the demo kernel did not run: whelk run ended with $$status" >&2; exit 1; }
	@echo "the demo kernel has run: Whelk has loaded it and its module."
	@echo "To see what the ISO boots: $(BUILD)/whelk check $<"

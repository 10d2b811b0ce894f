# SPDX-License-Identifier: BSD-2-Clause
# What `whelk bench` boots besides the user's own, which is inside the program: the probe kernel and
# the boot image that does nothing.

PROBE        := $(BUILD)/probe
PROBE_CFLAGS := -m32 -march=i586 -Os -ffreestanding -nostdinc -isystem $(GCC_INCLUDE) -fno-pic -fno-stack-protector \
                -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -fcf-protection=none \
                -mgeneral-regs-only -Wno-conversion

$(PROBE)/%.asm.o: tools/probe/%.asm tools/bench.mk
	@mkdir -p $(@D)
	@echo "ASM  $<"
	@$(NASM) -f elf32 -w+all -Werror -o $@ $<

$(PROBE)/%.o: tools/probe/%.c tools/bench.mk
	@mkdir -p $(@D)
	@echo "CC   $<"
	@$(CC) $(COMMON) $(WARNINGS) $(PROBE_CFLAGS) -c -o $@ $<

$(PROBE)/patience.o: stage2/patience.c tools/bench.mk
	@mkdir -p $(@D)
	@echo "CC   $@"
	@$(CC) $(COMMON) $(WARNINGS) $(PROBE_CFLAGS) -c -o $@ $<

$(BUILD)/probe.elf: tools/probe/probe.ld $(PROBE)/entry.asm.o $(PROBE)/probe.o $(PROBE)/patience.o
	@ld -m elf_i386 -n -s --no-warn-rwx-segments -T $< -o $@ $(filter %.o,$^)

$(BUILD)/nothing.img: tools/probe/nothing.asm tools/bench.mk
	@mkdir -p $(@D)
	@echo "ASM  $<"
	@$(NASM) -f bin -w+all -Werror -o $@ $<

$(BUILD)/host/tools/bench_embedded.o: tools/bench_embedded.c $(BUILD)/probe.elf $(BUILD)/nothing.img
	@mkdir -p $(@D)
	@echo "CC   $@"
	@$(CC) $(COMMON) $(HOST_CFLAGS) $(TOOLS_CFLAGS) -Wa,-I,$(BUILD) -c -o $@ $<

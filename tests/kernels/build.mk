# SPDX-License-Identifier: BSD-2-Clause
# The test kernels: freestanding objects; make_kernel.py links them where a test wants them and puts
# the file format around them that the test is about.

KERNELS := $(BUILD)/kernels

KERNEL_CFLAGS := -m32 -march=i686 -O2 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
                 -isystem stage2/libc -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
                 -fno-delete-null-pointer-checks -fno-tree-loop-distribute-patterns -fcf-protection=none \
                 -mgeneral-regs-only $(WARNINGS) -Wno-int-to-pointer-cast -Wno-array-bounds

REPORT_OBJECTS := $(addprefix $(KERNELS)/,entry.o trampoline.o report.o report2.o processors.o adler32.o console.o \
                   string.o)
DEMO_OBJECTS   := $(addprefix $(KERNELS)/,demo_entry.o demo.o adler32.o console.o string.o)

.PHONY: kernels
kernels: $(KERNELS)/report-payload.o $(KERNELS)/demo.elf

$(KERNELS):
	mkdir -p $@

$(KERNELS)/%.o: tests/kernels/%.c | $(KERNELS)
	$(CC) $(COMMON) $(KERNEL_CFLAGS) -c -o $@ $<

$(KERNELS)/string.o: stage2/libc/string.c | $(KERNELS)
	$(CC) $(COMMON) $(KERNEL_CFLAGS) -c -o $@ $<

$(KERNELS)/%.o: tests/kernels/%.asm | $(KERNELS)
	$(NASM) -f elf32 -MD $(@:.o=.d) -MP -o $@ $<

# All of the report kernel in one relocatable object.
$(KERNELS)/report-payload.o: $(REPORT_OBJECTS)
	ld -m elf_i386 -r -o $@ $^

# The demo kernel is linked as people link theirs.
$(KERNELS)/demo.elf: $(DEMO_OBJECTS) tests/kernels/demo.ld
	ld -m elf_i386 -n -T tests/kernels/demo.ld -o $@ $(DEMO_OBJECTS)

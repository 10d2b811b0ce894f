# SPDX-License-Identifier: BSD-2-Clause
# The BIOS boot image: $(BUILD)/boot.img, from boot/bios, stage2 and loader.

BIOS_BUILD  := $(BUILD)/bios
BIOS_LIMIT  := 33792
GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
BIOS_FLAGS  := -m32 -march=i486 -malign-data=abi -mno-sse -mno-mmx -mpreferred-stack-boundary=2 -mregparm=3 -Os \
               -ffreestanding -fno-builtin-printf -fno-pic -fno-stack-protector \
               -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
               -ffunction-sections -fdata-sections -fno-delete-null-pointer-checks \
               -nostdinc -isystem $(GCC_INCLUDE) -Istage2/libc
# Optimised over all files at once: a kilobyte less. Not so what the linker script picks out by its
# object's name, or gcc calls by itself.
BIOS_LTO     := -flto -flto-partition=one
BIOS_NO_LTO  := boot/bios/unpack stage2/puff/puff stage2/libc/string
BIOS_OBJECTS := $(BIOS_C:%.c=$(BIOS_BUILD)/%.o) $(BIOS_ASM:%.asm=$(BIOS_BUILD)/%.asm.o)

# Everything is made again when the flags may have changed.
$(BIOS_OBJECTS) $(BUILD)/boot.elf: Makefile boot/bios/build.mk

$(BIOS_BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $<"
	@$(CC) $(COMMON) $(WARNINGS) $(BIOS_FLAGS) $(if $(filter $*,$(BIOS_NO_LTO)),,$(BIOS_LTO)) -c $< -o $@

$(VENDORED:%.c=$(BIOS_BUILD)/%.o): $(BIOS_BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $<"
	@$(CC) $(COMMON) $(BIOS_FLAGS) -c $< -o $@

$(BIOS_BUILD)/%.asm.o: %.asm
	@mkdir -p $(@D)
	@echo "ASM  $<"
	@$(NASM) -f elf32 -w+all -Werror $< -o $@

# Linked without the packed part first, then with it: see linker/bios.ld.
BIOS_LINK := $(CC) $(BIOS_FLAGS) $(BIOS_LTO) -nostdlib -static -no-pie -T linker/bios.ld \
             -Wl,--build-id=none,--gc-sections,--no-warn-rwx-segments,-z,noexecstack,-m,elf_i386

$(BIOS_BUILD)/empty:
	@mkdir -p $(@D)
	@: > $@

$(BIOS_BUILD)/unpacked.asm.o: boot/bios/packed.asm $(BIOS_BUILD)/empty
	@$(NASM) -f elf32 -DPACKED='"$(BIOS_BUILD)/empty"' $< -o $@

$(BIOS_BUILD)/stage2.elf: linker/bios.ld $(BIOS_OBJECTS) $(BIOS_BUILD)/unpacked.asm.o
	@$(BIOS_LINK) $(filter %.o, $^) -o $@

$(BIOS_BUILD)/filter: boot/bios/filter.c
	@mkdir -p $(@D)
	@$(CC) $(COMMON) $(WARNINGS) -O1 -MF $@.d $< -o $@

# gzip's header is 10 bytes, its trailer 8: puff wants what is between.
$(BIOS_BUILD)/stage2.deflate: $(BIOS_BUILD)/stage2.elf $(BIOS_BUILD)/filter
	@objcopy -O binary -j .stage2 $< $(@:.deflate=.bin)
	@$(BIOS_BUILD)/filter < $(@:.deflate=.bin) > $(@:.deflate=.filtered)
	@gzip -9n < $(@:.deflate=.filtered) > $(@:.deflate=.gz)
	@tail -c +11 $(@:.deflate=.gz) | head -c -8 > $@

$(BIOS_BUILD)/packed.asm.o: boot/bios/packed.asm $(BIOS_BUILD)/stage2.deflate
	@$(NASM) -f elf32 -DPACKED='"$(BIOS_BUILD)/stage2.deflate"' $< -o $@

$(BUILD)/boot.elf: linker/bios.ld $(BIOS_OBJECTS) $(BIOS_BUILD)/packed.asm.o
	@echo "LD   $@"
	@$(BIOS_LINK) -Wl,-Map=$(BUILD)/boot.map $(filter %.o, $^) -o $@

$(BUILD)/boot.img: $(BUILD)/boot.elf
	@objcopy -O binary -j .image $< $@
	@echo "boot image: $$(stat -c %s $@) of $(BIOS_LIMIT) bytes, $$(($(BIOS_LIMIT) - $$(stat -c %s $@))) left"

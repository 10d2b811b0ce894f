# SPDX-License-Identifier: BSD-2-Clause
# make check-boot: boots ISOs in QEMU, and checks what the kernels were given.
# make check-tools: checks what the program makes and says (tests/tools).

include tests/kernels/build.mk

# The shim between UEFI and the loader, linked like the starters of tools/bench/build.mk.
$(BUILD)/shim.o: tests/harness/shim/uefi.c tests/harness/shim/no_execute.h boot/efi/build.mk
	@echo "CC   $@"
	@$(CC) $(COMMON) $(WARNINGS) $(EFI_FLAGS) $(EFI_FLAGS_x64) -c -o $@ $<

$(BUILD)/shim.efi: $(BUILD)/shim.o linker/efi-x64.ld linker/efi.ld
	@$(call efi_link,x64) -o $(@:.efi=.elf) $<
	@objcopy -O binary $(@:.efi=.elf) $@

# pytest's arguments: make check-boot BOOT_TESTS="tests/boot/test_placement.py -k smp". Without them
# all tests run, each file as a target of its own: make -j2 -O check-boot runs two at once.
BOOT_TESTS ?=
BOOT_FILES := $(wildcard tests/boot/test_*.py)
TOOL_FILES := $(wildcard tests/tools/test_*.py)
# The firmware of tests that name none: seabios, or one of UEFI_FIRMWARES (tests/harness/qemu.py)
BOOT_FIRMWARE ?= seabios
UEFI_FIRMWARES := ovmf-x64 ovmf-ia32 ovmf-x64-usb
# How often a failed test runs again; the summary names the test in any case.
BOOT_RERUNS ?= 0

# A target for each file on each UEFI firmware.
FIRMWARE_FILES := $(foreach firmware,$(UEFI_FIRMWARES),$(BOOT_FILES:%=$(firmware)-%))
$(foreach firmware,$(UEFI_FIRMWARES), \
    $(eval $(BOOT_FILES:%=$(firmware)-%): BOOT_FIRMWARE := $(firmware)))

# The part of the results that a target's tests belong to ($(RESULTS)/PART).
boot-chosen $(BOOT_FILES:%=boot-%): PART := boot
$(TOOL_FILES:%=boot-%): PART := tools
$(FIRMWARE_FILES): PART = $(BOOT_FIRMWARE)

CHOSEN_TESTS = $(or $(BOOT_TESTS),tests/$(lastword $(subst -tests/, ,$@)))

.PHONY: check-boot check-tools boot-chosen $(BOOT_FILES:%=boot-%) $(TOOL_FILES:%=boot-%) \
        $(FIRMWARE_FILES)
check-boot: $(if $(BOOT_TESTS),boot-chosen,$(BOOT_FILES:%=boot-%))
check-tools: $(TOOL_FILES:%=boot-%)

# Tests that run make must not see this make's variables. Each pytest has its own scratch folder:
# pytest closes a shared one to other users, and some tests run programs as another user there.
boot-chosen $(BOOT_FILES:%=boot-%) $(TOOL_FILES:%=boot-%) $(FIRMWARE_FILES): \
    $(BUILD)/whelk-mkrescue $(BUILD)/whelk-file kernels $(BUILD)/shim.efi
	@echo "BOOT $(BOOT_FIRMWARE) $(CHOSEN_TESTS)"
	@scratch=$$(mktemp -d); result=$(RESULTS)/$(PART)/$(basename $(notdir $@)); \
	$(RUN) $$result env -u MAKEFLAGS -u MAKELEVEL WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B \
	    -m pytest -q -raR --durations=5 -p no:cacheprovider --basetemp=$$scratch/pytest \
	    --junitxml=$$result.xml --firmware=$(BOOT_FIRMWARE) \
	    $(if $(filter-out 0,$(BOOT_RERUNS)),--reruns $(BOOT_RERUNS)) $(CHOSEN_TESTS); \
	status=$$?; rm -rf $$scratch; exit $$status

# All boot tests that make sense under UEFI, on each UEFI firmware: half an hour on two processors.
.PHONY: check-firmwares
check-firmwares: deps-check
	@rm -rf $(UEFI_FIRMWARES:%=$(RESULTS)/%)
	@$(MAKE) -k -j$(shell nproc) -O --no-print-directory $(FIRMWARE_FILES); \
	    $(PYTHON) -B tests/summary.py table check-firmwares $$? $(RESULTS) $(UEFI_FIRMWARES)

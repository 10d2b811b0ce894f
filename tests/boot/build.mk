# SPDX-License-Identifier: BSD-2-Clause
# make check-boot: boots ISOs in QEMU, and checks what the kernels were given.
# make check-tools: checks what the program makes and says (tests/tools).

include tests/kernels/build.mk

# The shim between UEFI and the loader, linked like the starters of tools/bench/build.mk.
$(BUILD)/shim.o: tests/harness/shim/uefi.c tests/harness/shim/no_execute.h boot/efi/build.mk
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(WARNINGS) $(EFI_FLAGS) $(EFI_FLAGS_x64) -c -o $@ $<

$(BUILD)/shim.efi: $(BUILD)/shim.o linker/efi-x64.ld linker/efi.ld
	$(Q)$(call efi_link,x64) -o $(@:.efi=.elf) $<
	$(Q)objcopy -O binary $(@:.efi=.elf) $@

# What chainloader starts under UEFI.
CHAINED := $(BUILD)/chained-x64.efi $(BUILD)/chained-ia32.efi

$(CHAINED:.efi=.o): $(BUILD)/chained-%.o: tests/kernels/chained.c boot/efi/build.mk
	@echo "CC   $@"
	@$(CC) $(COMMON) $(WARNINGS) $(EFI_FLAGS) $(EFI_FLAGS_$*) -c -o $@ $<

$(CHAINED): $(BUILD)/chained-%.efi: $(BUILD)/chained-%.o linker/efi-%.ld linker/efi.ld
	@$(call efi_link,$*) -o $(@:.efi=.elf) $<
	@objcopy -O binary $(@:.efi=.elf) $@

# pytest's arguments: make check-boot BOOT_TESTS="tests/boot/test_placement.py -k smp". Without them
# all tests run, each file as a target of its own: make -j2 -O check-boot runs two at once.
BOOT_TESTS ?=
BOOT_FILES := $(wildcard tests/boot/test_*.py)
TOOL_FILES := $(wildcard tests/tools/test_*.py)
# The firmware of tests that name none: seabios, or one of those below (tests/harness/qemu.py)
BOOT_FIRMWARE ?= seabios
UEFI_FIRMWARES := ovmf-x64 ovmf-ia32 ovmf-x64-usb
BARE_FIRMWARES := bare-pc bare-q35 microvm pvh
# How often a failed test runs again; the summary names the test in any case.
BOOT_RERUNS ?= 0

# A target for each file on each of these.
UEFI_FILES := $(foreach firmware,$(UEFI_FIRMWARES),$(BOOT_FILES:%=$(firmware)-%))
BARE_FILES := $(foreach firmware,$(BARE_FIRMWARES),$(BOOT_FILES:%=$(firmware)-%))
FIRMWARE_FILES := $(UEFI_FILES) $(BARE_FILES)
$(foreach firmware,$(UEFI_FIRMWARES) $(BARE_FIRMWARES), \
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
    $(BUILD)/whelk-mkrescue $(BUILD)/whelk-file $(BUILD)/whelk.rom kernels $(BUILD)/shim.efi $(CHAINED)
	@echo "BOOT $(BOOT_FIRMWARE) $(CHOSEN_TESTS)"
	@scratch=$$(mktemp -d); result=$(RESULTS)/$(PART)/$(basename $(notdir $@)); \
	$(RUN) $$result env -u MAKEFLAGS -u MAKELEVEL WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B \
	    -m pytest -q -raR --durations=5 -p no:cacheprovider --basetemp=$$scratch/pytest \
	    --junitxml=$$result.xml --firmware=$(BOOT_FIRMWARE) \
	    $(if $(filter-out 0,$(BOOT_RERUNS)),--reruns $(BOOT_RERUNS)) $(CHOSEN_TESTS); \
	status=$$?; rm -rf $$scratch; exit $$status

# Flips N single bits all over an ISO, one in each boot, by SeaBIOS and OVMF (a second each). SEED
# chooses others.
N ?= 500
SEED ?= 1
.PHONY: check-mutations
check-mutations: $(BUILD)/whelk-mkrescue kernels
	@env -u MAKEFLAGS -u MAKELEVEL WHELK_BUILD=$(abspath $(BUILD)) WHELK_MUTATIONS=$(N) \
	    WHELK_SEED=$(SEED) $(PYTHON) -B -m pytest -q -s -p no:cacheprovider \
	    tests/boot/test_mutations.py -k no_flipped_bit

# All boot tests that make sense there, on each UEFI firmware (half an hour on two processors), or on
# each machine without a firmware (half an hour).
.PHONY: check-firmwares check-bare
check-firmwares: deps-check
	@rm -rf $(UEFI_FIRMWARES:%=$(RESULTS)/%)
	@$(MAKE) -k -j$(shell nproc) -O --no-print-directory $(UEFI_FILES); \
	    $(PYTHON) -B tests/summary.py table $@ $$? $(RESULTS) $(UEFI_FIRMWARES)

check-bare: deps-check
	@rm -rf $(BARE_FIRMWARES:%=$(RESULTS)/%)
	@$(MAKE) -k -j$(shell nproc) -O --no-print-directory $(BARE_FILES); \
	    $(PYTHON) -B tests/summary.py table $@ $$? $(RESULTS) $(BARE_FIRMWARES)

# Faulty discs on every controller; make check tries some (docs/trust.md has the table).
.PHONY: check-faults
check-faults:
	@WHELK_ALL_FAULTS=1 $(MAKE) --no-print-directory boot-chosen \
	    BOOT_TESTS="tests/boot/test_faulty_discs.py tests/boot/test_clocks.py"

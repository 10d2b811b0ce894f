# SPDX-License-Identifier: BSD-2-Clause
# make check-boot: boots ISOs in QEMU and looks at what the kernels were given.

include tests/kernels/build.mk

# Which tests: make check-boot BOOT_TESTS="tests/boot/test_placement.py -k smp"
BOOT_TESTS ?= tests/boot

.PHONY: check-boot
check-boot: $(BUILD)/whelk-mkrescue $(BUILD)/whelk-file kernels
	WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -ra --durations=5 -p no:cacheprovider $(BOOT_TESTS)

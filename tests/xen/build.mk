# SPDX-License-Identifier: BSD-2-Clause
# make check-xen: boots Debian's Xen with a dom0 in QEMU, and in it guests from Whelk's ISOs.

XEN_LAB   := $(BUILD)/xen
XEN_TESTS ?= tests/xen

.PHONY: check-xen check-xen-quick xen-run
# A second make, as this one may have been read before what it asks about was installed.
check-xen: deps-xen
	@$(MAKE) --no-print-directory xen-run

check-xen-quick: deps-xen
	@$(MAKE) --no-print-directory xen-run XEN_TESTS="tests/xen -m quick"

$(XEN_LAB)/dom0.cpio: $(addprefix tests/xen/,make-lab.sh dom0-init.sh vif-bridge.sh)
	@echo "LAB  $@"
	@tests/xen/make-lab.sh $(XEN_LAB)

xen-run: $(BUILD)/whelk $(BUILD)/whelk-mkrescue kernels $(XEN_LAB)/dom0.cpio
	WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -ra -p no:cacheprovider $(XEN_TESTS)

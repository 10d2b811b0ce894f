# SPDX-License-Identifier: BSD-2-Clause
# make check-xen: boots Debian's Xen with a dom0 in QEMU, and there guests from Whelk's ISOs.

XEN_LAB   := $(BUILD)/xen
XEN_TESTS ?= tests/xen

.PHONY: check-xen check-xen-quick xen-run xen-lab
# A second make reads the makefiles again: deps-xen may have installed what they look for.
check-xen: deps-xen
	@$(MAKE) --no-print-directory xen-run

check-xen-quick: deps-xen
	@$(MAKE) --no-print-directory xen-run XEN_TESTS="tests/xen -m quick"

xen-lab: deps-xen
	@$(MAKE) --no-print-directory $(XEN_LAB)/dom0.cpio

$(XEN_LAB)/dom0.cpio: $(addprefix tests/xen/,make-lab.sh dom0-init.sh vif-bridge.sh)
	@echo "LAB  $@"
	@tests/xen/make-lab.sh $(XEN_LAB)

xen-run: $(BUILD)/whelk $(BUILD)/whelk-mkrescue kernels $(XEN_LAB)/dom0.cpio
	@rm -rf $(RESULTS)/xen
	@$(RUN) $(RESULTS)/xen/pytest env WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -ra \
	    -p no:cacheprovider \
	    --junitxml=$(RESULTS)/xen/pytest.xml $(XEN_TESTS); \
	    $(PYTHON) -B tests/summary.py table check-xen $$? $(RESULTS) xen

# ---- make bench-xen: runs whelk bench --xen in that dom0, and writes its table to the README.
BENCH_XEN_RUNS  ?= 3
BENCH_XEN_SIZES ?= 1,8

.PHONY: bench-xen bench-xen-run
bench-xen: deps-xen
	@$(MAKE) --no-print-directory bench-xen-run

bench-xen-run: $(BUILD)/whelk $(XEN_LAB)/dom0.cpio
	@WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/xen/bench_xen.py --runs $(BENCH_XEN_RUNS) \
	    --sizes $(BENCH_XEN_SIZES) --json $(BUILD)/bench-xen.json --readme README.md iso

.PHONY: xen-settings
xen-settings: $(BUILD)/whelk $(BUILD)/whelk-mkrescue kernels $(XEN_LAB)/dom0.cpio
	@WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/xen/settings.py

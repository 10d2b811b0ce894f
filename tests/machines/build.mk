# SPDX-License-Identifier: BSD-2-Clause
# make check-machines: boots Whelk's ISO and GRUB's on every machine of tests/machines/machines.py,
# and writes the table of docs/machines.md.

# A regular expression for rows: make check-machines MACHINES='^Bochs'. Only a run of all rows writes
# the table. A run that was stopped goes on where it was with MACHINES_GO_ON=1.
MACHINES       ?=
MACHINES_GO_ON ?=

.PHONY: check-machines machines-run
# A second make reads the makefiles again: deps-machines may have installed what they look for.
check-machines: deps-machines
	@$(MAKE) --no-print-directory machines-run

machines-run: $(BUILD)/whelk-mkrescue kernels
	@$(if $(MACHINES_GO_ON),,rm -rf $(BUILD)/machines)
	@WHELK_COLD=1 WHELK_BUILD=$(abspath $(BUILD)) $(PYTHON) -B tests/machines/matrix.py \
	    --json $(BUILD)/machines/results.json --folder $(BUILD)/machines \
	    --only '$(MACHINES)' $(if $(MACHINES),,--document docs/machines.md)

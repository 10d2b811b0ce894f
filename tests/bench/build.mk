# SPDX-License-Identifier: BSD-2-Clause
# make bench: measures Whelk and its peers, writes the chart and the tables, checks the targets.

# How often each loader boots on the first platform. The targets require at least five.
BENCH_RUNS  ?= 7
BENCH_SIZES ?= 1,8,64

.PHONY: bench bench-run
# A second make reads the makefiles again, as deps-bench may have installed what they look for.
bench: deps-bench
	@$(MAKE) --no-print-directory bench-run

bench-run: $(BUILD)/whelk
	@$(PYTHON) -B tests/bench/bench.py --whelk $(BUILD)/whelk --runs $(BENCH_RUNS) \
	    --sizes $(BENCH_SIZES) --json $(BUILD)/bench.json --docs docs/bench --readme README.md iso

# The unit tests of whelk bench need its files that start no programs.
$(UNIT)/tools/bench/test_bench: \
    $(patsubst %,$(UNIT)/obj/tools/lib/%.o,json json_read markup utf8) \
    $(patsubst %,$(UNIT)/obj/tools/bench/%.o,chart compare html report saved statistics text \
                                             timing trace)

# SPDX-License-Identifier: BSD-2-Clause
# make check and its parts: check-lint, check-unit, check-fuzz; check-tools and check-boot are in
# tests/boot/build.mk.

FUZZ_RUNS    ?= 200000
FUZZ_SECONDS ?= 60
PYTEST       := env BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q \
                -p no:cacheprovider

# Each test leaves $(RESULTS)/PART/TEST.xml; tests/summary.py makes a table of these.
RESULTS     := $(BUILD)/results
RUN         := $(PYTHON) -B tests/summary.py run
CHECK_PARTS := lint unit fuzz tools boot

.PHONY: check check-lint check-unit check-fuzz
.PHONY: deps-build deps-static deps-demo deps-check deps-bench deps-xen deps-proofs \
        deps-machines
# The work is done by further makes, which read the makefiles again: these look for programs that
# deps-check may just have installed. The product is built first, because some tests ask make for
# parts of it. One target runs on each processor; -O prints the output of each in one piece.
check: deps-check
	@$(MAKE) -j$(shell nproc) -O --no-print-directory all kernels $(BUILD)/shim.efi $(CHAINED)
	@rm -rf $(CHECK_PARTS:%=$(RESULTS)/%) $(UNIT_TESTS:%=%.passed)
	@$(MAKE) -k -j$(shell nproc) -O --no-print-directory $(CHECK_PARTS:%=check-%); \
	    $(PYTHON) -B tests/summary.py table check $$? $(RESULTS) $(CHECK_PARTS)

deps-build deps-static deps-demo deps-check deps-bench deps-xen deps-proofs deps-machines: deps-%:
	@tests/install-deps.sh $*

# ---- Unit tests: test_*.c with cmocka, test_*.py with pytest, in folders that mirror the sources.
# Everything is compiled with sanitizers. A file directly in tests/unit is a program that tests run
# (UNIT_PROGRAMS), or it is linked into every test.
UNIT          := $(BUILD)/unit
UNIT_FLAGS    := $(WARNINGS) -Itests/unit/strict -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -g -O1 \
                 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_PROGRAMS := $(addprefix $(UNIT)/,iso9660_cat fat_cat decompress_cat config_shell)
UNIT_TESTS_C  := $(sort $(shell find tests/unit -name 'test_*.c'))
UNIT_TESTS    := $(UNIT_TESTS_C:tests/unit/%.c=$(UNIT)/%)
UNIT_COMMON_C := $(filter-out $(UNIT_PROGRAMS:$(UNIT)/%=tests/unit/%.c),$(wildcard tests/unit/*.c))
UNIT_LIBRARY  := $(patsubst %.c,$(UNIT)/obj/%.o,$(PURE_C) $(UNIT_COMMON_C))
UNIT_VENDORED := $(VENDORED:%.c=$(UNIT)/obj/%.o)

$(UNIT_VENDORED): $(UNIT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(UNIT_FLAGS) -w -c $< -o $@

$(UNIT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(UNIT_FLAGS) -c $< -o $@

# All pure code, as an archive: the linker takes only the files that a test needs. So a test can
# define a function itself instead.
$(UNIT)/libpure.a: $(UNIT_LIBRARY)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# The files of tools/ are not pure, so they are not in the archive. Each test names those it needs.
$(UNIT)/tools/lib/test_command: $(UNIT)/obj/tools/lib/command.o
$(UNIT)/tools/lib/test_json_read: $(patsubst %,$(UNIT)/obj/tools/lib/%.o,json_read markup utf8)
$(UNIT)/tools/lib/test_temporary: $(UNIT)/obj/tools/lib/temporary.o

$(UNIT_TESTS) $(UNIT_PROGRAMS): $(UNIT)/%: $(UNIT)/obj/tests/unit/%.o $(UNIT)/libpure.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_FLAGS) $(UNIT_LINK) $(filter %.o,$^) $(filter %.a,$^) -lcmocka -lz -llzma -llz4 \
	    -lzstd -lm -o $@

# In test_ahci and those of virtio the test plays the driver's device, in test_read the disc's driver.
# pace and patience belong to the drivers, and so are not pure.
# The code under test keeps addresses in 32 bits, so these programs are linked below 4 GiB.
$(addprefix $(UNIT)/stage2/disc/,test_ahci pc/test_virtio pc/test_virtio_blk test_read): \
    UNIT_LINK := -no-pie
$(UNIT)/stage2/disc/test_ahci: $(patsubst %,$(UNIT)/obj/stage2/disc/%.o,ahci.overlay ahci_drives)
$(UNIT)/stage2/disc/pc/test_virtio: $(UNIT)/obj/stage2/disc/pc/virtio.o
$(UNIT)/stage2/disc/pc/test_virtio_blk: $(UNIT)/obj/stage2/disc/pc/virtio_blk.o
$(UNIT)/stage2/disc/test_pace: $(UNIT)/obj/stage2/disc/pace.o
$(UNIT)/stage2/disc/test_patience: $(UNIT)/obj/stage2/disc/patience.o
$(UNIT)/stage2/disc/test_read: $(patsubst %,$(UNIT)/obj/stage2/disc/%.o,cache read staging)

# A test that passes leaves a stamp. make check-unit runs it again only after a change.
$(UNIT)/%.passed: $(UNIT)/%
	@echo "TEST $*"
	@mkdir -p $(dir $(RESULTS)/unit/$*)
	@result=$(RESULTS)/unit/$*; \
	$(RUN) $$result env CMOCKA_MESSAGE_OUTPUT=xml CMOCKA_XML_FILE=$$result.xml \
	    $< >$$result.log 2>&1 || \
	    { cat $$result.log; grep -B 1 -A 4 '<failure' $$result.xml; exit 1; }
	@touch $@

check-unit: $(UNIT_TESTS:%=%.passed) $(UNIT_PROGRAMS)
	@$(RUN) $(RESULTS)/unit/pytest $(PYTEST) --junitxml=$(RESULTS)/unit/pytest.xml tests/unit

# ---- Fuzzing: libFuzzer on all code that parses bytes from outside. make check-fuzz tries the same
# FUZZ_RUNS inputs each time, because a check must not fail by chance. make fuzz starts from the
# inputs that earlier runs have found, and takes FUZZ_SECONDS for each target.
FUZZ          := $(BUILD)/fuzz
FUZZ_FLAGS    := -D_GNU_SOURCE -g -O1 -fno-sanitize-recover=all
FUZZ_SANITIZE := address,undefined
FUZZ_LIBRARY  := $(PURE_C:%.c=$(FUZZ)/obj/%.o)
MACHINE_TARGETS := $(FUZZ)/fuzz_boot $(FUZZ)/fuzz_drivers
FUZZ_TARGETS  := $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/fuzz_*.c))

$(FUZZ)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "FUZZ $@"
	$(Q)$(FUZZ_CC) $(COMMON) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE) -c $< -o $@

$(FUZZ)/libpure.a: $(FUZZ_LIBRARY)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(filter-out $(MACHINE_TARGETS),$(FUZZ_TARGETS)): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(FUZZ)/libpure.a
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer,$(FUZZ_SANITIZE) $^ -lz -llzma -llz4 -lzstd -o $@

# ---- fuzz_boot and fuzz_drivers run the whole loader on a machine of tests/fuzz/machine. Its ports
# take the place of stage2/bus/io.h (-iquote). The loader's variables are in sections of their own, so
# that each boot finds them as the first did. Its addresses have 32 bits, and RAM begins where a PC's
# does: the program is linked above that RAM.
MACHINE         := $(FUZZ)/machine
MACHINE_LOADER  := $(patsubst %.c,$(MACHINE)/%.o,$(filter-out stage2/libc/%,$(LOADER_C)) \
                                                  boot/bios/native_disc.c)
MACHINE_MODEL   := $(patsubst %.c,$(MACHINE)/%.o,$(wildcard tests/fuzz/machine/*.c))
MACHINE_FLAGS   := -iquote tests/fuzz/machine -O2 -fno-sanitize-coverage=trace-cmp
MACHINE_WRAPPED := boot_hand_off disc_cache_evict entry_action_run staging_allocate
MACHINE_BASE    := 0x60000000

$(MACHINE_LOADER): $(MACHINE)/%.o: %.c
	$(Q)mkdir -p $(@D)
	@echo "FUZZ $@"
	$(Q)$(FUZZ_CC) $(COMMON) $(FUZZ_FLAGS) $(MACHINE_FLAGS) \
	    -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE) -c $< -o $@
	$(Q)objcopy --rename-section .data=loader_data --rename-section .bss=loader_bss $@

$(MACHINE_MODEL): $(MACHINE)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(COMMON) $(FUZZ_FLAGS) $(MACHINE_FLAGS) -fsanitize=$(FUZZ_SANITIZE) -c $< -o $@

$(MACHINE_TARGETS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(MACHINE_LOADER) $(MACHINE_MODEL)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer,$(FUZZ_SANITIZE) -no-pie \
	    -Wl,-Ttext-segment=$(MACHINE_BASE) $(MACHINE_WRAPPED:%=-Wl,--wrap=%) $^ -o $@

# The discs that are put into that machine are beside the programs.
MACHINE_DISCS := $(FUZZ)/discs/made
$(MACHINE_DISCS): tests/fuzz/make_discs.py tests/fuzz/kernel_files.py $(BUILD)/whelk-mkrescue
	@echo "DISC $(@D)"
	$(Q)BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) $< $(@D)
	$(Q)touch $@
$(MACHINE_TARGETS:$(FUZZ)/fuzz_%=seeds-%): $(MACHINE_DISCS)

# A boot takes longer than the reading of a header.
FUZZ_RUNS_boot    ?= 20000
FUZZ_RUNS_drivers ?= 20000

# libFuzzer makes inputs from the values that the program compares, and some of these are addresses.
# So the inputs are the same each time only without address space layout randomization, which
# setarch -R switches off. Some containers forbid that; there the randomization stays on.
FUZZ_FIXED    = $(shell setarch -R true 2>/dev/null && echo setarch -R)

# The first inputs of fuzz_NAME: the files in tests/fuzz/seeds/NAME/, and those that
# tests/fuzz/make_seeds_NAME.py makes.
FUZZ_NAMES := $(FUZZ_TARGETS:$(FUZZ)/fuzz_%=%)
run_fuzz    = $(1) $(FUZZ)/fuzz_$* $(2) -timeout=10 -rss_limit_mb=1024 \
              -artifact_prefix=$(FUZZ)/found/$*- \
              $(FUZZ)/corpus/$* $(FUZZ)/seeds/$* >$(FUZZ)/$*.log 2>&1 || \
              { tail -60 $(FUZZ)/$*.log; exit 1; }; tail -1 $(FUZZ)/$*.log

.PHONY: fuzz $(FUZZ_NAMES:%=seeds-%) $(FUZZ_NAMES:%=check-fuzz-%) $(FUZZ_NAMES:%=fuzz-%)
$(FUZZ_NAMES:%=seeds-%): seeds-%: $(FUZZ)/fuzz_% $(UNIT_PROGRAMS)
	@mkdir -p $(FUZZ)/corpus/$* $(FUZZ)/seeds/$* $(FUZZ)/found
	@if [ -d tests/fuzz/seeds/$* ]; then cp -r tests/fuzz/seeds/$*/. $(FUZZ)/seeds/$*/; fi
	@if [ -f tests/fuzz/make_seeds_$*.py ]; then \
	    BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 \
	        $(PYTHON) tests/fuzz/make_seeds_$*.py $(FUZZ)/seeds/$*; fi

$(FUZZ_NAMES:%=check-fuzz-%): check-fuzz-%: seeds-%
	@echo "FUZZ $* with $(or $(FUZZ_RUNS_$*),$(FUZZ_RUNS)) inputs"
	@rm -rf $(FUZZ)/corpus/$* && mkdir $(FUZZ)/corpus/$*
	@$(call run_fuzz,$(RUN) $(RESULTS)/fuzz/$* $(FUZZ_FIXED),-seed=1 \
	    -runs=$(or $(FUZZ_RUNS_$*),$(FUZZ_RUNS)))

$(FUZZ_NAMES:%=fuzz-%): fuzz-%: seeds-%
	@echo "FUZZ $* for $(FUZZ_SECONDS) s"
	@$(call run_fuzz,,-max_total_time=$(FUZZ_SECONDS))

check-fuzz: $(FUZZ_NAMES:%=check-fuzz-%)
fuzz: $(FUZZ_NAMES:%=fuzz-%)

# Which lines the fuzzers reach together with COVERAGE_RUNS inputs each, from their seeds and from
# what make fuzz has found. The programs are built once more for that.
COVERAGE       := $(BUILD)/fuzz-coverage
COVERAGE_LEAST ?= 0
COVERAGE_RUNS  ?= 20000
COVERAGE_FLAGS := $(FUZZ_FLAGS) -fprofile-instr-generate -fcoverage-mapping
.PHONY: coverage
coverage:
	@$(MAKE) --no-print-directory FUZZ=$(COVERAGE) FUZZ_FLAGS='$(COVERAGE_FLAGS)' \
	    $(FUZZ_NAMES:%=seeds-%)
	@$(PYTHON) -B tests/fuzz/coverage.py $(COVERAGE) $(FUZZ)/corpus $(COVERAGE_RUNS) \
	    $(COVERAGE_LEAST) loader stage2

# ---- Proofs: Frama-C on the pure parsers (tests/proofs). They are no part of make check, as Debian
# 13 has no Frama-C.
.PHONY: check-proofs
check-proofs: deps-proofs
	@$(PYTHON) -B tests/proofs/prove.py $(BUILD)/proofs

# ---- Lint. Vendored code stays as its authors wrote it, and is not checked.
LINT_FOLDERS := loader stage2 boot tools tests findings
LINT_C       := $(shell find $(LINT_FOLDERS) -name '*.[ch]' \
                    $(VENDORED_FOLDERS:%=-not -path '%*') | sort)
LINT_SH      := $(shell find $(LINT_FOLDERS) .ci -name '*.sh' -o -path '.ci/run' | sort)
# These files are in the BIOS boot image or the bare loader only: 32-bit code whose C library is
# stage2/libc.
LINT_BIOS_C  := $(filter-out $(PURE_C) %.host.c,$(filter stage2/%.c boot/bios/%.c boot/bare/%.c boot/pc/%.c,$(LINT_C)))
LINT_EFI_C   := $(filter-out %.host.c,$(filter boot/efi/%.c tools/bench/probe/starter.c \
                                               tests/harness/shim/uefi.c,$(LINT_C)))
LINT_HOST_C  := $(filter-out $(LINT_BIOS_C) $(LINT_EFI_C) tests/%,$(filter %.c,$(LINT_C)))
TIDY_FLAGS   := -std=gnu11 -I. -D_GNU_SOURCE -DWHELK_VERSION='"$(VERSION)"'

LINT         = $(RUN) $(RESULTS)/lint/$(@:lint-%=%)

.PHONY: lint-rules lint-format lint-shell lint-cppcheck lint-tidy
lint-rules:
	@$(LINT) $(PYTHON) tests/lint/rules.py

lint-format:
	@$(LINT) clang-format --dry-run -Werror $(LINT_C)

lint-shell:
	@$(LINT) shellcheck -x $(LINT_SH)

# Warnings that are left out, in this order: missing system headers; comparisons and differences of
# linker symbols, which cppcheck takes for unrelated objects; variables that a call of the firmware
# fills; notes on how thorough cppcheck was; in tests, a crash when memory runs out.
CPPCHECK_LEAVES_OUT := missingIncludeSystem comparePointers subtractPointers ctuuninitvar \
    normalCheckLevelMaxBranches \
    nullPointerOutOfMemory:tests/* nullPointerArithmeticOutOfMemory:tests/* \
    ctunullpointerOutOfMemory:tests/*

lint-cppcheck:
	@$(LINT) cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 $(CPPCHECK_LEAVES_OUT:%='--suppress=%') -I. \
	    -DWHELK_VERSION='"$(VERSION)"' $(filter %.c,$(LINT_C))

lint-tidy:
	@$(LINT)-host clang-tidy --quiet $(LINT_HOST_C) -- $(TIDY_FLAGS)
	@$(LINT)-bios clang-tidy --quiet $(LINT_BIOS_C) -- $(TIDY_FLAGS) -m32 -ffreestanding \
	    -nostdinc -isystem $(shell $(FUZZ_CC) -print-resource-dir 2>/dev/null)/include -Istage2/libc
	@$(LINT)-efi clang-tidy --quiet $(LINT_EFI_C) -- $(TIDY_FLAGS) -ffreestanding -fshort-wchar \
	    $(EFI_INCLUDE_x64) -isystem $(EFI_HEADERS) -nostdinc \
	    -isystem $(shell $(FUZZ_CC) -print-resource-dir 2>/dev/null)/include -Istage2/libc

check-lint: lint-rules lint-format lint-shell lint-cppcheck lint-tidy

-include tests/boot/build.mk
-include tests/xen/build.mk
-include tests/machines/build.mk

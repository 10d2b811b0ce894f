# SPDX-License-Identifier: BSD-2-Clause
# The program whelk, the hybrid MBR, installation, the Debian package, help.

# The user's CPPFLAGS, CFLAGS and LDFLAGS are for the host program only.
HOST_CFLAGS   := -O2 $(DEBUG) $(WARNINGS) $(CPPFLAGS) $(CFLAGS)
TOOLS_CFLAGS  := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
TOOLS_LIBS    := -lisofs -lm
TOOLS_OBJECTS := $(patsubst %.c,$(BUILD)/host/%.o,$(TOOLS_C) $(filter-out boot/%,$(PURE_C)))

MBR_MAX_BYTES := 440

# What starts a machine without a firmware: in the program, and installed as files.
BARE_IMAGES := whelk.rom whelk.elf whelk-hvm.elf

$(BUILD)/mbr.img: boot/bios/mbr.asm tools/build.mk
	@mkdir -p $(@D)
	@echo "ASM  $<"
	$(Q)$(NASM) -f bin $(ASM_WARNINGS) -o $@ $<
	@size=$$(stat -c %s $@); if [ $$size -gt $(MBR_MAX_BYTES) ]; then \
	    echo "$@: $$size bytes, more than $(MBR_MAX_BYTES)" >&2; rm -f $@; exit 1; fi

# The makefiles set the flags: a change rebuilds all objects.
$(TOOLS_OBJECTS): Makefile tools/build.mk

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/host/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(HOST_CFLAGS) $(TOOLS_CFLAGS) -c -o $@ $<

$(patsubst %.c,$(BUILD)/host/%.o,$(VENDORED)): $(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(HOST_CFLAGS) -w -c -o $@ $<

$(BUILD)/host/tools/lib/embedded.o: tools/lib/embedded.c \
    $(addprefix $(BUILD)/,boot.img mbr.img BOOTX64.EFI BOOTIA32.EFI $(BARE_IMAGES))
	@mkdir -p $(@D)
	@echo "CC   $@"
	$(Q)$(CC) $(COMMON) $(HOST_CFLAGS) $(TOOLS_CFLAGS) -Wa,-I,$(BUILD) -c -o $@ $<

$(BUILD)/host/tools/lib/topics.o: docs/boot-errors.md docs/how-to.md

$(BUILD)/whelk: $(TOOLS_OBJECTS)
	@echo "LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(TOOLS_LIBS)

$(BUILD)/whelk-mkrescue $(BUILD)/whelk-file: $(BUILD)/whelk
	@ln -sf whelk $@

# ---- A program that needs no library of the machine it runs on. Of libisofs' own libraries, Whelk
# uses neither ACLs nor jigdo's, but the archives refer to them. The linker warns of names that
# glibc looks up by plug-ins; only texts of ACLs would do so.
STATIC_LIBS := -lisofs -lacl -ljte -lz -lbz2 -lpthread -lm

.PHONY: static
static: $(BUILD)/static/whelk
	@echo "$<: $$(stat -c %s $<) bytes, needs no shared library"

$(BUILD)/static/whelk: $(TOOLS_OBJECTS)
	@mkdir -p $(@D)
	@echo "LD   $@"
	$(Q)$(CC) $(LDFLAGS) -static -o $@ $^ $(STATIC_LIBS) >$@.log 2>&1 || { \
	    cat $@.log >&2; echo "$@: needs the static libraries: make deps-static" >&2; exit 1; }

# ---- A release: the sources of HEAD, and the static program with all that make install installs.
# The same commit gives the same files. What stands in packaging/ for the version and for the
# archives' checksums is filled in.
DIST    := $(BUILD)/dist
SOURCES := whelk-$(VERSION).tar.gz
PROGRAM := whelk-$(VERSION)-$(shell uname -m)-linux.tar.gz
sha256  = $$(sha256sum $(abspath $(DIST))/$(1) | cut -d ' ' -f 1)

.PHONY: dist
dist: $(BUILD)/static/whelk
	@git rev-parse --verify --quiet HEAD >/dev/null || { \
	    echo "make dist: archives a commit of git, and this is no checkout" >&2; exit 1; }
	$(Q)rm -rf $(DIST)
	$(Q)mkdir -p $(DIST)/root
	$(Q)git archive --format=tar --prefix=whelk-$(VERSION)/ HEAD | gzip -9n >$(DIST)/$(SOURCES)
	$(Q)$(MAKE) --no-print-directory install PROGRAM_FILE=$(BUILD)/static/whelk PREFIX= \
	    DESTDIR=$(DIST)/root/whelk-$(VERSION) >/dev/null
	$(Q)tar -c --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
	    --mtime=@$$(git log -1 --format=%ct) -C $(DIST)/root whelk-$(VERSION) | \
	    gzip -9n >$(DIST)/$(PROGRAM)
	$(Q)rm -r $(DIST)/root
	$(Q)cd packaging && find . -type f | while read -r file; do \
	    mkdir -p "$(abspath $(DIST))/packaging/$${file%/*}" && \
	    sed -e "s/@VERSION@/$(VERSION)/g" -e "s/@SOURCES_SHA256@/$(call sha256,$(SOURCES))/g" \
	        -e "s/@PROGRAM_SHA256@/$(call sha256,$(PROGRAM))/g" \
	        "$$file" >"$(abspath $(DIST))/packaging/$$file" || exit 1; done
	$(Q)cd $(DIST) && sha256sum $(SOURCES) $(PROGRAM) >SHA256SUMS && cat SHA256SUMS

BINDIR   := $(DESTDIR)$(PREFIX)/bin
SHAREDIR := $(DESTDIR)$(PREFIX)/share
DATADIR  := $(SHAREDIR)/whelk
MANDIR   := $(SHAREDIR)/man/man1
BASHDIR  := $(SHAREDIR)/bash-completion/completions
ZSHDIR   := $(SHAREDIR)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
FISHDIR  := $(SHAREDIR)/fish/vendor_completions.d
DOCDIR   := $(SHAREDIR)/doc/whelk
CMAKEDIR := $(SHAREDIR)/cmake/Whelk
MANUALS  := $(sort $(wildcard docs/*.1))
# Installed as they are here, so that what one calls docs/X.md is there for the others.
DOCUMENTS := README.md CHANGELOG.md LICENSE \
             $(sort $(wildcard $(addprefix docs/,*.md *.png bench/*.md bench/*.svg)))
LINKS    := whelk-mkrescue whelk-file

# The program that is installed.
PROGRAM_FILE := $(BUILD)/whelk

.PHONY: install uninstall deb help
install: $(PROGRAM_FILE)
	$(Q)install -d $(BINDIR) $(DATADIR) $(MANDIR) $(BASHDIR) $(ZSHDIR) $(FISHDIR) \
	    $(DOCDIR)/docs/bench $(CMAKEDIR)
	$(Q)install -m 755 $(PROGRAM_FILE) $(BINDIR)/whelk
	$(Q)install -m 644 $(BARE_IMAGES:%=$(BUILD)/%) $(DATADIR)
	$(Q)for page in $(MANUALS); do \
	    sed -e '/^\.TH /s/"Whelk"/"Whelk $(VERSION)"/' \
	        -e 's|docs/\([a-z\\-]*\.md\)|$(PREFIX)/share/doc/whelk/docs/\1|g' \
	        $$page >$(MANDIR)/$${page##*/} || exit 1; done
	$(Q)chmod 644 $(MANUALS:docs/%=$(MANDIR)/%)
	$(Q)install -m 644 tools/completion/whelk.bash $(BASHDIR)/whelk
	$(Q)install -m 644 tools/completion/_whelk $(ZSHDIR)
	$(Q)install -m 644 tools/completion/whelk.fish $(FISHDIR)
	$(Q)install -m 644 packaging/cmake/WhelkConfig.cmake $(CMAKEDIR)
	$(Q)for link in $(LINKS); do ln -sf whelk $(BINDIR)/$$link; ln -sf whelk $(BASHDIR)/$$link; done
	$(Q)ln -sf whelk-check.1 $(MANDIR)/whelk-file.1
	$(Q)for file in $(DOCUMENTS); do install -m 644 $$file $(DOCDIR)/$$file || exit 1; done
	@echo "installed: $(BINDIR)/whelk, $(LINKS:%=%,) manual pages, documents, completions"

uninstall:
	$(Q)rm -f $(BINDIR)/whelk $(LINKS:%=$(BINDIR)/%) $(MANUALS:docs/%=$(MANDIR)/%) $(MANDIR)/whelk-file.1
	$(Q)rm -f $(BARE_IMAGES:%=$(DATADIR)/%)
	$(Q)if [ -d $(DATADIR) ]; then rmdir --ignore-fail-on-non-empty $(DATADIR); fi
	$(Q)rm -f $(BASHDIR)/whelk $(LINKS:%=$(BASHDIR)/%) $(ZSHDIR)/_whelk $(FISHDIR)/whelk.fish
	$(Q)rm -f $(DOCUMENTS:%=$(DOCDIR)/%)
	$(Q)rm -f $(CMAKEDIR)/WhelkConfig.cmake
	$(Q)for folder in $(DOCDIR)/docs/bench $(DOCDIR)/docs $(DOCDIR) $(CMAKEDIR); do \
	    if [ -d $$folder ]; then rmdir --ignore-fail-on-non-empty $$folder; fi; done
	@echo "removed: $(BINDIR)/whelk, $(LINKS:%=%,) manual pages, documents, completions"

# Builds a Debian package in $(BUILD)/deb, from a copy: the sources' folders stay clean.
deb:
	@tests/install-deps.sh deb
	$(Q)rm -rf $(BUILD)/deb
	$(Q)mkdir -p $(BUILD)/deb/whelk-$(VERSION)
	$(Q)tar -c --exclude=__pycache__ Makefile README.md CHANGELOG.md LICENSE boot stage2 loader linker \
	    tools tests docs debian packaging | tar -x -C $(BUILD)/deb/whelk-$(VERSION)
	$(Q)cd $(BUILD)/deb/whelk-$(VERSION) && \
	    env -u BUILD -u MAKEFLAGS -u MAKEOVERRIDES -u PREFIX -u DESTDIR \
	    dpkg-buildpackage --build=binary --no-sign
	$(Q)rm -r $(BUILD)/deb/whelk-$(VERSION)
	@echo "built: $$(ls $(BUILD)/deb/whelk_$(VERSION)_*.deb)"

# Names every target that is meant for people; a test compares.
help:
	@echo 'Build and install'
	@echo '  make                  build the boot images and the tools in $(BUILD)/ (15 seconds)'
	@echo '  make all              the same'
	@echo '  make install          install program, manual pages, documents, completions (PREFIX=, DESTDIR=)'
	@echo '  make uninstall        remove them again'
	@echo '  make deb              build a Debian package in $(BUILD)/deb (a minute)'
	@echo '  make static           build a program that needs no shared library'
	@echo '  make dist             archives for a release in $(BUILD)/dist, with their checksums'
	@echo '  make clean            remove $(BUILD)/'
	@echo 'Try and test (durations: on two processors, packages installed)'
	@echo '  make demo             boot the sample tree iso/ in QEMU (seconds)'
	@echo '  make check            all of the next five (twenty minutes)'
	@echo '  make check-lint       formatting, static analysis, rules of the layers'
	@echo '  make check-unit       unit tests, with sanitizers (three minutes)'
	@echo '  make check-fuzz       each fuzzer with the same FUZZ_RUNS=$(FUZZ_RUNS) inputs'
	@echo '  make check-tools      what the program makes and says'
	@echo '  make check-boot       boots in QEMU by SeaBIOS (15 minutes; BOOT_TESTS= for some)'
	@echo '  make check-firmwares  the boots on three UEFI firmwares (half an hour)'
	@echo '  make check-mutations  boots with flipped bits, N=$(N) on each firmware (a second each)'
	@echo '  make check-bare       the boots on machines without a firmware (half an hour)'
	@echo '  make check-faults     every controller with discs that fail (ten minutes)'
	@echo '  make check-xen        guests of a real Xen, itself in QEMU (ten minutes)'
	@echo '  make check-xen-quick  the few that say whether Xen works at all (minutes)'
	@echo '  make check-proofs     proofs that the pure parsers have no run-time errors (minutes; Debian 12)'
	@echo '  make check-machines   every machine that QEMU and Bochs have, beside GRUB (half an hour)'
	@echo '  make fuzz             search on at random (FUZZ_SECONDS=$(FUZZ_SECONDS) for each fuzzer)'
	@echo '  make coverage         which lines the fuzzers reach (ten minutes; needs the package llvm)'
	@echo 'Measure on a quiet machine, and write what comes of it into README.md'
	@echo '  make bench            boot times of Whelk and its peers (half an hour)'
	@echo '  make bench-xen        the same in guests of Xen (ten minutes)'
	@echo 'Install the Debian packages for a purpose (as root; otherwise say which are missing)'
	@echo '  make deps-build deps-static deps-demo deps-check deps-bench deps-xen deps-proofs deps-machines'
	@echo 'Variables: BUILD=$(BUILD) CC=$(CC) NASM=$(NASM) PREFIX DESTDIR V=1 (show the commands)'

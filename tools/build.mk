# SPDX-License-Identifier: BSD-2-Clause
# The host program, the hybrid MBR, install and help.

HOST_CFLAGS   := -O2 -g -ffile-prefix-map=$(CURDIR)=. $(WARNINGS)
TOOLS_CFLAGS  := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
TOOLS_OBJECTS := $(patsubst %.c,$(BUILD)/host/%.o,$(TOOLS_C) $(PURE_C))

MBR_MAX_BYTES := 440

$(BUILD)/mbr.img: boot/bios/mbr.asm tools/build.mk
	@mkdir -p $(@D)
	@echo "ASM  $<"
	@$(NASM) -f bin -w+all -Werror -o $@ $<
	@size=$$(stat -c %s $@); if [ $$size -gt $(MBR_MAX_BYTES) ]; then \
	    echo "$@: $$size bytes, more than $(MBR_MAX_BYTES)" >&2; rm -f $@; exit 1; fi

# The flags are in the makefiles.
$(TOOLS_OBJECTS): Makefile tools/build.mk

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	@$(CC) $(COMMON) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/host/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	@$(CC) $(COMMON) $(HOST_CFLAGS) $(TOOLS_CFLAGS) -c -o $@ $<

$(patsubst %.c,$(BUILD)/host/%.o,$(VENDORED)): $(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC   $@"
	@$(CC) $(COMMON) $(HOST_CFLAGS) -w -c -o $@ $<

$(BUILD)/host/tools/embedded.o: tools/embedded.c $(BUILD)/boot.img $(BUILD)/mbr.img
	@mkdir -p $(@D)
	@echo "CC   $@"
	@$(CC) $(COMMON) $(HOST_CFLAGS) $(TOOLS_CFLAGS) -Wa,-I,$(BUILD) -c -o $@ $<

$(BUILD)/whelk: $(TOOLS_OBJECTS)
	@echo "LD   $@"
	@$(CC) -o $@ $^

$(BUILD)/whelk-mkrescue $(BUILD)/whelk-file: $(BUILD)/whelk
	@ln -sf whelk $@

BINDIR := $(DESTDIR)$(PREFIX)/bin
MANDIR := $(DESTDIR)$(PREFIX)/share/man/man1
MANUALS := $(sort $(wildcard docs/*.1))

.PHONY: install uninstall help
install: $(BUILD)/whelk
	install -d $(BINDIR) $(MANDIR)
	install -m 755 $(BUILD)/whelk $(BINDIR)/whelk
	ln -sf whelk $(BINDIR)/whelk-mkrescue
	ln -sf whelk $(BINDIR)/whelk-file
	install -m 644 $(MANUALS) $(MANDIR)
	ln -sf whelk-check.1 $(MANDIR)/whelk-file.1

uninstall:
	rm -f $(BINDIR)/whelk $(BINDIR)/whelk-mkrescue $(BINDIR)/whelk-file
	rm -f $(MANUALS:docs/%=$(MANDIR)/%) $(MANDIR)/whelk-file.1

help:
	@echo 'make            build boot image and tools under $(BUILD)/'
	@echo 'make demo       build and boot the sample tree iso/'
	@echo 'make check      run all tests'
	@echo 'make bench      measure how long Whelk and its peers take to boot (half an hour)'
	@echo 'make install    install whelk, whelk-mkrescue and the manual page (PREFIX=$(PREFIX), DESTDIR=)'
	@echo 'make uninstall  remove them again'
	@echo 'make clean      remove $(BUILD)/'
	@echo 'Variables: BUILD=$(BUILD) CC=$(CC) NASM=$(NASM) PREFIX DESTDIR'

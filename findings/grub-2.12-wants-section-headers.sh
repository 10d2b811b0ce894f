#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: GRUB 2.12 refuses a Multiboot 1 kernel that is an ELF file without section headers.
#
# What we guessed: every GRUB 2 boots such a kernel. ELF makes section headers optional (e_shoff is
# 0 then), Multiboot 1 does not ask for them, and a loader needs only the program headers.
#
# What is so: GRUB 2.06 (Debian 12) boots the kernel. GRUB 2.12 (Debian 13) does not load it. Both
# boot the same kernel with two section headers, so nothing else in the kernel is the reason.
#
# Seen on 2026-11-30, on Debian 12 (QEMU 7.2.22, xorriso 1.5.4, NASM 2.16.01) and on Debian 13
# (QEMU 10.0.13, xorriso 1.5.6, NASM 2.16.03):
#
#   GRUB 2.06-13+deb12u2, kernel without section headers: boots
#       the kernel runs
#   GRUB 2.06-13+deb12u2, kernel with section headers: boots
#       the kernel runs
#   GRUB 2.12-9+deb13u4, kernel without section headers: refuses
#       error: invalid section header table offset in e_shoff.
#       error: you need to load the kernel first.
#   GRUB 2.12-9+deb13u4, kernel with section headers: boots
#       the kernel runs
#
# Usage: findings/grub-2.12-wants-section-headers.sh
# It needs x86-64, Debian's apt and archive keyring, NASM, xorriso, QEMU and the network, but
# neither Whelk nor root. It downloads both GRUBs and their libraries into a temporary folder and
# installs nothing. A Debian mirror keeps only the newest version of a package: GRUB_12 and GRUB_13
# select other versions, MIRROR another mirror than the one that apt uses here.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

GRUB_12=${GRUB_12:-2.06-13+deb12u2}
GRUB_13=${GRUB_13:-2.12-9+deb13u4}
# What grub-mkrescue is linked with. The libraries of the system may be too old for it.
LIBRARIES="libc6 libdevmapper1.02.1 liblzma5 libselinux1 libpcre2-8-0 libudev1 libcap2"
LIBRARIES_12="$LIBRARIES libefivar1 libefiboot1"
LIBRARIES_13="$LIBRARIES libefivar1t64 libefiboot1t64"

GREETING="the kernel runs"
REFUSAL="invalid section header table offset in e_shoff"
KERNEL_EXIT=16                        # what the kernel writes to isa-debug-exit
QEMU_EXIT=$((KERNEL_EXIT * 2 + 1))    # what QEMU makes of it
LIMIT=60                              # seconds per boot
EXPECTED="boots boots refuses boots "

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
need nasm xorriso qemu-system-i386

# unpack_grub SUITE VERSION LIBRARY…: makes $work/VERSION, with this GRUB and the suite's libraries.
unpack_grub() {
    local suite=$1 version=$2
    shift 2
    fetch "$work/$version" "grub-pc-bin=$version" "grub-common=$version" "${@/%//$suite}"
}

# make_kernel FILE NASM-OPTION…: with -DSECTIONS the kernel has section headers.
make_kernel() {
    local output=$1
    shift
    cat >"$work/kernel.asm" <<'SOURCE'
        bits 32
        org 0x100000

file:   db 0x7f, "ELF", 1, 1, 1         ; 32 bits, little-endian, version 1
        times 9 db 0
        dw 2, 3                         ; executable, i386
        dd 1, start, program - file     ; e_version, e_entry, e_phoff
%ifdef SECTIONS
        dd sections - file, 0           ; e_shoff, e_flags
        dw 52, 32, 1, 40, 2, 1          ; header; program headers; section headers, names in 1
%else
        dd 0, 0
        dw 52, 32, 1, 0, 0, 0
%endif
program:                                ; PT_LOAD: the whole file, to be read, written, executed
        dd 1, 0, file, file, end - file, end - file, 7, 4096

        align 4
        dd 0x1badb002, 0, -0x1badb002   ; Multiboot 1: magic, flags, checksum

start:  mov esi, greeting
        cld
.next:  mov dx, 0x3fd                   ; COM1's line status: wait until it takes a character
.wait:  in al, dx
        test al, 0x20
        jz .wait
        lodsb
        test al, al
        jz .exit
        mov dx, 0x3f8
        out dx, al
        jmp .next
.exit:  mov al, KERNEL_EXIT
        out 0xf4, al                    ; isa-debug-exit
        hlt
greeting:
        db GREETING, 13, 10, 0

%ifdef SECTIONS
names:  db 0, ".shstrtab", 0
names_end:
        align 4
sections:
        times 40 db 0                   ; SHN_UNDEF
        dd 1, 3, 0, 0, names - file, names_end - names, 0, 0, 1, 0      ; SHT_STRTAB
%endif
end:
SOURCE
    nasm -f bin -o "$output" "-DGREETING='$GREETING'" "-DKERNEL_EXIT=$KERNEL_EXIT" "$@" \
        "$work/kernel.asm" || not_tried "NASM cannot assemble the kernel"
}

# make_iso VERSION TREE ISO
make_iso() {
    local root=$work/$1 linker libraries
    linker=$(find "$root" -path '*/x86_64-linux-gnu/ld-linux-x86-64.so.2')
    libraries=$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu
    "$linker" --library-path "$libraries" "$root/usr/bin/grub-mkrescue" \
        -d "$root/usr/lib/grub/i386-pc" --fonts= --locales= --themes= -o "$3" "$2" \
        >"$work/mkrescue.log" 2>&1 ||
        { cat "$work/mkrescue.log" >&2; not_tried "grub-mkrescue $1 fails"; }
}

# try VERSION KERNEL: boots the kernel, prints what came of it, and sets the variable result.
try() {
    local version=$1 kernel=$2 tree=$work/tree status=0
    rm -rf "$tree"
    mkdir -p "$tree/boot/grub"
    cp "$work/$kernel" "$tree/kernel"
    cat >"$tree/boot/grub/grub.cfg" <<'CONFIG'
serial --unit=0 --speed=115200
terminal_output serial
multiboot /kernel
boot
reboot
CONFIG
    rm -f "$work/disc.iso" "$work/serial"
    make_iso "$version" "$tree" "$work/disc.iso"
    # -no-reboot: the config's last command ends QEMU if the kernel has not started.
    timeout "$LIMIT" qemu-system-i386 -display none -no-reboot -serial "file:$work/serial" \
        -device isa-debug-exit,iobase=0xf4 -cdrom "$work/disc.iso" || status=$?
    [ $status != 1 ] || not_tried "QEMU does not start"

    if [ $status = $QEMU_EXIT ] && grep -q "$GREETING" "$work/serial"; then
        result=boots
    elif [ $status = 0 ] && grep -q "$REFUSAL" "$work/serial"; then
        result=refuses
    else
        result="neither boots nor refuses as expected (status of QEMU: $status)"
    fi
    echo "GRUB $version, kernel ${kernel//-/ }: $result"
    # Without what GRUB sends to a terminal besides text.
    tr -d '\r' <"$work/serial" | sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/^/    /'
}

prepare_apt bookworm trixie
# shellcheck disable=SC2086  # lists of words
{
    unpack_grub bookworm "$GRUB_12" $LIBRARIES_12
    unpack_grub trixie "$GRUB_13" $LIBRARIES_13
}
make_kernel "$work/without-section-headers"
make_kernel "$work/with-section-headers" -DSECTIONS

qemu-system-i386 --version | head -n 1
xorriso --version 2>&1 | head -n 1
nasm --version
seen=
for version in "$GRUB_12" "$GRUB_13"; do
    for kernel in without-section-headers with-section-headers; do
        try "$version" "$kernel"
        seen="$seen$result "
    done
done

conclude "GRUB $GRUB_13 wants section headers, GRUB $GRUB_12 does not."

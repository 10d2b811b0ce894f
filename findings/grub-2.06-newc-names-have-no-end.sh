#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: the cpio archive that GRUB 2.06 makes for "initrd newc:" has names without a NUL.
#
# What we guessed: "initrd newc:NAME:FILE" gives the kernel what "cpio -o -H newc" would make of the
# file: the format's name ends with a NUL, and the header's size of the name counts it.
#
# What is so: the size is that of the characters alone. If header and name fill words of 4 bytes, as
# with a name of 2 characters or 6, the contents follow at once, and the name does not end for a
# reader that looks for the NUL; else the padding ends it by chance. GNU cpio, which goes by the
# size, reads both. A loader that takes over such a config writes the NUL and counts it.
#
# Seen on 2026-12-01 with Debian 12's GRUB 2.06-13+deb12u2 in its QEMU 7.2.22 with SeaBIOS 1.16.2
# (the start of the initrd for "newc:NAME:/file", whose contents are "contents"; NULs are dots; and
# the same by GNU cpio 2.13):
#
#   a, GRUB: size 1, a.contents
#   a, cpio: size 2, a.contents
#   ab, GRUB: size 2, abcontents
#   ab, cpio: size 3, ab....contents
#   abc, GRUB: size 3, abc...contents
#   abc, cpio: size 4, abc...contents
#
# Usage: findings/grub-2.06-newc-names-have-no-end.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="grub-pc-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2 xorriso=1.5.4-4
    qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1 cpio=2.13+dfsg-7.1"
LIMIT=60                              # seconds that a program may run
EXPECTED="a, GRUB: size 1, a.contents
a, cpio: size 2, a.contents
ab, GRUB: size 2, abcontents
ab, cpio: size 3, ab....contents
abc, GRUB: size 3, abc...contents
abc, cpio: size 4, abc...contents"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"

# A kernel in Linux's form, boot protocol 2.03, that writes its initrd to the debug port.
make_kernel() {
    cat >"$work/kernel.asm" <<'SOURCE'
        times 0x1f1 db 0
        db 1                            ; setup_sects
        times 0x1fe - ($ - $$) db 0
        dw 0xaa55
        jmp short $ + 0x42
        db "HdrS"
        dw 0x203
        times 0x211 - ($ - $$) db 0
        db 1                            ; loadflags: the kernel is at 1 MiB
        dw 0
        dd 0x100000                     ; code32_start
        times 0x22c - ($ - $$) db 0
        dd 0x37ffffff                   ; initrd_addr_max
        times 1024 - ($ - $$) db 0
        bits 32
        mov ecx, [esi + 0x21c]          ; ramdisk_size
        mov esi, [esi + 0x218]          ; ramdisk_image
        mov dx, 0xe9
        rep outsb
        mov al, 16
        out 0xf4, al                    ; isa-debug-exit
        hlt
        times 2048 - ($ - $$) db 0
SOURCE
    unpacked nasm -f bin -o "$work/tree/kernel" "$work/kernel.asm" || not_tried "NASM fails"
}

# show ARCHIVE: the size of the first name in its header, the name and what is after it.
show() {
    [ "$(head -c 6 "$1")" = 070701 ] || not_tried "there is no cpio archive in $1"
    echo "size $((16#$(head -c 102 "$1" | tail -c 8)))," \
        "$(tail -c +111 "$1" | sed 's/contents.*/contents/' | head -c 20 | tr '\0' . |
            sed 's/contents.*/contents/')"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_xorriso
mkdir "$work/tree"
make_kernel
printf contents >"$work/tree/file"
QEMU_EXIT=33                          # what QEMU makes of the kernel's 16
# shellcheck disable=SC2054  # commas of QEMU's
BOOT_OPTIONS=(-chardev "file,id=port,path=$work/initrd"
    -device isa-debugcon,iobase=0xe9,chardev=port -device isa-debug-exit,iobase=0xf4)
seen=$(
    for name in a ab abc; do
        boot_grub <<<"linux /kernel
initrd newc:$name:/file
boot" >/dev/null
        echo "$name, GRUB: $(show "$work/initrd")"
        cp "$work/tree/file" "$work/$name"
        (cd "$work" && echo "$name" | unpacked ../../bin/cpio --quiet -o -H newc) >"$work/archive"
        echo "$name, cpio: $(show "$work/archive")"
    done
)
echo "$seen"

conclude "names in GRUB 2.06's archives end where their size says, and without a NUL."

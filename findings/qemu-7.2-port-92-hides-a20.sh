#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: at QEMU's reset A20 is on, port 92h says off, and writing its value back makes it so.
#
# What we guessed: bit 1 of port 92h is the state of A20. Code at the reset vector may read the
# port, change another bit and write it back; A20 then is as it was.
#
# What is so: on pc, q35 and isapc bit 1 reads 0 at the reset while A20 is on. The value that was
# read, written back, switches A20 off. On microvm there is no port 92h: it reads ffh, and A20 stays
# on whatever is written. Only memory tells the state; a value with bit 1 set must be written.
#
# Seen on 2026-12-01 with Debian 12's QEMU 7.2.22 (by a ROM that looks for 0x100500 at 0x500):
#
#   pc: port 92h is 00, A20 on; written back: off; with bit 1: on
#   q35: port 92h is 00, A20 on; written back: off; with bit 1: on
#   isapc: port 92h is 00, A20 on; written back: off; with bit 1: on
#   microvm: port 92h is ff, A20 on; written back: on; with bit 1: on
#
# Usage: findings/qemu-7.2-port-92-hides-a20.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1"
LIMIT=20                              # seconds that a program may run
EXPECTED="pc: port 92h is 00, A20 on; written back: off; with bit 1: on
q35: port 92h is 00, A20 on; written back: off; with bit 1: on
isapc: port 92h is 00, A20 on; written back: off; with bit 1: on
microvm: port 92h is ff, A20 on; written back: on; with bit 1: on"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# A ROM that writes to the debug port what port 92h is, and three times whether A20 is on (1).
make_rom() {
    cat >"$work/rom.asm" <<'SOURCE'
        org 0
start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov ax, 0xffff
        mov es, ax
        in al, 0x92
        out 0xe9, al
        call tell_a20
        in al, 0x92
        out 0x92, al
        call tell_a20
        in al, 0x92
        or al, 2
        out 0x92, al
        call tell_a20
        out 0xf4, al                    ; isa-debug-exit
        hlt

tell_a20:
        mov byte [0x500], 0
        mov byte [es:0x510], 1          ; 0x100500
        mov al, [0x500]
        xor al, 1
        out 0xe9, al
        ret

        times 0xfff0 - ($ - $$) db 0
        jmp 0xf000:start
        times 0x10000 - ($ - $$) db 0
SOURCE
    unpacked nasm -f bin -o "$work/rom" "$work/rom.asm" || not_tried "NASM fails"
}

# try MACHINE: what the ROM finds there.
try() {
    local answer state=(off on)
    rm -f "$work/answer"
    qemu -M "$1" -m 64 -nodefaults -display none -no-reboot -bios "$work/rom" \
        -chardev "file,id=port,path=$work/answer" \
        -device isa-debugcon,iobase=0xe9,chardev=port -device isa-debug-exit,iobase=0xf4 || true
    read -r -a answer < <(od -An -tx1 "$work/answer")
    [ ${#answer[@]} = 4 ] || not_tried "the ROM has written ${#answer[@]} bytes, not 4"
    echo "$1: port 92h is ${answer[0]}, A20 ${state[10#${answer[1]}]}; written back:" \
        "${state[10#${answer[2]}]}; with bit 1: ${state[10#${answer[3]}]}"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_rom
seen=$(
    for machine in pc q35 isapc microvm; do
        try $machine
    done
)
echo "$seen"

conclude "QEMU 7.2's port 92h does not tell that A20 is on, and switches it off if written back."

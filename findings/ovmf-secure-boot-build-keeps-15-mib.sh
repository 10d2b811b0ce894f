#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: OVMF's Secure Boot build keeps 15 MiB at 8 MiB for itself for good.
#
# What we guessed: a 32-bit kernel that is linked at 16 MiB can be put there after ExitBootServices.
# OVMF works in that memory while it starts, but its memory map gives it back as boot services data,
# as that of the plain build does.
#
# What is so: the Secure Boot build, which needs SMM, has ACPI NVS memory from 810000h to 170FFFFh,
# 15 MiB, that a kernel must not overwrite. The plain build keeps 810000h to 8FFFFFh only. It is for
# the resume from S3: if the machine has no S3, the Secure Boot build keeps nothing there.
#
# Seen on 2026-11-30 with Debian 12's ovmf 2022.11-6+deb12u2 and QEMU 7.2.22, machine q35 with 256
# MiB ("memmap" of the UEFI shell, ACPI NVS that begins between 1 and 32 MiB):
#
#   plain: 806000-807FFF 810000-8FFFFF
#   Secure Boot: 807000-807FFF 810000-170FFFF
#   Secure Boot without S3: none
#
# Usage: findings/ovmf-secure-boot-build-keeps-15-mib.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1
    ovmf=2022.11-6+deb12u2"
LIMIT=120                             # seconds that a program may run
EXPECTED="plain: 806000-807FFF 810000-8FFFFF
Secure Boot: 807000-807FFF 810000-170FFFF
Secure Boot without S3: none"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# try CODE [OPTION…]: prints the ranges of ACPI NVS memory that begin between 1 and 32 MiB.
try() {
    local code=$1 type range ranges=""
    shift
    rm -f "$work/serial"
    cp "$root/usr/share/OVMF/OVMF_VARS_4M.fd" "$work/variables"
    qemu -machine q35,smm=on -m 256 -display none -no-reboot -serial "file:$work/serial" "$@" \
        -drive "if=pflash,format=raw,readonly=on,file=$root/usr/share/OVMF/$code" \
        -drive "if=pflash,format=raw,file=$work/variables" \
        -drive "format=raw,file=fat:rw:$work/disk" || not_tried "QEMU ends with $?"
    tr -d '\r' <"$work/serial" | sed -e 's/\x1b\[[0-9;=]*[A-Za-z]//g' >"$work/map"
    grep -q '^Available ' "$work/map" || not_tried "the UEFI shell does not show the memory map"
    while read -r type range _; do
        if [[ $type == ACPI_NVS && $range == *-* ]] &&
            ((16#${range%-*} >= 0x100000 && 16#${range%-*} < 0x2000000)); then
            ranges+=" $(printf '%X-%X' "$((16#${range%-*}))" "$((16#${range#*-}))")"
        fi
    done <"$work/map"
    echo "${ranges:- none}"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
mkdir "$work/disk"
printf 'memmap\r\nreset -s\r\n' >"$work/disk/startup.nsh"
secure="-global driver=cfi.pflash01,property=secure,value=on"
plain=$(try OVMF_CODE_4M.fd)
# shellcheck disable=SC2086  # two words
{
    secure_boot=$(try OVMF_CODE_4M.secboot.fd $secure)
    without_s3=$(try OVMF_CODE_4M.secboot.fd $secure -global ICH9-LPC.disable_s3=1)
}
seen="plain:$plain
Secure Boot:$secure_boot
Secure Boot without S3:$without_s3"
echo "$seen"

conclude "OVMF's Secure Boot build keeps 15 MiB that the plain one gives back."

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: SeaBIOS boots UAS disks behind EHCI, but not behind xHCI.
#
# What we guessed: SeaBIOS has a driver for UAS (USB attached SCSI) and one for each USB controller,
# and the first is built on the second. A stick that speaks UAS boots at any controller at which a
# stick that speaks the older protocol, bulk-only, boots.
#
# What is so: at an xHCI, which a modern PC has, UAS runs at USB 3's speed, with streams. SeaBIOS
# says "Superspeed UAS devices not supported (yet)" and has no such disk. The same disk boots at an
# EHCI, and with bulk-only at both.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 and SeaBIOS 1.16.2:
#
#   usb-ehci, usb-storage: booted
#   usb-ehci, usb-uas: booted
#   qemu-xhci, usb-storage: booted
#   qemu-xhci, usb-uas: Superspeed UAS devices not supported (yet)
#
# Usage: findings/seabios-1.16-has-no-uas-on-usb-3.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1"
LIMIT=30                              # seconds that a program may run
EXPECTED="usb-ehci, usb-storage: booted
usb-ehci, usb-uas: booted
qemu-xhci, usb-storage: booted
qemu-xhci, usb-uas: Superspeed UAS devices not supported (yet)"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/seabios.sh
. "$(dirname "$0")/lib/seabios.sh"

# boot CONTROLLER PROTOCOL DEVICE…: what SeaBIOS does with a disk at the controller.
boot() {
    local name="$1, $2" controller=$1
    shift 2
    seabios -device "$controller" "$@" 2>/dev/null || true
    if has_booted; then
        echo "$name: booted"
    else
        echo "$name: $(grep -aoE -m 1 "Superspeed UAS.*|No bootable device" "$work/log")"
    fi
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_disk
seen=$(
    for controller in usb-ehci qemu-xhci; do
        boot $controller usb-storage -device usb-storage,drive=disk
        boot $controller usb-uas -device usb-uas,id=uas -device scsi-hd,bus=uas.0,drive=disk
    done
)
echo "$seen"

conclude "SeaBIOS 1.16.2 boots UAS disks up to USB 2 only."

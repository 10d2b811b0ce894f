#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Starts libvirt's daemon in dom0, and with it the guest of guest.xml; waits for the end of its log. native.xl is
# what libvirt makes of the definition for xl.
export LIBVIRT_DEFAULT_URI=xen:///system
now() {
    echo "$1 at $(cut -d' ' -f1 /proc/uptime) s"
}

now "libvirtd starts"
/usr/sbin/libvirtd --daemon || exit 1
until virsh version 2>/dev/null; do
    sleep 0.2
done
now "it answers"
virsh domxml-to-native xen-xl guest.xml >native.xl
virsh define guest.xml || exit 1
virsh start libvirt || { sleep 1 && virsh start libvirt; } || exit 1 # as with xl, one call may fail for a moment
now "the guest is started"
tr '\0' ' ' <"/proc/$(pidof xen-qemu-system-i386)/cmdline" >device-model.arguments
until grep -q ^END guest.log; do
    sleep 0.2
done
now "it has ended"
virsh undefine libvirt
kill "$(cat /run/libvirtd.pid)"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Starts libvirt's daemon in dom0, starts the guest of guest.xml by it, and waits for the end of the guest's log.
# Writes libvirt's translations of guest.xml and pvh.xml for xl to native.xl and native-pvh.xl.
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
virsh domxml-to-native xen-xl pvh.xml >native-pvh.xl
virsh define guest.xml || exit 1
virsh start libvirt || { sleep 1 && virsh start libvirt; } || exit 1 # a call may fail for a moment, as with xl
now "the guest is started"
tr '\0' ' ' <"/proc/$(pidof xen-qemu-system-i386)/cmdline" >device-model.arguments
until grep -q ^END guest.log; do
    sleep 0.2
done
now "it has ended"
virsh undefine libvirt
kill "$(cat /run/libvirtd.pid)"

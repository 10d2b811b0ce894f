#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The first process of the lab's dom0: mounts the host's folder under the name that it has on the host
# (share=… of the command line), starts Xen's daemons, runs job.sh there, and ends the machine.
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin:/usr/lib/xen-4.17/bin
mount -t devtmpfs dev /dev
mkdir /dev/pts
mount -t devpts pts /dev/pts
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mkdir -p /run/xen /run/xenstored /run/lock
while read -r module; do
    insmod "/lib/modules/$module.ko"
done </etc/modules
mount -t xenfs xenfs /proc/xen

share=$(sed -n 's/.*share=\([^ ]*\).*/\1/p' /proc/cmdline)
mkdir -p "$share"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 share "$share" || reboot -f
cd "$share" || reboot -f
{
    ip link set lo up
    xenstored
    until xl info >/dev/null 2>&1; do
        sleep 0.2
    done
    xen-init-dom0
    xenconsoled --log=guest --log-dir=/var/log/xen/console
    echo "dom0 is ready at $(cut -d' ' -f1 /proc/uptime) s"
    sh ./job.sh
} >dom0.log 2>&1
sync
reboot -f

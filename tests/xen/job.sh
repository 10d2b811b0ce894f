#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the lab's guests, one after the other, in their folders. If a folder has `command`, that runs, with its
# output in `said`. Else xl starts the guest of *.xl, and waits until a line of its *.log matches the expression
# in `until`. `how` then has the end: a status, seen, time-out, or xl's failure. ISOs are read from memory, as 9p
# cannot read straight to a guest's pages.

MORE_TRIES=2 # xl may fail for a moment, while the previous guest is taken down

create() {
    for try in $(seq 0 $MORE_TRIES); do
        xl create "$1" && return 0
        echo "xl create has failed ($try)"
        sleep 1
    done
    return 1
}

to_memory() {
    for iso in ./*.iso; do
        [ -e "$iso" ] || continue
        cp "$iso" /tmp/
        mount -o bind "/tmp/$(basename "$iso")" "$iso"
    done
}

from_memory() {
    for iso in /tmp/*.iso; do
        umount "./$(basename "$iso")" && rm "$iso"
    done
}

# PVH guests have no serial port: Xen's log has what they write to port 0xe9.
read_debug_port() {
    if [ -e pvh.xl ]; then
        xl dmesg | sed -n 's/^(d[0-9]*) \[[^]]*\] //p' >debug-port.log
    fi
}

watch() {
    end=$(($(date +%s) + $1))
    until read_debug_port; grep -aqE "$(cat until)" ./*.log 2>/dev/null; do
        if [ "$(date +%s)" -ge "$end" ]; then
            echo time-out >how
            return
        fi
        sleep 0.2
    done
    echo seen >how
}

while read -r name seconds; do
    cd "$name" || exit 1
    echo "$name: starts at $(cut -d' ' -f1 /proc/uptime) s"
    if ! to_memory; then
        echo "no memory for the ISO" >how
    elif [ -e command ]; then
        timeout "$seconds" sh ./command >said 2>&1
        echo "status $?" >how
    elif xl dmesg -c >/dev/null && create ./*.xl >said 2>&1; then
        watch "$seconds"
    else
        echo "xl create failed" >how
    fi
    for guest in $(xl list | sed -n '3,$s/ .*//p'); do
        xl destroy "$guest" >/dev/null 2>&1
    done
    from_memory 2>/dev/null
    cp "/var/log/xen/console/guest-$name.log" console.log 2>/dev/null
    cat /var/log/xen/qemu-dm-*.log >device-model.log 2>/dev/null
    cd ..
done <guests

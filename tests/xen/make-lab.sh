#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the lab: Debian's Xen (xen.elf), a kernel for its dom0 (vmlinuz) and a memory disk (dom0.cpio). On the disk
# are xl, libvirt, whelk bench's tools and dom0-init.sh. The script installs nothing on this machine, and runs no
# package's scripts. Usage: make-lab.sh DIRECTORY
set -eu

here=$(dirname "$(realpath "$0")")
mkdir -p "$1"
cd "$1"
packages=busybox-static,xen-hypervisor-4.17-amd64,xen-utils-4.17,qemu-system-xen,seabios,linux-image-amd64
tools=xorriso,mtools,grub-common,grub-pc-bin
libvirt="libvirt-daemon,libvirt-daemon-driver-xen,libvirt-clients"
libraries=/lib/x86_64-linux-gnu
plugins=/usr$libraries/libvirt/connection-driver

# The unpacked packages are kept for the next time.
all=$packages,$tools,$libvirt
if [ "$(cat packages.done 2>/dev/null)" != "$all" ]; then
    rm -rf packages packages.done
    mmdebstrap --quiet --variant=extract --components=main --include="$all" bookworm packages
    echo "$all" >packages.done
fi
root=$PWD/packages
kernel=$(basename "$root"/lib/modules/*)

rm -rf disk
for folder in bin dev proc run sys tmp etc/xen/scripts var/lib/xen var/log/xen/console usr/share usr/lib/xen-4.17/bin \
    usr/libexec lib64 ".$libraries" "lib/modules/$kernel"; do
    mkdir -p "disk/$folder"
done
ln -s /run disk/var/run
ln -s /run/lock disk/var/lock
cp "$here/dom0-init.sh" disk/init
cp "$root/etc/xen/xl.conf" disk/etc/xen/
cp "$here/vif-bridge.sh" disk/etc/xen/scripts/vif-bridge

# Copies a program, and the libraries that the dynamic loader lists for it.
add_program() {
    cp "$root$1" "disk$1"
    for library in $("$root/lib64/ld-linux-x86-64.so.2" --library-path "$root$libraries:$root/usr$libraries" --list "$root$1" |
        sed -n "s|.*=> $root\(/[^ ]*\).*|\1|p"); do
        cp -L "$root$library" "disk$libraries/"
    done
}
cp -L "$root/lib64/ld-linux-x86-64.so.2" disk/lib64/
cp "$root/bin/busybox" disk/bin/
ln -s busybox disk/bin/sh
for program in xl xenstored xenconsoled xenconsole xen-init-dom0; do
    add_program "/usr/lib/xen-4.17/bin/$program"
done
add_program /usr/libexec/xen-qemu-system-i386
add_program /bin/cp # busybox's cp lacks options that whelk bench uses
mkdir -p disk/usr/bin disk/usr/lib/grub
for program in xenstore-read xenstore-write xorriso mtools grub-mkrescue grub-mkimage; do
    add_program "/usr/bin/$program"
done
ln -s mtools disk/usr/bin/mformat
ln -s mtools disk/usr/bin/mcopy
cp -r "$root/usr/lib/grub/i386-pc" disk/usr/lib/grub/
mkdir -p disk/usr/lib/xen-4.17/boot disk/usr/share/seabios disk/usr/share/qemu disk/usr/lib/ipxe/qemu
cp -r "$root/usr/share/qemu/keymaps" disk/usr/share/qemu/
cp "$root/usr/lib/ipxe/qemu/efi-rtl8139.rom" disk/usr/lib/ipxe/qemu/
cp "$root/usr/lib/xen-4.17/boot/hvmloader" disk/usr/lib/xen-4.17/boot/
cp "$root"/usr/share/seabios/*.bin disk/usr/share/seabios/

# libvirt's daemon with its driver for Xen. The daemon does not start unless one of its models fits the processor.
# None fits here: QEMU's emulation has no VME, and Xen hides SYSENTER on AMD. So one model loses SYSENTER.
models=usr/share/libvirt/cpu_map
mkdir -p disk/usr/sbin "disk$plugins" disk/etc/libvirt disk/usr/share/libvirt disk/var/log/libvirt
add_program /usr/sbin/libvirtd
add_program /usr/bin/virsh
add_program "$plugins/libvirt_driver_libxl.so"
cp -r "$root/$models" disk/usr/share/libvirt/
sed -i "/'sep'/d" "disk/$models/x86_kvm64.xml"
echo 'auth_unix_rw = "none"' >disk/etc/libvirt/libvirtd.conf
echo 'unix_sock_group = "root"' >>disk/etc/libvirt/libvirtd.conf
echo 'root:x:0:0:root:/:/bin/sh' >disk/etc/passwd
echo 'root:x:0:' >disk/etc/group

# The kernel's modules, found without depmod, loaded in this order.
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci netfs fscache 9pnet \
    9pnet_virtio 9p tun xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc xen-netback; do
    cp "$(find "$root/lib/modules/$kernel" -name "$module.ko")" "disk/lib/modules/"
    echo "$module" >>disk/etc/modules
done

zcat "$root"/boot/xen-4.17-amd64.gz >xen.elf
cp "$root/boot/vmlinuz-$kernel" vmlinuz
(cd disk && find . | cpio --quiet -o -H newc -R 0:0) >dom0.cpio
rm -rf disk

// SPDX-License-Identifier: BSD-2-Clause
// A virtio block device, the usual disc of virtual machines: a disk, megabytes per request. If a
// firmware reads by it, the driver borrows the firmware's queue, and leaves device and queue as
// they were. Without a firmware it sets the device up.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { VIRTIO_BLK_TRANSITIONAL = 0x10011af4, VIRTIO_BLK = 0x10421af4 }; /* PCI_IDENTITY (pci.h) */

/* Looks whether the disc at this PCI function (pci.h) gives the same sector of 2048 bytes at lba as
   the firmware, which must be using it. Takes it if so and if no disc was taken before. False: it
   does not, or the firmware does not keep the device ready. If the disc is not taken, nothing has
   changed. */
bool virtio_blk_open(uint32_t function, uint32_t lba, const uint8_t *sector);

/* Take the disc at this PCI function, or at this address of virtio-mmio, on a machine without a
   firmware. line: of the interrupt controllers, for virtio-mmio's interrupt; 0: not known. queue:
   VIRTIO_BLK_QUEUE_BYTES bytes of memory at a multiple of 4096, for the device up to
   virtio_blk_close(). The PCI function must have addresses, decode them and be a bus master. False:
   there is no such disc, or it is not ready; then it is reset. */
enum { VIRTIO_BLK_QUEUE_BYTES = 8 * 4096 }; /* 1024 entries, as QEMU 10.0.13 has */
bool virtio_blk_set_up(uint32_t function, void *queue);
bool virtio_blk_set_up_mmio(uint32_t address, unsigned line, void *queue);

/* virtio_blk_start() reads length bytes from the sector of 2048 bytes at lba on to memory below
   4 GiB, at any address. The last may still be under way when it returns; virtio_blk_wait() waits
   for them. False, both: a request failed, and virtio_blk_close() was called. */
bool virtio_blk_start(uint32_t lba, uint32_t length, void *buffer);
bool virtio_blk_wait(void);

/* Leaves device and queue as the firmware had them, or resets the device if there is no firmware.
   Reading goes on after that only if there is one. Does nothing if no disc was taken. */
void virtio_blk_close(void);

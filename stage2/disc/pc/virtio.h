// SPDX-License-Identifier: BSD-2-Clause
// The registers of a virtio device (Virtual I/O Device 1.2, 4.1 and 4.2), in whichever of four ways
// it has them: PCI modern, PCI legacy, MMIO modern, MMIO legacy. A transitional PCI device has both
// of the first two.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum virtio_way { VIRTIO_PCI_MODERN, VIRTIO_PCI_LEGACY, VIRTIO_MMIO_MODERN, VIRTIO_MMIO_LEGACY };

/* Registers by their meaning; their places differ. In brackets: which ways have it, if not all. */
enum virtio_register {
    VIRTIO_DEVICE_FEATURES_SELECT, /* (not PCI legacy) */
    VIRTIO_DEVICE_FEATURES,
    VIRTIO_DRIVER_FEATURES_SELECT, /* (not PCI legacy) */
    VIRTIO_DRIVER_FEATURES,        /* MMIO: write only */
    VIRTIO_STATUS,
    VIRTIO_QUEUE_SELECT,
    VIRTIO_QUEUE_MOST,        /* read only: entries at most; PCI legacy: exactly */
    VIRTIO_QUEUE_SIZE,        /* entries (not PCI legacy); MMIO: write only */
    VIRTIO_QUEUE_READY,       /* (modern) */
    VIRTIO_QUEUE_DESCRIPTORS, /* address (modern); the register after it has the upper 32 bits */
    VIRTIO_QUEUE_DESCRIPTORS_UPPER,
    VIRTIO_QUEUE_AVAILABLE,
    VIRTIO_QUEUE_AVAILABLE_UPPER,
    VIRTIO_QUEUE_USED,
    VIRTIO_QUEUE_USED_UPPER,
    VIRTIO_QUEUE_PAGE,  /* address of all three / page size (legacy) */
    VIRTIO_QUEUE_ALIGN, /* of the used ring (MMIO legacy) */
    VIRTIO_PAGE_SIZE,   /* (MMIO legacy); PCI legacy: 4096 */
    VIRTIO_REGISTERS,
};

/* Bits of VIRTIO_STATUS (2.1). */
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 0x01,
    VIRTIO_STATUS_DRIVER = 0x02,
    VIRTIO_STATUS_DRIVER_OK = 0x04,
    VIRTIO_STATUS_FEATURES_OK = 0x08,
    VIRTIO_STATUS_NEEDS_RESET = 0x40,
    VIRTIO_STATUS_FAILED = 0x80,
};

/* Where some of the registers are. */
struct virtio_region {
    enum { VIRTIO_NOWHERE, VIRTIO_IO, VIRTIO_MEMORY, VIRTIO_WINDOW } space;
    uint32_t address; /* port or address; VIRTIO_WINDOW: offset in the bar */
    uint32_t bar;     /* its number */
};

struct virtio_device {
    enum virtio_way way;
    struct virtio_region common, notify, interrupt, configuration;
    uint32_t function; /* PCI: as in pci.h */
    uint32_t window;   /* PCI: the capability that reaches bars; 0: none */
    unsigned line;     /* of its interrupt, 1 to 15; 0: not known */
};

/* Finds the registers of a virtio device at a PCI function: the modern ones if it has them, else
   the legacy ones. False: it has none that can be reached. */
bool virtio_find_pci(uint32_t function, struct virtio_device *device);

/* Finds the legacy registers of a virtio device at a PCI function. False: as above. */
bool virtio_find_pci_legacy(uint32_t function, struct virtio_device *device);

/* Finds the registers of a block device whose virtio-mmio registers are at this address. line: of
   its interrupt, or 0. False: no block device is there. */
bool virtio_find_mmio(uint32_t address, unsigned line, struct virtio_device *device);

/* Reads or writes a register that this way has. */
uint32_t virtio_get(const struct virtio_device *device, enum virtio_register which);
void virtio_set(const struct virtio_device *device, enum virtio_register which, uint32_t value);

/* 32 bits of the device's own configuration (5.2.4: block device). offset: a multiple of 4. */
uint32_t virtio_configuration(const struct virtio_device *device, uint32_t offset);

/* Tells the device that queue 0 has new buffers. */
void virtio_notify(const struct virtio_device *device);

/* Takes the device's interrupt back, if it has sent one. */
void virtio_end_interrupt(const struct virtio_device *device);

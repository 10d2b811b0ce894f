// SPDX-License-Identifier: BSD-2-Clause
// See virtio.h. Virtual I/O Device 1.2: 4.1.4 (PCI), 4.1.4.10 (PCI legacy), 4.2.2 (MMIO), 4.2.4
// (MMIO legacy).
#include "stage2/disc/pc/virtio.h"

#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"

// ---- Where the registers are

enum {
    LEGACY_NOTIFY = 16,
    LEGACY_INTERRUPT = 19,
    LEGACY_CONFIGURATION = 20, /* MSI-X is off: firmware has no use for it */
    MMIO_NOTIFY = 0x50,
    MMIO_INTERRUPT = 0x60, /* the register after it ends interrupts */
    MMIO_CONFIGURATION = 0x100,
};

static const uint8_t places[][VIRTIO_REGISTERS] = {
    [VIRTIO_PCI_MODERN] =
        {
            [VIRTIO_DEVICE_FEATURES_SELECT] = 0x00,
            [VIRTIO_DEVICE_FEATURES] = 0x04,
            [VIRTIO_DRIVER_FEATURES_SELECT] = 0x08,
            [VIRTIO_DRIVER_FEATURES] = 0x0c,
            [VIRTIO_STATUS] = 0x14,
            [VIRTIO_QUEUE_SELECT] = 0x16,
            [VIRTIO_QUEUE_MOST] = 0x18,
            [VIRTIO_QUEUE_SIZE] = 0x18,
            [VIRTIO_QUEUE_READY] = 0x1c,
            [VIRTIO_QUEUE_DESCRIPTORS] = 0x20,
            [VIRTIO_QUEUE_DESCRIPTORS_UPPER] = 0x24,
            [VIRTIO_QUEUE_AVAILABLE] = 0x28,
            [VIRTIO_QUEUE_AVAILABLE_UPPER] = 0x2c,
            [VIRTIO_QUEUE_USED] = 0x30,
            [VIRTIO_QUEUE_USED_UPPER] = 0x34,
        },
    [VIRTIO_PCI_LEGACY] =
        {
            [VIRTIO_DEVICE_FEATURES] = 0x00,
            [VIRTIO_DRIVER_FEATURES] = 0x04,
            [VIRTIO_QUEUE_PAGE] = 0x08,
            [VIRTIO_QUEUE_MOST] = 0x0c,
            [VIRTIO_QUEUE_SELECT] = 0x0e,
            [VIRTIO_STATUS] = 0x12,
        },
    [VIRTIO_MMIO_MODERN] =
        {
            [VIRTIO_DEVICE_FEATURES] = 0x10,
            [VIRTIO_DEVICE_FEATURES_SELECT] = 0x14,
            [VIRTIO_DRIVER_FEATURES] = 0x20,
            [VIRTIO_DRIVER_FEATURES_SELECT] = 0x24,
            [VIRTIO_PAGE_SIZE] = 0x28,
            [VIRTIO_QUEUE_SELECT] = 0x30,
            [VIRTIO_QUEUE_MOST] = 0x34,
            [VIRTIO_QUEUE_SIZE] = 0x38,
            [VIRTIO_QUEUE_ALIGN] = 0x3c,
            [VIRTIO_QUEUE_PAGE] = 0x40,
            [VIRTIO_QUEUE_READY] = 0x44,
            [VIRTIO_STATUS] = 0x70,
            [VIRTIO_QUEUE_DESCRIPTORS] = 0x80,
            [VIRTIO_QUEUE_DESCRIPTORS_UPPER] = 0x84,
            [VIRTIO_QUEUE_AVAILABLE] = 0x90,
            [VIRTIO_QUEUE_AVAILABLE_UPPER] = 0x94,
            [VIRTIO_QUEUE_USED] = 0xa0,
            [VIRTIO_QUEUE_USED_UPPER] = 0xa4,
        },
};

static bool is_mmio(const struct virtio_device *device)
{
    return device->way >= VIRTIO_MMIO_MODERN;
}

static uint32_t place(const struct virtio_device *device, enum virtio_register which)
{
    return places[is_mmio(device) ? VIRTIO_MMIO_MODERN : device->way][which];
}

/* A register's bytes. */
static unsigned width(const struct virtio_device *device, enum virtio_register which)
{
    if (is_mmio(device)) {
        return 4;
    }
    return which == VIRTIO_STATUS                                        ? 1
           : which >= VIRTIO_QUEUE_SELECT && which <= VIRTIO_QUEUE_READY ? 2
                                                                         : 4;
}

// ---- Accesses

enum {
    WINDOW_BAR = 4, /* offsets in the capability VIRTIO_PCI_CAP_PCI_CFG */
    WINDOW_OFFSET = 8,
    WINDOW_LENGTH = 12,
    WINDOW_DATA = 16,
};

/* Points the window at a register. */
static void turn_window(const struct virtio_device *device, const struct virtio_region *region,
                        uint32_t offset, unsigned bytes)
{
    pci_write(device->function, device->window + WINDOW_BAR, region->bar);
    pci_write(device->function, device->window + WINDOW_OFFSET, region->address + offset);
    pci_write(device->function, device->window + WINDOW_LENGTH, bytes);
}

static uint32_t load(const struct virtio_device *device, const struct virtio_region *region,
                     uint32_t offset, unsigned bytes)
{
    uint32_t address = region->address + offset;
    if (region->space == VIRTIO_MEMORY) {
        const volatile void *memory = (const volatile void *)(uintptr_t)address;
        return bytes == 1   ? *(const volatile uint8_t *)memory
               : bytes == 2 ? *(const volatile uint16_t *)memory
                            : *(const volatile uint32_t *)memory;
    }
    if (region->space == VIRTIO_IO) {
        return bytes == 1   ? in8((uint16_t)address)
               : bytes == 2 ? in16((uint16_t)address)
                            : in32((uint16_t)address);
    }
    turn_window(device, region, offset, bytes);
    uint32_t value = pci_read(device->function, device->window + WINDOW_DATA);
    return bytes == 1 ? (uint8_t)value : bytes == 2 ? (uint16_t)value : value;
}

static void store(const struct virtio_device *device, const struct virtio_region *region,
                  uint32_t offset, unsigned bytes, uint32_t value)
{
    uint32_t address = region->address + offset;
    if (region->space == VIRTIO_MEMORY) {
        volatile void *memory = (volatile void *)(uintptr_t)address;
        if (bytes == 1) {
            *(volatile uint8_t *)memory = (uint8_t)value;
        } else if (bytes == 2) {
            *(volatile uint16_t *)memory = (uint16_t)value;
        } else {
            *(volatile uint32_t *)memory = value;
        }
    } else if (region->space == VIRTIO_IO) {
        if (bytes == 1) {
            out8((uint16_t)address, (uint8_t)value);
        } else if (bytes == 2) {
            out16((uint16_t)address, (uint16_t)value);
        } else {
            out32((uint16_t)address, value);
        }
    } else {
        turn_window(device, region, offset, bytes);
        pci_write(device->function, device->window + WINDOW_DATA, value);
    }
}

uint32_t virtio_get(const struct virtio_device *device, enum virtio_register which)
{
    return load(device, &device->common, place(device, which), width(device, which));
}

void virtio_set(const struct virtio_device *device, enum virtio_register which, uint32_t value)
{
    store(device, &device->common, place(device, which), width(device, which), value);
}

uint32_t virtio_configuration(const struct virtio_device *device, uint32_t offset)
{
    return load(device, &device->configuration, offset, 4);
}

void virtio_notify(const struct virtio_device *device)
{
    store(device, &device->notify, 0, is_mmio(device) ? 4 : 2, 0);
}

void virtio_end_interrupt(const struct virtio_device *device)
{
    uint32_t causes = load(device, &device->interrupt, 0, is_mmio(device) ? 4 : 1);
    if (is_mmio(device)) { /* elsewhere the reading has ended it */
        store(device, &device->interrupt, 4, 4, causes);
    }
}

// ---- Finding them

enum {
    CAPABILITY_OFFSET = 8,
    NOTIFY_MULTIPLIER = 16,
    COMMON_CFG = 1,
    NOTIFY_CFG = 2,
    ISR_CFG = 3,
    DEVICE_CFG = 4,
    PCI_CFG = 5,
    QUEUE_NOTIFY_OFFSET = 0x1e, /* in the common registers */

    REGIONS = 4, /* that a device must have */
    BARS = 6,
    LAST_LINE = 15,

    MMIO_VERSION = 4,
    MMIO_DEVICE = 8,
    MMIO_VERSION_LEGACY = 1,
    MMIO_VERSION_MODERN = 2,
    BLOCK_DEVICE = 2,
};
#define MMIO_MAGIC 0x74726976u

static unsigned interrupt_line(uint32_t function)
{
    unsigned line = pci_read(function, PCI_INTERRUPT) & PCI_INTERRUPT_LINE;
    return line <= LAST_LINE ? line : 0;
}

/* Replaces a region of a bar by one that takes a single access, if the bar is below 4 GiB and the
   function decodes it. */
static void leave_window(const struct virtio_device *device, struct virtio_region *region,
                         uint32_t command)
{
    uint32_t offset = PCI_BAR0 + region->bar * 4;
    uint32_t bar = pci_read(device->function, offset);
    if ((bar & PCI_BAR_IO) != 0) {
        if ((command & PCI_COMMAND_IO) != 0) {
            region->space = VIRTIO_IO;
            region->address += bar & PCI_BAR_IO_MASK;
        }
        return;
    }
    bool is_low = (bar & PCI_BAR_64) == 0 || pci_read(device->function, offset + 4) == 0;
    if (is_low && (bar & PCI_BAR_MASK) != 0 && (command & PCI_COMMAND_MEMORY) != 0) {
        region->space = VIRTIO_MEMORY;
        region->address += bar & PCI_BAR_MASK;
    }
}

/* Lists the device's capabilities (4.1.4). Returns the capability of its notify region. */
static uint32_t find_capabilities(struct virtio_device *device)
{
    struct virtio_region *const regions[] = {[COMMON_CFG] = &device->common,
                                             [NOTIFY_CFG] = &device->notify,
                                             [ISR_CFG] = &device->interrupt,
                                             [DEVICE_CFG] = &device->configuration};
    uint32_t notify = 0;
    uint32_t at = 0;
    for (unsigned left = PCI_MOST_CAPABILITIES;
         left > 0 && (at = pci_next_capability(device->function, at)) != 0; left--) {
        uint32_t head = pci_read(device->function, at);
        unsigned type = (head & 0xff) == PCI_CAPABILITY_VENDOR ? head >> 24 : 0;
        if (type == PCI_CFG) {
            device->window = at;
        } else if (type >= COMMON_CFG && type <= DEVICE_CFG &&
                   regions[type]->space == VIRTIO_NOWHERE) {
            uint32_t bar = pci_read(device->function, at + 4) & 0xff;
            if (bar < BARS) { /* others are reserved: the driver must ignore them */
                *regions[type] = (struct virtio_region){
                    VIRTIO_WINDOW, pci_read(device->function, at + CAPABILITY_OFFSET), bar};
                notify = type == NOTIFY_CFG ? at : notify;
            }
        }
    }
    return notify;
}

static bool find_pci_modern(uint32_t function, struct virtio_device *device)
{
    struct virtio_region *const regions[REGIONS] = {&device->common, &device->notify,
                                                    &device->interrupt, &device->configuration};
    *device = (struct virtio_device){.way = VIRTIO_PCI_MODERN, .function = function};
    uint32_t command = pci_read(function, PCI_COMMAND);
    if ((command & PCI_COMMAND_BUS_MASTER) == 0) {
        return false;
    }
    uint32_t notify = find_capabilities(device);
    for (unsigned i = 0; i < REGIONS; i++) {
        if (regions[i]->space == VIRTIO_NOWHERE) {
            return false;
        }
        leave_window(device, regions[i], command);
        if (regions[i]->space == VIRTIO_WINDOW && device->window == 0) {
            return false;
        }
    }
    virtio_set(device, VIRTIO_QUEUE_SELECT, 0);
    device->notify.address += load(device, &device->common, QUEUE_NOTIFY_OFFSET, 2) *
                              pci_read(function, notify + NOTIFY_MULTIPLIER);
    device->line = interrupt_line(function);
    return true;
}

bool virtio_find_pci_legacy(uint32_t function, struct virtio_device *device)
{
    uint32_t bar = pci_read(function, PCI_BAR0);
    uint32_t port = bar & PCI_BAR_IO_MASK;
    uint32_t wanted = PCI_COMMAND_IO | PCI_COMMAND_BUS_MASTER;
    *device = (struct virtio_device){
        .way = VIRTIO_PCI_LEGACY,
        .common = {VIRTIO_IO, port, 0},
        .notify = {VIRTIO_IO, port + LEGACY_NOTIFY, 0},
        .interrupt = {VIRTIO_IO, port + LEGACY_INTERRUPT, 0},
        .configuration = {VIRTIO_IO, port + LEGACY_CONFIGURATION, 0},
        .function = function,
        .line = interrupt_line(function),
    };
    return (bar & PCI_BAR_IO) != 0 && port != 0 &&
           (pci_read(function, PCI_COMMAND) & wanted) == wanted;
}

bool virtio_find_pci(uint32_t function, struct virtio_device *device)
{
    return find_pci_modern(function, device) || virtio_find_pci_legacy(function, device);
}

bool virtio_find_mmio(uint32_t address, unsigned line, struct virtio_device *device)
{
    *device = (struct virtio_device){
        .common = {VIRTIO_MEMORY, address, 0},
        .notify = {VIRTIO_MEMORY, address + MMIO_NOTIFY, 0},
        .interrupt = {VIRTIO_MEMORY, address + MMIO_INTERRUPT, 0},
        .configuration = {VIRTIO_MEMORY, address + MMIO_CONFIGURATION, 0},
        .line = line,
    };
    uint32_t version = load(device, &device->common, MMIO_VERSION, 4);
    device->way = version == MMIO_VERSION_LEGACY ? VIRTIO_MMIO_LEGACY : VIRTIO_MMIO_MODERN;
    return load(device, &device->common, 0, 4) == MMIO_MAGIC &&
           (version == MMIO_VERSION_LEGACY || version == MMIO_VERSION_MODERN) &&
           load(device, &device->common, MMIO_DEVICE, 4) == BLOCK_DEVICE;
}

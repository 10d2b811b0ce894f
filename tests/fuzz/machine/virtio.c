// SPDX-License-Identifier: BSD-2-Clause
// A virtio block device that the firmware reads by (Virtual I/O Device 1.2, 2.7, 4.1, 5.2). Its
// registers are bytes that ports, memory or PCI's window reach; virtio_step() looks at them.
#include "tests/fuzz/machine/machine.h"

#include <string.h>
#include <sys/mman.h>

enum {
    BLOCK_DEVICE = 0x10421af4,
    TRANSITIONAL = 0x10011af4,
    PAGE = 4096,
    PORTS = 0xc200,
    PORT_COUNT = 0x200,
    REGISTER_BYTES = 0x1000,
    WINDOW = 0x80, /* PCI capability */

    LEGACY_PAGE = 8,
    LEGACY_SIZE = 12,
    LEGACY_STATUS = 18,
    LEGACY_CONFIGURATION = 20,

    COMMON_FEATURES = 4,
    COMMON_DRIVER_FEATURES = 12,
    COMMON_STATUS = 0x14,
    COMMON_SIZE = 0x18,
    COMMON_READY = 0x1c,
    COMMON_DESCRIPTORS = 0x20,
    COMMON_AVAILABLE = 0x28,
    COMMON_USED = 0x30,
    NOTIFY = 0x100,
    INTERRUPT = 0x140,
    CONFIGURATION = 0x180,

    MMIO_VERSION = 0x04,
    MMIO_DEVICE = 0x08,
    MMIO_FEATURES = 0x10,
    MMIO_MOST = 0x34,
    MMIO_SIZE = 0x38,
    MMIO_PAGE = 0x40,
    MMIO_STATUS = 0x70,
    MMIO_DESCRIPTORS = 0x80,
    MMIO_AVAILABLE = 0x90,
    MMIO_USED = 0xa0,
    MMIO_CONFIGURATION = 0x100,

    DRIVER_OK = 4,
    NEEDS_RESET = 64,
    ENTRIES = 128,
    QUEUE = TABLES,
    QUEUE_USED = TABLES + 0x1000,
    FIRST_INDEX = 3, /* requests that the firmware has made */

    NEXT = 1,
    WRITE = 2,
    TYPE_READ = 0,
    SLOW_LOOKS = 4,
    MOST_CHAIN = 8,
};

static struct {
    uint32_t function;
    bool is_there, is_legacy, is_mmio, is_given;
    enum drive_kind way;
    uint8_t *bytes; /* the registers */
    uint16_t done;  /* requests, as the device counts them */
    enum fault fault;
    unsigned looks;
} device;

static void put32(uint32_t offset, uint32_t value)
{
    memcpy(device.bytes + offset, &value, sizeof value);
}

/* virtio-mmio's registers. No firmware has set the device up. */
static void set_up_mmio(uint64_t sectors)
{
    memcpy(device.bytes, "virt", 4);
    put32(MMIO_VERSION, device.is_legacy ? 1 : 2);
    put32(MMIO_DEVICE, 2);
    put32(MMIO_FEATURES, 1);
    put32(MMIO_MOST, ENTRIES);
    memcpy(device.bytes + MMIO_CONFIGURATION, &sectors, sizeof sectors);
}

/* The registers as the firmware has left them. */
static void set_up(uint64_t sectors)
{
    memset(device.bytes, 0, REGISTER_BYTES);
    if (device.is_mmio) {
        set_up_mmio(sectors);
        return;
    }
    if (device.is_legacy) {
        put32(LEGACY_PAGE, QUEUE / 4096);
        put32(LEGACY_SIZE, ENTRIES);
        device.bytes[LEGACY_STATUS] = 7;
        memcpy(device.bytes + LEGACY_CONFIGURATION, &sectors, sizeof sectors);
        return;
    }
    put32(COMMON_FEATURES, 1); /* VIRTIO_F_VERSION_1 in both halves: there is no selection */
    put32(COMMON_DRIVER_FEATURES, 1);
    device.bytes[COMMON_STATUS] = 15;
    put32(COMMON_SIZE, ENTRIES);
    device.bytes[COMMON_READY] = 1;
    put32(COMMON_DESCRIPTORS, QUEUE);
    put32(COMMON_AVAILABLE, QUEUE + ENTRIES * 16);
    put32(COMMON_USED, QUEUE_USED);
    memcpy(device.bytes + CONFIGURATION, &sectors, sizeof sectors);
}

/* PCI's registers of a modern device: capabilities that say where the others are. */
static void describe(uint32_t *pci)
{
    static const uint32_t places[] = {0, NOTIFY, INTERRUPT, CONFIGURATION};
    uint32_t at = 0x40;
    pci[1] |= 0x100000;
    pci[0x34 / 4] = at;
    for (uint32_t type = 1; type <= 4; type++, at += 0x14) {
        uint32_t next = type == 4 ? WINDOW + 0x20 : at + 0x14;
        next = type == 4 ? 0xa8 : next;
        pci[at / 4] = 0x09 | next << 8 | 0x10 << 16 | type << 24;
        pci[at / 4 + 1] = 4; /* the bar */
        pci[at / 4 + 2] = places[type - 1];
        pci[at / 4 + 3] = 0x40;
        pci[at / 4 + 4] = 0;
    }
    pci[0xa8 / 4] = 0x09 | 0x14 << 16 | 5u << 24;
    pci[0x20 / 4] = device.way == DRIVE_VIRTIO_IO ? PORTS | 1 : VIRTIO_REGISTERS | 4;
    pci[0x24 / 4] = device.way == DRIVE_VIRTIO_WINDOW ? 1 : 0; /* 4 GiB: out of reach */
}

void virtio_start(uint32_t function, enum drive_kind way)
{
    static uint8_t *mapped;
    if (mapped == NULL) {
        mapped = mmap((void *)(uintptr_t)VIRTIO_REGISTERS, REGISTER_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    }
    memset(&device, 0, sizeof device);
    bool is_mmio = way == DRIVE_VIRTIO_MMIO || way == DRIVE_VIRTIO_MMIO_LEGACY;
    if (!is_mmio && (way < DRIVE_VIRTIO_LEGACY || way > DRIVE_VIRTIO_WINDOW)) {
        return;
    }
    device.bytes = mapped;
    device.is_there = true;
    device.function = function;
    device.way = way;
    device.is_legacy = way == DRIVE_VIRTIO_LEGACY || way == DRIVE_VIRTIO_MMIO_LEGACY;
    device.is_mmio = is_mmio;
    set_up(disc_contents().size / (SECTOR / DISK_SECTORS));
    if (is_mmio) {
        return;
    }
    device.done = FIRST_INDEX;
    uint32_t *pci = bus_function(function);
    memset(pci, 0, 256);
    pci[0] = device.is_legacy ? TRANSITIONAL : BLOCK_DEVICE;
    pci[1] = 7;
    pci[0x3c / 4] = 11;
    if (device.is_legacy) {
        pci[0x10 / 4] = PORTS | 1;
    } else {
        describe(pci);
    }
    uint16_t index = FIRST_INDEX;
    memcpy((uint8_t *)(uintptr_t)QUEUE + ENTRIES * 16 + 2, &index, sizeof index);
    memcpy((uint8_t *)(uintptr_t)QUEUE_USED + 2, &index, sizeof index);
}

// ---- Requests

static uint8_t *at(uint64_t address)
{
    return (uint8_t *)(uintptr_t)address;
}

static void check(uint64_t address, uint64_t length)
{
    if (!memory_is_physical(address, length) &&
        (!state_has(address) || !state_has(address + length - 1))) {
        machine_is_wrong("the virtio device was given this address", address);
    }
}

/* Executes the request that starts at a descriptor. */
static void execute(const uint8_t *descriptors, uint16_t first, uint32_t size)
{
    uint64_t lba = 0, offset = 0;
    uint32_t type = 0;
    uint8_t status = 0;
    uint16_t next = first, flags = NEXT;
    for (unsigned i = 0; (flags & NEXT) != 0 && i < MOST_CHAIN; i++) {
        const uint8_t *descriptor = descriptors + next % size * 16;
        uint64_t address = load64(descriptor);
        uint32_t length = load32(descriptor + 8);
        flags = load16(descriptor + 12);
        next = load16(descriptor + 14);
        check(address, length);
        if ((flags & WRITE) == 0) {
            type = load32(at(address));
            uint64_t sector = load64(at(address) + 8);
            lba = sector / DISK_SECTORS;
        } else if ((flags & NEXT) == 0) {
            memory_write(address, &status, 1);
        } else if (type == TYPE_READ) {
            bool done = device.fault != FAULT_ERROR && disc_to_memory(lba, offset, address, length);
            status = done && device.fault != FAULT_SHORT ? 0 : 1;
            offset += length;
        }
    }
}

/* Where the queue is, as the registers say. */
struct queue {
    uint64_t descriptors, available, used;
    uint32_t size;
};

static struct queue find_queue(void)
{
    struct queue queue = {.size = ENTRIES};
    if (device.is_legacy) {
        uint64_t page = load32(device.bytes + (device.is_mmio ? MMIO_PAGE : LEGACY_PAGE));
        queue.size = device.is_mmio ? load32(device.bytes + MMIO_SIZE) : ENTRIES;
        queue.descriptors = page * PAGE;
        queue.available = queue.descriptors + (uint64_t)queue.size * 16;
        queue.used = (queue.available + 6 + queue.size * 2 + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    } else if (device.is_mmio) {
        queue.size = load32(device.bytes + MMIO_SIZE);
        queue.descriptors = load64(device.bytes + MMIO_DESCRIPTORS);
        queue.available = load64(device.bytes + MMIO_AVAILABLE);
        queue.used = load64(device.bytes + MMIO_USED);
    } else {
        queue.size = load16(device.bytes + COMMON_SIZE);
        queue.descriptors = load64(device.bytes + COMMON_DESCRIPTORS);
        queue.available = load64(device.bytes + COMMON_AVAILABLE);
        queue.used = load64(device.bytes + COMMON_USED);
    }
    return queue;
}

static void use(const struct queue *queue)
{
    uint8_t *used = at(queue->used);
    uint16_t head = load16(at(queue->available) + 4 + device.done % queue->size * 2);
    uint32_t element[2] = {head, 1};
    execute(at(queue->descriptors), head, queue->size);
    memcpy(used + 4 + device.done % queue->size * 8, element, sizeof element);
    device.done++;
    memcpy(used + 2, &device.done, sizeof device.done);
}

/* Whether the device rests for now, as its fault says. */
static bool rests(uint8_t *status)
{
    if (!device.is_given) {
        device.is_given = true;
        device.looks = 0;
        device.fault = disc_next_fault();
    }
    if (device.fault == FAULT_BUS) {
        *status |= NEEDS_RESET;
    }
    return device.fault == FAULT_BUS || device.fault == FAULT_SILENT ||
           (device.fault == FAULT_SLOW && ++device.looks <= SLOW_LOOKS);
}

void virtio_step(void)
{
    if (!device.is_there) {
        return;
    }
    uint8_t *status = device.bytes + (device.is_mmio     ? MMIO_STATUS
                                      : device.is_legacy ? LEGACY_STATUS
                                                         : COMMON_STATUS);
    struct queue queue = find_queue();
    if (*status == 0) {
        device.done = 0;
        device.is_given = false;
    }
    if ((*status & DRIVER_OK) == 0 || queue.size == 0 || queue.size > ENTRIES ||
        !memory_is_physical(queue.descriptors, PAGE) || !memory_is_physical(queue.used, PAGE) ||
        !memory_is_physical(queue.available, PAGE)) {
        return;
    }
    if (load16(at(queue.used) + 2) == 0 && load16(at(queue.available) + 2) < device.done) {
        device.done = 0; /* a reset that went by between two looks */
    }
    while (load16(at(queue.available) + 2) != device.done) {
        if (rests(status)) {
            return;
        }
        device.is_given = false;
        use(&queue);
    }
}

// ---- Accesses

bool virtio_has(uint16_t port)
{
    return device.is_there && port >= PORTS && port < PORTS + PORT_COUNT;
}

uint32_t virtio_in(uint16_t port, unsigned bytes)
{
    uint32_t value = 0;
    memcpy(&value, device.bytes + (port - PORTS), bytes);
    return value;
}

void virtio_out(uint16_t port, uint32_t value, unsigned bytes)
{
    memcpy(device.bytes + (port - PORTS), &value, bytes);
    virtio_step();
}

bool virtio_window(uint32_t function, uint32_t offset, uint32_t *value, bool write)
{
    uint32_t *pci = bus_function(function);
    if (!device.is_there || function != device.function || offset != 0xa8 + 0x10) {
        return false;
    }
    uint32_t at = pci[0xa8 / 4 + 2] % (REGISTER_BYTES - 4);
    uint32_t bytes = pci[0xa8 / 4 + 3];
    bytes = bytes == 1 || bytes == 2 ? bytes : 4;
    if (write) {
        memcpy(device.bytes + at, value, bytes);
        virtio_step();
        return true;
    }
    uint32_t *data = &pci[offset / 4];
    *data = 0;
    memcpy(data, device.bytes + at, bytes);
    return true;
}

// SPDX-License-Identifier: BSD-2-Clause
// See virtio_blk.h. Virtual I/O Device 1.2: 2.7 (split virtqueues), 3.1.1 (initialisation), 5.2
// (block device).
//
// A device counts the buffers that it was given, and so does the firmware in memory of its own.
// Nobody can set either counter, but a reset clears the device's. So the driver uses the firmware's
// queue where it stands. In the end it resets the device, sets it up as the firmware had, and gives
// it as many requests as it had seen: then both counters agree again.
#include "stage2/disc/pc/virtio_blk.h"

#include <stddef.h>
#include <string.h>
#include "stage2/disc/irq_wait.h"
#include "stage2/disc/pace.h"
#include "stage2/disc/pc/virtio.h"
#include "stage2/timing/timeline.h"

// ---- Queues in memory (2.7)

enum {
    PAGE = 4096,
    MOST_ENTRIES = 32768,
    DESCRIPTOR_NEXT = 1,
    DESCRIPTOR_WRITE = 2, /* by the device */
    NO_INTERRUPT = 1,     /* flags of the available ring */
};

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct descriptor) == 16, "virtio, 2.7.5");

struct available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct used {
    uint16_t flags;
    uint16_t index;
    struct {
        uint32_t id;
        uint32_t length; /* wrong in some legacy devices (2.7.8.1), so never looked at */
    } ring[];
};

struct queue {
    uint32_t size; /* a power of two */
    volatile struct descriptor *descriptors;
    volatile struct available *available;
    volatile struct used *used;
};

/* A queue in one piece of memory, as legacy devices want it (2.7.2). */
static struct queue queue_at(uint32_t address, uint32_t size)
{
    uint32_t available = address + size * (uint32_t)sizeof(struct descriptor);
    uint32_t end = available + (size + 3) * (uint32_t)sizeof(uint16_t);
    return (struct queue){
        .size = size,
        .descriptors = (void *)(uintptr_t)address,
        .available = (void *)(uintptr_t)available,
        .used = (void *)(uintptr_t)((end + PAGE - 1) & ~(uint32_t)(PAGE - 1)),
    };
}

// ---- The disc

enum {
    FEATURE_SIZE_MAX = 1 << 1, /* bits 0 to 31 */
    FEATURE_BLK_SIZE = 1 << 6,
    FEATURE_EVENT_IDX = 1 << 29,
    FEATURE_VERSION_1 = 1 << 0, /* bits 32 to 63 */
    FEATURE_ACCESS_PLATFORM = 1 << 1,
    FEATURE_ORDER_PLATFORM = 1 << 4,
    UPPER_FEATURES_KNOWN = FEATURE_VERSION_1 | FEATURE_ACCESS_PLATFORM | FEATURE_ORDER_PLATFORM,

    CONFIGURATION_CAPACITY = 0, /* 64 bits */
    CONFIGURATION_SIZE_MAX = 8,
    CONFIGURATION_BLK_SIZE = 20,

    REQUEST_READ = 0,
    REQUEST_GET_ID = 8,
    ID_BYTES = 20,
    STATUS_OK = 0,
    STATUS_UNWRITTEN = 0xff,

    SECTOR_SIZE = 2048,
    DISK_SECTORS = 4,   /* of 512 bytes in one of 2048: the unit of requests, whatever the block */
    BLOCK_BYTES = 4096, /* at most */
    MOST_BYTES = 8 * 1024 * 1024,
    CHAIN = 5,        /* descriptors of a request, at most */
    REPLAY_CHAIN = 3, /* and of one that is replayed */
    CHAINS = 8,       /* that are replayed at once */
    MOST_REPLAYED = 4096,
    OWN_ENTRIES = 16,
    RESET_TRIES = 100000,
    POLLS = 10000, /* looks at the used ring between waits */
};

static struct disc {
    bool is_taken;
    bool is_under_way; /* a request */
    bool is_moved;     /* the device's counter has left the firmware's */
    bool is_borrowed;  /* there is a firmware, and the queue is its */
    struct virtio_device device;
    uint32_t features[2];
    uint32_t status; /* with a firmware, as it was found; else as it is wanted */
    struct queue queue;
    uint16_t flags, index;                                /* of the firmware's available ring */
    struct descriptor descriptors[REPLAY_CHAIN * CHAINS]; /* the firmware's */
    uint32_t most_bytes;                                  /* of a request */
    uint32_t bytes;                                       /* of the request that is under way */
    uint32_t block_sectors; /* sectors of 2048 bytes that are read together: 1 or 2 */
} disc;

static struct {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
} header;
_Static_assert(sizeof header == 16, "virtio, 5.2.6");
static volatile uint8_t request_status;
static uint8_t scratch[BLOCK_BYTES]; /* takes what is read before and after what is wanted */

static bool is_legacy(void)
{
    return disc.device.way == VIRTIO_PCI_LEGACY || disc.device.way == VIRTIO_MMIO_LEGACY;
}

// ---- Requests

/* Adds a piece to a chain, if it is not empty. Returns the next free descriptor. */
static uint32_t add(uint32_t at, uint32_t address, uint32_t length, uint16_t flags)
{
    if (length == 0) {
        return at;
    }
    volatile struct descriptor *descriptor = &disc.queue.descriptors[at];
    descriptor->address = address;
    descriptor->length = length;
    descriptor->flags = flags | DESCRIPTOR_NEXT;
    descriptor->next = (uint16_t)(at + 1);
    return at + 1;
}

/* Describes the request of the header. head, tail: bytes that go to scratch before and after the
   buffer. */
static void describe(uint32_t first, uint32_t head, uint32_t address, uint32_t length,
                     uint32_t tail)
{
    uint32_t at = add(first, (uint32_t)(uintptr_t)&header, sizeof header, 0);
    at = add(at, (uint32_t)(uintptr_t)scratch, head, DESCRIPTOR_WRITE);
    at = add(at, address, length, DESCRIPTOR_WRITE);
    at = add(at, (uint32_t)(uintptr_t)scratch, tail, DESCRIPTOR_WRITE);
    at = add(at, (uint32_t)(uintptr_t)&request_status, 1, DESCRIPTOR_WRITE);
    disc.queue.descriptors[at - 1].flags = DESCRIPTOR_WRITE;
}

/* Gives the device count chains, of which the first starts at descriptor 0. */
static void give(uint32_t count, uint32_t distance)
{
    uint16_t index = disc.queue.available->index;
    for (uint32_t i = 0; i < count; i++) {
        disc.queue.available->ring[(index + i) & (disc.queue.size - 1)] = (uint16_t)(i * distance);
    }
    disc.queue.available->flags = NO_INTERRUPT;
    __sync_synchronize(); /* all is in memory */
    disc.queue.available->index = (uint16_t)(index + count);
    __sync_synchronize();
    virtio_notify(&disc.device);
}

/* Buffers that the device still has. */
static uint16_t pending(void)
{
    return (uint16_t)(disc.queue.available->index - disc.queue.used->index);
}

/* Looks for a while whether the device has used all buffers: in memory, which costs the hypervisor
   nothing. Most requests of a boot are that quick. */
static bool are_used(void)
{
    for (unsigned polls = POLLS; pending() != 0 && polls > 0; polls--) {
    }
    return pending() == 0;
}

/* Waits until the device has used all buffers. It may send an interrupt only if it is slow. False:
   it takes too long, needs a reset, or counts wrongly. */
static bool wait_used(struct irq_wait *wait)
{
    bool goes_on = true;
    if (are_used()) {
        return true;
    }
    wait->line = disc.device.line;
    if (disc.device.line != 0) {
        disc.queue.available->flags = 0;
        __sync_synchronize(); /* before the look that finds nothing to wait for */
    }
    while (goes_on && !are_used()) {
        goes_on = pending() <= disc.queue.size && irq_wait_goes_on(wait) &&
                  (virtio_get(&disc.device, VIRTIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET) == 0;
    }
    disc.queue.available->flags = NO_INTERRUPT;
    virtio_end_interrupt(&disc.device);
    return goes_on;
}

/* Ends the request that is under way. False: it has failed. */
static bool finish(void)
{
    if (!disc.is_under_way) {
        return true;
    }
    struct irq_wait wait = {0};
    disc.is_under_way = false;
    if (!wait_used(&wait)) {
        return false;
    }
    pace_note(disc.bytes, irq_wait_lasted(&wait));
    __sync_synchronize(); /* the data are in memory */
    uint16_t last = (uint16_t)(disc.queue.used->index - 1);
    return disc.queue.used->ring[last & (disc.queue.size - 1)].id == 0 &&
           request_status == STATUS_OK;
}

/* Starts to read length bytes, at most disc.most_bytes, from a sector on. */
static void start_request(uint32_t lba, uint32_t length, uint32_t address)
{
    uint32_t mask = disc.block_sectors - 1;
    uint32_t head = lba & mask;
    uint32_t sectors = (head + (length + SECTOR_SIZE - 1) / SECTOR_SIZE + mask) & ~mask;
    header.type = REQUEST_READ;
    header.sector = (uint64_t)(lba - head) * DISK_SECTORS;
    request_status = STATUS_UNWRITTEN;
    describe(0, head * SECTOR_SIZE, address, length, (sectors - head) * SECTOR_SIZE - length);
    disc.is_moved = true;
    disc.is_under_way = true;
    disc.bytes = length;
    give(1, 0);
    timeline_transfer(length);
}

/* Reads length bytes by as many requests as they need. Leaves the last one under way. */
static bool start(uint32_t lba, uint32_t length, uint32_t address)
{
    do {
        if (!finish()) {
            return false;
        }
        uint32_t most = pace_most(disc.most_bytes);
        uint32_t part = length < most ? length : most;
        start_request(lba, part, address);
        lba += part / SECTOR_SIZE;
        length -= part;
        address += part;
    } while (length > 0);
    return true;
}

// ---- Setting the device up

/* Points the features' registers at bits 0 to 31 or 32 to 63. False: there are no bits 32 to 63. */
static bool select_features(enum virtio_register select, uint32_t which)
{
    if (disc.device.way == VIRTIO_PCI_LEGACY) {
        return which == 0;
    }
    virtio_set(&disc.device, select, which);
    return true;
}

static void read_features(enum virtio_register select, enum virtio_register from)
{
    for (uint32_t i = 0; i < 2; i++) {
        disc.features[i] = select_features(select, i) ? virtio_get(&disc.device, from) : 0;
    }
}

/* After this the device writes nothing any more. */
static void reset(void)
{
    virtio_set(&disc.device, VIRTIO_STATUS, 0);
    for (unsigned tries = RESET_TRIES; virtio_get(&disc.device, VIRTIO_STATUS) != 0 && tries > 0;
         tries--) {
    }
}

static void set_address(enum virtio_register which, volatile void *address)
{
    virtio_set(&disc.device, which, (uint32_t)(uintptr_t)address);
    virtio_set(&disc.device, which + 1, 0);
}

static void set_up_queue(void)
{
    const struct virtio_device *device = &disc.device;
    const struct queue *queue = &disc.queue;
    virtio_set(device, VIRTIO_QUEUE_SELECT, 0);
    if (device->way == VIRTIO_MMIO_LEGACY) {
        virtio_set(device, VIRTIO_PAGE_SIZE, PAGE);
        virtio_set(device, VIRTIO_QUEUE_ALIGN, PAGE);
    }
    if (device->way != VIRTIO_PCI_LEGACY) {
        virtio_set(device, VIRTIO_QUEUE_SIZE, queue->size);
    }
    if (is_legacy()) {
        virtio_set(device, VIRTIO_QUEUE_PAGE, (uint32_t)(uintptr_t)queue->descriptors / PAGE);
        return;
    }
    set_address(VIRTIO_QUEUE_DESCRIPTORS, queue->descriptors);
    set_address(VIRTIO_QUEUE_AVAILABLE, queue->available);
    set_address(VIRTIO_QUEUE_USED, queue->used);
    virtio_set(device, VIRTIO_QUEUE_READY, 1);
}

/* Resets the device and sets it up for disc's features, queue and status (3.1.1). The rings start
   anew. False: it does not take the features. */
static bool set_up(void)
{
    const struct virtio_device *device = &disc.device;
    reset();
    disc.queue.available->index = 0;
    disc.queue.used->index = 0;
    virtio_set(device, VIRTIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
    virtio_set(device, VIRTIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    for (uint32_t i = 0; i < 2; i++) {
        if (select_features(VIRTIO_DRIVER_FEATURES_SELECT, i)) {
            virtio_set(device, VIRTIO_DRIVER_FEATURES, disc.features[i]);
        }
    }
    if (!is_legacy()) {
        virtio_set(device, VIRTIO_STATUS,
                   VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK);
        if ((virtio_get(device, VIRTIO_STATUS) & VIRTIO_STATUS_FEATURES_OK) == 0) {
            return false;
        }
    }
    set_up_queue();
    virtio_set(device, VIRTIO_STATUS, disc.status);
    return true;
}

/* Learns what requests the device takes. offered: its features 0 to 31. False: we cannot make
   them. */
static bool find_limits(uint32_t offered)
{
    uint32_t block = (offered & FEATURE_BLK_SIZE) != 0
                         ? virtio_configuration(&disc.device, CONFIGURATION_BLK_SIZE)
                         : 0;
    disc.block_sectors = block > SECTOR_SIZE ? BLOCK_BYTES / SECTOR_SIZE : 1;
    disc.most_bytes = MOST_BYTES;
    if ((offered & FEATURE_SIZE_MAX) != 0) {
        uint32_t most = virtio_configuration(&disc.device, CONFIGURATION_SIZE_MAX);
        most &= ~(uint32_t)(BLOCK_BYTES - 1);
        disc.most_bytes = most < MOST_BYTES ? most : MOST_BYTES;
    }
    return (block & (block - 1)) == 0 && block <= BLOCK_BYTES && disc.most_bytes != 0 &&
           disc.queue.size >= CHAIN - (disc.block_sectors == 1);
}

// ---- The firmware's queue

static bool find_queue(void)
{
    const struct virtio_device *device = &disc.device;
    virtio_set(device, VIRTIO_QUEUE_SELECT, 0);
    uint32_t size = virtio_get(device, VIRTIO_QUEUE_MOST);
    if (size == 0 || size > MOST_ENTRIES || (size & (size - 1)) != 0) {
        return false;
    }
    if (is_legacy()) {
        uint32_t page = virtio_get(device, VIRTIO_QUEUE_PAGE);
        disc.queue = queue_at(page * PAGE, size);
        return page != 0;
    }
    disc.queue = (struct queue){
        .size = size,
        .descriptors = (void *)(uintptr_t)virtio_get(device, VIRTIO_QUEUE_DESCRIPTORS),
        .available = (void *)(uintptr_t)virtio_get(device, VIRTIO_QUEUE_AVAILABLE),
        .used = (void *)(uintptr_t)virtio_get(device, VIRTIO_QUEUE_USED),
    };
    return virtio_get(device, VIRTIO_QUEUE_READY) == 1 &&
           (virtio_get(device, VIRTIO_QUEUE_DESCRIPTORS_UPPER) |
            virtio_get(device, VIRTIO_QUEUE_AVAILABLE_UPPER) |
            virtio_get(device, VIRTIO_QUEUE_USED_UPPER)) == 0;
}

/* Finds the registers by which the firmware drives the device, and the features that it has
   negotiated. */
static bool find_device(uint32_t function)
{
    if (!virtio_find_pci(function, &disc.device)) {
        return false;
    }
    read_features(VIRTIO_DRIVER_FEATURES_SELECT, VIRTIO_DRIVER_FEATURES);
    if (is_legacy() || (disc.features[1] & FEATURE_VERSION_1) != 0) {
        return true;
    }
    if (!virtio_find_pci_legacy(function, &disc.device)) {
        return false;
    }
    read_features(VIRTIO_DRIVER_FEATURES_SELECT, VIRTIO_DRIVER_FEATURES);
    return true;
}

/* Prepares to read by the firmware's queue. Changes nothing that a driver would rely on. */
static bool borrow(uint32_t function)
{
    const uint32_t good = VIRTIO_STATUS_DRIVER_OK;
    if (!find_device(function) || (disc.features[0] & FEATURE_EVENT_IDX) != 0 ||
        (disc.features[1] & ~(uint32_t)UPPER_FEATURES_KNOWN) != 0) {
        return false;
    }
    disc.status = virtio_get(&disc.device, VIRTIO_STATUS);
    select_features(VIRTIO_DEVICE_FEATURES_SELECT, 0);
    if ((disc.status & (good | VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED)) != good ||
        !find_queue() || !find_limits(virtio_get(&disc.device, VIRTIO_DEVICE_FEATURES))) {
        return false;
    }
    disc.is_borrowed = true;
    disc.flags = disc.queue.available->flags;
    disc.index = disc.queue.available->index;
    for (uint32_t i = 0; i < REPLAY_CHAIN * CHAINS && i < disc.queue.size; i++) {
        disc.descriptors[i] = disc.queue.descriptors[i];
    }
    return pending() == 0 && disc.index <= MOST_REPLAYED;
}

/* Gives the device, just set up, as many requests as the firmware had given it. They ask for its
   name, which is without effect. False: it does not answer. */
static bool replay(void)
{
    uint32_t chains = disc.queue.size / REPLAY_CHAIN;
    uint32_t most = chains < CHAINS ? chains : CHAINS;
    header.type = REQUEST_GET_ID;
    header.sector = 0;
    for (uint32_t i = 0; i < most; i++) {
        describe(i * REPLAY_CHAIN, 0, (uint32_t)(uintptr_t)scratch, ID_BYTES, 0);
    }
    for (uint32_t left = disc.index; left > 0;) {
        uint32_t count = left < most ? left : most;
        give(count, REPLAY_CHAIN);
        struct irq_wait wait = {.is_short = true};
        if (!wait_used(&wait)) {
            return false;
        }
        left -= count;
    }
    return true;
}

/* Makes device and queue what the firmware left. A device that does not answer stays reset: it may
   be slow, and the descriptors of its requests are about to be those of the firmware's last ones,
   which it must not carry out again. */
static void give_back(void)
{
    set_up();
    if (!replay()) {
        reset();
    }
    for (uint32_t i = 0; i < REPLAY_CHAIN * CHAINS && i < disc.queue.size; i++) {
        disc.queue.descriptors[i] = disc.descriptors[i];
    }
    disc.queue.available->flags = disc.flags;
}

void virtio_blk_close(void)
{
    disc.is_under_way = false;
    if (disc.is_moved && disc.is_borrowed) {
        give_back();
    } else if (disc.is_moved) {
        reset();
    }
    disc.is_moved = false;
}

static bool gives(uint32_t lba, const uint8_t *sector)
{
    uint8_t *read_again = scratch + SECTOR_SIZE; /* a block's other half goes to the first */
    memset(read_again, 0, SECTOR_SIZE);
    return start(lba, SECTOR_SIZE, (uint32_t)(uintptr_t)read_again) && finish() &&
           memcmp(read_again, sector, SECTOR_SIZE) == 0;
}

bool virtio_blk_open(uint32_t function, uint32_t lba, const uint8_t *sector)
{
    const struct disc before = disc;
    disc = (struct disc){0};
    bool is_the_disc = borrow(function) && gives(lba, sector);
    if (is_the_disc && !before.is_taken) {
        disc.is_taken = true;
    } else {
        virtio_blk_close();
        disc = before;
    }
    return is_the_disc;
}

// ---- Without a firmware

/* Sets up the device that was found, with a queue of its own. */
static bool take(void *memory)
{
    const struct virtio_device *device = &disc.device;
    read_features(VIRTIO_DEVICE_FEATURES_SELECT, VIRTIO_DEVICE_FEATURES);
    disc.features[0] &= FEATURE_BLK_SIZE | FEATURE_SIZE_MAX;
    disc.features[1] &= is_legacy() ? 0 : FEATURE_VERSION_1 | FEATURE_ACCESS_PLATFORM;
    disc.status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK |
                  (is_legacy() ? 0 : VIRTIO_STATUS_FEATURES_OK);
    virtio_set(device, VIRTIO_QUEUE_SELECT, 0);
    uint32_t size = virtio_get(device, VIRTIO_QUEUE_MOST);
    if (device->way != VIRTIO_PCI_LEGACY && size > OWN_ENTRIES) {
        size = OWN_ENTRIES;
    }
    disc.queue = queue_at((uint32_t)(uintptr_t)memory, size);
    uintptr_t end = (uintptr_t)&disc.queue.used->ring[size] + sizeof(uint16_t);
    if (size == 0 || end - (uintptr_t)memory > VIRTIO_BLK_QUEUE_BYTES) {
        return false;
    }
    memset(memory, 0, end - (uintptr_t)memory);
    disc.is_moved = true;
    if (!set_up() || !find_limits(disc.features[0]) ||
        (virtio_configuration(device, CONFIGURATION_CAPACITY) |
         virtio_configuration(device, CONFIGURATION_CAPACITY + 4)) == 0) {
        virtio_blk_close();
        return false;
    }
    disc.is_taken = true;
    return true;
}

bool virtio_blk_set_up(uint32_t function, void *queue)
{
    disc = (struct disc){0};
    return virtio_find_pci(function, &disc.device) && take(queue);
}

bool virtio_blk_set_up_mmio(uint32_t address, unsigned line, void *queue)
{
    disc = (struct disc){0};
    return virtio_find_mmio(address, line, &disc.device) && take(queue);
}

// ---- Reading

/* Gives the device back unless done is true. Returns done. */
static bool keep_if(bool done)
{
    if (!done) {
        virtio_blk_close();
    }
    return done;
}

bool virtio_blk_start(uint32_t lba, uint32_t length, void *buffer)
{
    return keep_if(start(lba, length, (uint32_t)(uintptr_t)buffer));
}

bool virtio_blk_wait(void)
{
    return keep_if(finish());
}

// SPDX-License-Identifier: BSD-2-Clause
// Tests the virtio block driver with a simulated device, and with a firmware that reads by the same
// queue before and after. Specification: Virtual I/O Device 1.2, 2.7 and 5.2. The test is linked
// without PIE, so that all addresses that the driver uses are below 4 GiB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/disc/pc/virtio.h"
#include "stage2/disc/pc/virtio_blk.h"
#include "stage2/timing/timeline.h"
#include "tests/unit/stage2/disc/unpaced.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

// ---- The device

enum {
    SECTOR_SIZE = 2048,
    DISK_SECTOR_SIZE = 512,
    MIB = 1024 * 1024,
    PAGE = 4096,
    ENTRIES = 256,
    MOST_ENTRIES = 1024, /* of QEMU 10.0.13, whatever its options say */
    MOST_LOOKS = 1000,
    CHECK_SECTOR = 16,

    NEXT = 1,
    WRITE = 2,
    TYPE_READ = 0,
    TYPE_GET_ID = 8,
    STATUS_IOERR = 1,
    STATUS_UNSUPPORTED = 2,

    ACKNOWLEDGE = 1,
    DRIVER = 2,
    DRIVER_OK = 4,
    FEATURES_OK = 8,
    NEEDS_RESET = 64,

    BLK_SIZE = 1 << 6,
    SIZE_MAX_FEATURE = 1 << 1,
    EVENT_IDX = 1 << 29,
    VERSION_1 = 1 << 0, /* upper */
    RING_PACKED = 1 << 2,
};

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct available {
    uint16_t flags, index, ring[MOST_ENTRIES];
};

struct used {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } ring[MOST_ENTRIES];
};

/* What the device does wrong. */
struct faults {
    unsigned slow;        /* number of looks until it uses a buffer */
    uint32_t wrong_id;    /* added to the id */
    uint32_t length;      /* of what it says that it has written; 0: the truth */
    uint16_t wrong_index; /* added to the used ring's index */
    uint8_t status;       /* of all reads */
    bool is_silent;       /* never uses a buffer */
    bool needs_reset;     /* and says so */
    bool refuses;         /* does not take features */
    bool leaves_status;   /* does not write the status */
};

static struct device {
    struct virtio_device registers;
    bool is_present;
    uint32_t offered[2], features[2], select;
    uint32_t status, most, size;
    uint32_t page, ready;
    uint64_t addresses[3];
    uint32_t capacity, size_max, block;
    uint16_t seen, used; /* its counters; only a reset clears them */
    struct faults faults;
    uint8_t salt; /* devices with equal salt have the same bytes */
    unsigned reads, resets, notified, interrupts;
    uint32_t longest;            /* piece of a request */
} devices[2], *device = devices; /* one for each PCI function */

static uint8_t byte_at(const struct device *of, uint64_t at)
{
    return (uint8_t)(at * 3 + at / 256 * 7 + at / 65536 * 11 + of->salt);
}

static struct descriptor *descriptors(void)
{
    return (struct descriptor *)(uintptr_t)device->addresses[0];
}

static struct available *available(void)
{
    return (struct available *)(uintptr_t)device->addresses[1];
}

static struct used *used(void)
{
    return (struct used *)(uintptr_t)device->addresses[2];
}

/* Carries out the request of a chain. Returns the bytes that it has written. */
static uint32_t execute(uint16_t head)
{
    const struct descriptor *at = &descriptors()[head];
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    assert_int_equal(at->length, sizeof header);
    assert_int_equal(at->flags, NEXT);
    memcpy(&header, (const void *)(uintptr_t)at->address, sizeof header);
    assert_true(header.type == TYPE_READ || header.type == TYPE_GET_ID);
    uint64_t place = header.sector * DISK_SECTOR_SIZE;
    uint32_t written = 0;
    for (at = &descriptors()[at->next]; (at->flags & NEXT) != 0; at = &descriptors()[at->next]) {
        uint8_t *to = (uint8_t *)(uintptr_t)at->address;
        assert_true(at->flags == (NEXT | WRITE) && at->length > 0);
        device->longest = at->length > device->longest ? at->length : device->longest;
        for (uint32_t i = 0; i < at->length; i++) {
            to[i] = header.type == TYPE_READ ? byte_at(device, place + i) : 'x';
        }
        place += at->length;
        written += at->length;
    }
    assert_true(at->flags == WRITE && at->length == 1);
    if (header.type == TYPE_READ) {
        device->reads++;
        assert_int_equal(header.sector * DISK_SECTOR_SIZE % device->block, 0);
        assert_int_equal(written % device->block, 0);
        if (!device->faults.leaves_status) {
            *(uint8_t *)(uintptr_t)at->address = device->faults.status;
        }
    } else {
        assert_int_equal(written, 20);
        *(uint8_t *)(uintptr_t)at->address = STATUS_UNSUPPORTED; /* nobody may care */
    }
    return written + 1;
}

/* Uses all buffers that it has been given. */
static void run(void)
{
    if (device->faults.is_silent || (device->status & DRIVER_OK) == 0) {
        return;
    }
    if (device->faults.needs_reset) {
        device->status |= NEEDS_RESET;
        return;
    }
    assert_true((uint16_t)(available()->index - device->seen) <= device->size);
    while (device->seen != available()->index) {
        uint16_t head = available()->ring[device->seen++ % device->size];
        uint32_t written = execute(head);
        uint32_t length = device->faults.length == 0 ? written : device->faults.length;
        used()->ring[device->used % device->size].id = head + device->faults.wrong_id;
        used()->ring[device->used % device->size].length = length;
        used()->index = (uint16_t)(++device->used + device->faults.wrong_index);
        device->interrupts += (available()->flags & 1) == 0;
    }
}

static void reset_device(void)
{
    device->resets++;
    device->status = device->ready = device->page = 0;
    device->features[0] = device->features[1] = 0;
    device->seen = device->used = 0;
    device->size = device->most;
    memset(device->addresses, 0, sizeof device->addresses);
}

// ---- Its registers (virtio.h)

static bool is_legacy(void)
{
    return device->registers.way == VIRTIO_PCI_LEGACY ||
           device->registers.way == VIRTIO_MMIO_LEGACY;
}

uint32_t virtio_get(const struct virtio_device *of, enum virtio_register which)
{
    assert_int_equal(of->way, device->registers.way);
    switch (which) {
    case VIRTIO_DEVICE_FEATURES:
        return device->offered[device->select];
    case VIRTIO_DRIVER_FEATURES:
        return device->features[device->select];
    case VIRTIO_STATUS:
        return device->status;
    case VIRTIO_QUEUE_MOST:
        return device->size;
    case VIRTIO_QUEUE_PAGE:
        return device->page;
    case VIRTIO_QUEUE_READY:
        return device->ready;
    case VIRTIO_QUEUE_DESCRIPTORS:
    case VIRTIO_QUEUE_AVAILABLE:
    case VIRTIO_QUEUE_USED:
        return (uint32_t)device->addresses[(which - VIRTIO_QUEUE_DESCRIPTORS) / 2];
    default:
        return (uint32_t)(device->addresses[(which - VIRTIO_QUEUE_DESCRIPTORS) / 2] >> 32);
    }
}

static void set_page(uint32_t page)
{
    device->page = page;
    device->addresses[0] = (uint64_t)page * PAGE;
    device->addresses[1] = device->addresses[0] + (uint64_t)device->size * 16;
    device->addresses[2] = (device->addresses[1] + 6 + 2 * device->size + PAGE - 1) / PAGE * PAGE;
}

static void set_status(uint32_t status)
{
    if (status == 0) {
        reset_device();
        return;
    }
    bool refuses = device->faults.refuses && (status & FEATURES_OK) != 0;
    device->status = refuses ? status & ~(uint32_t)FEATURES_OK : status;
}

void virtio_set(const struct virtio_device *of, enum virtio_register which, uint32_t value)
{
    assert_int_equal(of->way, device->registers.way);
    switch (which) {
    case VIRTIO_DEVICE_FEATURES_SELECT:
    case VIRTIO_DRIVER_FEATURES_SELECT:
        assert_int_not_equal(of->way, VIRTIO_PCI_LEGACY);
        device->select = value;
        return;
    case VIRTIO_DRIVER_FEATURES:
        assert_int_equal(value & ~device->offered[device->select], 0);
        device->features[device->select] = value;
        return;
    case VIRTIO_STATUS:
        set_status(value);
        return;
    case VIRTIO_QUEUE_SELECT:
        assert_int_equal(value, 0);
        return;
    case VIRTIO_QUEUE_SIZE:
        assert_true(value <= device->most && of->way != VIRTIO_PCI_LEGACY);
        device->size = value;
        return;
    case VIRTIO_QUEUE_READY:
        assert_false(is_legacy());
        device->ready = value;
        return;
    case VIRTIO_QUEUE_PAGE:
        assert_true(is_legacy());
        set_page(value);
        return;
    case VIRTIO_QUEUE_ALIGN:
    case VIRTIO_PAGE_SIZE:
        assert_int_equal(of->way, VIRTIO_MMIO_LEGACY);
        assert_int_equal(value, PAGE);
        return;
    case VIRTIO_QUEUE_DESCRIPTORS:
    case VIRTIO_QUEUE_AVAILABLE:
    case VIRTIO_QUEUE_USED:
        assert_false(is_legacy());
        device->addresses[(which - VIRTIO_QUEUE_DESCRIPTORS) / 2] = value;
        return;
    default:
        assert_int_equal(value, 0); /* the upper halves */
    }
}

uint32_t virtio_configuration(const struct virtio_device *of, uint32_t offset)
{
    (void)of;
    return offset == 0    ? device->capacity
           : offset == 8  ? device->size_max
           : offset == 20 ? device->block
                          : 0;
}

void virtio_notify(const struct virtio_device *of)
{
    device = &devices[of->function];
    device->notified++;
    if (device->faults.slow == 0) {
        run();
    }
}

void virtio_end_interrupt(const struct virtio_device *of)
{
    (void)of;
    device->interrupts = 0;
}

bool virtio_find_pci(uint32_t function, struct virtio_device *found)
{
    device = &devices[function];
    *found = device->registers;
    return device->is_present;
}

bool virtio_find_pci_legacy(uint32_t function, struct virtio_device *found)
{
    (void)function;
    (void)found;
    return false;
}

bool virtio_find_mmio(uint32_t address, unsigned line, struct virtio_device *found)
{
    assert_int_equal(address, 0xfeb00000);
    device->registers.line = line;
    *found = device->registers;
    return device->is_present;
}

bool irq_wait_goes_on(struct irq_wait *wait)
{
    (void)wait;
    static unsigned looks;
    if (device->faults.slow > 0 && --device->faults.slow == 0) {
        run();
    }
    return ++looks % MOST_LOOKS != 0;
}

void timeline_transfer(uint32_t bytes)
{
    (void)bytes;
}

// ---- The firmware: it reads by the queue, and counts in a place of its own what was used

static struct firmware {
    uint8_t queue[4 * PAGE] __attribute__((aligned(PAGE)));
    uint16_t used, free;
} firmwares[2], *firmware = firmwares;

static void start_firmware(unsigned which, enum virtio_way way, uint32_t size)
{
    device = &devices[which];
    firmware = &firmwares[which];
    memset(firmware, 0, sizeof *firmware);
    *device = (struct device){.registers = {.way = way, .function = which, .line = 11},
                              .is_present = true,
                              .offered = {BLK_SIZE, way == VIRTIO_PCI_LEGACY ? 0 : VERSION_1},
                              .most = size,
                              .size = size,
                              .capacity = 1 << 20,
                              .block = DISK_SECTOR_SIZE,
                              .salt = (uint8_t)which};
    device->features[1] = device->offered[1];
    set_page((uint32_t)(uintptr_t)firmware->queue / PAGE);
    device->page = is_legacy() ? device->page : 0;
    device->ready = !is_legacy();
    device->status = ACKNOWLEDGE | DRIVER | DRIVER_OK | (is_legacy() ? 0 : FEATURES_OK);
    for (uint32_t i = 0; i < size; i++) {
        descriptors()[i].next = (uint16_t)(i + 1);
    }
    available()->flags = 1;
}

/* Reads a sector as SeaBIOS does. */
static void firmware_reads(uint32_t lba)
{
    static uint8_t sector[SECTOR_SIZE], status;
    static struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    header.sector = lba * 4;
    const struct descriptor pieces[] = {{(uintptr_t)&header, sizeof header, NEXT, 0},
                                        {(uintptr_t)sector, sizeof sector, NEXT | WRITE, 0},
                                        {(uintptr_t)&status, 1, WRITE, 0}};
    uint16_t head = firmware->free, at = head;
    status = 0xff;
    memset(sector, 0, sizeof sector);
    for (unsigned i = 0; i < 3; i++) {
        uint16_t next = descriptors()[at].next;
        descriptors()[at] = pieces[i];
        descriptors()[at].next = next;
        at = next;
    }
    firmware->free = at;
    available()->ring[available()->index % device->size] = head;
    available()->index++;
    virtio_notify(&device->registers);
    assert_int_not_equal(firmware->used, used()->index); /* or it would wait for ever */
    assert_int_equal(used()->ring[firmware->used++ % device->size].id, head);
    assert_int_equal(firmware->used, used()->index); /* or the next read would not wait */
    for (at = head; (descriptors()[at].flags & NEXT) != 0; at = descriptors()[at].next) {
    }
    descriptors()[at].next = firmware->free;
    firmware->free = head;
    assert_int_equal(status, 0);
    for (uint32_t i = 0; i < SECTOR_SIZE; i++) {
        assert_int_equal(sector[i], byte_at(device, (uint64_t)lba * SECTOR_SIZE + i));
    }
}

// ---- Tests

static uint8_t check_sector[SECTOR_SIZE];
static uint8_t buffer[9 * MIB + SECTOR_SIZE];
static uint8_t own_queue[VIRTIO_BLK_QUEUE_BYTES] __attribute__((aligned(PAGE)));

static void start_with(enum virtio_way way, uint32_t size)
{
    devices[0].is_present = devices[1].is_present = false;
    assert_false(virtio_blk_set_up(0, own_queue)); /* forgets the disc of the test before */
    start_firmware(0, way, size);
    for (uint32_t i = 0; i < SECTOR_SIZE; i++) {
        check_sector[i] = byte_at(device, CHECK_SECTOR * SECTOR_SIZE + i);
    }
}

static int start(void **state)
{
    (void)state;
    start_with(VIRTIO_PCI_MODERN, ENTRIES);
    return 0;
}

static bool open_disc(void)
{
    return virtio_blk_open(0, CHECK_SECTOR, check_sector);
}

static bool read_bytes(uint32_t lba, uint32_t length, void *to)
{
    return virtio_blk_start(lba, length, to) && virtio_blk_wait();
}

static void assert_read(uint32_t lba, uint32_t length)
{
    memset(buffer, 0, length + 1);
    assert_true(read_bytes(lba, length, buffer));
    for (uint32_t i = 0; i < length; i++) {
        if (buffer[i] != byte_at(device, (uint64_t)lba * SECTOR_SIZE + i)) {
            fail_msg("byte %u after sector %u is wrong", i, lba);
        }
    }
    assert_int_equal(buffer[length], 0);
}

static void a_read_is_one_request_whatever_its_address_and_length(void **state)
{
    (void)state;
    assert_true(open_disc());
    static const uint32_t lengths[] = {1, 2047, 2048, 2049, 5 * SECTOR_SIZE, 3 * MIB + 5};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        device->reads = 0;
        assert_read(0x123456, lengths[i]);
        assert_int_equal(device->reads, 1);
    }
    assert_true(read_bytes(7, 3 * SECTOR_SIZE, buffer + 1)); /* an odd address */
    for (uint32_t i = 0; i < 3 * SECTOR_SIZE; i++) {
        assert_int_equal(buffer[1 + i], byte_at(device, 7 * SECTOR_SIZE + i));
    }
}

static void a_long_read_is_cut_into_what_a_request_may_have(void **state)
{
    (void)state;
    device->offered[0] |= SIZE_MAX_FEATURE;
    device->size_max = 3 * MIB + 17;
    assert_true(open_disc());
    device->reads = 0;
    assert_read(100, 9 * MIB);
    assert_int_equal(device->reads, 3);
    assert_int_equal(device->longest, 3 * MIB);
}

static void the_firmware_reads_on_with_its_own_count_after_the_driver(void **state)
{
    static const enum virtio_way ways[] = {VIRTIO_PCI_MODERN, VIRTIO_PCI_LEGACY};
    static const uint32_t sizes[] = {4, 16, ENTRIES};
    static const unsigned before[] = {0, 1, 2, 25, 300};
    (void)state;
    for (unsigned i = 0; i < 2 * 3 * 5; i++) {
        start_with(ways[i % 2], sizes[i / 2 % 3]);
        for (unsigned j = 0; j < before[i / 6]; j++) {
            firmware_reads(j);
        }
        struct device found = *device;
        assert_true(open_disc());
        assert_read(1000, 3 * SECTOR_SIZE);
        virtio_blk_close();
        assert_int_equal(device->used, found.used);
        assert_int_equal(device->seen, found.seen);
        assert_int_equal(device->status, found.status);
        assert_int_equal(device->page, found.page);
        assert_int_equal(device->ready, found.ready);
        assert_int_equal(device->size, found.size);
        assert_memory_equal(device->features, found.features, sizeof found.features);
        assert_memory_equal(device->addresses, found.addresses, sizeof found.addresses);
        firmware_reads(77);
        firmware_reads(78);
    }
}

static void the_driver_may_read_again_after_the_firmware_has_read(void **state)
{
    (void)state;
    firmware_reads(1);
    assert_true(open_disc());
    virtio_blk_close();
    unsigned resets = device->resets;
    virtio_blk_close(); /* there is nothing to give back */
    assert_int_equal(device->resets, resets);
    assert_read(5, SECTOR_SIZE);
    virtio_blk_close();
    firmware_reads(2);
}

static void the_firmwares_queue_is_given_back_as_it_was(void **state)
{
    static uint8_t before[ENTRIES * 16];
    (void)state;
    firmware_reads(1);
    available()->flags = 0; /* a firmware that waits for interrupts */
    memcpy(before, descriptors(), sizeof before);
    assert_true(open_disc());
    assert_read(1, 3 * SECTOR_SIZE);
    virtio_blk_close();
    assert_memory_equal(descriptors(), before, sizeof before);
    assert_int_equal(available()->flags, 0);
    assert_int_equal(device->interrupts, 0);
}

static void a_disc_with_one_other_byte_is_left_to_the_firmware(void **state)
{
    (void)state;
    firmware_reads(1);
    check_sector[SECTOR_SIZE - 1] ^= 1;
    assert_false(open_disc());
    firmware_reads(2);
}

static void of_two_discs_with_the_same_bytes_the_first_stays_and_the_second_is_left(void **state)
{
    (void)state;
    start_firmware(1, VIRTIO_PCI_LEGACY, ENTRIES);
    devices[1].salt = devices[0].salt;
    firmware_reads(3);
    assert_true(open_disc());
    assert_true(virtio_blk_open(1, CHECK_SECTOR, check_sector));
    firmware_reads(4); /* by the second */
    device = &devices[0];
    firmware = &firmwares[0];
    unsigned reads = device->reads;
    assert_read(100, SECTOR_SIZE);
    assert_int_equal(device->reads, reads + 1);
    virtio_blk_close();
    firmware_reads(5);
}

static void a_device_that_the_firmware_does_not_use_as_expected_is_not_touched(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        start_with(VIRTIO_PCI_MODERN, ENTRIES);
        if (i == 0) {
            device->status = ACKNOWLEDGE | DRIVER;
        } else if (i == 1) {
            device->status |= NEEDS_RESET;
        } else if (i == 2) {
            device->features[0] = EVENT_IDX;
        } else if (i == 3) {
            device->features[1] |= RING_PACKED;
        } else if (i == 4) {
            device->ready = 0;
        } else if (i == 5) {
            device->addresses[2] += 1ull << 32;
        } else if (i == 6) {
            available()->index = 1; /* a request is under way */
        } else if (i == 7) {
            available()->index = used()->index = 60000; /* too many to replay */
        } else {
            device->block = 8192;
        }
        assert_false(open_disc());
        assert_int_equal(device->resets + device->notified, 0);
    }
}

static void a_request_fails_if_the_device_answers_wrongly_or_not_at_all(void **state)
{
    static const struct faults faults[] = {
        {.is_silent = true},      {.needs_reset = true},
        {.status = STATUS_IOERR}, {.status = STATUS_UNSUPPORTED},
        {.leaves_status = true},  {.wrong_id = 1},
        {.wrong_id = 0x10000},    {.wrong_id = 0xffffffff},
        {.wrong_index = 1},       {.wrong_index = 0xffff},
        {.wrong_index = 0x8000},  {.slow = MOST_LOOKS * 2},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        start_with(i % 2 == 0 ? VIRTIO_PCI_MODERN : VIRTIO_PCI_LEGACY, ENTRIES);
        firmware_reads(9);
        assert_true(open_disc());
        device->faults = faults[i];
        assert_false(read_bytes(100, 5 * SECTOR_SIZE, buffer));
        device->faults = (struct faults){0};
        virtio_blk_close();
        assert_true(device->resets > 0); /* so it writes nothing any more */
    }
}

static void a_device_that_does_not_answer_to_the_end_carries_out_nothing_later(void **state)
{
    (void)state;
    firmware_reads(5);
    assert_true(open_disc());
    device->faults.is_silent = true;
    virtio_blk_close();
    assert_int_equal(device->status, 0);
}

/* The firmware reads after a single failure: the device works again by then. */
static void after_a_failure_the_firmware_reads_on(void **state)
{
    (void)state;
    firmware_reads(1);
    assert_true(open_disc());
    device->faults.status = STATUS_IOERR;
    assert_false(read_bytes(100, SECTOR_SIZE, buffer));
    device->faults.status = 0;
    firmware_reads(2);
}

static void the_length_that_a_device_says_it_has_written_is_not_believed(void **state)
{
    static const uint32_t lengths[] = {1, 0x7fffffff, 0xffffffff};
    (void)state;
    assert_true(open_disc());
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        device->faults.length = lengths[i];
        assert_read(100, 3 * SECTOR_SIZE + 9);
    }
}

/* Whatever a device writes to the used ring, the driver accesses nothing by it. */
static void random_answers_are_refused_unless_they_are_right(void **state)
{
    (void)state;
    srand(1);
    for (unsigned i = 0; i < 3000; i++) {
        start_with(VIRTIO_PCI_MODERN, 4u << i % 4);
        assert_true(open_disc());
        device->faults = (struct faults){
            .status = (uint8_t)(rand() % 3),
            .wrong_id = rand() % 2 == 0 ? 0 : (uint32_t)rand() * 3,
            .wrong_index = rand() % 2 == 0 ? 0 : (uint16_t)rand(),
            .length = (uint32_t)rand() * 3,
        };
        bool is_right = device->faults.status == 0 && device->faults.wrong_id == 0 &&
                        device->faults.wrong_index == 0;
        assert_int_equal(read_bytes(100, SECTOR_SIZE, buffer), is_right);
    }
}

static void a_slow_device_may_interrupt_and_nothing_is_left_of_it(void **state)
{
    (void)state;
    assert_true(open_disc());
    device->faults.slow = 3;
    assert_read(100, 3 * SECTOR_SIZE);
    assert_int_equal(device->interrupts, 0);
    assert_int_equal(available()->flags, 1);
    device->faults.slow = 0;
    assert_read(100, 3 * SECTOR_SIZE);
}

static void a_disc_with_blocks_of_4096_bytes_is_read_by_whole_blocks(void **state)
{
    (void)state;
    device->block = 4096;
    assert_true(open_disc());
    for (uint32_t lba = 100; lba < 102; lba++) {
        for (uint32_t length = 1; length < 4 * SECTOR_SIZE; length += 511) {
            assert_read(lba, length);
        }
    }
    assert_read(101, 9 * MIB); /* two requests */
}

static void without_a_firmware_the_driver_sets_the_device_up(void **state)
{
    static const enum virtio_way ways[] = {VIRTIO_PCI_MODERN, VIRTIO_PCI_LEGACY, VIRTIO_MMIO_MODERN,
                                           VIRTIO_MMIO_LEGACY};
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        start_with(ways[i / 2], ENTRIES);
        device->offered[1] = is_legacy() ? 0 : VERSION_1;
        device->most = i % 2 == 0 ? ENTRIES : MOST_ENTRIES;
        reset_device();
        bool is_mmio = device->registers.way == VIRTIO_MMIO_MODERN ||
                       device->registers.way == VIRTIO_MMIO_LEGACY;
        assert_true(is_mmio ? virtio_blk_set_up_mmio(0xfeb00000, 5, own_queue)
                            : virtio_blk_set_up(0, own_queue));
        assert_int_equal(device->status,
                         ACKNOWLEDGE | DRIVER | DRIVER_OK | (is_legacy() ? 0 : FEATURES_OK));
        assert_read(100, 3 * MIB + 5);
        virtio_blk_close();
        assert_int_equal(device->status, 0);
    }
}

static void without_a_firmware_a_device_that_is_no_readable_disc_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        start_with(i == 0 ? VIRTIO_PCI_LEGACY : VIRTIO_PCI_MODERN, ENTRIES);
        reset_device();
        if (i == 0) {
            device->most = device->size = 2048; /* needs more memory than there is */
        } else if (i == 1) {
            device->capacity = 0;
        } else if (i == 2) {
            device->faults.refuses = true;
        } else if (i == 3) {
            device->most = device->size = 0;
        } else {
            device->block = 8192;
        }
        assert_false(virtio_blk_set_up(0, own_queue));
        assert_int_equal(device->status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_read_is_one_request_whatever_its_address_and_length, start),
        cmocka_unit_test_setup(a_long_read_is_cut_into_what_a_request_may_have, start),
        cmocka_unit_test_setup(the_firmware_reads_on_with_its_own_count_after_the_driver, start),
        cmocka_unit_test_setup(the_driver_may_read_again_after_the_firmware_has_read, start),
        cmocka_unit_test_setup(the_firmwares_queue_is_given_back_as_it_was, start),
        cmocka_unit_test_setup(a_disc_with_one_other_byte_is_left_to_the_firmware, start),
        cmocka_unit_test_setup(
            of_two_discs_with_the_same_bytes_the_first_stays_and_the_second_is_left, start),
        cmocka_unit_test_setup(a_device_that_the_firmware_does_not_use_as_expected_is_not_touched,
                               start),
        cmocka_unit_test_setup(a_request_fails_if_the_device_answers_wrongly_or_not_at_all, start),
        cmocka_unit_test_setup(a_device_that_does_not_answer_to_the_end_carries_out_nothing_later,
                               start),
        cmocka_unit_test_setup(after_a_failure_the_firmware_reads_on, start),
        cmocka_unit_test_setup(the_length_that_a_device_says_it_has_written_is_not_believed, start),
        cmocka_unit_test_setup(random_answers_are_refused_unless_they_are_right, start),
        cmocka_unit_test_setup(a_slow_device_may_interrupt_and_nothing_is_left_of_it, start),
        cmocka_unit_test_setup(a_disc_with_blocks_of_4096_bytes_is_read_by_whole_blocks, start),
        cmocka_unit_test_setup(without_a_firmware_the_driver_sets_the_device_up, start),
        cmocka_unit_test_setup(without_a_firmware_a_device_that_is_no_readable_disc_is_refused,
                               start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

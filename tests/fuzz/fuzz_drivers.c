// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the drivers of discs alone, on devices that answer anything: PIIX, AHCI, virtio over PCI
// and MMIO, with a firmware and without. An input is a machine (struct setting) and steps: calls of
// a driver, and bytes that appear in the devices' registers. Whatever the registers say, a driver
// writes nowhere else than to its buffer, and a device that nobody has touched gives the disc's
// bytes.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/bus/pci.h"
#include "stage2/disc/ahci.h"
#include "stage2/disc/pc/piix_ide.h"
#include "stage2/disc/pc/virtio_blk.h"
#include "tests/fuzz/machine/machine.h"

enum {
    MOST_STEPS = 24,
    BUFFER = 8 * MIB,
    OWN_MEMORY = TABLES + 0xc000, /* queues and command lists that a driver gets */
    PIIX_FUNCTION = 1 << 3 | 1,
    AHCI_FUNCTION = 3 << 3,
    VIRTIO_FUNCTION = 4 << 3,
    MOST_SECTORS = 40,
    LINE = 11,
    PIIX_PORTS = 0xc000,
};

enum step {
    PIIX_OPEN,
    PIIX_ATTACH,
    PIIX_READ,
    AHCI_PORTS,
    AHCI_START_PORT,
    AHCI_OPEN,
    AHCI_READ,
    AHCI_STOP_PORT,
    VIRTIO_OPEN,
    VIRTIO_SET_UP,
    VIRTIO_SET_UP_MMIO,
    VIRTIO_READ,
    CLOSE,
    POKE_AHCI,
    POKE_VIRTIO,
    POKE_PCI,
    STEPS,
};

struct operation {
    uint8_t step, a;
    uint16_t b;
};

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_open[CLOSE]; /* by the step that has opened it */
static bool is_touched;
static jmp_buf end;

_Noreturn void machine_is_wrong(const char *what, uint64_t number)
{
    fprintf(stderr, "fuzz_drivers: %s (0x%llx)\n", what, (unsigned long long)number);
    abort();
}

/* Too many looks at the clock. */
_Noreturn void machine_end(enum outcome outcome)
{
    (void)outcome;
    longjmp(end, 1);
}

static bool is_disk(void)
{
    return (firmware_setting()->drive & DRIVE_IS_DISK) != 0;
}

static uint8_t *buffer(void)
{
    return (uint8_t *)(uintptr_t)BUFFER;
}

/* What was read must be the disc's, if the device is honest. */
static void compare(uint32_t lba, uint32_t length)
{
    const uint8_t *sector = disc_sector_at(lba);
    if (!is_touched &&
        (sector == NULL || memcmp((const void *)(uintptr_t)BUFFER, sector, length) != 0)) {
        machine_is_wrong("a driver has read other bytes", lba);
    }
}

static void read_by(enum step step, uint32_t lba, uint32_t length)
{
    bool done = false;
    if (step == AHCI_READ) {
        length = (length + SECTOR - 1) / SECTOR * SECTOR;
        done = ahci_read(lba, length / SECTOR, buffer());
    } else if (step == PIIX_READ) {
        done = piix_ide_start(lba, length, buffer()) && piix_ide_wait();
    } else {
        done = virtio_blk_start(lba, length, buffer()) && virtio_blk_wait();
    }
    if (done) {
        compare(lba, length);
    } else if (step != AHCI_READ) {
        is_open[step] = false; /* as piix_ide.h and virtio_blk.h say */
    }
}

static void open_ahci(const struct operation *operation)
{
    const uint8_t *sector = operation->a % 2 == 0 ? disc_sector_at(16) : NULL;
    uint32_t ports = operation->b % 2 == 0 ? AHCI_RUNNING_PORTS : operation->b;
    is_open[AHCI_READ] |= ahci_open(AHCI_FUNCTION, ports, 16, sector, !is_disk()) == 1;
}

static void attach_piix(void)
{
    static const struct piix_drive drive = {PIIX_PORTS + 8, 0x170, 0xa0, 0, 3};
    piix_ide_attach(PIIX_FUNCTION, &drive, !is_disk());
    is_open[PIIX_READ] = true;
}

static void close_all(void)
{
    piix_ide_close();
    virtio_blk_close();
}

/* Whether a register has an address that the firmware or the driver has set: a device that changes
   these makes every driver write to where it says. */
static bool is_address(enum step step, uint32_t offset)
{
    if (step == POKE_AHCI) {
        return offset >= 0x100 && offset % 0x80 < 0x10;
    }
    return (offset >= 0x08 && offset < 0x0c) || (offset >= 0x20 && offset < 0x44) ||
           (offset >= 0x80 && offset < 0xa8);
}

static void poke(enum step step, const struct operation *operation)
{
    uint32_t registers = step == POKE_AHCI ? AHCI_REGISTERS : VIRTIO_REGISTERS;
    uint32_t offset = operation->b % (step == POKE_AHCI ? 0x400 : 0x200);
    if (!is_address(step, offset)) {
        ((uint8_t *)(uintptr_t)registers)[offset] = operation->a;
        is_touched = true;
    }
}

static void poke_pci(const struct operation *operation)
{
    static const uint32_t functions[] = {PIIX_FUNCTION, AHCI_FUNCTION, VIRTIO_FUNCTION};
    static const uint8_t registers[] = {PCI_COMMAND / 4, PCI_HEADER / 4, PCI_INTERRUPT / 4};
    uint32_t number =
        registers[operation->b / 256 % sizeof registers]; /* not where registers are */
    uint32_t *pci = bus_function(functions[operation->b % 3]);
    pci[number] ^= (uint32_t)operation->a << operation->b / 4 % 4 * 8;
    is_touched = true;
}

/* Whether there is such a function: a driver is called for no other. */
static bool is_there(enum step step)
{
    bool is_ahci = step >= AHCI_PORTS && step <= AHCI_STOP_PORT;
    return !is_ahci || pci_read(AHCI_FUNCTION, PCI_IDENTITY) == ICH9_AHCI;
}

static void carry_out(const struct operation *operation)
{
    void *memory = (void *)(uintptr_t)OWN_MEMORY;
    uint32_t length = operation->a * 200u % (MOST_SECTORS * SECTOR) + 1;
    enum step step = operation->step % STEPS;
    if (!is_there(step)) {
        return;
    }
    switch (step) {
    case PIIX_OPEN:
        is_open[PIIX_READ] |= piix_ide_open(PIIX_FUNCTION, 16, disc_sector_at(16), !is_disk()) == 1;
        break;
    case PIIX_ATTACH:
        attach_piix();
        break;
    case AHCI_PORTS:
        ahci_ports(AHCI_FUNCTION);
        ahci_has_drive(AHCI_FUNCTION, !is_disk());
        break;
    case AHCI_START_PORT:
        ahci_start_port(AHCI_FUNCTION, operation->a % 32, memory);
        break;
    case AHCI_OPEN:
        open_ahci(operation);
        break;
    case AHCI_STOP_PORT:
        ahci_stop_port(AHCI_FUNCTION, operation->a % 32);
        is_open[AHCI_READ] = false;
        break;
    case VIRTIO_OPEN:
        is_open[VIRTIO_READ] |= virtio_blk_open(VIRTIO_FUNCTION, 16, disc_sector_at(16));
        break;
    case VIRTIO_SET_UP:
        is_open[VIRTIO_READ] = virtio_blk_set_up(VIRTIO_FUNCTION, memory);
        break;
    case VIRTIO_SET_UP_MMIO:
        is_open[VIRTIO_READ] = virtio_blk_set_up_mmio(VIRTIO_REGISTERS, LINE, memory);
        break;
    case PIIX_READ:
    case AHCI_READ:
    case VIRTIO_READ:
        if (is_open[step]) {
            read_by(step, operation->b % 320, length);
        }
        break;
    case POKE_AHCI:
    case POKE_VIRTIO:
        poke(step, operation);
        break;
    case POKE_PCI:
        poke_pci(operation);
        break;
    default:
        close_all();
        memset(is_open, 0, sizeof is_open);
    }
}

static void carry_out_all(const uint8_t *data, size_t size)
{
    struct operation operation;
    for (unsigned step = 0; size >= sizeof operation && step < MOST_STEPS; step++) {
        memcpy(&operation, data, sizeof operation);
        data += sizeof operation;
        size -= sizeof operation;
        carry_out(&operation);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct setting setting;
    if (size < sizeof setting) {
        return 0;
    }
    memcpy(&setting, data, sizeof setting);
    setting.key_count = 0;
    setting.flags &= (uint16_t)~MACHINE_TSC; /* or waits without an interrupt last real seconds */
    data += sizeof setting;
    size -= sizeof setting;
    is_touched = false;
    memset(is_open, 0, sizeof is_open);
    disc_insert(setting.disc);
    memory_reset();
    state_restore();
    firmware_start(&setting, data);
    if (setjmp(end) == 0) {
        carry_out_all(data, size);
    }
    return 0;
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    memory_start();
    state_save();
    disc_load_beside((*arguments)[0]);
    return 0;
}

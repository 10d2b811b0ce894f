// SPDX-License-Identifier: BSD-2-Clause
// Tests the AHCI driver with a simulated host bus adapter, whose drives make progress each time the
// driver waits for them. Specifications: Serial ATA AHCI 1.3.1; ATA8-ACS, READ DMA EXT; SFF-8020i,
// READ(12). The test is linked without PIE, so that all addresses that the driver uses are below 4
// GiB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/bus/pci.h"
#include "stage2/disc/ahci.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"
#include "tests/unit/elf_builder.h"
#include "tests/unit/stage2/disc/unpaced.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

// ---- The adapter

enum {
    PORTS = 2,
    SECTOR_SIZE = 2048,
    MIB = 1024 * 1024,
    MOST_LOOKS = 1000,

    CMD_ST = 0x0001,
    CMD_FRE = 0x0010,
    CMD_FR = 0x4000,
    CMD_CR = 0x8000,
    CMD_RUNS = CMD_ST | CMD_FRE | CMD_FR | CMD_CR,
    IS_DHRS = 0x00000001,
    IS_TFES = 0x40000000,
    TFD_RESET = 0x7f,
    TFD_READY = 0x50,
    TFD_ERROR = 0x51,
    SSTS_PRESENT = 0x123,
    SIG_DISK = 0x00000101,

    HEADER_ATAPI = 0x20,
    PRD_MOST_BYTES = 4 * MIB,
    ATA_PACKET = 0xa0,
    ATA_READ_DMA_EXT = 0x25,
    READ_12 = 0xa8,
};

#define GHC_ENABLED 0x80000000u /* AE */
#define SIG_ATAPI   0xeb140101u

struct port {
    uint32_t clb, clbu, fb, fbu, is, ie, cmd, reserved, tfd, sig, ssts, sctl, serr, sact, ci;
    uint32_t more[17];
};
_Static_assert(sizeof(struct port) == 0x80, "AHCI, 3.3");

static struct {
    uint32_t cap, ghc, is, pi;
    uint32_t more[60];
    struct port ports[PORTS];
} hba;
_Static_assert(offsetof(__typeof__(hba), ports) == 0x100, "AHCI, 3");

struct header {
    uint16_t flags, prdtl;
    uint32_t prdbc, ctba, ctbau, reserved[4];
};

struct table {
    uint8_t fis[64], packet[64];
    struct {
        uint32_t dba, dbau, reserved, dbc;
    } prds[8];
};

static struct header lists[PORTS][32] __attribute__((aligned(1024)));
static const struct header firmwares = {.flags = 0x1234, .prdtl = 5, .ctba = 0x55aa};

static struct drive {
    uint32_t sig;      /* its signature, which it tells after a reset */
    uint8_t salt;      /* drives with equal salt have the same bytes */
    bool is_silent;    /* takes a command and never ends it */
    bool fails;        /* each command fails */
    uint32_t short_by; /* number of bytes that are not transferred */
} drives[PORTS];

static struct {
    unsigned drive, count;
    uint32_t lba, sectors, regions; /* of the latest command */
} commands;
static unsigned looks;

static uint8_t byte_at(const struct drive *drive, uint32_t lba, uint32_t offset)
{
    return (uint8_t)(lba * 7 + offset * 3 + offset / 256 + drive->salt);
}

static uint32_t load_big32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The place and length that the command asks for, in sectors of 2048 bytes. */
static void decode(const struct port *port, const struct header *header, const struct table *table)
{
    assert_int_equal(table->fis[0], 0x27);
    assert_int_equal(table->fis[1], 0x80);
    if (port->sig == SIG_ATAPI) {
        assert_int_equal(header->flags, HEADER_ATAPI | 5);
        assert_int_equal(table->fis[2], ATA_PACKET);
        assert_int_equal(table->fis[3], 1); /* DMA */
        assert_int_equal(table->packet[0], READ_12);
        commands.lba = load_big32(table->packet + 2);
        commands.sectors = load_big32(table->packet + 6);
        return;
    }
    assert_int_equal(header->flags, 5);
    assert_int_equal(table->fis[2], ATA_READ_DMA_EXT);
    assert_int_equal(table->fis[7], 0x40); /* LBA */
    uint64_t lba = load32(table->fis + 3) >> 8 | (uint64_t)load32(table->fis + 7) >> 8 << 24;
    assert_int_equal(lba % 4, 0);
    assert_int_equal(load16(table->fis + 12) % 4, 0);
    commands.lba = (uint32_t)(lba / 4);
    commands.sectors = load16(table->fis + 12) / 4;
}

static uint32_t transfer(const struct drive *drive, const struct header *header,
                         const struct table *table)
{
    uint32_t wanted = commands.sectors * SECTOR_SIZE - drive->short_by, done = 0;
    for (unsigned i = 0; i < header->prdtl; i++) {
        uint32_t bytes = table->prds[i].dbc + 1;
        uint8_t *to = (uint8_t *)(uintptr_t)table->prds[i].dba;
        assert_true(bytes % 2 == 0 && bytes <= PRD_MOST_BYTES && table->prds[i].dbau == 0);
        for (uint32_t at = 0; at < bytes && done < wanted; at++, done++) {
            to[at] = byte_at(drive, commands.lba + done / SECTOR_SIZE, done % SECTOR_SIZE);
        }
    }
    return done;
}

static void execute(unsigned index)
{
    struct drive *drive = &drives[index];
    struct port *port = &hba.ports[index];
    struct header *header = (struct header *)(uintptr_t)port->clb;
    const struct table *table = (const struct table *)(uintptr_t)header->ctba;
    decode(port, header, table);
    commands.drive = index;
    commands.count++;
    commands.regions = header->prdtl;
    header->prdbc = drive->fails ? 0 : transfer(drive, header, table);
    port->tfd = drive->fails ? TFD_ERROR : TFD_READY;
    port->is = drive->fails ? IS_TFES : IS_DHRS;
    port->ci = 0;
}

// ---- What the driver calls

bool irq_wait_goes_on(struct irq_wait *wait)
{
    (void)wait;
    for (unsigned i = 0; i < PORTS; i++) {
        struct port *port = &hba.ports[i];
        port->cmd &= ~(uint32_t)(CMD_CR | CMD_FR);
        port->cmd |= (port->cmd & CMD_ST ? CMD_CR : 0) | (port->cmd & CMD_FRE ? CMD_FR : 0);
        if (port->tfd == TFD_RESET && (port->cmd & CMD_FR) != 0 && !drives[i].is_silent) {
            port->sig = drives[i].sig;
            port->tfd = TFD_READY;
        }
        if (port->ci == 1 && (port->cmd & CMD_RUNS) == CMD_RUNS && !drives[i].is_silent) {
            execute(i);
        }
    }
    return ++looks % MOST_LOOKS != 0;
}

bool irq_wait_needs_interrupts(void)
{
    return false;
}

uint64_t firmware_milliseconds(void)
{
    return ++looks;
}

uint32_t pci_read(uint32_t function, uint32_t offset)
{
    (void)function;
    return offset == PCI_BAR5      ? (uint32_t)(uintptr_t)&hba
           : offset == PCI_COMMAND ? PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER
                                   : 0;
}

void timeline_transfer(uint32_t bytes)
{
    (void)bytes;
}

// ---- Tests

enum { CHECK_SECTOR = 16 };

static uint8_t check_sector[SECTOR_SIZE];
static uint8_t buffer[9 * MIB + SECTOR_SIZE] __attribute__((aligned(2)));

/* Two CD drives that the firmware keeps running; the first is the one that we boot from. */
static int start(void **state)
{
    (void)state;
    memset(&hba, 0, sizeof hba);
    memset(&commands, 0, sizeof commands);
    hba.ghc = GHC_ENABLED;
    hba.pi = (1 << PORTS) - 1;
    for (unsigned i = 0; i < PORTS; i++) {
        drives[i] = (struct drive){.salt = (uint8_t)i};
        lists[i][0] = firmwares;
        hba.ports[i] = (struct port){.clb = (uint32_t)(uintptr_t)lists[i],
                                     .cmd = CMD_RUNS,
                                     .tfd = TFD_READY,
                                     .sig = SIG_ATAPI,
                                     .ssts = SSTS_PRESENT};
    }
    for (uint32_t i = 0; i < SECTOR_SIZE; i++) {
        check_sector[i] = byte_at(&drives[0], CHECK_SECTOR, i);
    }
    memset(buffer, 0, sizeof buffer);
    return 0;
}

static unsigned open_cd(uint32_t ports)
{
    return ahci_open(0, ports, CHECK_SECTOR, check_sector, true);
}

static void assert_read(uint32_t lba, uint32_t sectors)
{
    assert_true(ahci_read(lba, sectors, buffer));
    for (uint32_t i = 0; i < sectors * SECTOR_SIZE; i++) {
        if (buffer[i] != byte_at(&drives[0], lba + i / SECTOR_SIZE, i % SECTOR_SIZE)) {
            fail_msg("byte %u of sector %u is wrong", i % SECTOR_SIZE, lba + i / SECTOR_SIZE);
        }
    }
    assert_int_equal(buffer[sectors * SECTOR_SIZE], 0);
}

static void the_drive_with_the_sectors_bytes_is_read_by_one_command(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    commands.count = 0;
    assert_read(0x123456, 3);
    assert_int_equal(commands.count, 1);
    assert_int_equal(commands.drive, 0);
    assert_int_equal(commands.lba, 0x123456);
    assert_int_equal(commands.sectors, 3);
    assert_int_equal(commands.regions, 1);
}

static void a_disk_is_read_by_its_own_sectors(void **state)
{
    (void)state;
    hba.ports[0].sig = SIG_DISK;
    assert_int_equal(ahci_open(0, AHCI_RUNNING_PORTS, CHECK_SECTOR, check_sector, false), 1);
    assert_read(0x12345678, 2); /* times 4 is more than 32 bits */
    assert_int_equal(commands.lba, 0x12345678);
}

static void a_long_read_is_cut_into_what_a_command_can_describe(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    commands.count = 0;
    assert_read(100, 9 * MIB / SECTOR_SIZE);
    assert_int_equal(commands.count, 2); /* two regions of 4 MiB; the rest */
}

static void a_drive_with_one_other_byte_is_not_opened(void **state)
{
    (void)state;
    check_sector[SECTOR_SIZE - 1] ^= 1;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 0);
}

static void no_drive_is_opened_if_two_have_the_same_bytes(void **state)
{
    (void)state;
    drives[1].salt = drives[0].salt;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 2);
}

static void the_drive_is_kept_if_a_later_search_finds_none(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    assert_int_equal(ahci_open(8, 2, CHECK_SECTOR, check_sector, true), 0); /* the other drive */
    assert_read(100, 3);
}

static void a_cd_drive_is_seen_by_its_signature_alone(void **state)
{
    (void)state;
    assert_true(ahci_has_drive(0, true));
    assert_false(ahci_has_drive(0, false));
    hba.pi = 0;
    assert_false(ahci_has_drive(0, true));
    assert_int_equal(commands.count, 0);
}

static void a_drive_that_transfers_less_than_it_was_asked_for_has_failed(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    drives[0].short_by = 2;
    assert_false(ahci_read(100, 3, buffer));
}

static void a_drive_that_reports_an_error_has_failed(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    drives[0].fails = true;
    assert_false(ahci_read(100, 3, buffer));
    assert_int_equal(hba.ports[0].cmd & CMD_ST, CMD_ST); /* the port runs again */
}

static void a_drive_that_never_ends_a_command_has_failed(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    drives[0].is_silent = true;
    assert_false(ahci_read(100, 3, buffer));
}

static void the_firmwares_slot_is_given_back_whether_a_command_works_or_not(void **state)
{
    (void)state;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 1);
    assert_memory_equal(&lists[0][0], &firmwares, sizeof firmwares);
    drives[0].fails = true;
    assert_false(ahci_read(100, 3, buffer));
    assert_memory_equal(&lists[0][0], &firmwares, sizeof firmwares);
}

static void a_stopped_port_is_started_only_if_the_caller_names_it(void **state)
{
    (void)state;
    hba.ports[0].cmd = 0;
    assert_int_equal(open_cd(AHCI_RUNNING_PORTS), 0);
    assert_int_equal(commands.count != 0 && commands.drive == 0, false);
    assert_int_equal(open_cd(1), 1);
    assert_read(100, 3);
    assert_int_equal(hba.ports[0].cmd, 0); /* the port is stopped again */
}

/* Ports as after a reset: stopped, without memory, and with a drive that has not yet told its
   signature. It does so as soon as FISes are received. */
static void reset_ports(void)
{
    hba.ghc = 0;
    for (unsigned i = 0; i < PORTS; i++) {
        drives[i].sig = hba.ports[i].sig;
        hba.ports[i] = (struct port){.tfd = TFD_RESET, .sig = 0xffffffff, .ssts = SSTS_PRESENT};
    }
}

static void without_a_firmware_a_port_is_started_and_its_drive_taken_unproven(void **state)
{
    (void)state;
    static uint8_t memory[AHCI_PORT_BYTES] __attribute__((aligned(1024)));
    reset_ports();
    assert_int_equal(ahci_open(0, 1, CHECK_SECTOR, NULL, true), 0);
    assert_true(ahci_start_port(0, 0, memory));
    assert_int_equal(ahci_open(0, 1, CHECK_SECTOR, NULL, true), 1);
    assert_read(100, 3);
    assert_int_equal(hba.ports[0].cmd & CMD_ST, CMD_ST); /* it goes on running, as after a BIOS */
    ahci_stop_port(0, 0);
    irq_wait_goes_on(&(struct irq_wait){0});
    assert_int_equal(hba.ports[0].cmd & CMD_RUNS, 0);
}

static void a_port_without_a_drive_is_not_started(void **state)
{
    (void)state;
    static uint8_t memory[AHCI_PORT_BYTES] __attribute__((aligned(1024)));
    reset_ports();
    hba.ports[1].ssts = 0;
    assert_false(ahci_start_port(0, 1, memory));
    assert_false(ahci_start_port(0, PORTS, memory)); /* there is no such port */
    assert_int_equal(hba.ports[1].cmd, 0);
}

static void a_port_whose_drive_never_gets_ready_is_stopped_again(void **state)
{
    (void)state;
    static uint8_t memory[AHCI_PORT_BYTES] __attribute__((aligned(1024)));
    reset_ports();
    drives[0].is_silent = true;
    assert_false(ahci_start_port(0, 0, memory));
    irq_wait_goes_on(&(struct irq_wait){0});
    assert_int_equal(hba.ports[0].cmd & CMD_RUNS, 0);
}

static void without_a_firmware_one_of_two_drives_is_taken_only_if_its_port_is_named(void **state)
{
    (void)state;
    assert_int_equal(ahci_open(0, AHCI_RUNNING_PORTS, CHECK_SECTOR, NULL, true), 2);
    assert_int_equal(ahci_open(0, 1, CHECK_SECTOR, NULL, true), 1);
    assert_read(100, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_drive_with_the_sectors_bytes_is_read_by_one_command, start),
        cmocka_unit_test_setup(a_disk_is_read_by_its_own_sectors, start),
        cmocka_unit_test_setup(a_long_read_is_cut_into_what_a_command_can_describe, start),
        cmocka_unit_test_setup(a_drive_with_one_other_byte_is_not_opened, start),
        cmocka_unit_test_setup(no_drive_is_opened_if_two_have_the_same_bytes, start),
        cmocka_unit_test_setup(the_drive_is_kept_if_a_later_search_finds_none, start),
        cmocka_unit_test_setup(a_cd_drive_is_seen_by_its_signature_alone, start),
        cmocka_unit_test_setup(a_drive_that_transfers_less_than_it_was_asked_for_has_failed, start),
        cmocka_unit_test_setup(a_drive_that_reports_an_error_has_failed, start),
        cmocka_unit_test_setup(a_drive_that_never_ends_a_command_has_failed, start),
        cmocka_unit_test_setup(the_firmwares_slot_is_given_back_whether_a_command_works_or_not,
                               start),
        cmocka_unit_test_setup(a_stopped_port_is_started_only_if_the_caller_names_it, start),
        cmocka_unit_test_setup(without_a_firmware_a_port_is_started_and_its_drive_taken_unproven,
                               start),
        cmocka_unit_test_setup(a_port_without_a_drive_is_not_started, start),
        cmocka_unit_test_setup(a_port_whose_drive_never_gets_ready_is_stopped_again, start),
        cmocka_unit_test_setup(
            without_a_firmware_one_of_two_drives_is_taken_only_if_its_port_is_named, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
// Ports and PCI of the modelled machine: each access goes to the device that has the port.
#include "tests/fuzz/machine/machine.h"

#include <string.h>
#include "tests/fuzz/machine/stage2/bus/io.h"

enum {
    PCI_ADDRESS = 0xcf8,
    PCI_DATA = 0xcfc,
    FUNCTIONS = 256, /* of bus 0 */
    REGISTERS = 64,

    CARD_INDEX = 0x1ce,
    CARD_DATA = 0x1cf,
    CARD_REGISTERS = 16,
    CARD_ENABLE = 4,
    CARD_READS_LIMITS = 2,

    TIMER_CHANNEL_2 = 0x42,
    TIMER_STEP = 0x1357, /* between two looks */

    SERIAL = 0x3f8,
    SERIAL_PORTS = 8,
    SERIAL_STATUS = 5,
    SERIAL_SCRATCH = 7,
    SERIAL_READY = 0x20,
    SERIAL_HAS_DATA = 0x01,
    STUCK_LOOKS = 500,
};

static uint32_t functions[FUNCTIONS][REGISTERS];
static uint32_t pci_address;
static uint16_t card[CARD_REGISTERS], card_index;
static uint16_t timer;
static uint8_t timer_half;
static uint8_t scratch;
static int serial_key;
static unsigned serial_looks;

uint32_t *bus_function(uint32_t function)
{
    return functions[function % FUNCTIONS];
}

void bus_start(void)
{
    memset(functions, 0xff, sizeof functions);
    card_index = 0;
    memset(card, 0, sizeof card);
    card[0] = 0xb0c5;
    card[10] = 256;
    timer = 0xffff;
    timer_half = 0;
    serial_key = -1;
    serial_looks = 0;
}

static uint32_t pci(uint32_t value, bool write, unsigned bytes)
{
    uint32_t function = pci_address >> 8 & 0xffff, offset = pci_address & 0xfc;
    if (function >= FUNCTIONS) {
        return UINT32_MAX;
    }
    uint32_t *to = &functions[function][offset / 4];
    if (virtio_window(function, offset, &value, write) || !write) {
        return write ? 0 : functions[function][0] == UINT32_MAX ? UINT32_MAX : *to;
    }
    if (functions[function][0] == UINT32_MAX) {
        return UINT32_MAX;
    }
    uint32_t mask = bytes == 4 ? UINT32_MAX : (1u << bytes * 8) - 1;
    *to = (*to & ~mask) | (value & mask);
    return 0;
}

/* Width and height read as the greatest ones while the card is told to. */
static uint16_t read_card(void)
{
    if ((card[CARD_ENABLE] & CARD_READS_LIMITS) != 0 && (card_index == 1 || card_index == 2)) {
        return card_index == 1 ? 2560 : 1600;
    }
    return card[card_index];
}

static uint32_t read_serial(unsigned number)
{
    if ((firmware_setting()->flags & MACHINE_SERIAL) == 0) {
        return 0xff;
    }
    if (number == SERIAL_SCRATCH) {
        return scratch;
    }
    if (number == SERIAL_STATUS) {
        bool is_stuck =
            (firmware_setting()->flags & MACHINE_SERIAL_STUCK) != 0 && serial_looks++ < STUCK_LOOKS;
        serial_key = serial_key >= 0 ? serial_key : firmware_next_key();
        return (is_stuck ? 0u : SERIAL_READY) | (serial_key >= 0 ? SERIAL_HAS_DATA : 0u);
    }
    uint32_t key = (uint32_t)serial_key;
    serial_key = -1;
    return number == 0 ? key & 0xff : 0;
}

static uint32_t read_port(uint16_t port, unsigned bytes)
{
    if (port >= PCI_DATA && port < PCI_DATA + 4) {
        return pci(0, false, bytes) >> (port - PCI_DATA) * 8;
    }
    if (piix_has(port)) {
        return piix_in(port);
    }
    if (virtio_has(port)) {
        return virtio_in(port, bytes);
    }
    if (port >= SERIAL && port < SERIAL + SERIAL_PORTS) {
        return read_serial(port - SERIAL);
    }
    if (port == CARD_DATA) {
        return read_card();
    }
    if (port == TIMER_CHANNEL_2) {
        timer = timer_half == 0 ? (uint16_t)(timer - TIMER_STEP) : timer;
        timer_half ^= 8;
        return (uint32_t)(timer >> (timer_half ^ 8)) & 0xff;
    }
    return 0;
}

static void write_port(uint16_t port, uint32_t value, unsigned bytes)
{
    if (port == PCI_ADDRESS) {
        pci_address = value;
    } else if (port >= PCI_DATA && port < PCI_DATA + 4) {
        pci(value, true, bytes);
    } else if (piix_has(port)) {
        piix_out(port, value);
    } else if (virtio_has(port)) {
        virtio_out(port, value, bytes);
    } else if (port == SERIAL) {
        firmware_note_text((char)value);
    } else if (port == SERIAL + SERIAL_SCRATCH) {
        scratch = (uint8_t)value;
    } else if (port == CARD_INDEX) {
        card_index = (uint16_t)(value % CARD_REGISTERS);
    } else if (port == CARD_DATA) {
        card[card_index] = (uint16_t)value;
    }
}

void out8(uint16_t port, uint8_t value)
{
    write_port(port, value, 1);
}

void out16(uint16_t port, uint16_t value)
{
    write_port(port, value, 2);
}

void out32(uint16_t port, uint32_t value)
{
    write_port(port, value, 4);
}

uint8_t in8(uint16_t port)
{
    return (uint8_t)read_port(port, 1);
}

uint16_t in16(uint16_t port)
{
    return (uint16_t)read_port(port, 2);
}

uint32_t in32(uint16_t port)
{
    return read_port(port, 4);
}

void out16_all(uint16_t port, const void *words, uint32_t count)
{
    piix_packet(port, words, count * 2);
}

void in16_all(uint16_t port, void *words, uint32_t count)
{
    (void)port;
    memset(words, 0xff, (size_t)count * 2);
}

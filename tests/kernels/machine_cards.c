// SPDX-License-Identifier: BSD-2-Clause
// Drivers for two network cards, as small as can be: an ARP request goes out, and the answer has to
// come by DMA and by the interrupt line that PCI's configuration space names. RTL8139 data sheet,
// chapter 6; Intel 82540EM (8254x developer's manual), chapter 13.
#include <string.h>
#include "console.h"
#include "machine.h"
#include "stage2/bus/io.h"

enum {
    PCI_COMMAND = 0x04,
    PCI_COMMAND_MASTER = 4,
    PCI_BAR0 = 0x10,
    PCI_LINE = 0x3c,
    LAST_FUNCTION = 0x400, /* buses 0 to 3 */
    CARDS = 4,
    PACKET_BYTES = 60,

    RTL_TRANSMIT_STATUS = 0x10,
    RTL_TRANSMIT_ADDRESS = 0x20,
    RTL_RECEIVE_BUFFER = 0x30,
    RTL_COMMAND = 0x37,
    RTL_COMMAND_RESET = 0x10,
    RTL_COMMAND_ENABLE = 0x0c,
    RTL_MASK = 0x3c,
    RTL_STATUS = 0x3e,
    RTL_RECEIVED = 1,
    RTL_RECEIVE_CONFIGURATION = 0x44,
    RTL_ACCEPT = 0x8f, /* all packets, no wrap */
    RTL_HEADER_BYTES = 4,

    E1000_CONTROL = 0x0000,
    E1000_CONTROL_LINK_UP = 0x40,
    E1000_CAUSE = 0x00c0,
    E1000_MASK = 0x00d0,
    E1000_RECEIVED = 0x80,
    E1000_RECEIVE_CONTROL = 0x0100,
    E1000_RECEIVE_ALL = 0x801a, /* enabled, promiscuous, broadcast */
    E1000_TRANSMIT_CONTROL = 0x0400,
    E1000_TRANSMIT_ENABLE = 0x0a,
    E1000_RECEIVE_RING = 0x2800,
    E1000_TRANSMIT_RING = 0x3800,
    RING_LENGTH = 0x08,
    RING_HEAD = 0x10,
    RING_TAIL = 0x18,
    E1000_ADDRESS_LOW = 0x5400,
    E1000_ADDRESS_HIGH = 0x5404,
    DESCRIPTORS = 8,
    DESCRIPTOR_LAST = 0x0b000000, /* end of packet, with checksum and report */
};
#define RTL_8139 0x813910ecu
#define E1000    0x100e8086u

struct descriptor {
    uint32_t address, address_high;
    uint32_t length;
    uint32_t status;
};

static struct card {
    uint32_t identity;
    uint32_t base; /* I/O port or address */
    uint8_t line;
    volatile bool has_interrupted;
    uint8_t packet[PACKET_BYTES];
    uint8_t received[8192 + 16 + 2048] __attribute__((aligned(16)));
    struct descriptor receive[DESCRIPTORS] __attribute__((aligned(16)));
    struct descriptor transmit[DESCRIPTORS] __attribute__((aligned(16)));
} cards[CARDS];
static unsigned card_count;

static void rtl_start(struct card *card, uint8_t address[6])
{
    uint16_t port = (uint16_t)card->base;
    out8(port + RTL_COMMAND, RTL_COMMAND_RESET);
    while (in8(port + RTL_COMMAND) & RTL_COMMAND_RESET)
        ;
    for (uint16_t i = 0; i < 6; i++)
        address[i] = in8(port + i);
    out32(port + RTL_RECEIVE_BUFFER, (uint32_t)card->received);
    out16(port + RTL_MASK, RTL_RECEIVED);
    out32(port + RTL_RECEIVE_CONFIGURATION, RTL_ACCEPT);
    out8(port + RTL_COMMAND, RTL_COMMAND_ENABLE);
}

static void rtl_send(struct card *card)
{
    uint16_t port = (uint16_t)card->base;
    out32(port + RTL_TRANSMIT_ADDRESS, (uint32_t)card->packet);
    out32(port + RTL_TRANSMIT_STATUS, PACKET_BYTES);
}

static void e1000_ring(uint32_t base, const struct descriptor *ring)
{
    write32(base, (uint32_t)ring);
    write32(base + 4, 0);
    write32(base + RING_LENGTH, DESCRIPTORS * sizeof *ring);
    write32(base + RING_HEAD, 0);
    write32(base + RING_TAIL, 0);
}

static void e1000_start(struct card *card, uint8_t address[6])
{
    uint32_t low = read32(card->base + E1000_ADDRESS_LOW);
    uint32_t high = read32(card->base + E1000_ADDRESS_HIGH);
    memcpy(address, &low, 4);
    memcpy(address + 4, &high, 2);
    write32(card->base + E1000_CONTROL, read32(card->base + E1000_CONTROL) | E1000_CONTROL_LINK_UP);
    card->receive[0].address = (uint32_t)card->received;
    e1000_ring(card->base + E1000_RECEIVE_RING, card->receive);
    e1000_ring(card->base + E1000_TRANSMIT_RING, card->transmit);
    write32(card->base + E1000_MASK, E1000_RECEIVED);
    write32(card->base + E1000_RECEIVE_CONTROL, E1000_RECEIVE_ALL);
    write32(card->base + E1000_TRANSMIT_CONTROL, E1000_TRANSMIT_ENABLE);
    write32(card->base + E1000_RECEIVE_RING + RING_TAIL, 1);
}

static void e1000_send(struct card *card)
{
    card->transmit[0].address = (uint32_t)card->packet;
    card->transmit[0].length = DESCRIPTOR_LAST | PACKET_BYTES;
    write32(card->base + E1000_TRANSMIT_RING + RING_TAIL, 1);
}

static uint16_t status16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Several cards may share a line. Reading the cause (e1000) or writing it (rtl8139) clears it. */
static void card_interrupt(void)
{
    for (unsigned i = 0; i < card_count; i++) {
        struct card *card = &cards[i];
        uint32_t cause;
        if (card->identity == RTL_8139) {
            cause = status16((uint16_t)(card->base + RTL_STATUS)) & RTL_RECEIVED;
            out16((uint16_t)(card->base + RTL_STATUS), (uint16_t)cause);
        } else {
            cause = read32(card->base + E1000_CAUSE) & E1000_RECEIVED;
        }
        card->has_interrupted |= cause != 0;
    }
}

/* ARP (RFC 826) from 10.0.2.15 for 10.0.2.2, the addresses of QEMU's user network. */
static void make_request(uint8_t packet[PACKET_BYTES], const uint8_t address[6])
{
    static const uint8_t arp[] = {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1};
    static const uint8_t own[] = {10, 0, 2, 15}, wanted[] = {10, 0, 2, 2};
    memset(packet, 0xff, 6);
    memcpy(packet + 6, address, 6);
    memcpy(packet + 12, arp, sizeof arp);
    memcpy(packet + 22, address, 6);
    memcpy(packet + 28, own, 4);
    memcpy(packet + 38, wanted, 4);
}

static bool has_answer(const struct card *card)
{
    static const uint8_t answer[] = {0, 2}, from[] = {10, 0, 2, 2};
    const uint8_t *packet = card->received + (card->identity == RTL_8139 ? RTL_HEADER_BYTES : 0);
    return memcmp(packet + 20, answer, 2) == 0 && memcmp(packet + 28, from, 4) == 0;
}

static void find_cards(void)
{
    for (uint32_t function = 0; function < LAST_FUNCTION && card_count < CARDS; function++) {
        uint32_t identity = pci_get(function, 0);
        if (identity != RTL_8139 && identity != E1000)
            continue;
        struct card *card = &cards[card_count++];
        card->identity = identity;
        card->base = pci_get(function, PCI_BAR0) & ~15u;
        card->line = (uint8_t)pci_get(function, PCI_LINE);
        pci_put(function, PCI_COMMAND,
                (pci_get(function, PCI_COMMAND) & 0xffff) | PCI_COMMAND_MASTER);
    }
}

/* Waits for at most ten changes of the clock's seconds. QEMU's e1000 receives nothing in the first
   second after it has been enabled. */
static void wait_for_interrupt(const struct card *card)
{
    uint8_t second = 0;
    for (int changes = 0; changes < 10 && !card->has_interrupted;) {
        out8(0x70, 0);
        uint8_t now = in8(0x71);
        changes += now != second;
        second = now;
    }
}

static void drive(struct card *card)
{
    uint8_t address[6] = {0};
    bool is_rtl = card->identity == RTL_8139;
    (is_rtl ? rtl_start : e1000_start)(card, address);
    make_request(card->packet, address);
    (is_rtl ? rtl_send : e1000_send)(card);
    wait_for_interrupt(card);
    machine_line(is_rtl ? "rtl8139" : "e1000", card->line);
    machine_value(card->has_interrupted);
    machine_value(has_answer(card));
    machine_end_line();
}

void machine_cards(void)
{
    void (*handlers[16])(void) = {NULL};
    find_cards();
    for (unsigned i = 0; i < card_count; i++)
        if (cards[i].line < 16)
            handlers[cards[i].line] = card_interrupt;
    interrupts_start(handlers);
    for (unsigned i = 0; i < card_count; i++)
        drive(&cards[i]);
}

// SPDX-License-Identifier: BSD-2-Clause
// See pir_table.h.
#include "boot/bare/tables/pir_table.h"

#include <string.h>
#include "loader/bytes.h"

enum { DEVICES = 31, PINS = 4, FIRST_LINK = 0x60 /* the PIIX's register */ };

struct pin {
    uint8_t link;
    uint16_t lines;
} __attribute__((packed));

struct slot {
    uint8_t bus;
    uint8_t device; /* << 3 */
    struct pin pins[PINS];
    uint8_t number; /* of a slot that users see; 0: on the board */
    uint8_t reserved;
} __attribute__((packed));

struct pir {
    char signature[4];
    uint16_t version;
    uint16_t size;
    uint8_t router_bus, router_function;
    uint16_t exclusive_lines;
    uint32_t router_identity; /* device << 16 | vendor */
    uint32_t miniport;
    uint8_t reserved[11];
    uint8_t checksum;
    struct slot slots[DEVICES];
} __attribute__((packed));
_Static_assert(sizeof(struct pir) == PIR_BYTES, "PCI IRQ Routing Table 1.0");

void pir_write(uint8_t target[PIR_BYTES], uint8_t router, uint32_t identity, unsigned first_link,
               uint16_t lines)
{
    struct pir pir = {
        .signature = "$PIR",
        .version = 0x0100,
        .size = sizeof pir,
        .router_function = router,
        .router_identity = identity,
    };
    for (unsigned device = 1; device <= DEVICES; device++) {
        struct slot *slot = &pir.slots[device - 1];
        slot->device = (uint8_t)(device << 3);
        slot->number = (uint8_t)(device - 1);
        for (unsigned pin = 0; pin < PINS; pin++) {
            slot->pins[pin].link = (uint8_t)(FIRST_LINK + (first_link + device + pin) % PINS);
            slot->pins[pin].lines = lines;
        }
    }
    pir.checksum = (uint8_t)-byte_sum((const uint8_t *)&pir, sizeof pir);
    memcpy(target, &pir, sizeof pir);
}

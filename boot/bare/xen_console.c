// SPDX-License-Identifier: BSD-2-Clause
// See xen_console.h.
#include "boot/bare/xen_console.h"

#include <stddef.h>
#include <stdint.h>
#include "boot/bare/xen.h"
#include "stage2/bus/io.h"

enum {
    LOG_PORT = 0xe9,
    IN_BYTES = 1024,
    OUT_BYTES = 2048,
    FULL_TRIES = 100000000, /* of looking for room: a second or so */
};

struct xencons_interface {
    char in[IN_BYTES];
    char out[OUT_BYTES];
    uint32_t in_cons, in_prod; /* counters; modulo the ring's size they are places in it */
    uint32_t out_cons, out_prod;
};
_Static_assert(offsetof(struct xencons_interface, in_cons) == 3072, "console.h of Xen");

static volatile struct xencons_interface *console;
static uint32_t port; /* of the event channel to the console's other end */

void xen_console_start(void)
{
    uint64_t frame = xen_parameter(XEN_PARAMETER_CONSOLE_FRAME);
    port = (uint32_t)xen_parameter(XEN_PARAMETER_CONSOLE_PORT);
    if (frame != 0 && frame < XEN_FRAMES) {
        console = (volatile struct xencons_interface *)(uintptr_t)(frame * XEN_FRAME_BYTES);
    }
}

bool xen_console_is_present(void)
{
    return console != NULL;
}

static bool has_room(void)
{
    return console->out_prod - console->out_cons < OUT_BYTES;
}

/* Waits for room in the ring. Loses characters rather than time if nobody empties it. */
static bool wait_for_room(void)
{
    static unsigned patience = FULL_TRIES;
    for (unsigned tries = patience; tries > 0; tries--) {
        if (has_room()) {
            patience = FULL_TRIES;
            return true;
        }
        __asm__ volatile("pause");
    }
    patience = 1;
    return false;
}

void xen_console_write(char character)
{
    out8(LOG_PORT, (uint8_t)character);
    if (!wait_for_room()) {
        return;
    }
    uint32_t at = console->out_prod;
    console->out[at % OUT_BYTES] = character;
    __asm__ volatile("" : : : "memory");
    console->out_prod = at + 1;
    if (character == '\n' || !has_room()) {
        xen_notify(port);
    }
}

int xen_console_read(void)
{
    uint32_t at = console->in_cons;
    if (at == console->in_prod) {
        xen_notify(port); /* shows what is written so far: who waits for keys has asked */
        return -1;
    }
    __asm__ volatile("" : : : "memory");
    int character = (uint8_t)console->in[at % IN_BYTES];
    console->in_cons = at + 1;
    xen_notify(port);
    return character;
}

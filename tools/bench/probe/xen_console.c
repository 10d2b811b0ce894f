// SPDX-License-Identifier: BSD-2-Clause
// See xen_console.h. Xen's public headers: arch-x86/cpuid.h, hvm/hvm_op.h, hvm/params.h,
// event_channel.h, io/console.h.
#include "tools/bench/probe/xen_console.h"

#include <stddef.h>
#include <stdint.h>

enum {
    FIRST_LEAF = 0x40000000,
    LAST_LEAF = 0x40010000,
    LEAF_STEP = 0x100,
    HYPERCALL_BYTES = 32, /* of the page, for each call */
    EVENT_CHANNEL_OP = 32,
    HVM_OP = 34,
    EVENT_CHANNEL_SEND = 4,
    HVM_GET_PARAM = 1,
    DOMAIN_SELF = 0x7ff0,
    PARAM_CONSOLE_PAGE = 17,
    PARAM_CONSOLE_CHANNEL = 18,
    OUT_BYTES = 2048,
    PAGE_BYTES = 4096,
};

struct parameter {
    uint16_t domain, padding;
    uint32_t index;
    uint64_t value;
};
_Static_assert(sizeof(struct parameter) == 16, "struct xen_hvm_param");

/* The page that guest and console's daemon share; the counts are never reduced. */
struct console {
    char in[1024], out[OUT_BYTES];
    uint32_t in_consumed, in_produced;
    volatile uint32_t out_consumed;
    uint32_t out_produced;
};
_Static_assert(offsetof(struct console, out_produced) == 3084, "struct xencons_interface");

static uint8_t hypercalls[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

static void cpuid(uint32_t leaf, uint32_t registers[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]),
                       "=d"(registers[3])
                     : "a"(leaf), "c"(0));
}

/* Returns the first of Xen's leaves; 0: this is no guest of Xen. */
static uint32_t find_xen(void)
{
    uint32_t leaf = FIRST_LEAF, found[4];
    for (; leaf < LAST_LEAF; leaf += LEAF_STEP) {
        cpuid(leaf, found);
        if (found[1] == 0x566e6558 && found[2] == 0x65584d4d && found[3] == 0x4d4d566e) {
            return leaf; /* "XenVMMXenVMM" */
        }
    }
    return 0;
}

/* Has Xen write its calls to our page. */
static void take_hypercalls(uint32_t leaf)
{
    uint32_t found[4];
    cpuid(leaf + 2, found);
    __asm__ volatile("wrmsr" : : "c"(found[1]), "a"(hypercalls), "d"(0) : "memory");
}

static long hypercall(unsigned number, unsigned operation, void *argument)
{
    long result;
    const uint8_t *call = hypercalls + number * HYPERCALL_BYTES;
    __asm__ volatile("call *%[call]"
                     : "=a"(result), "+b"(operation), "+c"(argument)
                     : [call] "r"(call)
                     : "memory");
    return result;
}

/* Returns a parameter of this guest; 0: it has none. */
static uint32_t parameter(uint32_t index)
{
    struct parameter wanted = {.domain = DOMAIN_SELF, .index = index};
    return hypercall(HVM_OP, HVM_GET_PARAM, &wanted) == 0 ? (uint32_t)wanted.value : 0;
}

void xen_console_print(const char *text)
{
    static struct console *console;
    static uint32_t channel;
    uint32_t leaf = console == NULL ? find_xen() : 0;
    if (leaf != 0) {
        take_hypercalls(leaf);
        channel = parameter(PARAM_CONSOLE_CHANNEL);
        console = (struct console *)(parameter(PARAM_CONSOLE_PAGE) * PAGE_BYTES);
    }
    if (console == NULL) {
        return;
    }
    uint32_t at = console->out_produced;
    for (; *text != '\0' && at - console->out_consumed < OUT_BYTES; text++) {
        console->out[at++ % OUT_BYTES] = *text;
    }
    __asm__ volatile("" : : : "memory"); /* the bytes come before their count */
    console->out_produced = at;
    hypercall(EVENT_CHANNEL_OP, EVENT_CHANNEL_SEND, &channel);
}

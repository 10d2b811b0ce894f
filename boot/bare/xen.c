// SPDX-License-Identifier: BSD-2-Clause
// See xen.h.
#include "boot/bare/xen.h"

#include <stddef.h>
#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/cpuid.h"

enum {
    LEAVES_STEP = 0x100, /* Xen's leaves may be after those of an interface that it imitates */
    LEAF_HYPERCALLS = 2,
    LEAF_TIME = 3,

    XEN_VERSION = 17,
    VERSION_GUEST_HANDLE = 8,
    EVENT_CHANNEL_OP = 32, /* hypercalls (public/xen.h) */
    EVENT_CHANNEL_SEND = 4,
    MEMORY_OP = 12,
    MEMORY_GET_MAP = 9,
    HVM_OP = 34,
    HVM_SET_PARAMETER = 0,
    HVM_GET_PARAMETER = 1,
    HYPERCALL_BYTES = 32, /* of a hypercall's code in the page that has them all */
    DOMAIN_SELF = 0x7ff0,
};
#define FIRST_LEAF 0x40000000u
#define LAST_LEAF  0x40010000u

/* The first of Xen's leaves; 0: this is no guest of Xen. */
static uint32_t base_leaf(void)
{
    if (!cpuid_has_hypervisor()) {
        return 0;
    }
    for (uint32_t leaf = FIRST_LEAF; leaf < LAST_LEAF; leaf += LEAVES_STEP) {
        struct cpuid id = cpuid(leaf, 0);
        if (memcmp(&id.ebx, "XenVMMXenVMM", 12) == 0) {
            return leaf;
        }
    }
    return 0;
}

bool xen_is_present(void)
{
    return base_leaf() != 0;
}

uint32_t xen_tsc_khz(void)
{
    uint32_t base = base_leaf();
    return base != 0 ? cpuid(base + LEAF_TIME, 0).ecx : 0;
}

/* ---- Hypercalls ------------------------------------------------------------------------------ */

static uint8_t hypercalls[XEN_FRAME_BYTES] __attribute__((aligned(XEN_FRAME_BYTES)));

/* Lets Xen write the code of the hypercalls to our page, once: it knows the processor's
   instruction. */
static void start_hypercalls(void)
{
    static bool is_started;
    if (!is_started) {
        uint32_t msr = cpuid(base_leaf() + LEAF_HYPERCALLS, 0).ebx;
        uint64_t page = (uintptr_t)hypercalls;
        __asm__ volatile("wrmsr" : : "c"(msr), "A"(page) : "memory");
        is_started = true;
    }
}

/* Makes a hypercall of two arguments. Its result is negative on failure. */
static int32_t hypercall(unsigned number, uint32_t operation, void *argument)
{
    int32_t result;
    start_hypercalls();
    __asm__ volatile("call *%[code]"
                     : "=a"(result), "+b"(operation), "+c"(argument)
                     : [code] "r"(hypercalls + number * HYPERCALL_BYTES)
                     : "memory", "cc");
    return result;
}

struct hvm_parameter {
    uint16_t domain, padding;
    uint32_t index;
    uint64_t value;
};

uint64_t xen_parameter(uint32_t index)
{
    struct hvm_parameter parameter = {.domain = DOMAIN_SELF, .index = index};
    return hypercall(HVM_OP, HVM_GET_PARAMETER, &parameter) == 0 ? parameter.value : 0;
}

void xen_set_parameter(uint32_t index, uint64_t value)
{
    struct hvm_parameter parameter = {.domain = DOMAIN_SELF, .index = index, .value = value};
    hypercall(HVM_OP, HVM_SET_PARAMETER, &parameter);
}

void xen_guest_uuid(uint8_t uuid[16])
{
    if (hypercall(XEN_VERSION, VERSION_GUEST_HANDLE, uuid) != 0) {
        memset(uuid, 0, 16);
    }
}

void xen_add_memory_map(void)
{
    static struct {
        uint64_t address, length;
        uint32_t type;
    } __attribute__((packed)) ranges[BARE_RANGES];
    struct {
        uint32_t count;
        void *ranges;
    } map = {BARE_RANGES, ranges};
    if (hypercall(MEMORY_OP, MEMORY_GET_MAP, &map) == 0) {
        for (uint32_t i = 0; i < map.count && i < BARE_RANGES; i++) {
            bare_add_range(ranges[i].address, ranges[i].length, ranges[i].type);
        }
    }
}

void xen_notify(uint32_t port)
{
    hypercall(EVENT_CHANNEL_OP, EVENT_CHANNEL_SEND, &port);
}

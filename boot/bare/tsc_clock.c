// SPDX-License-Identifier: BSD-2-Clause
// See tsc_clock.h. Hypervisors without the PC's timer tell the counter's frequency.
#include "boot/bare/tsc_clock.h"

#include <stdbool.h>
#include "boot/bare/cpuid.h"
#include "boot/bare/xen.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

enum {
    LEAF_CRYSTAL = 0x15, /* Intel SDM, volume 3, 19.7.3 */
    HZ_PER_KHZ = 1000,
};
#define LEAF_HYPERVISOR 0x40000000u
#define LEAF_TIMING     0x40000010u /* VMware's, which KVM has, too: EAX is the frequency in kHz */

/* Divides: there is no library with the compiler's function for 64 bits. */
static uint64_t divide(uint64_t number, uint32_t by)
{
    uint32_t high = (uint32_t)(number >> 32), low = (uint32_t)number, rest = high % by;
    high /= by;
    __asm__("divl %[by]" : "+a"(low), "+d"(rest) : [by] "r"(by) : "cc");
    return (uint64_t)high << 32 | low;
}

/* By the ratio of the counter to the processor's crystal; 0: not known. */
static uint32_t khz_by_crystal(void)
{
    if (cpuid(0, 0).eax < LEAF_CRYSTAL) {
        return 0;
    }
    struct cpuid ratio = cpuid(LEAF_CRYSTAL, 0);
    return ratio.eax == 0
               ? 0
               : (uint32_t)divide(divide((uint64_t)ratio.ecx * ratio.ebx, ratio.eax), HZ_PER_KHZ);
}

static uint32_t find_khz(void)
{
    uint32_t khz = xen_tsc_khz();
    if (khz == 0 && cpuid_has_hypervisor() && cpuid(LEAF_HYPERVISOR, 0).eax >= LEAF_TIMING) {
        khz = cpuid(LEAF_TIMING, 0).eax;
    }
    return khz != 0 ? khz : khz_by_crystal();
}

uint32_t firmware_tsc_khz(void)
{
    static uint32_t khz;
    static bool is_known;
    if (!is_known) {
        khz = find_khz();
        is_known = true;
    }
    return khz;
}

uint64_t tsc_milliseconds(uint32_t khz)
{
    return divide(timeline_now(), khz);
}

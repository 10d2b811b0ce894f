// SPDX-License-Identifier: BSD-2-Clause
// See processors.h. Intel SDM, volume 3: 11.11 (MTRRs), 9.4 (start of processors), 11 (APIC).
#include "boot/bare/processors.h"

#include <string.h>
#include "boot/bare/cpuid.h"
#include "boot/bare/rom_segment.h"
#include "boot/pc/bda.h"
#include "stage2/bus/io.h"

enum {
    LEAF_FEATURES = 1,
    FEATURE_MSR = 1 << 5,
    FEATURE_APIC = 1 << 9,
    FEATURE_MTRR = 1 << 12,
    FEATURE_PACKAGE = 1 << 28, /* EBX has how many processors a package has room for */
    ADDRESS_BITS_DEFAULT = 36,

    MSR_FEATURE_CONTROL = 0x3a,
    MSR_MTRR_DEFAULT = 0x2ff,
    MTRR_ENABLED = 0xc06, /* with the fixed ones; default type: write-back */
    MTRR_UNCACHED = 0,
    MSR_MTRR_BASE_0 = 0x200,
    MSR_MTRR_MASK_0 = 0x201,
    MTRR_MASK_VALID = 0x800,

    APIC_VERSION = 0x30,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_TO_OTHERS = 0xc0000,
    APIC_COMMAND_INIT = 0x4500,
    APIC_COMMAND_START_UP = 0x4600,

    TRIES = 1000000, /* port accesses: about a second */
    PORT_DELAY = 0x80,
};
#define LOCAL_APIC          0xfee00000u
#define CPUID_EXTENDED      0x80000000u
#define CPUID_ADDRESS_SIZES 0x80000008u

/* rom_segment.asm knows this layout. */
struct msr_value {
    uint32_t index; /* 0: the list's end */
    uint32_t low, high;
};
_Static_assert(sizeof(struct msr_value) == 12, "rom_segment.asm");

static volatile uint32_t *apic_register(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)bios_data(LOCAL_APIC + offset);
}

/* The fixed MTRRs: RAM below 640 KiB, video memory, ROMs. The variable one: memory of devices. */
#define TYPES(type) 0x01010101u * (type), 0x01010101u * (type)
enum { MTRR_BASE = 12, MTRR_MASK, FEATURE_CONTROL = 15, MSRS = 17 };
static struct msr_value msrs[MSRS] = {
    {MSR_MTRR_DEFAULT, 0, 0},
    {0x250, TYPES(6)},
    {0x258, TYPES(6)},
    {0x259, TYPES(0)},
    {0x268, TYPES(5)},
    {0x269, TYPES(5)},
    {0x26a, TYPES(5)},
    {0x26b, TYPES(5)},
    {0x26c, TYPES(5)},
    {0x26d, TYPES(5)},
    {0x26e, TYPES(5)},
    {0x26f, TYPES(5)},
    [MTRR_BASE] = {MSR_MTRR_BASE_0, 0, 0},
    [MTRR_MASK] = {MSR_MTRR_MASK_0, 0, 0},
    {MSR_MTRR_DEFAULT, MTRR_ENABLED, 0},
};

/* Completes the list. uncached: what follows up to 4 GiB is the variable MTRR's. */
static void set_uncached(uint32_t uncached)
{
    unsigned bits = cpuid(CPUID_EXTENDED, 0).eax >= CPUID_ADDRESS_SIZES
                        ? cpuid(CPUID_ADDRESS_SIZES, 0).eax & 0xff
                        : ADDRESS_BITS_DEFAULT;
    msrs[MTRR_BASE].low = uncached | MTRR_UNCACHED;
    msrs[MTRR_MASK].low = uncached | MTRR_MASK_VALID;
    msrs[MTRR_MASK].high = (uint32_t)(((UINT64_C(1) << bits) - 1) >> 32);
}

static void write_msrs(const struct msr_value *at)
{
    for (; at->index != 0; at++) {
        __asm__ volatile("wrmsr" : : "c"(at->index), "a"(at->low), "d"(at->high));
    }
}

/* The others' first code is at the same page as their list. */
static void start_others(const struct msr_value *list, size_t bytes)
{
    uint8_t *page = (uint8_t *)(uintptr_t)bios_data(ROM_SEGMENT_CODE);
    memcpy(page + ROM_SEGMENT_MSRS, list, bytes);
    memset(page + ROM_SEGMENT_STARTED, 0, 2 * sizeof(uint16_t));
    *apic_register(APIC_COMMAND) = APIC_COMMAND_TO_OTHERS | APIC_COMMAND_INIT;
    *apic_register(APIC_COMMAND) =
        APIC_COMMAND_TO_OTHERS | APIC_COMMAND_START_UP | ROM_SEGMENT_CODE_PAGE;
}

void processors_start(size_t count, uint32_t uncached, uint64_t feature)
{
    struct cpuid features = cpuid(LEAF_FEATURES, 0);
    const struct msr_value *list = msrs;
    if ((features.edx & FEATURE_MTRR) != 0) {
        set_uncached(uncached);
    } else {
        list += FEATURE_CONTROL;
    }
    if (feature != 0) {
        msrs[FEATURE_CONTROL] =
            (struct msr_value){MSR_FEATURE_CONTROL, (uint32_t)feature, (uint32_t)(feature >> 32)};
    }
    if ((features.edx & FEATURE_MSR) != 0) {
        write_msrs(list);
    }
    if (count > 1 && (features.edx & FEATURE_APIC) != 0) {
        start_others(list, (size_t)(msrs + MSRS - list) * sizeof list[0]);
    }
}

/* The number of APIC ids of a package: what EBX says, up to the next power of two. */
static uint8_t package_size(const struct cpuid *features)
{
    unsigned room = features->ebx >> 16 & 0xff, size = 1;
    while ((features->edx & FEATURE_PACKAGE) != 0 && size < room && size < 0x80) {
        size *= 2;
    }
    return (uint8_t)size;
}

static void sort(uint8_t *ids, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t at = i; at > 0 && ids[at - 1] > ids[at]; at--) {
            uint8_t id = ids[at];
            ids[at] = ids[at - 1];
            ids[at - 1] = id;
        }
    }
}

void processors_wait(size_t count, struct processors *processors)
{
    struct cpuid features = cpuid(LEAF_FEATURES, 0);
    const volatile uint16_t *started = bios_data(ROM_SEGMENT_CODE + ROM_SEGMENT_STARTED);
    const volatile uint8_t *ids = bios_data(ROM_SEGMENT_CODE + ROM_SEGMENT_APIC_IDS);
    *processors = (struct processors){
        .count = 1,
        .apic_ids[0] = (uint8_t)(features.ebx >> 24),
        .signature = features.eax,
        .features = features.edx,
        .in_package = package_size(&features),
    };
    if ((features.edx & FEATURE_APIC) == 0) {
        return;
    }
    processors->apic_version = (uint8_t)*apic_register(APIC_VERSION);
    for (unsigned tries = 0; tries < TRIES && started[1] + 1u < count; tries++) {
        out8(PORT_DELAY, 0);
    }
    size_t others = count > 1 ? started[1] : 0; /* written by start_others() first */
    for (size_t i = 0; i < others && processors->count < PROCESSORS; i++) {
        processors->apic_ids[processors->count++] = ids[i];
    }
    sort(processors->apic_ids + 1, processors->count - 1);
}

size_t processors_of_packages(const struct processors *processors, uint8_t ids[PROCESSORS])
{
    size_t count = 0;
    for (size_t i = 0; i < processors->count; i++) {
        if (i == 0 || (processors->apic_ids[i] & (processors->in_package - 1)) == 0) {
            ids[count++] = processors->apic_ids[i];
        }
    }
    return count;
}

// SPDX-License-Identifier: BSD-2-Clause
// See cpuid.h.
#include "boot/bare/cpuid.h"

enum { LEAF_FEATURES = 1, EFLAGS_ID = 1 << 21 };
#define ECX_HYPERVISOR (1u << 31)

/* Whether EFLAGS.ID can be changed, and so there is CPUID. */
static bool is_present(void)
{
    uint32_t before, after;
    __asm__ volatile("pushfl\n\tpopl %0\n\tmovl %0, %1\n\txorl %2, %1\n\tpushl %1\n\tpopfl\n\t"
                     "pushfl\n\tpopl %1"
                     : "=&r"(before), "=&r"(after)
                     : "i"(EFLAGS_ID)
                     : "cc");
    return ((before ^ after) & EFLAGS_ID) != 0;
}

__attribute__((noinline)) struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid id = {0};
    if (is_present()) {
        __asm__ volatile("cpuid"
                         : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
                         : "a"(leaf), "c"(subleaf));
    }
    return id;
}

bool cpuid_has_hypervisor(void)
{
    return (cpuid(LEAF_FEATURES, 0).ecx & ECX_HYPERVISOR) != 0;
}

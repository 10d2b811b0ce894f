// SPDX-License-Identifier: BSD-2-Clause
// The CPUID instruction (Intel SDM, volume 2), which an i486 may lack.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The registers in the order in which texts are in them. */
struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* The answer of a leaf; all 0 if the processor has no CPUID. */
struct cpuid cpuid(uint32_t leaf, uint32_t subleaf);

/* Whether a hypervisor has leaves of its own (leaf 1, ECX bit 31). */
bool cpuid_has_hypervisor(void);

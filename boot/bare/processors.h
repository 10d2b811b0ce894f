// SPDX-License-Identifier: BSD-2-Clause
// The processors as a firmware leaves them: MTRRs and other registers the same on all, the first
// one's local APIC as a wire to the PIC, the others waiting for INIT and SIPI.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROCESSORS = 255 };

struct processors {
    size_t count;
    uint8_t apic_ids[PROCESSORS]; /* the one that runs this code first */
    uint32_t signature, features; /* CPUID function 1, EAX and EDX; 0: no CPUID */
    uint8_t apic_version;         /* 0: there is no local APIC */
    uint8_t in_package;           /* numbers that a package takes of the APIC ids: a power of two */
};

/* Sets this processor up, and starts the others on their way. They run rom_segment.h's page of
   code, which must be there. count: all that there are, this one included. uncached: where the
   memory of devices begins, up to 4 GiB. feature: value for IA32_FEATURE_CONTROL; 0: it stays. */
void processors_start(size_t count, uint32_t uncached, uint64_t feature);

/* Waits for the others, and lists them. */
void processors_wait(size_t count, struct processors *processors);

/* Lists the APIC ids of the first processor in each package. Returns their number. */
size_t processors_of_packages(const struct processors *processors, uint8_t ids[PROCESSORS]);

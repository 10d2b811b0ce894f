// SPDX-License-Identifier: BSD-2-Clause
// See interrupts.h. Interrupts come only while the loader waits.
#include "boot/bare/interrupts.h"

#include <stdbool.h>
#include <stdint.h>
#include "boot/bare/cpuid.h"
#include "boot/bare/tsc_clock.h"
#include "boot/pc/bda.h"
#include "boot/pc/clock.h"
#include "stage2/bus/io.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/firmware.h"

enum {
    PIC1 = 0x20, /* command; the mask is at the next port */
    PIC2 = 0xa0,
    PIC1_VECTORS = 0x08,
    PIC2_VECTORS = 0x70,
    LINES_OF_PIC = 8,
    LINE_TIMER = 1 << 0,
    LINE_KEYBOARD = 1 << 1,
    LINE_SECOND = 1 << 2, /* the second controller's */
    /* Initialisation command words 1, 3 (the second is at line 2 of the first) and 4. */
    ICW1 = 0x11,
    ICW3_FIRST = 1 << 2,
    ICW3_SECOND = 2,
    ICW4 = 0x01,
    PIC1_MASK = 0xb8, /* as SeaBIOS leaves them: timer, keyboard, second controller, floppy disk */
    PIC2_MASK = 0x8e, /* real-time clock, mouse, coprocessor, primary IDE channel */

    PIT_COMMAND = 0x43,
    PIT_COUNTER = 0x40,
    PIT_RATE_GENERATOR = 0x34, /* counter 0, low and high byte, mode 2 */

    CPUID_APIC = 1 << 9,
    SPURIOUS_ENABLED = 0x1ff, /* and the vector of spurious interrupts, 0xff */
    LINT_EXTERNAL = 0x8700,   /* level-triggered; as SeaBIOS leaves them */
    LINT_NMI = 0x8400,

    CODE32 = 0x08, /* entry.asm */
    GATE_INTERRUPT = 0x8e00,
    GATES = PIC2_VECTORS + LINES_OF_PIC,
    HANDLER_BYTES = 8,

    MILLISECONDS_PER_TICK = 55,
};

#define APIC_SPURIOUS 0xfee000f0u
#define APIC_LINT0    0xfee00350u
#define APIC_LINT1    0xfee00360u

/* Interrupt gate (Intel SDM, volume 3, 6.11). */
struct gate {
    uint16_t offset_low, selector, type, offset_high;
};

extern const uint8_t irq_handlers[]; /* interrupts.asm: HANDLER_BYTES for each line */
extern volatile uint32_t irq_came, irq_ticks;

static struct gate gates[GATES];

static uint8_t pic1_mask = PIC1_MASK, pic2_mask = PIC2_MASK; /* while the loader does not wait */

static void set_gates(unsigned vector, unsigned line)
{
    for (unsigned i = 0; i < LINES_OF_PIC; i++) {
        uint32_t handler = (uint32_t)(uintptr_t)irq_handlers + (line + i) * HANDLER_BYTES;
        gates[vector + i] =
            (struct gate){(uint16_t)handler, CODE32, GATE_INTERRUPT, (uint16_t)(handler >> 16)};
    }
}

static void start_pic(uint16_t port, uint8_t vectors, uint8_t cascade, uint8_t mask)
{
    out8(port, ICW1);
    out8(port + 1, vectors);
    out8(port + 1, cascade);
    out8(port + 1, ICW4);
    out8(port + 1, mask);
}

/* Lets the interrupt controllers' request through to the processor. After a reset the local APIC
   holds it back (Intel SDM, volume 3, 10.4.7.1). */
static void start_local_apic(void)
{
    if ((cpuid(1, 0).edx & CPUID_APIC) != 0) {
        *(volatile uint32_t *)(uintptr_t)bios_data(APIC_SPURIOUS) = SPURIOUS_ENABLED;
        *(volatile uint32_t *)(uintptr_t)bios_data(APIC_LINT0) = LINT_EXTERNAL;
        *(volatile uint32_t *)(uintptr_t)bios_data(APIC_LINT1) = LINT_NMI;
    }
}

void interrupts_start(void)
{
    start_local_apic();
    start_pic(PIC1, PIC1_VECTORS, ICW3_FIRST, PIC1_MASK);
    start_pic(PIC2, PIC2_VECTORS, ICW3_SECOND, PIC2_MASK);
    out8(PIT_COMMAND, PIT_RATE_GENERATOR);
    out8(PIT_COUNTER, 0); /* 65536: 18.2 ticks a second */
    out8(PIT_COUNTER, 0);
}

static void mask_lines(void)
{
    out8(PIC1 + 1, pic1_mask);
    out8(PIC2 + 1, pic2_mask);
}

void interrupts_mask_all(void)
{
    pic1_mask = 0xff;
    pic2_mask = 0xff;
    mask_lines();
}

static void load_idt(void)
{
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) idt = {sizeof gates - 1, (uint32_t)(uintptr_t)gates};
    if (gates[PIC1_VECTORS].selector == 0) {
        set_gates(PIC1_VECTORS, 0);
        set_gates(PIC2_VECTORS, LINES_OF_PIC);
        __asm__ volatile("lidt %0" : : "m"(idt));
    }
}

/* Lets the interrupts of these lines and the timer's in. Halts until one has been handled, unless
   there is no timer to end the halt. The handler may have masked more; the masks are then set as
   before. */
static void let_in(unsigned lines, bool halts)
{
    load_idt();
    lines |= LINE_TIMER | LINE_SECOND;
    out8(PIC1 + 1, (uint8_t)~lines);
    out8(PIC2 + 1, (uint8_t)(~lines >> LINES_OF_PIC));
    if (halts && pc_timer_ticks()) {
        __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
    } else {
        __asm__ volatile("sti\n\tnop\n\tcli" : : : "memory");
    }
    mask_lines();
}

/* line 0: the device's interrupt does not come by these controllers. */
bool pc_wait_irq(unsigned line)
{
    irq_came = 0;
    let_in(line == 0 ? 0 : 1u << line, line != 0);
    return line != 0 && (irq_came >> line & 1) != 0;
}

void firmware_idle(void)
{
    let_in(LINE_KEYBOARD, true);
}

uint64_t firmware_milliseconds(void)
{
    if (pc_timer_ticks()) {
        return (uint64_t)irq_ticks * MILLISECONDS_PER_TICK;
    }
    uint32_t khz = firmware_tsc_khz();
    return khz != 0 ? tsc_milliseconds(khz) : pc_rtc_milliseconds();
}

// SPDX-License-Identifier: BSD-2-Clause
// One boot in QEMU, timed from the first instruction of the firmware to a text on the serial port
// or to a kernel's first instruction; or its device accesses until then.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "tools/bench/text.h"

enum firmware { FIRMWARE_BIOS = 1, FIRMWARE_UEFI = 2, FIRMWARE_UEFI32 = 4 };

struct qemu_machine {
    const char *program; /* qemu-system-x86_64 */
    const char *machine; /* pc, q35 */
    const char *attach;  /* how the ISO is attached: cdrom, hda, virtio-blk, usb */
    const char *accel;   /* tcg, kvm */
    enum firmware firmware;
    const char *starter; /* UEFI only: an ISO that is booted, and starts that of the wish */
    unsigned memory_mib;
    unsigned timeout_seconds; /* for a boot */
};

struct boot_wish {
    const char *iso;
    const char *start;  /* the text at which the loader starts, as if is_ours; NULL: is not known */
    const char *marker; /* the text on the serial port; NULL: the kernel's entry */
    bool is_ours;       /* the marker: the guest's TSC at that moment is in its line */
    uint32_t entry;     /* physical, when there is no marker */
    const char *then;   /* the beginning of a line behind the marker to wait for as well, or NULL */
};

struct boot_result {
    double milliseconds;               /* to the marker, or the entry */
    double start_ms;                   /* to wish->start; 0: there is none */
    double tsc_khz;                    /* of the host, and so of the guest */
    uint64_t accesses, start_accesses; /* qemu_count() only; 0: this QEMU cannot trace */
    struct text serial;                /* what the machine said */
};

/* Whether attach is one of those. */
bool qemu_knows_attachment(const char *attach);

/* "QEMU 7.2.22", from the program itself. */
bool qemu_version(const struct qemu_machine *machine, char *version, size_t size,
                  struct error *error);

/* Boots once and measures the time. False: QEMU ended, or the time-out; what was last seen on the
   serial port is in the message. */
bool qemu_time(const struct qemu_machine *machine, const struct boot_wish *wish,
               struct boot_result *result, struct error *error);

/* Boots once and counts; the time is worth nothing then, and the time-out is longer. */
bool qemu_count(const struct qemu_machine *machine, const struct boot_wish *wish,
                struct boot_result *result, struct error *error);

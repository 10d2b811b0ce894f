// SPDX-License-Identifier: BSD-2-Clause
// One boot in QEMU: the time from the firmware's first instruction to a text on the serial port or
// to a kernel's first instruction; or the number of device accesses until then.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "tools/bench/text.h"

/* What runs before the kernel. By the last two there is no moment between firmware and loader. */
enum firmware {
    FIRMWARE_BIOS = 1,
    FIRMWARE_UEFI = 2,
    FIRMWARE_UEFI32 = 4,
    FIRMWARE_ROM = 8,  /* qemu_machine's image, in the firmware's place */
    FIRMWARE_PVH = 16, /* qemu_machine's image, which is started by PVH; the ISO is its module */
};
enum {
    FIRMWARE_EITHER_UEFI = FIRMWARE_UEFI | FIRMWARE_UEFI32,
    FIRMWARE_WITH_LOADER = FIRMWARE_BIOS | FIRMWARE_EITHER_UEFI,
};

struct qemu_machine {
    const char *program; /* qemu-system-x86_64 */
    const char *machine; /* pc, q35, microvm */
    const char *attach;  /* how the ISO is attached; see qemu_knows_attachment() */
    const char *accel;   /* tcg, kvm */
    enum firmware firmware;
    const char *image;   /* FIRMWARE_ROM and FIRMWARE_PVH: a file */
    const char *starter; /* UEFI only: the ISO that is booted, and starts the request's */
    unsigned memory_mib;
    unsigned timeout_seconds; /* for a boot */
};

struct boot_request {
    const char *iso;
    const char *start;  /* printed with the TSC when the loader starts; NULL: nothing is */
    const char *marker; /* text to wait for on the serial port; NULL: the kernel's entry */
    bool is_ours;       /* the marker's line contains the guest's TSC at that moment */
    uint32_t entry;     /* physical address, if there is no marker */
    const char *then;   /* beginning of a later line that is waited for too, or NULL */
};

struct boot_result {
    double milliseconds;               /* to the marker, or the entry */
    double start_ms;                   /* to the loader's start; 0: is not known */
    double tsc_khz;                    /* of the host, and so of the guest */
    uint64_t accesses, start_accesses; /* qemu_count() only; 0: this QEMU cannot trace */
    struct text serial;                /* the end of the serial port's output */
};

/* True if qemu_machine's attach may be this: cdrom, hda, virtio-blk, virtio-mmio or usb. */
bool qemu_knows_attachment(const char *attach);

/* Asks the program for its version: "QEMU 7.2.22". */
bool qemu_version(const struct qemu_machine *machine, char *version, size_t size,
                  struct error *error);

/* Boots once and measures the time. False: QEMU ended, or the boot took too long. The message
   quotes the last line on the serial port. */
bool qemu_time(const struct qemu_machine *machine, const struct boot_request *request,
               struct boot_result *result, struct error *error);

/* Boots once and counts the accesses. That makes the boot slow: its times mean nothing, and it may
   take longer. */
bool qemu_count(const struct qemu_machine *machine, const struct boot_request *request,
                struct boot_result *result, struct error *error);

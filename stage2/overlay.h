// SPDX-License-Identifier: BSD-2-Clause
// The overlay: what only some boots need. In the BIOS boot image it is a part of its own
// (linker/overlay.ld) that is read from the disc when it is first needed. The core calls it through
// this table only; the core's link refuses the names of its functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "stage2/config/config.h"
#include "stage2/config/overlay.h"
#include "stage2/plan/overlay.h"
#include "stage2/plan/plan.h"
#include "stage2/sum/sum.h"

struct record; /* stage2/record/record.h */

struct overlay {
    /* ahci.h */
    unsigned (*ahci_open)(uint32_t function, uint32_t ports, uint32_t lba, const uint8_t *sector,
                          bool is_atapi);
    bool (*ahci_read)(uint32_t lba, uint32_t count, void *buffer);
    bool (*ahci_start_port)(uint32_t function, unsigned number, void *memory);
    void (*ahci_stop_port)(uint32_t function, unsigned number);
    /* menu.h */
    bool (*menu_run)(struct config *config, size_t preselected, int timeout_seconds,
                     const char *message, size_t *chosen);
    /* plan/overlay.h */
    const struct plan_overlay *plan;
    /* describe_other.h */
    bool (*describe_other)(const struct plan *plan, struct boot_information *information,
                           uint8_t *buffer, uint32_t address, struct error *error);
    /* config/overlay.h, platform/platform.h */
    const struct config_overlay *config;
    const struct config_platform *stage2_platform;
    size_t (*find_fallback)(struct config *config, unsigned number, const char *reason);
    bool (*drop_missing)(struct config_boot *boot);
    /* platform/entry_action.h */
    bool (*entry_action_run)(enum config_action action, struct error *error);
    /* firmware.h */
    bool (*enable_a20)(void);
    /* video_start.h */
    void (*video_start)(const struct plan *plan, struct video *video);
    /* tell_overwritten.h */
    void (*tell_overwritten)(const struct plan *plan);
    /* chain.h */
    void (*chain_run)(const struct config_boot *wanted, struct arena *arena, struct error *error);
    /* volume.h */
    bool (*volume_open)(const char *path, struct file *file, struct arena *arena,
                        struct error *error);
    bool (*volume_read)(const struct far_file *file, uint64_t offset, size_t length, void *buffer,
                        struct error *error);
    /* timeline.h */
    void (*timeline_report)(const char *destination, const char *driver);
    /* decompress_file.h */
    bool (*decompress_file)(struct file *file, struct arena *arena, struct error *error);
    /* over_disc.h */
    bool (*over_disc_mark_pending)(struct plan *plan);
    /* decompress_file.h */
    void (*decompress_mark_pending)(struct plan *plan, struct memory_range *in_use,
                                    size_t *in_use_count);
    /* verify.h */
    bool (*verify_record_read)(const struct file *file, const struct record *record,
                               struct error *error);
    bool (*verify_kind_choose)(const char *kind, bool *is_on, struct error *error);
    bool (*verify_contents_check)(const struct file *file, const uint8_t *data, size_t size,
                                  struct error *error);
    bool (*verify_plan_check)(const struct plan *plan, const struct sum *sums, uint8_t *buffer,
                              struct error *error);
};

/* The table, for loaders that have the overlay linked in. */
extern const struct overlay overlay_table;

/* Returns the table, after reading the overlay from the disc if that is needed. NULL with a reason:
   it cannot be read. Each folder of boot/ has an implementation. */
const struct overlay *overlay_load(struct error *error);

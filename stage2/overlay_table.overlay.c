// SPDX-License-Identifier: BSD-2-Clause
// See overlay.h. linker/overlay.ld puts the table first, where the core looks for it.
#include "stage2/overlay.h"

#include "stage2/platform/entry_action.h"
#include "stage2/disc/ahci.h"
#include "stage2/boot/describe_other.h"
#include "stage2/firmware.h"
#include "stage2/menu/menu.h"
#include "stage2/plan/symbols.h"
#include "stage2/platform/platform.h"
#include "stage2/timing/timeline.h"
#include "stage2/boot/decompress_file.h"
#include "stage2/boot/over_disc.h"
#include "stage2/boot/tell_overwritten.h"
#include "stage2/boot/chain.h"
#include "stage2/boot/video_start.h"
#include "stage2/verify/verify.h"
#include "stage2/volume/volume.h"

__attribute__((section(".overlay_table"))) const struct overlay overlay_table = {
    .ahci_open = ahci_open,
    .ahci_read = ahci_read,
    .ahci_start_port = ahci_start_port,
    .ahci_stop_port = ahci_stop_port,
    .menu_run = menu_run,
    .plan = &plan_overlay_table,
    .describe_other = describe_other,
    .config = &config_overlay_table,
    .stage2_platform = &stage2_platform,
    .find_fallback = platform_find_fallback,
    .drop_missing = platform_drop_missing,
    .entry_action_run = entry_action_run,
    .enable_a20 = firmware_enable_a20,
    .video_start = video_start,
    .tell_overwritten = tell_overwritten,
    .chain_run = chain_run,
    .volume_open = volume_open,
    .volume_read = volume_read,
    .timeline_report = timeline_report,
    .decompress_file = decompress_file,
    .over_disc_mark_pending = over_disc_mark_pending,
    .decompress_mark_pending = decompress_mark_pending,
    .verify_record_read = verify_record_read,
    .verify_kind_choose = verify_kind_choose,
    .verify_contents_check = verify_contents_check,
    .verify_plan_check = verify_plan_check,
};

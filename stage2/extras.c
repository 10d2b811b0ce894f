// SPDX-License-Identifier: BSD-2-Clause
// See extras.h. linker/extras.ld puts the table first, where the core looks for it.
#include "stage2/extras.h"

#include "stage2/act.h"
#include "stage2/ahci.h"
#include "stage2/describe_multiboot2.h"
#include "stage2/firmware.h"
#include "stage2/symbols.h"
#include "stage2/script_host.h"
#include "stage2/timeline.h"
#include "stage2/unpack_file.h"
#include "stage2/video_start.h"

__attribute__((section(".extras_table"))) const struct extras extras_table = {
    .ahci_open = ahci_open,
    .ahci_read = ahci_read,
    .menu_run = menu_run,
    .multiboot2 = &multiboot2_table,
    .describe_multiboot2 = describe_multiboot2,
    .symbols_place = symbols_place,
    .config = &config_extras_table,
    .script_host = &script_host,
    .find_fallback = script_find_fallback,
    .act = act,
    .enable_a20 = firmware_enable_a20,
    .video_start = video_start,
    .timeline_report = timeline_report,
    .unpack_file = unpack_file,
    .unpack_mark_waiting = unpack_mark_waiting,
};

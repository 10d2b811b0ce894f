// SPDX-License-Identifier: BSD-2-Clause
// Compressed files, at boot time.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "stage2/fs/file.h"
#include "stage2/plan/plan.h"

/* Decompresses an open file of at least COMPRESSION_MAGIC_BYTES, if it is compressed, into memory
   at the top of the RAM: to as much as it says that it needs, or, where it does not say or that is
   too little, to all there is. Its contents are set then, and its size is theirs. */
bool decompress_file(struct file *file, struct error *error);

/* Decompressed modules need not fit into memory twice: one may be copied over what waited for those
   in front of it. in_use's last range is all that is staged: makes two of it, of which the second
   is the modules', and marks the pieces (placement_mark_clobbers()). */
void decompress_mark_pending(struct plan *plan, struct memory_range *in_use, size_t *in_use_count);

// SPDX-License-Identifier: BSD-2-Clause
// Decompresses files at boot time.
#pragma once

#include <stdbool.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/file.h"
#include "stage2/plan/plan.h"

/* Decompresses an open file of at least COMPRESSION_MAGIC_BYTES to the top of the RAM, after its
   bytes on the disc were verified, and sets its contents and size. Does nothing if it is not
   compressed. The buffer has the size that the file states; if it states none, or one that is too
   small, the buffer is all free memory. False with a reason. */
bool decompress_file(struct file *file, struct arena *arena, struct error *error);

/* Prepares decompressed modules to be copied to their places over each other's decompressed bytes,
   so that they need not fit into memory twice. Sets the pieces' pending_at and clobbers_pending
   (placement_mark_clobbers()). in_use's last range is all staged memory: splits off the modules'
   part as a range of its own after it, so in_use must have room for one more. */
void decompress_mark_pending(struct plan *plan, struct memory_range *in_use, size_t *in_use_count);

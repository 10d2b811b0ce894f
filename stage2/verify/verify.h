// SPDX-License-Identifier: BSD-2-Clause
// Compares what was read from the disc with the ISO's record (stage2/record/record.h), before it is
// acted on. An ISO without a record is booted as it is.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/file.h"
#include "stage2/plan/plan.h"
#include "stage2/sum/sum.h"

enum { VERIFY_BUFFER_BYTES = 16 * 1024 };

/* Reads the record, if that is not done yet and there is one. It stays in the arena or, if it is
   long, in staging.h's memory. False with a reason: it cannot be read, or is damaged. */
bool verify_start(struct arena *arena, struct error *error);

/* Chooses what is checked from now on: a config's whelk_verify ("sha256", "crc", "off"); NULL: what
   the ISO was made with. False with a reason: it cannot be checked. */
bool verify_choose(const char *kind, struct error *error);

/* Whether anything is checked. verify_start() has been called. */
bool verify_is_on(void);

/* Checks a file whose bytes on the disc are all in memory. Calls verify_start(). False with a
   reason, which does not repeat the path. */
bool verify_contents(const struct file *file, const uint8_t *data, size_t size, struct arena *arena,
                     struct error *error);

/* Has verify_choose() fail from now on: a text that a config has read is damaged, so all that the
   config leads to may be wrong. */
void verify_refuse_boots(const char *path);

/* Checks the kernel and the modules of a plan. The pieces are loaded, unless sums is NULL; sums has
   the sum of each piece's bytes. What the kernel's file has between its pieces is read to the
   buffer, of VERIFY_BUFFER_BYTES. False with a reason. */
bool verify_plan(const struct plan *plan, const struct sum *sums, uint8_t *buffer,
                 struct error *error);

/* In the overlay. */
struct record;
bool verify_record_read(const struct file *file, const struct record *record, struct error *error);
bool verify_kind_choose(const char *kind, bool *is_on, struct error *error);
bool verify_contents_check(const struct file *file, const uint8_t *data, size_t size,
                           struct error *error);
bool verify_plan_check(const struct plan *plan, const struct sum *sums, uint8_t *buffer,
                       struct error *error);

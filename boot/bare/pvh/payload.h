// SPDX-License-Identifier: BSD-2-Clause
// The module of a PVH loader: an ISO, a cpio archive, or a kernel alone. The last two are made a
// volume (volume.h). Without a config in the archive, one is written: it boots the first file, or
// the kernel, with the other files as its modules.
#pragma once

#include <stdbool.h>
#include "boot/bare/pvh/volume.h"
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

/* Whether the module is an ISO 9660 volume. */
bool payload_is_iso(struct bytes module);

/* Makes a volume of a module that is no ISO. Module and arena must stay in memory. False with a
   reason: a damaged archive, or the arena is too small. */
bool payload_make_volume(struct bytes module, struct volume *volume, struct arena *arena,
                         struct error *error);

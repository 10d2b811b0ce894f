// SPDX-License-Identifier: BSD-2-Clause
// See iso_bytes.h.
#include "tools/iso/iso_bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "tools/iso/output.h"
#include "tools/lib/writing.h"

bool iso_read_bytes(int iso, uint64_t offset, void *buffer, size_t length, struct error *error)
{
    ssize_t got = pread(iso, buffer, length, (off_t)offset);
    return got == (ssize_t)length || fail(error, "cannot read the new ISO again: %s",
                                          got < 0 ? strerror(errno) : "too short");
}

bool iso_write_bytes(int iso, uint64_t offset, const void *data, size_t length, struct error *error)
{
    return write_all_at(iso, data, length, offset) || output_fail(errno, error);
}

// SPDX-License-Identifier: BSD-2-Clause
// Other discs: without a firmware nobody reads them.
#include "stage2/firmware.h"

bool firmware_device(unsigned index, struct firmware_device *device)
{
    (void)index;
    (void)device;
    return false;
}

bool firmware_device_read(unsigned index, uint64_t block, uint32_t count, void *buffer,
                          struct error *error)
{
    (void)index;
    (void)block;
    (void)count;
    (void)buffer;
    return fail(error, "without a firmware only the boot disc is read");
}

// SPDX-License-Identifier: BSD-2-Clause
// See volumes.h.
#include "tools/iso/volumes.h"

#include "stage2/fs/iso9660.h"
#include "tools/iso/iso_bytes.h"

enum {
    DESCRIPTORS_START = 16 * ISO9660_SECTOR_SIZE,
    TYPE_PRIMARY = 1,
    TYPE_SUPPLEMENTARY = 2,
    TYPE_TERMINATOR = 255,
};

bool volumes_visit(int iso, volume_visitor *visit, const void *context, struct error *error)
{
    uint8_t descriptor[ISO9660_SECTOR_SIZE];
    for (uint64_t offset = DESCRIPTORS_START;; offset += sizeof descriptor) {
        if (!iso_read_bytes(iso, offset, descriptor, sizeof descriptor, error)) {
            return false;
        }
        if (descriptor[0] == TYPE_TERMINATOR) {
            return true;
        }
        if ((descriptor[0] == TYPE_PRIMARY || descriptor[0] == TYPE_SUPPLEMENTARY) &&
            !visit(iso, offset, descriptor, context, error)) {
            return false;
        }
    }
}

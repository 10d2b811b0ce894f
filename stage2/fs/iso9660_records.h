// SPDX-License-Identifier: BSD-2-Clause
// The layout of directories: ECMA-119, SUSP 1.12, RRIP 1.12.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/bytes.h"

/* Whether a number of 8 bytes, first little-endian and then big-endian, is the same in both
   (ECMA-119, 7.3.3). */
static inline bool iso9660_orders_agree(const uint8_t *number)
{
    return load32(number) == __builtin_bswap32(load32(number + 4));
}

/* ---- Volume descriptors (ECMA-119, 8.4), byte positions from 0 ------------------------------- */

enum {
    DESCRIPTOR_TYPE = 0,
    DESCRIPTOR_SPACE_SIZE = 80,
    DESCRIPTOR_BLOCK_SIZE = 128,
    DESCRIPTOR_ROOT = 156,

    DESCRIPTOR_BOOT = 0, /* types */
    DESCRIPTOR_PRIMARY = 1,
    DESCRIPTOR_SUPPLEMENTARY = 2,
    DESCRIPTOR_TERMINATOR = 255,
};

/* ---- Directory records (ECMA-119, 9.1) ------------------------------------------------------- */

enum {
    RECORD_LENGTH = 0,
    RECORD_ATTRIBUTE_SECTORS = 1, /* length of the extended attribute record before the data */
    RECORD_LBA = 2,
    RECORD_BYTES = 10,
    RECORD_DATE = 18,
    RECORD_FLAGS = 25,
    RECORD_FILE_UNIT = 26, /* interleave: unit size, gap size */
    RECORD_GAP = 27,
    RECORD_NAME_LENGTH = 32,
    RECORD_NAME = 33,
    RECORD_MIN = 34,

    FLAG_DIRECTORY = 1 << 1,
    FLAG_ASSOCIATED = 1 << 2,
    FLAG_MORE_EXTENTS = 1 << 7,

    NAME_SELF = 0,   /* the only byte of the name of "." */
    NAME_PARENT = 1, /* the only byte of the name of ".." */
};

/* Whether a descriptor has none of three big-endian numbers right: the program that wrote it did
   not know how. */
static inline bool iso9660_is_little_endian(const uint8_t *descriptor)
{
    const uint8_t *root = descriptor + DESCRIPTOR_ROOT;
    return !iso9660_orders_agree(descriptor + DESCRIPTOR_SPACE_SIZE) &&
           !iso9660_orders_agree(root + RECORD_LBA) && !iso9660_orders_agree(root + RECORD_BYTES);
}

/* Takes the character at *at of a Joliet name: UCS-2, or a surrogate pair as Windows writes it.
   There must be two bytes at least. */
uint32_t iso9660_take_ucs2(const uint8_t *name, unsigned name_length, unsigned *at);

/* ---- System use entries (SUSP 4, RRIP 4.1) --------------------------------------------------- */

#define SIGNATURE(a, b) ((a) | (b) << 8)

enum {
    ENTRY_HEADER = 4, /* signature, length, version */
    ENTRY_FLAGS = 4,  /* NM, SL */
    ENTRY_TEXT = 5,
    MAX_AREAS = 32, /* of one record; a name and a link need two or three */

    CE_SIZE = 28,
    CL_SIZE = 8, /* and PL's */
    ER_IDENTIFIER = 8,
    SP_SIZE = 7,
    XA_BYTES = 14, /* CD-ROM XA data before SP (SUSP 5.3) */

    NM_CURRENT = 1 << 1,
    NM_PARENT = 1 << 2,
    SL_CONTINUES = 1 << 0, /* flags of a component in SL */
    SL_CURRENT = 1 << 1,
    SL_PARENT = 1 << 2,
    SL_ROOT = 1 << 3,
    SL_UNKNOWN = 0xf0, /* reserved flags, other volumes or hosts */
};

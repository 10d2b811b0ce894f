// SPDX-License-Identifier: BSD-2-Clause
// Partitions of the user's after the ISO: xorriso's -append_partition NUMBER TYPE FILE.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"

enum {
    APPENDED_NUMBERS = 4, /* the MBR's entries */
    APPENDED_MAX = APPENDED_NUMBERS - 1,
    APPENDED_ALIGNMENT = 4096, /* bytes; large disks have sectors of this size */
};

struct appended_partition {
    unsigned number; /* from 1 to APPENDED_NUMBERS: its place in both tables */
    uint8_t mbr_type;
    uint8_t gpt_type[16]; /* as the GPT stores it */
    const char *path;     /* the file; must stay valid */
    uint64_t first, last; /* sectors of 512 bytes, set by appended_write() */
};

struct appended {
    struct appended_partition at[APPENDED_MAX];
    size_t count;
};

/* Adds a partition. words: NUMBER, TYPE and FILE. TYPE is a number from 0 to 0xff (0x83), "Linux",
   or the GUID of a GPT type, with dashes or without. */
bool appended_add(struct appended *appended, char *const words[3], struct error *error);

/* Copies the files to the end of the ISO, which has *size bytes, each to a multiple of
   APPENDED_ALIGNMENT. *size gets the new size. */
bool appended_write(struct appended *appended, int iso, uint64_t *size, struct error *error);

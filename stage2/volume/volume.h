// SPDX-License-Identifier: BSD-2-Clause
// Volumes besides that of the disc that we boot from: discs and partitions that the firmware reads,
// with ISO 9660 or FAT, by GRUB's names: hd0, hd0,msdos1, hd0,gpt2, hd0,1, cd1. In the overlay
// (overlay.h).
//
// Paths begin with the name: "(hd0,msdos1)/boot/kernel". A path without a name is on the volume
// with the boot tree, if that is no ISO 9660 disc (disc_root_volume()). A name with a slash is the
// image of an ISO 9660 disc, a file: "(/live.iso)/boot/kernel", "(hd0,1/live.iso)/boot/kernel".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/file.h"
#include "stage2/fs/name.h"
#include "stage2/fs/partitions.h"

enum {
    VOLUME_NAME_BYTES = 32,  /* of a name, with the NUL: "hd0,msdos1" */
    VOLUME_LABEL_BYTES = 33, /* of a label or UUID, with the NUL */
};

/* What a path names. */
struct volume_node {
    bool is_absent; /* after a failure: nothing is damaged */
    bool is_directory;
    uint64_t size;
};

/* Whether the machine has a disc or partition of this name. */
bool volume_exists(const char *name);

/* Looks a path up. False with a reason. */
bool volume_find(const char *path, struct volume_node *node, struct arena *arena,
                 struct error *error);

/* file_open() and file_start_read() of such a file, without decompression. */
bool volume_open(const char *path, struct file *file, struct arena *arena, struct error *error);
bool volume_read(const struct far_file *file, uint64_t offset, size_t length, void *buffer,
                 struct error *error);

/* Lists the names in a directory, or a file's own name, in the arena. */
bool volume_list(const char *path, struct arena *arena, struct listed_name **names,
                 struct error *error);

/* A volume's label and UUID as in GRUB; both "" if it has none. False with a reason. */
bool volume_describe(const char *name, char label[VOLUME_LABEL_BYTES],
                     char uuid[VOLUME_LABEL_BYTES], struct error *error);

/* Where a disc or partition is. */
struct volume_place {
    unsigned device; /* firmware_device()'s index */
    bool is_partition;
    struct partition partition;
};

bool volume_locate(const char *name, struct volume_place *place, struct error *error);

/* Reads from a disc or partition, whatever is on it: length bytes from at on. False with a
   reason. */
bool volume_read_bytes(const char *name, uint64_t at, size_t length, void *buffer,
                       struct error *error);

/* Goes through all discs, each followed by its partitions. Begin with number 0. False: there is
   no number-th. */
bool volume_name(unsigned number, char name[VOLUME_NAME_BYTES]);

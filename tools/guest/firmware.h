// SPDX-License-Identifier: BSD-2-Clause
// Whelk's files that start a machine without a firmware: whelk.rom for QEMU's -bios, whelk.elf for
// PVH and in the place of Xen's hvmloader, whelk-hvm.elf there if the ISO is in memory. The program
// contains them; `make install` installs them as well.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include "loader/error.h"

enum firmware_file { FIRMWARE_FILE_ROM, FIRMWARE_FILE_ELF, FIRMWARE_FILE_HVM };

/* What `whelk firmware` calls a file ("rom"), and the file's own name ("whelk.rom"). */
const char *firmware_kind(enum firmware_file file);
const char *firmware_name(enum firmware_file file);

/* Finds an installed file: beside the program, or in share/whelk of the same prefix. */
bool firmware_find(enum firmware_file file, char path[PATH_MAX]);

/* Copies a file to memory, which leaves nothing on the disk. Returns a descriptor that programs
   inherit; -1: failed. */
int firmware_open(enum firmware_file file, struct error *error);

/* Writes a file, in place of one that has its name. */
bool firmware_write(enum firmware_file file, const char *path, struct error *error);

/* The command `whelk firmware`. argv[0] is the name it was called by, for the help. Returns the
   exit status. */
int firmware_command(int argc, char **argv);

// SPDX-License-Identifier: BSD-2-Clause
// Writes files so that no name leads where another user wants it: no link is followed, and no
// directory is used, that another user has made. A link of root's is trusted. A failed write says
// its true reason.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include "loader/error.h"

/* Writes all of it, in as many calls as that takes. False: errno has the reason. */
bool write_all(int descriptor, const void *data, size_t length);
bool write_all_at(int descriptor, const void *data, size_t length, uint64_t offset);

/* Fails if a symbolic link in the path is neither ours nor root's. What does not exist is fine. */
bool writing_follows_only_our_links(const char *path, struct error *error);

/* Fails if a path names a pipe of another user, who would get what is written there. */
bool writing_is_no_trap(const char *path, struct error *error);

/* Makes a directory, or takes one that is there, if it is ours and others cannot write to it. */
bool writing_directory(const char *path, struct error *error);

/* Creates a file in such a directory. What had its name is removed, and not followed. -1 or NULL:
   errno has the reason. */
int writing_create(const char *path);
FILE *writing_create_stream(const char *path);

/* Closes a stream, or fails if not all could be written. NULL: fails for the reason in errno. */
bool writing_close(FILE *stream, const char *path, struct error *error);

/* Writes a whole file in place of another, which stays until the new one is on the disk. A link of
   ours is followed, so it stays. What is no regular file is written to: a device, a pipe. */
bool writing_replace(const char *path, const void *data, size_t length, struct error *error);

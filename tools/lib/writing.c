// SPDX-License-Identifier: BSD-2-Clause
// See writing.h.
#include "tools/lib/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    LINKS_MAX = 40, /* in a path, as for Linux */
    DIRECTORY_MODE = 0755,
    FILE_MODE = 0666,
};

// ---- Bytes

bool write_all(int descriptor, const void *data, size_t length)
{
    const uint8_t *at = data;
    while (length > 0) {
        ssize_t written = write(descriptor, at, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

bool write_all_at(int descriptor, const void *data, size_t length, uint64_t offset)
{
    const uint8_t *at = data;
    while (length > 0) {
        ssize_t written = pwrite(descriptor, at, length, (off_t)offset);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? written : 0;
        offset += written > 0 ? (uint64_t)written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

// ---- Whose names

/* True for us and for root. In a user namespace without root's number, root is whom / belongs to.
 */
static bool is_trusted(uid_t owner)
{
    struct stat root;
    return owner == geteuid() || owner == 0 || (stat("/", &root) == 0 && owner == root.st_uid);
}

/* True in /proc, whose links the kernel makes. To a container of a user they are nobody's. */
static bool is_in_proc(const char *directory)
{
    struct statfs status;
    return statfs(directory[0] != '\0' ? directory : ".", &status) == 0 &&
           status.f_type == PROC_SUPER_MAGIC;
}

/* A path that is followed one name at a time. */
struct way {
    char done[PATH_MAX];    /* has no links, and ends with '/'; "": the current directory */
    char pending[PATH_MAX]; /* what is left */
};

/* Moves the next name from pending to name. False: there is none, or it is too long. */
static bool next_name(struct way *way, char name[NAME_MAX + 1])
{
    const char *start = way->pending + strspn(way->pending, "/");
    size_t length = strcspn(start, "/");
    if (length == 0 || length > NAME_MAX) {
        return false;
    }
    memcpy(name, start, length);
    name[length] = '\0';
    memmove(way->pending, start + length, strlen(start + length) + 1);
    return true;
}

/* Puts a link's target before what is pending. False: it cannot be read. */
static bool follow(struct way *way, const char *link)
{
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) {
        return false;
    }
    target[length] = '\0';
    if (target[0] == '/') {
        strcpy(way->done, "/");
    }
    strcpy(rest, way->pending);
    return snprintf(way->pending, sizeof way->pending, "%s/%s", target, rest) < PATH_MAX;
}

bool writing_follows_only_our_links(const char *path, struct error *error)
{
    struct way way = {.done = ""};
    char name[NAME_MAX + 1], here[2 * PATH_MAX];
    struct stat status;
    strcpy(way.done, path[0] == '/' ? "/" : "");
    int links = 0;
    if (snprintf(way.pending, sizeof way.pending, "%s", path) >= PATH_MAX) {
        return true; /* nothing has such a name: whoever opens it says so, as in the cases below */
    }
    while (next_name(&way, name)) {
        snprintf(here, sizeof here, "%s%s", way.done, name);
        if (lstat(here, &status) != 0) {
            return true;
        }
        if (!S_ISLNK(status.st_mode)) {
            if (snprintf(way.done, sizeof way.done, "%s/", here) >= PATH_MAX) {
                return true;
            }
        } else if (!is_trusted(status.st_uid) && !is_in_proc(way.done)) {
            return fail(error, "%s: is a link of another user (number %u), which is not followed",
                        here, (unsigned)status.st_uid);
        } else if (++links > LINKS_MAX || !follow(&way, here)) {
            return true;
        }
    }
    return true;
}

bool writing_is_no_trap(const char *path, struct error *error)
{
    struct stat status; /* not through links: /dev/stdout may be a pipe of anybody */
    return lstat(path, &status) != 0 || !S_ISFIFO(status.st_mode) || is_trusted(status.st_uid) ||
           fail(error, "%s: is a pipe of another user (number %u)", path, (unsigned)status.st_uid);
}

/* True if others than the owner can write there. The group of a user's own does not count. */
static bool is_shared(const struct stat *status)
{
    return (status->st_mode & S_IWOTH) != 0 ||
           ((status->st_mode & S_IWGRP) != 0 && status->st_gid != getegid());
}

bool writing_directory(const char *path, struct error *error)
{
    struct stat status;
    if (!writing_follows_only_our_links(path, error)) {
        return false;
    }
    if (mkdir(path, DIRECTORY_MODE) != 0 && errno != EEXIST) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    if (stat(path, &status) != 0) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return fail(error, "%s: is no directory", path);
    }
    if (status.st_uid != geteuid()) {
        return fail(error,
                    "%s: belongs to another user (number %u), who could change what is "
                    "written there",
                    path, (unsigned)status.st_uid);
    }
    return !is_shared(&status) || fail(error, "%s: other users can write there (chmod go-w)", path);
}

// ---- Files

int writing_create(const char *path)
{
    unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

FILE *writing_create_stream(const char *path)
{
    unlink(path);
    return fopen(path, "wxe");
}

bool writing_close(FILE *stream, const char *path, struct error *error)
{
    int reason = errno; /* of the open, or of the first write that failed */
    if (stream == NULL) {
        return fail(error, "%s: %s", path, strerror(reason));
    }
    bool done = !ferror(stream);
    if (done && fflush(stream) != 0) {
        reason = errno;
        done = false;
    }
    if (fclose(stream) != 0 && done) {
        reason = errno;
        done = false;
    }
    return done || fail(error, "%s: %s", path, strerror(reason));
}

/* Writes to a device or pipe that is there. */
static bool write_to(const char *path, const void *data, size_t length, struct error *error)
{
    if (!writing_is_no_trap(path, error)) {
        return false;
    }
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool done = file >= 0 && write_all(file, data, length);
    int reason = errno;
    if (file >= 0 && close(file) != 0 && done) {
        reason = errno;
        done = false;
    }
    return done || fail(error, "%s: %s", path, strerror(reason));
}

/* Writes a new file, and has it on the disk. False: errno has the reason. */
static bool write_new(int file, const void *data, size_t length)
{
    mode_t mask = umask(0);
    umask(mask);
    bool done = file >= 0 && fchmod(file, FILE_MODE & ~mask) == 0 &&
                write_all(file, data, length) && fsync(file) == 0;
    int reason = errno;
    if (file >= 0 && close(file) != 0 && done) {
        return false;
    }
    errno = reason;
    return done;
}

bool writing_replace(const char *path, const void *data, size_t length, struct error *error)
{
    char place[PATH_MAX], temporary[PATH_MAX + 16];
    struct stat status;
    if (!writing_follows_only_our_links(path, error)) {
        return false;
    }
    bool exists = stat(path, &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        return write_to(path, data, length, error);
    }
    if (exists ? realpath(path, place) == NULL
               : snprintf(place, sizeof place, "%s", path) >= PATH_MAX) {
        return fail(error, "%.100s: %s", path, strerror(exists ? errno : ENAMETOOLONG));
    }
    const char *slash = strrchr(place, '/');
    snprintf(temporary, sizeof temporary, "%.*s.whelk-XXXXXX",
             slash != NULL ? (int)(slash + 1 - place) : 0, place);
    int file = mkostemp(temporary, O_CLOEXEC);
    bool done = write_new(file, data, length) && rename(temporary, place) == 0;
    int reason = errno;
    if (file >= 0 && !done) {
        unlink(temporary);
    }
    return done || fail(error, "%s: %s", path, strerror(reason));
}

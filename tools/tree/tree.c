// SPDX-License-Identifier: BSD-2-Clause
// See tree.h.
#include "tools/tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "stage2/fs/file.h"
#include "stage2/fs/iso9660.h"
#include "stage2/compression/compression.h"
#include "stage2/compression/decompress.h"

/* The largest file that fits below 4 GiB together with a kernel. */
#define UNCOMPRESSED_MAX_BYTES ((size_t)3 << 30)

/* Working memory to find a path in an ISO: symbolic links' targets and the file's extents. */
enum { IN_ISO_BYTES = 64 * 1024 };

// ---- The command line's sources

/* Copies text up to its end or, if stop_at_equals, up to its first `=` without a backslash. Removes
   the backslashes. Returns where it stopped; NULL: the part is too long. */
static const char *take_part(const char *text, bool stop_at_equals, char part[PATH_MAX])
{
    size_t length = 0;
    while (*text != '\0' && !(stop_at_equals && *text == '=')) {
        if (text[0] == '\\' && (text[1] == '=' || text[1] == '\\')) {
            text++;
        }
        if (length + 1 == PATH_MAX) {
            return NULL;
        }
        part[length++] = *text++;
    }
    part[length] = '\0';
    return text;
}

/* Appends "/" and a name to a path of the ISO ("/" is the root). False: it is too long. */
static bool append_name(char path[PATH_MAX], const char *name, size_t length)
{
    size_t used = strcmp(path, "/") == 0 ? 0 : strlen(path);
    if (used + 1 + length + 1 > PATH_MAX) {
        return false;
    }
    path[used] = '/';
    memcpy(path + used + 1, name, length);
    path[used + 1 + length] = '\0';
    return true;
}

/* Returns the path's next name, which ends after *length bytes, and moves *at to its end. NULL:
   there is no further name. */
static const char *next_name(const char **at, size_t *length)
{
    const char *name = *at + strspn(*at, "/");
    *length = strcspn(name, "/");
    *at = name + *length;
    return *length > 0 ? name : NULL;
}

/* Makes a target an absolute path with one slash between names and none at the end. */
static bool clean_target(const char *text, char target[PATH_MAX], struct error *error)
{
    const char *at = text, *name;
    size_t length;
    strcpy(target, "/");
    while ((name = next_name(&at, &length)) != NULL) {
        if (strncmp(name, "..", length) == 0 && length <= 2) { /* "." or ".." */
            return fail(error, "%s: . and .. have no meaning in the ISO", text);
        }
        if (!append_name(target, name, length)) {
            return fail(error, "%.100s…: the name is too long", text);
        }
    }
    return true;
}

bool tree_add(struct tree *tree, const char *operand, struct error *error)
{
    struct tree_source *source = &tree->sources[tree->count];
    char first[PATH_MAX], disk[PATH_MAX];
    const char *rest = take_part(operand, true, first);
    bool is_graft = rest != NULL && *rest == '=';
    if (rest == NULL || (is_graft && take_part(rest + 1, false, disk) == NULL)) {
        return fail(error, "%.100s…: the name is too long", operand);
    }
    const char *given = is_graft ? disk : first;
    struct stat status;
    if (realpath(given, source->disk) == NULL || stat(source->disk, &status) != 0) {
        return fail(error, "%s: %s%s", given, strerror(errno),
                    is_graft ? " (a '=' that belongs to a name is written '\\=')" : "");
    }
    source->is_directory = S_ISDIR(status.st_mode);
    if (!clean_target(is_graft ? first : "/", source->target, error)) {
        return false;
    }
    bool into_directory = !is_graft || first[0] == '\0' || first[strlen(first) - 1] == '/';
    if (!source->is_directory && into_directory) {
        char *slash = strrchr(given, '/');
        const char *name = slash != NULL ? slash + 1 : given;
        if (!append_name(source->target, name, strlen(name))) {
            return fail(error, "%.100s…: the name is too long", operand);
        }
    }
    tree->count++;
    return true;
}

// ---- Looking a path up

const char *tree_path_below(const char *path, const char *directory)
{
    size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
    bool below = strncmp(path, directory, length) == 0 &&
                 (path[length] == '/' || path[length] == '\0' || length == 0);
    return below ? path + length : NULL;
}

/* Looks up node->path, whose directory has been looked up before. False: nothing is there. */
static bool look_up(const struct tree *tree, struct tree_node *node)
{
    bool only_in_iso = strcmp(node->path, "/") == 0;
    for (size_t i = tree->count; i-- > 0;) {
        const struct tree_source *source = &tree->sources[i];
        const char *rest = tree_path_below(node->path, source->target);
        if (rest != NULL && (source->is_directory || *rest == '\0')) {
            const char *slash = strcmp(source->disk, "/") == 0 ? "" : source->disk;
            int length =
                snprintf(node->disk, PATH_MAX, "%s%s", slash, strcmp(rest, "/") == 0 ? "" : rest);
            const char *disk = node->disk[0] != '\0' ? node->disk : "/";
            if (length < PATH_MAX && ((tree->follows_links && stat(disk, &node->status) == 0) ||
                                      lstat(disk, &node->status) == 0)) {
                return true;
            }
        }
        only_in_iso = only_in_iso || tree_path_below(source->target, node->path) != NULL;
    }
    node->disk[0] = '\0';
    node->status = (struct stat){.st_mode = S_IFDIR};
    return only_in_iso;
}

/* Follows a symbolic link: pending becomes its target and the rest of the path, node->path the
   directory in which the target starts. */
static bool follow_link(struct tree_node *node, char pending[PATH_MAX], const char *rest,
                        struct error *error)
{
    char target[PATH_MAX], joined[PATH_MAX];
    ssize_t length = readlink(node->disk, target, sizeof target);
    if (length < 0) {
        return fail(error, "%s: %s", node->disk, strerror(errno));
    }
    if (length > ISO9660_LINK_BYTES || (size_t)length + 1 + strlen(rest) + 1 > sizeof joined) {
        return fail(error, "the target of the symbolic link %s is too long", node->path);
    }
    target[length] = '\0';
    strcpy(joined, target);
    strcat(joined, "/");
    strcat(joined, rest);
    strcpy(pending, joined);
    char *slash = strrchr(node->path, '/');
    slash[slash == node->path || target[0] == '/' ? 1 : 0] = '\0';
    if (target[0] == '/') {
        strcpy(node->path, "/");
    }
    return true;
}

/* Goes from the directory node->path to its entry of this name. */
static bool step_into(const struct tree *tree, struct tree_node *node, const char *name,
                      size_t length, struct error *error)
{
    if (!S_ISDIR(node->status.st_mode)) {
        return fail(error, "%s is not a directory", node->path);
    }
    if (length == 1 && name[0] == '.') {
        return true;
    }
    if (length == 2 && strncmp(name, "..", 2) == 0) {
        char *slash = strrchr(node->path, '/');
        slash[slash == node->path] = '\0';
        return look_up(tree, node);
    }
    if (length > ISO9660_NAME_CHARACTERS || !append_name(node->path, name, length)) {
        return fail(error, "the name is too long");
    }
    return look_up(tree, node) || fail(error, "no such file");
}

static bool find_in_iso(const struct iso *iso, const char *path, struct tree_node *node,
                        struct error *error)
{
    static uint8_t memory[IN_ISO_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct iso9660_file file;
    if (!iso_find(iso, path, &file, &arena, error)) {
        node->is_damaged = !file.is_absent;
        return false;
    }
    *node = (struct tree_node){
        .status = {.st_mode = file.is_directory ? S_IFDIR : S_IFREG, .st_size = (off_t)file.size}};
    strcpy(node->path, path);
    return true;
}

static bool find_on_disk(const struct tree *tree, const char *path, struct tree_node *node,
                         struct error *error)
{
    char pending[PATH_MAX];
    strcpy(pending, path);
    *node = (struct tree_node){.path = "/"};
    look_up(tree, node);
    const char *at = pending, *name;
    size_t length;
    int links = 0;
    while ((name = next_name(&at, &length)) != NULL) {
        if (!step_into(tree, node, name, length, error)) {
            if (links > 0) {
                fail_in(error, "where its symbolic link leads in the ISO: ");
            }
            return false;
        }
        if (S_ISLNK(node->status.st_mode)) {
            if (++links > ISO9660_LINK_DEPTH) {
                return fail(error, "more than %d symbolic links in a row", ISO9660_LINK_DEPTH);
            }
            if (!follow_link(node, pending, at, error)) {
                return false;
            }
            at = pending;
            look_up(tree, node);
        }
    }
    return true;
}

// ---- Images of discs in a tree of the disk

struct image {
    struct image *next;
    struct iso iso;
    char disk[PATH_MAX];
};
static struct image *images; /* that are open */

static void close_images(void)
{
    while (images != NULL) {
        struct image *next = images->next;
        iso_close(&images->iso);
        free(images);
        images = next;
    }
}

/* Opens the image that a path "(/live.iso)/boot/kernel" begins with, and moves the path to the rest
   of it. NULL with a reason. */
static const struct iso *open_image(const struct tree *tree, const char **path, struct error *error)
{
    struct tree_node node = {0};
    char name[PATH_MAX];
    const char *end = strchr(*path, ')');
    size_t length = (size_t)(end - *path) - 1;
    memcpy(name, *path + 1, length);
    name[length] = '\0';
    if (!find_on_disk(tree, name, &node, error)) {
        return NULL;
    }
    *path = end + 1;
    struct image *image = images;
    while (image != NULL && strcmp(image->disk, node.disk) != 0) {
        image = image->next;
    }
    if (image != NULL) {
        return &image->iso;
    }
    image = calloc(1, sizeof *image);
    if (image == NULL || !iso_open(&image->iso, node.disk, NULL, error)) {
        if (image != NULL) {
            iso_close(&image->iso);
        }
        free(image);
        return NULL;
    }
    strcpy(image->disk, node.disk);
    image->next = images;
    images = image;
    return &image->iso;
}

bool tree_find(const struct tree *tree, const char *path, struct tree_node *node,
               struct error *error)
{
    const char *rest = path;
    if (strlen(path) >= PATH_MAX) {
        return fail(error, "the path is too long");
    }
    if (tree->iso != NULL) {
        return find_in_iso(tree->iso, path, node, error);
    }
    if (!iso_path_is_in_image(path)) {
        return find_on_disk(tree, path, node, error);
    }
    const struct iso *image = open_image(tree, &rest, error);
    if (image == NULL || !find_in_iso(image, rest, node, error)) {
        return false;
    }
    strcpy(node->path, path);
    return true;
}

// ---- stage2/fs/file.h

static const struct tree *selected;

/* The disk paths of the open files. A struct file's descriptor is an index into this array, since
   hundreds of modules would take too many file descriptors. */
static char **open_paths;
static size_t open_count;

void tree_select(const struct tree *tree)
{
    if (tree == NULL) {
        close_images();
    }
    selected = tree;
    for (size_t i = 0; i < open_count; i++) {
        free(open_paths[i]);
    }
    open_count = 0;
}

static bool remember(const char *disk, int *descriptor, struct error *error)
{
    char **paths = realloc(open_paths, (open_count + 1) * sizeof *paths);
    char *copy = strdup(disk);
    if (paths != NULL) {
        open_paths = paths;
    }
    if (paths == NULL || copy == NULL) {
        free(copy);
        return fail(error, "out of memory");
    }
    open_paths[open_count] = copy;
    *descriptor = (int)open_count++;
    return true;
}

/* Decompresses a file into the free part of the arena. */
static bool decompress_file(struct bytes compressed, struct file *file, struct arena *arena,
                            struct error *error)
{
    size_t room = arena->size - arena->used;
    struct arena working = {.base = malloc(DECOMPRESS_WORKING_BYTES),
                            .size = DECOMPRESS_WORKING_BYTES};
    struct decompression decompression = {
        .compressed = compressed,
        .destination = arena->base + arena->used,
        .capacity = room < UNCOMPRESSED_MAX_BYTES ? room : UNCOMPRESSED_MAX_BYTES,
        .working = &working,
        .error = error,
    };
    bool done = working.base != NULL ? decompress(&decompression) : fail(error, "out of memory");
    free(working.base);
    if (done) {
        arena->used += decompression.length;
        file->contents = decompression.destination;
        file->size = decompression.length;
    }
    return done;
}

static bool is_compressed(struct bytes start)
{
    return start.size >= COMPRESSION_MAGIC_BYTES && compression_of(start) != COMPRESSION_NONE;
}

static bool decompress_if_compressed(int descriptor, struct file *file, struct arena *arena,
                                     struct error *error)
{
    uint8_t magic[COMPRESSION_MAGIC_BYTES];
    if (pread(descriptor, magic, sizeof magic, 0) < (ssize_t)sizeof magic ||
        !is_compressed((struct bytes){magic, sizeof magic})) {
        return true;
    }
    size_t size = (size_t)file->size;
    void *compressed = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (compressed == MAP_FAILED) {
        return fail(error, "%s", strerror(errno));
    }
    bool done = decompress_file((struct bytes){compressed, size}, file, arena, error);
    munmap(compressed, size);
    return done;
}

/* Opens a file of an ISO. Its contents are in memory, as a decompressed file's are. */
static bool open_in_iso(const struct iso *iso, const char *path, enum file_compression compression,
                        struct file *file, struct arena *arena, struct error *error)
{
    struct iso9660_file found;
    struct bytes contents;
    if (!iso_find(iso, path, &found, arena, error)) {
        return false;
    }
    if (found.is_directory) {
        return fail(error, "is a directory");
    }
    if (!iso_contents(iso, &found, arena, &contents, error)) {
        return false;
    }
    *file = (struct file){.path = path, .size = contents.size, .contents = contents.data};
    return compression == FILE_AS_IT_IS || !is_compressed(contents) ||
           decompress_file(contents, file, arena, error);
}

bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error)
{
    struct tree_node node = {0};
    if (selected->iso != NULL) {
        return open_in_iso(selected->iso, path, compression, file, arena, error);
    }
    if (iso_path_is_in_image(path)) {
        const char *rest = path;
        const struct iso *image = open_image(selected, &rest, error);
        bool is_open = image != NULL && open_in_iso(image, rest, compression, file, arena, error);
        file->path = path;
        return is_open;
    }
    if (!tree_find(selected, path, &node, error)) {
        return false;
    }
    if (S_ISDIR(node.status.st_mode)) {
        return fail(error, "is a directory");
    }
    if (!S_ISREG(node.status.st_mode)) {
        return fail(error, "is not a regular file");
    }
    *file = (struct file){.path = path, .size = (uint64_t)node.status.st_size};
    int descriptor = open(node.disk, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return fail(error, "%s", strerror(errno));
    }
    bool done =
        compression == FILE_AS_IT_IS || decompress_if_compressed(descriptor, file, arena, error);
    close(descriptor);
    return done && remember(node.disk, &file->descriptor, error);
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    if (file->contents != NULL) {
        memcpy(buffer, file->contents + offset, length);
        return true;
    }
    int descriptor = open(open_paths[file->descriptor], O_RDONLY | O_CLOEXEC);
    ssize_t got = descriptor < 0 ? -1 : pread(descriptor, buffer, length, (off_t)offset);
    int reason = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (got < 0) {
        return fail(error, "%s", strerror(reason));
    }
    return (size_t)got == length || fail(error, "the file became shorter while it was read");
}

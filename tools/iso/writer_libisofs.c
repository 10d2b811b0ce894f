// SPDX-License-Identifier: BSD-2-Clause
// See writer.h: the writer with libisofs, which is xorriso's own library. (xorriso sleeps for a
// tenth of a second, which is most of the time for a small ISO.)
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBISOFS_WITHOUT_LIBBURN /* then it declares struct burn_source itself */
#include <libisofs/libisofs.h>   /* needs <stdint.h> */

#include "tools/iso/writer.h"
#include "tools/iso/output.h"
#include "tools/lib/progress.h"
#include "tools/lib/writing.h"

enum {
    ISO_LEVEL = 3, /* files of 4 GiB and more */
    PIECE_BYTES = 128 * 1024,
    MTIME_EVERYWHERE = 7,
    APPLICATION_USE_BYTES = 512,
    BOOT_INFO_TABLE = 1,
    HIDDEN = LIBISO_HIDE_ON_RR | LIBISO_HIDE_ON_JOLIET | LIBISO_HIDE_ON_HFSPLUS,
};

struct making {
    const struct iso_request *request;
    IsoImage *image;
    struct error *error;
};

static bool fail_iso(const struct making *making, const char *path, int result)
{
    return fail(making->error, "%s: %s", path, iso_error_to_msg(result));
}

// ---- The tree

/* Sets what all nodes have in common: owner, permissions as of mkisofs -r, dates. */
static void dress(const struct making *making, IsoNode *node)
{
    mode_t mode = iso_node_get_permissions(node);
    mode_t execute = S_IXUSR | S_IXGRP | S_IXOTH;
    mode = (mode & execute) | S_IRUSR | S_IRGRP | S_IROTH;
    iso_node_set_permissions(node, (mode & execute) != 0 ? mode | execute : mode);
    iso_node_set_uid(node, 0);
    iso_node_set_gid(node, 0);
    iso_node_set_atime(node, making->request->file_date);
    iso_node_set_mtime(node, making->request->file_date);
    iso_node_set_ctime(node, making->request->file_date);
}

static bool is_directory(IsoNode *node)
{
    return iso_node_get_type(node) == LIBISO_DIR;
}

/* Adds one file, or a directory without its contents, and returns its node. It replaces a file of
   the same name. A directory joins a directory of the same name. */
static bool add_node(const struct making *making, IsoDir *parent, const char *name,
                     const char *disk, bool directory, IsoNode **node)
{
    if (iso_image_dir_get_node(making->image, parent, name, node, 0) == 1) {
        if (is_directory(*node)) {
            return directory || fail(making->error,
                                     "%s: another source has a directory of this name; leave one "
                                     "of them out",
                                     disk);
        }
        iso_node_remove(*node);
    }
    int result = iso_tree_add_new_node(making->image, parent, name, disk, node);
    if (result < 0) {
        return fail_iso(making, disk, result);
    }
    dress(making, *node);
    return true;
}

/* Finds the parent directory of a target; directories that are missing are made. *name is the
   target's last name, "" for the root itself. */
static bool enter_parent(const struct making *making, const char *target, IsoDir **parent,
                         const char **name)
{
    *parent = iso_image_get_root(making->image);
    *name = target + 1;
    for (const char *slash; (slash = strchr(*name, '/')) != NULL; *name = slash + 1) {
        char part[PATH_MAX];
        size_t length = (size_t)(slash - *name);
        memcpy(part, *name, length);
        part[length] = '\0';
        IsoNode *node = NULL;
        bool is_there = iso_image_dir_get_node(making->image, *parent, part, &node, 0) == 1;
        if (is_there && !is_directory(node)) {
            iso_node_remove(node);
            is_there = false;
        }
        if (!is_there) {
            int result = iso_image_add_new_dir(making->image, *parent, part, (IsoDir **)&node);
            if (result < 0) {
                return fail_iso(making, target, result);
            }
            dress(making, node);
        }
        *parent = (IsoDir *)node;
    }
    return true;
}

static bool is_left_out(const struct making *making, const char *disk)
{
    const char *const *left_out = making->request->left_out;
    for (size_t i = 0; i < ISO_LEFT_OUT && left_out[i] != NULL; i++) {
        if (strcmp(disk, left_out[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Sorts names backwards: each is then added at the start of libisofs' sorted list. */
static int compare_names(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*other)->d_name, (*one)->d_name);
}

static int is_no_dot(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool add_directory(const struct making *making, const char *disk, IsoDir *to);

/* Adds one file or directory of the disk, with all that is in it. */
static bool add_found(const struct making *making, const char *disk, const char *name, IsoDir *to)
{
    struct stat status;
    IsoNode *node = NULL;
    if (is_left_out(making, disk)) {
        return true;
    }
    if (lstat(disk, &status) != 0) {
        return fail(making->error, "%s: %s", disk, strerror(errno));
    }
    return add_node(making, to, name, disk, S_ISDIR(status.st_mode), &node) &&
           (!S_ISDIR(status.st_mode) || add_directory(making, disk, (IsoDir *)node));
}

/* Adds the contents of a directory of the disk. The recursion ends, because the system refuses
   paths of PATH_MAX bytes. */
static bool add_directory(const struct making *making, const char *disk, IsoDir *to)
{
    struct dirent **entries = NULL;
    int count = scandir(disk, &entries, is_no_dot, compare_names);
    bool done = count >= 0 || fail(making->error, "%s: %s", disk, strerror(errno));
    const char *slash = strcmp(disk, "/") == 0 ? "" : "/";
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (done && asprintf(&path, "%s%s%s", disk, slash, entries[i]->d_name) < 0) {
            path = NULL;
            done = fail(making->error, "%s: %s", disk, strerror(errno));
        }
        done = done && add_found(making, path, entries[i]->d_name, to);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return done;
}

static bool add_source(const struct making *making, struct tree_source *source)
{
    IsoDir *parent = NULL;
    const char *name = NULL;
    if (!enter_parent(making, source->target, &parent, &name)) {
        return false;
    }
    IsoNode *node = (IsoNode *)parent;
    if (name[0] != '\0' &&
        !add_node(making, parent, name, source->disk, source->is_directory, &node)) {
        return false;
    }
    return !source->is_directory || add_directory(making, source->disk, (IsoDir *)node);
}

static bool add_tree(const struct making *making)
{
    const struct tree *tree = making->request->tree;
    dress(making, (IsoNode *)iso_image_get_root(making->image));
    for (size_t i = 0; i < tree->count; i++) {
        if (!add_source(making, &tree->sources[i])) {
            return false;
        }
    }
    return true;
}

// ---- The boot image, and the files' order

static bool set_weight(const struct making *making, const char *path, int weight)
{
    IsoNode *node = NULL;
    int result = iso_tree_path_to_node(making->image, path, &node);
    if (result != 1) {
        return fail_iso(making, path, result);
    }
    iso_node_set_sort_weight(node, weight);
    return true;
}

static bool set_order(const struct making *making)
{
    int weight = iso_first_weight(making->request);
    const char *path;
    bool done = true;
    for (size_t i = 0; done && (path = iso_first_file(making->request, i)) != NULL; i++) {
        done = set_weight(making, path, weight--);
    }
    for (size_t i = 0; done && i < making->request->last_count; i++) {
        done = set_weight(making, making->request->last[i], ISO_LAST_WEIGHT - (int)i);
    }
    return done;
}

static bool make_bootable(const struct making *making)
{
    const struct iso_request *request = making->request;
    ElToritoBootImage *boot = NULL;
    int result = iso_image_set_boot_image(making->image, request->boot_image, ELTORITO_NO_EMUL,
                                          request->boot_catalog, &boot);
    if (result < 0) {
        return fail_iso(making, request->boot_image, result);
    }
    iso_image_set_boot_catalog_weight(making->image, ISO_CATALOG_WEIGHT);
    iso_image_set_boot_catalog_hidden(making->image, HIDDEN);
    el_torito_set_load_size(boot, ISO_LOADED_BLOCKS);
    el_torito_set_isolinux_options(boot, BOOT_INFO_TABLE, 0);
    return set_order(making);
}

// ---- The file

static void set_options(IsoWriteOpts *options, const struct iso_request *request)
{
    char date[sizeof request->date];
    memcpy(date, request->date, sizeof date); /* the library's type is not const */
    iso_write_opts_set_iso_level(options, ISO_LEVEL);
    iso_write_opts_set_rockridge(options, 1);
    iso_write_opts_set_rrip_version_1_10(options, 1);
    iso_write_opts_set_allow_deep_paths(options, 1);
    iso_write_opts_set_allow_dir_id_ext(options, 1);
    iso_write_opts_set_allow_full_ascii(options, 1);
    iso_write_opts_set_allow_longer_paths(options, 1);
    iso_write_opts_set_always_gmt(options, 1);
    iso_write_opts_set_dir_rec_mtime(options, MTIME_EVERYWHERE);
    iso_write_opts_set_pvd_times(options, 0, 0, 0, 0, date);
    iso_write_opts_set_tail_blocks(options, request->padding_blocks);
}

/* Fails if the library left a message: it goes on after a file that cannot be read any more. */
static bool check_messages(const struct making *making)
{
    char text[ISO_MSGS_MESSAGE_LEN], severity[80], least[] = "SORRY";
    int code, image;
    return iso_obtain_msgs(least, &code, &image, text, severity) != 1 ||
           fail(making->error, "cannot write the ISO: %s", text);
}

/* Copies the ISO from the library to the file. */
static bool copy(const struct making *making, struct burn_source *source, int file)
{
    static uint8_t piece[PIECE_BYTES];
    uint64_t size = (uint64_t)source->get_size(source);
    for (uint64_t at = 0; at < size;) {
        int wanted = size - at < sizeof piece ? (int)(size - at) : (int)sizeof piece;
        if (source->read_xt(source, piece, wanted) != wanted) {
            return check_messages(making) && fail(making->error, "cannot write the ISO");
        }
        if (!write_all(file, piece, (size_t)wanted)) {
            return output_fail(errno, making->error);
        }
        at += (uint64_t)wanted;
        progress_percent((int)(at * 100 / size));
    }
    return true;
}

/* Starts the library's thread, which must not get the signals after which the program cleans up. */
static int start_source(const struct making *making, IsoWriteOpts *options,
                        struct burn_source **source)
{
    output_hold_signals(true);
    int result = iso_image_create_burn_source(making->image, options, source);
    output_hold_signals(false);
    return result;
}

static bool write_file(const struct making *making, IsoWriteOpts *options)
{
    const char *path = making->request->file;
    struct burn_source *source = NULL;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) {
        return fail(making->error, "%s: %s", path, strerror(errno));
    }
    int result = start_source(making, options, &source);
    bool done = false;
    if (result < 0) {
        done = check_messages(making) && fail_iso(making, "cannot write the ISO", result);
    } else {
        done = copy(making, source, file);
        source->cancel(source);
        source->free_data(source);
        free(source);
    }
    if (close(file) != 0 && done) {
        done = output_fail(errno, making->error);
    }
    return done && check_messages(making);
}

static bool make(const struct making *making)
{
    const struct iso_request *request = making->request;
    IsoWriteOpts *options = NULL;
    char blanks[APPLICATION_USE_BYTES];
    memset(blanks, ' ', sizeof blanks);
    iso_image_set_app_use(making->image, blanks, sizeof blanks);
    iso_image_set_volume_id(making->image, request->volume);
    iso_image_set_volset_id(making->image, "");
    iso_image_set_data_preparer_id(making->image, request->preparer);
    iso_image_set_application_id(making->image, request->application);
    int result = iso_write_opts_new(&options, 0);
    if (result < 0) {
        return fail_iso(making, "cannot write the ISO", result);
    }
    set_options(options, request);
    bool done = add_tree(making) && make_bootable(making) && write_file(making, options);
    iso_write_opts_free(options);
    return done;
}

bool iso_write_by_libisofs(const struct iso_request *request, struct error *error)
{
    enum { KEEP_LOCALE = 1 }; /* "C": names are bytes */
    struct making making = {.request = request, .error = error};
    char queued[] = "SORRY", shown[] = "NEVER", verbose[] = "NOTE", prefix[] = "libisofs: ";
    if (iso_init_with_flag(KEEP_LOCALE) < 0) {
        return fail(error, "cannot start libisofs, which writes the ISO");
    }
    iso_set_msgs_severities(queued, request->verbose ? verbose : shown, prefix);
    int result = iso_image_new(request->volume, &making.image);
    bool done = result >= 0 ? make(&making) : fail_iso(&making, "cannot write the ISO", result);
    if (making.image != NULL) {
        iso_image_unref(making.image);
    }
    iso_finish();
    return done;
}

// SPDX-License-Identifier: BSD-2-Clause
// See payload.h.
#include "boot/bare/pvh/payload.h"

#include <string.h>
#include "boot/bare/pvh/cpio.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"

enum {
    DESCRIPTOR_OFFSET = 16 * 2048, /* of the first volume descriptor: ECMA-119, 6.2.1 */
    DESCRIPTOR_IDENTIFIER = 1,
    HEADER_BYTES = 16, /* of Multiboot 2, without tags */
};
static const char config_path[] = "/boot/grub/grub.cfg";
static const char legacy_path[] = "/boot/grub/menu.lst";
static const char kernel_path[] = "/kernel";

bool payload_is_iso(struct bytes module)
{
    return module.size > DESCRIPTOR_OFFSET + 2048 &&
           memcmp(module.data + DESCRIPTOR_OFFSET + DESCRIPTOR_IDENTIFIER, "CD001", 5) == 0;
}

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- The archive ----------------------------------------------------------------------------- */

/* Finds the data of an inode with several names: the last entry of it has them. */
static struct bytes find_data(struct bytes archive, size_t offset, const struct cpio_entry *wanted)
{
    struct cpio_entry entry;
    struct error ignored;
    while (cpio_next(archive, &offset, &entry, &ignored) == CPIO_ENTRY) {
        if (entry.inode == wanted->inode && entry.device_major == wanted->device_major &&
            entry.device_minor == wanted->device_minor && entry.data.size != 0) {
            return entry.data;
        }
    }
    return wanted->data;
}

static bool add_entry(struct bytes archive, size_t offset, const struct cpio_entry *entry,
                      struct volume *volume, struct error *error)
{
    static const enum volume_kind kinds[] = {
        [CPIO_FILE] = VOLUME_FILE, [CPIO_DIRECTORY] = VOLUME_DIRECTORY, [CPIO_LINK] = VOLUME_LINK};
    struct bytes data = entry->data;
    if (entry->kind == CPIO_OTHER) {
        return true;
    }
    if (entry->kind == CPIO_FILE && entry->links > 1 && data.size == 0) {
        data = find_data(archive, offset, entry);
    }
    return volume_add(volume, entry->name, kinds[entry->kind], data, error);
}

static bool add_archive(struct bytes archive, struct volume *volume, struct error *error)
{
    struct cpio_entry entry;
    size_t offset = 0;
    for (;;) {
        switch (cpio_next(archive, &offset, &entry, error)) {
        case CPIO_END:
            return true;
        case CPIO_FAILED:
            return false;
        case CPIO_ENTRY:
            if (!add_entry(archive, offset, &entry, volume, error)) {
                return false;
            }
        }
    }
}

/* ---- The config ------------------------------------------------------------------------------ */

/* A text that grows. length counts on if the room is used up. */
struct text {
    char *at;
    size_t room, length;
};

static void put(struct text *text, const char *bytes, size_t length)
{
    if (text->length + length <= text->room) {
        memcpy(text->at + text->length, bytes, length);
    }
    text->length += length;
}

static void put_string(struct text *text, const char *string)
{
    put(text, string, strlen(string));
}

/* Puts a name in single quotes, as grub.cfg takes it. */
static void put_quoted(struct text *text, struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '\'') {
            put_string(text, "'\\''");
        } else {
            put(text, (const char *)name.data + i, 1);
        }
    }
}

/* Puts the path of a file, from the root on. */
static void put_path(struct text *text, const struct volume_node *node)
{
    size_t depth = 0;
    for (const struct volume_node *above = node; above->parent != NULL; above = above->parent) {
        depth++;
    }
    for (; depth > 0; depth--) {
        const struct volume_node *above = node;
        for (size_t left = depth - 1; left > 0; left--) {
            above = above->parent;
        }
        put_string(text, "/");
        put_quoted(text, above->name);
    }
}

/* Puts the line of a kernel or module. A module's text is its name. */
static void put_line(struct text *text, const char *command, const struct volume_node *file,
                     bool with_name)
{
    put_string(text, command);
    put_string(text, " '");
    put_path(text, file);
    if (with_name) {
        put_string(text, "' '");
        put_quoted(text, file->name);
    }
    put_string(text, "'\n");
}

static const struct volume_node *next_file(const struct volume_node *node)
{
    while (node != NULL && node->kind != VOLUME_FILE) {
        node = node->next;
    }
    return node;
}

/* Whether a header for Multiboot 2 is at its start (2.0, 3.1.1). loader/multiboot2.overlay.c is not
   in the core. */
static bool has_multiboot2(struct bytes kernel)
{
    size_t end = kernel.size < MULTIBOOT2_SEARCH_BYTES ? kernel.size : MULTIBOOT2_SEARCH_BYTES;
    for (size_t at = 0; range_within(at, HEADER_BYTES, end); at += MULTIBOOT2_HEADER_ALIGNMENT) {
        const uint8_t *header = kernel.data + at;
        if (load32(header) == MULTIBOOT2_HEADER_MAGIC && load32(header + 4) == 0 &&
            load32(header) + load32(header + 8) + load32(header + 12) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the kernel has a header for Multiboot 2 and none for Multiboot 1. */
static bool is_multiboot2(struct bytes kernel)
{
    struct bytes start = kernel;
    start.size = kernel.size < MULTIBOOT1_SEARCH_BYTES ? kernel.size : MULTIBOOT1_SEARCH_BYTES;
    return !multiboot1_is_present(start) && has_multiboot2(kernel);
}

static void put_config(struct text *text, const struct volume_node *kernel)
{
    bool is_2 = is_multiboot2(kernel->data);
    put_string(text, "set timeout=0\nmenuentry '");
    put_quoted(text, kernel->name);
    put_string(text, "' {\n");
    put_line(text, is_2 ? "multiboot2" : "multiboot", kernel, false);
    for (const struct volume_node *file = next_file(kernel->next); file != NULL;
         file = next_file(file->next)) {
        put_line(text, is_2 ? "module2" : "module", file, true);
    }
    put_string(text, "}\n");
}

/* Writes the config, measured first. */
static bool add_config(struct volume *volume, struct error *error)
{
    const struct volume_node *kernel = next_file(volume->root);
    struct text text = {0};
    if (kernel == NULL) {
        return fail(error, "the archive has no files");
    }
    put_config(&text, kernel);
    text = (struct text){.at = arena_allocate(volume->arena, text.length, 1), .room = text.length};
    if (text.at == NULL) {
        return fail(error, "the archive's names do not fit into memory");
    }
    put_config(&text, kernel);
    return volume_add(volume, text_bytes(config_path), VOLUME_FILE,
                      (struct bytes){(const uint8_t *)text.at, text.length}, error);
}

bool payload_make_volume(struct bytes module, struct volume *volume, struct arena *arena,
                         struct error *error)
{
    bool is_filled = volume_start(volume, arena, error) &&
                     (cpio_recognise(module) ? add_archive(module, volume, error)
                                             : volume_add(volume, text_bytes(kernel_path),
                                                          VOLUME_FILE, module, error));
    if (is_filled && volume_find(volume, config_path) == NULL &&
        volume_find(volume, legacy_path) == NULL) {
        is_filled = add_config(volume, error);
    }
    return is_filled && volume_write(volume, error);
}

// SPDX-License-Identifier: BSD-2-Clause
// See efi_boot.h. UEFI 2.10, 3.5.1.1 (removable media boot behavior); Microsoft's PE format: the
// optional header's certificate table.
#include "tools/iso/efi_boot.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stage2/compression/checksum.h"
#include "tools/lib/embedded.h"
#include "tools/lib/say.h"
#include "tools/iso/store.h"

#define HEAD_PATH   "/boot/whelk.fat"
#define VOLUME_PATH "/efi.img" /* as grub-mkrescue has it */

enum {
    FILE_BYTES_MAX = 8 << 20,

    DOS_PE_OFFSET = 0x3c,
    PE_OPTIONAL_HEADER = 24,
    PE_MAGIC_PLUS = 0x20b,
    PE_DIRECTORIES = 96, /* offset in the optional header of PE32 */
    PE_DIRECTORIES_PLUS = 112,
    PE_CERTIFICATES = 4, /* index; a directory is two words: place, size */

    HEAD_OEM_NAME = 3,
};

/* The files that firmware or shim starts. */
static const struct {
    const char *name, *lower_case, *fat_name;
    struct bytes (*ours)(void); /* NULL: only if the user has one */
} loaders[] = {
    {"BOOTX64.EFI", "bootx64.efi", "BOOTX64 EFI", embedded_efi_x64},
    {"BOOTIA32.EFI", "bootia32.efi", "BOOTIA32EFI", embedded_efi_ia32},
    {"GRUBX64.EFI", "grubx64.efi", "GRUBX64 EFI", NULL},
    {"GRUBIA32.EFI", "grubia32.efi", "GRUBIA32EFI", NULL},
    {"MMX64.EFI", "mmx64.efi", "MMX64   EFI", NULL},
    {"MMIA32.EFI", "mmia32.efi", "MMIA32  EFI", NULL},
};
enum { LOADERS = sizeof loaders / sizeof loaders[0] };
static_assert(1 + LOADERS == EFI_BOOT_FILES_MAX, "the head and the loaders");

// ---- The user's files

/* Returns the folder's name as the tree spells it. */
static const char *choose_folder(const struct tree *tree)
{
    static const char *const folders[] = {"/EFI/BOOT", "/EFI/boot", "/efi/boot"};
    struct tree_node node;
    struct error not_there;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (tree_find(tree, folders[i], &node, &not_there)) {
            return folders[i];
        }
    }
    return folders[0];
}

static bool find_in(const struct tree *tree, const char *folder, const char *name,
                    struct tree_node *node)
{
    char path[64];
    struct error not_there;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return tree_find(tree, path, node, &not_there);
}

static bool read_all(int descriptor, uint8_t *data, size_t size)
{
    size_t done = 0;
    ssize_t got = 1;
    while (done < size && got > 0) {
        got = read(descriptor, data + done, size - done);
        done += got > 0 ? (size_t)got : 0;
    }
    return done == size;
}

static bool read_users(struct efi_boot_file *file, const struct tree_node *node,
                       struct error *error)
{
    size_t size = (size_t)node->status.st_size;
    if (!S_ISREG(node->status.st_mode) || size == 0 || size > FILE_BYTES_MAX) {
        return fail(error, "%s: not a file of 1 byte to 8 MiB, which firmware could start (%s)",
                    node->path, node->disk);
    }
    file->owned = malloc(size);
    int descriptor = open(node->disk, O_RDONLY | O_CLOEXEC);
    bool done = file->owned != NULL && descriptor >= 0 && read_all(descriptor, file->owned, size);
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (!done) {
        fail(error, "%s: cannot be read", node->disk);
        return false;
    }
    strcpy(file->path, node->path);
    file->contents = (struct bytes){file->owned, size};
    return true;
}

/* True for a Whelk: its .sbat section has this line. */
static bool is_whelk(struct bytes image)
{
    static const char mark[] = "\nwhelk,";
    return memmem(image.data, image.size, mark, sizeof mark - 1) != NULL;
}

/* True if a PE image has certificates. */
static bool is_signed(struct bytes image)
{
    size_t header = image.size >= DOS_PE_OFFSET + 4 ? load32(image.data + DOS_PE_OFFSET) : 0;
    size_t optional = header + PE_OPTIONAL_HEADER;
    if (!range_within(optional, PE_DIRECTORIES_PLUS + (PE_CERTIFICATES + 1) * 8, image.size)) {
        return false;
    }
    bool plus = load16(image.data + optional) == PE_MAGIC_PLUS;
    size_t directories = optional + (plus ? PE_DIRECTORIES_PLUS : PE_DIRECTORIES);
    return load32(image.data + directories + (size_t)PE_CERTIFICATES * 8 + 4) != 0;
}

// ---- The files of an ISO

/* Adds the user's loader, else ours if we have one. An unsigned Whelk in the tree comes from an
   older ISO: ours replaces it. */
static bool add_loader(struct efi_boot *boot, const struct tree *tree, const char *folder,
                       size_t index, struct error *error)
{
    struct efi_boot_file *file = &boot->files[boot->count];
    file->fat_name = loaders[index].fat_name;
    struct tree_node node;
    bool has_ours = loaders[index].ours != NULL;
    snprintf(file->path, sizeof file->path, "%s/%s", folder, loaders[index].name);
    if (find_in(tree, folder, loaders[index].name, &node) ||
        find_in(tree, folder, loaders[index].lower_case, &node)) {
        if (!read_users(file, &node, error)) {
            return false;
        }
        bool whelk = is_whelk(file->contents);
        if (has_ours && !whelk) {
            say_warning("%s: starts on UEFI machines, not Whelk (%s)", file->path, node.disk);
        }
        if (!has_ours || !whelk || is_signed(file->contents)) {
            boot->count++;
            return true;
        }
        free(file->owned);
        file->owned = NULL;
    }
    if (has_ours) {
        file->contents = loaders[index].ours();
        boot->count++;
    }
    return true;
}

/* True, with an error, if the tree has a file of the head's name that is no such head. */
static bool is_taken(const struct tree *tree, struct error *error)
{
    struct tree_node node;
    struct error not_there;
    uint8_t head[HEAD_OEM_NAME + sizeof FAT_OEM_NAME];
    if (!tree_find(tree, HEAD_PATH, &node, &not_there)) {
        return false;
    }
    int descriptor = open(node.disk, O_RDONLY | O_CLOEXEC);
    bool ours = descriptor >= 0 && read_all(descriptor, head, sizeof head) &&
                memcmp(head + HEAD_OEM_NAME, FAT_OEM_NAME, sizeof FAT_OEM_NAME - 1) == 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (!ours) {
        fail(error, "%s: Whelk's own file for UEFI has this name; rename yours (%s)", HEAD_PATH,
             node.disk);
    }
    return !ours;
}

/* Makes the volume's head. Its serial number is derived from the files' contents. */
static bool make_head(struct efi_boot *boot, struct error *error)
{
    struct fat_file files[LOADERS];
    uint8_t sums[4 * LOADERS] = {0};
    size_t count = boot->count - 1;
    for (size_t i = 0; i < count; i++) {
        const struct efi_boot_file *file = &boot->files[1 + i];
        files[i] = (struct fat_file){file->fat_name, file->contents.size};
        store32(sums + 4 * i, checksum_crc32(file->contents.data, file->contents.size));
    }
    uint32_t serial = checksum_crc32(sums, 4 * count);
    size_t size = fat_write_head(boot->head, files, count, serial, error);
    boot->files[0].contents = (struct bytes){boot->head, size};
    return size > 0;
}

bool efi_boot_choose(struct efi_boot *boot, const struct tree *tree, struct error *error)
{
    struct tree_node node;
    struct error not_there;
    boot->count = 0;
    if (tree_find(tree, VOLUME_PATH, &node, &not_there)) {
        say_warning("%s: starts on UEFI machines, not Whelk (%s)", VOLUME_PATH, node.disk);
        strcpy(boot->volume, node.path);
        return true;
    }
    strcpy(boot->volume, HEAD_PATH);
    strcpy(boot->files[boot->count++].path, HEAD_PATH);
    if (is_taken(tree, error)) {
        return false;
    }
    const char *folder = choose_folder(tree);
    for (size_t i = 0; i < LOADERS; i++) {
        if (!add_loader(boot, tree, folder, i, error)) {
            return false;
        }
    }
    return make_head(boot, error);
}

void efi_boot_free(struct efi_boot *boot)
{
    for (size_t i = 0; i < EFI_BOOT_FILES_MAX; i++) {
        free(boot->files[i].owned);
        boot->files[i].owned = NULL;
    }
}

size_t efi_boot_blocks(const struct efi_boot *boot)
{
    size_t blocks = 0;
    for (size_t i = 0; i < boot->count; i++) {
        blocks += (boot->files[i].contents.size + FAT_BLOCK_BYTES - 1) / FAT_BLOCK_BYTES;
    }
    return blocks;
}

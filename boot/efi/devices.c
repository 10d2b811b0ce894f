// SPDX-License-Identifier: BSD-2-Clause
// The machine's discs by Block I/O (UEFI 2.10, 13.9), with GRUB's names: hard disks and CDs are
// numbered apart, sorted by the last node of their device paths (10.3) and then by the whole paths.
// A disc is a CD if a medium of type CD-ROM is on it (El Torito's), or if it is read-only in blocks
// of 2048 bytes. Partitions are no discs: stage2/volume finds them.
#include "boot/efi/devices.h"

#include <string.h>
#include "loader/format.h"
#include "stage2/firmware.h"

enum {
    MOST_DISCS = 64,
    MOST_NODES = 64,
    CD_BLOCK_BYTES = 2048,
    LEAST_BLOCK_SHIFT = 9,
    MOST_BLOCK_SHIFT = 12,
};

struct disc {
    EFI_HANDLE handle;
    EFI_BLOCK_IO_PROTOCOL *block_io;
    const EFI_DEVICE_PATH *path;
    bool is_cd;
};

static struct disc discs[MOST_DISCS];
static unsigned disc_count;
static bool is_listed;

/* ---- Device paths ---------------------------------------------------------------------------- */

static const EFI_DEVICE_PATH *next_node(const EFI_DEVICE_PATH *node)
{
    return (const EFI_DEVICE_PATH *)(const void *)((const uint8_t *)node +
                                                   DevicePathNodeLength(node));
}

/* Whether this is a path's end, or what no path has. */
static bool ends_path(const EFI_DEVICE_PATH *node)
{
    return IsDevicePathEnd(node) || DevicePathNodeLength(node) < (int)sizeof *node;
}

const EFI_DEVICE_PATH *device_path_last(const EFI_DEVICE_PATH *path)
{
    const EFI_DEVICE_PATH *last = path;
    for (; !ends_path(path); path = next_node(path)) {
        last = path;
    }
    return last;
}

size_t device_path_bytes(const EFI_DEVICE_PATH *path)
{
    const uint8_t *start = (const void *)path;
    while (!ends_path(path)) {
        path = next_node(path);
    }
    return (size_t)((const uint8_t *)(const void *)path - start);
}

/* GRUB's order of two nodes: by type (the higher first), by sub-type, by length, by bytes. */
static int compare_nodes(const EFI_DEVICE_PATH *left, const EFI_DEVICE_PATH *right)
{
    if (DevicePathType(left) != DevicePathType(right)) {
        return DevicePathType(right) - DevicePathType(left);
    }
    if (DevicePathSubType(left) != DevicePathSubType(right)) {
        return DevicePathSubType(left) - DevicePathSubType(right);
    }
    if (DevicePathNodeLength(left) != DevicePathNodeLength(right)) {
        return DevicePathNodeLength(left) - DevicePathNodeLength(right);
    }
    return memcmp(left, right, (size_t)DevicePathNodeLength(left));
}

static int compare_paths(const EFI_DEVICE_PATH *left, const EFI_DEVICE_PATH *right)
{
    for (int i = 0; i < MOST_NODES; i++) {
        int order = compare_nodes(left, right);
        if (order != 0 || ends_path(left)) {
            return order;
        }
        left = next_node(left);
        right = next_node(right);
    }
    return 0;
}

/* ---- The list -------------------------------------------------------------------------------- */

/* CDs after disks. */
static bool is_before(const struct disc *left, const struct disc *right)
{
    if (left->is_cd != right->is_cd) {
        return right->is_cd;
    }
    int order = compare_nodes(device_path_last(left->path), device_path_last(right->path));
    return (order != 0 ? order : compare_paths(left->path, right->path)) < 0;
}

static void insert(const struct disc *disc)
{
    unsigned at = disc_count;
    if (disc_count == MOST_DISCS) {
        return;
    }
    for (; at > 0 && is_before(disc, &discs[at - 1]); at--) {
        discs[at] = discs[at - 1];
    }
    discs[at] = *disc;
    disc_count++;
}

static bool is_medium(const EFI_DEVICE_PATH *node)
{
    return DevicePathType(node) == MEDIA_DEVICE_PATH;
}

/* Whether one of the handles is an El Torito image on the disc. */
static bool has_cd_medium(const EFI_DEVICE_PATH *path, const EFI_HANDLE *handles, UINTN count)
{
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    size_t length = device_path_bytes(path);
    for (UINTN i = 0; i < count; i++) {
        const EFI_DEVICE_PATH *other = uefi_protocol(handles[i], &device_path);
        if (other != NULL && device_path_bytes(other) > length &&
            memcmp(other, path, length) == 0) {
            const EFI_DEVICE_PATH *node = device_path_last(other);
            if (is_medium(node) && DevicePathSubType(node) == MEDIA_CDROM_DP) {
                return true;
            }
        }
    }
    return false;
}

static void consider(EFI_HANDLE handle, const EFI_HANDLE *handles, UINTN count)
{
    static const EFI_GUID block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    struct disc disc = {.handle = handle,
                        .block_io = uefi_protocol(handle, &block_io),
                        .path = uefi_protocol(handle, &device_path)};
    if (disc.block_io == NULL || disc.path == NULL || disc.block_io->Media->LogicalPartition ||
        is_medium(device_path_last(disc.path))) {
        return;
    }
    const EFI_BLOCK_IO_MEDIA *media = disc.block_io->Media;
    disc.is_cd = has_cd_medium(disc.path, handles, count) ||
                 (media->ReadOnly && media->BlockSize == CD_BLOCK_BYTES);
    insert(&disc);
}

static void list_discs(void)
{
    static const EFI_GUID block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
    EFI_HANDLE *handles;
    UINTN count = 0;
    if (is_listed || uefi_boot()->LocateHandleBuffer(ByProtocol, (EFI_GUID *)&block_io, NULL,
                                                     &count, &handles) != EFI_SUCCESS) {
        return;
    }
    is_listed = true;
    for (UINTN i = 0; i < count; i++) {
        consider(handles[i], handles, count);
    }
    uefi_boot()->FreePool(handles);
}

EFI_HANDLE device_handle(unsigned index)
{
    list_discs();
    return index < disc_count ? discs[index].handle : NULL;
}

/* Whether a path is that of a partition of the disc with this path, and begins at this block. */
static bool is_partition(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *disc, uint64_t start)
{
    size_t length = device_path_bytes(disc);
    const EFI_DEVICE_PATH *node = device_path_last(path);
    return device_path_bytes(path) > length && memcmp(path, disc, length) == 0 && is_medium(node) &&
           DevicePathSubType(node) == MEDIA_HARDDRIVE_DP &&
           ((const HARDDRIVE_DEVICE_PATH *)(const void *)node)->PartitionStart == start;
}

EFI_HANDLE device_partition(unsigned index, uint64_t start)
{
    static const EFI_GUID block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    EFI_HANDLE *handles;
    EFI_HANDLE found = NULL;
    UINTN count = 0;
    if (device_handle(index) == NULL ||
        uefi_boot()->LocateHandleBuffer(ByProtocol, (EFI_GUID *)&block_io, NULL, &count,
                                        &handles) != EFI_SUCCESS) {
        return NULL;
    }
    for (UINTN i = 0; i < count; i++) {
        const EFI_DEVICE_PATH *path = uefi_protocol(handles[i], &device_path);
        if (path != NULL && is_partition(path, discs[index].path, start)) {
            found = handles[i];
        }
    }
    uefi_boot()->FreePool(handles);
    return found;
}

/* ---- For stage 2 ----------------------------------------------------------------------------- */

/* A drive without a medium has no blocks. */
bool firmware_device(unsigned index, struct firmware_device *device)
{
    if (device_handle(index) == NULL) {
        return false;
    }
    const EFI_BLOCK_IO_MEDIA *media = discs[index].block_io->Media;
    unsigned disks = 0;
    while (disks < disc_count && !discs[disks].is_cd) {
        disks++;
    }
    device->block_shift = LEAST_BLOCK_SHIFT;
    while (device->block_shift < MOST_BLOCK_SHIFT && 1u << device->block_shift < media->BlockSize) {
        device->block_shift++;
    }
    bool is_usable = media->MediaPresent && 1u << device->block_shift == media->BlockSize;
    device->block_count = is_usable ? media->LastBlock + 1 : 0;
    format_text(device->name, sizeof device->name, "%s%u", index < disks ? "hd" : "cd",
                index < disks ? index : index - disks);
    return true;
}

static bool is_aligned(const EFI_BLOCK_IO_MEDIA *media, const void *memory)
{
    return media->IoAlign <= 1 || (uintptr_t)memory % media->IoAlign == 0;
}

/* Reads what the device's alignment or limits do not permit at once, a block at a time. */
static EFI_STATUS read_slowly(EFI_BLOCK_IO_PROTOCOL *device, uint64_t block, uint32_t count,
                              uint8_t *memory)
{
    static uint8_t *page; /* aligned for all devices */
    EFI_STATUS status = EFI_SUCCESS;
    UINTN bytes = device->Media->BlockSize;
    if (page == NULL) {
        page = uefi_allocate(EFI_PAGE_SIZE, EfiBootServicesData);
    }
    for (; page != NULL && count > 0 && status == EFI_SUCCESS; count--, block++, memory += bytes) {
        status = device->ReadBlocks(device, device->Media->MediaId, block, bytes, page);
        memcpy(memory, page, bytes);
    }
    return page != NULL ? status : EFI_OUT_OF_RESOURCES;
}

bool firmware_device_read(unsigned index, uint64_t block, uint32_t count, void *buffer,
                          struct error *error)
{
    enum { MOST_BYTES = 8 << 20 };
    EFI_BLOCK_IO_PROTOCOL *device = discs[index].block_io;
    EFI_BLOCK_IO_MEDIA *media = device->Media;
    uint8_t *memory = buffer;
    if (!media->MediaPresent || block > media->LastBlock || count > media->LastBlock - block + 1) {
        return fail(error, "block %llu is after the disc's end", (unsigned long long)block);
    }
    while (count > 0) {
        uint32_t most = MOST_BYTES / media->BlockSize;
        uint32_t part = count < most ? count : most;
        EFI_STATUS status =
            is_aligned(media, memory)
                ? device->ReadBlocks(device, media->MediaId, block, part * media->BlockSize, memory)
                : EFI_INVALID_PARAMETER;
        if (status != EFI_SUCCESS) {
            status = read_slowly(device, block, part, memory);
        }
        if (status != EFI_SUCCESS) {
            return fail(error, "block %llu of the disc cannot be read (EFI status %u)",
                        (unsigned long long)block, (unsigned)status & 0xffffff);
        }
        memory += part * media->BlockSize;
        block += part;
        count -= part;
    }
    return true;
}

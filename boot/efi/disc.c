// SPDX-License-Identifier: BSD-2-Clause
// The disc by Block I/O (UEFI 2.10, 13.9): straight to memory, in large transfers. The firmware
// loaded us from a partition: the El Torito image, or one of a disk. The volume is on the whole
// device; the image's device does not tell how long anything is:
// findings/ovmf-2022.11-el-torito-image-ends-too-late.sh
#include <string.h>
#include "boot/efi/devices.h"
#include "boot/efi/uefi.h"
#include "stage2/disc/patience.h"
#include "stage2/disc/poison.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660.h"
#include "stage2/timing/timeline.h"

enum {
    SECTOR_SIZE = ISO9660_SECTOR_SIZE,
    DESCRIPTOR_LBA = 16, /* ECMA-119, 6.2.1 */
    BUFFER_BYTES = 256 << 10,
    BUFFER_SECTORS = BUFFER_BYTES / SECTOR_SIZE,
    MOST_SECTORS = 4096, /* in one transfer; some commands have at most 65,535 blocks */
    FEWER_SECTORS = 32,  /* after a failure */
    SECTOR_TRIES = 3,    /* to read one that fails alone */
    MOST_NODES = 64,     /* of a device path */

    CALL_MILLISECONDS = 12000, /* a call that lasts longer may never end */
    TICK_100NS = 5000000,
};

static EFI_HANDLE disc_handle;
static EFI_BLOCK_IO_PROTOCOL *disc; /* its protocol */
static uint8_t *buffer;             /* page-aligned, for memory that the device cannot read to */

/* The call of Block I/O that is under way; start 0: none. */
static struct {
    uint64_t start;
    bool was_told; /* that it lasts */
} call;
static EFI_EVENT tick;

/* In milliseconds; not 0. */
static uint64_t now(void)
{
    return firmware_milliseconds() + 1;
}

/* Tells the user of a call that lasts long. Some firmware never returns from it. */
static VOID EFIAPI watch_call(EFI_EVENT event, VOID *context)
{
    (void)event, (void)context;
    if (call.start == 0) {
        return;
    }
    patience_show();
    uint64_t lasted = now() - call.start;
    if (lasted > CALL_MILLISECONDS && !call.was_told) {
        call.was_told = true;
        patience_over(0);
    }
}

static void start_to_watch(void)
{
    if (tick == NULL && uefi_boot()->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_NOTIFY,
                                                 watch_call, NULL, &tick) == EFI_SUCCESS) {
        uefi_boot()->SetTimer(tick, TimerPeriodic, TICK_100NS);
    }
}

void disc_stop_watching(void)
{
    if (tick != NULL) {
        uefi_boot()->CloseEvent(tick);
        tick = NULL;
    }
}

static bool is_aligned(const EFI_BLOCK_IO_MEDIA *media, const void *memory)
{
    return media->IoAlign <= 1 || (uintptr_t)memory % media->IoAlign == 0;
}

static EFI_STATUS transfer(EFI_BLOCK_IO_PROTOCOL *device, uint32_t lba, uint32_t bytes,
                           void *memory)
{
    static uint32_t poison;
    EFI_BLOCK_IO_MEDIA *media = device->Media;
    EFI_LBA block = (EFI_LBA)lba * (SECTOR_SIZE / media->BlockSize);
    poison_sectors(memory, bytes / SECTOR_SIZE, SECTOR_SIZE, next_poison(&poison));
    call.start = now();
    call.was_told = false;
    EFI_STATUS status = device->ReadBlocks(device, media->MediaId, block, bytes, memory);
    call.start = 0;
    bool came = have_come(memory, bytes / SECTOR_SIZE, SECTOR_SIZE, poison);
    return status == EFI_SUCCESS && !came ? EFI_DEVICE_ERROR : status;
}

/* Takes the device as our disc if it has a volume descriptor (ECMA-119, 8.1), which is then in
   buffer. */
static bool take(EFI_HANDLE handle, EFI_BLOCK_IO_PROTOCOL *device)
{
    const EFI_BLOCK_IO_MEDIA *media = device->Media;
    if (media->MediaPresent && media->BlockSize != 0 && SECTOR_SIZE % media->BlockSize == 0 &&
        transfer(device, DESCRIPTOR_LBA, SECTOR_SIZE, buffer) == EFI_SUCCESS &&
        memcmp(buffer + 1, "CD001", 5) == 0) {
        disc_handle = handle;
        disc = device;
    }
    return disc != NULL;
}

static size_t node_bytes(const EFI_DEVICE_PATH *node)
{
    return (size_t)DevicePathNodeLength(node);
}

/* Takes the device whose whole path is the first length bytes of path, if it has a volume. */
static bool take_at(EFI_DEVICE_PATH *path, size_t length)
{
    static const EFI_GUID block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
    static uint8_t start[1024];
    EFI_DEVICE_PATH *rest = (EFI_DEVICE_PATH *)(void *)start;
    EFI_HANDLE handle;
    if (length + END_DEVICE_PATH_LENGTH > sizeof start) {
        return false;
    }
    memcpy(start, path, length);
    SetDevicePathEndNode((EFI_DEVICE_PATH *)(void *)(start + length));
    if (uefi_boot()->LocateDevicePath((EFI_GUID *)&block_io, &rest, &handle) != EFI_SUCCESS ||
        !IsDevicePathEnd(rest)) {
        return false;
    }
    EFI_BLOCK_IO_PROTOCOL *device = uefi_protocol(handle, &block_io);
    return device != NULL && take(handle, device);
}

/* Takes the device with a volume that is first on this path: a disk comes before its partitions,
   of which there may be two, one in the other:
   findings/mtools-4.0.32-puts-a-partition-into-a-volume.sh */
static bool find_around(EFI_DEVICE_PATH *path)
{
    size_t length = 0;
    for (int i = 0; i < MOST_NODES; i++) {
        const EFI_DEVICE_PATH *node =
            (const EFI_DEVICE_PATH *)(const void *)((uint8_t *)path + length);
        if (length != 0 && take_at(path, length)) {
            return true;
        }
        if (IsDevicePathEnd(node) || node_bytes(node) < sizeof *node) {
            break;
        }
        length += node_bytes(node);
    }
    return false;
}

/* Takes any whole device with a volume: this loader may be elsewhere, on a stick or in the
   machine's own system partition. */
static bool find_any(void)
{
    static const EFI_GUID block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
    bool found = false;
    EFI_HANDLE *handles;
    UINTN count = 0;
    if (uefi_boot()->LocateHandleBuffer(ByProtocol, (EFI_GUID *)&block_io, NULL, &count,
                                        &handles) != EFI_SUCCESS) {
        return false;
    }
    for (UINTN i = 0; i < count && !found; i++) {
        EFI_BLOCK_IO_PROTOCOL *device = uefi_protocol(handles[i], &block_io);
        found = device != NULL && !device->Media->LogicalPartition && take(handles[i], device);
    }
    uefi_boot()->FreePool(handles);
    return found;
}

static bool open_disc(struct error *error)
{
    static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    if (disc != NULL) {
        return true;
    }
    if (buffer == NULL) {
        buffer = uefi_allocate(BUFFER_BYTES, EfiBootServicesData);
    }
    if (buffer == NULL) {
        return fail(error, "the firmware has no memory to read a disc with");
    }
    const EFI_LOADED_IMAGE *image = uefi_protocol(uefi_image, &loaded_image);
    EFI_DEVICE_PATH *path = image != NULL ? uefi_protocol(image->DeviceHandle, &device_path) : NULL;
    return (path != NULL && find_around(path)) || find_any() ||
           fail(error,
                "no disc with an ISO 9660 volume is found, and no /boot/grub/grub.cfg beside "
                "this loader: copy all files of the ISO, or write it to the stick byte by "
                "byte");
}

EFI_HANDLE disc_device(void)
{
    return disc_handle;
}

const EFI_DEVICE_PATH *disc_path(void)
{
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    return uefi_protocol(disc_handle, &device_path);
}

uint32_t firmware_disc_sector_bytes(void)
{
    return disc->Media->BlockSize;
}

uint32_t firmware_volume_descriptor_lba(void)
{
    return DESCRIPTOR_LBA;
}

uint32_t firmware_boot_device(void)
{
    return BOOT_DEVICE_UNKNOWN; /* UEFI does not number drives as a BIOS does */
}

/* Makes one transfer: straight to memory or, if the device wants other alignment, to buffer first.
   sectors: at most BUFFER_SECTORS then. */
static EFI_STATUS read_at_once(uint32_t lba, uint32_t sectors, uint8_t *memory)
{
    uint32_t bytes = sectors * SECTOR_SIZE;
    if (is_aligned(disc->Media, memory)) {
        return transfer(disc, lba, bytes, memory);
    }
    EFI_STATUS status = transfer(disc, lba, bytes, buffer);
    if (status == EFI_SUCCESS) {
        memcpy(memory, buffer, bytes);
    }
    return status;
}

/* Whether the firmware still has the disc: it forgets one that was pulled, and frees its protocol.
 */
static bool is_there(void)
{
    static const EFI_GUID block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
    return uefi_protocol(disc_handle, &block_io) == disc;
}

/* Makes one transfer, unless the disc is gone or has not answered for long. False: *status says
   why. */
static bool try_to_read(uint32_t lba, uint32_t sectors, uint8_t *memory, EFI_STATUS *status)
{
    *status = !is_there() ? EFI_NO_MEDIA : patience_is_lost() ? EFI_TIMEOUT : EFI_SUCCESS;
    if (*status != EFI_SUCCESS) {
        return false;
    }
    uint64_t start = firmware_milliseconds();
    *status = read_at_once(lba, sectors, memory);
    if (*status != EFI_SUCCESS) {
        patience_failed((uint32_t)(firmware_milliseconds() - start));
        return false;
    }
    patience_succeeded();
    return true;
}

/* Reads as many of count sectors as one transfer can. If it fails, it and later ones have fewer.
   Returns how many were read; 0: the first cannot be read alone, for the reason *status. */
static uint32_t read_some(uint32_t lba, uint32_t count, uint8_t *memory, EFI_STATUS *status)
{
    static uint32_t most = MOST_SECTORS;
    if (!is_there()) {
        *status = EFI_NO_MEDIA;
        return 0;
    }
    uint32_t limit =
        is_aligned(disc->Media, memory) || most < BUFFER_SECTORS ? most : BUFFER_SECTORS;
    uint32_t sectors = count < limit ? count : limit;
    unsigned tries = SECTOR_TRIES;
    while (!try_to_read(lba, sectors, memory, status)) {
        if (*status == EFI_NO_MEDIA || patience_is_lost() || (sectors == 1 && --tries == 0)) {
            most = MOST_SECTORS;
            return 0;
        }
        most = sectors > FEWER_SECTORS ? FEWER_SECTORS : 1;
        sectors = most;
    }
    timeline_transfer(sectors * SECTOR_SIZE);
    return sectors;
}

bool firmware_disc_read(uint32_t lba, uint32_t count, void *memory, struct error *error)
{
    uint8_t *destination = memory;
    bool is_first = disc == NULL;
    start_to_watch();
    if (!open_disc(error)) {
        return false;
    }
    if (is_first && lba == DESCRIPTOR_LBA && count == 1) {
        memcpy(memory, buffer, SECTOR_SIZE); /* open_disc() has read it */
        return true;
    }
    while (count > 0) {
        EFI_STATUS status;
        uint32_t sectors = read_some(lba, count, destination, &status);
        if (sectors == 0) {
            return fail(error, "sector %u of the disc cannot be read (EFI status %u)%s", lba,
                        (unsigned)status & 0xffffff,
                        status == EFI_NO_MEDIA ? "; it is gone"
                        : patience_is_lost()   ? "; it does not answer any more"
                                               : "");
        }
        destination += sectors * SECTOR_SIZE;
        lba += sectors;
        count -= sectors;
    }
    return true;
}

/* The firmware has the disc. */
size_t firmware_disc_memory(struct memory_range ranges[FIRMWARE_DISC_RANGES])
{
    (void)ranges;
    return 0;
}

struct bytes firmware_disc_bytes(uint32_t lba)
{
    (void)lba;
    return (struct bytes){0};
}

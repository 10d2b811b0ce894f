// SPDX-License-Identifier: BSD-2-Clause
// Starts Linux kernels that need boot services: as the UEFI application that they are, with the
// initrd by LoadFile2 (the kernel's Documentation/x86/boot.rst), or by their handover entry.
#include <string.h>
#include "boot/efi/uefi.h"
#include "loader/linux.h"
#include "stage2/firmware.h"
#include "stage2/plan/plan.h"
#include "stage2/text/utf8.h"

enum {
    HANDOVER_64_OFFSET = 0x200 /* boot.rst: from the 32-bit handover entry to the 64-bit one */
};

/* ---- The initrd: whoever looks for this device path gets it (UEFI 2.10, 13.2). */

/* EFI_LOAD_FILE2_PROTOCOL, which gnu-efi lacks. */
struct load_file2 {
    EFI_STATUS(EFIAPI *load_file)
    (struct load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN is_boot, UINTN *size, void *buffer);
};

static struct {
    VENDOR_DEVICE_PATH vendor;
    EFI_DEVICE_PATH end;
} __attribute__((packed)) initrd_path = {
    .vendor =
        {.Header = {MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP, {sizeof(VENDOR_DEVICE_PATH), 0}},
         .Guid = {0x5568e427, 0x68fc, 0x4f3d, {0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68}}},
    .end = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {sizeof(EFI_DEVICE_PATH), 0}},
};
static struct bytes initrd;
static EFI_HANDLE initrd_handle; /* NULL: it is not offered */

static EFI_STATUS EFIAPI load_initrd(struct load_file2 *self, EFI_DEVICE_PATH *path,
                                     BOOLEAN is_boot, UINTN *size, void *buffer)
{
    (void)self;
    (void)path;
    if (is_boot) {
        return EFI_UNSUPPORTED;
    }
    if (size == NULL) {
        return EFI_INVALID_PARAMETER;
    }
    UINTN room = *size;
    *size = initrd.size;
    if (buffer == NULL || room < initrd.size) {
        return EFI_BUFFER_TOO_SMALL;
    }
    memcpy(buffer, initrd.data, initrd.size);
    return EFI_SUCCESS;
}

static struct load_file2 initrd_protocol = {load_initrd};

static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
static const EFI_GUID load_file2 = {
    0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

static bool offer_initrd(const struct linux_boot *linux_boot, struct error *error)
{
    if (linux_boot->initrd_bytes == 0) {
        return true;
    }
    initrd = (struct bytes){(const uint8_t *)(uintptr_t)linux_boot->initrd_address,
                            linux_boot->initrd_bytes};
    return (uefi_boot()->InstallProtocolInterface(&initrd_handle, (EFI_GUID *)&device_path,
                                                  EFI_NATIVE_INTERFACE,
                                                  &initrd_path) == EFI_SUCCESS &&
            uefi_boot()->InstallProtocolInterface(&initrd_handle, (EFI_GUID *)&load_file2,
                                                  EFI_NATIVE_INTERFACE,
                                                  &initrd_protocol) == EFI_SUCCESS) ||
           fail(error, "the firmware does not take the initrd");
}

/* The firmware frees a handle when its last protocol goes. */
static void withdraw_initrd(void)
{
    if (initrd_handle != NULL) {
        uefi_boot()->UninstallProtocolInterface(initrd_handle, (EFI_GUID *)&load_file2,
                                                &initrd_protocol);
        uefi_boot()->UninstallProtocolInterface(initrd_handle, (EFI_GUID *)&device_path,
                                                &initrd_path);
        initrd_handle = NULL;
    }
}

/* ---- The kernel as an application */

/* Writes the command line as UEFI wants it. Returns its length in bytes, with the NUL. */
static UINT32 write_options(const struct linux_boot *linux_boot, CHAR16 *options)
{
    const char *text = linux_boot->command_line;
    const char *end = text + linux_boot->command_line_length;
    UINT32 length = 0;
    while (text < end) {
        uint32_t character = utf8_take(&text, end);
        options[length++] = (CHAR16)(character <= UINT16_MAX ? character : (uint32_t)'?');
    }
    options[length++] = 0;
    return length * (UINT32)sizeof *options;
}

/* A status without its highest bit, which marks errors (UEFI 2.10, appendix D). */
static unsigned long long status_number(EFI_STATUS status)
{
    return (status << 1) >> 1;
}

/* Loads the image, which the firmware verifies if Secure Boot is on. */
static EFI_HANDLE load_image(const struct plan *plan, struct error *error)
{
    struct {
        MEMMAP_DEVICE_PATH memory;
        EFI_DEVICE_PATH end;
    } __attribute__((packed)) path = {
        .memory = {.Header = {HARDWARE_DEVICE_PATH, HW_MEMMAP_DP, {sizeof(MEMMAP_DEVICE_PATH), 0}},
                   .MemoryType = EfiLoaderData,
                   .StartingAddress = plan->linux_boot->kernel_address,
                   .EndingAddress = plan->linux_boot->kernel_address + plan->kernel.size - 1},
        .end = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {sizeof(EFI_DEVICE_PATH), 0}},
    };
    EFI_HANDLE handle = NULL;
    EFI_STATUS status = uefi_boot()->LoadImage(FALSE, uefi_image, (EFI_DEVICE_PATH *)(void *)&path,
                                               (void *)(uintptr_t)plan->linux_boot->kernel_address,
                                               (UINTN)plan->kernel.size, &handle);
    if (status == EFI_SUCCESS) {
        return handle;
    }
    if (status == EFI_SECURITY_VIOLATION || status == EFI_ACCESS_DENIED) {
        if (status == EFI_SECURITY_VIOLATION) {
            uefi_boot()->UnloadImage(handle);
        }
        fail(error, "Secure Boot refuses it: no key of the firmware's has signed it");
    } else {
        fail(error, "the firmware cannot load it (status 0x%llx)", status_number(status));
    }
    return NULL;
}

/* Starts the image. Returns on failure only, with a reason. */
static void run(EFI_HANDLE handle, const struct linux_boot *linux_boot, CHAR16 *options,
                struct error *error)
{
    static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *image = uefi_protocol(handle, &loaded_image);
    if (image == NULL) {
        fail(error, "the firmware does not describe the loaded image");
        return;
    }
    image->LoadOptions = options;
    image->LoadOptionsSize = write_options(linux_boot, options);
    if (offer_initrd(linux_boot, error)) {
        EFI_STATUS status = uefi_boot()->StartImage(handle, NULL, NULL);
        fail(error, "it returned with status 0x%llx", status_number(status));
    }
    withdraw_initrd();
}

static void start_application(const struct plan *plan, CHAR16 *options, struct error *error)
{
    EFI_HANDLE handle = load_image(plan, error);
    if (handle != NULL) {
        run(handle, plan->linux_boot, options, error);
        uefi_boot()->UnloadImage(handle);
    }
}

/* ---- Its handover entry */

typedef ASSEMBLY void handover_function(EFI_HANDLE image, EFI_SYSTEM_TABLE *system,
                                        const void *boot_params);

static void enter_by_handover(const struct linux_boot *linux_boot, const void *boot_params,
                              struct error *error)
{
    bool is_64 = sizeof(void *) == sizeof(uint64_t);
    uintptr_t entry = linux_first_instruction(linux_boot, 0) + linux_boot->header.handover_offset +
                      (is_64 ? HANDOVER_64_OFFSET : 0);
    handover_function *handover;
    memcpy(&handover, &entry, sizeof handover);
    __asm__ volatile("cli"); /* it changes descriptor tables and, in mixed mode, the mode */
    handover(uefi_image, uefi_system, boot_params);
    __asm__ volatile("sti");
    fail(error, "it returned from its handover entry");
}

bool firmware_start_linux(const struct plan *plan, uint8_t *information, struct error *error)
{
    if (plan->linux_boot->way == LINUX_BY_EFI) {
        start_application(plan, (CHAR16 *)(void *)information, error);
    } else {
        enter_by_handover(plan->linux_boot, information, error);
    }
    uefi_boot()->SetWatchdogTimer(0, 0, 0, NULL); /* StartImage() may have set it */
    memory_regain(&plan->placement);
    return false;
}

/* ---- What only a BIOS has */

bool firmware_calls_bios(void)
{
    return false;
}

struct screen_cursor firmware_cursor(void)
{
    return (struct screen_cursor){0, 0};
}

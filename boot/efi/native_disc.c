// SPDX-License-Identifier: BSD-2-Clause
// stage2/disc/native_disc.h under UEFI. Mostly Block I/O reads the disc, megabytes at once. But
// some firmware reads SATA CDs by PIO. There our own AHCI driver reads, between the firmware's
// commands, if the disc's device path (UEFI 2.10, 10.3) leads to such a drive.
#include "stage2/disc/native_disc.h"

#include "boot/efi/uefi.h"
#include "stage2/disc/ahci.h"
#include "stage2/disc/irq_wait.h"
#include "stage2/bus/pci.h"
#include "stage2/timing/timeline.h"

enum {
    PORTS = 32,
    NO_MULTIPLIER = 0xffff,
    SECTOR_SIZE = 2048,
};
#define LIMIT 0x100000000u /* what the driver can address */

/* A drive at a port of a function of the first root bridge. */
struct sata_path {
    ACPI_HID_DEVICE_PATH bridge;
    PCI_DEVICE_PATH function;
    SATA_DEVICE_PATH drive;
    EFI_DEVICE_PATH end;
};
_Static_assert(sizeof(struct sata_path) == 12 + 6 + 10 + 4, "UEFI, 10.3.2 to 10.3.4");

static bool ahci; /* our driver reads, not Block I/O */

static bool is_node(const EFI_DEVICE_PATH *node, UINT8 type, UINT8 sub_type)
{
    return DevicePathType(node) == type && DevicePathSubType(node) == sub_type;
}

/* The path of our disc if it is such a drive, else NULL. */
static const struct sata_path *find_drive(void)
{
    const struct sata_path *path = (const void *)disc_path();
    return path != NULL && is_node(&path->bridge.Header, ACPI_DEVICE_PATH, ACPI_DP) &&
                   is_node(&path->function.Header, HARDWARE_DEVICE_PATH, HW_PCI_DP) &&
                   is_node(&path->drive.Header, MESSAGING_DEVICE_PATH, MSG_SATA_DP) &&
                   IsDevicePathEnd(&path->end) && path->bridge.UID == 0 &&
                   path->drive.HBAPortNumber < PORTS &&
                   path->drive.PortMultiplierPortNumber == NO_MULTIPLIER
               ? path
               : NULL;
}

/* Whether devices reach the driver's memory, and by the addresses that we use: there is no IOMMU
   (EDK II, Protocol/IoMmu.h). */
static bool memory_is_reachable(void)
{
    static const EFI_GUID io_mmu = {
        0x4e939de9, 0xd948, 0x4b0f, {0x88, 0xed, 0xe6, 0xe1, 0xce, 0x51, 0x7c, 0x1e}};
    void *ignored;
    return (uint64_t)(uintptr_t)&ahci < LIMIT &&
           uefi_boot()->LocateProtocol((EFI_GUID *)&io_mmu, NULL, &ignored) != EFI_SUCCESS;
}

bool native_disc_attach_proven(struct preloaded *preloaded)
{
    (void)preloaded;
    return false;
}

/* The raised TPL keeps the firmware's timers, which may read as well, off the controller. */
bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi,
                      struct preloaded *preloaded)
{
    (void)preloaded;
    const struct sata_path *path = find_drive();
    if (path == NULL || !memory_is_reachable()) {
        return false;
    }
    uint32_t function =
        (uint32_t)path->function.Device * PCI_FUNCTIONS_OF_DEVICE + path->function.Function;
    EFI_TPL before = uefi_boot()->RaiseTPL(TPL_NOTIFY);
    bool is_known = pci_read(function, PCI_IDENTITY) == ICH9_AHCI;
    ahci = is_known &&
           ahci_open(function, 1u << path->drive.HBAPortNumber, lba, sector, is_atapi) == 1;
    uefi_boot()->RestoreTPL(before);
    if (is_known && !ahci) {
        timeline_fallback("ahci", "no drive with the same data", lba);
    }
    return ahci;
}

/* True for Block I/O as well: it, too, is quicker in large pieces. */
bool native_disc_is_open(void)
{
    return true;
}

bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    uint64_t address = (uintptr_t)buffer;
    if (!ahci || (address & 1) != 0 || address + (uint64_t)count * SECTOR_SIZE > LIMIT) {
        return false;
    }
    EFI_TPL before = uefi_boot()->RaiseTPL(TPL_NOTIFY);
    ahci = ahci_read(lba, count, buffer);
    uefi_boot()->RestoreTPL(before);
    if (!ahci) {
        timeline_fallback("ahci", irq_wait_timed_out() ? "time-out" : "read error", lba);
    }
    return ahci;
}

bool native_disc_start(uint32_t lba, uint32_t length, void *buffer)
{
    (void)lba, (void)length, (void)buffer;
    return false;
}

bool native_disc_wait(uint32_t lba)
{
    (void)lba;
    return true;
}

void native_disc_close(void) {}

const char *native_disc_name(void)
{
    return ahci ? "ahci" : "block-io";
}

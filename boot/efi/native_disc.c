// SPDX-License-Identifier: BSD-2-Clause
// Under UEFI no driver of our own reads the disc (stage2/native_disc.h): the firmware's read
// megabytes at once, and the devices are theirs while boot services run.
#include "stage2/native_disc.h"

#include "stage2/ahci.h"

bool native_disc_adopt(void)
{
    return false;
}

bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi)
{
    (void)lba, (void)sector, (void)is_atapi;
    return false;
}

/* Block I/O is as fast: the windows may be large. */
bool native_disc_is_open(void)
{
    return true;
}

bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    (void)lba, (void)count, (void)buffer;
    return false;
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
    return "block-io";
}

bool ahci_open(uint32_t function, uint32_t ports, uint32_t lba, const uint8_t *sector,
               bool is_atapi)
{
    (void)function, (void)ports, (void)lba, (void)sector, (void)is_atapi;
    return false;
}

bool ahci_read(uint32_t lba, uint32_t count, void *buffer)
{
    (void)lba, (void)count, (void)buffer;
    return false;
}

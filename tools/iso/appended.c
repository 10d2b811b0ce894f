// SPDX-License-Identifier: BSD-2-Clause
// See appended.h.
#include "tools/iso/appended.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/iso/iso_bytes.h"
#include "tools/iso/output.h"

enum {
    SECTOR = 512,
    PIECE_BYTES = 128 * 1024,
    GUID_BYTES = 16,
    MBR_EFI_SYSTEM = 0xef,
    MBR_LINUX = 0x83,
    MBR_OF_GUID = 0xcd, /* as xorriso has it for a type that only the GPT can name */
};

static const char efi_system[] = "C12A7328F81F11D2BA4B00A0C93EC93B";
static const char linux_data[] = "0FC63DAF848347728E793D69D8477DE4";
static const char basic_data[] = "EBD0A0A2B9E5443387C068B6B72699C7";

static unsigned hex_digit(char digit)
{
    return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
                                         : (unsigned)(tolower((unsigned char)digit) - 'a') + 10;
}

/* Reads a GUID's 32 digits. The GPT stores its first three fields in little-endian order. */
static bool read_guid(const char *text, uint8_t guid[GUID_BYTES])
{
    static const uint8_t places[GUID_BYTES] = {3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};
    size_t digits = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            continue;
        }
        if (!isxdigit((unsigned char)*text) || digits == 2 * (size_t)GUID_BYTES) {
            return false;
        }
        uint8_t *byte = &guid[places[digits / 2]];
        *byte = (uint8_t)((digits % 2 == 0 ? 0 : *byte << 4) | hex_digit(*text));
        digits++;
    }
    return digits == 2 * (size_t)GUID_BYTES;
}

static bool read_type(const char *text, struct appended_partition *partition)
{
    char *end = NULL;
    unsigned long type = MBR_LINUX;
    if (read_guid(text, partition->gpt_type)) {
        partition->mbr_type = MBR_OF_GUID;
        return true;
    }
    if (strcmp(text, "Linux") != 0) {
        type = strtoul(text, &end, 0);
        if (!isdigit((unsigned char)text[0]) || *end != '\0' || type > UINT8_MAX) {
            return false;
        }
    }
    partition->mbr_type = (uint8_t)type;
    return read_guid(type == MBR_EFI_SYSTEM ? efi_system
                     : type == MBR_LINUX    ? linux_data
                                            : basic_data,
                     partition->gpt_type);
}

bool appended_add(struct appended *appended, char *const words[3], struct error *error)
{
    struct appended_partition partition = {.path = words[2]};
    char *end;
    unsigned long number = strtoul(words[0], &end, 10);
    if (!isdigit((unsigned char)words[0][0]) || *end != '\0' || number == 0 ||
        number > APPENDED_NUMBERS) {
        return fail(error, "-append_partition %s: the number must be from 1 to %d", words[0],
                    APPENDED_NUMBERS);
    }
    partition.number = (unsigned)number;
    for (size_t i = 0; i < appended->count; i++) {
        if (appended->at[i].number == partition.number) {
            return fail(error, "-append_partition %u is given twice", partition.number);
        }
    }
    if (appended->count == APPENDED_MAX) {
        return fail(error, "-append_partition: the ISO can have %d such partitions", APPENDED_MAX);
    }
    if (!read_type(words[1], &partition)) {
        return fail(error, "-append_partition %u %s: not a partition type", partition.number,
                    words[1]);
    }
    appended->at[appended->count++] = partition;
    return true;
}

static bool copy(int from, int iso, uint64_t *size, const char *path, struct error *error)
{
    static uint8_t piece[PIECE_BYTES];
    ssize_t length;
    while ((length = read(from, piece, sizeof piece)) > 0) {
        if (!iso_write_bytes(iso, *size, piece, (size_t)length, error)) {
            return false;
        }
        *size += (uint64_t)length;
    }
    return length == 0 || fail(error, "-append_partition: %s: %s", path, strerror(errno));
}

static uint64_t align(uint64_t bytes)
{
    return (bytes + APPENDED_ALIGNMENT - 1) / APPENDED_ALIGNMENT * APPENDED_ALIGNMENT;
}

static bool append(struct appended_partition *partition, int iso, uint64_t *size,
                   struct error *error)
{
    struct stat status;
    uint64_t start = align(*size);
    int file = open(partition->path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) {
        fail(error, "-append_partition: %s: %s", partition->path, strerror(errno));
        if (file >= 0) {
            close(file);
        }
        return false;
    }
    *size = start;
    bool done = (S_ISREG(status.st_mode) && status.st_size > 0) ||
                fail(error, "-append_partition: %s: not a file with contents", partition->path);
    done = done && copy(file, iso, size, partition->path, error);
    close(file);
    *size = align(*size);
    partition->first = start / SECTOR;
    partition->last = *size / SECTOR - 1;
    return done &&
           (partition->last <= UINT32_MAX ||
            fail(error, "-append_partition: %s: beyond 2 TiB, the MBR's end", partition->path));
}

bool appended_write(struct appended *appended, int iso, uint64_t *size, struct error *error)
{
    for (size_t i = 0; i < appended->count; i++) {
        if (!append(&appended->at[i], iso, size, error)) {
            return false;
        }
    }
    return appended->count == 0 || ftruncate(iso, (off_t)*size) == 0 || output_fail(errno, error);
}

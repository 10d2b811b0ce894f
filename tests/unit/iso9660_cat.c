// SPDX-License-Identifier: BSD-2-Clause
// Opens paths of an ISO image with stage2/fs/iso9660.c and prints the results. Usage: iso9660_cat
// [-s SESSION_LBA] [-d] [-t] IMAGE. Reads paths from standard input, one per line, and writes a
// line for each: "file SIZE CRC32 EXTENTS READS", "directory SIZE 0 EXTENTS READS" or "error …".
// -d: the disc is as large as the image. -t: also prints each sector that is read, "read LBA".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "loader/arena.h"
#include "stage2/fs/iso9660.h"

enum { ARENA_BYTES = 1 << 20, LINE_BYTES = 1 << 16 };

struct disc {
    FILE *image;
    unsigned reads;
    bool traced;
    uint8_t sector[ISO9660_SECTOR_SIZE];
};

static void read_sector(struct disc *disc, uint32_t lba)
{
    if (fseeko(disc->image, (off_t)lba * ISO9660_SECTOR_SIZE, SEEK_SET) != 0 ||
        fread(disc->sector, sizeof disc->sector, 1, disc->image) != 1) {
        fprintf(stderr, "cannot read sector %u\n", lba);
        exit(EXIT_FAILURE);
    }
    disc->reads++;
}

static bool run(struct disc *disc, struct iso9660_walk *walk, struct error *error)
{
    enum iso9660_step step = iso9660_step(walk, NULL, error);
    for (uint32_t last = UINT32_MAX; step == ISO9660_READ;) {
        if (walk->wanted_lba == last) {
            fprintf(stderr, "sector %u wanted twice in a row\n", last);
            exit(EXIT_FAILURE);
        }
        read_sector(disc, walk->wanted_lba);
        last = walk->wanted_lba;
        if (disc->traced) {
            printf("read %u\n", last);
        }
        step = iso9660_step(walk, disc->sector, error);
    }
    return step == ISO9660_DONE;
}

static unsigned long crc_of(struct disc *disc, const struct iso9660_file *file)
{
    unsigned long crc = crc32(0, NULL, 0);
    for (uint32_t i = 0; i < file->extent_count; i++) {
        uint32_t left = file->extents[i].length_bytes;
        for (uint32_t lba = file->extents[i].lba; left != 0; lba++) {
            uint32_t part = left < ISO9660_SECTOR_SIZE ? left : ISO9660_SECTOR_SIZE;
            read_sector(disc, lba);
            crc = crc32(crc, disc->sector, part);
            left -= part;
        }
    }
    return crc;
}

static void open_path(struct disc *disc, const struct iso9660_volume *volume, const char *path)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {memory, sizeof memory, 0};
    struct iso9660_walk walk;
    struct error error;
    disc->reads = 0;
    iso9660_start_open(&walk, volume, path, &arena);
    if (!run(disc, &walk, &error)) {
        printf("error %s\n", error.message);
        return;
    }
    unsigned reads = disc->reads;
    unsigned long crc = walk.file.is_directory ? 0 : crc_of(disc, &walk.file);
    printf("%s %llu %08lx %u %u\n", walk.file.is_directory ? "directory" : "file",
           (unsigned long long)walk.file.size, crc, walk.file.extent_count, reads);
}

int main(int count, char **arguments)
{
    uint32_t session_lba = 0;
    uint32_t disc_sectors = 0;
    bool disc_known = false;
    bool traced = false;
    for (int option; (option = getopt(count, arguments, "s:dt")) != -1;) {
        if (option == 's') {
            session_lba = (uint32_t)strtoul(optarg, NULL, 0);
        } else if (option == 't') {
            traced = true;
        } else {
            disc_known = true;
        }
    }
    struct disc disc = {.image = optind < count ? fopen(arguments[optind], "rb") : NULL,
                        .traced = traced};
    if (disc.image == NULL) {
        fprintf(stderr, "usage: iso9660_cat [-s SESSION_LBA] [-d] [-t] IMAGE\n");
        return EXIT_FAILURE;
    }
    if (disc_known) {
        fseeko(disc.image, 0, SEEK_END);
        disc_sectors = (uint32_t)(ftello(disc.image) / ISO9660_SECTOR_SIZE);
    }
    struct iso9660_walk walk;
    struct error error;
    iso9660_start_mount(&walk, session_lba, disc_sectors);
    if (!run(&disc, &walk, &error)) {
        printf("error %s\n", error.message);
        return EXIT_SUCCESS;
    }
    static const char *const names[] = {"plain", "joliet", "rock-ridge"};
    printf("mounted %s %u\n", names[walk.volume.names], disc.reads);
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        open_path(&disc, &walk.volume, line);
    }
    return EXIT_SUCCESS;
}

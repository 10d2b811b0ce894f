// SPDX-License-Identifier: BSD-2-Clause
// Opens paths of a FAT image with stage2/fs/fat.overlay.c and prints the results. Usage: fat_cat
// [-t] IMAGE. Writes a line about the volume, "FAT BITS LABEL SERIAL" or "error …". Then reads
// paths from standard input, one per line, and writes a line for each: "file SIZE CRC32 EXTENTS",
// "directory NAME/SIZE …" or "error …"; an absent file's is "absent …". -t: also prints each sector
// that is read, "read SECTOR BYTES".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "loader/arena.h"
#include "stage2/fs/fat.h"

enum { ARENA_BYTES = 1 << 20, LINE_BYTES = 1 << 16 };

struct disc {
    FILE *image;
    bool traced;
    uint32_t sector_bytes;
    uint8_t sector[FAT_MAX_SECTOR];
};

static void read_sector(struct disc *disc, uint32_t number)
{
    if (fseeko(disc->image, (off_t)number * disc->sector_bytes, SEEK_SET) != 0 ||
        fread(disc->sector, disc->sector_bytes, 1, disc->image) != 1) {
        fprintf(stderr, "cannot read sector %u\n", number);
        exit(EXIT_FAILURE);
    }
}

static bool run(struct disc *disc, struct fat_walk *walk, struct error *error)
{
    enum fat_step step = fat_step(walk, NULL, error);
    for (uint32_t last = UINT32_MAX; step == FAT_READ;) {
        if (walk->wanted_sector == last) {
            fprintf(stderr, "sector %u wanted twice in a row\n", last);
            exit(EXIT_FAILURE);
        }
        last = walk->wanted_sector;
        read_sector(disc, last);
        if (disc->traced) {
            printf("read %u %u\n", last, disc->sector_bytes);
        }
        step = fat_step(walk, disc->sector, error);
    }
    return step == FAT_DONE;
}

static unsigned long crc_of(struct disc *disc, const struct fat_file *file)
{
    unsigned long crc = crc32(0, NULL, 0);
    uint32_t left = file->size;
    for (uint32_t i = 0; i < file->extent_count; i++) {
        for (uint32_t j = 0; j < file->extents[i].count && left != 0; j++) {
            uint32_t part = left < disc->sector_bytes ? left : disc->sector_bytes;
            read_sector(disc, file->extents[i].sector + j);
            crc = crc32(crc, disc->sector, part);
            left -= part;
        }
    }
    return crc;
}

static bool print_names(struct disc *disc, const struct fat_volume *volume,
                        const struct fat_file *directory, struct arena *arena, struct error *error)
{
    struct fat_walk walk;
    fat_start_list(&walk, volume, directory, arena);
    if (!run(disc, &walk, error)) {
        return false;
    }
    printf("directory");
    for (const struct listed_name *name = walk.names; name != NULL; name = name->next) {
        printf(" %s/%llu", name->text, (unsigned long long)name->size);
    }
    printf("\n");
    return true;
}

static void open_path(struct disc *disc, const struct fat_volume *volume, const char *path)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {memory, sizeof memory, 0};
    struct fat_walk walk;
    struct error error;
    fat_start_open(&walk, volume, path, &arena);
    if (!run(disc, &walk, &error)) {
        printf("%s %s\n", walk.file.is_absent ? "absent" : "error", error.message);
    } else if (!walk.file.is_directory) {
        printf("file %u %08lx %u\n", walk.file.size, crc_of(disc, &walk.file),
               walk.file.extent_count);
    } else if (!print_names(disc, volume, &walk.file, &arena, &error)) {
        printf("error %s\n", error.message);
    }
}

static bool mount(struct disc *disc, struct fat_volume *volume)
{
    struct fat_walk walk;
    struct error error;
    disc->sector_bytes = FAT_BOOT_BYTES;
    fat_start_mount(&walk);
    if (!run(disc, &walk, &error)) {
        printf("error %s\n", error.message);
        return false;
    }
    *volume = walk.volume;
    disc->sector_bytes = volume->sector_bytes;
    fat_start_label(&walk, volume);
    if (!run(disc, &walk, &error)) {
        printf("error %s\n", error.message);
        return false;
    }
    printf("FAT %u %s %08x\n", volume->entry_bits, walk.label, volume->serial);
    return true;
}

int main(int argc, char **argv)
{
    static char line[LINE_BYTES];
    static struct disc disc;
    struct fat_volume volume;
    disc.traced = argc > 1 && strcmp(argv[1], "-t") == 0;
    disc.image = fopen(argv[argc - 1], "rb");
    if (argc < 2 || disc.image == NULL) {
        fprintf(stderr, "Usage: fat_cat [-t] IMAGE\n");
        return EXIT_FAILURE;
    }
    if (mount(&disc, &volume)) {
        while (fgets(line, sizeof line, stdin) != NULL) {
            line[strcspn(line, "\n")] = 0;
            open_path(&disc, &volume, line);
        }
    }
    fclose(disc.image);
    return EXIT_SUCCESS;
}

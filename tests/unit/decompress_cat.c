// SPDX-License-Identifier: BSD-2-Clause
// Decompresses a file with stage2/compression/decompress.overlay.c. Usage: decompress_cat CAPACITY
// FILE. Writes the decompressed data to standard output. Writes to standard error what the file
// says about its size, "size N" or "size unknown", and after a failure "error …".
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "loader/arena.h"
#include "stage2/compression/decompress.h"

/* Allocates exactly this much memory, so that the sanitizer sees each access beyond it. */
static uint8_t *allocate(size_t size)
{
    uint8_t *memory = malloc(size != 0 ? size : 1);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static struct bytes read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "cannot open %s\n", name);
        exit(EXIT_FAILURE);
    }
    size_t size = (size_t)ftell(file);
    uint8_t *data = allocate(size);
    rewind(file);
    if (fread(data, 1, size, file) != size) {
        fprintf(stderr, "cannot read %s\n", name);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    return (struct bytes){data, size};
}

/* Prints what the file says about its size, and writes its decompressed data. */
static bool decompress_and_write(struct decompression *decompression)
{
    uint64_t size = decompress_size(decompression->compressed);
    if (size == DECOMPRESS_SIZE_UNKNOWN) {
        fprintf(stderr, "size unknown\n");
    } else {
        fprintf(stderr, "size %llu\n", (unsigned long long)size);
    }
    if (!decompress(decompression)) {
        fprintf(stderr, "error %s\n", decompression->error->message);
        return false;
    }
    return fwrite(decompression->destination, 1, decompression->length, stdout) ==
           decompression->length;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: decompress_cat CAPACITY FILE\n");
        return EXIT_FAILURE;
    }
    struct error error;
    struct arena working = {.base = allocate(DECOMPRESS_WORKING_BYTES),
                            .size = DECOMPRESS_WORKING_BYTES};
    struct decompression decompression = {
        .compressed = read_file(arguments[2]),
        .capacity = strtoul(arguments[1], NULL, 0),
        .working = &working,
        .error = &error,
    };
    decompression.destination = allocate(decompression.capacity);
    bool done = decompress_and_write(&decompression);
    free((void *)(uintptr_t)decompression.compressed.data);
    free(decompression.destination);
    free(working.base);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

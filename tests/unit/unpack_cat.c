// SPDX-License-Identifier: BSD-2-Clause
// Unpacks a file with stage2/compression/unpack.overlay.c. Usage: unpack_cat CAPACITY FILE; writes
// what comes out to standard output, or "error …" to standard error and fails. Its first line there
// is what the file says about its size: "size N", or "size unknown".
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "loader/arena.h"
#include "stage2/compression/unpack.h"

/* Exactly as much memory as is asked for, so that the sanitizer sees each byte beyond. */
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

/* Says what the file says about its size, and writes what it unpacks to. */
static bool unpack_and_write(struct unpacking *unpacking)
{
    uint64_t size = unpack_size(unpacking->packed);
    if (size == UNPACK_SIZE_UNKNOWN) {
        fprintf(stderr, "size unknown\n");
    } else {
        fprintf(stderr, "size %llu\n", (unsigned long long)size);
    }
    if (!unpack(unpacking)) {
        fprintf(stderr, "error %s\n", unpacking->error->message);
        return false;
    }
    return fwrite(unpacking->destination, 1, unpacking->length, stdout) == unpacking->length;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: unpack_cat CAPACITY FILE\n");
        return EXIT_FAILURE;
    }
    struct error error;
    struct arena working = {.base = allocate(UNPACK_WORKING_BYTES), .size = UNPACK_WORKING_BYTES};
    struct unpacking unpacking = {
        .packed = read_file(arguments[2]),
        .capacity = strtoul(arguments[1], NULL, 0),
        .working = &working,
        .error = &error,
    };
    unpacking.destination = allocate(unpacking.capacity);
    bool done = unpack_and_write(&unpacking);
    free((void *)(uintptr_t)unpacking.packed.data);
    free(unpacking.destination);
    free(working.base);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

// SPDX-License-Identifier: BSD-2-Clause
// See verify.h: what each boot needs. An ISO without a record does not need the overlay.
#include "stage2/verify/verify.h"

#include <string.h>
#include "stage2/disc/staging.h"
#include "stage2/overlay.h"
#include "stage2/record/record.h"

enum { LONG_RECORD_BYTES = 16 * 1024 };

static bool is_started;
static const struct overlay *overlay; /* NULL: there is no record */
static bool is_on;
static char damaged[128]; /* path of a text that a config has read; "": none is */

static uint8_t *allocate(size_t size, struct arena *arena)
{
    return size > LONG_RECORD_BYTES ? staging_allocate(size)
                                    : arena_allocate(arena, size, sizeof(uint64_t));
}

static bool read_record(const struct file *file, struct arena *arena, struct error *error)
{
    size_t size = (size_t)file->size;
    uint8_t *bytes = file->size == size ? allocate(size, arena) : NULL;
    if (bytes == NULL) {
        return fail(error, "too large for the working memory");
    }
    if (!file_read(file, 0, size, bytes, error)) {
        return false;
    }
    return overlay->verify_record_read(file, (const void *)bytes, error) &&
           verify_choose(NULL, error);
}

bool verify_start(struct arena *arena, struct error *error)
{
    struct file file;
    if (is_started) {
        return true;
    }
    if (!file_open(RECORD_PATH, FILE_AS_IT_IS, &file, arena, error)) {
        is_started = file.on_disc.is_absent;
        return is_started || fail_in(error, "%s: ", RECORD_PATH);
    }
    overlay = overlay_load(error);
    if (overlay == NULL) {
        return false;
    }
    is_started = read_record(&file, arena, error);
    overlay = is_started ? overlay : NULL;
    return is_started || fail_in(error, "%s: ", RECORD_PATH);
}

void verify_refuse_boots(const char *path)
{
    size_t length = strlen(path);
    length = length < sizeof damaged ? length : sizeof damaged - 1;
    memcpy(damaged, path, length);
    damaged[length] = 0;
}

bool verify_choose(const char *kind, struct error *error)
{
    if (damaged[0] != 0) {
        return fail(error, "%s is damaged, and the config reads it: nothing is booted", damaged);
    }
    return overlay == NULL || overlay->verify_kind_choose(kind, &is_on, error);
}

bool verify_is_on(void)
{
    return is_on;
}

bool verify_contents(const struct file *file, const uint8_t *data, size_t size, struct arena *arena,
                     struct error *error)
{
    return verify_start(arena, error) &&
           (!is_on || overlay->verify_contents_check(file, data, size, error));
}

bool verify_plan(const struct plan *plan, const struct sum *sums, uint8_t *buffer,
                 struct error *error)
{
    return !is_on || overlay->verify_plan_check(plan, sums, buffer, error);
}

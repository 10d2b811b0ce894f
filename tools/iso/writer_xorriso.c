// SPDX-License-Identifier: BSD-2-Clause
// See writer.h: the writer that runs `xorriso -as mkisofs`.
#include <limits.h>
#include <stdlib.h>
#include "tools/iso/writer.h"
#include "tools/iso/xorriso.h"

int iso_first_weight(const struct iso_request *request)
{
    int count = (int)request->first->count + 1; /* if more, the first come before the catalog */
    return count < ISO_CATALOG_WEIGHT - 1 ? ISO_CATALOG_WEIGHT - 1 : count + 1;
}

const char *iso_first_file(const struct iso_request *request, size_t index)
{
    if (index == request->before_image) {
        return request->boot_image;
    }
    index -= index > request->before_image;
    if (request->record != NULL && index == 1) {
        return request->record;
    }
    index -= request->record != NULL && index > 1;
    return index < request->first->count ? request->first->paths[index] : NULL;
}

/* Adds TARGET=SOURCE for -graft-points. */
static void add_graft(struct command *command, const char *target, const char *disk)
{
    char graft[4 * PATH_MAX + 2], *out = graft;
    const char *const parts[] = {target, disk};
    for (size_t i = 0; i < 2; i++) {
        for (const char *in = parts[i]; *in != '\0'; in++) {
            if (*in == '=' || *in == '\\') {
                *out++ = '\\';
            }
            *out++ = *in;
        }
        *out++ = i == 0 ? '=' : '\0';
    }
    command_add(command, "%s", graft);
}

static void add_weight(struct command *command, int weight, const char *path)
{
    command_add(command, "--sort-weight");
    command_add(command, "%d", weight);
    command_add(command, "%s", path);
}

static void add_words(struct command *command, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        command_add(command, "%s", words->at[i]);
    }
}

static void add_pair(struct command *command, const char *option, const char *value)
{
    command_add(command, "%s", option);
    command_add(command, "%s", value);
}

static void add_options(struct command *command, const struct iso_request *request)
{
    // clang-format off
    static const char *const fixed[] = {
        "-no_rc",
        "-boot_image", "any", "cat_hidden=on",
        "-as", "mkisofs", "-graft-points", "-r",
        "-iso-level", "3", /* files of 4 GiB and more */
        "--stdio_sync", "off", /* the system writes to the disk when it likes */
        "-no-emul-boot", "-boot-info-table",
    };
    // clang-format on
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        command_add(command, "%s", fixed[i]);
    }
    add_pair(command, "-V", request->volume);
    add_pair(command, "-p", request->preparer);
    if (request->application[0] != '\0') {
        add_pair(command, "-A", request->application);
    }
    add_pair(command, "-b", request->boot_image);
    add_pair(command, "-c", request->boot_catalog);
    command_add(command, "-boot-load-size");
    command_add(command, "%d", ISO_LOADED_BLOCKS);
    for (size_t i = 0; i < ISO_LEFT_OUT && request->left_out[i] != NULL; i++) {
        add_pair(command, "-x", request->left_out[i]);
    }
    command_add(command, "--modification-date=%s", request->date);
    command_add(command, "--set_all_file_dates");
    command_add(command, "=%lld", (long long)request->file_date);
}

/* The user's options come after ours and so override them. A boot image of the user's is added to
   ours. */
static void make_command(struct command *command, const struct iso_request *request,
                         const struct command_line *line)
{
    add_options(command, request);
    int weight = iso_first_weight(request);
    const char *path;
    for (size_t i = 0; (path = iso_first_file(request, i)) != NULL; i++) {
        add_weight(command, weight--, path);
    }
    if (line->foreign.count > 0) {
        command_add(command, "-eltorito-alt-boot");
    }
    add_words(command, &line->foreign);
    for (size_t i = 0; i < request->last_count; i++) { /* no weight of the user's may part these */
        add_weight(command, ISO_LAST_WEIGHT - (int)i, request->last[i]);
    }
    command_add(command, "-o");
    command_add(command, "stdio:%s", request->file);
    for (size_t i = 0; i < request->tree->count; i++) {
        add_graft(command, request->tree->sources[i].target, request->tree->sources[i].disk);
    }
    command_add(command, "--"); /* ends -as mkisofs, in which the padding has no size */
    command_add(command, "-padding");
    command_add(command, "%uk", request->padding_blocks * ISO_BLOCK_BYTES / 1024);
    add_words(command, &line->rest);
}

bool iso_write_by_xorriso(const struct iso_request *request, const char *xorriso,
                          const struct command_line *line, struct error *error)
{
    struct command command = {0};
    command_add(&command, "%s", xorriso);
    make_command(&command, request, line);
    bool done = xorriso_run(&command, request->verbose, error);
    command_free(&command);
    return done;
}

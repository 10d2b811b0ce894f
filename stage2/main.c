// SPDX-License-Identifier: BSD-2-Clause
// The way of a boot: find the disc, read the config, choose an entry, plan, load, describe, hand
// off.
#include <string.h>
#include "loader/format.h"
#include "loader/memory_map.h"
#include "stage2/boot/boot.h"
#include "stage2/config/config.h"
#include "stage2/config/overlay.h"
#include "stage2/console/console.h"
#include "stage2/disc/disc.h"
#include "stage2/disc/read.h"
#include "stage2/disc/staging.h"
#include "stage2/disc/native_disc.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/prepared/prepared.h"
#include "stage2/timing/timeline.h"
#include "stage2/verify/verify.h"

#define NO_ENTRY SIZE_MAX

enum {
    MAX_MEMORY_RANGES = 512,
    WAIT_FOR_EVER = -1,
    LONG_TEXT_BYTES = 16 * 1024,
    WORK_PER_TEXT = 8, /* bytes to read a config and evaluate an entry, for each of its text */
    PLAN_BYTES = 112 * 1024, /* the kernel's headers, segments and sections; verify.h's buffer */
    PLAN_BYTES_PER_MODULE = 512,
};

static const char config_path[] = "/boot/grub/grub.cfg";
static const char legacy_path[] = "/boot/grub/menu.lst";

/* Shows the reason, waits for a key, and goes to the firmware's next boot device. */
static _Noreturn void leave(const char *message)
{
    console_print("whelk: %s\nwhelk: press a key for the next boot device\n", message);
    while (!console_key_pressed()) {
        firmware_idle();
    }
    disc_close();
    firmware_boot_next();
}

static bool find_memory(struct memory_map *map, struct arena *arena, struct error *error)
{
    map->ranges = ARENA_ARRAY(arena, MAX_MEMORY_RANGES, struct memory_range);
    if (map->ranges == NULL) {
        return fail(error, "too little conventional memory to work with");
    }
    map->capacity = MAX_MEMORY_RANGES / 2; /* memory_map_normalise() may need twice as many */
    if (!firmware_memory_map(map, error)) {
        return false;
    }
    map->capacity = MAX_MEMORY_RANGES;
    return memory_map_normalise(map, error);
}

/* For struct config_environment: loads the overlay and sets the config's platform, which is in it.
   NULL with a reason: the overlay cannot be read. */
static const struct config_overlay *read_config_overlay(struct config *config, struct error *error)
{
    const struct overlay *overlay = overlay_load(error);
    if (overlay == NULL) {
        return NULL;
    }
    config->environment.platform = overlay->stage2_platform;
    return overlay->config;
}

/* Allocates memory for a config's text. A long text goes to the top of the RAM: the arena is small
   under a BIOS. NULL: there is too little. */
static uint8_t *allocate_text(size_t size, struct arena *arena)
{
    return size > LONG_TEXT_BYTES ? staging_allocate(size) : arena_allocate(arena, size, 1);
}

/* Returns the arena for a config with a text of this size: a block at the top of the RAM if the one
   given may be too small for what a long list of modules becomes. */
static struct arena *arena_for_text(size_t size, struct arena *arena)
{
    size_t needed = size * WORK_PER_TEXT;
    if (needed <= arena->size - arena->used) {
        return arena;
    }
    struct arena *large = ARENA_NEW(arena, struct arena);
    uint8_t *block = large != NULL ? staging_allocate(needed) : NULL;
    if (block == NULL) {
        return arena;
    }
    *large = (struct arena){.base = block, .size = needed};
    return large;
}

/* outer: the config that leads to this one, by what scope; NULL: none does. */
static bool read_config(struct config *config, const char *path, bool is_legacy,
                        const struct config *outer, const struct config_scope *scope,
                        struct arena *arena, struct error *error)
{
    struct file file;
    if (!file_open(path, FILE_DECOMPRESS, &file, arena, error)) {
        return fail_in(error, "%s: ", path);
    }
    if (file.size > CONFIG_MAX_BYTES) {
        return fail(error, "%s: %llu bytes, more than the %u that Whelk reads", path,
                    (unsigned long long)file.size, CONFIG_MAX_BYTES);
    }
    size_t size = (size_t)file.size;
    uint8_t *text = allocate_text(size + 1, arena);
    if (text == NULL || !file_read(&file, 0, size, text, error)) {
        return text != NULL ? fail_in(error, "%s: ", path)
                            : fail(error, "%s: too large for the working memory", path);
    }
    if (!verify_start(arena, error)) {
        return false;
    }
    if (file.contents == NULL && !verify_contents(&file, text, size, arena, error)) {
        return fail_in(error, "%s: ", path);
    }
    const struct config_environment environment = {
        firmware_config_variables(), NULL, read_config_overlay, is_legacy, outer, scope};
    return config_read_with(config, (struct bytes){text, size}, path, &environment,
                            arena_for_text(size, arena), error);
}

/* Reads grub.cfg or, if there is none, GRUB Legacy's menu.lst. */
static bool read_first_config(struct config *config, struct arena *arena, struct error *error)
{
    struct error ignored;
    if (read_config(config, config_path, false, NULL, NULL, arena, error)) {
        return true;
    }
    const struct overlay *overlay = overlay_load(&ignored);
    return overlay != NULL && overlay->stage2_platform->find(config_path) == CONFIG_NODE_NONE &&
           overlay->stage2_platform->find(legacy_path) != CONFIG_NODE_NONE &&
           read_config(config, legacy_path, true, NULL, NULL, arena, error);
}

/* Shows the config's warnings that have not been shown yet. */
static void show_warnings(const struct config *config)
{
    for (struct config_warning *warning = config->warnings; warning != NULL;
         warning = warning->next) {
        if (!warning->is_shown) {
            console_print("whelk: %s:%u: %s\n", warning->name, warning->line, warning->text);
            warning->is_shown = true;
        }
    }
}

/* Carries out an action that needs no file, such as a reboot. True: there is a kernel to boot or a
   config to read instead. False with a reason: the firmware cannot do it. */
static bool act_or_boot(enum config_action action, struct error *error)
{
    if (action == CONFIG_ACTION_BOOT || action == CONFIG_ACTION_CONFIG) {
        return true;
    }
    const struct overlay *overlay = overlay_load(error);
    return overlay != NULL && overlay->entry_action_run(action, error);
}

/* Returns the memory to plan in: what is left of the arena or, if very many modules need more,
   memory at the top of the RAM. */
static struct arena planning_arena(const struct arena *arena, size_t module_count)
{
    struct arena left = {.base = arena->base + arena->used, .size = arena->size - arena->used};
    size_t needed = PLAN_BYTES + module_count * PLAN_BYTES_PER_MODULE;
    uint8_t *block = needed <= left.size ? NULL : staging_allocate(needed);
    return block == NULL ? left : (struct arena){.base = block, .size = needed};
}

/* Frees what the evaluation of an entry allocated, as the next attempt needs the memory. Frees
   nothing if the config has a new warning: that is in this memory and stays. */
static void forget_entry(struct config *config, const struct config *before, size_t used)
{
    if (config->warning_count == before->warning_count) {
        config->functions = before->functions;
        config->arena->used = used;
    }
}

/* Reports where the time went. destination: the config's whelk_timing; "" or "0": no report. */
static void report_timeline(const char *destination)
{
    struct error ignored;
    if (destination[0] == 0 || strcmp(destination, "0") == 0) {
        return;
    }
    timeline_stamp(TIMELINE_JUMP); /* reading the overlay is not part of it */
    const struct overlay *overlay = overlay_load(&ignored);
    disc_close(); /* again: the overlay may just have been read */
    if (overlay != NULL) {
        overlay->timeline_report(destination, native_disc_name());
    }
}

/* A config that an entry of another config has led to. */
struct inner_config {
    struct config config;
    size_t staging; /* staging_mark() before its text and, if it is long, its arena */
};

/* Reads the config to which an entry of this one leads. NULL with a reason: it cannot be read. */
static struct config *read_next(struct config *config, const struct config_boot *wanted,
                                struct error *error)
{
    const char *path = wanted->kernel.path;
    struct inner_config *next = ARENA_NEW(config->arena, struct inner_config);
    if (next == NULL) {
        fail(error, "%s: no memory left for one more config", path);
        return NULL;
    }
    next->staging = staging_mark();
    if (!read_config(&next->config, path, wanted->is_legacy, config, wanted->scope, config->arena,
                     error)) {
        staging_reset(next->staging);
        return NULL;
    }
    next->config.outer = config;
    return &next->config;
}

/* Frees a config and returns the one whose entry led to it. */
static struct config *go_back(struct config *config)
{
    struct config *outer = config->outer;
    struct arena *arena = outer->arena;
    staging_reset(((struct inner_config *)config)->staging);
    arena->used = (size_t)((uint8_t *)config - arena->base);
    outer->is_back = true;
    return outer;
}

/* Loads, describes, hands off. Returns on failure only, with a reason. */
static void boot_planned(struct boot *boot, const char *timing, struct error *error)
{
    timeline_stamp(TIMELINE_PLAN);
    if (boot_load(boot, error) && boot_describe(boot, error)) {
        if (timing != NULL) {
            report_timeline(timing);
        }
        boot_hand_off(boot);
    }
    if (boot->cannot_go_back) {
        leave(error->message);
    }
}

/* For struct plan_environment: its overlay(). */
static const struct plan_overlay *read_plan_overlay(struct error *error)
{
    const struct overlay *overlay = overlay_load(error);
    return overlay != NULL ? overlay->plan : NULL;
}

/* Plans the boot and carries it out. Returns on failure only, with a reason. */
static void boot_kernel(const struct config_boot *wanted, const struct memory_map *map,
                        const struct arena *left, struct error *error)
{
    const struct plan_environment environment = {config_path, map, firmware_efi(),
                                                 read_plan_overlay};
    struct boot boot;
    size_t staging = staging_mark();
    struct arena arena = planning_arena(left, wanted->module_count);
    if (verify_choose(wanted->verify, error) &&
        plan_boot(&boot.plan, wanted, &environment, &arena, error) &&
        boot_resolve_conflicts(&boot, &arena, error) &&
        boot_prepare_to_verify(&boot, &arena, error)) {
        if (boot.plan.note != NULL) {
            console_print("whelk: %s: %s\n", wanted->kernel.path, boot.plan.note);
        }
        boot_planned(&boot, wanted->timing, error);
    }
    struct error ignored;
    verify_choose(NULL, &ignored); /* for the next config */
    staging_reset(staging);
}

/* Removes modules that are not there, as GRUB does. True: there were some. */
static bool drop_missing(struct config_boot *boot)
{
    struct error ignored;
    const struct overlay *overlay = overlay_load(&ignored);
    return overlay != NULL && overlay->drop_missing(boot);
}

/* Adds the arguments that firmware_added_arguments() wants to the kernel's. False: no memory. */
static bool add_arguments(struct config_boot *wanted, struct arena *arena, struct error *error)
{
    const char *more = firmware_added_arguments();
    if (more == NULL) {
        return true;
    }
    const char *arguments = wanted->kernel.arguments;
    size_t size = strlen(arguments) + 1 + strlen(more) + 1;
    char *both = arena_allocate(arena, size, 1);
    if (both == NULL) {
        return fail(error, "no memory left for the kernel's arguments");
    }
    format_text(both, size, "%s%s%s", arguments, *arguments != 0 ? " " : "", more);
    wanted->kernel.arguments = both;
    return true;
}

/* Boots an entry, or returns the config to which it leads. NULL with a reason: it cannot be booted;
   its memory is free again. */
static struct config *boot_entry(struct config *config, size_t index, const struct memory_map *map,
                                 struct error *error)
{
    struct config_boot wanted;
    const struct config before = *config;
    size_t used = config->arena->used;
    bool is_fine = config_evaluate(config, &config->entries[index], &wanted, error);
    if (is_fine) {
        show_warnings(config);
        is_fine = act_or_boot(wanted.action, error);
    }
    if (!is_fine) {
        forget_entry(config, &before, used);
        return NULL;
    }
    if (wanted.action == CONFIG_ACTION_CONFIG) {
        struct config *next = read_next(config, &wanted, error);
        if (next == NULL) {
            forget_entry(config, &before, used);
        }
        return next;
    }
    if (!add_arguments(&wanted, config->arena, error)) {
        forget_entry(config, &before, used);
        return NULL;
    }
    if (wanted.protocol == CONFIG_CHAINLOADER) {
        overlay_load(error)->chain_run(&wanted, config->arena, error); /* it has the command */
    } else {
        boot_kernel(&wanted, map, config->arena, error);
    }
    if (wanted.boots_itself && drop_missing(&wanted)) {
        boot_kernel(&wanted, map, config->arena, error);
    }
    forget_entry(config, &before, used);
    return NULL;
}

/* Shows the menu and returns the index of the chosen entry. NO_ENTRY: the user goes back to the
   config that led here. message: why the last attempt failed, or NULL. */
static size_t choose(struct config *config, size_t preselected, int timeout, const char *message)
{
    struct error error;
    size_t chosen = preselected;
    const struct overlay *overlay = overlay_load(&error);
    if (overlay != NULL) {
        if (overlay->menu_run(config, preselected, timeout, message, &chosen)) {
            return chosen;
        }
        if (config->outer == NULL) {
            disc_close();
            firmware_boot_next();
        }
        return NO_ENTRY;
    }
    leave(message != NULL ? message : error.message);
}

/* Chooses the entry that firmware_wanted_entry() names in the first config. Returns why the user
   has to choose instead, or NULL. */
static const char *choose_wanted(const struct config *config, size_t *chosen, bool *ask,
                                 struct error *error)
{
    const char *wanted = config->outer == NULL && !config->is_back ? firmware_wanted_entry() : NULL;
    if (wanted == NULL) {
        return NULL;
    }
    const struct overlay *overlay = overlay_load(error);
    size_t found = config->entry_count;
    if (overlay != NULL) {
        found = overlay->config->find_entry(config, wanted);
        fail(error, "entry=%s: %s has no such entry", wanted, config->name);
    }
    *ask = found == config->entry_count;
    if (!*ask) {
        *chosen = found;
    }
    return *ask ? error->message : NULL;
}

/* Boots the default entry or those that the user chooses, until one leads to another config, which
   it returns. If the user leaves this config, it returns the one that led here. */
static struct config *choose_and_boot(struct config *config, const struct memory_map *map,
                                      bool menu_is_wanted)
{
    struct error error;
    const char *message = NULL;
    size_t chosen = config_default(config);
    int timeout = config->is_back ? WAIT_FOR_EVER : config_seconds_to_wait(config);
    bool ask = timeout != 0 || menu_is_wanted;
    show_warnings(config);
    message = menu_is_wanted ? NULL : choose_wanted(config, &chosen, &ask, &error);
    timeout = message != NULL ? WAIT_FOR_EVER : timeout;
    bool by_itself = timeout >= 0; /* nobody may be there to choose */
    for (unsigned tried = 0;; tried++) {
        if (ask) {
            chosen = choose(config, chosen, timeout, message);
        }
        if (chosen == NO_ENTRY) {
            return go_back(config);
        }
        struct config *next = boot_entry(config, chosen, map, &error);
        if (next != NULL) {
            return next;
        }
        if (config->entry_count == 1) {
            leave(error.message);
        }
        const struct overlay *overlay = by_itself ? overlay_load(&error) : NULL;
        size_t fallback = overlay != NULL ? overlay->find_fallback(config, tried, error.message)
                                          : config->entry_count;
        ask = fallback == config->entry_count;
        if (!ask) {
            chosen = fallback;
            continue;
        }
        by_itself = false;
        message = error.message;
    }
}

/* Whether the blocks that the prepared block depends on are what the tool has seen. They are few:
   prepared_is_present() has checked block_count. */
static bool is_unchanged(union prepared_block *block)
{
    struct error ignored;
    struct sum sum = SUM_OF_NOTHING;
    uint32_t blocks_left = block->prepared.block_count;
    const struct prepared_range *range = prepared_ranges(block);
    for (unsigned left = block->prepared.range_count; left > 0; left--, range++) {
        if (range->count > blocks_left) {
            return false;
        }
        blocks_left -= range->count;
        for (uint32_t i = 0; i < range->count; i++) {
            const uint8_t *sector = disc_sector(range->lba + i, &ignored);
            if (sector == NULL) {
                return false;
            }
            sum_add(&sum, sector, ISO9660_SECTOR_SIZE / sizeof(uint32_t));
        }
    }
    return sum_equals(&sum, &block->prepared.ranges_sum);
}

/* Returns a copy of the prepared block, which is right before the volume descriptors. NULL: there
   is none, or the disc has changed since it was made. */
static union prepared_block *find_prepared(struct arena *arena)
{
    struct error ignored;
    const void *sector = disc_sector(firmware_volume_descriptor_lba() - 1, &ignored);
    union prepared_block *block = ARENA_NEW(arena, union prepared_block);
    if (sector == NULL || block == NULL || !prepared_is_present(sector)) {
        return NULL;
    }
    memcpy(block, sector, sizeof *block);
    return is_unchanged(block) ? block : NULL;
}

/* Boots what the prepared block names. Returns if there is no such block or the boot fails: the
   config, which is read next, then leads to the reason and to other entries. */
static void boot_as_prepared(const struct memory_map *map, struct arena *arena)
{
    struct boot boot;
    struct config_boot wanted;
    struct error ignored;
    size_t used = arena->used;
    union prepared_block *block = find_prepared(arena);
    if (block != NULL) {
        timeline_stamp(TIMELINE_CONFIG);
        timeline.stamps[TIMELINE_DISC] = timeline.stamps[TIMELINE_CONFIG];
        timeline.is_prepared = true;
        if (firmware_efi() == NULL && boot_use_prepared(&boot, block, map, arena)) {
            boot_planned(&boot, prepared_optional_text(block, block->prepared.timing), &ignored);
        } else if (disc_allocate_buffers(&ignored) &&
                   prepared_read(block, config_path, &wanted, arena) && disc_mount(&ignored) &&
                   verify_start(arena, &ignored)) {
            used = arena->used; /* the record stays */
            boot_kernel(&wanted, map, arena, &ignored);
        }
        timeline.is_prepared = false;
    }
    arena->used = used;
}

_Noreturn void stage2_main(void)
{
    static struct config config;
    struct arena arena = firmware_arena();
    struct memory_map map = {0};
    struct error error;
    if (!find_memory(&map, &arena, &error) || !disc_start(&map, &arena, &error)) {
        leave(error.message);
    }
    bool menu_is_wanted = firmware_menu_key_held();
    if (!menu_is_wanted && disc_root_volume() == NULL && firmware_wanted_entry() == NULL &&
        firmware_added_arguments() == NULL) {
        boot_as_prepared(&map, &arena);
    }
    if (!disc_allocate_buffers(&error) || !disc_mount(&error)) {
        leave(error.message);
    }
    timeline_stamp(TIMELINE_DISC);
    if (!read_first_config(&config, &arena, &error)) {
        leave(error.message);
    }
    timeline_stamp(TIMELINE_CONFIG);
    for (struct config *next = &config;; menu_is_wanted = false) {
        next = choose_and_boot(next, &map, menu_is_wanted || firmware_menu_key_held());
    }
}

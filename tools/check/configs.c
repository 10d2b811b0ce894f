// SPDX-License-Identifier: BSD-2-Clause
// See check/configs.h.
#include "tools/check/configs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "loader/multiboot2.h"
#include "stage2/fs/file.h"
#include "stage2/plan/chain.h"
#include "stage2/plan/overlay.h"
#include "tools/check/check.h"
#include "tools/tree/list.h"

#define ARENA_BYTES      ((size_t)1 << 30)
#define PLAN_ARENA_BYTES ((size_t)16 << 30)

enum {
    SECTION_NAME_BYTES = 64,
    SH_OFFSET_32 = 16, /* offsets of sh_offset */
    SH_OFFSET_64 = 24,
};

/* For the functions of a config's platform. */
static struct check *selected;

/* By firmware: the variables that are set in advance. */
static const char *const variables[CHECK_FIRMWARES] = {
    [CHECK_BIOS] = CONFIG_CD_VARIABLES,
    [CHECK_UEFI_64] = CONFIG_UEFI_VARIABLES "grub_cpu=x86_64\0",
    [CHECK_UEFI_32] = CONFIG_UEFI_VARIABLES "grub_cpu=i386\0",
};

static bool prepare(struct check *check, const struct tree *tree,
                    const struct check_machine *machine, struct error *error)
{
    *check = (struct check){.tree = tree, .machine = *machine};
    check->end = &check->configs;
    selected = check;
    tree_select(tree);
    return pretend_arena(&check->arena, ARENA_BYTES, error) &&
           pretend_arena(&check->plan_arena, PLAN_ARENA_BYTES, error) &&
           pretend_memory(&check->memory, machine->mib, error);
}

// ---- The configs

static enum config_node find_node(const char *path)
{
    struct tree_node node;
    struct error ignored;
    node.is_damaged = false;
    if (!tree_find(selected->tree, path, &node, &ignored)) {
        return node.is_damaged ? CONFIG_NODE_DAMAGED : CONFIG_NODE_NONE;
    }
    if (S_ISDIR(node.status.st_mode)) {
        return CONFIG_NODE_DIRECTORY;
    }
    return node.status.st_size > 0 ? CONFIG_NODE_FILE : CONFIG_NODE_EMPTY;
}

static void note_questions(struct bytes text)
{
    selected->asks_firmware |= memmem(text.data, text.size, "grub_platform", 13) != NULL ||
                               memmem(text.data, text.size, "grub_cpu", 8) != NULL;
}

/* Notes the path of a text that is read. False: the arena is full. */
static bool note_text(const char *path, struct arena *arena)
{
    struct read_text *text = ARENA_NEW(arena, struct read_text);
    const char *copy = arena_text(arena, path, strlen(path));
    if (text != NULL && copy != NULL) {
        *text = (struct read_text){copy, selected->texts};
        selected->texts = text;
    }
    return text != NULL && copy != NULL;
}

static bool read_text(const char *path, struct arena *arena, struct bytes *text,
                      struct error *error)
{
    struct file file;
    if (!file_open(path, FILE_DECOMPRESS, &file, arena, error)) {
        return false;
    }
    if (!note_text(path, &selected->arena)) {
        return fail(error, "out of memory");
    }
    if (file.size > CONFIG_MAX_BYTES) {
        return fail(error, "has %llu bytes, more than the %d that a config may have",
                    (unsigned long long)file.size, CONFIG_MAX_BYTES);
    }
    uint8_t *data = arena_allocate(arena, (size_t)file.size, 1);
    *text = (struct bytes){data, (size_t)file.size};
    if (data == NULL || !file_read(&file, 0, (size_t)file.size, data, error)) {
        return data != NULL || fail(error, "out of memory");
    }
    note_questions(*text);
    return true;
}

static bool list_names(const char *path, struct arena *arena, struct listed_name **names,
                       struct error *error)
{
    return tree_list(selected->tree, path, arena, names, error);
}

static bool find_volume(enum config_volume what, char name[CONFIG_VOLUME_BYTES])
{
    const struct check_machine *machine = &selected->machine;
    const char *known = what == CONFIG_VOLUME_LABEL ? machine->label : machine->uuid;
    snprintf(name, CONFIG_VOLUME_BYTES, "%s", known != NULL ? known : "YYYY-MM-DD-hh-mm-ss-cc");
    return known != NULL;
}

static bool read_nothing(const char *path, struct arena *arena, struct bytes *text,
                         struct error *error)
{
    (void)path;
    (void)arena;
    (void)text;
    return fail(error, "is not read: the config is judged alone");
}

/* The graphics modes of the terminal, as the config under evaluation sets them. */
static const char *graphics = "";

static void set_graphics(const char *modes)
{
    graphics = modes;
}

/* What is left out only the machine or the finished ISO could tell. */
static const struct config_platform tree_host = {.find = find_node,
                                                 .read = read_text,
                                                 .list = list_names,
                                                 .open = file_open,
                                                 .read_part = file_read,
                                                 .volume = find_volume,
                                                 .set_graphics = set_graphics};
static const struct config_platform lone_host = {.read = read_nothing,
                                                 .set_graphics = set_graphics};

/* Returns the config of this path; NULL: it is not in the list. */
static struct checked *find_config(const struct check *check, const char *path)
{
    struct checked *checked = check->configs;
    while (checked != NULL && strcmp(checked->path, path) != 0) {
        checked = checked->next;
    }
    return checked;
}

static bool read_from_tree(struct check *check, struct checked *checked, struct bytes *text,
                           struct error *error)
{
    if (check->configs == NULL && find_node(checked->path) == CONFIG_NODE_NONE) {
        return fail(error, "%s: no such file in the tree; it says what to boot, as for GRUB",
                    checked->name);
    }
    return read_text(checked->path, &check->arena, text, error) ||
           fail_in(error, "%s: ", checked->name);
}

static bool read_from_disk(struct check *check, const char *path, struct bytes *text,
                           struct error *error)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = arena_allocate(&check->arena, CONFIG_MAX_BYTES + 1, 1);
    if (file == NULL || data == NULL) {
        bool failed = fail(error, "%s: %s", path, strerror(errno));
        if (file != NULL) {
            fclose(file);
        }
        return failed;
    }
    *text = (struct bytes){data, fread(data, 1, CONFIG_MAX_BYTES + 1, file)};
    bool done = !ferror(file) || fail(error, "%s: %s", path, strerror(errno));
    fclose(file);
    note_questions(*text);
    return done;
}

static bool read_config(struct check *check, struct checked *checked, struct error *error)
{
    const struct config_environment environment = {.variables = variables[check->machine.firmware],
                                                   .platform = check->tree != NULL ? &tree_host
                                                                                   : &lone_host,
                                                   .overlay = config_overlay_linked,
                                                   .is_legacy = checked->is_legacy,
                                                   .outer = checked->outer,
                                                   .outer_scope = checked->outer_scope};
    struct bytes text = {0};
    graphics = "";
    bool is_read = check->tree != NULL ? read_from_tree(check, checked, &text, error)
                                       : read_from_disk(check, checked->path, &text, error);
    if (!is_read || !config_read_with(&checked->config, text, checked->name, &environment,
                                      &check->arena, error)) {
        return false;
    }
    checked->graphics = graphics;
    checked->first = config_default(&checked->config);
    checked->entries =
        ARENA_ARRAY(&check->arena, checked->config.entry_count, struct checked_entry);
    return checked->entries != NULL || fail(error, "out of memory");
}

/* Reads a config and appends it to the list, unless it is there. One that cannot be read is left
   out, unless it is the first. outer: the config that leads to it, by what boot; NULL: none does.
 */
static bool add_config(struct check *check, const char *path, const struct config *outer,
                       const struct config_boot *boot, struct error *error)
{
    if (find_config(check, path) != NULL) {
        return true;
    }
    struct checked *checked = ARENA_NEW(&check->arena, struct checked);
    if (checked == NULL) {
        return fail(error, "out of memory");
    }
    checked->path = path;
    checked->outer = outer;
    if (boot != NULL) {
        checked->is_legacy = boot->is_legacy;
        checked->outer_scope = boot->scope;
    }
    checked->name = path + (check->tree != NULL && *path == '/'); /* without the first slash */
    bool is_read = read_config(check, checked, error);
    if (is_read || check->configs == NULL) {
        *check->end = checked;
        check->end = &checked->next;
    }
    return is_read;
}

// ---- The entries

static int by_address(const void *left, const void *right)
{
    const struct checked_piece *a = left, *b = right;
    return a->start != b->start ? (a->start < b->start ? -1 : 1) : 0;
}

/* Writes a section's name from the kernel's string table (sh_name, ELF chapter 4), as far as it can
   be shown; "" if there is none. */
static void section_name(const struct plan *plan, uint32_t index, char name[SECTION_NAME_BYTES])
{
    const struct elf *elf = &plan->headers.elf;
    const uint8_t *headers = plan->headers.section_headers;
    const uint8_t *header = headers + (size_t)index * elf->section_header_size;
    const uint8_t *table = headers + (size_t)elf->section_names_index * elf->section_header_size;
    uint64_t start = elf_word(elf, table, SH_OFFSET_32, SH_OFFSET_64) + load32(header);
    uint64_t size = plan->kernel.size;
    size_t length = start < size && size - start < SECTION_NAME_BYTES - 1 ? (size_t)(size - start)
                                                                          : SECTION_NAME_BYTES - 1;
    struct error ignored;
    memset(name, '\0', SECTION_NAME_BYTES);
    if (elf->section_names_index == 0 || elf->section_names_index >= elf->section_header_count ||
        start >= size || !file_read(&plan->kernel, start, length, name, &ignored)) {
        name[0] = '\0';
    }
    for (char *at = name; *at != '\0'; at++) {
        *at = isgraph((unsigned char)*at) ? *at : '\0';
    }
}

/* Writes what stands in the report for a piece: "segment 0", "section 3 (.debug_line)". */
static void name_piece(const struct plan *plan, const struct piece *piece,
                       char text[PIECE_NAME_BYTES + SECTION_NAME_BYTES])
{
    char section[SECTION_NAME_BYTES] = "";
    size_t length = strlen(piece_name(piece, text));
    if (strcmp(piece->kind, "section") == 0) {
        section_name(plan, (uint32_t)piece->number, section);
    }
    if (section[0] != '\0') {
        snprintf(text + length, SECTION_NAME_BYTES, " (%.*s)", SECTION_NAME_BYTES - 4, section);
    }
}

bool check_pieces(struct plan *plan, const struct config_boot *boot, struct arena *arena,
                  struct checked_piece **pieces)
{
    const struct placement *placement = &plan->placement;
    *pieces = ARENA_ARRAY(arena, placement->count, struct checked_piece);
    for (size_t i = 0; *pieces != NULL && i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        struct checked_piece *checked = &(*pieces)[i];
        checked->start = piece->address;
        checked->end = (uint64_t)piece->address + piece->length + piece->zero_length;
        char name[PIECE_NAME_BYTES + SECTION_NAME_BYTES];
        name_piece(plan, piece, name);
        checked->name = arena_text(arena, name, strlen(name));
        if (checked->name == NULL) {
            return false;
        }
        for (size_t m = 0; m < plan->information.module_count; m++) {
            checked->path =
                piece->file == &plan->modules[m] ? boot->modules[m].path : checked->path;
        }
    }
    if (*pieces != NULL) {
        qsort(*pieces, placement->count, sizeof **pieces, by_address);
    }
    return *pieces != NULL;
}

bool check_uefi(const struct plan *plan, struct arena *arena, struct error *error)
{
    struct multiboot2_header header;
    const struct file *kernel = &plan->kernel;
    size_t size = kernel->size < MULTIBOOT2_SEARCH_BYTES ? (size_t)kernel->size
                                                         : (size_t)MULTIBOOT2_SEARCH_BYTES;
    if (plan->protocol != CONFIG_MULTIBOOT2) {
        return true;
    }
    uint8_t *start = arena_allocate(arena, size, 1);
    return start != NULL
               ? file_read(kernel, 0, size, start, error) &&
                     multiboot2_find_header((struct bytes){start, size}, &header, error) &&
                     multiboot2_check_efi_entry(&header, true, error)
               : fail(error, "out of memory");
}

/* Adds a warning about the kernel's line to those of the config, which are sorted by line. False:
   out of memory. */
static bool warn(struct check *check, struct checked *checked, const struct config_file *kernel,
                 const char *text)
{
    struct error message;
    struct config_warning *warning = ARENA_NEW(&check->arena, struct config_warning);
    struct config_warning **place = &checked->config.warnings;
    fail(&message, "%.120s: %s", kernel->path, text);
    char *copy = arena_text(&check->arena, message.message, strlen(message.message));
    if (warning == NULL || copy == NULL) {
        return false;
    }
    while (*place != NULL && (*place)->line <= kernel->line) {
        place = &(*place)->next;
    }
    *warning = (struct config_warning){
        .name = kernel->config, .line = kernel->line, .text = copy, .next = *place};
    *place = warning;
    return true;
}

/* Judges a kernel that calls the BIOS: the ISO boots by UEFI as well. False with a reason: it is
   checked for UEFI. */
static bool check_bios(struct check *check, struct checked *checked,
                       const struct config_file *kernel, struct error *error)
{
    if (check->machine.firmware != CHECK_BIOS) {
        return fail(error, "%s:%u: %s: linux16 needs a BIOS: use linux", kernel->config,
                    kernel->line, kernel->path);
    }
    return check->asks_firmware ||
           warn(check, checked, kernel, "linux16 needs a BIOS: by UEFI this does not boot") ||
           fail(error, "out of memory");
}

/* Removes the modules that are not in the tree. False: the arena is full. */
static bool drop_missing(struct check *check, struct checked_entry *entry, struct error *error)
{
    struct config_boot *boot = &entry->boot;
    size_t kept = 0;
    for (size_t i = 0; i < boot->module_count; i++) {
        const struct config_file *module = &boot->modules[i];
        if (find_node(module->path) != CONFIG_NODE_NONE) {
            boot->modules[kept++] = *module;
            continue;
        }
        struct error text;
        fail(&text, "%s:%u: %s: no such file: it is left out, as by GRUB", module->config,
             module->line, module->path);
        entry->missing = arena_text(&check->arena, text.message, strlen(text.message));
        if (entry->missing == NULL) {
            return fail(error, "out of memory");
        }
    }
    boot->module_count = kept;
    return true;
}

static bool plan(struct check *check, struct checked *checked, struct checked_entry *entry,
                 struct error *error)
{
    const struct plan_environment environment = {
        .config_name = checked->name, .map = &check->memory.map, .overlay = plan_overlay_linked};
    struct plan plan;
    const char *verify = entry->boot.verify;
    check->plan_arena.used = 0;
    tree_select(check->tree);
    if (check->machine.warns_of_missing && entry->boot.boots_itself &&
        !drop_missing(check, entry, error)) {
        return false;
    }
    if (verify != NULL && strcmp(verify, "sha256") != 0 && strcmp(verify, "crc") != 0 &&
        strcmp(verify, "off") != 0) {
        return fail(error, "%s:%u: whelk_verify=%s: it is sha256, crc or off", checked->name,
                    entry->boot.kernel.line, verify);
    }
    if (!plan_boot(&plan, &entry->boot, &environment, &check->plan_arena, error)) {
        return false;
    }
    const struct config_file *kernel = &entry->boot.kernel;
    entry->protocol = plan.protocol;
    entry->address = plan_first_instruction(&plan);
    entry->video = plan.video;
    if (!check_pieces(&plan, &entry->boot, &check->arena, &entry->pieces) ||
        (plan.note != NULL && !warn(check, checked, kernel, plan.note))) {
        return fail(error, "out of memory");
    }
    entry->piece_count = plan.placement.count;
    if (plan.protocol == CONFIG_LINUX16) {
        return check_bios(check, checked, kernel, error);
    }
    return check_uefi(&plan, &check->plan_arena, error) ||
           fail_in(error, "%s:%u: %s: ", kernel->config, kernel->line, kernel->path);
}

/* Judges the program that chainloader starts. An ISO boots on all firmwares, so one for another
   firmware than that of the check is no reason to refuse it. */
static bool check_chain(struct check *check, struct checked *checked,
                        const struct checked_entry *entry, struct error *error)
{
    static const enum chain_machine machines[CHECK_FIRMWARES] = {[CHECK_BIOS] = CHAIN_BIOS,
                                                                 [CHECK_UEFI_64] = CHAIN_UEFI_64,
                                                                 [CHECK_UEFI_32] = CHAIN_UEFI_32};
    const struct config_file *kernel = &entry->boot.kernel;
    uint8_t start[CHAIN_START_BYTES];
    struct file file;
    struct error ignored;
    tree_select(check->tree);
    if (!file_open(kernel->path, FILE_DECOMPRESS, &file, &check->plan_arena, error)) {
        return fail_in(error, "%s:%u: %s: ", kernel->config, kernel->line, kernel->path);
    }
    struct bytes bytes = {start, file.size < sizeof start ? (size_t)file.size : sizeof start};
    bool is_forced = entry->boot.chain.is_forced;
    bool is_read = file_read(&file, 0, bytes.size, start, error);
    if (is_read && chain_judge(bytes, machines[check->machine.firmware], is_forced, error)) {
        return true;
    }
    for (size_t i = 0; is_read && i < CHECK_FIRMWARES; i++) {
        if (chain_judge(bytes, machines[i], is_forced && i == CHECK_BIOS, &ignored)) {
            return warn(check, checked, kernel, error->message) || fail(error, "out of memory");
        }
    }
    return fail_in(error, "%s:%u: %s: ", kernel->config, kernel->line, kernel->path);
}

/* Whether a file is on a disc that only the machine knows: the config names a device, and the tree
   has no such file. */
static bool is_elsewhere(const struct config_boot *boot)
{
    bool is_so = boot->kernel.is_elsewhere && find_node(boot->kernel.path) == CONFIG_NODE_NONE;
    for (size_t i = 0; i < boot->module_count; i++) {
        const struct config_file *module = &boot->modules[i];
        is_so = is_so || (module->is_elsewhere && find_node(module->path) == CONFIG_NODE_NONE);
    }
    return is_so;
}

/* Checks an entry. True: it would boot, or does something else that is understood. */
static bool check_entry(struct check *check, struct checked *checked, size_t index,
                        struct error *error)
{
    struct checked_entry *entry = &checked->entries[index];
    const struct config_file *kernel = &entry->boot.kernel;
    const char *menus_graphics = graphics;
    bool is_fine =
        config_evaluate(&checked->config, &checked->config.entries[index], &entry->boot, error);
    entry->kept = graphics;
    graphics = menus_graphics;
    if (!is_fine) {
        return false;
    }
    if (check->tree != NULL && entry->boot.action == CONFIG_ACTION_CONFIG &&
        !is_elsewhere(&entry->boot)) {
        return find_node(kernel->path) == CONFIG_NODE_NONE
                   ? fail(error, "%s:%u: %s: no such file", kernel->config, kernel->line,
                          kernel->path)
                   : add_config(check, kernel->path, &checked->config, &entry->boot, error);
    }
    if (entry->boot.action != CONFIG_ACTION_BOOT && entry->boot.action != CONFIG_ACTION_CONFIG) {
        return true;
    }
    if (check->tree != NULL && is_elsewhere(&entry->boot)) {
        return strchr("+0123456789", *kernel->path) != NULL || strstr(kernel->path, ")+") != NULL ||
               warn(check, checked, kernel, "the config names another disc: not checked") ||
               fail(error, "out of memory");
    }
    if (check->tree != NULL && entry->boot.protocol == CONFIG_CHAINLOADER) {
        return check_chain(check, checked, entry, error);
    }
    return check->tree == NULL || plan(check, checked, entry, error);
}

static bool check_entries(struct check *check, struct checked *checked, struct error *error)
{
    graphics = checked->graphics;
    for (size_t i = 0; i < checked->config.entry_count; i++) {
        struct checked_entry *entry = &checked->entries[i];
        struct error reason;
        if (!check_entry(check, checked, i, &reason)) {
            entry->reason = arena_text(&check->arena, reason.message, strlen(reason.message));
            if (entry->reason == NULL) {
                return fail(error, "out of memory");
            }
            check->failed++;
        }
    }
    return true;
}

/* Finds the entry that boots if nobody chooses another: the default, or that of the config to which
   the default leads, and so on. */
static struct checked_entry *find_default(struct check *check)
{
    struct checked_entry *entry = NULL;
    struct checked *checked = check->configs;
    while (checked != NULL && !checked->is_started) {
        checked->is_started = true;
        entry = &checked->entries[checked->first];
        bool leads_on = entry->reason == NULL && entry->boot.action == CONFIG_ACTION_CONFIG;
        checked = leads_on ? find_config(check, entry->boot.kernel.path) : NULL;
    }
    return entry;
}

/* Checks a config, and all that its entries lead to. */
static bool check_from(struct check *check, const char *path, struct error *error)
{
    if (!add_config(check, path, NULL, NULL, error)) {
        return false;
    }
    for (struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        if (!check_entries(check, checked, error)) {
            return false;
        }
    }
    check->started = find_default(check);
    return true;
}

// ---- All of it

bool check_configs(struct check *check, const struct tree *tree,
                   const struct check_machine *machine, struct error *error)
{
    if (!prepare(check, tree, machine, error)) {
        return false;
    }
    bool is_legacy =
        find_node(CONFIG_PATH) == CONFIG_NODE_NONE && find_node(LEGACY_PATH) != CONFIG_NODE_NONE;
    return check_from(check, is_legacy ? LEGACY_PATH : CONFIG_PATH, error);
}

bool check_config(struct check *check, const char *path, const struct check_machine *machine,
                  struct error *error)
{
    return prepare(check, NULL, machine, error) && check_from(check, path, error);
}

// ---- Comparison

static bool is_same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool is_same_file(const struct config_file *left, const struct config_file *right)
{
    return is_same_text(left->path, right->path) &&
           is_same_text(left->arguments, right->arguments) &&
           left->keep_compressed == right->keep_compressed;
}

static bool is_same_entry(const struct checked_entry *left, const struct checked_entry *right)
{
    const struct config_boot *a = &left->boot, *b = &right->boot;
    bool is_same = is_same_text(left->reason, right->reason) && a->action == b->action &&
                   a->protocol == b->protocol && a->module_count == b->module_count &&
                   is_same_text(a->gfxpayload, b->gfxpayload) &&
                   is_same_file(&a->kernel, &b->kernel);
    for (size_t i = 0; is_same && i < a->module_count; i++) {
        is_same = is_same_file(&a->modules[i], &b->modules[i]);
    }
    return is_same;
}

static bool is_same_config(const struct checked *left, const struct checked *right)
{
    bool is_same = strcmp(left->path, right->path) == 0 && left->first == right->first &&
                   left->config.entry_count == right->config.entry_count &&
                   (left->entries != NULL) == (right->entries != NULL);
    for (size_t i = 0; is_same && left->entries != NULL && i < left->config.entry_count; i++) {
        is_same = is_same_text(left->config.entries[i].title, right->config.entries[i].title) &&
                  is_same_entry(&left->entries[i], &right->entries[i]);
    }
    return is_same;
}

bool check_is_same(const struct check *left, const struct check *right)
{
    const struct checked *a = left->configs, *b = right->configs;
    while (a != NULL && b != NULL && is_same_config(a, b)) {
        a = a->next;
        b = b->next;
    }
    return a == NULL && b == NULL;
}

void check_end(struct check *check)
{
    tree_select(NULL);
    munmap(check->arena.base, check->arena.size);
    munmap(check->plan_arena.base, check->plan_arena.size);
}

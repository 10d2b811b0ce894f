// SPDX-License-Identifier: BSD-2-Clause
// See platform/platform.h. There is no set_terminal: all devices are always in use, whatever
// `terminal_output` says.
#include "stage2/platform/platform.h"

#include <string.h>
#include "loader/format.h"
#include "stage2/bus/io.h"
#include "stage2/config/overlay.h"
#include "stage2/disc/disc.h"
#include "stage2/disc/staging.h"
#include "stage2/fs/file.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660_label.h"
#include "stage2/fs/iso9660_list.h"
#include "stage2/menu/menu.h"
#include "stage2/menu/parts.h"
#include "stage2/console/serial.h"
#include "stage2/console/terminal.h"
#include "stage2/boot/video_start.h"
#include "stage2/verify/verify.h"
#include "stage2/volume/volume.h"

/* ---- Files ----------------------------------------------------------------------------------- */

/* Whether volume.h reads this path. */
static bool is_elsewhere(const char *path)
{
    return *path == '(' || disc_root_volume() != NULL;
}

/* Looks a path up, as volume_find() does, on the disc as well. */
static bool look_up(const char *path, struct volume_node *node, struct arena *arena)
{
    struct iso9660_file file = {0};
    struct error ignored;
    if (is_elsewhere(path)) {
        return volume_find(path, node, arena, &ignored);
    }
    bool is_found = disc_open(path, &file, arena, &ignored);
    *node = (struct volume_node){file.is_absent, file.is_directory, file.size};
    return is_found;
}

static enum config_node find_node(const char *path)
{
    enum { WORKING_BYTES = 64 << 10 }; /* for the list of a file's extents */
    size_t mark = staging_mark();
    struct arena arena = {.base = staging_allocate(WORKING_BYTES), .size = WORKING_BYTES};
    struct volume_node node = {0};
    bool is_found = arena.base != NULL && look_up(path, &node, &arena);
    staging_reset(mark);
    if (!is_found) {
        return node.is_absent ? CONFIG_NODE_NONE : CONFIG_NODE_DAMAGED;
    }
    if (node.is_directory) {
        return CONFIG_NODE_DIRECTORY;
    }
    return node.size > 0 ? CONFIG_NODE_FILE : CONFIG_NODE_EMPTY;
}

static bool list_names(const char *path, struct arena *arena, struct listed_name **names,
                       struct error *error)
{
    struct iso9660_file file;
    if (is_elsewhere(path)) {
        return volume_list(path, arena, names, error);
    }
    if (!disc_open(path, &file, arena, error)) {
        return false;
    }
    if (!file.is_directory) {
        *names = ARENA_NEW(arena, struct listed_name);
        if (*names != NULL) {
            **names = (struct listed_name){.text = path, .size = file.size};
        }
        return *names != NULL || fail(error, "no memory left for its name");
    }
    struct iso9660_list list;
    enum iso9660_step step;
    const uint8_t *sector = NULL;
    iso9660_list_start(&list, disc_volume(), &file, arena);
    while ((step = iso9660_list_step(&list, sector, error)) == ISO9660_READ) {
        sector = disc_sector(list.wanted_lba, error);
        if (sector == NULL) {
            return false;
        }
    }
    *names = list.names;
    return step == ISO9660_DONE;
}

static bool read_text(const char *path, struct arena *arena, struct bytes *text,
                      struct error *error)
{
    struct file file;
    if (!file_open(path, FILE_DECOMPRESS, &file, arena, error)) {
        return false;
    }
    if (file.size > CONFIG_MAX_BYTES) {
        return fail(error, "larger than %d bytes", CONFIG_MAX_BYTES);
    }
    size_t size = (size_t)file.size;
    uint8_t *data = arena_allocate(arena, size + 1, 1);
    *text = (struct bytes){data, size};
    if (data == NULL) {
        return fail(error, "too large for the working memory");
    }
    if (!file_read(&file, 0, size, data, error)) {
        return false;
    }
    if (file.contents == NULL && !verify_contents(&file, data, size, arena, error)) {
        verify_refuse_boots(path);
        return false;
    }
    return true;
}

static bool read_volume(enum config_volume what, char name[CONFIG_VOLUME_BYTES])
{
    _Static_assert((int)ISO9660_LABEL_BYTES == (int)CONFIG_VOLUME_BYTES, "the same texts");
    _Static_assert((int)VOLUME_NAME_BYTES == (int)CONFIG_DEVICE_BYTES, "the same texts");
    struct error ignored;
    if (disc_root_volume() != NULL) {
        char other[CONFIG_VOLUME_BYTES];
        bool is_label = what == CONFIG_VOLUME_LABEL;
        return volume_describe(disc_root_volume(), is_label ? name : other, is_label ? other : name,
                               &ignored);
    }
    const uint8_t *sector = disc_sector(firmware_volume_descriptor_lba(), &ignored);
    *name = 0;
    if (sector != NULL) {
        (what == CONFIG_VOLUME_LABEL ? iso9660_label : iso9660_uuid)(sector, name);
    }
    return sector != NULL;
}

/* UUIDs are the same in upper and lower case. */
static bool is_same_uuid(const char *left, const char *right)
{
    while (*left != 0 && ((*left ^ *right) & ~('a' ^ 'A')) == 0) {
        left++;
        right++;
    }
    return *left == *right;
}

static bool is_wanted(enum config_volume what, const char *wanted, const char *device)
{
    char label[CONFIG_VOLUME_BYTES];
    char uuid[CONFIG_VOLUME_BYTES];
    char path[128];
    struct error ignored;
    if (what == CONFIG_VOLUME_FILE) {
        size_t length = format_text(path, sizeof path, "(%s)%s", device, wanted);
        return length < sizeof path && find_node(path) > CONFIG_NODE_NONE &&
               find_node(path) < CONFIG_NODE_DAMAGED;
    }
    return volume_describe(device, label, uuid, &ignored) &&
           (what == CONFIG_VOLUME_LABEL ? strcmp(label, wanted) == 0 : is_same_uuid(uuid, wanted));
}

static bool search_volumes(enum config_volume what, const char *wanted,
                           char name[CONFIG_DEVICE_BYTES])
{
    for (unsigned i = 0; volume_name(i, name); i++) {
        if (is_wanted(what, wanted, name)) {
            return true;
        }
    }
    return false;
}

/* ---- Keyboard -------------------------------------------------------------------------------- */

static bool interrupted(void)
{
    int key = terminal_key();
    return key == KEY_ESCAPE || key == ('c' & KEY_CTRL);
}

static bool sleep_or_key(unsigned seconds, bool until_key)
{
    for (uint64_t start = firmware_milliseconds();
         firmware_milliseconds() - start < (uint64_t)seconds * 1000;) {
        if (until_key && interrupted()) {
            return false;
        }
        firmware_idle();
    }
    return true;
}

static void read_line(char *text, size_t size)
{
    menu_read_line(text, size, NULL, NULL);
}

/* ---- The machine ----------------------------------------------------------------------------- */

/* Whether the processor has the CPUID instruction: EFLAGS.ID can be changed. */
static bool has_cpuid(void)
{
    enum { FLAG_ID = 1 << 21 };
    size_t before;
    size_t after;
    __asm__ volatile("pushf; pop %0; mov %0, %1; xor %2, %1; push %1; popf; pushf; pop %1;"
                     "push %0; popf"
                     : "=&r"(before), "=&r"(after)
                     : "i"(FLAG_ID));
    return ((before ^ after) & FLAG_ID) != 0;
}

static bool has_feature(enum config_feature feature)
{
    enum { FEATURES = 0x01, PAE = 1 << 6, LONG_MODE = 1 << 29 };
    uint32_t first = feature == CONFIG_PAE ? 0 : 0x80000000; /* the standard or extended leaves */
    uint32_t eax = first;
    uint32_t edx;
    if (!has_cpuid()) {
        return false;
    }
    __asm__ volatile("cpuid" : "+a"(eax) : : "ebx", "ecx", "edx");
    if (eax <= first) {
        return false;
    }
    eax = first + FEATURES;
    __asm__ volatile("cpuid" : "+a"(eax), "=d"(edx) : : "ebx", "ecx");
    return (edx & (feature == CONFIG_PAE ? PAE : LONG_MODE)) != 0;
}

static struct bytes smbios_table(void)
{
    return firmware_smbios().table;
}

static uint8_t read_cmos(uint8_t index)
{
    enum { INDEX_PORT = 0x70, DATA_PORT = 0x71 };
    out8(INDEX_PORT, index);
    return in8(DATA_PORT);
}

static bool set_serial(const struct config_serial *serial)
{
    static const uint16_t ports[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    static const unsigned grubs_speed = 9600;
    unsigned unit = serial->unit < 0 ? 0 : (unsigned)serial->unit;
    struct serial_settings settings = {
        .port = (uint16_t)serial->port,
        .speed = serial->speed != 0 ? serial->speed : grubs_speed,
        .data_bits = serial->data_bits != 0 ? serial->data_bits : 8,
        .stop_bits = serial->stop_bits != 0 ? serial->stop_bits : 1,
        .parity = serial->parity != 0 ? serial->parity : 'n',
    };
    if (serial->port == 0) {
        if (unit >= sizeof ports / sizeof ports[0]) {
            return false;
        }
        settings.port = ports[unit];
    }
    return serial_set_up(&settings);
}

/* Prints the firmware's memory map. */
static void show_memory(void)
{
    enum { MAX_RANGES = 512 };
    static const char *const kinds[] = {"available", "reserved", "ACPI, to be reclaimed",
                                        "ACPI, to be kept", "defective"};
    size_t mark = staging_mark();
    struct memory_map map = {.capacity = MAX_RANGES};
    struct error error;
    map.ranges = (struct memory_range *)(void *)staging_allocate(MAX_RANGES * sizeof *map.ranges);
    if (map.ranges == NULL || !firmware_memory_map(&map, &error)) {
        map.count = 0;
    }
    for (size_t i = 0; i < map.count; i++) {
        const struct memory_range *range = &map.ranges[i];
        unsigned kind = range->type - 1;
        console_print("%10llx + %10llx  type %u: %s\n", (unsigned long long)range->address,
                      (unsigned long long)range->length, range->type,
                      kind < sizeof kinds / sizeof kinds[0] ? kinds[kind] : "the firmware's own");
    }
    staging_reset(mark);
}

const struct config_platform stage2_platform = {
    .find = find_node,
    .read = read_text,
    .list = list_names,
    .open = file_open,
    .read_part = file_read,
    .volume = read_volume,
    .has_device = volume_exists,
    .device = volume_name,
    .search = search_volumes,
    .smbios = smbios_table,
    .cmos = read_cmos,
    .has_feature = has_feature,
    .modifiers = firmware_keyboard_modifiers,
    .interrupted = interrupted,
    .print = terminal_write,
    .clear = terminal_clear,
    .show_memory = show_memory,
    .read_line = read_line,
    .sleep = sleep_or_key,
    .set_serial = set_serial,
    .set_graphics = video_set_kept,
};

bool platform_drop_missing(struct config_boot *boot)
{
    size_t kept = 0;
    for (size_t i = 0; i < boot->module_count; i++) {
        const struct config_file *module = &boot->modules[i];
        if (find_node(module->path) != CONFIG_NODE_NONE) {
            boot->modules[kept++] = *module;
            continue;
        }
        console_print("whelk: %s:%u: %s: no such file: it is left out, as by GRUB\n",
                      module->config, module->line, module->path);
    }
    bool were_missing = kept < boot->module_count;
    boot->module_count = kept;
    return were_missing;
}

size_t platform_find_fallback(struct config *config, unsigned number, const char *reason)
{
    size_t index =
        menu_was_used() ? config->entry_count : config_overlay_table.find_fallback(config, number);
    if (index < config->entry_count) {
        console_print("whelk: %s\n", reason);
    }
    return index;
}

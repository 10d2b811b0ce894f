// SPDX-License-Identifier: BSD-2-Clause
// The firmware of the modelled machine: stage2/firmware.h, and what boot/bios/native_disc.c and the
// drivers of stage2/disc/pc/ ask of the code that started the loader.
#include "stage2/firmware.h"

#include <string.h>
#include "boot/bios/bios.h"
#include "loader/handoff.h"
#include "stage2/boot/boot.h"
#include "stage2/config/config.h"
#include "stage2/disc/cache.h"
#include "stage2/disc/native_disc.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/disc/staging.h"
#include "stage2/overlay.h"
#include "stage2/platform/entry_action.h"
#include "stage2/text/keys.h"
#include "stage2/timing/timeline.h"
#include "tests/fuzz/machine/machine.h"

enum {
    TEXT_BYTES = 8192,
    MOST_TEXT = 16 * 1024, /* more is a loop of the config's, or of keys */
    MOST_KEYS = 24,
    MOST_READS = 400, /* calls of the firmware and looks at its clock */
    IDLE_MILLISECONDS = 7000,
    MOST_IDLE = 3,                  /* rests without a key: nobody is there */
    MOST_LOOKS = 5000,              /* for keys */
    MOST_MILLISECONDS = 600 * 1000, /* that a boot may take without these */
    IRQ_MILLISECONDS = 900,

    ARENA = 0x60000,
    LOW_END = 0x9f000,
    BOUNCE_BYTES = 0x10000,
    PRELOADED = 32,
    PIIX_PORTS = 0xc000,
    PIIX_FUNCTION = 1 << 3 | 1,
    VGA_FUNCTION = 2 << 3,
    AHCI_FUNCTION = 3 << 3,
    VIRTIO_FUNCTION = 4 << 3,
    LINE = 11,
};

uint8_t bounce_buffer[BOUNCE_BYTES] __attribute__((aligned(16), section("loader_data")));

static struct {
    struct setting setting;
    const uint8_t *keys;
    unsigned keys_left, looks, idle, work;
    uint64_t milliseconds, rested; /* of these, while the loader had nothing to do */
    size_t written;
    char text[TEXT_BYTES]; /* the first that was written */
    const struct boot *boot;
    bool is_asked; /* an entry says what to do, such as `exit` */
    struct piix_drive piix;
} firmware;

const struct setting *firmware_setting(void)
{
    return &firmware.setting;
}

static bool has(enum machine_flags flag)
{
    return (firmware.setting.flags & flag) != 0;
}

static enum drive_kind drive_kind(void)
{
    return has(MACHINE_DISC_IN_MEMORY)
               ? DRIVE_FIRMWARE
               : (firmware.setting.drive & (DRIVE_IS_DISK - 1)) % DRIVE_KINDS;
}

static bool is_disk(void)
{
    return (firmware.setting.drive & DRIVE_IS_DISK) != 0;
}

// ---- The machine's parts

static void add_function(uint32_t function, uint32_t identity, uint32_t header)
{
    uint32_t *pci = bus_function(function);
    memset(pci, 0, 256);
    pci[0] = identity;
    pci[1] = 7;
    pci[3] = header;
    pci[0x3c / 4] = LINE;
}

static void start_devices(void)
{
    enum drive_kind kind = drive_kind();
    bool has_piix = kind <= DRIVE_PIIX || kind == DRIVE_TWO;
    bool has_ahci = kind == DRIVE_AHCI || kind == DRIVE_TWO;
    bus_start();
    add_function(1 << 3, 0x70008086, 0x800000);
    add_function(5 << 3, 0x000c1b36, 0x010000); /* a bridge; nothing is behind it */
    bus_function(5 << 3)[0x18 / 4] = 0x010100;
    if (has(MACHINE_BOCHS) || has(MACHINE_CIRRUS)) {
        add_function(VGA_FUNCTION, has(MACHINE_BOCHS) ? 0x11111234 : 0x00b81013, 0);
        bus_function(VGA_FUNCTION)[4] = 0xfd000008;
    }
    if (has_piix) {
        add_function(PIIX_FUNCTION, 0x70108086, 0);
        bus_function(PIIX_FUNCTION)[1] = 3; /* not yet a bus master */
        bus_function(PIIX_FUNCTION)[0x20 / 4] = PIIX_PORTS | 1;
    }
    piix_start(has_piix ? PIIX_PORTS : 0);
    if (has_ahci) {
        add_function(AHCI_FUNCTION, 0x29228086, 0);
        bus_function(AHCI_FUNCTION)[0x24 / 4] = AHCI_REGISTERS;
    }
    ahci_start(has_ahci);
    virtio_start(VIRTIO_FUNCTION, kind);
}

/* What image_dma.asm has read along with the loader. */
static void preload(void)
{
    struct bytes contents = disc_contents();
    firmware.piix = (struct piix_drive){
        .bus_master = PIIX_PORTS + 8,
        .ports = 0x170,
        .device = 0xa0,
        .preloaded_sectors = PRELOADED,
        .pci_command = 3,
    };
    size_t start = (disc_volume_lba() - 1) * SECTOR;
    memcpy(bounce_buffer, contents.data + start, PRELOADED * SECTOR);
}

void firmware_start(const struct setting *setting, const uint8_t *keys)
{
    memset(&firmware, 0, sizeof firmware);
    firmware.setting = *setting;
    firmware.keys = keys;
    firmware.keys_left = setting->key_count % (MOST_KEYS + 1);
    start_devices();
    if (drive_kind() == DRIVE_PIIX_BOOTED) {
        preload();
    }
    if (has(MACHINE_DISC_IN_MEMORY)) {
        struct bytes contents = disc_contents();
        size_t room = PHYSICAL_END - DISC_IN_MEMORY;
        memory_write(DISC_IN_MEMORY, contents.data, contents.size < room ? contents.size : room);
    }
    if (has(MACHINE_TSC)) {
        timeline.stamps[TIMELINE_HANDOFF] = 1;
    }
}

/* Lets time go by, and devices do their work. */
static void pass(uint64_t milliseconds)
{
    firmware.milliseconds += milliseconds;
    ahci_step();
    virtio_step();
    if (firmware.milliseconds - firmware.rested > MOST_MILLISECONDS) {
        machine_is_wrong("a boot takes so many milliseconds", firmware.milliseconds);
    }
}

/* Ends a boot that goes on for long: others are worth more of the fuzzer's time. */
void firmware_count_work(void)
{
    if (++firmware.work > MOST_READS) {
        machine_end(OUTCOME_GOES_ON);
    }
}

uint64_t firmware_milliseconds(void)
{
    firmware_count_work();
    pass(1);
    return firmware.milliseconds;
}

void firmware_idle(void)
{
    firmware.rested += IDLE_MILLISECONDS;
    pass(IDLE_MILLISECONDS);
    firmware.idle = firmware.keys_left == 0 ? firmware.idle + 1 : 0;
    if (firmware.idle > MOST_IDLE) {
        machine_end(OUTCOME_WAITS);
    }
}

bool pc_wait_irq(unsigned line)
{
    pass(IRQ_MILLISECONDS);
    return line != 0;
}

uint32_t firmware_tsc_khz(void)
{
    return firmware.setting.wanted % 2 == 0 ? 0 : 1000000;
}

// ---- Text and keys

void firmware_note_text(char character)
{
    if (firmware.written < TEXT_BYTES - 1) {
        firmware.text[firmware.written] = character;
    }
    firmware.written++;
    if (firmware.written > MOST_TEXT) {
        machine_end(OUTCOME_GOES_ON);
    }
}

size_t firmware_written(void)
{
    return firmware.written;
}

const char *firmware_text(void)
{
    return firmware.text;
}

int firmware_next_key(void)
{
    if (firmware.keys_left == 0) {
        if (++firmware.looks > MOST_LOOKS) {
            machine_end(OUTCOME_WAITS);
        }
        return -1;
    }
    firmware.keys_left--;
    return *firmware.keys++;
}

bool firmware_screen_present(void)
{
    return !has(MACHINE_NO_SCREEN);
}

void firmware_screen_write(char character)
{
    firmware_note_text(character);
}

void firmware_screen_put(uint32_t character)
{
    firmware_note_text(character < 0x80 ? (char)character : '?');
}

void firmware_screen_clear(void) {}

void firmware_screen_move(unsigned row, unsigned column)
{
    if (row >= 25 || column >= 80) {
        machine_is_wrong("the cursor leaves the screen", row * 1000ull + column);
    }
}

void firmware_screen_inverse(int on)
{
    (void)on;
}

/* Bytes of keys from 0x80 on are keys without a character. */
int firmware_key(void)
{
    int key = firmware_next_key();
    return key < 0 ? KEY_NONE : key >= 0x80 ? KEY_SCAN | (key & 0x7f) : key;
}

bool firmware_menu_key_held(void)
{
    return has(MACHINE_MENU_KEY);
}

unsigned firmware_keyboard_modifiers(void)
{
    return has(MACHINE_MENU_KEY) ? 5 : 0;
}

uint16_t firmware_serial_port(void)
{
    return has(MACHINE_SERIAL) ? 0x3f8 : 0;
}

bool firmware_terminal_present(void)
{
    return has(MACHINE_TERMINAL);
}

void firmware_terminal_write(char character)
{
    firmware_note_text(character);
}

int firmware_terminal_read(void)
{
    return firmware_next_key();
}

// ---- Memory

bool firmware_memory_map(struct memory_map *map, struct error *error)
{
    struct memory_range ranges[MOST_RANGES];
    size_t count = memory_ranges(firmware.setting.map, ranges);
    if (count == 0) {
        return fail(error, "the firmware has no memory map");
    }
    if (count > map->capacity) {
        return fail(error, "the firmware's memory map is too long");
    }
    memcpy(map->ranges, ranges, count * sizeof *ranges);
    map->count = count;
    return true;
}

struct arena firmware_arena(void)
{
    return (struct arena){.base = (uint8_t *)(uintptr_t)ARENA, .size = LOW_END - ARENA};
}

size_t firmware_memory_in_use(struct memory_range ranges[FIRMWARE_RANGES])
{
    ranges[0] = (struct memory_range){0, 0x600, 0};
    ranges[1] = (struct memory_range){0x2000, 0xe000, 0};
    ranges[2] = (struct memory_range){0x12000, LOW_END - 0x12000, 0};
    return 3;
}

size_t firmware_disc_memory(struct memory_range ranges[FIRMWARE_DISC_RANGES])
{
    if (!has(MACHINE_DISC_IN_MEMORY)) {
        return 0;
    }
    ranges[0] = (struct memory_range){DISC_IN_MEMORY, disc_contents().size, 0};
    return 1;
}

struct bytes firmware_disc_bytes(uint32_t lba)
{
    uint64_t offset = (uint64_t)lba * SECTOR;
    struct bytes contents = disc_contents();
    return has(MACHINE_DISC_IN_MEMORY) && offset < contents.size
               ? (struct bytes){(const uint8_t *)(uintptr_t)DISC_IN_MEMORY + offset,
                                contents.size - offset}
               : (struct bytes){0};
}

/* The highest piece of RAM above 1 MiB, below a disc that is in memory. */
struct memory_range firmware_staging(const struct memory_map *map)
{
    struct memory_range largest = {0};
    uint64_t limit = has(MACHINE_DISC_IN_MEMORY) ? DISC_IN_MEMORY : PHYSICAL_END;
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t start = range->address < MIB ? MIB : range->address;
        uint64_t end = range->address + range->length;
        end = end < limit ? end : limit;
        if (range->type == MEMORY_AVAILABLE && end > start && end - start > largest.length) {
            largest = (struct memory_range){start, end - start, 0};
        }
    }
    return largest;
}

// ---- The disc

uint32_t firmware_disc_sector_bytes(void)
{
    return is_disk() ? SECTOR / DISK_SECTORS : SECTOR;
}

uint32_t firmware_volume_descriptor_lba(void)
{
    return disc_volume_lba();
}

uint32_t firmware_boot_device(void)
{
    return is_disk() ? 0x80ffffff : 0xe0ffffff;
}

bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    uint64_t address = (uintptr_t)buffer;
    enum fault fault = drive_kind() == DRIVE_FIRMWARE ? disc_next_fault() : FAULT_NONE;
    if (address >= PHYSICAL_END && !state_has(address)) {
        machine_is_wrong("the firmware was told to write to this address", address);
    }
    if ((fault != FAULT_NONE && fault != FAULT_SLOW) ||
        !disc_to_memory(lba, 0, address, (size_t)count * SECTOR)) {
        return fail(error, "sector %u cannot be read", lba);
    }
    return true;
}

bool disc_image_sector(uint8_t *sector, uint32_t *lba, bool *is_cd)
{
    *lba = disc_image_lba();
    *is_cd = !is_disk();
    const uint8_t *from = disc_sector_at(*lba);
    if (!has(MACHINE_IMAGE_SECTOR) || from == NULL) {
        return false;
    }
    memcpy(sector, from, SECTOR);
    return true;
}

const struct piix_drive *pc_boot_drive(void)
{
    return drive_kind() == DRIVE_PIIX_BOOTED && !is_disk() ? &firmware.piix : NULL;
}

struct preloaded pc_preloaded(void)
{
    return (struct preloaded){bounce_buffer, firmware.piix.preloaded_sectors,
                              (uint32_t)(disc_contents().size / SECTOR)};
}

const struct overlay *overlay_load(struct error *error)
{
    if (has(MACHINE_NO_OVERLAY) && !has(MACHINE_UEFI)) { /* there it is linked in */
        fail(error, "the boot image is damaged after its first 40 sectors");
        return NULL;
    }
    return &overlay_table;
}

// ---- Other discs: the machine has one more, which is a copy of the first

bool firmware_device(unsigned index, struct firmware_device *device)
{
    *device = (struct firmware_device){.block_shift = 9};
    memcpy(device->name, index == 0 ? "cd" : "hd0", index == 0 ? 3 : 4);
    device->block_count = disc_contents().size >> device->block_shift;
    return index < 2;
}

bool firmware_device_read(unsigned index, uint64_t block, uint32_t count, void *buffer,
                          struct error *error)
{
    uint64_t most = disc_contents().size / SECTOR * DISK_SECTORS;
    if (index >= 2 || !range_within(block, count, most) ||
        !disc_to_memory(0, block * (SECTOR / DISK_SECTORS), (uintptr_t)buffer,
                        (size_t)count * (SECTOR / DISK_SECTORS))) {
        return fail(error, "block %llu cannot be read", (unsigned long long)block);
    }
    return true;
}

/* Nothing that is chain-loaded comes back, unless it has no bytes. */
void firmware_chain(const struct firmware_chain *chain, struct error *error)
{
    if (chain->image.size != 0) {
        machine_end(OUTCOME_POWER);
    }
    fail(error, "%s has returned", chain->path);
}

const char *firmware_root_volume(const struct arena *arena)
{
    (void)arena;
    return NULL;
}

// ---- What kernels are told

const char *firmware_config_variables(void)
{
    return CONFIG_CD_VARIABLES;
}

const char *firmware_wanted_entry(void)
{
    static char number[4];
    unsigned wanted = firmware.setting.wanted;
    if (wanted == 0) {
        return NULL;
    }
    number[0] = (char)('0' + (wanted - 1) / 10 % 10);
    number[1] = (char)('0' + (wanted - 1) % 10);
    return number[0] == '0' ? number + 1 : number;
}

const char *firmware_added_arguments(void)
{
    return has(MACHINE_ARGUMENTS) ? "added=1 quiet" : NULL;
}

const struct boot_efi *firmware_efi(void)
{
    static struct memory_range ranges[] = {{0x20000, 0x70000, MEMORY_AVAILABLE},
                                           {MIB, 23 * MIB, MEMORY_AVAILABLE}};
    static struct memory_map unused = {ranges, 2, 2};
    static struct memory_range more[] = {{0, 0x9fc00, MEMORY_AVAILABLE},
                                         {MIB, PHYSICAL_END - MIB, MEMORY_AVAILABLE}};
    static struct memory_map overwritable = {more, 2, 2};
    static struct boot_efi efi;
    efi = (struct boot_efi){.system_table = 0x12345678,
                            .image_handle = 0x1f000000,
                            .is_64 = (firmware.setting.map & 1) == 0,
                            .memory_map = {NULL, 48 * 40},
                            .descriptor_size = 48,
                            .descriptor_version = 1,
                            .unused = &unused,
                            .overwritable = &overwritable};
    return has(MACHINE_UEFI) ? &efi : NULL;
}

static struct video current_mode(void)
{
    static uint8_t control[VBE_CONTROL_INFO_BYTES], mode[VBE_MODE_INFO_BYTES];
    struct video video = {
        .framebuffer = {.address = 0xb8000,
                        .pitch = 160,
                        .width = 80,
                        .height = 25,
                        .bpp = 16,
                        .type = FRAMEBUFFER_TEXT},
        .vbe_control_info = control,
        .vbe_mode_info = mode,
        .vbe_control_address = 0x80000,
        .vbe_mode = 3,
    };
    memcpy(control, "VESA", 4);
    if (has(MACHINE_UEFI)) {
        video = (struct video){.framebuffer = {.address = 0x80000000,
                                               .pitch = 3200,
                                               .width = 800,
                                               .height = 600,
                                               .bpp = 32,
                                               .type = FRAMEBUFFER_RGB}};
    }
    return video;
}

void firmware_query(struct boot_information *information, struct system_info *system_info)
{
    information->boot_device = firmware_boot_device();
    system_info->video = current_mode();
    information->video = &system_info->video;
    if (!has(MACHINE_UEFI) && !has(MACHINE_NO_TABLES)) {
        system_info->apm = (struct apm_table){.version = 0x102};
        information->apm = &system_info->apm;
        information->config_table = 0xfe6f5;
    }
}

void firmware_video_interface(struct video *video)
{
    video->vbe_interface_seg = 0xc000;
    video->vbe_interface_len = 64;
}

struct screen_cursor firmware_cursor(void)
{
    return (struct screen_cursor){0};
}

bool firmware_video_mode(uint32_t index, struct video_mode *mode)
{
    static const struct video_mode modes[] = {
        {0x101, 640, 480, 8},   {0x112, 640, 480, 24},  {0x115, 800, 600, 32},
        {0x118, 1024, 768, 32}, {0x11b, 1280, 1024, 0},
    };
    if (index >= sizeof modes / sizeof *modes) {
        return false;
    }
    *mode = modes[index];
    return true;
}

struct video_size firmware_video_display_size(void)
{
    return (struct video_size){1024, 768};
}

bool firmware_video_set(const struct video_mode *mode, struct video *video)
{
    *video = current_mode();
    video->framebuffer = (struct framebuffer){.address = 0xe0000000,
                                              .pitch = mode->width * 4,
                                              .width = mode->width,
                                              .height = mode->height,
                                              .bpp = (uint8_t)mode->depth,
                                              .type = FRAMEBUFFER_RGB};
    return mode->number != 0x112;
}

struct bytes firmware_acpi_rsdp(void)
{
    static const uint8_t rsdp[ACPI_RSDP_BYTES] = "RSD PTR ";
    struct bytes found = {rsdp, has(MACHINE_NO_TABLES) ? 0 : sizeof rsdp};
    return found;
}

struct smbios firmware_smbios(void)
{
    static const uint8_t table[] = {0, 8, 0, 0, 1, 2, 3, 4, 'a', 0, 0, 127, 4, 1, 0, 0, 0};
    struct smbios found = {2, 8, {table, has(MACHINE_NO_TABLES) ? 0 : sizeof table}};
    return found;
}

size_t firmware_drives(struct boot_drive drives[BOOT_DRIVES])
{
    drives[0] = (struct boot_drive){.size = sizeof *drives, .drive_number = 0x80, .drive_mode = 1};
    return 1;
}

// ---- The ends

bool firmware_finish(const struct plan *plan, struct boot_information *information,
                     struct error *error)
{
    static const uint8_t descriptors[48 * 20];
    static struct boot_efi efi;
    if (has(MACHINE_CANNOT_END)) {
        return fail(error, "the firmware does not end its services");
    }
    if (has(MACHINE_UEFI) && information->efi != NULL) {
        efi = *information->efi;
        efi.memory_map = (struct bytes){descriptors, sizeof descriptors};
        information->efi = &efi;
        information->keeps_boot_services &= plan->protocol == CONFIG_MULTIBOOT2;
    }
    return true;
}

bool firmware_calls_bios(void)
{
    return !has(MACHINE_UEFI);
}

/* As a firmware that has the protocol only if it has tables, too. */
bool firmware_start_linux(const struct plan *plan, uint8_t *information, struct error *error)
{
    (void)information;
    if (has(MACHINE_NO_TABLES)) {
        return fail(error, "the firmware does not start it");
    }
    jump_check_loaded(plan);
    machine_end(OUTCOME_JUMP);
}

_Noreturn void firmware_boot_next(void)
{
    machine_end(firmware.is_asked ? OUTCOME_POWER : OUTCOME_NEXT_DEVICE);
}

_Noreturn void firmware_reboot(void)
{
    machine_end(OUTCOME_POWER);
}

bool firmware_enable_a20(void)
{
    return true;
}

void firmware_setup(void)
{
    if (has(MACHINE_UEFI)) {
        machine_end(OUTCOME_POWER);
    }
}

void firmware_power_off(void)
{
    if (!has(MACHINE_NO_TABLES)) {
        machine_end(OUTCOME_POWER);
    }
}

ASSEMBLY size_t handoff_size(size_t move_count)
{
    return 96 + sizeof(struct handoff_entry) + move_count * sizeof(struct handoff_move);
}

ASSEMBLY _Noreturn void handoff_jump(void *block, const struct handoff_entry *entry,
                                     const struct handoff_move *moves)
{
    jump_check(firmware.boot, block, entry, moves);
    machine_end(OUTCOME_JUMP);
}

// ---- Functions of the loader that the linker calls these in the place of (--wrap)

_Noreturn void __real_boot_hand_off(const struct boot *boot);
_Noreturn void __wrap_boot_hand_off(const struct boot *boot);
_Noreturn void __wrap_boot_hand_off(const struct boot *boot)
{
    firmware.boot = boot;
    __real_boot_hand_off(boot);
}

bool __real_entry_action_run(enum config_action action, struct error *error);
bool __wrap_entry_action_run(enum config_action action, struct error *error);
bool __wrap_entry_action_run(enum config_action action, struct error *error)
{
    firmware.is_asked = true;
    return __real_entry_action_run(action, error);
}

void __real_disc_cache_evict(uint32_t address, uint64_t length);
void __wrap_disc_cache_evict(uint32_t address, uint64_t length);
void __wrap_disc_cache_evict(uint32_t address, uint64_t length)
{
    memory_note(address, length);
    __real_disc_cache_evict(address, length);
}

uint8_t *__real_staging_allocate(size_t length);
uint8_t *__wrap_staging_allocate(size_t length);
uint8_t *__wrap_staging_allocate(size_t length)
{
    uint8_t *memory = __real_staging_allocate(length);
    if (memory != NULL) {
        memory_note((uintptr_t)memory, length);
    }
    return memory;
}

// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the whole loader: stage 2 from stage2_main() to the jump, on the machine of
// tests/fuzz/machine, with ISOs that whelk-mkrescue has made. An input says what the machine is
// like and what is other on the disc. Each boot ends with a kernel whose bytes are those of the
// disc (machine/jump.c), or with a text that says why not.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/firmware.h"
#include "tests/fuzz/machine/machine.h"

enum {
    ENTRIES_TO_TRY = 12,
    EVERY_SECOND = 2,
};

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static jmp_buf end;
static enum outcome outcome;
static bool shows;

_Noreturn void machine_end(enum outcome how)
{
    outcome = how;
    longjmp(end, 1);
}

_Noreturn void machine_is_wrong(const char *what, uint64_t number)
{
    const struct setting *setting = firmware_setting();
    fprintf(stderr, "fuzz_boot: %s (0x%llx)\ndisc %u, drive 0x%x, entry %u, flags 0x%x\n%s\n", what,
            (unsigned long long)number, setting->disc, setting->drive, setting->wanted,
            setting->flags, firmware_text());
    abort();
}

/* Whoever looks at the machine sees why it stands still. */
static void check_end(void)
{
    const struct setting *setting = firmware_setting();
    bool can_write = (setting->flags & MACHINE_NO_SCREEN) == 0 ||
                     (setting->flags & (MACHINE_SERIAL | MACHINE_TERMINAL)) == MACHINE_TERMINAL;
    if (can_write && (outcome == OUTCOME_NEXT_DEVICE || outcome == OUTCOME_WAITS) &&
        firmware_written() == 0) {
        machine_is_wrong("the boot ended without a word", outcome);
    }
}

/* Reads the edits that follow the keys. */
static void edit(const uint8_t *data, size_t size)
{
    struct edit each;
    while (size > sizeof each) {
        memcpy(&each, data, sizeof each);
        data += sizeof each;
        size -= sizeof each;
        each.length = each.length < size ? each.length : (uint8_t)size;
        disc_edit(&each, data);
        data += each.length;
        size -= each.length;
    }
}

/* For whoever looks into an input: FUZZ_SHOW=1 in the environment. */
static void show(void)
{
    static const char *const names[] = {"the kernel starts", "next boot device", "waits for a key",
                                        "goes on for long", "does what the entry says"};
    printf("%s\n%s\n", names[outcome], firmware_text());
}

static void boot(const uint8_t *data, size_t size)
{
    struct setting setting;
    memcpy(&setting, data, sizeof setting);
    data += sizeof setting;
    size -= sizeof setting;
    setting.key_count = setting.key_count < size ? setting.key_count : (uint8_t)size;
    disc_insert(setting.disc);
    edit(data + setting.key_count, size - setting.key_count);
    if ((setting.flags & MACHINE_MENDS_SUMS) != 0) {
        disc_mend_sums();
    }
    memory_reset();
    state_restore();
    firmware_start(&setting, data);
    if (setjmp(end) == 0) {
        stage2_main();
    }
    if (shows) {
        show();
    }
    check_end();
    disc_eject();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= sizeof(struct setting)) {
        boot(data, size);
    }
    return 0;
}

/* Boots all entries of all discs, to learn which sectors are read: only these are worth editing. */
static void learn_places(void)
{
    disc_note_places(true);
    for (unsigned disc = 0; disc < disc_count(); disc++) {
        for (unsigned entry = 0; entry < ENTRIES_TO_TRY; entry++) {
            struct setting setting = {
                .disc = (uint8_t)disc, .drive = DRIVE_FIRMWARE, .wanted = (uint8_t)entry};
            boot((const uint8_t *)&setting, sizeof setting);
        }
    }
    disc_note_places(false);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    memory_start();
    state_save();
    disc_load_beside((*arguments)[0]);
    learn_places();
    shows = getenv("FUZZ_SHOW") != NULL;
    return 0;
}

// ---- Mutations

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Appends an edit that is close to what the disc has: one bit, one more or less, a byte of all
   zeros or ones, or the byte of another place. Returns the new size. */
static size_t append_edit(uint8_t *data, size_t size, size_t most, uint32_t *random)
{
    struct edit each = {.place = (uint16_t)next_random(random),
                        .offset = (uint16_t)(next_random(random) % SECTOR),
                        .length = 1};
    if (size < sizeof(struct setting) || size + sizeof each + 1 > most) {
        return 0;
    }
    disc_insert(data[0]);
    const uint8_t *old = disc_place(&each);
    /* Most of a sector is zeros: looks for what is not. */
    for (unsigned tries = 64; *old == 0 && tries > 0; tries--) {
        each.offset = (uint16_t)(next_random(random) % SECTOR);
        old = disc_place(&each);
    }
    uint8_t byte = *old;
    switch (next_random(random) % 6) {
    case 0:
    case 1:
        byte ^= (uint8_t)(1u << next_random(random) % 8);
        break;
    case 2:
        byte++;
        break;
    case 3:
        byte--;
        break;
    case 4:
        byte = next_random(random) % EVERY_SECOND == 0 ? 0 : 0xff;
        break;
    default:
        byte = (uint8_t)next_random(random);
    }
    memcpy(data + size, &each, sizeof each);
    data[size + sizeof each] = byte;
    return size + sizeof each + 1;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    uint32_t random = seed != 0 ? seed : 1;
    size_t edited = 0;
    if (next_random(&random) % EVERY_SECOND == 0) {
        edited = append_edit(data, size, most, &random);
    }
    return edited != 0 ? edited : LLVMFuzzerMutate(data, size, most);
}

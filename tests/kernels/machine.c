// SPDX-License-Identifier: BSD-2-Clause
// The machine kernel: prints on COM1 the state in which the firmware has left the machine, and does
// what kernels do with it. The words of its command line say what: "state", "masks" (of
// interrupts), "registers" (of the processor), "acpi" and "mp" (start the others), "cards" (drive
// the network cards), "map", "host".
#include "machine.h"
#include <string.h>
#include "console.h"
#include "multiboot1_info.h"
#include "stage2/bus/io.h"

enum { MULTIBOOT_MAGIC = 0x2badb002, EXIT_RIGHT = 0x10, EXIT_WRONG = 0x11 };
enum { BDA_EBDA = 0x40e, EBDA_BYTES = 1024, ROM_START = 0xe0000, ROM_END = 0x100000 };

_Noreturn void kernel_main(uint32_t magic, const struct info *info);

void machine_line(const char *name, uint32_t index)
{
    console_text(name);
    console_text(" ");
    console_hex(index);
    console_text(":");
}

void machine_value(uint64_t value)
{
    console_text(" ");
    console_hex(value);
}

void machine_end_line(void)
{
    console_text("\n");
}

void machine_dump(const char *name, uint32_t address, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += 16) {
        machine_line(name, at);
        for (uint32_t i = at; i < at + 16 && i < length; i++)
            machine_value(memory_at(address)[i]);
        machine_end_line();
    }
}

bool sums_right(const uint8_t *at, uint32_t length)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + at[i]);
    return sum == 0;
}

static const uint8_t *find_between(uint32_t start, uint32_t end, const char *signature,
                                   uint32_t length)
{
    for (uint32_t at = start; at + length <= end; at += 16)
        if (memcmp(memory_at(at), signature, strlen(signature)) == 0 &&
            sums_right(memory_at(at), length))
            return memory_at(at);
    return NULL;
}

const uint8_t *machine_find(const char *signature, uint32_t length)
{
    uint32_t ebda = *(const uint16_t *)memory_at(BDA_EBDA) * 16u;
    const uint8_t *found = find_between(ebda, ebda + EBDA_BYTES, signature, length);
    return found ? found : find_between(ROM_START, ROM_END, signature, length);
}

const uint8_t *acpi_table(const char *signature)
{
    const uint8_t *rsdp = machine_find("RSD PTR ", 20);
    if (!rsdp)
        return NULL;
    const uint8_t *rsdt = memory_at(*(const uint32_t *)(rsdp + 16));
    uint32_t length = *(const uint32_t *)(rsdt + 4);
    for (uint32_t at = 36; at + 4 <= length; at += 4) {
        const uint8_t *table = memory_at(*(const uint32_t *)(rsdt + at));
        if (memcmp(table, signature, 4) == 0 && sums_right(table, *(const uint32_t *)(table + 4)))
            return table;
    }
    return NULL;
}

/* Port I/O rather than pci.c, which is the loader's. */
uint32_t pci_get(uint32_t function, uint32_t offset)
{
    out32(0xcf8, 0x80000000u | function << 8 | offset);
    return in32(0xcfc);
}

void pci_put(uint32_t function, uint32_t offset, uint32_t value)
{
    out32(0xcf8, 0x80000000u | function << 8 | offset);
    out32(0xcfc, value);
}

static void print_map(const struct info *info)
{
    uint32_t number = 0;
    for (uint32_t at = info->mmap_addr; at < info->mmap_addr + info->mmap_length; number++) {
        const struct map_entry *e = (const struct map_entry *)at;
        machine_line("map", number);
        machine_value((uint64_t)e->base_high << 32 | e->base_low);
        machine_value((uint64_t)e->length_high << 32 | e->length_low);
        machine_value(e->type);
        machine_end_line();
        at += e->size + 4;
    }
}

/* QEMU's file of fw_cfg in which the host keeps the address of its generation id, which the
   firmware has written there; and what is at that address. */
static void print_host(void)
{
    static const char wanted[] = "etc/vmgenid_addr";
    uint8_t entry[64];
    uint64_t address = 0;
    out16(0x510, 0x19); /* the directory: its count, then entries */
    uint32_t count = 0;
    for (int i = 0; i < 4; i++)
        count = count << 8 | in8(0x511);
    while (count-- > 0) {
        for (size_t i = 0; i < sizeof entry; i++)
            entry[i] = in8(0x511);
        if (strcmp((const char *)entry + 8, wanted) == 0) {
            out16(0x510, (uint16_t)(entry[4] << 8 | entry[5]));
            count = 0;
            for (uint32_t i = 0; i < 8; i++)
                address |= (uint64_t)in8(0x511) << (8 * i);
        }
    }
    machine_line("host", 0);
    for (uint32_t i = 0; i < 8; i++)
        machine_value(address >> (8 * i) & 0xff);
    machine_end_line();
    machine_dump("host_target", (uint32_t)address, 16);
}

static void print_registers(void)
{
    struct processor_state own;
    processor_read(&own);
    processor_print(&own, 0);
}

static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);
    for (; *line; line++)
        if (strncmp(line, word, length) == 0 && (line[length] == ' ' || line[length] == 0))
            return true;
    return false;
}

_Noreturn void kernel_main(uint32_t magic, const struct info *info)
{
    if (magic != MULTIBOOT_MAGIC)
        console_end(EXIT_WRONG);
    const char *words = (const char *)info->cmdline;
    console_start(false);
    if (has_word(words, "state"))
        machine_state();
    if (has_word(words, "masks"))
        machine_masks();
    if (has_word(words, "registers"))
        print_registers();
    if (has_word(words, "map"))
        print_map(info);
    if (has_word(words, "acpi"))
        machine_processors_by_acpi();
    if (has_word(words, "mp"))
        machine_processors_by_mp();
    if (has_word(words, "host"))
        print_host();
    if (has_word(words, "cards"))
        machine_cards();
    console_text("END\n");
    console_end(EXIT_RIGHT);
}

// SPDX-License-Identifier: BSD-2-Clause
// The report kernel: prints on COM1 all that a Multiboot 1 loader handed over (specification
// 0.6.96, 3.2 and 3.3), one "key: value" per line, then END, and ends QEMU. report2.c prints what a
// Multiboot 2 loader handed over, report_pvh.c that of PVH.
#include "adler32.h"
#include "console.h"
#include "multiboot1_info.h"
#include "stage2/bus/io.h"
#include "processors.h"
#include "report.h"

/* entry.asm has the same layout, make_kernel.py the contents. */
enum { OPTION_START_PROCESSORS = 1u << 0, OPTION_STAY = 1u << 1 };
enum region_kind { REGION_CODE = 1, REGION_DATA = 2, REGION_ZERO = 3 };
enum { EXIT_REPORTED = 0x10 }; /* QEMU then ends with status 33, which no error of its own has */

struct region {
    uint32_t kind, address, length, adler;
};

struct manifest {
    char magic[8];
    uint32_t base, code_start, code_end, file_end, memory_end;
    uint32_t options;
    uint32_t region_count;
    struct region regions[64];
};

struct saved {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp, eflags, cr0, cr3, cr4;
    uint32_t cs, ds, es, fs, gs, ss;
    struct {
        uint16_t limit;
        uint16_t base_low, base_high, unused;
    } gdtr, idtr;
    uint32_t bss_zero;
};

extern const struct manifest manifest;
void report(const struct saved *saved);

void key(const char *name)
{
    console_text(name);
    console_text(": ");
}

void key_of(const char *name, uint32_t index)
{
    console_text(name);
    console_text("[");
    console_decimal(index);
    console_text("]:");
}

void hex_line(const char *name, uint64_t value)
{
    key(name);
    console_hex(value);
    console_text("\n");
}

void text_line(const char *name, uint32_t address)
{
    key(name);
    console_escaped((const char *)address);
    console_text("\n");
}

void part(const char *name, uint64_t value)
{
    console_text(" ");
    console_text(name);
    console_text("=");
    console_hex(value);
}

/* Whether two addresses that differ only in bit 20 are two places. */
static bool a20_is_on(void)
{
    static volatile uint32_t here;
    volatile uint32_t *there = (volatile uint32_t *)((uint32_t)&here ^ 1u << 20);
    here = *there;
    uint32_t before = *there;
    here = ~before;
    return *there == before;
}

static void report_state(const struct saved *s)
{
    const struct {
        const char *name;
        uint32_t value;
    } registers[] = {
        {"eax", s->eax}, {"ebx", s->ebx},       {"ecx", s->ecx}, {"edx", s->edx}, {"esi", s->esi},
        {"edi", s->edi}, {"ebp", s->ebp},       {"esp", s->esp}, {"cr0", s->cr0}, {"cr3", s->cr3},
        {"cr4", s->cr4}, {"eflags", s->eflags}, {"cs", s->cs},   {"ds", s->ds},   {"es", s->es},
        {"fs", s->fs},   {"gs", s->gs},         {"ss", s->ss},
    };
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++)
        hex_line(registers[i].name, registers[i].value);
    hex_line("gdtr_base", wide(s->gdtr.base_low, 0) | (uint32_t)s->gdtr.base_high << 16);
    hex_line("gdtr_limit", s->gdtr.limit);
    hex_line("idtr_base", wide(s->idtr.base_low, 0) | (uint32_t)s->idtr.base_high << 16);
    hex_line("idtr_limit", s->idtr.limit);
    hex_line("interrupt_flag", s->eflags >> 9 & 1);
    hex_line("direction_flag", s->eflags >> 10 & 1);
    hex_line("a20", a20_is_on());
    hex_line("pic_masks", (uint64_t)(in8(0xa1) << 8 | in8(0x21)));
    hex_line("bss_zero", s->bss_zero);
}

static bool all_zero(const uint8_t *data, uint32_t length)
{
    for (; length && (uint32_t)data % 4; data++, length--)
        if (*data)
            return false;
    uint32_t words = length / 4;
    bool zero = true;
    if (words)
        __asm__ volatile("repe scasl; sete %0"
                         : "=q"(zero), "+D"(data), "+c"(words)
                         : "a"(0)
                         : "cc", "memory");
    for (uint32_t i = 0; zero && i < length % 4; i++)
        zero = !data[i];
    return zero;
}

static bool region_is_right(const struct region *region)
{
    const uint8_t *data = (const uint8_t *)region->address;
    return region->kind == REGION_ZERO ? all_zero(data, region->length)
                                       : adler32(data, region->length) == region->adler;
}

static void report_regions(void)
{
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < manifest.region_count; i++) {
        const struct region *region = &manifest.regions[i];
        bool right = region_is_right(region);
        wrong += !right;
        key_of("region", i);
        part("kind", region->kind);
        part("address", region->address);
        part("length", region->length);
        part("right", right);
        console_text("\n");
    }
    hex_line("regions", manifest.region_count);
    hex_line("regions_wrong", wrong);
}

static void report_modules(const struct info *info)
{
    hex_line("mods_count", info->mods_count);
    hex_line("mods_addr", info->mods_addr);
    const struct module *modules = (const struct module *)info->mods_addr;
    for (uint32_t i = 0; i < info->mods_count; i++) {
        const struct module *m = &modules[i];
        key_of("module", i);
        part("start", m->mod_start);
        part("end", m->mod_end);
        part("adler", adler32((const uint8_t *)m->mod_start, m->mod_end - m->mod_start));
        part("string", m->string);
        part("reserved", m->reserved);
        console_text(" text=");
        if (m->string)
            console_escaped((const char *)m->string);
        console_text("\n");
    }
}

static void report_memory_map(const struct info *info)
{
    hex_line("mmap_addr", info->mmap_addr);
    hex_line("mmap_length", info->mmap_length);
    uint32_t at = info->mmap_addr, end = info->mmap_addr + info->mmap_length;
    for (uint32_t i = 0; at < end; i++) {
        const struct map_entry *e = (const struct map_entry *)at;
        key_of("mmap", i);
        part("size", e->size);
        part("base", wide(e->base_low, e->base_high));
        part("length", wide(e->length_low, e->length_high));
        part("type", e->type);
        console_text("\n");
        at += e->size + 4;
    }
}

/* One ELF section header of either class (System V ABI, chapter 4). */
struct section {
    uint32_t name, type, link;
    uint64_t flags, address, offset, size;
};

enum { SECTION_HEADER_64 = 64, SECTION_NOBITS = 8 };

static struct section read_section(const uint32_t *h, uint32_t header_size)
{
    if (header_size == SECTION_HEADER_64)
        return (struct section){h[0],
                                h[1],
                                h[10],
                                wide(h[2], h[3]),
                                wide(h[4], h[5]),
                                wide(h[6], h[7]),
                                wide(h[8], h[9])};
    return (struct section){h[0], h[1], h[6], h[2], h[3], h[4], h[5]};
}

void report_sections(uint32_t count, uint32_t size, uint32_t table, uint32_t names_index)
{
    hex_line("elf_num", count);
    hex_line("elf_size", size);
    hex_line("elf_addr", table);
    hex_line("elf_shndx", names_index);
    const char *names = NULL;
    if (names_index < count)
        names = (const char *)(uint32_t)read_section((const uint32_t *)(table + names_index * size),
                                                     size)
                    .address;
    for (uint32_t i = 0; i < count; i++) {
        struct section s = read_section((const uint32_t *)(table + i * size), size);
        key_of("section", i);
        part("type", s.type);
        part("flags", s.flags);
        part("address", s.address);
        part("offset", s.offset);
        part("size", s.size);
        part("link", s.link);
        if (s.size != 0 && s.type != SECTION_NOBITS) /* may be at 0: GRUB 2.12 starts there */
            part("adler", adler32((const uint8_t *)(uint32_t)s.address, (size_t)s.size));
        if (names) {
            console_text(" name=");
            console_escaped(names + s.name);
        }
        console_text("\n");
    }
}

/* 3.3: the table's size, the table, then the strings; their size includes its own 4 bytes. */
static void report_aout_symbols(const uint32_t syms[4])
{
    const uint8_t *table = (const uint8_t *)syms[2];
    hex_line("aout_tabsize", syms[0]);
    hex_line("aout_strsize", syms[1]);
    hex_line("aout_addr", syms[2]);
    hex_line("aout_reserved", syms[3]);
    hex_line("aout_table_size_word", *(const uint32_t *)table);
    hex_line("aout_table_adler", adler32(table + 4, syms[0]));
    hex_line("aout_string_size_word", *(const uint32_t *)(table + 4 + syms[0]));
    hex_line("aout_strings_adler", adler32(table + 4 + syms[0], syms[1]));
}

static void report_drives(const struct info *info)
{
    uint32_t at = info->drives_addr, end = info->drives_addr + info->drives_length;
    hex_line("drives_length", info->drives_length);
    for (uint32_t i = 0; at < end; i++) {
        const struct drive *drive = (const struct drive *)at;
        key_of("drive", i);
        part("size", drive->size);
        part("number", drive->number);
        part("mode", drive->mode);
        part("cylinders", drive->cylinders);
        part("heads", drive->heads);
        part("sectors", drive->sectors);
        uint32_t count = 0;
        while (drive->ports[count])
            count++;
        part("ports", count);
        part("first_port", drive->ports[0]);
        part("last_port", count ? drive->ports[count - 1] : 0);
        console_text("\n");
        if (drive->size < sizeof *drive)
            break;
        at += drive->size;
    }
}

/* IBM PS/2 BIOS: length (without this word), model, submodel. */
static void report_config_table(uint32_t table)
{
    hex_line("config_table", table);
    hex_line("config_table_length", *(const uint16_t *)table);
    hex_line("config_table_model", ((const uint8_t *)table)[2]);
}

static void report_video(const struct info *info)
{
    if (info->flags & INFO_VBE) {
        hex_line("vbe_control_info", info->vbe_control_info);
        hex_line("vbe_mode_info", info->vbe_mode_info);
        hex_line("vbe_mode", info->vbe_mode);
        hex_line("vbe_interface_seg", info->vbe_interface_seg);
        hex_line("vbe_interface_off", info->vbe_interface_off);
        hex_line("vbe_interface_len", info->vbe_interface_len);
        hex_line("vbe_signature",
                 info->vbe_control_info ? *(const uint32_t *)info->vbe_control_info : 0);
    }
    if (info->flags & INFO_FRAMEBUFFER) {
        hex_line("framebuffer_addr", wide(info->framebuffer_addr_low, info->framebuffer_addr_high));
        hex_line("framebuffer_pitch", info->framebuffer_pitch);
        hex_line("framebuffer_width", info->framebuffer_width);
        hex_line("framebuffer_height", info->framebuffer_height);
        hex_line("framebuffer_bpp", info->framebuffer_bpp);
        hex_line("framebuffer_type", info->framebuffer_type);
    }
}

static void report_info(const struct info *info)
{
    uint32_t flags = info->flags;
    hex_line("flags", flags);
    if (flags & INFO_MEMORY) {
        hex_line("mem_lower", info->mem_lower);
        hex_line("mem_upper", info->mem_upper);
    }
    if (flags & INFO_BOOT_DEVICE)
        hex_line("boot_device", info->boot_device);
    hex_line("cmdline_addr", info->cmdline); /* HermitCore reads it even without bit 2 */
    if (flags & INFO_CMDLINE)
        text_line("cmdline", info->cmdline);
    if (flags & INFO_MODULES)
        report_modules(info);
    if (flags & INFO_AOUT_SYMBOLS)
        report_aout_symbols(info->syms);
    if (flags & INFO_ELF_SECTIONS)
        report_sections(info->syms[0], info->syms[1], info->syms[2], info->syms[3]);
    if (flags & INFO_MEMORY_MAP)
        report_memory_map(info);
    if (flags & INFO_DRIVES)
        report_drives(info);
    if (flags & INFO_CONFIG_TABLE)
        report_config_table(info->config_table);
    if (flags & INFO_LOADER_NAME) {
        hex_line("boot_loader_name_addr", info->boot_loader_name);
        text_line("boot_loader_name", info->boot_loader_name);
    }
    if (flags & INFO_APM_TABLE)
        report_apm(info->apm_table);
    report_video(info);
}

void report(const struct saved *saved)
{
    console_start(false);
    hex_line("report", 1);
    if (manifest.options & OPTION_START_PROCESSORS)
        hex_line("processors_started", processors_start());
    hex_line("base", manifest.base);
    report_state(saved);
    report_regions();
    report_processor_tables();
    if (saved->eax == MULTIBOOT2_BOOT_MAGIC)
        report_multiboot2(saved->ebx);
    else if (*(const uint32_t *)saved->ebx == PVH_START_MAGIC)
        report_pvh(saved->ebx);
    else
        report_info((const struct info *)saved->ebx);
    console_text("END\n");
    while (manifest.options & OPTION_STAY)
        __asm__ volatile("cli; hlt");
    console_end(EXIT_REPORTED);
}

// SPDX-License-Identifier: BSD-2-Clause
// The kernel that `make demo` boots: prints its loader's name and what it was given on screen and
// serial port, then ends QEMU.
#include "adler32.h"
#include "console.h"
#include "multiboot1_info.h"

enum { MULTIBOOT_MAGIC = 0x2badb002, EXIT_RIGHT = 0x10, EXIT_WRONG = 0x11 };

_Noreturn void kernel_main(uint32_t magic, const struct info *info);

static void line(const char *name, const char *text)
{
    console_text(name);
    console_text(text);
    console_text("\n");
}

static void say_module(const struct module *module)
{
    const uint8_t *start = (const uint8_t *)module->mod_start;
    uint32_t size = module->mod_end - module->mod_start;
    console_text("  module        ");
    console_text((const char *)module->string);
    console_text(": ");
    console_decimal(size);
    console_text(" bytes at ");
    console_hex(module->mod_start);
    console_text(", Adler-32 ");
    console_hex(adler32(start, size));
    console_text("\n");
}

static void say_memory(const struct info *info)
{
    uint32_t at = info->mmap_addr, end = info->mmap_addr + info->mmap_length;
    uint64_t available = 0;
    while (at < end) {
        const struct map_entry *e = (const struct map_entry *)at;
        if (e->type == 1)
            available += (uint64_t)e->length_high << 32 | e->length_low;
        at += e->size + 4;
    }
    console_text("  memory        ");
    console_decimal((uint32_t)(available >> 20));
    console_text(" MiB available\n");
}

_Noreturn void kernel_main(uint32_t magic, const struct info *info)
{
    console_start(true);
    console_text("\nHello from the demo kernel.\n");
    if (magic != MULTIBOOT_MAGIC) {
        console_text("  This was no Multiboot loader: the magic number in EAX is wrong.\n");
        console_end(EXIT_WRONG);
    }
    line("  loaded by     ", (const char *)info->boot_loader_name);
    line("  command line  ", (const char *)info->cmdline);
    const struct module *modules = (const struct module *)info->mods_addr;
    for (uint32_t i = 0; i < info->mods_count; i++)
        say_module(&modules[i]);
    say_memory(info);
    console_text("Good bye.\n");
    console_end(EXIT_RIGHT);
}

// SPDX-License-Identifier: BSD-2-Clause
// See linux.h: boot_params (zero-page.rst), the real-mode block, and the code that enters the
// kernel.
#include "loader/linux.h"

#include <string.h>

enum {
    /* struct screen_info, at the start of boot_params. */
    ORIG_X = 0x00,
    ORIG_Y = 0x01,
    EXT_MEM_K = 0x02,
    ORIG_VIDEO_MODE = 0x06,
    ORIG_VIDEO_COLS = 0x07,
    ORIG_VIDEO_LINES = 0x0e,
    ORIG_VIDEO_IS_VGA = 0x0f,
    ORIG_VIDEO_POINTS = 0x10,
    LFB_WIDTH = 0x12,
    LFB_HEIGHT = 0x14,
    LFB_DEPTH = 0x16,
    LFB_BASE = 0x18,
    LFB_SIZE = 0x1c,
    CL_MAGIC = 0x20,
    CL_OFFSET = 0x22,
    LFB_LINELENGTH = 0x24,
    LFB_COLOURS = 0x26, /* size and position of red, green, blue, reserved */
    CAPABILITIES = 0x36,
    EXT_LFB_BASE = 0x3a,

    ACPI_RSDP_ADDR = 0x70,
    EFI_INFO = 0x1c0,
    ALT_MEM_K = 0x1e0,
    E820_ENTRIES = 0x1e8,
    E820_TABLE = 0x2d0,

    /* The setup header. */
    SETUP_SECTS = 0x1f1,
    VID_MODE = 0x1fa,
    ROOT_DEV = 0x1fc,
    TYPE_OF_LOADER = 0x210,
    LOADFLAGS = 0x211,
    SETUP_MOVE_SIZE = 0x212,
    CODE32_START = 0x214,
    RAMDISK_IMAGE = 0x218,
    RAMDISK_SIZE = 0x21c,
    HEAP_END_PTR = 0x224,
    CMD_LINE_PTR = 0x228,
    SETUP_DATA = 0x250,

    CL_MAGIC_VALUE = 0xa33f,
    GRUB_LOADER = 0x72,       /* type_of_loader: GRUB 2 */
    ROOT_DEV_RAM = 0x100,     /* /dev/ram0 */
    OLD_EXT_MEM_KIB = 0x8000, /* GRUB's: kernels look at the memory map instead */
    HEAP_HEADER = 0x200,      /* heap_end_ptr counts from the end of the boot sector */
    VIDEO_TEXT = 0x01,        /* orig_video_isVGA */
    VIDEO_VESA = 0x23,
    VIDEO_SIMPLE = 0x70, /* also that of UEFI's frame buffers */
    VIDEO_64_BIT_BASE = 2,
    PALETTE_BITS = 6, /* of a colour in the VGA's palette */
    TEXT_MODE = 3,
    TEXT_COLUMNS = 80,
    TEXT_LINES = 25,
    TEXT_POINTS = 16,
    VESA_SIZE_SHIFT = 16, /* lfb_size of VESA modes is in units of 64 KiB */

    E820_MOST = 128,
    E820_ENTRY_BYTES = 20,
    SETUP_E820_EXT = 1,
    SETUP_DATA_HEAD = 16, /* next, type, length */

    REAL_CODE_SELECTOR = 8,
    REAL_DATA_SELECTOR = 16,
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

// ---- The code that enters the kernel (NASM's syntax in the comments)

/* 32-bit boot protocol: EBX, EBP and EDI are 0, ESI has the address of boot_params. */
static const uint8_t code_32[] = {
    0x31, 0xdb,                      /* xor ebx, ebx */
    0x31, 0xed,                      /* xor ebp, ebp */
    0x31, 0xff,                      /* xor edi, edi */
    0xbe, 0,    0, 0, 0,             /* mov esi, boot_params */
    0xea, 0,    0, 0, 0, 0x10, 0x00, /* jmp 0x10:entry */
};
enum { CODE_32_PARAMS = 7, CODE_32_ENTRY = 12 };

/* Goes to real mode. Its offsets are those from its first byte, which is the base of the 16-bit
   segment. */
static const uint8_t code_16[] = {
    0x0f, 0x01, 0x15, 0, 0, 0, 0,    /* 00: lgdt [gdt_pointer] */
    0x0f, 0x01, 0x1d, 0, 0, 0, 0,    /* 07: lidt [idt_pointer] */
    0xea, 0x15, 0, 0, 0, 0x08, 0x00, /* 0e: jmp REAL_CODE_SELECTOR:0x15 */
                                     /* 16-bit code: */
    0xb8, 0x10, 0x00,                /* 15: mov ax, REAL_DATA_SELECTOR */
    0x8e, 0xd8,                      /* 18: mov ds, ax */
    0x8e, 0xc0,                      /* 1a: mov es, ax */
    0x8e, 0xe0,                      /* 1c: mov fs, ax */
    0x8e, 0xe8,                      /* 1e: mov gs, ax */
    0x8e, 0xd0,                      /* 20: mov ss, ax */
    0x0f, 0x20, 0xc0,                /* 22: mov eax, cr0 */
    0x24, 0xfe,                      /* 25: and al, ~1 */
    0x0f, 0x22, 0xc0,                /* 27: mov cr0, eax */
    0xea, 0x2f, 0x00, 0, 0,          /* 2a: jmp segment:0x2f */
                                     /* Real mode: */
    0xb8, 0, 0,                      /* 2f: mov ax, segment of the real-mode block */
    0x8e, 0xd8,                      /* 32: mov ds, ax */
    0x8e, 0xc0,                      /* 34: mov es, ax */
    0x8e, 0xe0,                      /* 36: mov fs, ax */
    0x8e, 0xe8,                      /* 38: mov gs, ax */
    0x8e, 0xd0,                      /* 3a: mov ss, ax */
    0xbc, 0x00, 0x90,                /* 3c: mov sp, LINUX_REAL_HEAP_END */
    0x31, 0xd2,                      /* 3f: xor dx, dx */
    0xea, 0x00, 0x00, 0, 0,          /* 41: jmp segment + 0x20:0 */
    0, 0,                            /* 46: for alignment */
    /* 48: the GDT; its null descriptor has the pointers */
    0x17, 0x00, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x9a, 0,
    0,                               /* 50: 16-bit code, its base is this code's */
    0xff, 0xff, 0, 0, 0, 0x92, 0, 0, /* 58: 16-bit data */
    0xff, 0x03, 0, 0, 0, 0,          /* 60: real mode's interrupt vectors */
};
enum {
    CODE_16_ALIGNMENT = 16,
    LGDT = 0x03,
    LIDT = 0x0a,
    REAL_JUMP = 0x2d, /* its segment */
    BLOCK = 0x30,
    SETUP_JUMP = 0x44, /* its segment */
    GDT_POINTER = 0x48,
    CODE_BASE = 0x52, /* bits 0 to 23 */
    IDT_POINTER = 0x60,
    SETUP_CODE = 0x20, /* in paragraphs: after the boot sector */
};

/* Writes code_16 for a real-mode block at this address. */
static void write_code_16(uint8_t *code, uint32_t address, uint32_t block)
{
    memcpy(code, code_16, sizeof code_16);
    put32(code + LGDT, address + GDT_POINTER);
    put32(code + LIDT, address + IDT_POINTER);
    put16(code + REAL_JUMP, address >> 4);
    put16(code + BLOCK, block >> 4);
    put16(code + SETUP_JUMP, (block >> 4) + SETUP_CODE);
    put32(code + GDT_POINTER + 2, address + GDT_POINTER);
    put16(code + CODE_BASE, address);
    code[CODE_BASE + 2] = (uint8_t)(address >> 16);
}

// ---- Where everything is

/* Offsets of the parts. */
struct layout {
    uint32_t command_line, more_ranges, efi_map, code;
    uint64_t end;
};

static uint64_t align(uint64_t offset, uint32_t alignment)
{
    return (offset + alignment - 1) & ~(uint64_t)(alignment - 1);
}

static size_t more_ranges(const struct linux_boot *boot, size_t ranges)
{
    return ranges > E820_MOST && boot->header.version >= 0x209 ? ranges - E820_MOST : 0;
}

static struct layout lay_out(const struct linux_boot *boot, size_t ranges, size_t efi_map_bytes)
{
    struct layout layout = {.command_line = LINUX_BOOT_PARAMS_BYTES};
    bool is_real = boot->way == LINUX_BY_REAL_MODE;
    if (is_real) {
        layout.command_line = LINUX_REAL_HEAP_END;
    }
    uint64_t end = layout.command_line + (uint64_t)boot->command_line_length + 1;
    end = align(end, CODE_16_ALIGNMENT);
    layout.code = (uint32_t)end;
    end = align(end + (is_real ? sizeof code_16 : sizeof code_32), CODE_16_ALIGNMENT);
    layout.more_ranges = (uint32_t)end;
    if (!is_real && more_ranges(boot, ranges) != 0) {
        end += SETUP_DATA_HEAD + more_ranges(boot, ranges) * (uint64_t)E820_ENTRY_BYTES;
    }
    layout.efi_map = (uint32_t)align(end, CODE_16_ALIGNMENT);
    layout.end = layout.efi_map + (is_real ? 0 : (uint64_t)efi_map_bytes);
    return layout;
}

uint64_t linux_information_size(const struct linux_boot *boot, size_t ranges, size_t efi_map_bytes)
{
    return lay_out(boot, ranges, efi_map_bytes).end;
}

uint32_t linux_entry_offset(const struct linux_boot *boot)
{
    return lay_out(boot, 0, 0).code;
}

uint32_t linux_first_instruction(const struct linux_boot *boot, uint32_t information_address)
{
    return boot->way == LINUX_BY_REAL_MODE
               ? information_address + SETUP_CODE * CODE_16_ALIGNMENT
               : boot->kernel_address + boot->header.code32_start - LINUX_HIGH;
}

// ---- boot_params

static void write_e820(uint8_t *at, const struct memory_range *range, size_t count)
{
    for (; count > 0; count--, range++, at += E820_ENTRY_BYTES) {
        put64(at, range->address);
        put64(at + 8, range->length);
        put32(at + 16, range->type);
    }
}

static void write_memory(const struct linux_boot *boot, const struct memory_map *map,
                         uint8_t *params, uint32_t address, const struct layout *layout)
{
    size_t first = map->count < E820_MOST ? map->count : (size_t)E820_MOST;
    size_t more = more_ranges(boot, map->count);
    params[E820_ENTRIES] = (uint8_t)first;
    write_e820(params + E820_TABLE, map->ranges, first);
    put16(params + EXT_MEM_K, OLD_EXT_MEM_KIB);
    put32(params + ALT_MEM_K, OLD_EXT_MEM_KIB);
    if (more != 0) {
        uint8_t *data = params + layout->more_ranges;
        put32(data + 8, SETUP_E820_EXT);
        put32(data + 12, (uint32_t)more * E820_ENTRY_BYTES);
        write_e820(data + SETUP_DATA_HEAD, map->ranges + first, more);
        put64(params + SETUP_DATA, address + layout->more_ranges);
    }
}

void linux_write_cursor(struct screen_cursor cursor, uint8_t *boot_params)
{
    if (boot_params[ORIG_VIDEO_IS_VGA] == VIDEO_TEXT) {
        boot_params[ORIG_X] = (uint8_t)cursor.column;
        boot_params[ORIG_Y] = (uint8_t)cursor.row;
    }
}

static void write_text_screen(uint8_t *params)
{
    params[ORIG_VIDEO_MODE] = TEXT_MODE;
    params[ORIG_VIDEO_COLS] = TEXT_COLUMNS;
    params[ORIG_VIDEO_LINES] = TEXT_LINES;
    params[ORIG_VIDEO_IS_VGA] = VIDEO_TEXT;
    put16(params + ORIG_VIDEO_POINTS, TEXT_POINTS);
}

static void write_screen(const struct video *video, bool is_efi, uint8_t *params)
{
    const struct framebuffer *framebuffer = video != NULL ? &video->framebuffer : NULL;
    if (framebuffer == NULL || framebuffer->type == FRAMEBUFFER_NONE ||
        (framebuffer->type == FRAMEBUFFER_TEXT && is_efi)) {
        put16(params + ORIG_VIDEO_POINTS, TEXT_POINTS);
        return;
    }
    if (framebuffer->type == FRAMEBUFFER_TEXT) {
        write_text_screen(params);
        return;
    }
    bool is_vesa = video->vbe_mode_info != NULL && !is_efi;
    uint64_t bytes = (uint64_t)framebuffer->pitch * framebuffer->height;
    bytes = align(bytes, 1u << VESA_SIZE_SHIFT);
    params[ORIG_VIDEO_IS_VGA] = is_vesa ? VIDEO_VESA : VIDEO_SIMPLE;
    put16(params + ORIG_VIDEO_POINTS, TEXT_POINTS);
    put16(params + LFB_WIDTH, framebuffer->width);
    put16(params + LFB_HEIGHT, framebuffer->height);
    put16(params + LFB_DEPTH, framebuffer->bpp);
    put16(params + LFB_LINELENGTH, framebuffer->pitch);
    put32(params + LFB_BASE, (uint32_t)framebuffer->address);
    put32(params + LFB_SIZE, (uint32_t)(is_vesa ? bytes >> VESA_SIZE_SHIFT : bytes));
    if (framebuffer->address > UINT32_MAX) {
        put32(params + EXT_LFB_BASE, (uint32_t)(framebuffer->address >> 32));
        put32(params + CAPABILITIES, VIDEO_64_BIT_BASE);
    }
    if (framebuffer->type == FRAMEBUFFER_INDEXED) {
        params[LFB_COLOURS] = params[LFB_COLOURS + 2] = params[LFB_COLOURS + 4] = PALETTE_BITS;
        return;
    }
    for (unsigned i = 0; i < sizeof framebuffer->masks; i += 2) { /* position, size */
        params[LFB_COLOURS + i] = framebuffer->masks[i + 1];
        params[LFB_COLOURS + i + 1] = framebuffer->masks[i];
    }
    if (framebuffer->bpp == 32 && framebuffer->masks[1] == 8) {
        params[LFB_COLOURS + 6] = 8; /* what is left of a pixel */
        params[LFB_COLOURS + 7] = 24;
    }
}

/* struct efi_info (protocol 2.08 and later). The kernel ends no boot services by this: they have
   ended. */
static void write_efi(const struct boot_efi *efi, uint8_t *params, uint32_t address,
                      const struct layout *layout)
{
    uint8_t *info = params + EFI_INFO;
    uint32_t map = address + layout->efi_map;
    memcpy(params + layout->efi_map, efi->memory_map.data, efi->memory_map.size);
    memcpy(info, efi->is_64 ? "EL64" : "EL32", 4);
    put32(info + 4, (uint32_t)efi->system_table);
    put32(info + 8, efi->descriptor_size);
    put32(info + 12, efi->descriptor_version);
    put32(info + 16, map);
    put32(info + 20, (uint32_t)efi->memory_map.size);
    put32(info + 24, (uint32_t)(efi->system_table >> 32));
}

/* Fills in the fields of the setup header that a loader has to, as far as all ways share them. */
static void write_header(const struct linux_boot *boot, uint8_t *params, uint32_t command_line)
{
    const struct linux_header *header = &boot->header;
    if (header->version == 0) {
        return;
    }
    params[TYPE_OF_LOADER] = GRUB_LOADER;
    if (header->version >= 0x201) {
        params[LOADFLAGS] |= LINUX_CAN_USE_HEAP;
        put16(params + HEAP_END_PTR, LINUX_REAL_HEAP_END - HEAP_HEADER);
    }
    if (header->version >= 0x202) {
        put32(params + CMD_LINE_PTR, command_line);
    }
    if (boot->initrd_bytes != 0) {
        put32(params + RAMDISK_IMAGE, boot->initrd_address);
        put32(params + RAMDISK_SIZE, boot->initrd_bytes);
    }
}

static void write_boot_params(const struct linux_boot *boot,
                              const struct boot_information *information, uint8_t *buffer,
                              uint32_t address, const struct layout *layout)
{
    const struct linux_header *header = &boot->header;
    uint32_t entry = linux_first_instruction(boot, address);
    memcpy(buffer + LINUX_HEADER, header->fields, header->field_bytes);
    write_header(boot, buffer, address + layout->command_line);
    put16(buffer + CL_MAGIC, CL_MAGIC_VALUE);
    put16(buffer + CL_OFFSET, layout->command_line);
    put32(buffer + CODE32_START, entry);
    put16(buffer + ROOT_DEV,
          boot->initrd_bytes != 0 ? (uint32_t)ROOT_DEV_RAM : load16(buffer + ROOT_DEV));
    if (linux_argument(boot->command_line, "quiet") != NULL) {
        buffer[LOADFLAGS] |= LINUX_QUIET;
    }
    if (header->version >= 0x20e && information->rsdp.size != 0) {
        put64(buffer + ACPI_RSDP_ADDR, (uintptr_t)information->rsdp.data);
    }
    if (boot->way == LINUX_BY_32_BIT) {
        write_memory(boot, information->map, buffer, address, layout);
        write_screen(information->video, information->efi != NULL, buffer);
        if (information->efi != NULL && header->version >= 0x208) {
            write_efi(information->efi, buffer, address, layout);
        }
        uint8_t *code = buffer + layout->code;
        memcpy(code, code_32, sizeof code_32);
        put32(code + CODE_32_PARAMS, address);
        put32(code + CODE_32_ENTRY, entry);
    }
}

// ---- The real-mode block

/* vid_mode as `vga=` sets it; false: no such argument. */
static bool find_vid_mode(const char *command_line, uint32_t *mode)
{
    static const struct {
        const char *name;
        uint16_t mode;
    } names[] = {{"normal", 0xffff}, {"ext", 0xfffe}, {"ask", 0xfffd}};
    const char *value = linux_argument(command_line, "vga=");
    if (value == NULL) {
        return false;
    }
    *mode = (uint32_t)linux_number(value);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i].name);
        if (strncmp(value, names[i].name, length) == 0 &&
            (value[length] == 0 || value[length] == ' ')) {
            *mode = names[i].mode;
        }
    }
    return true;
}

static void write_real_mode(const struct linux_boot *boot, uint8_t *buffer, uint32_t address,
                            const struct layout *layout)
{
    const struct linux_header *header = &boot->header;
    uint32_t mode;
    memcpy(buffer, boot->setup_code, header->setup_bytes);
    if (buffer[SETUP_SECTS] == 0) {
        buffer[SETUP_SECTS] = (uint8_t)(header->setup_bytes / 512 - 1);
    }
    write_header(boot, buffer, address + layout->command_line);
    if (header->version < 0x202) {
        put16(buffer + CL_MAGIC, CL_MAGIC_VALUE);
        put16(buffer + CL_OFFSET, layout->command_line);
        if (header->version != 0) {
            put16(buffer + SETUP_MOVE_SIZE, layout->command_line + boot->command_line_length + 1);
        }
    }
    if (find_vid_mode(boot->command_line, &mode)) {
        put16(buffer + VID_MODE, mode);
    }
    write_code_16(buffer + layout->code, address + layout->code, address);
}

void linux_write_information(const struct linux_boot *boot,
                             const struct boot_information *information, uint8_t *buffer,
                             uint32_t address)
{
    size_t efi_map = information->efi != NULL ? information->efi->memory_map.size : 0;
    struct layout layout = lay_out(boot, information->map->count, efi_map);
    memcpy(buffer + layout.command_line, boot->command_line, boot->command_line_length);
    if (boot->way == LINUX_BY_REAL_MODE) {
        write_real_mode(boot, buffer, address, &layout);
    } else {
        write_boot_params(boot, information, buffer, address, &layout);
    }
}

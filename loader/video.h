// SPDX-License-Identifier: BSD-2-Clause
// The video mode in which a kernel starts: the framebuffer as Multiboot 1 (0.6.96, 3.3) and
// Multiboot 2 (2.0, 3.6) describe it, and VBE's information (3.0) about it.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum framebuffer_type {
    FRAMEBUFFER_INDEXED = 0,
    FRAMEBUFFER_RGB = 1,
    FRAMEBUFFER_TEXT = 2,
    FRAMEBUFFER_NONE = 0xff, /* not a type of the specifications: there is no screen */
};

enum {
    VBE_CONTROL_INFO_BYTES = 512,
    VBE_MODE_INFO_BYTES = 256,
    PALETTE_COLOURS = 16,
};

/* The palette of indexed modes: VGA's text colours as red, green, blue, 8 bits each. */
extern const uint8_t video_palette[PALETTE_COLOURS][3];

/* The framebuffer as both protocols store it. The text of Multiboot 1 has the masks two bytes
   earlier, the text of Multiboot 2 one byte. The specifications' header files, which kernels are
   compiled with, and GRUB have them here. */
struct framebuffer {
    uint64_t address; /* physical */
    uint32_t pitch;   /* bytes */
    uint32_t width, height;
    uint8_t bpp;
    uint8_t type; /* enum framebuffer_type */
    uint16_t reserved;
    uint8_t masks[6]; /* FRAMEBUFFER_RGB: position and size of red, green and blue; else 0 */
} __attribute__((packed));
_Static_assert(offsetof(struct framebuffer, type) == 21, "Multiboot 0.6.96, 3.3");
_Static_assert(offsetof(struct framebuffer, masks) == 24, "Multiboot 0.6.96, multiboot.h");

/* A place on the text screen, from 0 on. */
struct screen_cursor {
    unsigned row, column;
};

struct video {
    struct framebuffer framebuffer;
    const uint8_t *vbe_control_info; /* VBE_CONTROL_INFO_BYTES; NULL: the firmware has no VBE */
    const uint8_t *vbe_mode_info;    /* VBE_MODE_INFO_BYTES */
    uint32_t vbe_control_address;    /* where the firmware wrote the control info */
    uint16_t vbe_mode;               /* 3 in text mode, else with bit 14 for the linear buffer */
    uint16_t vbe_interface_seg, vbe_interface_off, vbe_interface_len; /* 0: there is none */
};

/* Copies the control info to target, where the kernel will find it at this physical address.
   Pointers into the original become pointers into the copy. */
void video_copy_control_info(const struct video *video, uint8_t *target, uint32_t address);

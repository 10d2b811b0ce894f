// SPDX-License-Identifier: BSD-2-Clause
// The VESA BIOS Extension (VBE 3.0), for vbe.c, which every boot needs, and vbe_modes.overlay.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "boot/bios/bios.h"
#include "loader/information.h"

enum {
    VBE_CONTROLLER_INFORMATION = 0x4f00,
    VBE_MODE_INFORMATION = 0x4f01,
    VBE_SET_MODE = 0x4f02,
    VBE_SET_PALETTE = 0x4f09,
    VBE_PROTECTED_MODE_INTERFACE = 0x4f0a,
    VBE_DDC = 0x4f15,
};

struct vbe_control_info {
    char signature[4];
    uint16_t version;
    uint32_t oem_string;
    uint32_t capabilities;
    uint16_t mode_list_offset, mode_list_segment;
    uint16_t total_memory;
    uint8_t more[VBE_CONTROL_INFO_BYTES - 20];
} __attribute__((packed));
_Static_assert(sizeof(struct vbe_control_info) == VBE_CONTROL_INFO_BYTES, "VBE 3.0, 4.3");

struct vbe_mode_info {
    uint16_t attributes;
    uint8_t windows[14];
    uint16_t bytes_per_line;
    uint16_t width, height;
    uint8_t character_size[2];
    uint8_t planes;
    uint8_t bits_per_pixel;
    uint8_t banks;
    uint8_t memory_model;
    uint8_t bank_size, pages, reserved1;
    struct {
        uint8_t size, position;
    } masks[3]; /* red, green, blue */
    uint8_t reserved_mask[2];
    uint8_t direct_colour;
    uint32_t address;
    uint8_t reserved2[6];
    uint16_t linear_bytes_per_line; /* VBE 3.0 */
    uint8_t more[VBE_MODE_INFO_BYTES - 52];
} __attribute__((packed));
_Static_assert(offsetof(struct vbe_mode_info, address) == 40, "VBE 3.0, 4.4");
_Static_assert(sizeof(struct vbe_mode_info) == VBE_MODE_INFO_BYTES, "VBE 3.0, 4.4");

/* What the firmware told, in memory that it reaches. */
struct vbe {
    bool is_present;
    struct bios_registers answer; /* of the last call */
    struct vbe_control_info control;
    struct vbe_mode_info text_info;
};
extern struct vbe vbe;

/* Calls one of the functions above with BX, CX, and ES:DI at memory. False: it failed. */
bool vbe_call(uint32_t function, uint32_t ebx, uint32_t ecx, const void *memory);

/* Asks for the controller information, which all other functions need. vbe_ask() fills in the call;
   after it was made, vbe_describe_text() describes the screen in text mode by its result. */
void vbe_ask(struct bios_registers *call);
void vbe_describe_text(const struct bios_registers *answer, struct video *video);

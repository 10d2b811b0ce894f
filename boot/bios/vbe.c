// SPDX-License-Identifier: BSD-2-Clause
// The screen in text mode, in VBE's terms (3.0, section 4). vbe_modes.overlay.c has graphics modes.
#include "boot/bios/vbe.h"

#include <string.h>
#include "stage2/firmware.h"

enum {
    INT_VIDEO = 0x10,
    VBE_SUCCESS = 0x004f, /* AX */
    MODE_TEXT = 3,
    TEXT_COLUMNS = 80,
    TEXT_ROWS = 25,
};

struct vbe vbe;

static const struct framebuffer text = {
    .address = 0xb8000,
    .pitch = 2 * TEXT_COLUMNS,
    .width = TEXT_COLUMNS,
    .height = TEXT_ROWS,
    .bpp = 16,
    .type = FRAMEBUFFER_TEXT,
};

bool vbe_call(uint32_t function, uint32_t ebx, uint32_t ecx, const void *memory)
{
    struct bios_registers registers = {
        .eax = function,
        .ebx = ebx,
        .ecx = ecx,
        .es = bios_segment(memory),
        .edi = bios_offset(memory),
    };
    bios_call(INT_VIDEO, &registers);
    vbe.answer = registers;
    return (uint16_t)registers.eax == VBE_SUCCESS;
}

void vbe_ask(struct bios_registers *call)
{
    memcpy(vbe.control.signature, "VBE2",
           sizeof vbe.control.signature); /* asks for all 512 bytes */
    call->interrupt = INT_VIDEO;
    call->eax = VBE_CONTROLLER_INFORMATION;
    call->es = bios_segment(&vbe.control);
    call->edi = bios_offset(&vbe.control);
}

void vbe_describe_text(const struct bios_registers *answer, struct video *video)
{
    memset(video, 0, sizeof *video);
    vbe.is_present = (uint16_t)answer->eax == VBE_SUCCESS;
    if (vbe.is_present) {
        video->vbe_control_info = (const uint8_t *)&vbe.control;
        video->vbe_control_address = (uint32_t)(uintptr_t)&vbe.control;
        video->vbe_mode = MODE_TEXT;
        video->vbe_mode_info = (const uint8_t *)&vbe.text_info;
        vbe.text_info.width = TEXT_COLUMNS; /* VBE does not describe mode 3 */
        vbe.text_info.height = TEXT_ROWS;
    }
    video->framebuffer = text;
    if (!vbe.is_present && !firmware_screen_present()) {
        video->framebuffer.type = FRAMEBUFFER_NONE;
    }
}

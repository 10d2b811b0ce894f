// SPDX-License-Identifier: BSD-2-Clause
// Video modes by the Graphics Output Protocol (UEFI 2.10, 12.9). There is no text mode: a kernel
// that asks for no mode gets the current frame buffer.
#include "boot/efi/uefi.h"
#include "loader/video.h"
#include "stage2/firmware.h"

enum { BYTE_BITS = 8, COLOURS = 3 };

static EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

static unsigned depth_of(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info)
{
    const EFI_PIXEL_BITMASK *masks = &info->PixelInformation;
    switch (info->PixelFormat) {
    case PixelRedGreenBlueReserved8BitPerColor:
    case PixelBlueGreenRedReserved8BitPerColor:
        return 32;
    case PixelBitMask: {
        uint32_t all = masks->RedMask | masks->GreenMask | masks->BlueMask | masks->ReservedMask;
        return all == 0 ? 0 : (32 - (unsigned)__builtin_clz(all) + BYTE_BITS - 1) & ~7u;
    }
    default:
        return 0; /* PixelBltOnly: no frame buffer */
    }
}

static void describe_masks(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info,
                           struct framebuffer *framebuffer)
{
    uint32_t masks[COLOURS] = {0xff, 0xff00, 0xff0000};
    if (info->PixelFormat == PixelBlueGreenRedReserved8BitPerColor) {
        masks[0] = 0xff0000;
        masks[2] = 0xff;
    } else if (info->PixelFormat == PixelBitMask) {
        masks[0] = info->PixelInformation.RedMask;
        masks[1] = info->PixelInformation.GreenMask;
        masks[2] = info->PixelInformation.BlueMask;
    }
    for (unsigned i = 0; i < COLOURS; i++) {
        unsigned position = masks[i] != 0 ? (unsigned)__builtin_ctz(masks[i]) : 0;
        unsigned end = masks[i] != 0 ? 32 - (unsigned)__builtin_clz(masks[i]) : 0;
        framebuffer->masks[2 * i] = (uint8_t)position;
        framebuffer->masks[2 * i + 1] = (uint8_t)(end - position);
    }
}

/* Describes the current mode. */
static void describe(struct video *video)
{
    *video = (struct video){.framebuffer.type = FRAMEBUFFER_NONE};
    if (gop == NULL || gop->Mode->Info == NULL || depth_of(gop->Mode->Info) == 0) {
        return;
    }
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = gop->Mode->Info;
    unsigned depth = depth_of(info);
    video->framebuffer = (struct framebuffer){
        .address = gop->Mode->FrameBufferBase,
        .pitch = info->PixelsPerScanLine * (depth / BYTE_BITS),
        .width = info->HorizontalResolution,
        .height = info->VerticalResolution,
        .bpp = (uint8_t)depth,
        .type = FRAMEBUFFER_RGB,
    };
    describe_masks(info, &video->framebuffer);
}

void uefi_describe_screen(struct video *video)
{
    static const EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    gop = uefi_first_protocol(&guid);
    describe(video);
}

void firmware_video_interface(struct video *video)
{
    (void)video; /* there is no VBE */
}

bool firmware_video_mode(uint32_t index, struct video_mode *mode)
{
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info;
    UINTN size;
    if (gop == NULL || index >= gop->Mode->MaxMode) {
        return false;
    }
    *mode = (struct video_mode){.number = index};
    if (gop->QueryMode(gop, index, &size, &info) == EFI_SUCCESS) {
        mode->width = info->HorizontalResolution;
        mode->height = info->VerticalResolution;
        mode->depth = depth_of(info);
        uefi_boot()->FreePool(info);
    }
    return true;
}

/* The current mode is what the firmware chose for the display. */
struct video_size firmware_video_display_size(void)
{
    struct video video;
    describe(&video);
    return (struct video_size){video.framebuffer.width, video.framebuffer.height};
}

bool firmware_video_set(const struct video_mode *mode, struct video *video)
{
    if (mode->number != gop->Mode->Mode && gop->SetMode(gop, mode->number) != EFI_SUCCESS) {
        return false;
    }
    describe(video);
    return true;
}

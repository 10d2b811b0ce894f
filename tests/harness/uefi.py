# SPDX-License-Identifier: BSD-2-Clause
"""What the tests that run on UEFI too (--firmware) expect otherwise there."""

import pytest

from qemu import Machine

RGB, EGA_TEXT = 1, 2
PC_ALONE = pytest.mark.bios("a machine that the 32-bit OVMF does not start on")

# These kernels want memory that OVMF keeps for good: ACPI's at 8 MiB; with a system management mode, as Debian builds
# it for 32 bits, some at 192 KiB and at 16 MiB too.
BOTH = "x64", "ia32"
KEPT = {"segment-of-29-mb": BOTH, "bss-of-262-mib": BOTH, "data-over-conventional-memory": ["ia32"],
        "data-over-all-conventional-memory": ["ia32"], "at-16-mib": ["ia32"], "bss-only-segment-first": ["ia32"],
        "relocatable-without-alignment": ["ia32"]}  # Multiboot 2: from 8 to 16 MiB


def shapes(kernels):
    """Kernels' names, to parametrize by."""
    left_out = dict.fromkeys([name for name in KEPT if Machine.on and Machine.on["firmware"] in KEPT[name]],
                             [pytest.mark.bios("a kernel over memory that OVMF keeps")])
    left_out["efi-tags"] = [pytest.mark.bios("a kernel with an entry for UEFI that leads nowhere")]
    return [pytest.param(name, marks=left_out.get(name, [])) for name in kernels]


def mode_here(width, height, depth, kind):
    """What becomes of a BIOS's video mode: UEFI has frame buffers of 32 bits only, no small ones and no text."""
    if not Machine.on:
        return width, height, depth, kind
    return (1280, 800, 32, RGB) if kind == EGA_TEXT or height < 480 else (width, height, 32, RGB)

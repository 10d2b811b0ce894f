# SPDX-License-Identifier: BSD-2-Clause
"""What tests expect under UEFI (--firmware) instead of under a BIOS."""

import pytest

from qemu import Machine, on_uefi

RGB, EGA_TEXT = 1, 2
PC_ALONE = pytest.mark.bios("a machine that the 32-bit OVMF does not start on")

# These kernels want memory that OVMF keeps for good. Debian's 32-bit build, which has system management mode, keeps some
# at 192 KiB, and all from 8 to 16 MiB, where a relocatable Multiboot 2 kernel wants to be.
KEPT = {name: ["ia32"] for name in ("data-over-conventional-memory", "data-over-all-conventional-memory",
                                    "bss-only-segment-first", "relocatable-without-alignment")}


def shapes(kernels):
    """The kernels' names as parameters, with marks for those that this firmware cannot boot."""
    left_out = dict.fromkeys([name for name in KEPT if on_uefi() and Machine.on["firmware"] in KEPT[name]],
                             [pytest.mark.bios("a kernel over memory that OVMF keeps")])
    left_out["efi-tags"] = [pytest.mark.bios("a kernel with an entry for UEFI that leads nowhere")]
    return [pytest.param(name, marks=left_out.get(name, [])) for name in kernels]


def mode_here(width, height, depth, kind):
    """The mode on this firmware instead of a BIOS's: UEFI has only frame buffers of 32 bits, no small ones, no text."""
    if not on_uefi():
        return width, height, depth, kind
    return (1280, 800, 32, RGB) if kind == EGA_TEXT or height < 480 else (width, height, 32, RGB)

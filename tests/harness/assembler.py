# SPDX-License-Identifier: BSD-2-Clause
"""Runs NASM with the Makefile's warnings (ASM_WARNINGS)."""

import subprocess


def assemble(source, output, *options):
    """Assembles `source` to a flat binary."""
    subprocess.run(["nasm", "-f", "bin", "-w+all", "-w-unknown-warning", "-w-reloc", "-Werror", *options,
                    "-o", output, source], check=True)

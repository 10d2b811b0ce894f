# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_multiboot2: the size of a file as fuzz_multiboot2.c reads it, then the file; and
tags alone. Usage: make_seeds_multiboot2.py FOLDER"""

import sys

from kernel_files import HEADER_AT, KERNELS, write_seeds

if __name__ == "__main__":
    kernels = {name: data for name, data in KERNELS.items() if "multiboot2" in name}
    tags = {f"tags-of-{name}": data[HEADER_AT + 16:HEADER_AT + 128] for name, data in kernels.items()}
    write_seeds(sys.argv[1], {name: bytes(8) + data for name, data in {**kernels, **tags}.items()})

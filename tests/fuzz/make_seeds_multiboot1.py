# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_multiboot1: the size of a file as fuzz_multiboot1.c reads it, then the file.
Usage: make_seeds_multiboot1.py FOLDER"""

import sys

from kernel_files import KERNELS, write_seeds

if __name__ == "__main__":
    write_seeds(sys.argv[1], {name: bytes(8) + data for name, data in KERNELS.items()
                              if "multiboot2" not in name})

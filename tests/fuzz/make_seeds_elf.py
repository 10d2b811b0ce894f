# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_elf. Usage: make_seeds_elf.py FOLDER"""

import sys

from kernel_files import KERNELS, write_seeds

if __name__ == "__main__":
    write_seeds(sys.argv[1], {name: data for name, data in KERNELS.items() if data[:1] == b"\x7f"})

# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_fat: a path, and the sectors that its walk reads from a volume by mkfs.fat.
Usage: make_seeds_fat.py FOLDER"""

import os
import pathlib
import subprocess
import sys
import tempfile

CAT = pathlib.Path(os.environ["BUILD"]) / "unit" / "fat_cat"
KINDS = {"12": ["1440"], "16": ["-F", "16", "-s", "1", "4000"], "32": ["-F", "32", "-s", "1", "35000"],
         "12-2048": ["-S", "2048", "4000"]}


def main(folder):
    with tempfile.TemporaryDirectory() as temporary:
        tree = pathlib.Path(temporary) / "tree"
        (tree / "boot/a directory").mkdir(parents=True)
        (tree / "boot/kernel").write_bytes(bytes(5000))
        (tree / "boot" / ("n" * 200)).write_text("long")
        paths = ["/boot/kernel", "/boot/a directory/../kernel", "/boot/" + "n" * 200, "/boot",
                 "/boot/absent"]
        for kind, options in KINDS.items():
            image = pathlib.Path(temporary) / f"{kind}.img"
            for command in (["/usr/sbin/mkfs.fat", "-C", *options[:-1], image, options[-1]],
                            ["mcopy", "-i", image, "-s", tree / "boot", "::/"]):
                subprocess.run(command, check=True, capture_output=True, timeout=60,
                               env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})
            contents = image.read_bytes()
            for number, path in enumerate(paths):
                trace = subprocess.run([CAT, "-t", image], input=f"{path}\n", text=True, check=True,
                                       capture_output=True, timeout=60).stdout
                reads = [map(int, line.split()[1:]) for line in trace.splitlines()
                         if line.startswith("read ")]
                sectors = [contents[at * size:(at + 1) * size] for at, size in reads]
                label = 1  # fat_cat reads the root for the label, before it opens the path
                seed = path.encode() + b"\0" + sectors[0] + b"".join(sectors[1 + label:])
                (folder / f"{kind}-{number}").write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

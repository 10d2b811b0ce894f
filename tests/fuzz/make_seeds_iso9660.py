# SPDX-License-Identifier: BSD-2-Clause
"""Seeds for fuzz_iso9660: a path, and the sectors that its walk reads from an image by xorriso.
Usage: make_seeds_iso9660.py FOLDER"""

import os
import pathlib
import subprocess
import sys
import tempfile

CAT = pathlib.Path(os.environ["BUILD"]) / "unit" / "iso9660_cat"
SECTOR = 2048
KINDS = {"rock-ridge": ["-rr_reloc_dir", "moved"], "joliet": ["--norock", "-J"], "plain": ["--norock"]}


def main(folder):
    with tempfile.TemporaryDirectory() as temporary:
        tree = pathlib.Path(temporary) / "tree"
        deep = tree / "boot/2/3/4/5/6/7/8/9"
        deep.mkdir(parents=True)
        (deep / "file").write_text("deep")
        (tree / "boot/kernel").write_bytes(bytes(5000))
        (tree / "boot" / ("n" * 200)).write_text("long")
        (tree / "boot/link").symlink_to("../boot/./kernel")
        (tree / "boot/far").symlink_to("/boot/" + "../boot/" * 20 + "link")
        paths = ["/boot/kernel", "/boot/../boot/link", "/boot/far", "/boot/" + "n" * 200,
                 "/boot/2/3/4/5/6/7/8/9/file", "/boot/2/3/4/5/6/7/8/9/../../9/file", "/boot/absent"]
        for kind, options in KINDS.items():
            image = pathlib.Path(temporary) / f"{kind}.iso"
            subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", *options, "-o", image, tree],
                           check=True, capture_output=True, timeout=60)
            contents = image.read_bytes()
            for number, path in enumerate(paths):
                trace = subprocess.run([CAT, "-t", image], input=f"{path}\n", text=True, check=True,
                                       capture_output=True, timeout=60).stdout
                sectors = [int(line.split()[1]) for line in trace.splitlines()
                           if line.startswith("read ")]
                seed = path.encode() + b"\0" + b"".join(
                    contents[lba * SECTOR:(lba + 1) * SECTOR] for lba in sectors)
                (folder / f"{kind}-{number}").write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

# SPDX-License-Identifier: BSD-2-Clause
"""Tests stage2/fs/iso9660.c on images that xorriso and genisoimage write: every file of a tree must
be found by its path and have its contents. test_iso9660.c tests what no authoring program
writes."""

import os
import pathlib
import subprocess
import zlib

import pytest

CAT = pathlib.Path(os.environ["BUILD"]).resolve() / "unit" / "iso9660_cat"
SECTOR = 2048

XORRISO = ["xorriso", "-as", "mkisofs", "-quiet"]
GENISOIMAGE = ["genisoimage", "-quiet", "-input-charset", "utf-8"]

ROCK_RIDGE = {
    "xorriso": XORRISO,
    "xorriso-relocated": XORRISO + ["-rr_reloc_dir", "moved", "-iso-level", "2"],
    "xorriso-deep": XORRISO + ["-D"],
    "xorriso-and-joliet": XORRISO + ["-J", "-joliet-long"],
    "xorriso-hybrid": XORRISO + ["-partition_offset", "16"],
    "genisoimage": GENISOIMAGE + ["-R"],
    "genisoimage-rational-and-joliet": GENISOIMAGE + ["-r", "-J", "-joliet-long"],
}
JOLIET = {
    "xorriso": XORRISO + ["--norock", "-J"],
    "xorriso-utf16": XORRISO + ["--norock", "-J", "-joliet-utf16"],
    "genisoimage": GENISOIMAGE + ["-J"],
}
PLAIN = {
    "xorriso": XORRISO + ["--norock"],
    "xorriso-level-3": XORRISO + ["--norock", "-iso-level", "3"],
    "genisoimage": GENISOIMAGE,
    "genisoimage-relaxed": ["genisoimage", "-quiet", "-iso-level", "4"],
}


def write(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())


def author(command, tree, image):
    for _ in range(2):
        done = subprocess.run([*command, "-o", image, tree], capture_output=True, text=True, timeout=120)
        if "UNIX-SIGNAL" not in done.stderr:  # xorriso 1.5.6 died of one once; the same call works again
            break
    assert done.returncode == 0, done.stderr
    return image


class Opened:
    """One line of iso9660_cat."""

    def __init__(self, line):
        self.line = line
        self.kind, _, rest = line.partition(" ")
        if self.kind != "error":
            size, crc, extents, reads = rest.split()
            self.size, self.crc = int(size), int(crc, 16)
            self.extents, self.reads = int(extents), int(reads)


def cat(image, paths, *options):
    """The line of the mount, and the result for each path."""
    done = subprocess.run([CAT, *options, image], input="".join(f"{path}\n" for path in paths),
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return lines[0], [Opened(line) for line in lines[1:]]


def open_one(image, path, *options):
    return cat(image, [path], *options)[1][0]


def paths_of(tree):
    """Every path of a tree, symbolic links to files included."""
    for folder, folders, files in os.walk(tree):
        for name in folders + files:
            yield "/" + str((pathlib.Path(folder) / name).relative_to(tree))


def assert_whole_tree(image, tree, names, change_case=str):
    paths = sorted(paths_of(tree))
    mounted, found = cat(image, [change_case(path) for path in paths], "-d")
    assert mounted.split()[1] == names
    assert len(found) == len(paths)
    for path, opened in zip(paths, found):
        source = pathlib.Path(f"{tree}{path}")
        if source.is_dir():
            assert opened.kind == "directory", (path, opened.line)
        else:
            contents = source.read_bytes()
            assert (opened.kind, opened.size) == ("file", len(contents)), (path, opened.line)
            assert opened.crc == zlib.crc32(contents), path


@pytest.fixture(scope="module", name="large_tree")
def fixture_large_tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("large")
    for size in (0, 1, 2047, 2048, 2049, 300000):
        write(tree / "sizes" / f"{size}.bin", bytes(range(251)) * (size // 251) + b"x" * (size % 251))
    deep = tree
    for level in range(14):
        deep = deep / f"level-{level}"
        write(deep / "file", f"at level {level}")
    for number in range(5000):
        write(tree / "crowded" / f"{number} is one of the files in a crowded directory",
              f"{number}")
    for number in range(120):
        write(tree / "long" / (f"{number:03}-" + "n" * 251), f"long {number}")
    write(tree / "long" / ("é" * 127), "127 characters")
    for name in ("UPPER", "upper", ".hidden", "two words", "semi;colon", "dots..", "trailing.",
                 "tilde~1", "ünïcödé", "日本語"):
        write(tree / "names" / name, name)
    links = tree / "links"
    links.mkdir()
    for name, target in {
            "relative": "../names/UPPER", "absolute": "/names/upper", "folder": "../names/.",
            "up": "..", "root": "/", "twice": "folder/../sizes/2049.bin", "dotted": "./../names/./.hidden",
            "long": "../long/" + "005-" + "n" * 251, "far": "../sizes/" + "../sizes/" * 30 + "1.bin",
    }.items():
        (links / name).symlink_to(target)
    write(links / "chain0", "the chain's end")
    for number in range(1, 10):
        (links / f"chain{number}").symlink_to(f"chain{number - 1}")
    return tree


@pytest.mark.parametrize("command", ROCK_RIDGE.values(), ids=ROCK_RIDGE.keys())
def test_every_file_of_a_tree_is_found_by_its_rock_ridge_path(command, large_tree, tmp_path):
    image = author(command, large_tree, tmp_path / "image.iso")
    # Tries one file in fifty of the crowded directory, as each search begins at its start.
    files = [path for path in sorted(paths_of(large_tree)) if not path.startswith("/links/")
             and (not path.startswith("/crowded/") or "17 is" in path or "67 is" in path)]
    mounted, found = cat(image, files, "-d")
    assert mounted.split()[1] == "rock-ridge"
    for path, opened in zip(files, found, strict=True):
        source = pathlib.Path(f"{large_tree}{path}")
        contents = None if source.is_dir() else source.read_bytes()
        assert opened.kind == ("directory" if contents is None else "file"), (path, opened.line)
        assert contents is None or (opened.size, opened.crc) == (len(contents), zlib.crc32(contents))


LINKS = {
    "/links/relative": "names/UPPER",
    "/links/absolute": "names/upper",
    "/links/folder/two words": "names/two words",
    "/links/up/names/../links/up/sizes/1.bin": "sizes/1.bin",
    "/links/root/links/root/sizes/2048.bin": "sizes/2048.bin",
    "/links/twice": "sizes/2049.bin",
    "/links/dotted": "names/.hidden",
    "/links/long": "long/005-" + "n" * 251,
    "/links/far": "sizes/1.bin",
    "/links/chain8": "links/chain0",
}


@pytest.mark.parametrize("writer", ["xorriso", "xorriso-relocated", "genisoimage"])
def test_symbolic_links_lead_to_the_same_files_as_in_the_tree(writer, large_tree, tmp_path):
    image = author(ROCK_RIDGE[writer], large_tree, tmp_path / "image.iso")
    _, found = cat(image, LINKS, "-d")
    for (path, target), opened in zip(LINKS.items(), found, strict=True):
        contents = (large_tree / target).read_bytes()
        assert opened.kind == "file", (path, opened.line)
        assert (opened.size, opened.crc) == (len(contents), zlib.crc32(contents)), path


def test_a_ninth_symbolic_link_is_not_followed(large_tree, tmp_path):
    image = author(XORRISO, large_tree, tmp_path / "image.iso")
    assert open_one(image, "/links/chain9").line == 'error too many symbolic links: "chain1" in /links'


def test_a_symbolic_link_to_itself_ends_with_a_reason(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "loop").symlink_to("loop")
    (tmp_path / "tree" / "ping").symlink_to("/pong")
    (tmp_path / "tree" / "pong").symlink_to("ping")
    image = author(XORRISO, tmp_path / "tree", tmp_path / "image.iso")
    assert open_one(image, "/loop").line == 'error too many symbolic links: "loop" in /'
    assert open_one(image, "/ping/x").kind == "error"


def test_relocated_directories_are_where_they_were_and_know_their_parents(tmp_path):
    tree = tmp_path / "tree"
    path = "/".join(f"d{level}" for level in range(12))
    write(tree / path / "file", "deep")
    write(tree / "d0/d1/d2/d3/d4/d5/beside", "beside")
    for writer in ("xorriso-relocated", "genisoimage"):
        image = author(ROCK_RIDGE[writer], tree, tmp_path / f"{writer}.iso")
        assert b"CL\x0c\x01" in image.read_bytes(), "nothing was relocated"
        assert_whole_tree(image, tree, "rock-ridge")
        up = f"/{path}" + "/.." * 6
        assert open_one(image, f"{up}/beside").size == len("beside"), writer


@pytest.mark.parametrize("command", JOLIET.values(), ids=JOLIET.keys())
@pytest.mark.parametrize("change_case", [str, str.upper, str.lower])
def test_joliet_names_are_found_in_any_case(command, change_case, tmp_path):
    tree = tmp_path / "tree"
    for name in ("boot/grub/grub.cfg", "boot/Kernel Of Mine.elf", "no extension", "a.b.c",
                 "x" * 60 + ".txt", "folder/" * 6 + "end"):
        write(tree / name, f"contents of {name}")
    image = author(command, tree, tmp_path / "image.iso")
    assert_whole_tree(image, tree, "joliet", change_case)


@pytest.mark.parametrize("command", JOLIET.values(), ids=JOLIET.keys())
def test_joliet_names_outside_of_ascii_are_utf_8_in_paths(command, tmp_path):
    tree = tmp_path / "tree"
    for name in ("ünïcödé", "日本語", "Ελλάδα"):
        write(tree / name, f"contents of {name}")
    image = author(command, tree, tmp_path / "image.iso")
    assert_whole_tree(image, tree, "joliet")


def test_joliet_names_of_two_utf_16_units_are_found(tmp_path):
    write(tmp_path / "tree" / "a🦊b", "fox")
    image = author(JOLIET["xorriso-utf16"], tmp_path / "tree", tmp_path / "image.iso")
    assert_whole_tree(image, tmp_path / "tree", "joliet")


@pytest.mark.parametrize("command", PLAIN.values(), ids=PLAIN.keys())
@pytest.mark.parametrize("change_case", [str, str.upper, str.lower])
def test_plain_names_are_found_in_any_case_without_version_and_closing_dot(command, change_case,
                                                                           tmp_path):
    tree = tmp_path / "tree"
    for name in ("boot/grub/grub.cfg", "boot/kernel", "boot/a.b", "1/2/3/4/5/6/7", "Empty"):
        write(tree / name, f"contents of {name}" if name != "Empty" else "")
    image = author(command, tree, tmp_path / "image.iso")
    assert_whole_tree(image, tree, "plain", change_case)


@pytest.fixture(scope="module", name="small_image")
def fixture_small_image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write(folder / "tree/boot/grub/grub.cfg", "menuentry")
    write(folder / "tree/boot/kernel", "kernel" * 1000)
    return author(XORRISO, folder / "tree", folder / "image.iso")


def test_a_mount_reads_two_sectors_and_an_open_one_for_each_directory(small_image):
    mounted, found = cat(small_image, ["/boot/kernel", "/boot/grub/grub.cfg"])
    assert mounted == "mounted rock-ridge 2"
    assert [opened.reads for opened in found] == [2, 3]


@pytest.mark.parametrize("path", ["/boot/grub/grub.cfg", "//boot///grub/grub.cfg", "boot/grub/grub.cfg",
                                  "/./boot/./grub/./grub.cfg", "/boot/../boot/grub/../grub/grub.cfg",
                                  "/../../boot/grub/grub.cfg"])
def test_dots_and_double_slashes_in_a_path_are_understood(small_image, path):
    assert open_one(small_image, path).size == len("menuentry")


@pytest.mark.parametrize("path", ["", "/", "/.", "/..", "/boot", "/boot/", "/boot/.", "/boot/grub//"])
def test_a_path_may_end_in_a_directory(small_image, path):
    assert open_one(small_image, path).kind == "directory"


@pytest.mark.parametrize("path, reason", [
    ("/boot/xyz", 'no such file or directory "xyz" in /boot'),
    ("/xyz", 'no such file or directory "xyz" in /'),
    ("/boot//grub/xyz/kernel", 'no such file or directory "xyz" in /boot//grub'),
    ("/BOOT/kernel", 'no such file or directory "BOOT" in /'),
    ("/boot/Kernel", 'no such file or directory "Kernel" in /boot'),
    ("/boot/kernel2", 'no such file or directory "kernel2" in /boot'),
    ("/boot/kerne", 'no such file or directory "kerne" in /boot'),
    ("/boot/kernel;1", 'no such file or directory "kernel;1" in /boot'),
    ("/boot/kernel/..", '"kernel" in /boot is not a directory'),
    ("/boot/" + "n" * 255, 'no such file or directory "' + "n" * 255 + '" in /boot'),
    ("/boot/" + "n" * 256, "a name in the path has more than 255 characters"),
    ("/boot/" + "n" * 65000, "a name in the path has more than 255 characters"),
])
def test_a_path_that_leads_nowhere_says_where_it_ends(small_image, path, reason):
    assert open_one(small_image, path).line == f"error {reason}"


def test_a_file_that_the_image_cuts_is_refused_when_it_is_opened(small_image, tmp_path):
    whole = small_image.read_bytes()
    kernel = whole.index(b"kernel" * 100) // SECTOR
    cut = tmp_path / "cut.iso"
    cut.write_bytes(whole[:(kernel + 1) * SECTOR])
    assert open_one(cut, "/boot/kernel", "-d").line == (
        f"error sectors {kernel} to {kernel + 2}: the disc ends before sector {kernel + 1}, "
        "was its image cut?")


def test_a_second_session_is_mounted_by_its_first_sector(tmp_path):
    write(tmp_path / "first/boot/kernel", "first session")
    write(tmp_path / "second/boot/second", "second session")
    first = author(ROCK_RIDGE["genisoimage"], tmp_path / "first", tmp_path / "first.iso")
    start = first.stat().st_size // SECTOR + 8
    with first.open("ab") as image:
        image.truncate(start * SECTOR)
    second = author(ROCK_RIDGE["genisoimage"] + ["-C", f"0,{start}", "-M", first],
                    tmp_path / "second", tmp_path / "second.iso")
    both = tmp_path / "both.iso"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    for path, text in (("/boot/second", "second session"), ("/boot/kernel", "first session")):
        opened = open_one(both, path, "-s", str(start))
        assert (opened.kind, opened.crc) == ("file", zlib.crc32(text.encode())), path
    assert open_one(both, "/boot/second").kind == "error", "the first session has no such file"

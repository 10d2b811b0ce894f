# SPDX-License-Identifier: BSD-2-Clause
"""The record of digests (docs/trust.md): what whelk-mkrescue writes, what --verify takes, and how whelk check compares."""

import hashlib
import struct
import subprocess

import pytest

from discs import BUILD, CONFIG, SECTOR, file_in_iso, redate, tree, write_tree
from good_kernels import plain
from loader_sum import sum_words
from make_kernel import pattern

pytestmark = pytest.mark.bios("the tool alone")

RECORD = "boot/whelk.sum"
MODULE = pattern(70_001)
REQUIRED, HAS_SHA256, USES_SHA256 = 1, 2, 4
CHAIN = {**tree(plain(), "x", [("m", MODULE)], empty=b""), "boot/other.cfg": b"source /boot/sourced.cfg\n",
         "boot/sourced.cfg": b"multiboot /boot/kernel2\nmodule /empty\n", "boot/kernel2": plain(), "not/booted": b"x" * 9000}
CHAIN[CONFIG] += b"menuentry more { configfile /boot/other.cfg }\n"


def record_of(image):
    """A record's flags, and its entries: path, (place, size), sum, date, SHA-256."""
    sector, _ = file_in_iso(image, RECORD)
    data = image.read_bytes()[sector * SECTOR:]
    magic, size, count, flags, _, its_sum = struct.unpack_from("<8sIIII8s", data)
    assert magic == b"WhelkSum" and its_sum == sum_words(data[:24] + data[32:size])
    entries = {}
    for at in range(32, 32 + 64 * count, 64):
        lba, length, digest, date, path, _, sha256 = struct.unpack_from("<II8s7sxII32s", data, at)
        entries[data[path:data.index(b"\0", path)].decode()] = (lba, length), digest, date, sha256
    return flags, entries


def test_the_record_has_all_that_a_config_leads_to_and_no_more(discs):
    image = discs.make(CHAIN)
    flags, entries = record_of(image)
    assert flags == 0
    assert entries.keys() == {f"/{name}" for name in CHAIN if name != "not/booted"}
    for path, (place, digest, date, sha256) in entries.items():
        contents = CHAIN[path[1:]]
        assert digest == sum_words(contents + bytes(-len(contents) % 8))
        assert date[:3] == bytes([80, 1, 1]) and sha256 == bytes(32)
        assert not contents or place == file_in_iso(image, path[1:])


@pytest.mark.parametrize("option, expected", [
    ("crc", 0), ("sha256", HAS_SHA256 | USES_SHA256), ("require", REQUIRED),
    ("require,sha256", REQUIRED | HAS_SHA256 | USES_SHA256), ("crc,require", REQUIRED)])
def test_the_option_says_what_the_record_has(discs, option, expected):
    flags, entries = record_of(discs.make(CHAIN, options=[f"--verify={option}"]))
    assert flags == expected
    if flags & HAS_SHA256:
        assert all(sha256 == hashlib.sha256(CHAIN[path[1:]]).digest() for path, (*_, sha256) in entries.items())


def test_sha_256_is_in_the_record_if_an_entry_wants_it(discs):
    files = {**CHAIN, CONFIG: CHAIN[CONFIG].replace(b"    boot", b"    set whelk_verify=sha256\n    boot")}
    flags, entries = record_of(discs.make(files))
    assert flags == HAS_SHA256 and entries["/boot/module0"][3] == hashlib.sha256(MODULE).digest()


def mkrescue(place, *options):
    return subprocess.run([BUILD / "whelk-mkrescue", *options, "-o", place / "out.iso", place / "tree"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def listing(image):
    return subprocess.run(["xorriso", "-indev", image, "-find", "/boot", "-type", "f"], capture_output=True, text=True,
                          check=True).stdout


def test_no_record_is_written_if_nothing_is_to_be_verified_nor_an_old_one_kept(tmp_path):
    write_tree(tmp_path / "tree", CHAIN)
    assert mkrescue(tmp_path).returncode == 0
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", tmp_path / "out.iso", "-extract", "/", tmp_path / "again"],
                   check=True, capture_output=True)
    assert (tmp_path / "again" / RECORD).exists()
    for options in ["--verify=off"], ["--verify=off", "--xorriso=xorriso"]:
        run = subprocess.run([BUILD / "whelk-mkrescue", *options, "-o", tmp_path / "off.iso", tmp_path / "again"],
                             capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert RECORD not in listing(tmp_path / "off.iso") and "/boot/kernel" in listing(tmp_path / "off.iso")


@pytest.mark.parametrize("argument", ["", "md5", "crc,", "crc,sha256", "off,require", "sha256,off", "crc crc"])
def test_what_the_option_does_not_know_is_refused(tmp_path, argument):
    write_tree(tmp_path / "tree", CHAIN)
    run = mkrescue(tmp_path, f"--verify={argument}")
    assert run.returncode == 2 and not (tmp_path / "out.iso").exists()


def test_a_config_that_wants_an_unknown_digest_is_refused_with_its_line(tmp_path):
    write_tree(tmp_path / "tree", {**CHAIN, CONFIG: b"set whelk_verify=md5\nmultiboot /boot/kernel\n"})
    run = mkrescue(tmp_path)
    assert run.returncode == 1 and "boot/grub/grub.cfg:2: whelk_verify=md5: it is sha256, crc or off" in run.stderr


# ---- whelk check

def check(image, data):
    image.write_bytes(data)
    return subprocess.run([BUILD / "whelk", "check", image], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("option", ["crc", "sha256", "require"])
@pytest.mark.parametrize("name", [CONFIG, "boot/kernel", "boot/kernel2", "boot/module0", "boot/sourced.cfg"])
def test_a_damaged_file_is_an_error_with_its_path(discs, tmp_path, option, name):
    image = discs.make(CHAIN, options=[f"--verify={option}"])
    data = bytearray(image.read_bytes())
    assert check(tmp_path / "same.iso", data).returncode == 0
    sector, size = file_in_iso(image, name)
    data[sector * SECTOR + size - 1] ^= 0x01
    run = check(tmp_path / "damaged.iso", data)
    assert run.returncode == 1 and f"damaged.iso: /{name}: damaged: its sum is " in run.stderr


def test_a_changed_file_is_a_warning_unless_the_record_is_required(discs, tmp_path):
    for options, status in ([], 0), (["--verify=require"], 1):
        image = discs.make(CHAIN, options=options)
        data = bytearray(image.read_bytes())
        data[file_in_iso(image, "boot/module0")[0] * SECTOR] ^= 0x01
        redate(data, image, "boot/module0")
        run = check(tmp_path / "changed.iso", data)
        assert run.returncode == status and "/boot/module0" in run.stderr and "was changed after" in run.stderr


def test_a_damaged_record_is_an_error(discs, tmp_path):
    image = discs.make(CHAIN)
    data = bytearray(image.read_bytes())
    data[file_in_iso(image, RECORD)[0] * SECTOR + 20] ^= 0x01
    run = check(tmp_path / "damaged.iso", data)
    assert run.returncode == 1 and f"/{RECORD}: damaged" in run.stderr

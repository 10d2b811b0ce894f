# SPDX-License-Identifier: BSD-2-Clause
"""What is booted is verified: a damaged file is refused with one line, a file that somebody has replaced is booted with
one (docs/trust.md)."""

import gzip
import os
import re
import subprocess

import pytest

from discs import CONFIG, SECTOR, file_in_iso, tree
from good_kernels import plain
from make_kernel import pattern
from qemu import Machine

MODULE = pattern(70_001)
MENU = "set timeout=0\nmenuentry a { configfile /boot/other.cfg }\n"
INNER = "set timeout=0\nsource /boot/sourced.cfg\nmenuentry c {\n  multiboot /boot/kernel chained\n  module /boot/module0 m\n}\n"
DAMAGED = r"whelk: .*{}: damaged: its sum is [0-9a-f]{{16}}, not [0-9a-f]{{16}}: .*; copy the ISO again"
CHANGED = "whelk: /boot/module0 was changed after the ISO was made; not verified"


def files_of(config=None, module=MODULE):
    files = tree(plain(), "words", [("m", module)])
    return {**files, CONFIG: config.encode()} if config else files


def variable(value):
    """A config of one entry with this whelk_verify."""
    return f"set timeout=0\nset whelk_verify={value}\nmenuentry a {{\n multiboot /boot/kernel x\n module /boot/module0 m\n}}\n"


CHAIN = {**files_of(MENU), "boot/other.cfg": INNER.encode(), "boot/sourced.cfg": b"set x=1\n"}


@pytest.fixture
def flipped(discs, tmp_path):
    """Makes an ISO in which the last bit of a file is flipped."""
    def flip(files, name, options=()):
        image = discs.make(files, options=options)
        sector, size = file_in_iso(image, name)
        data = bytearray(image.read_bytes())
        data[sector * SECTOR + size - 1] ^= 0x80
        changed = tmp_path / "flipped.iso"
        changed.write_bytes(data)
        return changed
    return flip


def refused(image):
    """The lines of a boot that is refused."""
    with Machine(image) as machine:
        machine.wait_for("press a key", 30)
        assert "report:" not in machine.serial
        return machine.said


def assert_refuses(image, pattern):
    said = refused(image)
    assert [line for line in said if re.fullmatch(pattern, line)], said


@pytest.mark.parametrize("name", ["boot/other.cfg", "boot/kernel", "boot/module0"])
def test_a_damaged_file_is_refused_wherever_the_config_leads_to_it(boot, flipped, name):
    assert boot(CHAIN).report["cmdline"] == b"chained"
    assert_refuses(flipped(CHAIN, name), DAMAGED.format("/" + name))


def test_no_entry_of_a_config_is_booted_that_reads_a_damaged_file(flipped):
    """The command source alone would fail, as if the file were missing, and the rest of the config would go on."""
    said = refused(flipped(CHAIN, "boot/sourced.cfg"))
    assert re.fullmatch(DAMAGED.format("/boot/sourced.cfg") + ".*", said[0] + "n" * said[0].endswith("agai")), said
    assert said[1] == "whelk: /boot/sourced.cfg is damaged, and the config reads it: nothing is booted", said


@pytest.mark.parametrize("name", ["boot/module0", "boot/kernel", CONFIG])
def test_a_damaged_compressed_file_is_refused_before_it_is_decompressed(flipped, name):
    files = files_of()
    files[name] = gzip.compress(files[name])
    assert_refuses(flipped(files, name), DAMAGED.format("/" + name))


def test_a_kernel_is_damaged_where_no_segment_loads_it(boot, flipped):
    """The prepared plan reads the segments alone, the plan that the loader makes reads all of the file."""
    files = files_of(variable("crc") + "# $\n")
    files["boot/kernel"] += b"after all segments"
    assert boot(files).report["cmdline"] == b"x"
    assert_refuses(flipped(files, "boot/kernel"), DAMAGED.format("/boot/kernel"))


# ---- Replaced files

def replaced(image, out, name, contents):
    """Has xorriso replace a file of an ISO."""
    (out.parent / "new").write_bytes(contents)
    subprocess.run(["xorriso", "-indev", image, "-outdev", out, "-boot_image", "any", "replay", "-map",
                    out.parent / "new", f"/{name}"], check=True, capture_output=True)
    return out


@pytest.mark.parametrize("contents", [pattern(70_001, 5), pattern(5000, 5)], ids=["same size", "other size"])
def test_a_replaced_module_is_booted_with_one_line(boot, discs, tmp_path, contents):
    image = replaced(discs.make(files_of()), tmp_path / "replaced.iso", "boot/module0", contents)
    result = boot(image)
    assert result.report.modules[0]["end"] - result.report.modules[0]["start"] == len(contents)
    assert result.serial.count("not verified") == 1 and CHANGED in result.serial


def test_a_replaced_module_is_refused_if_the_iso_requires_the_record(boot, discs, tmp_path):
    files, options = files_of(), ["--verify=require"]
    assert boot(discs.make(files, options=options)).report["cmdline"] == b"words"
    image = replaced(discs.make(files, options=options), tmp_path / "replaced.iso", "boot/module0", b"new")
    assert_refuses(image, ".*/boot/module0: was changed after the ISO was made, and it was made with --verify=require")


def test_a_file_that_a_variable_names_is_in_the_record(boot, discs):
    """Its config is read by the tool as by the loader."""
    files = files_of('set timeout=0\nset path=/boot/"$chosen"kernel\nmenuentry a { multiboot $path }\n')
    assert boot(discs.make(files, options=["--verify=require"])).report["cmdline"] == b""


@pytest.mark.bios("it is rebuilt for a BIOS")
@pytest.mark.parametrize("tool", [["genisoimage"], ["xorriso", "-as", "mkisofs"]], ids=["genisoimage", "xorriso"])
def test_a_rebuilt_tree_is_booted_with_one_line(boot, discs, tmp_path, tool):
    extracted, image = tmp_path / "tree", tmp_path / "rebuilt.iso"
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", discs.make(files_of()), "-extract", "/", extracted],
                   check=True, capture_output=True)
    subprocess.run(["chmod", "-R", "u+w", extracted], check=True)
    (extracted / "aaa").write_bytes(os.urandom(20_000))
    subprocess.run([*tool, "-quiet", "-R", "-b", "boot/whelk.img", "-no-emul-boot", "-boot-load-size", "4",
                    "-boot-info-table", "-o", image, extracted], check=True, capture_output=True)
    result = boot(image)
    assert result.report["cmdline"] == b"words"
    assert len(re.findall("^whelk: .*", result.serial, re.MULTILINE)) == 1
    assert f"whelk: /{CONFIG} was moved after the ISO was made; its bytes are the same" in result.serial


# ---- What is verified

def test_nothing_is_verified_if_the_iso_was_made_so(boot, flipped):
    image = flipped(files_of(), "boot/module0", ["--verify=off"])
    assert boot(image).report["cmdline"] == b"words"


def test_sha_256_is_verified_if_the_iso_was_made_so(boot, discs, flipped):
    options = ["--verify=sha256"]
    assert boot(discs.make(files_of(), options=options)).report["cmdline"] == b"words"
    assert_refuses(flipped(files_of(), "boot/module0", options),
                   "whelk: .*/boot/module0: damaged: its SHA-256 begins with [0-9a-f]{16}, not [0-9a-f]{16}: .*")


@pytest.mark.parametrize("value, reason", [
    ("crc", DAMAGED.format("/boot/module0")), ("sha256", "whelk: .*/boot/module0: damaged: its SHA-256 .*")])
def test_the_config_says_which_digest_is_verified(boot, flipped, value, reason):
    files = files_of(variable(value))
    assert boot(files).report["cmdline"] == b"x"
    assert_refuses(flipped(files, "boot/module0"), reason)


def test_the_config_switches_the_verification_off(boot, flipped):
    assert boot(flipped(files_of(variable("off")), "boot/module0")).report["cmdline"] == b"x"


def test_a_damaged_record_gives_one_line(flipped):
    assert_refuses(flipped(CHAIN, "boot/whelk.sum"), "whelk: /boot/whelk.sum: damaged: .*copy the ISO again")

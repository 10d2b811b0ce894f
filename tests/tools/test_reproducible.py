# SPDX-License-Identifier: BSD-2-Clause
"""The same tree makes the same ISO, byte by byte, for every user, place and time. The same sources
make the same whelk. ISOs with different contents have different identifiers."""

import os
import random
import re
import shutil
import struct
import subprocess
import uuid

import pytest

from discs import BUILD, CONFIG, MKRESCUE, ROOT, Sparse, file_in_iso
from place import for_everyone, good_tree, kernel

pytestmark = pytest.mark.bios("the tool alone")

CREATED, MODIFIED = 813, 830  # offsets in a volume descriptor
MIB = 1 << 20


def many_files():
    source = random.Random(1)
    names = [f"d{n % 7}/{source.randbytes(4).hex()}" for n in range(200)]
    return good_tree(**{name: source.randbytes(3000) for name in names}, UPPER=b"1", ünï=b"2")


def write_in_order(directory, files, seed):
    """Writes the files in this order, with a hard link, a symbolic link and an empty directory."""
    names = sorted(files)
    random.Random(seed).shuffle(names)
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
        os.utime(path, (seed * 1000, seed * 1000))
    os.link(directory / "boot/kernel", directory / "again")
    os.symlink("boot/kernel", directory / "link")
    (directory / "empty").mkdir()


def make(directory, name="tree", program=MKRESCUE, words=(), **options):
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    environment.update(options.pop("env", {}))
    run = subprocess.run([program, *words, "-o", "out.iso", name], cwd=directory, env=environment, capture_output=True,
                         text=True, timeout=60, **options)
    assert run.returncode == 0, run.stderr
    iso = directory / "out.iso"
    return iso.read_bytes()


@pytest.mark.parametrize("words", [[], ["--xorriso=xorriso"]])
@pytest.mark.parametrize("epoch", [None, "0", "1700000001"])
def test_two_users_directories_time_zones_and_file_orders_make_the_same_iso(tmp_path, epoch, words):
    files = many_files()
    dates = {"SOURCE_DATE_EPOCH": epoch} if epoch else {}
    first, second = tmp_path / "a", tmp_path / "another, longer one"
    write_in_order(first / "tree", files, 1)
    write_in_order(second / "source", files, 2)
    user = {}
    if os.geteuid() == 0:
        program = for_everyone(tmp_path)
        subprocess.run(["chown", "-R", "65534:65534", second], check=True)
        user = {"program": program, "user": 65534, "group": 65534, "extra_groups": []}
    subprocess.run(["chmod", "-R", "go-rwx", second / "source"], check=True)
    one = make(first, env={"TZ": "Asia/Tokyo", "LC_ALL": "C", **dates}, umask=0o22, words=words)
    two = make(second, "source", env={"TZ": "America/New_York", "LANG": "de_DE.UTF-8", **dates}, umask=0o77,
               words=words, **user)
    assert one == two


def date(iso, field, descriptor=16):
    at = descriptor * 2048 + field
    return iso[at:at + 16].decode()


def test_source_date_epoch_is_the_date_of_the_volume_and_of_all_files(place):
    place.write(good_tree())
    iso = make(place.path, env={"SOURCE_DATE_EPOCH": "1700000001"})
    assert date(iso, CREATED) == date(iso, MODIFIED) == "2023111422132100"
    listing = subprocess.run(["xorriso", "-indev", place.iso, "-find", "/", "-exec", "lsdl"], capture_output=True,
                             text=True, env={**os.environ, "TZ": "UTC0"}, check=True).stdout
    lines = [line for line in listing.splitlines() if re.search(r"'/.*'$", line) and str(place.path) not in line]
    assert len(lines) == 12 and all(" Nov 14  2023 " in line for line in lines)


@pytest.mark.parametrize("epoch", ["", "x", "12 ", "-1", "1.5", "0x10", "5869584000", "99999999999999999999"])
def test_a_source_date_epoch_that_is_no_date_is_refused(place, epoch):
    said = place.refuse(place.write(good_tree()), env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
    assert said.startswith(f"whelk: error: SOURCE_DATE_EPOCH={epoch}: ")


def identifiers(iso):
    return date(iso, MODIFIED), uuid.UUID(bytes_le=iso[512 + 56:512 + 72]), struct.unpack_from("<I", iso, 440)


def test_isos_with_other_contents_have_other_identifiers(place):
    seen = [set(), set(), set()]
    trees = [good_tree(), good_tree(**{"boot/kernel": kernel()[:-1] + b"\x90"}), good_tree(x=b"1"), good_tree(x=b"2"),
             good_tree(y=b"1"), good_tree(**{"big": Sparse(20 * MIB, ((19 * MIB, b"1"),))})]
    for number, files in enumerate(trees):
        (place.path / str(number)).mkdir()
        place.write(files, f"{number}/tree")
        for kind, value in zip(seen, identifiers(make(place.path / str(number)))):
            kind.add(value)
    assert [len(kind) for kind in seen] == [len(trees)] * 3


def test_without_a_chosen_date_the_volumes_time_tells_isos_apart_on_one_fixed_day(place):
    place.write(good_tree())
    iso = make(place.path)
    assert date(iso, CREATED) == "1980010100000000"
    assert re.fullmatch(r"19800101([01]\d|2[0-3])[0-5]\d[0-5]\d\d\d", date(iso, MODIFIED))


def test_a_joliet_tree_has_the_same_date_and_a_chosen_date_stays(place):
    tree = place.write(good_tree())
    place.make("-J", tree)
    iso = place.iso.read_bytes()
    assert iso[18 * 2048] == 2 and date(iso, MODIFIED, 18) == date(iso, MODIFIED) != date(iso, CREATED)
    place.make("--modification-date=2020010203040506", tree)
    assert date(place.iso.read_bytes(), MODIFIED) == "2020010203040506"
    place.make(tree, "--", "-volume_date", "uuid", "2021010203040506")
    assert date(place.iso.read_bytes(), MODIFIED) == "2021010203040506"


def test_the_place_of_a_boot_image_does_not_depend_on_file_times(place):
    files = good_tree()
    blocks = []
    for seed in (1, 2):
        (place.path / str(seed)).mkdir()
        write_in_order(place.path / str(seed) / "tree", files, seed)
        make(place.path / str(seed))
        blocks.append([file_in_iso(place.path / str(seed) / "out.iso", name)[0] for name in ("boot/whelk.img", CONFIG)])
    assert blocks[0] == blocks[1] and blocks[0][0] > blocks[0][1]


def test_whelk_itself_is_the_same_from_another_directory_at_another_time(tmp_path):
    folders = ["boot", "stage2", "loader", "tools", "linker", "tests", "docs", "iso", "findings"]
    elsewhere = tmp_path / "elsewhere-with-a-longer-name"
    elsewhere.mkdir()
    for folder in folders:
        shutil.copytree(ROOT / folder, elsewhere / folder, copy_function=shutil.copyfile, symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "Makefile", elsewhere / "Makefile")
    for script in elsewhere.rglob("*.sh"):
        script.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "BUILD", "MAKELEVEL")}
    subprocess.run(["make", "-C", elsewhere, "BUILD=output", "output/whelk"], check=True, capture_output=True,
                   env={**environment, "TZ": "Asia/Tokyo", "LC_ALL": "C"}, umask=0o77)
    assert (elsewhere / "output/boot.img").read_bytes() == (BUILD / "boot.img").read_bytes()
    assert (elsewhere / "output/whelk").read_bytes() == (BUILD / "whelk").read_bytes()

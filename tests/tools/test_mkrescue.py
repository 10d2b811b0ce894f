# SPDX-License-Identifier: BSD-2-Clause
"""Tests what whelk-mkrescue writes, byte by byte, and what it refuses to write. Boots nothing."""

import contextlib
import gzip
import os
import re
import shutil
import signal
import stat
import struct
import subprocess
import time
import uuid
import zlib
from pathlib import Path

import pytest

from discs import BUILD, CONFIG, MKRESCUE, ROOT, Sparse, file_in_iso
from place import ENTRY, OWN, contents, default_signals, extract, for_everyone, good_tree, kernel, may_mount
from qemu import PATIENCE

pytestmark = pytest.mark.bios("the tool alone")

SECTOR, BLOCK = 512, 2048  # of a disk; of an ISO
BOOT_IMAGE = "boot/whelk.img"
RECORD = "boot/whelk.sum"
BY_XORRISO = "--xorriso=xorriso"
MIB, GIB = 1 << 20, 1 << 30


def catalog_entry(iso):
    """The El Torito default entry: boots?, media, segment, system type, sectors, LBA."""
    data = iso.read_bytes()
    record = data[17 * BLOCK:18 * BLOCK]
    assert record[:30] == b"\0CD001\1EL TORITO SPECIFICATION"
    catalog = struct.unpack_from("<I", record, 0x47)[0] * BLOCK
    assert sum(struct.unpack_from("<16H", data, catalog)) & 0xFFFF == 0
    return struct.unpack_from("<BBHBxHI", data, catalog + 32)


def boot_image(iso):
    """The boot image's place and its bytes."""
    block, size = file_in_iso(iso, BOOT_IMAGE)
    return block, iso.read_bytes()[block * BLOCK:block * BLOCK + size]


# ---- the boot image

def test_the_catalog_has_the_firmware_load_the_boot_sector_only(place):
    iso = place.make(place.write(good_tree()))
    bootable, media, segment, _, sectors, block = catalog_entry(iso)
    start, _ = boot_image(iso)
    assert (bootable, media, segment) == (0x88, 0, 0)
    assert block == start
    assert sectors == 4  # in sectors of 512 bytes; the boot sector reads the rest


def test_a_boot_image_of_the_users_is_an_additional_one(place):
    iso = place.make(place.write(good_tree(mine=b"M" * BLOCK)), "-b", "mine", "-no-emul-boot", "-boot-load-size", "4")
    images = subprocess.run(["xorriso", "-indev", iso, "-report_el_torito", "plain"], capture_output=True, text=True,
                            check=True).stdout
    assert re.findall(r"^El Torito img path : +(\d) +(\S+)", images, re.MULTILINE) == [
        ("1", f"/{BOOT_IMAGE}"), ("2", "/mine"), ("3", "/boot/whelk.fat")]
    block, size = file_in_iso(iso, "mine")
    assert iso.read_bytes()[block * BLOCK:block * BLOCK + size] == b"M" * BLOCK


def test_the_boot_information_table_describes_the_boot_image(place):
    iso = place.make(place.write(good_tree()))
    start, image = boot_image(iso)
    words = struct.unpack(f"<{-(-len(image) // 4)}I", image + bytes(-len(image) % 4))
    volume, block, length, checksum = words[2:6]
    assert (volume, block, length) == (16, start, len(image))
    assert checksum == sum(words[16:]) & 0xFFFFFFFF


def test_the_boot_image_is_the_one_that_was_built(place):
    iso = place.make(place.write(good_tree()))
    built = (BUILD / "boot.img").read_bytes()
    _, image = boot_image(iso)
    assert len(image) == len(built)
    assert (image[:8], image[64:]) == (built[:8], built[64:])


FRONT_BLOCKS = 14  # the first files, which are before the boot image


def test_files_stand_in_load_order_and_small_ones_before_the_boot_image(place):
    config = ("set timeout=0\nset default=1\n"
              "menuentry a {\n multiboot /boot/a.elf\n module /m/0\n module /boot/shared\n}\n"
              "menuentry b {\n multiboot /z/b.elf\n module /boot/zz\n module /boot/shared\n module /boot/aa\n}\n")
    modules = {name: os.urandom(5000) for name in ("m/0", "boot/shared", "boot/zz", "boot/aa")}
    others = {f"0{i}": os.urandom(3000) for i in range(5)}
    files = {CONFIG: config.encode(), "boot/a.elf": kernel(), "z/b.elf": kernel(size=9000), **modules, **others}
    iso = place.make(place.write(files))
    start = expected = file_in_iso(iso, CONFIG)[0]
    for name in (CONFIG, RECORD, "z/b.elf", "boot/zz", "boot/shared", BOOT_IMAGE, "boot/aa", "boot/a.elf", "m/0"):
        block, size = file_in_iso(iso, name)
        assert block == expected, name
        expected += -(-size // BLOCK)
    assert all(file_in_iso(iso, name)[0] >= expected for name in others)
    assert file_in_iso(iso, BOOT_IMAGE)[0] - start <= FRONT_BLOCKS


@pytest.mark.parametrize("size, is_in_front", [((FRONT_BLOCKS - 2) * BLOCK, True),
                                               ((FRONT_BLOCKS - 2) * BLOCK + 1, False)])
def test_a_large_kernel_stands_after_the_boot_image(place, size, is_in_front):
    iso = place.make(place.write({CONFIG: ENTRY.encode(), "boot/kernel": kernel(size=size)}))
    assert file_in_iso(iso, CONFIG)[0] < file_in_iso(iso, BOOT_IMAGE)[0]
    assert (file_in_iso(iso, "boot/kernel")[0] < file_in_iso(iso, BOOT_IMAGE)[0]) == is_in_front


def test_an_iso_with_a_module_of_one_mebibyte_is_under_1600000_bytes_and_200_kib_for_uefi(place):
    config = ENTRY.replace("boot\n}", "module /boot/module\n}")
    iso = place.make(place.write({CONFIG: config.encode(), "boot/kernel": kernel(size=100_000),
                                  "boot/module": os.urandom(MIB)}))
    assert iso.stat().st_size < 1_600_000 + 200 * 1024


CYLINDER = 16 * 63 * SECTOR  # SeaBIOS boots no smaller virtio, SCSI, SATA or USB disk


def test_a_tiny_tree_makes_an_iso_of_at_least_one_cylinder_and_not_much_more(place):
    assert CYLINDER <= place.make(place.write(good_tree())).stat().st_size < CYLINDER + 200_000


# ---- the disk

def gpt_header(disk, sector):
    header = disk[sector * SECTOR:sector * SECTOR + 92]
    assert header[:8] == b"EFI PART"
    (revision, size, crc, reserved, own, other, first, last, guid, entries, count, entry_size,
     entries_crc) = struct.unpack("<4I4Q16sQ3I", header[8:])
    assert (revision, size, reserved, own) == (0x10000, 92, 0, sector)
    assert crc == zlib.crc32(header[:16] + bytes(4) + header[20:])
    table = disk[entries * SECTOR:entries * SECTOR + count * entry_size]
    assert entries_crc == zlib.crc32(table)
    return {"other": other, "first": first, "last": last, "guid": uuid.UUID(bytes_le=guid), "entries": entries,
            "table": table, "entry_size": entry_size}


def test_the_partition_table_and_its_backup_are_valid_and_agree(place):
    disk = place.make(place.write(good_tree())).read_bytes()
    last_sector = len(disk) // SECTOR - 1
    front, back = gpt_header(disk, 1), gpt_header(disk, last_sector)
    assert (front["other"], back["other"]) == (last_sector, 1)
    assert back["entries"] == last_sector - 32
    for field in ("first", "last", "guid", "table"):
        assert front[field] == back[field]
    assert front["first"] > front["entries"] + 31 and front["last"] < back["entries"]
    assert front["guid"].variant == uuid.RFC_4122 and front["guid"].bytes[6] >> 4 == 8


def partitions(disk):
    """For each GPT entry in use: type, own GUID, first and last sector, flags, name."""
    front = gpt_header(disk, 1)
    entries = [front["table"][at:at + front["entry_size"]] for at in range(0, len(front["table"]), front["entry_size"])]
    used = [entry for entry in entries if any(entry)]
    assert entries[:len(used)] == used
    return [(uuid.UUID(bytes_le=entry[:16]), uuid.UUID(bytes_le=entry[16:32]), *struct.unpack_from("<QQQ", entry, 32),
             entry[56:128].decode("utf-16-le").rstrip("\0")) for entry in used]


def test_read_only_partitions_cover_the_iso_except_the_efi_system_partition(place):
    disk = place.make(place.write(good_tree())).read_bytes()
    front = gpt_header(disk, 1)
    before, efi, after = partitions(disk)
    assert (before[2], after[3]) == (front["first"], front["last"])
    assert (before[3] + 1, efi[3] + 1) == (efi[2], after[2])
    for kind, _, _, _, flags, name in (before, after):
        assert kind == uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
        assert (flags, name) == (1 << 60 | 1, "Whelk ISO")
    assert efi[0] == uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
    assert (efi[4], efi[5]) == (1, "EFI boot")
    assert len({front["guid"], before[1], efi[1], after[1]}) == 4


def test_the_mbr_protects_the_disk_and_has_an_active_entry_for_firmware_that_wants_one(place):
    disk = place.make(place.write(good_tree())).read_bytes()
    entries = [struct.unpack_from("<B3xB3xII", disk, 446 + 16 * i) for i in range(4)]
    assert entries == [(0, 0xEE, 1, len(disk) // SECTOR - 1), (0x80, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0)]
    assert disk[510:512] == b"\x55\xaa"


def test_the_mbr_has_the_built_code_and_the_boot_images_place(place):
    iso = place.make(place.write(good_tree()))
    disk, code = iso.read_bytes(), (BUILD / "mbr.img").read_bytes()
    start, _ = boot_image(iso)
    assert len(code) <= 0x1B0
    assert disk[:len(code)] == code
    assert struct.unpack_from("<Q", disk, 0x1B0) == (start * 4 + 4,)


def test_the_backup_partition_table_lies_inside_the_volume(place):
    disk = place.make(place.write(good_tree())).read_bytes()
    assert struct.unpack_from("<I", disk, 16 * BLOCK + 80)[0] * BLOCK == len(disk)


def test_each_iso_has_its_own_disk_identifier(place):
    first = gpt_header(place.make(place.write(good_tree())).read_bytes(), 1)
    second = gpt_header(place.make(place.write(good_tree(x=b"1"))).read_bytes(), 1)
    assert first["guid"] != second["guid"]


# ---- partitions of the user's

EFI_SYSTEM, LINUX, BASIC = (uuid.UUID(text) for text in (
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0fc63daf-8483-4772-8e79-3d69d8477de4", "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"))
OTHER_TYPE = "8da63339-0007-60c0-c436-083ac8230908"


def mbr_entries(disk):
    return [struct.unpack_from("<B3xB3xII", disk, 446 + 16 * i) for i in range(4)]


@pytest.mark.parametrize("before", [[], ["--"], ["-V", "X", "--"]], ids=" ".join)
@pytest.mark.parametrize("parts", [
    [(2, "0x83", LINUX, 0x83)], [(1, "0xef", EFI_SYSTEM, 0xEF)], [(4, "12", BASIC, 12), (1, "Linux", LINUX, 0x83)],
    [(3, OTHER_TYPE, uuid.UUID(OTHER_TYPE), 0xCD), (2, OTHER_TYPE.replace("-", ""), uuid.UUID(OTHER_TYPE), 0xCD),
     (1, "0x83", LINUX, 0x83)],
], ids=lambda parts: ",".join(str(number) for number, *_ in parts))
def test_an_appended_partition_has_its_number_in_both_tables_and_its_bytes_after_the_iso(place, parts, before):
    place.write(good_tree())
    place.write({f"p{number}": os.urandom(70_001 * number) for number, *_ in parts}, "parts")
    options = [word for number, kind, *_ in parts for word in ("-append_partition", str(number), kind, f"parts/p{number}")]
    disk = place.make("tree", *before, *options).read_bytes()
    front, back = gpt_header(disk, 1), gpt_header(disk, len(disk) // SECTOR - 1)
    assert (front["other"], back["other"]) == (len(disk) // SECTOR - 1, 1) and front["table"] == back["table"]
    assert len(disk) % BLOCK == 0
    end, rows, mbr = struct.unpack_from("<I", disk, 16 * BLOCK + 80)[0] * BLOCK // SECTOR, partitions(disk), mbr_entries(disk)
    for number, _, gpt_type, mbr_type in parts:
        kind, own, first, last, flags, name = rows[number - 1]
        assert (kind, flags, name) == (gpt_type, 0, "Appended") and first >= end and first % 8 == 0
        assert mbr[number - 1][1:] == (mbr_type, first, last - first + 1)
        data = (place.path / f"parts/p{number}").read_bytes()
        got = disk[first * SECTOR:(last + 1) * SECTOR]
        assert got[:len(data)] == data and not any(got[len(data):]) and len(got) - len(data) < 4096
        end = last + 1
    assert end <= front["last"] + 1
    assert len({front["guid"], *(row[1] for row in rows)}) == 1 + len(rows)
    spans = sorted((row[2], row[3]) for row in rows)
    assert all(last < first for (_, last), (first, _) in zip(spans, spans[1:]))
    assert [name for *_, name in rows if name != "Appended"] == ["Whelk ISO", "EFI boot", "Whelk ISO"]
    # The protective partition ends where the user's begin; one entry, not this one, is active.
    assert [row[2:] for row in mbr if row[1] == 0xEE] == [(1, min(row[2] for row in mbr if row[1] not in (0, 0xEE)) - 1)]
    assert [row[0] for row in mbr if row[1] == 0xEE] == [0] and sorted(row[0] for row in mbr) == [0, 0, 0, 0x80]


def test_an_iso_with_an_appended_partition_is_as_other_programs_expect(place):
    place.write(good_tree())
    place.write({"p": bytes(100_000)}, "parts")
    iso = place.make("tree", "-append_partition", "2", "0x83", "parts/p")
    said = subprocess.run(["xorriso", "-indev", iso, "-report_system_area", "plain", "-report_el_torito", "plain"],
                          capture_output=True, text=True).stdout
    _, _, first, last, *_ = partitions(iso.read_bytes())[1]
    assert re.search(rf"^MBR partition +: +2 +0x00 +0x83 +{first} +{last - first + 1}$", said, re.MULTILINE)
    assert re.search(rf"^GPT start and size : +2 +{first} +{last - first + 1}$", said, re.MULTILINE)
    assert re.findall(r"^El Torito boot img : +\d +(\w+)", said, re.MULTILINE) == ["BIOS", "UEFI"]


@pytest.mark.parametrize("options, reason", [
    (["0", "0x83", "p"], "-append_partition 0: the number must be from 1 to 4"),
    (["5", "0x83", "p"], "-append_partition 5: the number must be from 1 to 4"),
    (["2x", "0x83", "p"], "-append_partition 2x: the number must be from 1 to 4"),
    (["2", "0x100", "p"], "-append_partition 2 0x100: not a partition type"),
    (["2", "ext4", "p"], "-append_partition 2 ext4: not a partition type"),
    (["2", OTHER_TYPE[:-1], "p"], f"-append_partition 2 {OTHER_TYPE[:-1]}: not a partition type"),
    (["2", OTHER_TYPE + "0", "p"], f"-append_partition 2 {OTHER_TYPE}0: not a partition type"),
    (["2", "0x83", "absent"], "-append_partition: absent: No such file or directory"),
    (["2", "0x83", "tree"], "-append_partition: tree: not a file with contents"),
    (["2", "0x83", "empty"], "-append_partition: empty: not a file with contents"),
    (["2", "0x83", "p", "-append_partition", "2", "0x83", "p"], "-append_partition 2 is given twice"),
    ([word for number in "123" for word in (number, "0x83", "p", "-append_partition")] + ["4", "0x83", "p"],
     "-append_partition: the ISO can have 3 such partitions"),
    (["2"], "-append_partition needs 3 arguments"),
])
def test_a_partition_that_cannot_be_appended_is_refused_with_one_line(place, options, reason):
    place.write(good_tree())
    (place.path / "p").write_bytes(b"x")
    (place.path / "empty").touch()
    assert reason in place.refuse("tree", "--", "-append_partition", *options)


# ---- the files

def odd_files():
    names = ["blank s/ two  blanks ", "eq=ual/a=b", "back\\slash/m\\1", "mixed\\=x", "ünï/çødé", "st*r/[a]?{b}",
             "quote'/\"", "$HOME", "-dash", "--", "#x", "n" * 200, "UPPER.TXT", "upper.txt", "a.b.c;1", "new\nline",
             "deep/" + "/".join("abcdefghij"), "empty", ".hidden/.x"]
    return {name: name.encode() if name != "empty" else b"" for name in names}


def test_the_users_files_are_all_there_unchanged_and_only_whelks_boot_file_is_new(place):
    tree = place.write(good_tree(**odd_files()))
    (tree / "nothing in it").mkdir()
    (tree / "link").symlink_to("boot/kernel")
    (tree / "dangling").symlink_to("/no/where")
    (tree / "up").symlink_to("../outside")
    Path(os.fsdecode(os.fsencode(tree) + b"/latin-\xfc")).write_bytes(b"latin")
    iso = place.make(tree)
    got = extract(iso, place.path / "got")
    expected = contents(tree)
    assert contents(got).keys() - expected.keys() == OWN
    assert contents(got) | expected == contents(got)


def test_a_kernel_with_an_odd_name_is_found_and_put_in_load_order(place):
    config = 'menuentry "x" {\n multiboot "/b o=o\\\\t/kërnel [1]*"\n}\n'
    iso = place.make(place.write({CONFIG: config.encode(), "b o=o\\t/kërnel [1]*": kernel(), "a": b"a"}))
    record_block, _ = file_in_iso(iso, RECORD)
    report = subprocess.run(["xorriso", "-indev", iso, "-find", "/", "-name", "k*", "-exec", "report_lba"],
                            capture_output=True, text=True, check=True).stdout
    assert int(report.splitlines()[1].split(",")[1]) == record_block + 1


def test_several_sources_become_one_tree_in_which_the_later_wins(place):
    place.write({CONFIG: b"menuentry a {\n multiboot /boot/kernel\n}\n", "boot/grub/only-a": b"a", "both": b"a"}, "a")
    place.write({"boot/kernel": kernel(), "both": b"b"}, "b")
    got = extract(place.make("a", "b"), place.path / "got")
    assert (got / "both").read_bytes() == b"b"
    assert {"boot/grub/only-a", "boot/kernel", CONFIG} <= {str(p.relative_to(got)) for p in got.rglob("*")}


def test_graft_points_put_files_and_directories_where_they_say(place):
    place.write({"k=1": kernel(), "back\\slash": b"m"}, "parts")
    place.write({"x": b"x", "sub/y": b"y"}, "more")
    (place.path / "cfg").write_text(ENTRY)
    iso = place.make("boot/grub/grub.cfg=cfg", r"/boot/kernel=parts/k\=1", r"/a\=b/c\\d=parts/back\\slash",
                     "extra/=more", "into/=parts/back\\slash", "cfg")
    got = extract(iso, place.path / "got")
    assert {k: v for k, v in contents(got).items() if v[0] == "file" and k not in OWN} == {
        CONFIG.encode(): ("file", ENTRY.encode()), b"boot/kernel": ("file", kernel()), b"a=b/c\\d": ("file", b"m"),
        b"extra/x": ("file", b"x"), b"extra/sub/y": ("file", b"y"), b"into/back\\slash": ("file", b"m"),
        b"cfg": ("file", ENTRY.encode())}


def test_a_source_that_is_a_symbolic_link_stands_for_what_it_leads_to(place):
    place.write(good_tree())
    (place.path / "link").symlink_to("tree")
    (place.path / "file").write_text("f")
    (place.path / "filelink").symlink_to("file")
    got = extract(place.make("link", "x/y=filelink"), place.path / "got")
    assert contents(got)[b"x/y"] == ("file", b"f")
    assert contents(got)[b"boot/kernel"] == ("file", kernel())


def test_an_output_inside_the_tree_does_not_contain_itself(place):
    tree = place.write(good_tree())
    place.iso = tree / "a [1]*" / "o=ut.iso"
    place.iso.parent.mkdir()
    sizes = []
    for _ in range(2):
        place.make(tree)
        sizes.append(place.iso.stat().st_size)
    got = extract(place.iso, place.path / "got")
    assert sorted(contents(got)) == sorted(
        [*OWN, *(os.fsencode(name) for name in ("a [1]*", "boot", "boot/grub", "boot/kernel", CONFIG))])
    assert sizes[0] == sizes[1]
    assert os.listdir(place.iso.parent) == ["o=ut.iso"]


def test_the_extracted_tree_of_a_whelk_iso_makes_an_iso_again(place):
    got = extract(place.make(place.write(good_tree())), place.path / "got")
    place.make(got)
    assert contents(extract(place.iso, place.path / "again")).keys() == contents(got).keys()
    assert len(boot_image(place.iso)[1]) == (BUILD / "boot.img").stat().st_size


def test_symbolic_links_in_the_tree_lead_to_kernels(place):
    config = ("menuentry a {\n multiboot /current/kernel\n module /abs\n module /boot/../current/kernel\n"
              " module //boot/./kernel\n}\n")
    tree = place.write({CONFIG: config.encode(), "boot/kernel": kernel()})
    (tree / "v1").symlink_to("boot")
    (tree / "current").symlink_to("v1/")
    (tree / "abs").symlink_to("/current/kernel")
    iso = place.make(tree)
    assert file_in_iso(iso, "boot/kernel")[0] == file_in_iso(iso, CONFIG)[0] + 2  # the record is between them


def test_a_compressed_kernel_and_compressed_modules_are_accepted(place):
    config = ("menuentry a {\n multiboot /boot/kernel.gz\n module /boot/module.gz\n"
              " module --nounzip /boot/module.gz\n}\n")
    files = {"boot/kernel.gz": gzip.compress(kernel()), "boot/module.gz": gzip.compress(bytes(MIB))}
    found = extract(place.make(place.write({CONFIG: config.encode(), **files})), place.path / "found")
    assert {name: (found / name).read_bytes() for name in files} == files


# ---- what is refused

def entry(*lines):
    return {CONFIG: "\n".join(['menuentry "Test" {', *lines, "}", ""]).encode(), "boot/kernel": kernel()}


REFUSED = {
    "no config": ({"boot/kernel": kernel()}, "boot/grub/grub.cfg: no such file"),
    "empty config": ({CONFIG: b""}, "boot/grub/grub.cfg:"),
    "config is a directory": ({CONFIG + "/x": b""}, "boot/grub/grub.cfg: is a directory"),
    "config too large": ({CONFIG: b"#" * (1 << 20)}, "boot/grub/grub.cfg: has 1048576 bytes"),
    "unknown command": (entry("multiboot /boot/kernel", "frobnicate", "linux /boot/kernel"), "boot/grub/grub.cfg:4: "),
    "no kernel": (entry("module /boot/kernel"), "boot/grub/grub.cfg:2: "),
    "missing kernel": (entry("multiboot /boot/kernel2"), "boot/grub/grub.cfg:2: /boot/kernel2: no such file"),
    "kernel of another case": (entry("multiboot /boot/Kernel"), "boot/grub/grub.cfg:2: /boot/Kernel: no such file"),
    "kernel below a file": (entry("multiboot /boot/kernel/x"), "boot/grub/grub.cfg:2: /boot/kernel/x: "),
    "kernel is a directory": (entry("multiboot /boot"), "boot/grub/grub.cfg:2: /boot: is a directory"),
    "no Multiboot kernel": (entry("multiboot /boot/grub/grub.cfg"), "boot/grub/grub.cfg:2: /boot/grub/grub.cfg: "),
    "Multiboot header beyond the limit": (
        {**entry("multiboot /boot/kernel"), "boot/kernel": bytes(0x3000) + kernel()},
        "boot/grub/grub.cfg:2: /boot/kernel: no Multiboot header in the first 8192 bytes: a Multiboot header at offset 0x"),
    "Linux kernel": ({**entry("multiboot2 /boot/kernel"), "boot/kernel": bytes(0x202) + b"HdrS" + bytes(0x1000)},
                     "boot/grub/grub.cfg:2: /boot/kernel: no Multiboot 2 header in the first 32768 bytes: "
                     "it is a Linux bzImage"),
    "kernel that fits nowhere": ({**entry("multiboot /boot/kernel"), "boot/kernel": kernel(address=0xE0000000)},
                                 "boot/grub/grub.cfg:2: /boot/kernel: "),
    "missing module": (entry("multiboot /boot/kernel", "module /boot/m x"),
                       "boot/grub/grub.cfg:3: /boot/m: no such file"),
    "module is a directory": (entry("multiboot /boot/kernel", "module /boot"),
                              "boot/grub/grub.cfg:3: /boot: is a directory"),
    "corrupt compressed module": ({**entry("multiboot /boot/kernel", "module /m.gz"),
                               "m.gz": gzip.compress(os.urandom(5000))[:-100]}, "boot/grub/grub.cfg:3: /m.gz: "),
    "compressed in another way": ({**entry("multiboot /boot/kernel", "module /m.xz"),
                               "m.xz": b"\xfd7zXZ\0" + bytes(100)}, "boot/grub/grub.cfg:3: /m.xz: "),
    "our file's name": (good_tree(**{BOOT_IMAGE: b"mine"}), "/boot/whelk.img: "),
    "our record's name": (good_tree(**{RECORD: b"mine"}), "/boot/whelk.sum: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_tree_that_could_not_boot_is_refused_with_file_and_line(place, name):
    files, reason = REFUSED[name]
    said = place.refuse(place.write(files))
    assert said.startswith(f"whelk: error: {reason}"), said
    assert said.splitlines()[-1] == f"whelk: {place.iso} was not written"


def test_every_entry_that_could_not_boot_is_named(place):
    config = ("menuentry a {\n multiboot /no/1\n}\nmenuentry b {\n multiboot /boot/kernel\n}\n"
              "menuentry c {\n multiboot /boot/kernel\n module /no/2\n}\n")
    said = place.refuse(place.write({CONFIG: config.encode(), "boot/kernel": kernel()})).splitlines()
    assert [line.split(": ")[1:3] for line in said[:-1]] == [["error", "boot/grub/grub.cfg:2"],
                                                            ["warning", "boot/grub/grub.cfg:9"]]


def test_broken_and_circular_links_are_refused(place):
    tree = place.write(entry("multiboot /boot/kernel", "module /circle"))
    (tree / "circle").symlink_to("elcric")
    (tree / "elcric").symlink_to("circle")
    assert "boot/grub/grub.cfg:3: /circle: more than 8 symbolic links" in place.refuse(tree)
    (tree / "circle").unlink()
    (tree / "circle").symlink_to("../../../nothing")
    where = "where its symbolic link leads in the ISO"
    assert f"boot/grub/grub.cfg:3: /circle: {where}: no such file" in place.refuse(tree)


def test_a_config_without_its_last_brace_is_accepted_with_a_warning(place):
    run = place.run("-o", place.iso, place.write({**good_tree(), CONFIG: ENTRY.rstrip("}\n").encode()}))
    assert run.returncode == 0
    assert run.stderr.startswith("whelk: warning: boot/grub/grub.cfg:2: ")
    assert place.iso.exists()


INFORMATION = 'menuentry "about" {\n    echo "written by us"\n}\n'


def test_an_entry_that_only_shows_something_is_no_fault(place):
    run = place.run("-o", place.iso, place.write({**good_tree(), CONFIG: (ENTRY + INFORMATION).encode()}))
    assert run.returncode == 0 and place.iso.exists()
    assert "nothing to boot: no multiboot line names a kernel" in run.stderr


@pytest.mark.parametrize("command", ["plan9 /boot/9pc", "pxechainloader +1"])
def test_an_entry_without_multiboot_gives_a_warning_if_another_one_boots(place, command):
    other = f'menuentry "other" {{\n    {command}\n    boot\n}}\n'
    run = place.run("-o", place.iso, place.write({**good_tree(), CONFIG: (ENTRY + other).encode()}))
    assert run.returncode == 0 and place.iso.exists()
    assert run.stderr == f"whelk: warning: boot/grub/grub.cfg:7: {command.split()[0]} is not supported\n"
    assert "is not supported" in place.refuse(place.write({CONFIG: ("set timeout=0\n" + other).encode()}, "only"))


def test_a_default_entry_that_only_shows_something_is_refused(place):
    message = place.refuse(place.write({**good_tree(), CONFIG: (INFORMATION + ENTRY).encode()}))
    assert "boot/grub/grub.cfg:1: nothing to boot: no multiboot line names a kernel" in message


def test_a_failed_run_leaves_the_iso_that_was_there(place):
    place.iso.write_bytes(b"older")
    place.refuse(place.write(entry("multiboot /boot/nothing")))
    assert place.iso.read_bytes() == b"older"


def test_a_source_that_does_not_exist_is_named(place):
    assert place.refuse("nothing").startswith("whelk: error: nothing: No such file or directory\n")
    assert r"'\='" in place.refuse("a=b")


@pytest.mark.parametrize("output, reason", [("tree", "is a directory"), ("no/where.iso", "No such file or directory"),
                                            ("tree/", "is a directory"), ("x/", "not a directory"),
                                            ("n" * 256, "not the name of a file")])
def test_an_output_that_is_no_file_is_refused(place, output, reason):
    run = place.run("-o", output, place.write(good_tree()))
    assert run.returncode == 1
    assert reason in run.stderr.splitlines()[0]
    assert os.listdir(place.path) == ["tree"]


# ---- what is no file gets a copy

@pytest.fixture
def scratch(place, monkeypatch):
    """The directory for an ISO that is to be copied."""
    folder = place.path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("writer", [[], ["--xorriso=xorriso"]], ids=["by-itself", "by-xorriso"])
@pytest.mark.parametrize("output", ["-", "/dev/stdout"])
def test_a_pipe_at_standard_output_gets_the_iso_and_nothing_else(place, scratch, output, writer):
    tree = place.write(good_tree())
    expected = place.make(tree).read_bytes()
    run = subprocess.run([MKRESCUE, "-v", *writer, "-o", output, tree], stdin=subprocess.DEVNULL, capture_output=True,
                         timeout=60 * PATIENCE, cwd=place.path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == expected


def test_a_named_pipe_gets_the_iso(place, scratch):
    tree = place.write(good_tree())
    expected = place.make(tree).read_bytes()
    os.mkfifo(place.path / "pipe")
    with open(place.path / "copy", "wb") as copy, subprocess.Popen(["cat", place.path / "pipe"], stdout=copy):
        assert place.run("-o", "pipe", tree).returncode == 0
    assert (place.path / "copy").read_bytes() == expected
    assert (place.path / "pipe").is_fifo()


def test_a_device_is_written_to_and_stays_one(place, scratch):
    assert place.run("-o", "/dev/null", place.write(good_tree())).returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_disk_gets_the_iso_unless_it_is_in_use(place, scratch):
    disk = place.path / "disk"
    with open(disk, "wb") as file:
        file.truncate(16 << 20)
    tree = place.write(good_tree())
    expected = place.make(tree).read_bytes()
    loop = subprocess.run(["losetup", "--show", "-f", disk], capture_output=True, text=True)
    if loop.returncode != 0:
        pytest.skip(f"SKIPPED: no loop device to be had: {loop.stderr}")
    device = loop.stdout.strip()
    try:
        assert place.run("-o", device, tree).returncode == 0
        assert disk.read_bytes()[:len(expected)] == expected
        in_use = os.open(device, os.O_RDONLY | os.O_EXCL)
        run = place.run("-o", device, tree)
        os.close(in_use)
        assert run.returncode == 1 and f"{device}: Device or resource busy" in run.stderr
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


def test_a_device_that_is_full_is_named(place, scratch):
    run = place.run("-o", "/dev/full", place.write(good_tree()))
    assert run.returncode == 1 and run.stderr.startswith("whelk: error: /dev/full: No space left on device\n")


def test_a_terminal_at_standard_output_is_refused(place, scratch):
    ours, terminal = os.openpty()
    run = subprocess.run([MKRESCUE, "-o", "-", place.write(good_tree())], stdin=subprocess.DEVNULL, stdout=terminal,
                         stderr=subprocess.PIPE, text=True, timeout=60 * PATIENCE)
    os.close(ours)
    os.close(terminal)
    assert run.returncode == 1 and "standard output is a terminal" in run.stderr


def test_a_reader_that_goes_away_leaves_no_file(place, scratch):
    tree = place.write(good_tree())
    run = subprocess.run(["sh", "-c", '"$0" -o - "$1" | true', MKRESCUE, tree], capture_output=True, text=True,
                         timeout=60 * PATIENCE)
    assert run.stderr == ""


OLDER = b"older" * 1_000_000  # longer than the ISO: its end must not stay


@pytest.mark.skipif(not may_mount(), reason="mounts a file")
def test_a_file_that_is_mounted_is_written_in_place(place):
    tree = place.write(good_tree())
    expected = place.make(tree).read_bytes()
    (place.path / "mounted").write_bytes(OLDER)
    place.iso.write_bytes(b"")
    run = subprocess.run(["unshare", "-m", "sh", "-c", 'mount --bind mounted out.iso && exec "$@"', "sh",
                          MKRESCUE, "-o", "out.iso", tree], cwd=place.path, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert (place.path / "mounted").read_bytes() == expected
    assert sorted(os.listdir(place.path)) == ["mounted", "out.iso", "tree"]


@pytest.fixture
def as_nobody(place):
    """Runs whelk-mkrescue as somebody who owns nothing, with this output in the folder "d"."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: only root can run it as somebody else")
    program = for_everyone(place.path)

    def run(output):
        return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "-o", output,
                               place.path / "tree"], capture_output=True, text=True)
    return run


@pytest.mark.parametrize("owner", [65534, 0], ids=["the-folder-alone", "the-file-too"])
def test_a_file_in_a_folder_of_somebody_else_is_written_in_place(place, as_nobody, owner):
    expected = place.make(place.write(good_tree())).read_bytes()
    output = place.path / "d" / "out.iso"
    output.parent.mkdir()
    output.write_bytes(OLDER)
    output.chmod(0o666)
    os.chown(output, owner, owner)
    before = output.stat().st_ino
    run = as_nobody(output)
    assert (run.returncode, run.stderr) == (0, "")
    assert output.read_bytes() == expected
    assert output.stat().st_ino == before
    assert os.listdir(output.parent) == ["out.iso"]


def test_a_file_that_can_be_neither_replaced_nor_written_is_named(place, as_nobody):
    place.write(good_tree())
    output = place.path / "d" / "out.iso"
    output.parent.mkdir()
    output.write_bytes(b"older")
    run = as_nobody(output)
    assert run.returncode == 1
    assert f"whelk: error: {output}: cannot write there: Permission denied\n" in run.stderr
    assert output.read_bytes() == b"older"


def test_an_output_that_is_a_symbolic_link_stays_one(place):
    (place.path / "elsewhere").write_bytes(b"older")
    place.iso.symlink_to("elsewhere")
    place.make(place.write(good_tree()))
    assert place.iso.is_symlink() and (place.path / "elsewhere").stat().st_size > 100_000


def test_the_iso_has_the_permissions_that_the_umask_leaves(place):
    run = subprocess.run(["sh", "-c", 'umask 027 && exec "$@"', "sh", MKRESCUE, "-o", place.iso,
                          place.write(good_tree())], check=True)
    assert stat.S_IMODE(place.iso.stat().st_mode) == 0o640


# ---- the two writers

def tree_with_all_kinds(place):
    tree = place.write(good_tree(**odd_files(), **{"deep/" * 12 + "x": b"x", "more/" + "n" * 250: b"long"}))
    (tree / "nothing in it").mkdir()
    (tree / "link").symlink_to("boot/kernel")
    (tree / "long link").symlink_to("/".join(["component"] * 60))
    os.link(tree / "boot/kernel", tree / "another kernel")
    os.mkfifo(tree / "pipe")
    (tree / "program").write_bytes(b"#!")
    (tree / "program").chmod(0o4710)
    for number in range(300):
        (tree / f"many{number % 3}").mkdir(exist_ok=True)
        (tree / f"many{number % 3}/name-{number}-{'x' * (number % 40)}.txt").write_bytes(bytes([number % 256]) * number)
    place.write({"both": b"2", "boot/second": b"2", "many0": b"a file"}, "second")
    (place.path / "second/many0").unlink()
    (place.path / "second/many0").mkdir()
    place.write({"becomes a directory/x": b"x"}, "third")
    return [tree, "becomes a directory=second/both", "second", "third", "a/b/c/=second/both", r"e\=q/=third"]


@pytest.mark.parametrize("more", [[], ["--product-name=Name", "--product-version=1"]])
def test_libisofs_and_xorriso_make_the_same_bytes(place, more):
    sources = tree_with_all_kinds(place)
    by_libisofs = place.make(*sources, *more).read_bytes()
    by_xorriso = place.make(BY_XORRISO, *sources, *more).read_bytes()
    assert by_libisofs == by_xorriso


def test_a_usual_call_needs_no_program(place):
    run = place.run("-o", place.iso, place.write(good_tree()), env={"PATH": "/nonexistent"})
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("writer", [(), (BY_XORRISO,)])
def test_a_directory_replaces_a_file_but_a_file_replaces_no_directory(place, writer):
    place.write(good_tree())
    place.write({"a/x": b"x"}, "second")
    place.write({"a": b""}, "third")
    (place.path / "b").write_bytes(b"b")
    assert "/a" in place.refuse("tree", "second", "third", *writer)
    assert "b" in place.refuse("tree", "second", "a=b", *writer)
    got = contents(extract(place.make("tree", "third", "second", "b=b", "b/c=second", *writer), place.path / "got"))
    assert got[b"a/x"] == got[b"b/c/a/x"] == ("file", b"x")


def fake_xorriso(place, script):
    """A PATH on which xorriso is this script, where $iso is the file that it must write."""
    tools = place.path / "bin"
    tools.mkdir()
    program = tools / "xorriso"
    program.write_text('#!/bin/sh\nfor word; do [ "$last" = -o ] && iso=${word#stdio:}; last=$word; done\n' + script)
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}


def test_a_missing_xorriso_is_named_with_the_command_that_installs_it(place):
    said = place.refuse("-J", place.write(good_tree()), env={**os.environ, "PATH": "/nonexistent"})
    assert "apt install xorriso" in said and len(said.splitlines()) == 2


def test_a_failing_xorriso_is_quoted_and_no_file_stays(place):
    environment = fake_xorriso(place, 'echo half > "$iso"; echo "xorriso : FAILURE : the moon"; exit 5\n')
    said = place.refuse(place.write(good_tree()), BY_XORRISO, env=environment)
    assert "xorriso : FAILURE : the moon\n" in said
    assert "whelk: error: xorriso failed with exit status 5\n" in said


def test_an_iso_that_xorriso_did_not_make_bootable_is_refused(place):
    environment = fake_xorriso(place, 'head -c 1000000 /dev/zero > "$iso"\n')
    assert "El Torito" in place.refuse(place.write(good_tree()), BY_XORRISO, env=environment)


def test_xorriso_is_quiet_unless_asked(place):
    tree = place.write(good_tree())
    quiet, verbose = (place.run(*words, BY_XORRISO, "-o", place.iso, tree) for words in ([], ["-v"]))
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert "xorriso" in verbose.stderr and verbose.returncode == 0


DEADLY = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


@pytest.mark.parametrize("number", DEADLY)
def test_a_signal_in_the_middle_leaves_nothing(place, number):
    tree = place.write(good_tree(big=Sparse(4 * GIB)))
    out = place.path / "out"
    out.mkdir()
    run = subprocess.Popen([MKRESCUE, "-o", out / "out.iso", tree], preexec_fn=default_signals)
    deadline = time.monotonic() + 20 * PATIENCE
    while sum(path.stat().st_size for path in out.rglob("iso")) < MIB:
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.01)
    run.send_signal(number)
    assert run.wait(20 * PATIENCE) == -number
    assert os.listdir(out) == []


@pytest.mark.parametrize("number", DEADLY)
def test_a_signal_while_xorriso_runs_leaves_nothing(place, number):
    environment = fake_xorriso(place, f'echo half > "$iso"; echo $$ > "{place.path}/pid"; exec sleep 30\n')
    tree = place.write(good_tree())
    out = place.path / "out"
    out.mkdir()
    run = subprocess.Popen([MKRESCUE, BY_XORRISO, "-o", out / "out.iso", tree], env=environment,
                           preexec_fn=default_signals)
    deadline = time.monotonic() + 20 * PATIENCE
    while not ((place.path / "pid").exists() and (place.path / "pid").read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(os.listdir(out)) == 1
    run.send_signal(number)
    assert run.wait(20 * PATIENCE) == -number
    assert os.listdir(out) == []
    assert not Path("/proc", (place.path / "pid").read_text().strip()).exists()


def test_a_hangup_is_ignored_under_nohup(place):
    environment = fake_xorriso(place, f'kill -HUP $PPID; echo sent > {place.path}/sent; exec {shutil.which("xorriso")} "$@"\n')
    tree = place.write(good_tree())
    done = place.run(MKRESCUE, BY_XORRISO, "-o", place.iso, tree, program="nohup", env=environment)
    assert done.returncode == 0, done.stderr
    assert (place.path / "sent").exists() and place.iso.exists()


def test_only_the_problems_that_a_failing_xorriso_prints_are_quoted(place):
    environment = fake_xorriso(place, 'for i in 1 2 3 4 5 6 7 8 9; do echo "xorriso : UPDATE : $i"; done\n'
                               'echo "libisofs: FAILURE : the moon"; echo "xorriso : FAILURE : the sun"\n'
                               'echo "xorriso : NOTE : 1"; exit 32\n')
    said = place.refuse(place.write(good_tree()), BY_XORRISO, env=environment).splitlines()
    assert said == ["  libisofs: FAILURE : the moon", "  xorriso : FAILURE : the sun",
                    "whelk: error: xorriso failed with exit status 32", f"whelk: {place.iso} was not written"]


@pytest.mark.skipif(not may_mount(), reason="mounts a small file system")
@pytest.mark.parametrize("size, writer", [("64k", ()), ("2m", ()), ("64k", (BY_XORRISO,)), ("2m", (BY_XORRISO,))])
def test_a_full_disk_is_named_and_nothing_is_left_on_it(place, size, writer):
    tree = place.write(good_tree(big=os.urandom(3 * MIB)))
    (place.path / "small").mkdir()
    script = f'mount -t tmpfs -o size={size} none small && "$@"; echo "status $?"; ls -A small'
    run = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", MKRESCUE, *writer, "-o", "small/out.iso", tree],
                         cwd=place.path, capture_output=True, text=True)
    reason = f"cannot write the ISO: No space left on device: make room in {place.path}/small, or write elsewhere (-o, TMPDIR)"
    by_xorriso = (size, writer) == ("2m", (BY_XORRISO,))  # the boot image was written before, by Whelk
    assert ("free space" if by_xorriso else f"whelk: error: {reason}\n") in run.stderr
    assert run.stdout == "status 1\n"


@pytest.mark.parametrize("writer, reason", [((), "cannot write the ISO: File too large"),
                                            ((BY_XORRISO,), "Cannot write")])
def test_a_file_system_without_room_leaves_nothing_and_is_named(place, writer, reason):
    tree = place.write(good_tree(**{"big": bytes(2 * MIB)}))
    run = subprocess.run(["bash", "-c", 'ulimit -f 1024; exec "$@"', "bash", MKRESCUE, *writer, "-o", place.iso, tree],
                         capture_output=True, text=True)
    assert run.returncode == 1
    assert reason in run.stderr
    assert os.listdir(place.path) == ["tree"]


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize("is_directory", [False, True])
@pytest.mark.parametrize("writer", [(), (BY_XORRISO,)])
def test_what_cannot_be_read_is_named_and_no_iso_is_written(place, is_directory, writer):
    tree = place.write(good_tree(**{"locked/x" if is_directory else "locked": b"secret"}))
    (tree / "locked").chmod(0)
    program = for_everyone(place.path)
    place.path.chmod(0o777)  # the place for the ISO
    said = place.refuse(tree, *writer, program=program, user=65534, group=65534, extra_groups=[])
    assert f"{tree}/locked" in said and len(said.splitlines()) <= 4


def read_all(controller):
    """The output to a terminal whose other end is closed."""
    shown = b""
    with contextlib.suppress(OSError), open(controller, "rb", buffering=0) as terminal:
        while piece := terminal.read(10_000):
            shown += piece
    return shown.decode()


def test_a_file_of_more_than_4_gib_is_in_the_iso_and_nothing_is_left_on_the_terminal(place):
    tree = place.write(good_tree(**{"big": Sparse(4 * GIB + 5, ((4 * GIB, b"hello"),))}))
    try:
        controller, terminal = os.openpty()
        run = subprocess.run([MKRESCUE, "-o", place.iso, tree], stderr=terminal, timeout=60 * PATIENCE)
        os.close(terminal)
        shown = read_all(controller)
        assert run.returncode == 0
        assert shown == "" or shown.endswith(" s\r\x1b[K")  # the latter after two seconds (test_progress.py)
        block, size = file_in_iso(place.iso, "boot/kernel")
        with open(place.iso, "rb") as iso:
            iso.seek(block * BLOCK)
            assert iso.read(size) == kernel()
            extents = subprocess.run(["xorriso", "-indev", place.iso, "-find", "/big", "-exec", "report_lba"],
                                     capture_output=True, text=True, check=True).stdout.splitlines()
            first, last = (int(extents[line].split(",")[1]) for line in (1, -1))
            iso.seek((first * BLOCK) + 4 * GIB)
            assert len(extents) == 3 and first < last and iso.read(5) == b"hello"
    finally:
        place.iso.unlink(missing_ok=True)


def test_a_tree_of_100000_files_makes_an_iso(place):
    tree = place.write(good_tree())
    for number in range(400):
        directory = tree / f"d{number}"
        directory.mkdir()
        for name in range(250):
            (directory / f"f{name}").touch()
    try:
        iso = place.make(tree)
        found = subprocess.run(["xorriso", "-indev", iso, "-find", "/", "-type", "f"], capture_output=True, text=True,
                               check=True).stdout.splitlines()
        assert len(found) == 100_007
        assert file_in_iso(iso, "boot/kernel")[0] == file_in_iso(iso, CONFIG)[0] + 2
    finally:
        shutil.rmtree(tree)


# ---- the command line

@pytest.mark.parametrize("arguments", [
    ("-o", "out.iso", "tree"), ("tree", "-o", "out.iso"), ("-oout.iso", "tree"), ("-o=out.iso", "tree"),
    ("--output=out.iso", "tree"), ("--output", "out.iso", "tree"), ("-output", "out.iso", "tree")])
def test_the_output_may_be_named_in_every_usual_way(place, arguments):
    place.write(good_tree())
    run = place.run(*arguments)
    assert run.returncode == 0, run.stderr
    assert place.iso.exists()


@pytest.mark.parametrize("arguments, reason", [
    (("tree",), "-o FILE"), (("-o", "out.iso"), "a directory"), (("-o",), "-o needs an argument"),
    (("--frobnicate", "-o", "out.iso", "tree"), "unknown option --frobnicate"),
    (("--", "-o", "out.iso", "tree"), "a directory"), (("-o", "out.iso", "--", "tree"), "a directory"),
    (("-Q", "-o", "out.iso", "tree"), "unknown option -Q"), (("-path-list", "x"), "unknown option -path-list"),
    (("-o", "out.iso", "tree", "-volid"), "-volid needs 1 argument"),
    (("-o", "out.iso", "tree", "-append_partition", "2", "0xef"), "-append_partition needs 3 arguments"),
    (("--compress=zip", "-o", "out.iso", "tree"), "--compress=zip: there are no, none,"),
    (("--verbose=2", "-o", "out.iso", "tree"), "--verbose takes no argument")])
def test_a_wrong_command_line_is_refused_with_one_line(place, arguments, reason):
    place.write(good_tree())
    run = place.run(*arguments)
    assert run.returncode == 2
    assert reason in run.stderr and len(run.stderr.splitlines()) == 1
    assert os.listdir(place.path) == ["tree"]


def test_the_command_whelk_mkrescue_does_the_same_as_the_link(place):
    run = place.run("mkrescue", "-o", place.iso, place.write(good_tree()), program=BUILD / "whelk")
    assert run.returncode == 0 and place.iso.exists()


def test_help_and_version_are_printed(place):
    assert "-o, --output=FILE" in place.run("--help").stdout
    assert "mkrescue" in place.run("--help", program=BUILD / "whelk").stdout
    for program in (MKRESCUE, BUILD / "whelk"):
        assert "helk" in place.run("--version", program=program).stdout
    for command in ("mkrescue", "check", "run", "xen", "domain", "bench"):
        run = place.run(command, "--version", program=BUILD / "whelk")
        assert (run.returncode, run.stdout.split()[0]) == (0, f"whelk-{command}")
    assert place.run("frobnicate", program=BUILD / "whelk").returncode == 2


def test_the_installed_program_needs_nothing_of_the_source_tree(place):
    make = ["make", "-C", str(ROOT), f"BUILD={BUILD}", f"DESTDIR={place.path}/root", "PREFIX=/usr"]
    said = subprocess.run([*make, "--no-print-directory", "install"], check=True, capture_output=True, text=True,
                          env={key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "V")}).stdout
    assert said.splitlines()[-1].startswith(f"installed: {place.path}/root/usr/bin/whelk, whelk-mkrescue, whelk-file, ")
    assert "install -m" not in said  # V=1 shows the commands
    files = {str(p.relative_to(place.path / "root")) for p in (place.path / "root").rglob("*") if not p.is_dir()}
    programs = {f"usr/bin/{name}" for name in ("whelk", "whelk-mkrescue", "whelk-file")}
    manuals = {page.name for page in (ROOT / "docs").glob("*.1")} | {"whelk-file.1"}
    assert {"whelk-mkrescue.1", "whelk-run.1"} <= manuals
    completions = {program.replace("bin", "share/bash-completion/completions") for program in programs}
    completions |= {"usr/share/zsh/vendor-completions/_whelk", "usr/share/fish/vendor_completions.d/whelk.fish"}
    images = {f"usr/share/whelk/{name}" for name in ("whelk.rom", "whelk.elf", "whelk-hvm.elf")}
    others = ("usr/share/doc/whelk/", "usr/share/cmake/Whelk/")  # test_manual.py, test_packaging.py
    assert {file for file in files if not file.startswith(others)} == \
        programs | completions | images | {f"usr/share/man/man1/{name}" for name in manuals}
    shutil.copytree(place.path / "root/usr/bin", place.path / "bin", symlinks=True)
    run = place.run("-o", place.iso, place.write(good_tree()), program=place.path / "bin/whelk-mkrescue")
    assert run.returncode == 0, run.stderr
    said = subprocess.run([*make, "--no-print-directory", "uninstall"], check=True, capture_output=True, text=True).stdout
    assert said.startswith(f"removed: {place.path}/root/usr/bin/whelk, whelk-mkrescue, ") and said.count("\n") == 1
    assert not [p for p in (place.path / "root").rglob("*") if not p.is_dir()]

# SPDX-License-Identifier: BSD-2-Clause
"""The block that the tool prepares for the loader: with it and without it, the same entry boots in the same way. The
loader ignores the block if the disc has changed since."""

import gzip
import re
import struct
import zlib

import pytest

from discs import CONFIG, SECTOR, file_in_iso, redate, replace_file_in_iso, tree
from good_kernels import KERNELS, plain
from loader_sum import sum_words
from make_kernel import MIB, pattern
from qemu import Machine
from report import Report, differences
from shim import shim
from uefi import shapes

BLOCK = 15 * SECTOR
MAGIC = b"Whelk\x07\r\n"
HEADER = 48  # bytes of the block before its files
FILES, RANGES, BLOCK_SUM = 18, 19, 32  # number of files, of ranges; the block's sum
FILE_BYTES, RANGE_BYTES, PIECE_BYTES = 16, 8, 28
MODULES = [("first 1", pattern(123_457)), ("", b""), ('"second module"', pattern(5000, 2))]


def is_prepared(image):
    return image.read_bytes()[BLOCK:BLOCK + len(MAGIC)] == MAGIC


def said_prepared(result):
    return re.search(r'"prepared":(true|false)', result.serial)[1] == "true"


def timed(files):
    return {**files, CONFIG: b"whelk_timing=1\n" + files[CONFIG]}


@pytest.fixture
def changed(discs, tmp_path):
    """Makes an ISO in which a function has changed some bytes."""
    def change(files, edit):
        data = bytearray(discs.make(files).read_bytes())
        edit(data)
        image = tmp_path / "changed.iso"
        image.write_bytes(data)
        return image
    return change


def forget(data):
    data[BLOCK:BLOCK + SECTOR] = bytes(SECTOR)


@pytest.mark.parametrize("attach", ["cdrom", "hda", "usb"])
@pytest.mark.parametrize("name", shapes(["elf32", "elf64", "elf32-without-section-headers", "elf32-with-sections",
                                         "elf64-with-sections", "data-over-all-conventional-memory",
                                         "address-fields-at-64-kib"]))
def test_the_kernel_finds_the_same_with_and_without_the_prepared_block(boot, discs, changed, name, attach):
    files = timed(tree(KERNELS[name].make(), 'a "b c" d=\\\\e', MODULES))
    prepared = boot(files, attach=attach)
    found_out = boot(changed(files, forget), attach=attach)
    assert said_prepared(prepared) and not said_prepared(found_out)
    assert not differences(found_out.report, prepared.report)
    assert [m["text"] for m in prepared.report.modules] == [b"first 1", b"", b'"second module"']


DIRT = b"\xa5"


@pytest.mark.bios("a firmware may use any memory before it starts the loader")
@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_segments_zeros_are_written_over_what_memory_had(discs, changed, tmp_path, is_prepared):
    files = timed(tree(KERNELS["bss-only-segment"].make()))
    image = discs.make(files) if is_prepared else changed(files, forget)
    dirt = tmp_path / "dirt"
    dirt.write_bytes(DIRT * (15 * MIB))
    dirty = ["-device", f"loader,file={dirt},addr={MIB:#x},force-raw=on"]
    with Machine(image, extra=dirty, exit_device=False) as qemu:
        qemu.wait_for("^END$", 30)
        assert said_prepared(qemu) == is_prepared
        assert qemu.memory(15 * MIB, 100) == DIRT * 100  # nothing was loaded there
        assert Report(qemu.serial)["regions_wrong"] == 0


def test_a_multiboot_2_kernel_is_prepared_as_well(boot, discs):
    from multiboot2_kernels import KERNELS as KERNELS2
    files = timed(tree(KERNELS2["elf64"].make()))
    files[CONFIG] = files[CONFIG].replace(b"multiboot ", b"multiboot2 ")
    assert said_prepared(boot(files))


@pytest.mark.parametrize("config", [
    b"set timeout=1\nmenuentry a { multiboot /boot/kernel }\n",
    b"menuentry a { multiboot /boot/kernel }\nmenuentry b { multiboot /boot/kernel }\n",
    b"set timeout=0\nset k=/boot/kernel\nmenuentry a { multiboot $k }\n",
    b"set timeout=0\nif [ -e /x ]; then true; fi; menuentry a { multiboot /boot/kernel }\n",
    b"set timeout=0\necho hello\nmenuentry a { multiboot /boot/kernel }\n",
    b"set timeout=0\nmenuentry a { multiboot /boot/kernel; nonsense }\n",
    b"set timeout=0\nmenuentry a { reboot }\n",
    b"set timeout=0\nmenuentry a { multiboot /boot/kernel; module /boot/compressed }\n",
], ids=["waits", "has-a-menu", "computes", "branches", "prints", "warns", "boots-nothing", "is-compressed"])
def test_nothing_is_prepared_where_the_loader_has_more_to_do(discs, config):
    assert not is_prepared(discs.make({"boot/kernel": plain(), "boot/compressed": gzip.compress(b"x" * 5000),
                                       CONFIG: config}))


@pytest.mark.parametrize("config", [
    b"menuentry a { multiboot /boot/kernel }\n",
    b"multiboot /boot/kernel\n",
    b"set default=1\nset timeout=0\nmenuentry b { multiboot /boot/compressed }\n"
    b"menuentry a { insmod x; multiboot (cd)/boot/kernel; module --nounzip /boot/compressed\nboot }\n",
], ids=["one-entry", "no-entry", "another-than-the-first"])
def test_a_plain_config_is_prepared(discs, config):
    assert is_prepared(discs.make({"boot/kernel": plain(), "boot/compressed": gzip.compress(plain()), CONFIG: config}))


def test_a_config_that_was_patched_on_the_iso_is_obeyed(boot, discs, changed):
    files = timed(tree(plain(), "before", [("m", b"module")]))

    def edit(data):
        assert data.count(b"/boot/kernel before") == 1 + 0 + data[BLOCK:BLOCK + SECTOR].count(b"/boot/kernel before")
        at = data.index(b"kernel before\n")
        data[at:at + 14] = b"kernel after.\n"
        redate(data, discs.make(files), CONFIG)
    result = boot(changed(files, edit))
    assert result.report["cmdline"] == b"after." and not said_prepared(result)


def has_plan(image):
    """Whether the block has the plan: which part of which file goes where."""
    return image.read_bytes()[BLOCK + 28] != 0


def test_headers_that_were_patched_on_the_iso_are_obeyed(boot, discs, changed):
    files = timed(tree(KERNELS["elf32"].make(), "", [("m", b"module")]))
    assert has_plan(discs.make(files))
    sector, _ = file_in_iso(discs.make(files), "boot/kernel")

    def edit(data):
        at = sector * SECTOR
        header = data.index(struct.pack("<I", 0x1BADB002), at)
        flags, = struct.unpack_from("<I", data, header + 4)
        wanted = flags | 1 << 2  # video
        struct.pack_into("<II", data, header + 4, wanted, -(0x1BADB002 + wanted) & 0xFFFFFFFF)
        assert header < at + 8192
        redate(data, discs.make(files), "boot/kernel")
    result = boot(changed(files, edit))
    assert not said_prepared(result)


@pytest.mark.parametrize("name", ["elf32", "elf64", "elf32-without-section-headers", "elf64-with-sections",
                                  "section-count-0"])
def test_the_plan_of_a_multiboot_1_kernel_is_prepared(discs, name):
    assert has_plan(discs.make(tree(KERNELS[name].make(), "")))


def test_a_plan_that_the_block_has_no_room_for_is_left_to_the_loader(boot, discs):
    arguments = "x" * 1900
    files = timed(tree(KERNELS["elf32-with-sections"].make(), arguments))
    assert is_prepared(discs.make(files)) and not has_plan(discs.make(files))
    result = boot(files)
    assert said_prepared(result) and result.report["cmdline"] == arguments.encode()


def test_a_file_that_was_exchanged_on_the_iso_is_the_one_loaded(boot, discs, tmp_path):
    files = timed(tree(plain(), "", [("m", pattern(5000))]))
    image = tmp_path / "exchanged.iso"
    image.write_bytes(discs.make(files).read_bytes())
    replace_file_in_iso(image, "boot/module0", pattern(4000, 2))
    result = boot(image)
    assert not said_prepared(result)
    assert result.report.modules[0]["end"] - result.report.modules[0]["start"] == 4000


def test_a_module_that_was_compressed_on_the_iso_is_decompressed(boot, discs, tmp_path):
    module = bytes(range(256)) * 40
    compressed = gzip.compress(module)
    files = timed(tree(plain(), "", [("m", b"\0" * len(compressed)), ("n", b"\0" * len(compressed))]))
    files[CONFIG] = files[CONFIG].replace(b"module /boot/module1", b"module --nounzip /boot/module1")
    image = tmp_path / "compressed.iso"
    data = bytearray(discs.make(files).read_bytes())
    for name in ("boot/module0", "boot/module1"):
        sector, _ = file_in_iso(discs.make(files), name)
        data[sector * SECTOR:sector * SECTOR + len(compressed)] = compressed
        redate(data, discs.make(files), name)
    image.write_bytes(data)
    result = boot(image)
    assert is_prepared(image) and not said_prepared(result)
    assert [m["end"] - m["start"] for m in result.report.modules] == [len(module), len(compressed)]


@pytest.mark.also_on("ovmf-x64-usb")
def test_a_module_that_stays_compressed_is_prepared(boot):
    files = timed(tree(plain(), "", [("m", gzip.compress(b"x" * 5000))]))
    files[CONFIG] = files[CONFIG].replace(b"module /boot", b"module --nounzip /boot")
    assert said_prepared(boot(files))


def test_an_iso_that_xorriso_changed_later_boots_what_it_has_now(boot, discs, tmp_path):
    import subprocess
    files = timed(tree(plain(), "before"))
    (tmp_path / "grub.cfg").write_bytes(files[CONFIG].replace(b"before", b"a longer line, after"))
    image = tmp_path / "changed.iso"
    subprocess.run(["xorriso", "-indev", discs.make(files), "-outdev", image, "-boot_image", "any", "replay",
                    "-map", tmp_path / "grub.cfg", f"/{CONFIG}"], check=True, capture_output=True)
    result = boot(image)
    assert result.report["cmdline"] == b"a longer line, after" and not said_prepared(result)


@pytest.mark.parametrize("at", range(0, 200, 8))
def test_a_block_with_a_wrong_byte_is_not_used(boot, changed, at):
    files = timed(tree(plain(), "x", [("m", pattern(5000))]))

    def edit(data):
        data[BLOCK + at] ^= 0x10
    result = boot(changed(files, edit))
    assert result.report["cmdline"] == b"x" and not said_prepared(result)


def flip_bit_31(data, start, end):
    """Flips bit 31 of the first two whole words. A sum modulo 2^32 does not see that."""
    for at in [at for at in range(start, end) if at % 4 == 3][:2]:
        data[at] ^= 0x80


def test_a_block_with_two_flipped_bits_that_cancel_in_a_sum_is_not_used(boot, changed):
    arguments = "alpha=1 beta=two"

    def edit(data):
        at = data.index(arguments.encode(), BLOCK)
        flip_bit_31(data, at, at + len(arguments))
    result = boot(changed(timed(tree(plain(), arguments)), edit))
    assert result.report["cmdline"] == arguments.encode() and not said_prepared(result)


def test_blocks_with_two_flipped_bits_that_cancel_in_a_sum_are_read_again(boot, changed):
    """The names in the volume descriptor matter to no boot, but the block depends on its sector."""
    def edit(data):
        flip_bit_31(data, 16 * SECTOR + 190, 16 * SECTOR + 200)
    result = boot(changed(timed(tree(plain(), "x")), edit))
    assert result.report["cmdline"] == b"x" and not said_prepared(result)


def last_range_count(data):
    """Offset of the number of blocks in the block's last range."""
    return BLOCK + HEADER + FILE_BYTES * data[BLOCK + FILES] + RANGE_BYTES * data[BLOCK + RANGES] - 4


@pytest.mark.bios("UEFI reads the blocks of the same function")
@pytest.mark.parametrize("has_right_sum", [False, True])
def test_a_block_that_depends_on_millions_of_blocks_is_not_used(discs, tmp_path, has_right_sum):
    """The disk has these blocks: reading them takes minutes."""
    image = tmp_path / "large.iso"
    data = bytearray(discs.make(timed(tree(plain(), "x"))).read_bytes())
    data[last_range_count(data) + 2] ^= 0x10
    block = data[BLOCK:BLOCK + SECTOR]
    if has_right_sum:
        block[BLOCK_SUM:BLOCK_SUM + 8] = sum_words(block[:BLOCK_SUM] + block[BLOCK_SUM + 8:])
    data[BLOCK:BLOCK + SECTOR] = block
    image.write_bytes(data)
    with open(image, "r+b") as file:
        file.truncate(4 << 30)
    with Machine(image, attach="virtio-blk") as machine:
        machine.wait_for("^END$", 20)
        assert Report(machine.serial)["cmdline"] == b"x" and not said_prepared(machine)


def test_the_blocks_own_sum_is_that_of_its_other_words(discs):
    block = discs.make(tree(plain(), "x")).read_bytes()[BLOCK:BLOCK + SECTOR]
    assert block[BLOCK_SUM:BLOCK_SUM + 8] == sum_words(block[:BLOCK_SUM] + block[BLOCK_SUM + 8:])


def test_a_prepared_kernel_that_was_broken_is_refused_with_its_line_of_the_config(discs, tmp_path):
    files = tree(plain(), "", [("m", pattern(5000))])
    data = bytearray(discs.make(files).read_bytes())
    sector, _ = file_in_iso(discs.make(files), "boot/kernel")
    data[sector * SECTOR:(sector + 1) * SECTOR] = bytes(SECTOR)
    redate(data, discs.make(files), "boot/kernel")
    image = tmp_path / "broken.iso"
    image.write_bytes(data)
    assert is_prepared(image)
    with Machine(image) as qemu:
        assert qemu.wait_for(r"^whelk: /boot/grub/grub.cfg:3: /boot/kernel: .*$", 30)


def test_the_block_names_what_is_on_the_disc(discs):
    image = discs.make(tree(plain(), "", [("m", pattern(5000))]))
    data = image.read_bytes()[BLOCK:BLOCK + SECTOR]
    files, ranges = data[FILES], data[RANGES]
    places = [struct.unpack_from("<II", data, HEADER + FILE_BYTES * i) for i in range(files)]
    assert places == [file_in_iso(image, "boot/kernel"), file_in_iso(image, "boot/module0")]
    at = HEADER + FILE_BYTES * files
    blocks = {lba + i for lba, count in struct.iter_unpack("<II", data[at:at + RANGE_BYTES * ranges])
              for i in range(count)}
    assert {16, file_in_iso(image, CONFIG)[0]} < blocks


@pytest.mark.parametrize("lengths, longest", [((5, 70_000, 300_001), 3), ((300_001, 70_000), 1), ((5, 7), 0)])
def test_the_plan_has_the_longest_file_first(discs, lengths, longest):
    """While it is read, the loader goes on with what needs no disc."""
    image = discs.make(tree(plain(), "", modules_of(*lengths)))
    data = image.read_bytes()[BLOCK:BLOCK + SECTOR]
    at = HEADER + FILE_BYTES * data[FILES] + RANGE_BYTES * data[RANGES]
    pieces = list(struct.iter_unpack("<5I8s", data[at:at + PIECE_BYTES * data[28]]))
    assert pieces[0][4] == longest
    assert {file for *_, file, _ in pieces} == set(range(len(lengths) + 1))


# ---- Where the bytes go --------------------------------------------------------------------------

KIB = 1024
MEMORY_MIB = 64


def modules_of(*lengths):
    return [(f"m{i}", pattern(length, i + 1)) for i, length in enumerate(lengths)]


def assert_arrived(report, modules):
    assert [(m["adler"], m["end"] - m["start"]) for m in report.modules] == [
        (zlib.adler32(contents), len(contents)) for _, contents in modules]


@pytest.mark.parametrize("lengths", [
    [64 * KIB + 1], [64 * KIB + SECTOR - 1], [123_456], [17 * MIB + 3], [300_001, 5, 5000], [70_000, 5, 300_001],
    [100_000, 100_000], [0, 100_000, 0],
], ids=["odd", "up-to-a-sector", "even", "more-than-a-command", "first-of-three", "last-of-three", "two-alike",
        "with-an-empty-one"])
def test_modules_of_any_length_arrive_whole(boot, lengths):
    modules = modules_of(*lengths)
    result = boot(timed(tree(plain(), "x", modules)))
    assert said_prepared(result)
    assert_arrived(result.report, modules)


@pytest.mark.seabios("what the boot image for a BIOS reads")
def test_a_boot_with_one_long_file_takes_two_commands(boot):
    modules = modules_of(MIB + 5)
    result = boot(timed(tree(plain(), "x", modules)))
    assert_arrived(result.report, modules)
    assert '"transfers":2,"driver":"piix-ide"' in result.serial


@pytest.mark.bios("OVMF needs more memory")
@pytest.mark.parametrize("attach", ["cdrom", "usb"])
@pytest.mark.parametrize("length", [3 * MIB, 3 * MIB + 800 * KIB])
def test_a_module_up_to_the_end_of_memory_arrives_whole(boot, length, attach):
    """In other boots the loader keeps sectors of the disc in the last 512 KiB."""
    modules = modules_of(length)
    result = boot(timed(tree(plain(), "x", modules)), memory=5, attach=attach)
    assert said_prepared(result)
    assert_arrived(result.report, modules)


HOLE, HOLE_BYTES = 2 * MIB, 64 * KIB
RAM = shim.memory_map(MEMORY_MIB)
OVER_IT = [*RAM, (HOLE, HOLE_BYTES, shim.RESERVED)]
AROUND_IT = [entry for base, length, kind in RAM for entry in (
    [(base, HOLE - base, kind), (HOLE, HOLE_BYTES, shim.RESERVED),
     (HOLE + HOLE_BYTES, base + length - HOLE - HOLE_BYTES, kind)] if base <= HOLE < base + length
    else [(base, length, kind)])]


@pytest.mark.seabios("a BIOS's memory map with a hole")
@pytest.mark.parametrize("ranges", [OVER_IT, AROUND_IT, OVER_IT[::-1]], ids=["over", "around", "before"])
def test_no_file_is_read_over_memory_that_the_firmware_keeps(discs, tmp_path, ranges):
    """The prepared plan has the module over the hole in the memory map, so the loader plans anew."""
    modules = modules_of(3 * MIB)
    image = discs.make(tree(plain(), "x", modules))
    assert has_plan(image)
    floppy = shim.floppy(tmp_path / "shim.img", ranges, load_sectors=4, dma=1)
    extra = ["-drive", f"if=floppy,format=raw,snapshot=on,file={floppy}", "-boot", "a"]
    with Machine(image, memory=MEMORY_MIB, extra=extra, exit_device=False) as machine:
        machine.wait_for("^END$", 30)
        assert machine.memory(HOLE, HOLE_BYTES) == bytes(HOLE_BYTES)
        assert_arrived(Report(machine.serial), modules)

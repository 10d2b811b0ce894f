# SPDX-License-Identifier: BSD-2-Clause
"""whelk-mkrescue and the loader refuse kernels, modules and machines that cannot work, in one line with the file and
the reason: whelk-mkrescue before it writes anything, the loader without a hang, a reset or a jump."""

import re

import pytest

from broken_kernels import KERNELS
from discs import CONFIG, Sparse, mkrescue, padded, tree
from good_kernels import plain
from make_kernel import MIB, multiboot_header, pattern
from qemu import Machine, expected
from shim.next_device import BOOTED, next_device

GOOD = plain()
KERNEL_LINE = r"/?boot/grub/grub\.cfg:3: /boot/kernel: "
ROOM = 64 * 1024  # bytes, enough for each malformed kernel


def assert_refused_at_build(directory, files, pattern_of_line):
    run, image = mkrescue(files, directory)
    assert run.returncode == 1, run.stdout + run.stderr
    line, end = run.stderr.splitlines()
    assert re.search("^whelk: error: " + pattern_of_line, line), line
    assert end == f"whelk: {image} was not written"
    assert not image.exists()
    assert [path.name for path in directory.iterdir()] == ["tree"]


def assert_refused_at_boot(image, pattern_of_line, **machine):
    with Machine(image, **machine) as qemu:
        qemu.wait_for("press a key", timeout=10)
        said = [line for line in qemu.said if line.startswith("whelk: ")]
        assert len(said) == 2, qemu.serial
        assert re.search("^whelk: " + pattern_of_line, said[0]), said[0]
        assert qemu.is_running


@pytest.mark.parametrize("name", [name for name, kernel in KERNELS.items() if kernel.at_build])
def test_the_tool_refuses_a_kernel_with(tmp_path, name):
    kernel = KERNELS[name]
    assert_refused_at_build(tmp_path, tree(kernel.contents), KERNEL_LINE + f".*({kernel.reason})")


@pytest.mark.parametrize("name", KERNELS)
def test_the_loader_refuses_a_kernel_with(discs, name):
    kernel = KERNELS[name]
    good = tree(padded(GOOD, ROOM))
    image = discs.make_unchecked(good, {"boot/kernel": kernel.contents})
    assert_refused_at_boot(image, KERNEL_LINE + f".*({kernel.reason})")


# ---- what the config asks for

def config(*lines):
    return "\n".join(["set timeout=0", 'menuentry "test" {', *lines, "}", ""]).encode()


CONFIGS = {
    "a module that is missing": (
        ["multiboot /boot/kernel", "module /boot/nothing"], ":4: /boot/nothing: .*(not found|no such|does not exist)"),
    "a kernel that is missing": (
        ["multiboot /boot/nothing"], ":3: /boot/nothing: .*(not found|no such|does not exist)"),
    "a directory as module": (["multiboot /boot/kernel", "module /boot/grub"], ":4: /boot/grub: .*directory"),
    "a directory as kernel": (["multiboot /boot/grub"], ":3: /boot/grub: .*directory"),
    "a module before the kernel": (["module /boot/module0", "multiboot /boot/kernel"], ":3: .*kernel"),
    "module2 for a multiboot kernel": (["multiboot /boot/kernel", "module2 /boot/module0"], ":4: .*module"),
    "no kernel": (["set x=1"], ":2: nothing to boot"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_tool_refuses_an_entry_with(tmp_path, name):
    lines, line = CONFIGS[name]
    files = {**tree(GOOD, modules=[("", b"x")]), CONFIG: config(*lines)}
    assert_refused_at_build(tmp_path, files, r"boot/grub/grub\.cfg" + line)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_loader_refuses_an_entry_with(discs, name):
    lines, line = CONFIGS[name]
    image = discs.make_unchecked(tree(GOOD, modules=[("", b"x")]), {CONFIG: config(*lines)})
    assert_refused_at_boot(image, r"/boot/grub/grub\.cfg" + line)


def test_a_second_kernel_in_an_entry_takes_the_place_of_the_first(boot):
    files = {**tree(b"", modules=[("", b"x")]), "boot/first": plain(2 * MIB), "boot/second": GOOD,
             CONFIG: config("multiboot /boot/first one", "module /boot/module0", "multiboot /boot/second two")}
    del files["boot/kernel"]
    report = boot(files).report
    assert (report["base"], report["cmdline"]) == (MIB, b"two")
    assert report.modules == []  # as under GRUB 2.06


# ---- what the machine has

SMALL = pytest.mark.bios("machines too small for UEFI")


@pytest.mark.drive("a disc that is larger than the memory")
def test_a_module_larger_than_the_free_memory_is_refused(discs):
    files = tree(GOOD, modules=[("", Sparse(expected(80, 300) * MIB))])
    assert_refused_at_boot(discs.make(files), r"/boot/grub/grub\.cfg:4: /boot/module0: .*does not fit", memory=64)
    discs.forget(files)


@pytest.mark.bios("memory in one piece")
def test_a_module_may_fill_the_memory_to_the_last_page_and_no_further(boot, discs):
    first = boot(tree(GOOD, modules=[("", b"x")]), memory=32).report
    start = first.modules[0]["start"]
    memory = next(e for e in first.mmap if e["base"] <= start < e["base"] + e["length"])
    size = memory["base"] + memory["length"] - start
    full = Sparse(size, ((0, pattern(4096)), (size - 4096, pattern(4096, 2))))
    report = boot(tree(GOOD, modules=[("", full)]), memory=32).report
    assert report.modules[0]["end"] == start + size
    assert report.modules[0]["adler"] == full.adler32()
    assert report["regions_wrong"] == 0
    too_big = tree(GOOD, modules=[("", Sparse(size + 1))])
    assert_refused_at_boot(discs.make(too_big), r"/boot/grub/grub\.cfg:4: /boot/module0: .*does not fit", memory=32)


@SMALL
@pytest.mark.parametrize("memory", [2, 4, 8])
def test_in_a_small_machine_what_is_too_large_is_refused(discs, memory):
    kernel = tree(padded(plain(16 * MIB), ROOM))
    assert_refused_at_boot(discs.make(kernel), KERNEL_LINE + ".*does not fit", memory=memory)
    module = tree(GOOD, modules=[("", Sparse(8 * MIB))])
    assert_refused_at_boot(discs.make(module), r"/boot/grub/grub\.cfg:4: /boot/module0: .*does not fit", memory=memory)


@SMALL
@pytest.mark.parametrize("memory", [2, 4, 8])
def test_in_a_small_machine_what_is_small_enough_boots(boot, memory):
    report = boot(tree(GOOD, modules=[("", pattern(100_000))]), memory=memory).report
    assert report["regions_wrong"] == 0
    assert report.modules[0]["end"] - report.modules[0]["start"] == 100_000


@SMALL
def test_more_modules_than_the_machine_has_pages_for_are_refused(discs):
    files = tree(GOOD, modules=[(f"{n} " + "x" * 200, b"x") for n in range(500)])
    assert_refused_at_boot(discs.make(files), r"/boot/grub/grub\.cfg:\d+: /boot/module\d+: .*does not fit", memory=3)


# ---- after the refusal

@pytest.mark.pc("a keyboard")
def test_after_the_key_the_firmware_tries_its_next_boot_device(discs, tmp_path):
    image = discs.make_unchecked(tree(padded(GOOD, ROOM)), {"boot/kernel": b"nothing"})
    with Machine(image, extra=next_device(tmp_path / "disk")) as qemu:
        qemu.wait_for("press a key")
        qemu.press("ret")
        assert qemu.wait_for(BOOTED)


@pytest.mark.also_on("ovmf-x64-usb")
def test_a_refused_entry_leads_back_to_the_menu_where_another_can_be_chosen(discs):
    two = (b'set timeout=0\nmenuentry "broken" {\nmultiboot /boot/broken\n}\n'
           b'menuentry "right" {\nmultiboot /boot/kernel\n}\n')
    files = {**tree(GOOD), "boot/broken": padded(GOOD, ROOM), CONFIG: two}
    image = discs.make_unchecked(files, {"boot/broken": multiboot_header(1 << 9)})
    with Machine(image) as qemu:
        line = qemu.wait_for(r"/boot/grub/grub\.cfg:3: /boot/broken: .*flag 9")
        assert qemu.wait_for("right", after=line.end())
        qemu.type_serial("\x1b[B")
        qemu.type_serial("\r")
        assert qemu.wait_for("^END$")


def test_a_refused_entry_can_be_tried_again_and_leaves_memory_for_another(discs):
    modules = "".join(f"module /boot/kernel {number:0200}\n" for number in range(400))
    two = f"set timeout=0\nmenuentry broken {{\nmultiboot /boot/broken\n{modules}}}\n" \
          "menuentry right {\nmultiboot /boot/kernel\n}\n"
    files = {**tree(GOOD), "boot/broken": padded(GOOD, ROOM), CONFIG: two.encode()}
    image = discs.make_unchecked(files, {"boot/broken": multiboot_header(1 << 9)})
    with Machine(image) as qemu:
        line = qemu.wait_for("flag 9")
        for _ in range(3):
            line = qemu.wait_for("Esc: next boot device", after=line.end())
            qemu.type_serial("1")
            line = qemu.wait_for("flag 9", after=line.end())
        line = qemu.wait_for("Esc: next boot device", after=line.end())
        qemu.type_serial("2")
        assert qemu.wait_for("^END$")

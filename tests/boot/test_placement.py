# SPDX-License-Identifier: BSD-2-Clause
"""Where HermitCore needs kernel, modules and information: a kernel has died of each broken rule. Here the kernel starts
the other processors as HermitCore does, by a trampoline at 0x8000, before it reads anything."""

import pytest

from discs import tree
from good_kernels import PLAIN
from make_kernel import MIB, PT_GNU_STACK, START_PROCESSORS, Payload, Segment, align, elf, multiboot_header, pattern

PAGE, KIB = 4096, 1024
MODULES = [("the application", pattern(123_457)), ("another", pattern(5000, 2))]


def payload(cpus):
    return Payload(MIB, PLAIN, START_PROCESSORS if cpus > 1 else 0)


@pytest.fixture(params=[1, 2], ids=["1-cpu", "2-cpus"], scope="module")
def cpus(request):
    return request.param


@pytest.fixture
def report(boot, cpus):
    """The report of a kernel that is shaped like ldhermit.elf."""
    kernel = payload(cpus)
    segments = kernel.cut(0x600, 0xA00, 0xC00) + [Segment(0, type=PT_GNU_STACK)]
    return boot(tree(elf(segments, kernel.entry), "-uart=io:0x3f8", MODULES), cpus=cpus).report


def pages(address, length):
    return range(address // PAGE, (address + max(length, 1) - 1) // PAGE + 1)


def available(report, address):
    """The available range around an address."""
    return next(e for e in report.mmap if e["type"] == 1 and e["base"] <= address < e["base"] + e["length"])


def test_the_information_survives_the_start_of_the_other_processors(report, cpus):
    assert report.get("processors_started", 0) == cpus - 1
    assert report["cmdline"] == b"-uart=io:0x3f8"
    assert [m["text"].decode() for m in report.modules] == [words for words, _ in MODULES]


def test_the_information_is_below_2_mib_and_neither_in_page_0_nor_at_0x8000(report):
    assert report["ebx"] < 2 * MIB
    assert report["ebx"] // PAGE not in (0, 8)


def test_information_command_line_and_memory_map_share_one_page(report):
    places = [(report["ebx"], 120), (report["cmdline_addr"], len(report["cmdline"]) + 1),
              (report["mmap_addr"], report["mmap_length"])]
    assert len({page for place in places for page in pages(*place)}) == 1


def test_the_information_is_in_the_page_that_grub_uses(report):
    assert report["ebx"] == 0x10000


def test_32_kib_after_the_informations_page_are_free_ram(report):
    end = (report["ebx"] // PAGE + 1) * PAGE + 32 * KIB
    around = available(report, report["ebx"])
    assert end <= around["base"] + around["length"]
    assert report["mods_addr"] // PAGE == report["ebx"] // PAGE
    assert all(m["start"] >= MIB for m in report.modules)


def test_the_module_list_is_below_2_mib(report):
    assert report["mods_addr"] + 16 * report["mods_count"] <= 2 * MIB


def test_modules_stand_on_pages(report):
    assert [m["start"] % PAGE for m in report.modules] == [0, 0]


@pytest.mark.also_on("ovmf-ia32")
def test_modules_stand_on_pages_even_if_the_header_does_not_ask(boot):
    kernel = Payload(MIB, multiboot_header(0))
    modules = boot(tree(elf([kernel.segment()], kernel.entry), "", MODULES)).report.modules
    assert [m["start"] % PAGE for m in modules] == [0, 0]


def test_the_first_module_is_right_after_the_kernel_and_starts_below_2_mib(report):
    first = report.modules[0]
    assert first["start"] == align(payload(1).memory_end, PAGE)
    assert first["start"] < 2 * MIB


def test_the_modules_are_in_ascending_order_with_nothing_between(report):
    first, second = report.modules
    assert second["start"] == align(first["end"], PAGE)


def test_at_least_2_mib_of_ram_are_free_after_the_last_module(report):
    end = max(m["end"] for m in report.modules)
    around = available(report, end)
    assert end + 2 * MIB <= around["base"] + around["length"]
    for key in ("ebx", "cmdline_addr", "mods_addr", "mmap_addr", "boot_loader_name_addr"):
        assert report[key] < MIB


@pytest.mark.bios("the MultiProcessor Specification's tables")
@pytest.mark.pc("the MultiProcessor Specification's tables")
def test_the_processor_tables_are_untouched(report, cpus):
    assert report["mp_pointer"] >= 0x9F000
    assert report["mp_table_right"] == 1
    assert report["mp_processors"] == cpus


@pytest.mark.bios("OVMF keeps memory at 8 MiB")
def test_one_available_range_reaches_from_the_kernel_to_beyond_12_mib(report):
    around = available(report, MIB)
    assert around["base"] <= MIB and around["base"] + around["length"] >= 0xC00000
    assert {e["size"] for e in report.mmap} == {20}


def test_the_command_line_can_be_read_even_if_there_is_none(boot):
    kernel = payload(1)
    report = boot(tree(elf([kernel.segment()], kernel.entry))).report
    assert report["flags"] >> 2 & 1
    assert report["cmdline"] == b"" and report["cmdline_addr"] >= PAGE

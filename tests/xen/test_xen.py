# SPDX-License-Identifier: BSD-2-Clause
"""Guests of a real Xen boot Whelk's ISOs; the tests read their serial ports. Before the first test, the lab runs the
guests of all chosen tests (conftest.py, guests.py)."""

import json
import re
import zlib

import pytest

import guests
from report import Report

TIMING = re.compile(r"^whelk-timing (\{.*\})$", re.MULTILINE)
MULTIBOOT1_MAGIC, MULTIBOOT2_MAGIC = 0x2BADB002, 0x36D76289
RSDP = 15  # the tag of ACPI 2.0's root pointer


def timing(result):
    lines = TIMING.findall(result.log)
    assert len(lines) == 1, str(result)
    return json.loads(lines[0])


def settings(text):
    """The settings of an xl config, by their keys."""
    return dict(re.findall(r"^(\w+) *= *(.*)$", text, re.MULTILINE))


def booted(result, magic=MULTIBOOT1_MAGIC, modules=()):
    """The kernel's report, which must be whole and have the modules' right bytes."""
    report = Report(result.log)
    assert report["eax"] == magic and report["regions_wrong"] == 0
    assert [module["adler"] for module in report.modules] == [zlib.adler32(module) for module in modules]
    return report


# ---- By libvirt

@pytest.mark.guest("libvirt")
def test_libvirts_driver_for_xen_boots_the_definition(result):
    assert booted(result, modules=[guests.LARGE])["cmdline"] == b"an argument"
    assert timing(result)["driver"] == "piix-ide"


@pytest.mark.guest("libvirt")
def test_libvirt_makes_the_settings_that_whelk_domain_writes_for_xl(result):
    said, meant = (settings((result.folder / name).read_text()) for name in ("native.xl", "guest.xl"))
    for key in ("name", "memory", "vcpus", "boot", "serial", "tsc_mode", "on_poweroff", "on_reboot", "on_crash"):
        assert said[key] == meant[key], key
    assert said["device_model_args"] == meant["device_model_args_hvm"]
    assert "-global rtl8139.romfile= " in (result.folder / "device-model.arguments").read_text()


@pytest.mark.guest("libvirt")
def test_libvirt_reads_a_pvh_guest_as_xl_does(result):
    said = settings((result.folder / "native-pvh.xl").read_text())
    words = ("--name", result.folder.name, "-m", guests.MEMORY_MIB, "--type", "pvh", "guest.iso")
    meant = settings(guests.whelk(result.folder, "domain", *words))
    for key in ("name", "type", "kernel", "ramdisk", "memory", "vcpus", "tsc_mode", "on_poweroff"):
        assert said[key] == meant[key], key


# ---- From a CD

@pytest.mark.quick
@pytest.mark.guest("whelk-xen")
def test_what_whelk_xen_has_written_boots_a_kernel_with_its_module_and_the_uart_argument(result):
    assert booted(result, modules=[guests.LARGE])["cmdline"] == b"-uart=io:0x3f8"


@pytest.mark.guest("whelk-xen-in-dom0")
def test_whelk_xen_makes_and_starts_and_follows_a_guest_until_it_ends(result):
    report = Report(result.said)
    assert [module["adler"] for module in report.modules] == [zlib.adler32(guests.LARGE)]
    assert "has ended" in result.said.splitlines()[-1]


@pytest.mark.guest("whelk-xen-pvh-in-dom0")
def test_whelk_xen_shows_a_pvh_guests_console_until_the_guest_ends(result):
    assert re.search(r"^whelk-probe 0x[0-9a-f]{16}$", result.said, re.MULTILINE), str(result)
    assert "has ended" in result.said.splitlines()[-1]


@pytest.mark.quick
@pytest.mark.guest("multiboot1-cd")
def test_a_multiboot1_kernel_gets_its_modules(result):
    report = booted(result, modules=[guests.SMALL, guests.LARGE])
    assert report["cmdline"] == b"an argument"
    assert [module["text"] for module in report.modules] == [b"small one", b"large one"]


@pytest.mark.quick
@pytest.mark.guest("multiboot1-cd")
def test_the_cd_is_read_by_dma_in_few_transfers(result):
    line = timing(result)
    assert line["driver"] == "piix-ide" and "fallback" not in line
    assert line["bytes"] > len(guests.LARGE) and line["transfers"] <= 8


@pytest.mark.quick
@pytest.mark.guest("multiboot2-cd")
def test_a_multiboot2_kernel_gets_its_module(result):
    report = booted(result, MULTIBOOT2_MAGIC, [guests.LARGE])
    assert report["cmdline"] == b"an argument"
    assert timing(result)["driver"] == "piix-ide"


@pytest.mark.guest("seed-tree")
def test_the_tree_of_the_blog_post_boots_with_its_names(result):
    assert booted(result, modules=[guests.APPLICATION])["cmdline"] == b"-uart=io:0x3f8"


@pytest.mark.guest("menu")
def test_a_menu_counts_down_and_boots_its_default(result):
    assert booted(result)["cmdline"] == b"second"


@pytest.mark.guest("twin-cds")
def test_of_two_drives_with_the_same_disc_the_firmware_reads_its_own(result):
    booted(result, modules=[guests.SMALL])
    line = timing(result)
    assert line["driver"] == "int13" and "two drives with the same data" in line["fallback"]


# ---- As a disk

@pytest.mark.parametrize("guest, driver", [
    pytest.param("disk-hda", "piix-ide", marks=pytest.mark.quick), ("disk-xvda", "piix-ide"), ("disk-ahci", "ahci"),
    ("disk-scsi", "int13")])
def test_the_iso_boots_as_a_disk_by_the_driver_for_its_controller(result, guest, driver):
    booted(result, modules=[guests.LARGE])
    assert timing(result)["driver"] == driver


# ---- PVH guests

@pytest.mark.quick
@pytest.mark.guest("pvh-iso")
def test_a_pvh_guest_boots_a_multiboot_kernel_from_an_iso_in_memory(result):
    report = booted(result, modules=[guests.SMALL, guests.LARGE])
    assert report["cmdline"] == b"an argument one more"
    assert [module["text"] for module in report.modules] == [b"small one", b"large one"]
    assert timing(result)["driver"] == "memory"


@pytest.mark.guest("pvh-multiboot2")
def test_a_pvh_guest_gives_a_multiboot2_kernel_xens_root_pointer(result):
    report = booted(result, MULTIBOOT2_MAGIC, [guests.LARGE])
    assert report["cmdline"] == b"an argument"
    assert RSDP in [tag["type"] for tag in report.tags]


@pytest.mark.guest("pvh-cpio")
def test_a_pvh_guest_boots_the_first_file_of_an_archive_with_the_others_as_modules(result):
    report = booted(result, modules=[guests.LARGE])
    assert report["cmdline"] == b"from an archive"
    assert [module["text"] for module in report.modules] == [b"large"]


@pytest.mark.guest("pvh-kernel")
def test_a_pvh_guest_boots_a_kernel_alone(result):
    assert booted(result)["cmdline"] == b"alone"


@pytest.mark.guest("pvh-broken")
def test_an_archive_that_is_cut_gives_one_line_on_xens_console_and_in_its_log(result):
    line = "whelk: cpio: the entry at byte 0 ends after the archive, was that cut?"
    assert line in result.log.split("\n") and line in result.console.split("\n"), str(result)


# ---- In hvmloader's place

@pytest.mark.quick
@pytest.mark.guest("firmware-cd")
def test_in_hvmloaders_place_the_cd_is_read_by_dma(result):
    report = booted(result, modules=[guests.SMALL, guests.LARGE])
    assert report["cmdline"] == b"an argument" and report["mp_pointer"] >= 0xF0000
    line = timing(result)
    assert line["driver"] == "piix-ide" and "fallback" not in line


@pytest.mark.guest("firmware-multiboot2")
def test_in_hvmloaders_place_a_multiboot2_kernel_gets_a_root_pointer(result):
    assert RSDP in [tag["type"] for tag in booted(result, MULTIBOOT2_MAGIC, [guests.LARGE]).tags]


@pytest.mark.guest("firmware-machine")
def test_in_hvmloaders_place_a_kernel_starts_its_processors_by_acpi_and_by_mp_tables(result):
    lines = result.log.split("\n")
    assert "started_by_acpi 0x2: 0x1" in lines and "started_by_mp 0x2: 0x1" in lines, str(result)


@pytest.mark.guest("firmware-machine")
@pytest.mark.parametrize("processor", ["0x0", "0x2"])
def test_in_hvmloaders_place_each_processor_has_the_mtrrs(result, processor):
    """As hvmloader sets them. Linux uses no PAT, and so no write-combining, where MTRRs are off."""
    found = dict(re.findall(rf"^processor {processor} msr 0x(\w+): 0x(\w+)$", result.log, re.MULTILINE))
    assert found["2ff"] == "c06" and found["250"] == "606060606060606" and found["259"] == "0"
    assert found["268"] == "505050505050505" and found["200"] == "f0000000"
    assert int(found["201"], 16) & 0xffffffff == 0xf0000800


@pytest.mark.guest("firmware-module")
def test_in_hvmloaders_place_the_iso_may_be_the_module(result):
    assert booted(result, modules=[guests.LARGE])["cmdline"] == b"an argument"
    assert timing(result)["driver"] == "memory"


# ---- Broken ISOs: one line, on the serial port

@pytest.mark.parametrize("guest, reason", [
    pytest.param("broken-kernel", r"whelk: /boot/grub/grub\.cfg:3: /boot/kernel: no Multiboot header.*",
                 marks=pytest.mark.quick),
    ("broken-entry", r"whelk: /boot/grub/grub\.cfg:3: /boot/colonel: .*"),
    ("broken-boot-image", r"Whelk: boot error 6 \(whelk help boot-errors\)"),
])
def test_a_broken_iso_gives_its_reason_in_one_line_of_the_log(result, guest, reason):
    lines = [line for line in result.log.split("\n") if "helk" in line and "press a key" not in line]
    assert len(lines) == 1 and re.fullmatch(reason, lines[0]), str(result)
    assert "report:" not in result.log


# ---- whelk bench --xen

@pytest.mark.guest("bench")
def test_whelk_bench_measures_guests_from_dom0(result):
    found = json.loads((result.folder / "bench.json").read_text())
    row, *bare = found["results"]
    assert found["accel"] == "xen" and row["name"] == "whelk" and row["module_mib"] == 1
    assert [each["name"] for each in bare] == ["whelk-hvm", "whelk-pvh"]
    assert all(0 < each["total_ms"]["median"] < row["total_ms"]["median"] for each in bare)
    # The times are not compared: two starts of a guest differ by more than Whelk's whole share.
    assert row["total_ms"]["median"] > 0 and row["firmware_ms"]["median"] > 0
    assert row["timing_us"]["driver"] == "piix-ide" and row["timing_us"]["jump"] > 0

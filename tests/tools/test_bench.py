# SPDX-License-Identifier: BSD-2-Clause
"""whelk bench measures what its manual page says, in forms that programs can read, and leaves
nothing running and no file, whatever goes wrong."""

import csv
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from discs import BUILD, CONFIG, MKRESCUE, tree, write_tree
from good_kernels import KERNELS
from linux_kernel import bzimage
from place import default_signals
from qemu import PATIENCE

pytestmark = pytest.mark.bios("names its firmware itself")

WHELK = BUILD / "whelk"
MIB = 1 << 20
FIRMWARE_ACCESSES = 20_000  # a lower bound: SeaBIOS on `pc` has 50,000


def halting_kernel(address=MIB):
    """A kernel with address fields whose entry is the first byte after the header: cli, hlt."""
    flags = 1 << 16
    header = struct.pack("<8I", 0x1BADB002, flags, -(0x1BADB002 + flags) & 0xFFFFFFFF, address, address, 0, 0,
                         address + 32)
    return header + b"\xfa\xf4"


@pytest.fixture
def bench(tmp_path):
    """Runs whelk bench with an empty TMPDIR, and checks that it is empty afterwards."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def run(*arguments, files=None, status=0, **options):
        directory = tmp_path / "tree"
        write_tree(directory, files or tree(halting_kernel()))
        timeout = options.pop("timeout", 120)
        done = subprocess.run([str(WHELK), "bench", "--accel", "tcg", "--runs", "1", *map(str, arguments),
                               str(directory)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout * PATIENCE,
                              env={**os.environ, "TMPDIR": str(scratch), **options.pop("env", {})}, **options)
        assert done.returncode == status, done.stderr
        assert os.listdir(scratch) == []
        return done
    run.scratch = scratch
    return run


def results(done):
    return {(row["name"], row["module_mib"]): row for row in json.loads(done.stdout)["results"]}


def test_a_kernel_of_ones_own_is_measured_up_to_its_first_instruction(bench):
    """The kernel writes nothing and touches no device. GRUB itself has code at its entry point."""
    found = results(bench("--json", "--loaders=whelk,grub-i386-pc"))
    assert {name for name, _ in found} == {"whelk", "grub-i386-pc"}
    for row in found.values():
        assert row["firmware_ms"]["median"] > 10
        assert row["total_ms"]["median"] == pytest.approx(row["firmware_ms"]["median"] + row["loader_ms"]["median"],
                                                          abs=0.01)
        # Whelk's own accesses are fewer than the firmware's vary by.
        assert FIRMWARE_ACCESSES < row["accesses"] - row["accesses_above_firmware"]
    assert found["whelk", 0]["accesses"] < found["grub-i386-pc", 0]["accesses"] / 5
    assert found["whelk", 0]["iso_bytes"] > MIB / 2


def test_the_kernel_is_found_at_an_address_where_grub_has_code(bench):
    """GRUB decompresses itself to 1 MiB, which is this kernel's entry point, and jumps there."""
    kernel = halting_kernel()
    flags = 1 << 16
    shifted = struct.pack("<8I", 0x1BADB002, flags, -(0x1BADB002 + flags) & 0xFFFFFFFF, MIB + 16, MIB, 0, 0, MIB)
    files = tree(b"\xfa\xf4".ljust(16, b"\xf4") + shifted)
    own = results(bench("--json", "--loaders=grub-i386-pc", files=files))["grub-i386-pc", 0]
    other = results(bench("--json", "--loaders=grub-i386-pc", files=tree(kernel)))["grub-i386-pc", 0]
    assert own["accesses_above_firmware"] > other["accesses_above_firmware"] / 2


def test_until_also_counts_what_the_kernel_does_up_to_the_text(bench):
    files = tree(KERNELS["elf32"].make())
    until = results(bench("--json", "--until=END", "--loaders=whelk", files=files))["whelk", 0]
    entry = results(bench("--json", "--loaders=whelk", files=files))["whelk", 0]
    assert until["accesses"] > entry["accesses"] + 1000  # the report that it writes to the serial port


def linux_tree():
    config = "set timeout=0\nmenuentry test {\nlinux /boot/kernel 'one word' two\ninitrd /boot/one /boot/two\n}\n"
    return {CONFIG: config.encode(), "boot/kernel": bzimage(), "boot/one": bytes(5), "boot/two": bytes(70_000)}


def test_linux_is_measured_up_to_its_text_by_all_loaders(bench):
    found = results(bench("--json", "--no-accesses", "--until=BOOT_IMAGE=/boot/kernel",
                          "--loaders=whelk,grub-i386-pc,isolinux", files=linux_tree()))
    assert {name for name, _ in found} == {"whelk", "grub-i386-pc", "isolinux"}


@pytest.mark.parametrize("arguments, loader", [(["--loaders=isolinux"], "isolinux is left out"),
                                               (["--loaders=whelk", "--uefi"], "whelk: error")])
def test_linux_that_is_not_entered_at_a_known_address_needs_until(bench, arguments, loader):
    done = bench("--no-accesses", *arguments, files=linux_tree(), status=1)
    assert f"{loader}: it does not start Linux at a known address: give --until=TEXT" in done.stderr


def test_what_starts_another_loader_is_not_measured(bench):
    done = bench(files={CONFIG: b"menuentry a {\nchainloader +1\n}\n"}, status=1)
    assert "error: boot/grub/grub.cfg:2: the default entry starts another loader, which is not measured" in done.stderr


def test_each_size_has_a_row_for_each_loader_and_raw_dma(bench, tmp_path):
    chart = tmp_path / "chart.svg"
    done = bench("--json", "--sizes=1,70", "--raw-dma", "--loaders=whelk", "--plot", chart)
    found = results(done)
    assert list(found) == [("whelk", 1), ("raw-dma", 1), ("whelk", 70), ("raw-dma", 70)]
    assert found["whelk", 70]["iso_bytes"] - found["whelk", 1]["iso_bytes"] == 69 * MIB
    for size in (1, 70):
        # One run on any machine: no more than an order of magnitude is certain.
        assert 0.05 < found["raw-dma", size]["loader_ms"]["median"] < 10 * found["whelk", size]["total_ms"]["median"]
    text = "".join(ElementTree.parse(chart).getroot().itertext())
    for part in ("module of 1 MiB", "module of 70 MiB", "Whelk", "firmware", "loader"):
        assert part in text


def test_what_users_name_is_text_in_the_chart(bench, place, tmp_path):
    chart, trap = tmp_path / "chart.svg", tmp_path / "trap"
    text, name = f"`touch {trap}{'a long text ' * 20}`", "`id` it's 7%d a_b"
    files = tree(KERNELS["elf32"].make(), text)
    iso = place.make(place.write(files, "other"))
    bench("--no-accesses", "--loaders=whelk", "--until", text, "--iso", f"{name}={iso}", "--plot", chart, files=files)
    drawn = "".join(ElementTree.parse(chart).getroot().itertext())
    assert text in drawn and name in drawn and not trap.exists()


# ---- Reports that were saved, pages, comparisons

def saved(path, factor=1.0, runs=5, **more):
    """A report as --json writes it, with times that vary by 1 % and are `factor` of 100 ms."""
    times = [100 * factor * (1 + i / 500) for i in range(runs)]
    summary = {"median": times[runs // 2], "min": times[0], "max": times[-1]}
    row = {"name": "whelk", "label": "SeaBIOS + Whelk", "module_mib": 1, "total_ms": summary, "loader_ms": summary,
           "firmware_ms": {"median": 0, "min": 0, "max": 0}, "total_runs_ms": times, **more}
    path.write_text(json.dumps({"whelk": "9.9.9", "tree": "iso", "platform": "QEMU 1.0", "accel": "tcg",
                                "until": "the end", "host": "a machine", "runs": runs, "results": [row]}))
    return path


def show(*arguments, status=0):
    done = subprocess.run([WHELK, "bench", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_a_regression_fails_with_a_status_of_its_own(tmp_path):
    """As a CI would compare: without what chance or the tolerance explains."""
    old = saved(tmp_path / "old.json")
    for factor, tolerance, status, words in (
            (1.2, 5, 3, "slower by 20.0 % (95 % interval 19.3 to 20.7 %): a regression"),
            (1.2, 30, 0, "slower by 20.0 % (95 % interval 19.3 to 20.7 %), tolerated up to 30 %"),
            (1.001, 0, 0, "no difference"), (0.5, 5, 0, "faster by 50.0 % (95 % interval 49.7 to 50.3 %)")):
        new = saved(tmp_path / "new.json", factor)
        done = show(f"--compare={old}", f"--tolerance={tolerance}", new, status=status)
        assert words in done.stdout and "whole boot" in done.stdout
    verdict = json.loads(show("--json", f"--compare={old}", new).stdout)["compared"]["times"]
    assert [(time["name"], time["verdict"]) for time in verdict] == [("whelk", "faster")]


def test_what_cannot_be_compared_is_said_and_fails(tmp_path):
    old, few = saved(tmp_path / "old.json"), saved(tmp_path / "few.json", runs=3)
    assert "too few runs for an interval" in show(f"--compare={few}", few, status=1).stdout
    other = saved(tmp_path / "other.json", name="grub")
    assert "has no single runs of what is measured now" in show(f"--compare={other}", old, status=1).stderr
    (tmp_path / "not.json").write_text("{]")
    assert "not.json: line 1: no JSON" in show(tmp_path / "not.json", status=1).stderr
    assert "missing.json: is no file that" in show(f"--compare={tmp_path}/missing.json", old, status=1).stderr


def test_a_machine_that_differs_is_named(tmp_path):
    old, new = saved(tmp_path / "old.json"), saved(tmp_path / "new.json")
    new.write_text(new.read_text().replace("a machine", "another"))
    assert 'Not alike: the machine was "a machine", and is "another".' in show(f"--compare={old}", new).stdout


def test_a_bench_says_where_and_how_it_was_made_and_can_be_shown_again(bench, tmp_path):
    page, report = tmp_path / "page.html", tmp_path / "report.json"
    done = bench("--json", "--loaders=whelk", "--no-accesses", "--html", page, "--runs=2")
    report.write_text(done.stdout)
    result = json.loads(done.stdout)
    row, = result["results"]
    assert len(row["total_runs_ms"]) == len(row["loader_runs_ms"]) == 2
    assert row["total_ms"]["min"] == min(row["total_runs_ms"])
    assert "processor" in result["host"] and result["date"].endswith(" UTC")
    assert result["command"].startswith("whelk bench --accel tcg ") and "--html" in result["command"]
    text = page.read_text()
    assert f"{row['total_runs_ms'][0]:.3f}" in text and "SeaBIOS + Whelk" in text and result["date"] in text
    table = show(report).stdout
    assert f"To measure this again: {result['command']}" in table and result["host"] in table
    assert json.loads(show("--json", report).stdout) == result


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_shows_the_page(tmp_path):
    """Of what users name, nothing is run; the chart and all tables are there."""
    trap = "<img src=x onerror=\"document.title='trapped'\"><script>document.title='trapped'</script>"
    old, new = saved(tmp_path / "old.json"), saved(tmp_path / "new.json", 1.2, label=trap)
    new.write_text(new.read_text().replace("the end", "</title>" + trap.replace('"', "'")))
    show(f"--compare={old}", f"--html={tmp_path}/page.html", new, status=3)
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
               "--dump-dom", f"file://{tmp_path}/page.html"]
    shown = subprocess.run(browser, capture_output=True, text=True, timeout=120 * PATIENCE).stdout
    assert "<title>Boot of iso</title>" in shown
    assert "<script" not in shown and "<img" not in shown
    for part in ("<svg", "Whole boot", "Compared with", "a regression", "Each run"):
        assert part in shown


def test_whelks_own_stamps_are_shown(bench):
    row = results(bench("--json", "--sizes=1", "--no-accesses", "--loaders=whelk"))["whelk", 1]
    stamps = row["timing_us"]
    phases = [stamps[name] for name in ("handoff", "disc", "config", "plan", "kernel", "modules", "jump")]
    assert phases == sorted(phases) and phases[-1] > phases[0]
    assert stamps["bytes"] >= MIB and stamps["transfers"] > 0 and stamps["driver"]


def test_the_csv_has_the_values_of_the_table(bench):
    rows = list(csv.DictReader(io.StringIO(bench("--csv", "--loaders=whelk", "--no-accesses").stdout)))
    assert [row["name"] for row in rows] == ["whelk"]
    assert float(rows[0]["total_ms"]) > 10 and rows[0]["accesses"] == ""
    table = bench("--loaders=whelk", "--no-accesses").stdout
    assert "Whelk" in table and "tcg, pc, cdrom, 512 MiB" in table


@pytest.mark.parametrize("attach", ["hda", "virtio-blk", "usb"])
def test_the_iso_can_be_measured_as_a_disk(bench, attach):
    row, = results(bench("--json", "--loaders=whelk", "--no-accesses", f"--attach={attach}")).values()
    assert row["total_ms"]["median"] > 10 and row["firmware_ms"]["median"] > 10


def test_an_iso_made_elsewhere_is_measured_under_its_name(bench, tmp_path):
    write_tree(tmp_path / "other", tree(halting_kernel()))
    subprocess.run([MKRESCUE, "-o", tmp_path / "other,1.iso", tmp_path / "other"], check=True)
    found = results(bench("--json", "--loaders=whelk", "--no-accesses", "--iso", f"other={tmp_path}/other,1.iso"))
    assert set(found) == {("whelk", 0), ("other", 0)}


def test_the_probe_kernel_boots_in_place_of_the_trees_with_its_modules(bench, tmp_path):
    files = tree(halting_kernel(), modules=[("words for it", b"module")])
    found = results(bench("--json", "--probe", "--loaders=whelk,grub,isolinux", files=files))
    assert found["whelk", 0]["accesses"] < found["grub", 0]["accesses"]
    assert "isolinux" in {name for name, _ in found}
    assert (tmp_path / "tree" / CONFIG).read_bytes() == files[CONFIG]
    subprocess.run([WHELK, "bench", "--write-probe", tmp_path / "probe"], check=True)
    assert struct.pack("<I", 0x1BADB002) in (tmp_path / "probe").read_bytes()[:8192]


def test_an_iso_with_the_probe_kernel_is_measured_for_each_size(bench, tmp_path):
    subprocess.run([WHELK, "bench", "--write-probe", tmp_path / "probe"], check=True)
    for size in (1, 2):
        directory = tmp_path / f"other{size}"
        write_tree(directory, tree((tmp_path / "probe").read_bytes(), modules=[("", bytes(size * MIB))]))
        subprocess.run([MKRESCUE, "-o", tmp_path / f"other-{size}.iso", directory], check=True)
    found = results(bench("--json", "--sizes=1,2", "--loaders=whelk", "--no-accesses", "--iso",
                          f"other={tmp_path}/other-{{}}.iso"))
    assert list(found) == [("whelk", 1), ("other", 1), ("whelk", 2), ("other", 2)]
    assert found["other", 2]["iso_bytes"] - found["other", 1]["iso_bytes"] == MIB


def test_the_chosen_accelerator_is_named(bench):
    """TCG is chosen on hosts without KVM, and where KVM is slower than TCG."""
    done = bench("--json", "--loaders=whelk", "--no-accesses", "--accel", "tcg")
    assert done.stderr == "" and json.loads(done.stdout)["accel"] == "tcg"
    words = [str(WHELK), "bench", "--json", "--runs=1", "--loaders=whelk", "--no-accesses",
             str(bench.scratch.parent / "tree")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60 * PATIENCE, check=True)
    kvm = done.stderr == "whelk: KVM works and is used\n"
    assert kvm or done.stderr.endswith("TCG is used, times are an emulation's\n")
    assert json.loads(done.stdout)["accel"] == ("kvm" if kvm else "tcg")


# ---- Without a firmware

BARE = ("whelk-rom", "whelk-microvm", "whelk-pvh", "raw-rom")


def test_boots_without_a_firmware_are_whole_boots_beside_whelks_by_the_firmware(bench, tmp_path):
    done = bench("--json", "--sizes=1", f"--loaders=whelk,{','.join(BARE)}", "--plot", tmp_path / "chart.svg")
    found = results(done)
    assert list(found) == [("whelk", 1), *((name, 1) for name in BARE)]
    whelk = found["whelk", 1]
    for name in BARE:
        row = found[name, 1]
        assert "firmware_ms" not in row and "loader_ms" not in row
        assert row["whole_vs_whelk"] == pytest.approx(whelk["total_ms"]["median"] / row["total_ms"]["median"], rel=0.01)
    # QEMU's own firmware runs before PVH.
    for name in set(BARE) - {"whelk-pvh"}:
        assert found[name, 1]["accesses"] < whelk["accesses"] / 5, name
    assert found["raw-rom", 1]["accesses"] < 100
    text = "".join(ElementTree.parse(tmp_path / "chart.svg").getroot().itertext())
    assert "raw probe ROM" in text and "both in one" in text


@pytest.mark.parametrize("options, names", [
    (["--machine=q35"], ["whelk-rom"]), (["--attach=virtio-blk"], ["whelk-rom"]), (["--attach=usb"], ["whelk-pvh"]),
    (["--machine=q35", "--attach=usb"], ["whelk-pvh"])])
def test_a_way_that_cannot_boot_the_iso_is_not_tried(bench, options, names):
    done = bench("--json", "--no-accesses", "--sizes=1", *options,
                 f"--loaders={','.join(names)},raw-rom{',whelk-rom' if '--attach=usb' in options else ''}")
    assert [name for name, _ in results(done)] == names and done.stderr == ""


# ---- UEFI

def test_by_uefi_the_loaders_share_begins_with_its_start(bench):
    """The start of the kernel is seen at its entry point, which GRUB and Whelk reach by 32-bit
    code."""
    found = results(bench("--json", "--uefi", "--loaders=whelk,grub-x86_64-efi", "--no-accesses"))
    assert {name for name, _ in found} == {"whelk", "grub-x86_64-efi"}
    for row in found.values():
        assert row["firmware_ms"]["median"] > 100 and row["loader_ms"]["median"] > 1
        assert row["total_ms"]["median"] == pytest.approx(row["firmware_ms"]["median"] + row["loader_ms"]["median"],
                                                          abs=0.01)


def test_by_uefi_is_a_way_beside_the_boots_by_a_bios(bench):
    found = results(bench("--json", "--loaders=whelk-uefi,whelk", "--no-accesses"))
    assert [name for name, _ in found] == ["whelk", "whelk-uefi"]
    assert found["whelk-uefi", 0]["label"] == "OVMF + Whelk" and found["whelk", 0]["label"] == "SeaBIOS + Whelk"
    assert found["whelk-uefi", 0]["whole_vs_whelk"] < 1 and found["whelk", 0]["whole_vs_whelk"] == 1


def test_by_32_bit_uefi_the_probe_kernel_says_when_it_runs_and_accesses_are_counted(bench):
    done = bench("--json", "--uefi32", "--sizes=1", "--loaders=whelk")
    row = results(done)["whelk", 1]
    assert "32-bit OVMF" in json.loads(done.stdout)["platform"]
    assert 1 < row["loader_ms"]["median"] < row["total_ms"]["median"]
    assert 0 < row["accesses_above_firmware"] < row["accesses"]
    assert row["timing_us"]["driver"] == "ahci"


# ---- what goes wrong

QEMU_WITHOUT_TRACE = """#!/bin/bash
words=()
while [ $# -gt 0 ]; do
    case $1 in
    -trace | -D) shift ;;
    *) words+=("$1") ;;
    esac
    shift
done
exec qemu-system-x86_64 "${words[@]}"
"""


def test_a_qemu_without_trace_gives_no_number_of_accesses(bench, tmp_path):
    program = tmp_path / "qemu"
    program.write_text(QEMU_WITHOUT_TRACE)
    program.chmod(0o755)
    done = bench("--json", "--loaders=whelk", f"--qemu={program}")
    assert "this QEMU has no trace in its log" in done.stderr
    assert results(done)["whelk", 0]["accesses"] is None


def test_an_iso_that_never_reaches_the_kernel_is_left_out_with_a_message(bench, tmp_path):
    (tmp_path / "nothing.iso").write_bytes(bytes(2 * MIB))
    done = bench("--json", "--loaders=whelk", "--no-accesses", "--timeout=10", "--iso",
                 f"nothing={tmp_path}/nothing.iso", status=1)
    assert [name for name, _ in results(done)] == ["whelk"]
    lines = [line for line in done.stderr.splitlines() if "nothing" in line]
    assert lines == ["whelk: warning: nothing is left out: the kernel's first instruction was not reached in time; nothing "
                     "came from the serial port"]


def test_the_last_line_of_the_serial_port_is_shown(bench):
    done = bench("--loaders=whelk", "--no-accesses", "--until=never said", "--timeout=10", status=1,
                 files=tree(KERNELS["elf32"].make()))
    assert "\"never said\" on the serial port was not reached" in done.stderr
    assert "END" in done.stderr and done.stdout == ""


def test_a_kernel_that_resets_the_machine_is_reported(bench):
    kernel = halting_kernel()[:32] + b"\xb0\xfe\xe6\x64\xeb\xfa"  # out 0x64, 0xfe: the keyboard controller's reset
    done = bench("--loaders=whelk", "--until=never said", "--timeout=20", status=1, files=tree(kernel))
    assert "the machine was reset" in done.stderr


def test_a_qemu_that_ends_at_once_is_quoted(bench):
    done = bench("--loaders=whelk", "--no-accesses", "--machine=pc,nothing=1", status=1)
    assert "was not reached: QEMU ended: " in done.stderr and "nothing" in done.stderr


def test_a_tree_that_could_not_boot_is_refused_with_whelks_reason(bench):
    done = bench("--loaders=whelk", status=1, files=tree(b"no kernel"))
    assert "boot/grub/grub.cfg:3: /boot/kernel: " in done.stderr and "Multiboot" in done.stderr


def test_what_is_missing_is_named_with_its_package(bench, tmp_path):
    done = bench("--qemu=qemu-that-is-not-here", status=1)
    assert done.stderr.splitlines()[-1] == ("whelk: error: qemu-that-is-not-here is not installed; on Debian: "
                                            "apt install qemu-system-x86")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "qemu-system-x86_64").symlink_to(shutil.which("qemu-system-x86_64"))
    done = bench("--loaders=whelk", status=1, env={"PATH": str(commands)})
    assert done.stderr.splitlines()[-1] == "whelk: error: xorriso is not installed; on Debian: apt install xorriso"
    (commands / "qemu-system-x86_64").unlink()
    for name in ("qemu-system-x86_64", "xorriso", "cp"):
        (commands / name).symlink_to(subprocess.check_output(["which", name], text=True).strip())
    done = bench("--json", "--loaders=whelk,grub", "--no-accesses", env={"PATH": str(commands)})
    assert [name for name, _ in results(done)] == ["whelk"]
    assert "grub is left out: not installed; on Debian: apt install grub-common" in done.stderr


@pytest.mark.parametrize("arguments, reason", [
    (["--runs=0"], "--runs=0: is not a number of boots from 1"),
    (["--sizes=1,,8"], "--sizes=1,,8: give up to"),
    (["--sizes=1,two"], "--sizes=1,two: give up to"),
    (["--iso=name"], "--iso=name: give NAME=FILE"),
    (["--attach=scsi"], "--attach=scsi: cdrom, hda"),
    (["--raw-dma"], "--raw-dma goes with --sizes"),
    (["--sizes=1", "--until=x"], "--until does not go with"),
    (["--xen"], "--xen needs --until TEXT, --probe or --sizes"),
    (["another"], "one tree at a time"),
    (["--compare=old.json", "--csv"], "--compare goes with the table or --json"),
    (["--tolerance=much"], "--tolerance=much: is not a number of percent from 0 to 1000"),
    (["--uefi", "--xen", "--until=x"], "--uefi and --uefi32 do not go with --xen"),
    (["--new"], "unknown option --new"),
])
def test_a_wrong_command_line_is_refused(bench, arguments, reason):
    done = bench(*arguments, status=2)
    assert done.stderr.startswith(f"whelk: error: {reason}") and done.stderr.count("\n") == 1


def processes_below(pid):
    """The processes that a process has started, such as QEMU."""
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def is_waiting_qemu(pid):
    """Whether the process is a QEMU that runs a machine: not one that has ended, or only prints its
    version."""
    try:
        return b"-S" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_qemu_is_left_after_a_signal(bench, tmp_path, number):
    write_tree(tmp_path / "tree", tree(halting_kernel()))
    with subprocess.Popen([WHELK, "bench", "--accel=tcg", "--loaders=whelk", "--until=never", tmp_path / "tree"],
                          env={**os.environ, "TMPDIR": str(bench.scratch)}, stderr=subprocess.DEVNULL,
                          preexec_fn=default_signals) as process:
        deadline = time.monotonic() + 60 * PATIENCE
        children = []
        while not any(is_waiting_qemu(child) for child in children):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
            try:
                children = processes_below(process.pid)
            except OSError:
                children = []
        process.send_signal(number)
        assert process.wait(20 * PATIENCE) == -number
    while any(Path(f"/proc/{child}/exe").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if number != signal.SIGKILL:
        assert os.listdir(bench.scratch) == []


GRUB_MKRESCUE = """#!/bin/sh
mkdir "$TMPDIR/left"
sleep 1000 &
echo $! >"$STARTED.part" && mv "$STARTED.part" "$STARTED"
wait
"""


def test_what_a_peers_tool_has_started_is_ended_as_well(bench, tmp_path):
    started, commands = tmp_path / "started", tmp_path / "bin"
    commands.mkdir()
    (commands / "grub-mkrescue").write_text(GRUB_MKRESCUE)
    (commands / "grub-mkrescue").chmod(0o755)
    write_tree(tmp_path / "tree", tree(halting_kernel()))
    environment = {"TMPDIR": str(bench.scratch), "STARTED": str(started), "PATH": f"{commands}:{os.environ['PATH']}"}
    with subprocess.Popen([WHELK, "bench", "--accel=tcg", "--loaders=grub", tmp_path / "tree"],
                          env={**os.environ, **environment}, stderr=subprocess.DEVNULL,
                          preexec_fn=default_signals) as process:
        deadline = time.monotonic() + 20 * PATIENCE
        while not started.exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        process.terminate()
        assert process.wait(20 * PATIENCE) == -signal.SIGTERM
    while Path(f"/proc/{started.read_text().strip()}/exe").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert os.listdir(bench.scratch) == []


# ---- Xen

XL = """#!/bin/bash
echo "$@" >>"$XL_LOG"
case $1 in
create)
    for config; do :; done
    cp "$config" "$XL_LOG.cfg" ;;
domid)
    echo 7 ;;
unpause)
    if grep -q "^type = 'pvh'" "$XL_LOG.cfg"; then
        echo "Hello, console" >&"$CONSOLE"
    fi
    serial=$(sed -n "s/^serial = 'file:\\(.*\\)'$/\\1/p" "$XL_LOG.cfg")
    [ -z "$serial" ] || { echo noise; echo whelk-nothing; echo "Hello, world"; } >>"$serial" ;;
esac
"""
XENSTORE_READ = """#!/bin/sh
[ "$1" = /local/domain/7/console/tty ] && echo "$TERMINAL"
"""


def test_without_xen_one_line_says_so(bench):
    done = bench("--xen", "--probe", status=1)
    assert done.stderr.startswith("whelk: error: --xen: ") and done.stderr.count("\n") == 1


@pytest.fixture
def dom0(tmp_path):
    """The words that run a command in a mount namespace whose /proc is that of a dom0, and its
    environment, with an `xl` that records how it is called."""
    words = ["unshare", "-m", "sh", "-e", "-c"]
    if subprocess.run([*words, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount anything")
    for name in ("bin", "proc/xen", "real-proc"):
        (tmp_path / name).mkdir(parents=True)
    for name, script in (("xl", XL), ("xenstore-read", XENSTORE_READ)):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "proc" / "xen" / "capabilities").write_text("control_d\n")
    (tmp_path / "proc" / "self").symlink_to(tmp_path / "real-proc" / "self")
    script = f'mount -t proc proc {tmp_path}/real-proc; mount --bind {tmp_path}/proc /proc; exec "$@"'
    return [*words, script, "sh"], {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "XL_LOG": str(tmp_path / "xl.log")}


def bench_in_xen(dom0, tmp_path, scratch, *arguments, **options):
    words, environment = dom0
    write_tree(tmp_path / "tree", tree(halting_kernel()))
    scratch.mkdir(exist_ok=True)
    done = subprocess.run([*words, WHELK, "bench", "--json", "--xen", "--runs=2", "--loaders=whelk", *arguments,
                           tmp_path / "tree"], env={**os.environ, **environment, "TMPDIR": str(scratch)},
                          capture_output=True, text=True, timeout=60 * PATIENCE, check=False, **options)
    assert os.listdir(scratch) == []
    return done, [line.split()[0] for line in (tmp_path / "xl.log").read_text().splitlines()]


def test_a_guest_of_xen_is_created_started_watched_and_destroyed(dom0, tmp_path):
    done, calls = bench_in_xen(dom0, tmp_path, tmp_path / "scratch", "--until=Hello", "--memory=96")
    row = results(done)["whelk", 0]
    assert 0 < row["total_ms"]["median"] < 10000 and row["accesses"] is None
    assert calls == ["create", "unpause", "destroy"] * (len(calls) // 3) and len(calls) >= 3 * 2 * 2
    guest = settings_of(tmp_path)
    assert guest["type"] == "'hvm'" and guest["memory"] == "96"
    assert guest["disk"].startswith(f"[ 'file:{tmp_path}/scratch/whelk-bench-")
    assert guest["disk"].endswith(",hdc:cdrom,r' ]") and guest["boot"] == "'d'"


def settings_of(tmp_path):
    config = (tmp_path / "xl.log.cfg").read_text()
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in config.splitlines())}


def test_a_pvh_guest_of_xen_is_watched_on_its_console(dom0, tmp_path):
    controller, terminal = os.openpty()
    words, environment = dom0
    environment = {**environment, "CONSOLE": str(controller), "TERMINAL": os.ttyname(terminal)}
    done, calls = bench_in_xen((words, environment), tmp_path, tmp_path / "scratch", "--until=Hello, console",
                               "--loaders=whelk-pvh", pass_fds=[controller])
    row = results(done)["whelk-pvh", 0]
    assert row["total_ms"]["median"] > 0 and "loader_ms" not in row
    assert calls[-4:] == ["create", "domid", "unpause", "destroy"]
    guest = settings_of(tmp_path)
    assert guest["type"] == "'pvh'" and not {"disk", "serial", "firmware_override"} & set(guest)
    assert guest["kernel"].endswith(".image'") and guest["ramdisk"].endswith(".iso'")
    os.close(controller)
    os.close(terminal)


def test_a_guest_of_xen_with_whelk_in_hvmloaders_place_has_its_disc_and_serial_port(dom0, tmp_path):
    done, _ = bench_in_xen(dom0, tmp_path, tmp_path / "scratch", "--until=Hello", "--loaders=whelk-hvm")
    found = results(done)
    assert list(found) == [("whelk-hvm", 0)] and "loader_ms" not in found["whelk-hvm", 0]
    guest = settings_of(tmp_path)
    assert guest["firmware_override"].endswith(".image'") and guest["type"] == "'hvm'"
    assert guest["disk"].endswith(",hdc:cdrom,r' ]")


def test_a_guest_that_says_nothing_is_destroyed_as_well(dom0, tmp_path):
    done, calls = bench_in_xen(dom0, tmp_path, tmp_path / "scratch", "--until=never said", "--timeout=1")
    assert done.returncode == 1
    assert "last on the serial port: Hello, world" in done.stderr
    assert calls[-3:] == ["create", "unpause", "destroy"]

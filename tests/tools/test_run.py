# SPDX-License-Identifier: BSD-2-Clause
"""whelk run boots a tree or an ISO in QEMU, and its exit status tells a CI the result."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import termios
import time

import pytest

from discs import BUILD, CONFIG, ROOT, Sparse, tree, write_tree
from good_kernels import KERNELS
from place import Place, default_signals, good_tree, kernel, may_mount
from qemu import PATIENCE
from report import Report

pytestmark = pytest.mark.bios("names its firmware itself")

WHELK = BUILD / "whelk"
TCG = ("--", "-accel", "tcg")
EXIT_DEVICE = ("-device", "isa-debug-exit,iobase=0xf4,iosize=4")
TIMEOUT = str(int(30 * PATIENCE))


@pytest.fixture
def report_tree(place):
    return place.write(tree(KERNELS["elf32"].make(), "one two"))


def run(place, *arguments, **options):
    temporary = place.path / "temporary"
    temporary.mkdir(exist_ok=True)
    done = place.run("run", *arguments, program=WHELK,
                     env={**os.environ, "TMPDIR": str(temporary), **options.pop("env", {})}, **options)
    assert os.listdir(temporary) == []
    return done


def fake_qemu(place, script):
    program = place.path / "qemu"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    return program


# ---- in QEMU

def test_a_tree_boots_and_its_serial_port_is_standard_output(place, report_tree):
    done = run(place, "--timeout", TIMEOUT, report_tree, *TCG, *EXIT_DEVICE)
    assert done.returncode == 0x10 << 1 | 1, done.stderr  # QEMU's status, which the report kernel sets
    assert "report: 0x1" in done.stdout and "cmdline: \"one two\"" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("option", ["--uefi", "--uefi32"])
def test_a_tree_boots_by_uefi(place, report_tree, option):
    done = run(place, option, "-t", TIMEOUT, "-e", "\nEND", report_tree, *TCG)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "BdsDxe: starting" in done.stdout and "cmdline: \"one two\"" in done.stdout


@pytest.mark.skipif(not may_mount(), reason="hides a directory from the program")
@pytest.mark.parametrize("option, package", [("--uefi", "ovmf"), ("--uefi32", "ovmf-ia32")])
def test_without_uefi_firmware_the_package_is_named(place, report_tree, option, package):
    hidden = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /usr/share/OVMF && exec "$@"', "sh"]
    done = subprocess.run([*hidden, WHELK, "run", option, report_tree], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"apt install {package}" in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_firmwares_variables_are_a_copy(place, report_tree):
    words, _ = words_of(place, "--uefi", report_tree)
    code, variables = (word for word in words if word.startswith("if=pflash"))
    assert "readonly=on" in code and "file=/dev/fd/" in variables


def test_an_iso_boots(place, report_tree):
    iso = place.make(report_tree)
    done = run(place, "-t", TIMEOUT, "-e", "\nEND", iso, *TCG)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert iso.exists()


def test_a_tree_with_an_odd_name_boots(place):
    write_tree(place.path / "-a=b\\ c,d", tree(KERNELS["elf32"].make()))
    done = run(place, "-t", TIMEOUT, "--expect=report: ", "./-a=b\\ c,d", *TCG)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cpus, memory", [(1, 64), (3, 200)])
def test_the_machine_has_the_processors_and_the_memory_that_were_asked_for(place, report_tree, cpus, memory):
    done = run(place, "--cpus", str(cpus), "--memory", str(memory), "-t", TIMEOUT, report_tree, *TCG, *EXIT_DEVICE)
    report = Report(done.stdout.replace("\r", ""))
    assert report["mp_processors"] == cpus
    assert (memory - 1) * 1024 - report["mem_upper"] <= 1024


def test_a_machine_that_ends_without_the_expected_text_is_an_error(place, report_tree):
    done = run(place, "-t", TIMEOUT, "-e", "never said", report_tree, *TCG, *EXIT_DEVICE)
    assert done.returncode == 1
    assert done.stderr == "whelk: error: the machine ended with status 33 before 'never said' was seen\n"


def test_the_timeout_ends_the_machine(place, report_tree):
    done = run(place, "-t", "1", "-e", "never said", report_tree, "--", "-accel", "tcg", "-S")
    assert (done.returncode, done.stderr) == (1, "whelk: error: 'never said' was not seen within 1 s\n")
    done = run(place, "-t", "1", report_tree, "--", "-accel", "tcg", "-S")
    assert (done.returncode, done.stderr) == (1, "whelk: error: the machine still ran after 1 s\n")


@pytest.mark.parametrize("kind", ["tree", "ISO"])
@pytest.mark.parametrize("options", [("-e", "never said"), ()])
def test_a_timeout_names_a_menu_that_waits_for_a_key(place, kind, options):
    entry = "menuentry {} {{ multiboot /boot/kernel; }}\n"
    files = {"boot/kernel": kernel(), CONFIG: (entry.format("A") + entry.format("B")).encode()}
    source = place.write(files)
    if kind == "ISO":
        source = place.make(source)
    still = ("-t", "1", source, "--", "-accel", "tcg", "-S")
    hint = "; its menu waits for a key, as the config sets no timeout: set timeout=0 there, or choose by --entry\n"
    assert run(place, *options, *still).stderr.endswith(f" 1 s{hint}")
    if kind == "tree":
        assert run(place, *options, "--entry", "0", *still).stderr.endswith(" 1 s\n")


@pytest.mark.parametrize("options", [("--bare",), ("--bare", "--machine=q35"), ("--microvm",), ("--pvh",),
                                     ("--pvh", "--microvm"), ("--pvh", "--machine=q35")])
def test_a_tree_boots_without_a_firmware(place, report_tree, options):
    done = run(place, *options, "-t", TIMEOUT, "-e", "\nEND", report_tree, *TCG)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "cmdline: \"one two\"" in done.stdout and "SeaBIOS" not in done.stdout


# ---- with a program in QEMU's place

def test_the_expected_text_is_found_however_it_comes(place):
    iso = place.make(place.write(good_tree()))
    qemu = fake_qemu(place, 'printf "xxpas"; sleep 0.1; printf s; sleep 0.1; printf "passed"; exec sleep 60\n')
    done = run(place, "--qemu", qemu, "-e", "passed", iso)
    assert (done.returncode, done.stdout) == (0, "xxpasspassed")
    qemu = fake_qemu(place, 'head -c 10000 /dev/zero; printf pa; sleep 0.1; head -c 5000 /dev/zero; exit 3\n')
    assert run(place, "--qemu", qemu, "-e", "pas", iso).returncode == 1
    assert run(place, "--qemu", qemu, "-e", "pa", iso).returncode == 0


@pytest.mark.parametrize("script, status", [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_without_an_expected_text_the_status_is_qemus(place, script, status):
    iso = place.make(place.write(good_tree()))
    assert run(place, "--qemu", fake_qemu(place, script + "\n"), iso).returncode == status


def words_of(place, *arguments):
    qemu = fake_qemu(place, 'printf "%s\\n" "$@"\n')
    done = run(place, "--qemu", qemu, *arguments)
    assert done.returncode == 0
    return done.stdout.splitlines(), done.stderr


def test_the_machine_has_nothing_that_delays_the_firmware(place):
    iso = place.make(place.write(good_tree()))
    words, _ = words_of(place, iso)
    assert {"-nodefaults", "-no-reboot", "order=d,menu=off,strict=on"} <= set(words)
    assert [words[words.index(option) + 1] for option in ("-vga", "-display", "-accel")] in (
        ["none", "none", "tcg"], ["none", "none", "kvm"])
    assert "mon:stdio" in words and not any("net" in word for word in words)


def after(words, option):
    return words[words.index(option) + 1]


def test_without_a_firmware_qemu_gets_whelks_file_and_the_iso(place):
    iso = place.make(place.write(good_tree()))
    qemu = fake_qemu(place, """while [ $# -gt 0 ]; do case $1 in
    -bios | -kernel) cp "$2" started ;;
    esac; printf '%s\\n' "$1"; shift; done\n""")
    for options, machine, name in ((("--bare",), "pc", "whelk.rom"), (("--bare", "--machine", "q35"), "q35", "whelk.rom"),
                                   (("--microvm",), "microvm", "whelk.rom"), (("--pvh",), "pc", "whelk.elf"),
                                   (("--microvm", "--bare"), "microvm", "whelk.rom"),
                                   (("--microvm", "--pvh"), "microvm", "whelk.elf")):
        done = run(place, "--qemu", qemu, *options, iso)
        words = done.stdout.splitlines()
        assert done.returncode == 0 and after(words, "-machine") == machine
        assert (place.path / "started").read_bytes() == (BUILD / name).read_bytes()
        assert ("-initrd" in words) == ("--pvh" in options) == (not any("disc" in word or "cdrom" in word for word in words))
        assert ("virtio-blk-device,drive=disc" in words) == (machine == "microvm" and "--pvh" not in options)


def test_a_microvm_gets_no_graphics_card(place):
    words, _ = words_of(place, "--microvm", place.make(place.write(good_tree())), "--", "-display", "gtk")
    assert "-vga" not in words


@pytest.mark.parametrize("options, reason", [
    (("--bare", "--pvh"), "--bare and --pvh"), (("--uefi", "--uefi32"), "--uefi and --uefi32"),
    (("--uefi", "--bare"), "--uefi and --bare"), (("--uefi32", "--pvh"), "--uefi32 and --pvh"),
    (("--uefi", "--microvm"), "--uefi and --microvm"), (("--microvm", "--machine=q35"), "--microvm and --machine"),
    (("--microvm", "--pvh", "--uefi"), "--uefi and --pvh")])
def test_ways_to_start_exclude_each_other(place, options, reason):
    done = run(place, *options, "iso")
    assert (done.returncode, done.stderr) == (2, f"whelk: error: {reason} exclude each other\n")


def test_options_after_two_dashes_go_to_qemu_and_win(place):
    iso = place.make(place.write(good_tree()))
    words, _ = words_of(place, iso, "--", "-display", "gtk", "-accel", "tcg", "-m", "77")
    assert words[-6:] == ["-display", "gtk", "-accel", "tcg", "-m", "77"]
    assert words.count("-accel") == words.count("-display") == 1 and words[words.index("-vga") + 1] == "std"


@pytest.mark.parametrize("words", [["-accel", "kvm"], ["-enable-kvm"], ["-machine", "pc,accel=tcg"],
                                   ["-M", "q35,accel=kvm:tcg"]])
def test_an_accelerator_that_is_chosen_is_the_only_one(place, words):
    shown, _ = words_of(place, place.make(place.write(good_tree())), "--", *words)
    assert shown.count("-accel") == words.count("-accel")


def test_with_gdb_the_machine_waits(place):
    words, said = words_of(place, "--gdb", place.make(place.write(good_tree())))
    assert words[-2:] == ["-s", "-S"] and ":1234" in said


def test_verbose_shows_the_command(place):
    words, said = words_of(place, "-v", place.make(place.write(good_tree())))
    assert said.split()[1:] == words


def test_the_terminal_is_as_before_and_can_be_read(place):
    iso = place.make(place.write(good_tree()))
    qemu = fake_qemu(place, "stty raw -echo; printf passed; exec sleep 60\n")
    controller, terminal = os.openpty()
    before = termios.tcgetattr(terminal)
    done = subprocess.run([WHELK, "run", "--qemu", qemu, "-e", "passed", iso], stdin=terminal, capture_output=True,
                          timeout=60)
    assert done.returncode == 0
    assert termios.tcgetattr(terminal) == before
    os.close(controller)
    os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_qemu_ends_when_whelk_is_ended(place, number):
    iso = place.make(place.write(good_tree()))
    qemu = fake_qemu(place, f"echo $$ >{place.path}/pid.new; mv {place.path}/pid.new {place.path}/pid; exec sleep 60\n")
    process = subprocess.Popen([WHELK, "run", "--qemu", qemu, iso], preexec_fn=default_signals)
    deadline = time.monotonic() + 20 * PATIENCE
    while not (place.path / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(20 * PATIENCE)
    pid = int((place.path / "pid").read_text())
    while os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().split(")")[1][:3]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_signal_while_the_iso_is_made_leaves_nothing(place):
    source = place.write(good_tree(big=Sparse(4 << 30)))
    temporary = place.path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen([WHELK, "run", source], env={**os.environ, "TMPDIR": str(temporary)},
                               preexec_fn=default_signals)
    deadline = time.monotonic() + 20 * PATIENCE
    while not any(path.stat().st_size > 1 << 20 for path in temporary.rglob("iso")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == -signal.SIGTERM
    assert os.listdir(temporary) == []


# ---- a dry run

def dry(place, *arguments):
    done = run(place, "--dry-run", *arguments)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    return shlex.split(done.stdout), done.stderr.splitlines()


def test_a_dry_run_prints_the_command_that_would_run(place):
    iso = place.make(place.write(good_tree()))
    for options in ((), ("--gdb",), ("-m", "64", "-c", "2"), ("--machine=q35",)):
        words, said = dry(place, *options, iso)
        real, _ = words_of(place, *options, iso)
        assert (words[0], said) == ("qemu-system-x86_64", [])
        assert words[1:] == [re.sub(r"/dev/fd/\d+", str(iso), word) for word in real]
    assert dry(place, iso, "--", "-append", "a 'b' $c")[0][-2:] == ["-append", "a 'b' $c"]


def test_a_dry_runs_command_boots(place, report_tree):
    iso = place.make(report_tree)
    odd = iso.rename(place.path / "it's, odd.iso")
    done = run(place, "-n", "--bare", odd, *TCG, *EXIT_DEVICE)
    booted = subprocess.run(["sh", "-c", done.stdout], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=30 * PATIENCE)
    assert booted.returncode == 0x10 << 1 | 1 and "cmdline: \"one two\"" in booted.stdout


def test_a_dry_run_says_what_has_to_be_made_first(place, report_tree):
    words, said = dry(place, "--bare", report_tree)
    assert said == [f"whelk: first: whelk mkrescue -o boot.iso {report_tree}"]
    assert after(words, "-bios") == str((BUILD / "whelk.rom").resolve()) and any("file=boot.iso" in word for word in words)
    words, said = dry(place, "--uefi", report_tree)
    assert [line.split()[2] for line in said] == ["whelk", "cp"] and any("OVMF_VARS.fd" in word for word in words)
    (place.path / "alone").mkdir()
    alone = shutil.copy(WHELK, place.path / "alone/whelk")
    done = place.run("run", "-n", "--pvh", report_tree, program=alone)
    assert "whelk: first: whelk firmware elf >whelk.elf" in done.stderr.splitlines()
    assert after(shlex.split(done.stdout), "-kernel") == "whelk.elf"


def test_a_dry_run_of_nothing_is_an_error(place):
    done = run(place, "-n", "nothing")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "whelk: error: nothing: No such file or directory\n")


# ---- whelk firmware

@pytest.mark.parametrize("kind, name", [("rom", "whelk.rom"), ("elf", "whelk.elf"), ("hvm", "whelk-hvm.elf")])
def test_the_program_prints_its_files_that_start_a_machine(kind, name):
    done = subprocess.run([WHELK, "firmware", kind], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (BUILD / name).read_bytes() and len(done.stdout) > 10_000


@pytest.mark.parametrize("arguments, reason", [((), "rom, elf or hvm is missing"), (("rom", "elf"), "one file at a time"),
                                               (("iso",), "there are rom, elf and hvm"), (("-x",), "unknown option")])
def test_a_wrong_call_of_whelk_firmware_is_refused(place, arguments, reason):
    done = place.run("firmware", *arguments, program=WHELK)
    assert (done.returncode, done.stdout) == (2, "") and reason in done.stderr


def test_whelk_firmware_writes_to_no_terminal_and_says_when_a_disk_is_full():
    controller, terminal = os.openpty()
    done = subprocess.run([WHELK, "firmware", "rom"], stdout=terminal, stderr=subprocess.PIPE, text=True)
    os.close(terminal)
    os.close(controller)
    assert done.returncode == 1 and "whelk firmware rom >whelk.rom" in done.stderr
    with open("/dev/full", "w") as full:
        done = subprocess.run([WHELK, "firmware", "rom"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "No space left" in done.stderr


@pytest.mark.parametrize("prefix", ["/usr", "/opt/whelk"])
def test_make_install_installs_these_files_where_the_program_finds_them(tmp_path, prefix):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    make = ["make", "-C", ROOT, f"BUILD={BUILD}", f"DESTDIR={tmp_path}", f"PREFIX={prefix}"]
    subprocess.run([*make, "install"], check=True, capture_output=True, env=environment)
    installed = tmp_path / prefix[1:] / "share/whelk"
    assert sorted(path.name for path in installed.iterdir()) == ["whelk-hvm.elf", "whelk.elf", "whelk.rom"]
    iso = Place(tmp_path).make(Place(tmp_path).write(good_tree()))
    program = tmp_path / prefix[1:] / "bin/whelk"
    for words in (("--type", "pvh"), ("--firmware", "whelk")):
        done = subprocess.run([program, "domain", *words, iso], capture_output=True, text=True)
        assert f'= "{installed}/whelk.elf"' in done.stdout, done.stderr
    subprocess.run([*make, "uninstall"], check=True, capture_output=True, env=environment)
    assert not installed.exists()


# ---- what is refused

@pytest.mark.parametrize("arguments, reason", [
    ((), "a tree, an ISO or a kernel is missing"), (("a", "b"), "one tree, ISO or kernel at a time"), (("-m", "0", "a"), "--memory=0: is not a size"),
    (("-c", "x", "a"), "--cpus=x: is not a number of processors"), (("-t", "-1", "a"), "is not a number of seconds"),
    (("--expect=", "a"), "give a text"),
    (("--machine=isapc", "a"), "there are pc and q35"), (("--frobnicate", "a"), "unknown option"), (("-m", "99999999999999999999", "a"), "is not a size")])
def test_a_wrong_command_line_is_refused_with_one_line(place, arguments, reason):
    done = run(place, *arguments)
    assert done.returncode == 2
    assert reason in done.stderr and len(done.stderr.splitlines()) == 1


def test_what_cannot_be_run_is_named(place):
    assert run(place, "nothing").stderr == "whelk: error: nothing: No such file or directory\n"
    (place.path / "empty").mkdir()
    done = run(place, "empty")
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == "whelk: error: empty: nothing to run"


@pytest.mark.parametrize("kind", ["text", "empty", "pipe", "device"])
def test_what_is_neither_a_tree_nor_an_iso_is_an_error_at_once(place, kind):
    path = place.path / "thing"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = "/dev/zero"
    else:
        path.write_bytes(b"root:x:0:0\n" * 4000 if kind == "text" else b"")
    done = run(place, "--qemu", fake_qemu(place, "exec sleep 600\n"), path)
    assert (done.returncode, done.stderr) == (1, f"whelk: error: {path}: is neither a tree nor an ISO nor a kernel with a Multiboot header, a PVH entry or Linux's header\n")


def test_an_iso_that_is_shorter_than_its_volume_is_not_started(place):
    iso = place.make(place.write(good_tree()))
    size = int.from_bytes(iso.read_bytes()[0x8050:0x8054], "little") * 2048
    os.truncate(iso, size - 2048)
    done = run(place, "--qemu", fake_qemu(place, "exit 0\n"), iso)
    assert done.returncode == 1
    assert done.stderr == f"whelk: error: {iso}: is cut short: it has {size - 2048} bytes, and its volume {size}\n"


def test_an_iso_without_a_boot_loader_is_not_started(place):
    """QEMU's firmware would wait for ever."""
    iso = place.path / "data.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-R", "-o", iso, place.write(good_tree())], check=True, capture_output=True)
    done = run(place, "--qemu", fake_qemu(place, "exit 0\n"), iso)
    assert done.returncode == 1
    assert done.stderr == f"whelk: error: {iso}: has no boot loader; whelk-mkrescue makes an ISO that boots\n"


def test_a_missing_qemu_is_named_with_the_command_that_installs_it(place):
    iso = place.make(place.write(good_tree()))
    done = run(place, "--qemu", "no-such-qemu", iso)
    assert done.returncode == 1
    assert done.stderr.startswith("whelk: error: no-such-qemu: ") and "apt install qemu-system-x86" in done.stderr


def test_help_fits_a_screen(place):
    text = run(place, "--help").stdout
    assert "--expect=TEXT" in text and len(text.splitlines()) <= 24 and max(map(len, text.splitlines())) <= 90

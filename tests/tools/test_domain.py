# SPDX-License-Identifier: BSD-2-Clause
"""Tests whelk domain and whelk xen: programs that use definitions of guests read those that Whelk
writes, and a program in xl's place follows the way from a kernel to a guest."""

import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from discs import BUILD, CONFIG, tree
from good_kernels import KERNELS
from place import default_signals, good_tree, kernel
from qemu import PATIENCE

pytestmark = pytest.mark.bios("names its firmware itself")

WHELK = BUILD / "whelk"
ODD_NAME = "a <b> & c, d.iso"


def whelk(place, *arguments, **options):
    return place.run(*arguments, program=WHELK, **options)


def definition(place, *arguments, iso="out.iso", target=None):
    if not place.iso.exists():
        place.make(place.write(good_tree()))
    if iso != "out.iso":
        place.iso.rename(place.path / iso)
    run = whelk(place, "domain", *arguments, target or iso)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


# ---- xl's config, read by its own library

class Config:
    """A config of xl, read by libxlutil."""

    def __init__(self, text):
        self.library = ctypes.CDLL(str(next(Path("/usr/lib/x86_64-linux-gnu").glob("libxlutil.so.4.*"))))
        self.library.xlu_cfg_init.restype = ctypes.c_void_p
        libc = ctypes.CDLL(None)
        self.config = self.library.xlu_cfg_init(ctypes.c_void_p.in_dll(libc, "stderr"), b"test.xl")
        data = text.encode()
        assert self.library.xlu_cfg_readdata(ctypes.c_void_p(self.config), data, len(data)) == 0

    def text(self, name):
        value = ctypes.c_char_p()
        status = self.library.xlu_cfg_get_string(ctypes.c_void_p(self.config), name.encode(), ctypes.byref(value), 0)
        return value.value.decode() if status == 0 else None

    def number(self, name):
        value = ctypes.c_long()
        assert self.library.xlu_cfg_get_long(ctypes.c_void_p(self.config), name.encode(), ctypes.byref(value), 0) == 0
        return value.value

    def list(self, name):
        values, count = ctypes.c_void_p(), ctypes.c_int()
        assert self.library.xlu_cfg_get_list(ctypes.c_void_p(self.config), name.encode(), ctypes.byref(values),
                                             ctypes.byref(count), 0) == 0
        self.library.xlu_cfg_get_listitem.restype = ctypes.c_char_p
        return [self.library.xlu_cfg_get_listitem(values, i).decode() for i in range(count.value)]


def test_xl_reads_the_guest_of_the_blog(place):
    config = Config(definition(place, "--bridge", "br0", "-m", "512", "-c", "2", "--log", "/var/log/x.log"))
    assert (config.text("type"), config.text("name"), config.text("serial")) == ("hvm", "out", "file:/var/log/x.log")
    assert (config.number("memory"), config.number("vcpus")) == (512, 2)
    assert config.list("vif") == ["type=ioemu, model=rtl8139, bridge=br0"]
    assert config.list("disk") == [f"format=raw, vdev=hdc, access=ro, devtype=cdrom, target={place.iso}"]
    assert (config.text("boot"), config.text("vga"), config.text("tsc_mode")) == ("d", "none", "native")
    assert config.list("device_model_args_hvm") == ["-global", "rtl8139.romfile="]


def test_a_setting_replaces_whelks(place):
    text = definition(place, "--set", "vga=\"cirrus\"", "--set", "memory = 77", "--set", "type='pvh'", "--set", "x=1")
    config = Config(text)
    assert (config.text("vga"), config.number("memory"), config.text("type"), config.number("x")) == (
        "cirrus", 77, "pvh", 1)
    assert len(re.findall(r"^(?:vga|memory|type)\b", text, re.MULTILINE)) == 3


def test_commas_and_angle_brackets_in_the_isos_name_reach_xl(place):
    config = Config(definition(place, iso=ODD_NAME))
    assert config.list("disk")[0].endswith(f"target={place.path}/{ODD_NAME}")
    assert config.text("name") == "a--b----c--d"


def image(name):
    return str((BUILD / name).resolve())


def test_xl_reads_a_guest_that_is_started_by_pvh(place):
    text = definition(place, "--type", "pvh", "-m", "64", "-c", "2", "--bridge", "br0")
    config = Config(text)
    assert (config.text("type"), config.text("name")) == ("pvh", "out")
    assert (config.text("kernel"), config.text("ramdisk")) == (image("whelk.elf"), str(place.iso))
    assert (config.number("memory"), config.number("vcpus"), config.text("on_crash")) == (64, 2, "destroy")
    assert config.list("vif") == ["bridge=br0"]
    assert not re.search(r"^(disk|serial|boot|vga|firmware_override)\b", text, re.MULTILINE)
    assert "vif" not in definition(place, "--type", "pvh")


def test_xl_reads_a_guest_with_whelk_in_hvmloaders_place(place):
    plain, text = definition(place), definition(place, "--firmware", "whelk")
    assert Config(text).text("firmware_override") == image("whelk.elf")
    line = f'firmware_override = "{image("whelk.elf")}"\n'
    assert text.count(line) == 1 and text.replace(line, "") == plain == definition(place, "--firmware", "bios")


def test_whelks_command_line_is_in_each_format_of_a_pvh_guest(place):
    text = "entry='a <b>' -- & $c `d`"
    words = ("--type", "pvh", "--append", text)
    assert Config(definition(place, *words)).text("cmdline") == text
    for more in ((), ("--hypervisor", "xen")):
        system = ElementTree.fromstring(definition(place, *words, "-f", "libvirt", *more)).find("os")
        assert system.findtext("cmdline") == text
    qemu = shlex.split(definition(place, *words, "-f", "qemu"))
    assert qemu[qemu.index("-append") + 1] == text


def test_the_file_that_starts_a_guest_may_be_anywhere(place):
    (place.path / "my.elf").write_bytes(b"elf")
    for words, key in ((("--type", "pvh"), "kernel"), ((), "firmware_override")):
        config = Config(definition(place, *words, "--firmware", "./my.elf"))
        assert config.text(key) == f"{place.path}/my.elf"


def test_without_the_installed_file_the_command_that_writes_it_is_named(place):
    place.make(place.write(good_tree()))
    (place.path / "alone").mkdir()
    program = shutil.copy(WHELK, place.path / "alone/whelk")
    for words, kind, name in ((("--type", "pvh"), "elf", "whelk.elf"),
                              (("--firmware", "whelk", "-f", "qemu"), "rom", "whelk.rom")):
        run = place.run("domain", *words, "out.iso", program=program)
        assert run.returncode == 1 and run.stderr == (
            f"whelk: error: {name} is not installed: write it by `whelk firmware {kind} >{name}`, then give its path by "
            f"--firmware=./{name}\n")
        (place.path / "share/whelk").mkdir(parents=True, exist_ok=True)
        (place.path / "share/whelk" / name).write_bytes(b"installed")
        run = place.run("domain", *words, "out.iso", program=program)
        assert run.returncode == 0 and f"{place.path}/share/whelk/{name}" in run.stdout


# ---- the others

@pytest.mark.parametrize("hypervisor", ["kvm", "xen"])
@pytest.mark.parametrize("arguments", [(), ("--bridge", "br0"), ("--log", "some <log>"), ("-m", "64", "-c", "8")])
def test_libvirts_schema_accepts_the_definition(place, hypervisor, arguments):
    text = definition(place, "--format", "libvirt", "--hypervisor", hypervisor, *arguments, iso=ODD_NAME)
    (place.path / "domain.xml").write_text(text)
    run = subprocess.run(["virt-xml-validate", place.path / "domain.xml", "domain"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    domain = ElementTree.fromstring(text)
    assert domain.get("type") == hypervisor
    assert domain.find("devices/disk/source").get("file") == f"{place.path}/{ODD_NAME}"
    assert (domain.find("devices/interface/source") is not None) == ("--bridge" in arguments)
    assert ("/some &lt;log>" in text.replace("&gt;", ">")) == ("--log" in arguments)


@pytest.mark.parametrize("arguments, type, found", [
    (("--type", "pvh"), "hvm", {"kernel": "whelk.elf"}),
    (("--type", "pvh", "--hypervisor", "xen"), "xenpvh", {"kernel": "whelk.elf"}),
    (("--firmware", "whelk"), "hvm", {"loader": "whelk.rom"})])
@pytest.mark.parametrize("more", [(), ("--bridge", "br0", "-c", "3")])
def test_libvirts_schema_accepts_guests_without_a_firmware(place, arguments, type, found, more):
    text = definition(place, "--format", "libvirt", *arguments, *more, iso=ODD_NAME)
    (place.path / "domain.xml").write_text(text)
    run = subprocess.run(["virt-xml-validate", place.path / "domain.xml", "domain"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    system = ElementTree.fromstring(text).find("os")
    assert system.find("type").text == type
    assert {name: system.findtext(name) for name in found} == {key: image(name) for key, name in found.items()}
    disc = ElementTree.fromstring(text).find("devices/disk/source")
    where = system.findtext("initrd") if "pvh" in arguments else disc.get("file")
    assert where == f"{place.path}/{ODD_NAME}" and (disc is None) == ("pvh" in arguments)


def test_the_qemu_command_names_the_file_that_starts_the_guest(place):
    rom = shlex.split(definition(place, "-f", "qemu", "--firmware", "whelk"))
    assert rom[rom.index("-bios") + 1] == image("whelk.rom") and any(str(place.iso) in word for word in rom)
    pvh = shlex.split(definition(place, "-f", "qemu", "--type", "pvh", iso=ODD_NAME))
    assert pvh[pvh.index("-kernel") + 1] == image("whelk.elf")
    assert pvh[pvh.index("-initrd") + 1] == f"{place.path}/{ODD_NAME}" and "-drive" not in pvh


def test_libvirts_definition_is_for_kvm_by_default(place):
    assert definition(place, "--format", "libvirt") == definition(place, "--format", "libvirt", "--hypervisor", "kvm")


def test_libvirts_definition_for_xen_names_nothing_that_its_driver_refuses(place):
    domain = ElementTree.fromstring(definition(place, "--format", "libvirt", "--hypervisor", "xen"))
    assert domain.find("os/type").get("machine") == "xenfv"
    assert domain.find("devices/video") is domain.find("devices/memballoon") is None


def test_kubevirts_definition_is_yaml_with_names_that_kubernetes_takes(place):
    text = definition(place, "-f", "kubevirt", "--name", "My_Guest.1", "-m", "256", "-c", "3")
    machine = yaml.safe_load(text)
    assert (machine["apiVersion"], machine["kind"]) == ("kubevirt.io/v1", "VirtualMachine")
    assert "runStrategy" in machine["spec"] and "running" not in machine["spec"]  # the latter is deprecated
    spec = machine["spec"]["template"]["spec"]
    assert machine["metadata"]["name"] == spec["volumes"][0]["persistentVolumeClaim"]["claimName"] == "my-guest.1"
    assert spec["domain"]["memory"]["guest"] == "256Mi" and spec["domain"]["cpu"]["sockets"] == 3
    assert spec["domain"]["devices"]["disks"][0]["name"] == spec["volumes"][0]["name"]


@pytest.mark.parametrize("name, expected", [
    ("123", "123"), ("true", "true"), ("null", "null"), ("1e3", "1e3"), ("0x1F", "0x1f"), ("~x", "x"), (".x-", "x"),
    ("a..b", "a.b"), ("a-.-b", "a.b"), ("_A_", "a"), ("\u65e5-_", "guest"), ("2026-11-30", "2026-11-30"), ("x" * 80, "x" * 63)])
def test_kubevirts_names_are_strings_of_rfc_1123_whatever_the_isos_name_is(place, name, expected):
    machine = yaml.safe_load(definition(place, "-f", "kubevirt", iso=f"{name}.iso"))
    template = machine["spec"]["template"]
    names = [machine["metadata"]["name"], template["metadata"]["labels"]["kubevirt.io/vm"],
             template["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]]
    assert names == [expected] * 3
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", names[0])


def test_a_name_that_begins_as_an_option_does_not_reach_xl_as_one(place):
    assert 'name = "_v"\n' in definition(place, iso="-v.iso", target="./-v.iso")


@pytest.mark.parametrize("name", ["br0,script=/tmp/x", "br0 ", "br0'", "br0\n", "br0$(id)", "br0`id`", "", "x" * 256])
@pytest.mark.parametrize("form", ["xl", "libvirt", "qemu", "kubevirt"])
def test_a_bridges_name_is_a_name_in_every_format(place, form, name):
    place.iso.write_bytes(b"")
    run = whelk(place, "domain", "-f", form, "--bridge", name, place.iso)
    assert (run.returncode, run.stdout) == (1, "") and "a bridge's name has" in run.stderr


@pytest.mark.parametrize("name", [b"caf\xe9.iso", b"a\xc2\x85kind: Pod.iso", b"a\xe2\x80\xa8b.iso", b"\xed\xa0\x80.iso",
                                  b"\xef\xbf\xbf.iso"])
def test_a_path_that_is_no_line_of_utf_8_is_for_no_format_of_characters(place, name):
    path = os.path.join(os.fsencode(place.path), name)
    place.make(place.write(good_tree())).rename(os.fsdecode(path))
    for form in ("libvirt", "kubevirt"):
        run = subprocess.run([WHELK, "domain", "-f", form, path], capture_output=True)
        assert (run.returncode, run.stdout) == (1, b"") and b"is not a line of UTF-8" in run.stderr
    for form in ("xl", "qemu"):
        run = subprocess.run([WHELK, "domain", "-f", form, path], capture_output=True)
        assert run.returncode == 0 and path in run.stdout


def test_the_qemu_command_boots_the_iso(place):
    place.make(place.write(tree(KERNELS["elf32"].make())))
    command = definition(place, "-f", "qemu", "-m", "64", iso="with, comma.iso").replace("-accel kvm ", "")
    assert shlex.split(command.replace("\\\n", ""))[0] == "qemu-system-x86_64"
    run = subprocess.run(["sh", "-c", command.rstrip("\n") + " -device isa-debug-exit,iobase=0xf4,iosize=4"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30 * PATIENCE)
    assert run.returncode == 0x10 << 1 | 1 and "report: 0x1" in run.stdout


@pytest.mark.parametrize("options, command", [
    ((), "xl create -c {}"), (("--log", "x.log"), "xl create {}"), (("--type", "pvh"), "xl create -c {}"),
    (("-f", "libvirt"), "virsh -c qemu:///system create --console {}"),
    (("-f", "libvirt", "--hypervisor", "xen"), "virsh -c xen:///system create --console {}"), (("-f", "qemu"), "sh {}"),
    (("-f", "kubevirt"), "upload the ISO as the first line says, then: kubectl create -f {}")])
def test_the_next_step_is_told_if_the_definition_is_in_a_file(place, options, command):
    place.make(place.write(good_tree()))
    for name, told in (("guest.def", "guest.def"), ("tree/guest.def", "tree/guest.def"), ("../guest.def", None)):
        with open(place.path / name, "w") as out:
            done = subprocess.run([WHELK, "domain", *options, "out.iso"], cwd=place.path, stdout=out, stderr=subprocess.PIPE,
                                  text=True)
        told = told or str((place.path / name).resolve())
        assert (done.returncode, done.stderr) == (0, f"whelk: now: {command.format(told)}\n")


@pytest.mark.parametrize("form, line", [("xl", "# A guest that boots an ISO with Whelk. Now: xl create -c FILE"),
                                        ("libvirt", "<!-- A guest that boots an ISO with Whelk. Now: virsh create FILE; then, for its serial"),
                                        ("kubevirt", "# Then: kubectl create -f FILE")])
def test_a_definition_says_how_it_is_used(place, form, line):
    assert line in definition(place, "-f", form).splitlines()


@pytest.mark.parametrize("make, reason", [
    (lambda path: path.mkdir(), "thing: is a directory; first: whelk mkrescue -o my.iso thing"),
    (lambda path: path.write_bytes(kernel()), "thing: is a kernel; whelk xen -l thing makes an ISO and a guest of it"),
    (lambda path: path.write_bytes(b"text"), "thing: is no ISO (whelk mkrescue makes one of a tree)")])
def test_what_is_no_iso_is_refused_with_what_to_do(place, make, reason):
    make(place.path / "thing")
    for form in ("xl", "libvirt", "qemu", "kubevirt"):
        done = whelk(place, "domain", "-f", form, "thing")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"whelk: error: {reason}\n")


def test_the_commands_that_are_told_quote_names_with_blanks(place):
    (place.path / "my tree").mkdir()
    assert whelk(place, "domain", "my tree").stderr.endswith("whelk mkrescue -o my.iso 'my tree'\n")
    (place.path / "my kernel").write_bytes(kernel())
    assert "; whelk xen -l 'my kernel' makes" in whelk(place, "domain", "my kernel").stderr
    place.make(place.write(good_tree()))
    with open(place.path / "my guest.xl", "w") as out:
        done = subprocess.run([WHELK, "domain", "out.iso"], cwd=place.path, stdout=out, stderr=subprocess.PIPE, text=True)
    assert done.stderr == "whelk: now: xl create -c 'my guest.xl'\n"


def test_a_kernel_with_the_name_of_an_iso_is_warned_of(place):
    (place.path / "123.iso").write_bytes(kernel())
    done = whelk(place, "domain", "-f", "kubevirt", "123.iso")
    assert (done.returncode, done.stderr) == (0, "whelk: warning: 123.iso: is a kernel so far, in spite of its name\n")
    assert "name: " in done.stdout


@pytest.mark.parametrize("arguments, status, reason", [
    (("--set", "a=1", "-f", "libvirt", "a"), 2, "--set is for xl: it has no effect in the format libvirt"),
    (("--set", "a=1", "-f", "qemu", "a"), 2, "--set is for xl"), (("--log", "x", "-f", "kubevirt", "a"), 2, "--log is for xl, libvirt"),
    ((), 2, "an ISO is missing"), (("a", "b"), 2, "one ISO"), (("-f", "vmx", "a"), 2, "there are xl, libvirt, qemu and kubevirt"),
    (("-f", "libvirt", "--hypervisor", "vmx", "a"), 2, "there are kvm and xen"),
    (("--hypervisor", "xen", "a"), 2, "--format libvirt"), (("no.iso",), 1, "no.iso: No such file"), (("--set", "x", "a"), 2, "KEY=VALUE"),
    (("--set", "a b=1", "a"), 2, "KEY=VALUE"), (("--set", "a=1\nname=\"b\"", "a"), 2, "more than one line"),
    (("--name", "-v", "out.iso"), 1, "'-v'"), (("--name", "..", "out.iso"), 1, "'..'"),
    (("--log", "/" + 5000 * "x", "out.iso"), 1, "too long"), (("-c", "0", "a"), 2, "--cpus=0: is not a number of processors"),
    (("--name", "a b", "out.iso"), 1, "'a b'"), (("--log", "/a'b", "out.iso"), 1, "quotes"),
    (("--type", "pv", "a"), 2, "there are hvm and pvh"), (("--firmware", "uefi", "a"), 2, "there are bios, whelk and"),
    (("--type", "pvh", "--firmware", "bios", "a"), 2, "exclude each other"),
    (("--firmware", "./none", "out.iso"), 1, "./none: No such file"),
    (("--append", "x", "a"), 2, "--append is for --type pvh"),
    (("--append", 'a"', "--type", "pvh", "out.iso"), 1, 'a": is too long, or has double quotes'),
    (("--type", "pvh", "-f", "kubevirt", "out.iso"), 1, "KubeVirt's guests start by a BIOS or UEFI"),
    (("--firmware", "whelk", "-f", "kubevirt", "out.iso"), 1, "KubeVirt's guests start by a BIOS or UEFI"),
    (("--firmware", "whelk", "-f", "libvirt", "--hypervisor", "xen", "out.iso"), 1, "--firmware is for xl there"),
    (("--type", "pvh", "--log", "x", "out.iso"), 1, "has no serial port"),
    (("--type", "pvh", "--log", "x", "-f", "libvirt", "--hypervisor", "xen", "out.iso"), 1, "has no serial port")])
def test_what_cannot_be_described_is_refused(place, arguments, status, reason):
    place.make(place.write(good_tree()))
    run = whelk(place, "domain", *arguments)
    assert (run.returncode, run.stdout) == (status, "")
    assert reason in run.stderr and len(run.stderr.splitlines()) == 1


# ---- whelk xen

# With a guest's console xl stays until the guest has ended. It would end with its input.
FAKE_XL = """#!/bin/bash
echo "$@" >>calls
case $1$2 in
create-c)
    echo "Hello from the console"
    read -r -t 0.1 key
    [ $? -gt 128 ] || echo "xl's input has ended"
    until [ -e ended ]; do sleep 0.05; done ;;
create*) log=$(sed -n 's/^serial = "file:\\(.*\\)"/\\1/p' "$2"); echo "Hello from the guest" >"$log" ;;
domid*) [ ! -e ended ] ;;
esac
"""


def xen(place, *arguments, script=FAKE_XL, program=None, **options):
    """Starts `whelk xen` with this script as `xl`. Without a script no program is found."""
    tools = place.path / "bin"
    tools.mkdir(exist_ok=True)
    path = str(tools)
    if script is not None:
        (tools / "xl").write_text(script)
        (tools / "xl").chmod(0o755)
        path += ":" + os.environ["PATH"]
    words = [str(program)] if program else [str(WHELK), "xen"]
    return subprocess.Popen([*words, *arguments], cwd=place.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env={**os.environ, "PATH": path}, preexec_fn=default_signals, **options)


@pytest.fixture
def files(place):
    (place.path / "ldhermit.elf").write_bytes(kernel() + b"HermitCore")
    (place.path / "hello.app").write_bytes(b"the application")
    (place.path / "data file").write_bytes(b"data")
    return place


def finish(process):
    out, err = process.communicate(timeout=30 * PATIENCE)
    return process.returncode, out, err


def test_the_options_of_the_blogs_wrapper_make_its_guest_under_its_name(files):
    link = files.path / "xen-single-kernel.sh"
    link.symlink_to(WHELK)
    status, _, said = finish(xen(files, "-n", "-l", "ldhermit.elf", "-k", "hello.app", "-m", "512", "-c", "1", "-v",
                                 program=link))
    assert status == 0 and not (files.path / "calls").exists()
    config = Config((files.path / "hello-xen/hello.xl").read_text())
    assert (config.text("name"), config.number("memory"), config.number("vcpus")) == ("hello", 512, 1)
    assert "hello-xen/hello.iso" in said and "hello-xen/hello.xl" in said
    made = files.path / "hello-xen/tree"
    assert (made / CONFIG).read_text() == ("set timeout=0\nmenuentry \"hello\" {\n    multiboot /boot/kernel "
                                           "-uart=io:0x3f8\n    module /boot/application\n}\n")
    assert (made / "boot/application").read_bytes() == b"the application"


def test_the_kernel_gets_its_arguments_and_modules_letter_by_letter(place, boot):
    (place.path / "report.elf").write_bytes(KERNELS["elf32"].make())
    (place.path / "data file").write_bytes(b"data")
    arguments = "it's $HOME; {a} #b \"c\" \\d -uart=io:0x3f8"
    status, _, said = finish(xen(place, "-n", "-k", "report.elf", "--kernel-args", arguments, "--module", "data file",
                                 "--module", "report.elf x=1 $y", "--name", "guest", "--directory", "d"))
    assert status == 0, said
    report = boot(place.path / "d/guest.iso").report
    words = report["cmdline"].decode()
    for word in ("$HOME;", "{a}", "#b", "-uart=io:0x3f8"):
        assert word in words
    assert words.replace("\\", "").replace("'", "").replace('"', "") == arguments.replace("\\", "").replace(
        "'", "").replace('"', "")
    assert [module["text"] for module in report.modules] == [b"", b"x=1 $y"]


def test_the_log_is_followed_until_the_guest_ends(files):
    process = xen(files, "-l", "ldhermit.elf", "-k", "hello.app")
    assert process.stdout.readline() == "Hello from the guest\n"
    (files.path / "ended").touch()
    status, _, said = finish(process)
    assert status == 0 and "hello has ended" in said
    assert (files.path / "calls").read_text().splitlines()[0] == f"create {files.path}/hello-xen/hello.xl"


def test_a_pvh_guest_has_its_file_beside_the_iso_and_its_console_is_shown(files):
    process = xen(files, "--type", "pvh", "-l", "ldhermit.elf", "-k", "hello.app")
    assert process.stdout.readline() == "Hello from the console\n"
    (files.path / "ended").touch()
    status, more, said = finish(process)
    assert (status, more) == (0, "") and said.splitlines()[-1] == "whelk: hello has ended"
    calls = (files.path / "calls").read_text().splitlines()
    assert calls == [f"create -c {files.path}/hello-xen/hello.xl", "domid hello"]
    config = Config((files.path / "hello-xen/hello.xl").read_text())
    assert config.text("kernel") == f"{files.path}/hello-xen/whelk.elf"
    assert (files.path / "hello-xen/whelk.elf").read_bytes() == (BUILD / "whelk.elf").read_bytes()


@pytest.mark.parametrize("destroys", [False, True])
def test_an_interrupt_ends_the_console_and_the_guest_only_if_that_was_asked_for(files, destroys):
    process = xen(files, "--type", "pvh", "-l", "ldhermit.elf", *(["--destroy-on-exit"] if destroys else []))
    assert process.stdout.readline() == "Hello from the console\n"
    process.send_signal(signal.SIGINT)
    status, _, said = finish(process)
    assert status == 0 and ("still runs" in said) != destroys
    assert ("destroy ldhermit" in (files.path / "calls").read_text()) == destroys


def test_an_hvm_guest_has_the_file_in_hvmloaders_place_beside_the_iso(files):
    status, _, _ = finish(xen(files, "-n", "--firmware", "whelk", "-l", "ldhermit.elf", "-k", "hello.app"))
    config = Config((files.path / "hello-xen/hello.xl").read_text())
    assert status == 0 and config.text("firmware_override") == f"{files.path}/hello-xen/whelk.elf"
    assert (files.path / "hello-xen/whelk.elf").read_bytes() == (BUILD / "whelk.elf").read_bytes()
    assert config.text("serial") == f"file:{files.path}/hello-xen/hello.log"


@pytest.mark.parametrize("destroys", [False, True])
def test_an_interrupt_ends_the_guest_only_if_that_was_asked_for(files, destroys):
    process = xen(files, "-l", "ldhermit.elf", "-k", "hello.app", *(["--destroy-on-exit"] if destroys else []))
    assert process.stdout.readline() == "Hello from the guest\n"
    process.send_signal(signal.SIGINT)
    status, _, said = finish(process)
    assert status == 0
    assert ("destroy hello" in (files.path / "calls").read_text()) == destroys
    assert ("still runs" in said) != destroys


@pytest.mark.parametrize("destroys", [False, True])
def test_an_interrupt_that_ends_xl_does_not_end_the_guest(files, destroys):
    script = FAKE_XL.replace("[ ! -e ended ]", "kill -INT $PPID $$")  # as Ctrl-C in a terminal does
    process = xen(files, "-l", "ldhermit.elf", "-k", "hello.app", *(["--destroy-on-exit"] if destroys else []), script=script)
    status, _, said = finish(process)
    assert status == 0 and "has ended" not in said
    assert ("destroy hello" in (files.path / "calls").read_text()) == destroys


def test_several_processors_with_hermitcore_give_a_warning(files):
    assert "HermitCore waits" in finish(xen(files, "-n", "-l", "ldhermit.elf", "-k", "hello.app", "-c", "2"))[2]
    assert "HermitCore" not in finish(xen(files, "-n", "-l", "ldhermit.elf", "-k", "hello.app", "-c", "1"))[2]
    (files.path / "other").write_bytes(kernel())
    assert "HermitCore" not in finish(xen(files, "-n", "-l", "other", "-k", "hello.app", "-c", "2"))[2]


@pytest.mark.parametrize("arguments, script, reason", [
    (("-l", "nothing"), FAKE_XL, "nothing: No such file or directory"),
    (("-l", "hello.app"), FAKE_XL, "no ISO was made"),
    (("-l", "ldhermit.elf"), "#!/bin/sh\nexit 3\n", "failed with exit status 3"),
    (("-l", "ldhermit.elf"), None, "apt install xen-system-amd64"),
    (("-l", "ldhermit.elf", "--type", "pvh"), "#!/bin/sh\nexit 3\n", "failed with exit status 3"),
    (("-l", "ldhermit.elf", "--type", "pvh"), None, "apt install xen-system-amd64"),
    (("-l", "ldhermit.elf", "--module", "no arguments"), FAKE_XL, "no: No such file"),
    (("-l", "ldhermit.elf", "--name", "12"), FAKE_XL, "'12': xl takes a number for a guest's id"),
    (("-l", "ldhermit.elf", "--bridge", "br0,script=x"), FAKE_XL, "'br0,script=x'"),
    (("-l", "ldhermit.elf", "--name", "a b"), FAKE_XL, "'a b'")])
def test_failures_are_reported(files, arguments, script, reason):
    status, _, said = finish(xen(files, *arguments, script=script))
    assert status == 1 and reason in said.splitlines()[-1]


@pytest.mark.parametrize("options, command", [((), "xl create {}"), (("--type", "pvh"), "xl create -c {}")])
def test_without_a_start_the_next_step_is_told_and_verbose_shows_the_commands(files, options, command):
    status, out, said = finish(xen(files, "-n", "-v", "-l", "ldhermit.elf", "-k", "hello.app", *options))
    folder = files.path / "hello-xen"
    lines = said.splitlines()
    assert (status, out) == (0, "") and not (files.path / "calls").exists()
    assert f"whelk mkrescue -o {folder}/hello.iso {folder}/tree" in lines
    assert f"whelk: now: {command.format(folder / 'hello.xl')}" in lines
    assert (f"whelk: its serial port's output goes to {folder}/hello.log" in lines) == (options == ())


def test_a_wrong_command_line_is_refused(files):
    assert finish(xen(files, "-n", "--destroy-on-exit", "-l", "ldhermit.elf"))[0] == 2
    assert finish(xen(files))[0] == 2
    assert finish(xen(files, "-l", "ldhermit.elf", "more"))[0] == 2
    assert finish(xen(files, "--frobnicate"))[0] == 2
    assert finish(xen(files, "-k", "hello.app", "--type", "pvh", "--firmware", "bios"))[0] == 2
    status, text, _ = finish(xen(files, "--help"))
    assert status == 0 and len(text.splitlines()) <= 24

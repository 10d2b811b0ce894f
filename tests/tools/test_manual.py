# SPDX-License-Identifier: BSD-2-Clause
"""Runs the examples of the manual pages and of the page for those who come from GRUB as printed,
and checks that the Debian package has all of it."""

import gzip
import os
import re
import subprocess
from pathlib import Path

import pytest

from discs import BUILD, ROOT, file_in_iso
from place import good_tree, kernel

pytestmark = pytest.mark.bios("the tool alone")

DOCS = ROOT / "docs"
PAGES = sorted(page.name for page in DOCS.glob("whelk*.1"))
# Programs that the examples call and that a test cannot wait for, or does not have. These stand-ins
# print how they were called.
STAND_INS = ("qemu-system-x86_64", "xl", "virsh", "kubectl")
SLOW = ("whelk-bench.1",)
COMMANDS = ("mkrescue", "check", "run", "xen", "domain", "firmware", "bench")


def examples(page):
    """The commands of a page's examples, with the output that the page shows."""
    found = []
    for block in re.findall(r"^\.EX\n(.*?)^\.EE", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL):
        text = block.replace("\\-", "-").replace("\\ ", " ").replace("\\(dq", '"').replace("\\e", "\\")
        for line in text.splitlines():
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif found and not found[-1][1] and found[-1][0].endswith("\\"):
                found[-1][0] = found[-1][0][:-1] + line
            elif found:
                found[-1][1].append(line)
    return found


@pytest.fixture
def workshop(place):
    """A directory with all that the examples name, and a PATH with Whelk's programs and the
    stand-ins."""
    config = 'set timeout=0\nmenuentry "My kernel" {\n    multiboot /boot/kernel.elf console=com1\n' \
             "    module /boot/data data\n}\n"
    place.write({"boot/grub/grub.cfg": config.encode(), "boot/kernel.elf": kernel(), "boot/data": b"data"}, "iso")
    place.write({"kernel.elf": kernel(), "data": b"d"}, "build")
    place.write({"kernel": kernel(), "initrd": b"d"}, "boot")
    for name, contents in (("grub.cfg", config.replace("    module /boot/data data\n", "").encode()),
                           ("ldhermit.elf", kernel()), ("hello", b"hello"), ("kernel.elf", kernel()),
                           ("kernel", kernel()), ("module", b"m")):
        (place.path / name).write_bytes(contents)
    place.run("-o", "my.iso", "iso")
    (place.path / "bin").mkdir()
    for name in STAND_INS:
        # The domain that xl is asked for has ended. The kernel prints what a CI may wait for.
        script = f'#!/bin/sh\n[ "$1" = domid ] && exit 1\necho "{name} $*" >>{place.path}/calls\n' \
                 'echo "Hello: tests passed"\n[ "$3" = - ] && cat\nexit 0\n'
        (place.path / "bin" / name).write_text(script)
        (place.path / "bin" / name).chmod(0o755)
    place.environment = {**os.environ, "PATH": f"{place.path}/bin:{BUILD}:{os.environ['PATH']}"}
    return place


@pytest.mark.parametrize("page", [page for page in PAGES if page not in SLOW])
def test_a_manual_pages_examples_run_as_printed(workshop, page):
    commands = examples(page)
    assert commands, "a page without an example"
    for command, printed in commands:
        run = subprocess.run(["sh", "-c", command], cwd=workshop.path, env=workshop.environment, capture_output=True,
                             text=True, timeout=60)
        assert run.returncode == 0, (command, run.stderr)
        if command.startswith(("find", "cat")):
            assert sorted(run.stdout.splitlines()) == sorted(printed), command


@pytest.mark.parametrize("page", PAGES)
def test_man_shows_a_page_without_a_warning(page):
    run = subprocess.run(["man", "--warnings", "-l", DOCS / page], capture_output=True, text=True,
                         env={**os.environ, "MANWIDTH": "80", "PAGER": "cat"})
    assert (run.returncode, run.stderr) == (0, "")
    assert "NAME" in run.stdout


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_the_help_fits_a_screen_of_24_lines(command):
    text = subprocess.run([BUILD / "whelk", *command, "--help"], capture_output=True, text=True, check=True).stdout
    assert len(text.splitlines()) <= 24
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("environment, coloured", [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": ""}, True),
                                                   ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                                                   ({"TERM": "dumb"}, False), ({}, False)])
def test_messages_have_colours_only_on_terminals_and_only_if_wanted(environment, coloured):
    controller, terminal = os.openpty()
    run = subprocess.run([BUILD / "whelk", "mkrescue"], stderr=terminal, env=environment)
    shown = os.read(controller, 1000)
    os.close(terminal)
    os.close(controller)
    assert run.returncode == 2
    assert (b"\x1b" in shown) == coloured
    piped = subprocess.run([BUILD / "whelk", "mkrescue"], capture_output=True, env=environment).stderr
    assert piped.startswith(b"whelk: error: the ISO's name")


def test_every_option_in_the_help_is_in_the_manual_page():
    for command in ("mkrescue", "check", "run", "xen", "domain", "bench"):
        text = subprocess.run([BUILD / "whelk", command, "--help"], capture_output=True, text=True, check=True).stdout
        page = (DOCS / f"whelk-{command}.1").read_text().replace("\\", "")
        options = re.findall(r"^  (?:  |-.,) *--([a-z0-9-]+)", text, re.MULTILINE)
        assert len(options) > 3
        assert [option for option in options if f"--{option}" not in page] == []


def snippet(language):
    text = (DOCS / "coming-from-grub.md").read_text()
    return re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("language, file, commands", [
    ("make", "Makefile", ["make my.iso"]),
    ("cmake", "CMakeLists.txt", ["cmake -S . -B out", "cmake --build out", "mv out/my.iso ."]),
    ("meson", "meson.build", ["meson setup out", "meson compile -C out", "mv out/my.iso ."])])
def test_the_snippets_for_build_systems_make_the_iso(workshop, language, file, commands):
    (workshop.path / "my.iso").unlink()
    (workshop.path / file).write_text(snippet(language))
    environment = {key: value for key, value in workshop.environment.items() if not key.startswith("MAKE")}
    for command in commands:
        run = subprocess.run(["sh", "-c", command], cwd=workshop.path, env=environment, capture_output=True, text=True,
                             timeout=60)
        assert run.returncode == 0, run.stdout + run.stderr
    assert file_in_iso(workshop.path / "my.iso", "boot/kernel.elf")[1] == 4096


# ---- the Debian package

@pytest.fixture(scope="module")
def package(tmp_path_factory):
    build = tmp_path_factory.mktemp("package")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    run = subprocess.run(["make", "-C", ROOT, f"BUILD={build}", "deb"], capture_output=True, text=True,
                         env=environment, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    return next((build / "deb").glob("whelk_*.deb"))


def test_the_package_is_lintian_clean(package):
    run = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package], capture_output=True,
                         text=True)
    assert (run.returncode, run.stdout) == (0, "")


def apts_lists():
    """apt's lists of the packages of this release."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    name = re.search(r"^VERSION_CODENAME=(\S+)", release, re.MULTILINE)
    return name and list(Path("/var/lib/apt/lists").glob(f"*_dists_{name[1]}_main_binary-amd64_Packages*"))


@pytest.mark.skipif(not apts_lists(), reason="apt has no list of this release's packages")
def test_apt_would_install_the_package_on_a_machine_that_has_nothing_yet(package):
    run = subprocess.run(["apt-get", "install", "--simulate", "--no-install-recommends", "-o",
                          "Dir::State::status=/dev/null", package], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    installed = set(re.findall(r"^Inst (\S+)", run.stdout, re.MULTILINE))
    assert {"whelk", "xorriso"} <= installed and "mtools" not in installed


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg gives the files to root")
def test_dpkg_installs_the_package_and_removes_all_of_it(package, tmp_path):
    (tmp_path / "var/lib/dpkg/info").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/updates").mkdir()
    (tmp_path / "var/lib/dpkg/status").touch()
    dpkg = ["dpkg", f"--root={tmp_path}", "--log=/dev/null", "--force-depends"]
    subprocess.run([*dpkg, "-i", package], check=True, capture_output=True)
    shown = subprocess.run([tmp_path / "usr/bin/whelk-mkrescue", "--version"], capture_output=True, text=True).stdout
    assert shown.startswith("whelk-mkrescue (Whelk) ")
    subprocess.run([*dpkg, "--purge", "whelk"], check=True, capture_output=True)
    assert not (tmp_path / "usr").exists()


def test_the_package_suggests_and_depends_on_what_exists(package):
    fields = subprocess.run(["dpkg-deb", "-f", package, "Suggests", "Depends"], capture_output=True, text=True).stdout
    names = re.findall(r"(?:: |, )([a-z0-9.+-]+)", fields)
    assert {"qemu-system-x86", "ovmf", "xorriso"} <= set(names)
    known = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True).stdout.split()
    if "qemu-system-x86" not in known:
        pytest.skip("apt has no list of this release's packages")
    assert [name for name in names if name not in known] == []


def cited_documents(root):
    """The documents that the installed manual pages name, as they name them."""
    pages = [gzip.decompress(page.read_bytes()) if page.suffix == ".gz" else page.read_bytes()
             for page in (root / "share/man/man1").glob("whelk*")]
    assert len(pages) > 7
    return {name for page in pages for name in re.findall(r"[\w/.-]*[\w-]+\.md", page.decode().replace("\\", ""))}


def test_the_documents_that_the_installed_manual_pages_name_are_there(package, tmp_path):
    """In the package as after make install; the documents' own references are right there, too."""
    subprocess.run(["dpkg-deb", "-x", package, tmp_path / "package"], check=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["make", "-C", ROOT, f"BUILD={BUILD}", f"DESTDIR={tmp_path}/made", "PREFIX=/opt/w", "install"],
                   check=True, capture_output=True, env=environment)
    for root, prefix in ((tmp_path / "package", "/usr"), (tmp_path / "made", "/opt/w")):
        named = cited_documents(root / prefix[1:])
        assert f"{prefix}/share/doc/whelk/docs/timing.md" in named
        assert [name for name in named if not (root / name[1:]).is_file()] == []
        folder = root / prefix[1:] / "share/doc/whelk"
        for document in (folder / "README.md", *folder.glob("docs/*.md")):
            referred = re.findall(r"(?<![\w/])docs/[\w/-]+\.(?:md|svg|png)", document.read_text(encoding="utf-8"))
            assert [name for name in referred if not (folder / name).is_file()] == [], document


def test_the_unpacked_package_makes_an_iso_and_needs_only_xorriso(package, place):
    subprocess.run(["dpkg-deb", "-x", package, place.path / "root"], check=True)
    program = place.path / "root/usr/bin/whelk-mkrescue"
    run = place.run("-o", place.iso, place.write(good_tree()), program=program)
    assert run.returncode == 0 and place.iso.exists(), run.stderr
    depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"], capture_output=True, text=True).stdout
    # In Debian 13, t64 follows the names of libraries with a type that has become longer.
    names = sorted(re.sub(r" \(.*?\)|t64\b", "", depends).strip().split(", "))
    assert names == ["libc6", "libisofs6", "xorriso"]
    by_xorriso = subprocess.run(["dpkg-query", "-W", "-f", "${Depends} ", "xorriso", "libisoburn1*"],
                                capture_output=True, text=True).stdout
    assert "libisoburn1" in by_xorriso and "libisofs6" in by_xorriso
    for page in PAGES:
        assert (place.path / f"root/usr/share/man/man1/{page}.gz").exists()

# SPDX-License-Identifier: BSD-2-Clause
"""Tests whelk-mkrescue in grub-mkrescue's place: both get the command lines that projects use, and
the two ISOs must hold and boot the same."""

import os
import re
import shutil
import subprocess

import pytest

from discs import BUILD, CONFIG, MKRESCUE, tree, write_tree
from good_kernels import KERNELS
from grub_limits import skip_what_grub_refuses
from place import ENTRY, OWN, contents, extract, good_tree
from report import differences

pytestmark = pytest.mark.bios("ISOs as grub-mkrescue makes them for a BIOS")

PLATFORM = "/usr/lib/grub/i386-pc"
BIOS_ONLY = ["-d", PLATFORM]  # GRUB's other platforms take seconds and change none of the user's files
REPORT_KERNEL = KERNELS["elf32"].make
FORMS_TREE = {CONFIG: ENTRY.encode(), "boot/kernel": REPORT_KERNEL()}

# How 189 projects call it, the most frequent first.
FORMS = {
    "-o OUT DIR": "-o out.iso tree",
    "--output=OUT DIR": "--output=out.iso tree",
    "--output OUT DIR": "--output out.iso tree",
    "-output OUT DIR": "-output out.iso tree",
    "DIR -o OUT": "tree -o out.iso",
    "DIR/ -o OUT": "tree/ -o out.iso",
    "-d PLATFORM": f"-d {PLATFORM} -o out.iso tree",
    "PLATFORM last": f"-o out.iso tree -d {PLATFORM}",
    "--directory=PLATFORM": f"--directory={PLATFORM} -o out.iso tree",
    "--directory PLATFORM": f"tree --directory {PLATFORM} --output=out.iso",
    "--modules": ["--modules=normal iso9660 biosdisk", "-o", "out.iso", "tree"],
    "--modules last": ["-o", "out.iso", "tree", "--modules", "part_msdos"],
    "--install-modules": ["--install-modules=multiboot normal", "-o", "out.iso", "tree"],
    "second directory": "-o out.iso tree second",
    "--compress=xz": "-o out.iso --compress=xz tree",
    "--compress=gz": "--compress gz -o out.iso tree",
    "--xorriso=": ["--xorriso=" + (shutil.which("xorriso") or "xorriso"), "-o", "out.iso", "tree"],
    "--xorriso NAME": "--xorriso xorriso -o out.iso tree",
    "--fonts --locales --themes": "--fonts= --locales= --themes= -o out.iso tree",
    "--fonts=ascii": "--fonts=ascii --locales=en@piglatin --themes=none -o out.iso tree",
    "--locale-directory": "--locale-directory=/usr/share/locale -o out.iso tree",
    "--product-name": ["--product-name=Whelk Test", "--product-version=1.0", "-o", "out.iso", "tree"],
    "-v": "-v -o out.iso tree",
    "--verbose": "--verbose -o out.iso tree",
    "-- -volid": "-o out.iso tree -- -volid NAMED",
    "-volid": "-o out.iso tree -volid NAMED",
    "-V": "-V NAMED -o out.iso tree",
    "-A -publisher": ["-A", "an application", "-publisher", "a publisher", "-o", "out.iso", "tree"],
    "-iso-level 3": "-o out.iso -iso-level 3 tree",
    "-J -joliet-long": "-J -joliet-long -o out.iso tree",
    "-m": "-m only-here -o out.iso tree second",
    "-quiet": "-quiet -o out.iso tree",
    "-follow-links": "-follow-links -o out.iso links",
    "-- options of GRUB's": "tree -- -volid NAMED --modules normal -o out.iso -v",
    "-- -find": "-o out.iso tree -- -find /boot/kernel -exec chmod 0400 --",
    "file": "-o out.iso tree second/only-here",
    "graft point": "boot/kernel=parts/k boot/grub/grub.cfg=parts/cfg -o out.iso",
    "graft into directory": "-o out.iso tree /boot/=parts/k /extra=second",
    "--label-*": "--label-color=red --label-bgcolor=blue --label-font=none.pf2 -o out.iso tree",
    "--rom-directory": "--rom-directory=roms -o out.iso tree",
    "--disable-shim-lock": "--disable-shim-lock -o out.iso tree",
    "--core-compress": "-o out.iso tree --core-compress=auto",
    "-o twice": "-o other.iso -o out.iso tree",
    "--help": "--help",
    "-?": "-?",
    "--usage": "--usage",
    "--version": "--version",
    "no output": "tree",
    "missing directory": "-o out.iso nothing",
    "output in no directory": "-o no/out.iso tree",
    "unknown option": "--frobnicate -o out.iso tree",
    "missing argument": "tree -o",
    "wrong compression": "--compress=zip -o out.iso tree",
    "wrong native command": "-o out.iso tree -- -frobnicate",
    "missing xorriso": "--xorriso=/no/xorriso -o out.iso tree",
}
# GRUB lists the first option and then does not know it. In the second, xorriso wants the file's
# name after the directory's.
GRUB_FAILS = {"--core-compress", "graft into directory"}


def write_sources(place):
    place.write({**good_tree(**{"boot/a b/ünï": b"u", "UPPER.TXT": b"1"}), "boot/kernel": REPORT_KERNEL()})
    (place.path / "tree/link").symlink_to("boot/kernel")
    place.write({"only-here": b"2", "sub/x": b"x"}, "second")
    shutil.copytree(place.path / "tree", place.path / "links", symlinks=True)
    (place.path / "links/boot/kernel").unlink()
    (place.path / "links/boot/kernel").symlink_to(place.path / "parts/k")
    place.write({"k": REPORT_KERNEL(), "cfg": ENTRY.encode()}, "parts")


def users_part(files):
    """The files without those that GRUB or Whelk adds and their directories."""
    def is_loaders(name):
        return name in OWN or re.match(rb"(boot/grub/(i386-pc|fonts|locale|roms|themes|x86_64-efi|i386-efi)"
                                              rb"|boot\.catalog|efi|\.disk|System|mach_kernel)(/|$|\.)", name)
    return {name: what for name, what in files.items() if not is_loaders(name)}


def description(iso):
    """What `xorriso -pvd_info` says, and the files' modes."""
    run = subprocess.run(["xorriso", "-indev", iso, "-pvd_info", "-find", "/", "-exec", "lsdl"], capture_output=True,
                         text=True, errors="surrogateescape", check=True)
    named = dict(re.findall(r"^(\w+ Id) *: (.*)$", run.stdout, re.MULTILINE))
    modes = {path: mode for mode, path in re.findall(r"^(\S{10}) .* '(/.*)'(?: -> .*)?$", run.stdout, re.MULTILINE)}
    return named, modes


@pytest.fixture(scope="module")
def grub_iso(tmp_path_factory):
    """An ISO by GRUB of the tree that the command lines name."""
    directory = tmp_path_factory.mktemp("grub")
    write_tree(directory / "tree", FORMS_TREE)
    subprocess.run(["grub-mkrescue", *BIOS_ONLY, "-o", "grub.iso", "tree"], cwd=directory, check=True,
                   capture_output=True)
    return directory / "grub.iso"


@pytest.fixture(scope="module")
def forms_reports():
    """Reports by loader. GRUB boots only once, as all its ISOs have the same files of the user."""
    return {}


@pytest.mark.parametrize("form", FORMS)
def test_a_command_line_does_the_same_as_with_grub(place, boot, grub_iso, forms_reports, form):
    words = FORMS[form] if isinstance(FORMS[form], list) else FORMS[form].split()
    write_sources(place)
    runs = {}
    for name, program in (("grub", shutil.which("grub-mkrescue")), ("whelk", MKRESCUE)):
        run = place.run(*(BIOS_ONLY if name == "grub" else []), *words, program=program)
        runs[name] = (run.returncode == 0, place.iso.exists())
        if place.iso.exists():
            place.iso.rename(place.path / f"{name}.iso")
    if form in GRUB_FAILS and not runs["grub"][0]:  # GRUB 2.12 can do the first
        assert runs["whelk"] == (True, True)
        return
    assert runs["whelk"] == runs["grub"]
    if not runs["grub"][1]:
        return
    grub, whelk = (contents(extract(place.path / f"{name}.iso", place.path / name)) for name in ("grub", "whelk"))
    assert whelk.keys() - OWN == users_part(whelk).keys()
    assert users_part(whelk) == users_part(grub)
    (grub_ids, grub_modes), (ids, modes) = (description(place.path / f"{name}.iso") for name in ("grub", "whelk"))
    for field in ("Volume Id", "Publisher Id"):
        assert ids[field] == grub_ids[field]
    # GRUB's temporary directories give these directories their own modes.
    for path in modes.keys() - {"/", "/boot", "/boot/grub", *(f"/{name.decode()}" for name in OWN)}:
        assert (path, modes[path]) == (path, grub_modes[path])
    skip_what_grub_refuses(FORMS_TREE)
    if "grub" not in forms_reports:
        forms_reports["grub"] = boot(grub_iso, timeout=60).report
    assert differences(boot(place.path / "whelk.iso").report, forms_reports["grub"]) == {}


def test_every_option_in_grubs_help_is_accepted(place):
    """Tries each option with its argument, in two words if it may be so."""
    place.write(good_tree())
    text = subprocess.run(["grub-mkrescue", "--help"], capture_output=True, text=True, check=True).stdout
    options = re.findall(r"^ +(?:(-\w), )?(--[\w-]+)(?:=(\S+))?", text, re.MULTILINE)
    assert len(options) > 25
    shows = {"--help", "--usage", "--version"}
    wrong = []
    for letter, name, argument in options:
        letter = "" if letter == "-V" else letter  # GRUB itself passes it to xorriso, as the volume's name
        value = "xz" if "compress" in name else "xorriso" if "xorriso" in name else "x"
        forms = [[f"{name}={value}"], [name, value], *([[letter, value]] if letter else [])] if argument else \
            [[name], *([[letter]] if letter else [])]
        for words in forms:
            place.iso.unlink(missing_ok=True)
            output = [] if name == "--output" else ["-o", place.iso]
            run = place.run(*words, *output, "tree")
            written = (place.path / "x").exists() if name == "--output" else place.iso.exists()
            if run.returncode != 0 or (not written and name not in shows):
                wrong.append((words, run.stderr))
    assert wrong == []


@pytest.mark.parametrize("name", ["grub-mkrescue", "grub2-mkrescue", "i686-elf-grub-mkrescue"])
def test_a_script_that_asks_a_grub_mkrescue_for_its_version_gets_a_line_as_grubs_and_whelks(place, name):
    version = re.compile(r"(\S+) \((\w+)\) 2\.\d\d")
    (place.path / name).symlink_to(BUILD / "whelk")
    first, second = place.run("--version", program=place.path / name).stdout.splitlines()
    grub = subprocess.run(["grub-mkrescue", "--version"], capture_output=True, text=True, check=True).stdout
    assert version.match(first).groups() == (name, "Whelk")
    assert version.match(grub).groups() == ("grub-mkrescue", "GRUB")
    assert second == place.run("--version").stdout.strip()


def test_the_product_and_its_version_are_the_application_id(place):
    place.write(good_tree())
    run = place.run("--product-name", "Whelk Test", "--product-version=1.0", "-o", place.iso, "tree")
    assert run.returncode == 0
    pvd = place.iso.read_bytes()[16 * 2048:17 * 2048]
    assert pvd[574:702].decode().rstrip().upper() == "WHELK TEST 1.0"


def test_verbose_names_what_is_ignored(place):
    place.write(good_tree())
    run = place.run("-v", "-d", PLATFORM, "--fonts=", "--compress=xz", "-o", place.iso, "tree", PLATFORM)
    for what in ("-d", "--fonts=", "compression xz"):
        assert f"whelk: {what}: ignored" in run.stderr
    assert f"whelk: {PLATFORM}: left out" in run.stderr
    assert "whelk" not in place.run("-d", PLATFORM, "-o", place.iso, "tree", PLATFORM).stderr


def test_grubs_platform_folder_among_the_sources_is_left_out(place):
    place.write(good_tree())
    got = contents(extract(place.make("tree", PLATFORM), place.path / "got"))
    assert got.keys() == {b"boot", b"boot/grub", b"boot/kernel", CONFIG.encode(), *OWN}


def test_an_option_that_would_take_the_partition_tables_place_is_refused(place):
    place.write(good_tree())
    place.write({"x": bytes(4096)}, "parts")
    for options in (["-partition_offset", "16"], ["-V", "X", "--", "-partition_offset", "16"]):
        option = next(word for word in options if "partition" in word)
        assert f"{option}: the ISO has Whelk's own partition table" in place.refuse("tree", *options)


@pytest.mark.parametrize("options", [["-isohybrid-mbr", "parts/x"], ["--grub2-mbr", "parts/x"], ["-isohybrid-gpt-basdat"], ["--protective-msdos-label"],
                                     ["-efi-boot-part", "--efi-boot-image"], ["--", "-isohybrid-gpt-basdat"], ["-G", "parts/x"]], ids=" ".join)
def test_an_option_for_what_the_iso_has_anyway_is_left_out(place, options):
    place.write(good_tree())
    place.write({"x": bytes(512)}, "parts")
    plain_iso = place.make("tree").read_bytes()
    option = next(word for word in options if word != "--")
    run = place.run("-o", place.iso, "tree", *options)
    assert run.returncode == 0 and f"whelk: warning: {option}: left out" in run.stderr
    assert place.iso.read_bytes() == plain_iso


NEEDLESS = ("G appended_part_as_apm appended_part_as_gpt efi-boot-part embedded-boot generic-boot grub2-mbr isohybrid-apm-hfsplus isohybrid-gpt-basdat "
            "isohybrid-gpt-hfsplus isohybrid-mbr mbr-force-bootable part_like_isohybrid protective-msdos-label").split()
XORRISO_1_5_6 = ("gpt-iso-bootable", "gpt-iso-not-ro")
REFUSED = "chrp-boot-part hfsplus partition_offset prep-boot-part".split()


def mkisofs_options():
    """The options that `xorriso -as mkisofs -help` lists, with the number of their arguments."""
    text = subprocess.run(["xorriso", "-as", "mkisofs", "-help"], capture_output=True, text=True).stderr
    found = {}
    for line in text.splitlines():
        if re.match(r"  -", line):
            # The description starts in column 30, or after two blanks, or on the next line.
            usage = (line[:29] if line[29:30] == " " else re.split(r"(?<=\S)  +", line)[0]).strip()
            usage = usage.replace(" label text", " LABEL").replace("|--efi-boot-image", "")
            parts = [part.split() for part in usage.split(", ")]
            found.update({option: max(len(part) - 1 for part in parts) for option, *_ in parts})
    return found


# Options of that name of our own; options that would show xorriso a tree that Whelk does not see;
# help.
NOT_PASSED_ON = {"-o", "-output", "-v", "-verbose", "-help", "-version", "-path-list", "--quoted_path_list", "-root",
                 "-old-root"}
# The help names no argument of these, but the manual does.
MANUAL_SAYS = {"-eltorito-platform": 1, "-iso_mbr_part_type": 1}


def test_every_option_of_xorrisos_mkisofs_reaches_it_with_its_arguments(place):
    place.write(good_tree())
    tools = place.path / "fake"
    tools.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{place.path}/words\nexit 1\n')
    tools.chmod(0o755)
    options = {**mkisofs_options(), **MANUAL_SAYS}
    assert len(options) > 150
    wrong = []
    for option, count in options.items():
        if option in NOT_PASSED_ON:
            continue
        words = [option, *(f"argument{i}" for i in range(count))]
        (place.path / "words").unlink(missing_ok=True)
        place.run("--xorriso", tools, "-o", place.iso, *words, "tree")
        given = (place.path / "words").read_text().split("\n") if (place.path / "words").exists() else []
        at = given.index("-1000") - 1 - len(words) if "-1000" in given else 0  # before the sort weights of UEFI's files
        if given[at:at + len(words)] != words:
            wrong.append(option)
    # -d is grub-mkrescue's --directory; the others concern boot code and partition tables, which are Whelk's own.
    newer = {word for word in XORRISO_1_5_6 if f"--{word}" in options}
    assert {word.lstrip("-") for word in wrong} == {"d", "append_partition", *NEEDLESS, *newer, *REFUSED}


# ---- projects

# Each is in the style of some of the 189 projects, and leaves the ISO of `make iso` in $(ISO).
PROJECTS = {
    "one rule": ("Makefile", """
iso: kernel.elf
	mkdir -p isodir/boot/grub
	cp kernel.elf isodir/boot/kernel
	cp grub.cfg isodir/boot/grub/grub.cfg
	grub-mkrescue -o out.iso isodir
"""),
    "variables and pattern rules": ("Makefile", """
GRUB_MKRESCUE ?= grub-mkrescue
BUILD := build
GRUB_DIR ?= /usr/lib/grub/i386-pc
.PHONY: iso
iso: out.iso
out.iso: $(BUILD)/isofiles/boot/kernel $(BUILD)/isofiles/boot/grub/grub.cfg
	@$(GRUB_MKRESCUE) -d $(GRUB_DIR) --output=$@ $(BUILD)/isofiles 2> /dev/null
	@rm -r $(BUILD)/isofiles
$(BUILD)/isofiles/boot/kernel: kernel.elf
	@mkdir -p $(@D)
	@cp $< $@
$(BUILD)/isofiles/boot/grub/%: %
	@mkdir -p $(@D) && cp $< $@
"""),
    "shell script that looks for the tool": ("make-iso.sh", """
set -e
command -v grub-mkrescue >/dev/null 2>&1 || { echo "please install GRUB"; exit 1; }
command -v xorriso >/dev/null 2>&1 || { echo "please install xorriso"; exit 1; }
rm -rf iso && mkdir -p iso/boot/grub
cp kernel.elf iso/boot/kernel
cat grub.cfg > iso/boot/grub/grub.cfg
grub-mkrescue iso -o out.iso --modules="normal part_msdos multiboot" --compress=xz > /dev/null 2>&1
test -s out.iso
"""),
    "configure": ("configure.sh", """
for name in grub2-mkrescue grub-mkrescue i686-elf-grub-mkrescue; do
    if $name --version >/dev/null 2>&1; then MKRESCUE=$name; break; fi
done
[ -n "$MKRESCUE" ] || exit 1
printf 'MKRESCUE = %s\\n' "$MKRESCUE" > config.mk
cat > rules.mk <<'END'
include config.mk
iso:
	install -D kernel.elf sysroot/boot/kernel
	install -D grub.cfg sysroot/boot/grub/grub.cfg
	$(MKRESCUE) --product-name="Test OS" --product-version="1" -o out.iso sysroot -- -volid TESTOS
END
exec make -f rules.mk iso
"""),
    "graft points": ("Makefile", """
ISOFLAGS = -V MYOS -iso-level 3 --fonts= --locales= --themes= --install-modules="multiboot normal"
iso: kernel.elf grub.cfg
	grub-mkrescue $(ISOFLAGS) -o out.iso boot/kernel=kernel.elf boot/grub/grub.cfg=grub.cfg
"""),
}


def build_project(place, project, path=None, name=None):
    """Writes a project and builds its ISO: with `path` in front of PATH, or with grub-mkrescue's name replaced."""
    script, text = PROJECTS[project]
    directory = place.path / (name or "linked").replace("/", "_")
    directory.mkdir()
    (directory / script).write_text(text.replace("grub-mkrescue", name) if name else text)
    (directory / "kernel.elf").write_bytes(REPORT_KERNEL())
    (directory / "grub.cfg").write_bytes(tree(REPORT_KERNEL(), "one two")[CONFIG])
    environment = {**os.environ, **({"PATH": f"{path}:{os.environ['PATH']}"} if path else {})}
    command = ["make", "iso"] if script == "Makefile" else ["sh", script]
    environment.pop("MAKEFLAGS", None)
    run = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    return directory / "out.iso"


@pytest.fixture(scope="module")
def grub_report(tmp_path_factory):
    """The report of the projects' kernel when GRUB boots it."""
    directory = tmp_path_factory.mktemp("grub")
    (directory / "boot/grub").mkdir(parents=True)
    (directory / "boot/kernel").write_bytes(REPORT_KERNEL())
    (directory / CONFIG).write_bytes(tree(REPORT_KERNEL(), "one two")[CONFIG])
    subprocess.run(["grub-mkrescue", *BIOS_ONLY, "-o", "grub.iso", "boot=boot"], cwd=directory, check=True, capture_output=True)
    return directory / "grub.iso"


@pytest.mark.parametrize("project", PROJECTS)
def test_a_projects_own_build_boots_when_only_the_name_is_replaced(place, boot, grub_report, project):
    iso = build_project(place, project, name=str(MKRESCUE))
    assert b"Whelk: boot error" in iso.read_bytes()
    assert differences(boot(iso).report, boot(grub_report, timeout=60).report) == {}


@pytest.mark.parametrize("project", PROJECTS)
def test_a_projects_own_build_boots_with_a_link_named_grub_mkrescue_first_in_path(place, boot, grub_report, project):
    links = place.path / "bin"
    links.mkdir()
    for name in ("grub-mkrescue", "grub2-mkrescue", "i686-elf-grub-mkrescue"):
        (links / name).symlink_to(BUILD / "whelk")
    iso = build_project(place, project, path=links)
    assert b"Whelk: boot error" in iso.read_bytes()
    assert differences(boot(iso).report, boot(grub_report, timeout=60).report) == {}

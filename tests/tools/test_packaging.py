# SPDX-License-Identifier: BSD-2-Clause
"""The files for other systems and for projects that make ISOs (packaging/), and make dist, of which
releases are made."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from discs import BUILD, ROOT, file_in_iso
from place import good_tree
from test_manual import workshop  # noqa: F401 (a fixture)

pytestmark = pytest.mark.bios("the tool alone")

PACKAGING = ROOT / "packaging"
README = (PACKAGING / "README.md").read_text(encoding="utf-8")


def without_make(environment):
    return {key: value for key, value in environment.items() if not key.startswith("MAKE")}


def run(command, cwd, environment=None, timeout=120):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout,
                          env=without_make(environment or os.environ))
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def packages(purpose):
    """The packages of a purpose, as tests/install-deps.sh expands it."""
    line, = re.findall(rf"^{purpose}: (.*)$", (ROOT / "tests/dependencies").read_text(), re.MULTILINE)
    return {name for word in line.split()
            for name in (packages(word.strip("()")) if word.startswith("(") else [word])}


# ---- Containers

def stages():
    text = (PACKAGING / "docker/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]


def test_the_image_is_built_with_the_packages_that_the_build_needs():
    build, ships = ({word for words in re.findall(r"apt-get install -y --no-install-recommends (.*?)(?:&&|$)", stage,
                                                  re.MULTILINE) for word in words.split()} for stage in stages())
    assert build == packages("static")
    assert ships == {"xorriso", "qemu-system-x86", "ovmf", "ovmf-ia32"} and "xorriso" in packages("demo")


def test_what_the_image_copies_is_all_that_make_needs():
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", stages()[0], re.MULTILINE)
              for name in line.split()}
    assert [name for name in copied if not (ROOT / name).exists()] == []
    makefile = (ROOT / "tools/build.mk").read_text(encoding="utf-8").replace("\\\n", " ")
    of_the_package = re.search(r"tar -c --exclude=__pycache__ (.*?)\|", makefile)[1].split()
    assert copied == set(of_the_package) - {"debian"}


# ---- CI

@pytest.fixture
def ci(workshop):  # noqa: F811
    """The workshop with stand-ins for what a CI's machine would install and build."""
    for name in ("sudo", "make"):
        (workshop.path / "bin" / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{workshop.path}/calls\n')
        (workshop.path / "bin" / name).chmod(0o755)
    (workshop.path / "my.iso").unlink()
    return workshop


def test_the_github_action_makes_the_iso_boots_it_and_waits(ci):
    action = yaml.safe_load((PACKAGING / "github/action.yml").read_text(encoding="utf-8"))
    given = {name: value.get("default") for name, value in action["inputs"].items()}
    given.update(tree="iso", iso="my.iso", expect="tests passed")
    environment = {**ci.environment, "GITHUB_ACTION_PATH": str(PACKAGING / "github"),
                   "GITHUB_PATH": str(ci.path / "path")}
    for step in action["runs"]["steps"]:
        more = {name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
                for name, value in step.get("env", {}).items()}
        run(["bash", "-eo", "pipefail", "-c", step["run"]], ci.path, {**environment, **more})
    assert (ci.path / "path").read_text() == f"{PACKAGING}/github/../../build\n"
    assert (PACKAGING / "github/../../tests/install-deps.sh").is_file()
    calls = (ci.path / "calls").read_text()
    assert "install-deps.sh demo" in calls and "qemu-system-x86_64" in calls
    assert file_in_iso(ci.path / "my.iso", "boot/kernel.elf")[1] == 4096


def test_the_action_fails_if_the_text_does_not_come(ci):
    action = yaml.safe_load((PACKAGING / "github/action.yml").read_text(encoding="utf-8"))
    run(["whelk", "mkrescue", "-o", "my.iso", "iso"], ci.path, ci.environment)
    boot = subprocess.run(["bash", "-eo", "pipefail", "-c", action["runs"]["steps"][-1]["run"]], cwd=ci.path,
                          env={**ci.environment, "ISO": "my.iso", "EXPECT": "never", "SECONDS_ALLOWED": "30",
                               "OPTIONS": ""}, capture_output=True, timeout=60)
    assert boot.returncode == 1


def test_the_gitlab_job_makes_the_iso_boots_it_and_waits(ci):
    job = yaml.safe_load((PACKAGING / "gitlab/whelk.gitlab-ci.yml").read_text(encoding="utf-8"))[".whelk-boot"]
    assert all(isinstance(value, str) for value in job["variables"].values())
    run(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], ci.path, {**ci.environment, **job["variables"]})
    assert (ci.path / "whelk.iso").exists() and "qemu-system-x86_64" in (ci.path / "calls").read_text()


def test_the_examples_for_both_ci_services_name_what_there_is():
    workflow, job = (yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
    used, = (step for step in workflow["jobs"]["boot"]["steps"] if "whelk" in step.get("uses", ""))
    inputs = yaml.safe_load((PACKAGING / "github/action.yml").read_text(encoding="utf-8"))["inputs"]
    assert set(used["with"]) <= set(inputs) and "packaging/github@" in used["uses"]
    variables = yaml.safe_load((ROOT / job["include"][0]["file"]).read_text(encoding="utf-8"))[job["boot"]["extends"]]
    assert set(job["boot"]["variables"]) <= set(variables["variables"])


# ---- CMake and Meson

def snippet(language):
    return re.search(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[1]


def has_booted(place):
    return "qemu-system-x86_64" in (place.path / "calls").read_text()


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_a_cmake_project_finds_the_installed_module_and_boots_in_its_test(workshop):  # noqa: F811
    run(["make", "-C", ROOT, f"BUILD={BUILD}", f"PREFIX={workshop.path}/prefix", "install"], ROOT)
    (workshop.path / "my.iso").unlink()
    (workshop.path / "CMakeLists.txt").write_text(snippet("cmake"))
    for command in (["cmake", "-S", ".", "-B", "out", f"-DCMAKE_PREFIX_PATH={workshop.path}/prefix"],
                    ["cmake", "--build", "out"], ["ctest", "--test-dir", "out", "--output-on-failure"]):
        run(command, workshop.path, workshop.environment)
    assert file_in_iso(workshop.path / "out/my.iso", "boot/kernel.elf")[1] == 4096
    assert has_booted(workshop)
    # A changed config makes the ISO anew; nothing else does.
    before = (workshop.path / "out/my.iso").stat().st_mtime_ns
    run(["cmake", "--build", "out"], workshop.path, workshop.environment)
    assert (workshop.path / "out/my.iso").stat().st_mtime_ns == before
    (workshop.path / "grub.cfg").touch()
    run(["cmake", "--build", "out"], workshop.path, workshop.environment)
    assert (workshop.path / "out/my.iso").stat().st_mtime_ns > before


@pytest.mark.skipif(shutil.which("meson") is None, reason="meson is not installed")
def test_a_meson_project_uses_the_subproject_and_boots_in_its_test(workshop):  # noqa: F811
    (workshop.path / "my.iso").unlink()
    (workshop.path / "subprojects/whelk").mkdir(parents=True)
    shutil.copy(PACKAGING / "meson/meson.build", workshop.path / "subprojects/whelk")
    (workshop.path / "meson.build").write_text(snippet("meson"))
    for command in (["meson", "setup", "out"], ["meson", "compile", "-C", "out"], ["meson", "test", "-C", "out"]):
        run(command, workshop.path, workshop.environment)
    assert file_in_iso(workshop.path / "out/my.iso", "boot/kernel.elf")[1] == 4096
    assert has_booted(workshop)


# ---- Releases, and packages of other distributions

@pytest.fixture(scope="module")
def dist():
    """make dist of this commit."""
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True).returncode != 0:
        pytest.skip("no git, or no checkout")
    run(["make", f"BUILD={BUILD}", "dist"], ROOT, timeout=600)
    return BUILD / "dist"


def archive(dist, kind):
    return next(path for path in dist.glob("whelk-*.tar.gz") if path.name.endswith("-linux.tar.gz") == (kind == "program"))


def test_the_same_commit_makes_the_same_archives_and_their_checksums_are_right(dist):
    run(["sha256sum", "--check", "SHA256SUMS"], dist)
    sums = (dist / "SHA256SUMS").read_text()
    assert len(sums.splitlines()) == 2
    run(["make", f"BUILD={BUILD}", "dist"], ROOT)
    assert (dist / "SHA256SUMS").read_text() == sums


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot")
def test_the_released_program_makes_an_iso_where_there_is_nothing_else(dist, place):
    run(["tar", "-xf", archive(dist, "program"), "--strip-components=1"], place.path)
    for name in ("bin/whelk-mkrescue", "share/man/man1/whelk.1", "share/doc/whelk/LICENSE", "share/whelk/whelk.rom"):
        assert (place.path / name).exists(), name
    place.write(good_tree(), "iso")
    (place.path / "tmp").mkdir(exist_ok=True)
    run(["chroot", place.path, "/bin/whelk", "mkrescue", "-o", "/my.iso", "/iso"], "/")
    assert file_in_iso(place.path / "my.iso", "boot/grub/grub.cfg")[1] > 0


def test_all_places_are_filled_in_and_the_shells_read_the_files(dist):
    filled = [path for path in (dist / "packaging").rglob("*") if path.is_file()]
    assert {path.name for path in filled} == {path.name for path in PACKAGING.rglob("*") if path.is_file()}
    for path in filled:
        if path.name != "README.md":
            assert not re.search(r"@[A-Z_0-9]+@", path.read_text(encoding="utf-8")), path
    run(["bash", "-n", dist / "packaging/arch/PKGBUILD"], dist)
    run(["sh", "-n", dist / "packaging/alpine/APKBUILD"], dist)
    sums = dict(reversed(line.split()) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert sums[archive(dist, "sources").name] in (dist / "packaging/arch/PKGBUILD").read_text()
    assert sums[archive(dist, "program").name] in (dist / "packaging/homebrew/whelk.rb").read_text()


BUILD_AND_PACKAGE = """set -e
srcdir=$PWD pkgdir=$PWD/{name}
. {dist}/packaging/{recipe}
{functions}
"""


def test_the_packages_of_arch_and_alpine_are_made_from_the_archive(dist, tmp_path):
    """As makepkg and abuild call the functions; Debian's gnu-efi is in the place of its sources. All
    sources look old, so that make takes what has been compiled already: the Debian package's test
    compiles all."""
    run(["tar", "-xf", archive(dist, "sources")], tmp_path)
    run(["find", ".", "-exec", "touch", "-h", "-d", "@0", "{}", "+"], tmp_path)
    (tmp_path / "gnu-efi-3.0.18").mkdir()
    (tmp_path / "gnu-efi-3.0.18/inc").symlink_to("/usr/include/efi")
    for name, shell, recipe, functions in (("arch", "bash", "arch/PKGBUILD", ("build", "package")),
                                           ("alpine", "sh", "alpine/APKBUILD", ("package",))):
        calls = "\n".join(functions)
        run([shell, "-c", BUILD_AND_PACKAGE.format(name=name, dist=dist, recipe=recipe, functions=calls)], tmp_path,
            {**os.environ, "BUILD": str(BUILD)})
        version = run([tmp_path / name / "usr/bin/whelk", "--version"], tmp_path)
        assert archive(dist, "sources").name == f"whelk-{version.split()[1]}.tar.gz"
        assert (tmp_path / name / "usr/share/man/man1/whelk-bench.1").is_file()
    assert (tmp_path / "arch/usr/share/licenses/whelk/LICENSE").is_file()


@pytest.mark.parametrize("words, file", [(["nix-instantiate", "--parse"], "nix/flake.nix"),
                                         (["ruby", "-c"], "homebrew/whelk.rb")])
def test_the_flake_and_the_formula_have_no_syntax_error(words, file):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    assert run([*words, PACKAGING / file], ROOT)

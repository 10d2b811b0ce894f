# SPDX-License-Identifier: BSD-2-Clause
"""Where the program writes: through no link and into no directory of another user, in place of a file only when the
new one is on the disk, and with the true reason if it cannot."""

import os
import stat
import subprocess

import pytest

from discs import BUILD, CONFIG
from place import for_everyone, good_tree, kernel, may_mount

pytestmark = pytest.mark.bios("the tool alone")

WHELK = BUILD / "whelk"
OTHER = 65534  # the user nobody
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user, which only root can")


def whelk(place, *arguments, **options):
    return place.run(*arguments, program=WHELK, **options)


def give_away(path):
    os.chown(path, OTHER, OTHER, follow_symlinks=False)
    return path


def planted(path, target):
    """A link that another user has made."""
    path.symlink_to(target)
    return give_away(path)


@pytest.fixture
def victim(place):
    path = place.path / "victim"
    path.write_text("precious")
    yield path
    assert path.read_text() == "precious"


@pytest.fixture
def app(place):
    (place.path / "app").write_bytes(kernel())
    return place.path / "app"


def refused(run, reason):
    return run.returncode == 1 and reason in run.stderr.splitlines()[0]


# ---- whelk xen

@as_root
def test_a_directory_of_another_user_is_not_taken_over(place, app, victim):
    boot = place.path / "app-xen/tree/boot"
    boot.mkdir(parents=True)
    planted(boot / "kernel", victim)
    for path in (boot, boot.parent, boot.parent.parent):
        give_away(path)
    assert refused(whelk(place, "xen", "-n", "-k", app), "app-xen: belongs to another user (number 65534)")
    assert os.listdir(place.path / "app-xen") == ["tree"]


@as_root
@pytest.mark.parametrize("name", ["app-xen", "app-xen/tree", "app-xen/tree/boot", "app-xen/tree/boot/grub"])
def test_a_link_of_another_user_is_no_directory(place, app, name):
    (place.path / "elsewhere").mkdir()
    (place.path / name).parent.mkdir(parents=True, exist_ok=True)
    planted(place.path / name, place.path / "elsewhere")
    assert refused(whelk(place, "xen", "-n", "-k", app), "is a link of another user (number 65534), which is not followed")
    assert os.listdir(place.path / "elsewhere") == []


@as_root
def test_a_directory_in_a_directory_may_not_be_another_users_either(place, app):
    tree = place.path / "app-xen/tree"
    tree.mkdir(parents=True)
    give_away(tree)
    assert refused(whelk(place, "xen", "-n", "-k", app), "app-xen/tree: belongs to another user (number 65534)")


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_directory_in_which_everybody_can_write_is_refused(place, app, mode):
    (place.path / "app-xen").mkdir()
    (place.path / "app-xen").chmod(mode)
    assert refused(whelk(place, "xen", "-n", "-k", app), "app-xen: other users can write there")


@pytest.mark.parametrize("name", ["tree/boot/kernel", "tree/boot/grub/grub.cfg", "tree/boot/module0", "app.xl"])
def test_a_link_in_our_own_directory_is_replaced_and_not_followed(place, app, victim, name):
    path = place.path / "app-xen" / name
    path.parent.mkdir(parents=True)
    path.symlink_to(victim)
    run = whelk(place, "xen", "-n", "-k", app, "--module", app)
    assert run.returncode == 0, run.stderr
    assert path.is_file() and not path.is_symlink()


def test_the_users_own_directory_is_used_again_also_through_a_link_of_his(place, app):
    (place.path / "real").mkdir()
    (place.path / "app-xen").symlink_to("real")
    for _ in range(2):
        assert whelk(place, "xen", "-n", "-k", app).returncode == 0
    assert (place.path / "app-xen").is_symlink() and (place.path / "real/tree" / CONFIG).exists()


@pytest.mark.skipif(not may_mount(), reason="mounts a small file system")
@pytest.mark.parametrize("size", ["16k", "28k"])
def test_a_full_disk_is_said_and_nothing_else(place, app, size):
    app.write_bytes(kernel() + bytes(10_000))
    (place.path / "small").mkdir()
    script = f'mount -t tmpfs -o size={size} none small && exec "$@"'
    run = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", WHELK, "xen", "-n", "-k", app, "--module", app,
                          "--directory", "small/d"], cwd=place.path, capture_output=True, text=True)
    assert run.returncode == 1 and "No space left on device" in run.stderr, run.stderr


# ---- whelk mkrescue, whelk bench

@as_root
@pytest.mark.parametrize("target", ["victim", "not there"])
def test_an_iso_is_not_written_through_a_link_of_another_user(place, victim, target):
    tree = place.write(good_tree())
    planted(place.path / "link.iso", place.path / target)
    before = sorted(os.listdir(place.path))
    assert refused(place.run("-o", "link.iso", tree), "link.iso: is a link of another user (number 65534)")
    assert sorted(os.listdir(place.path)) == before


@as_root
def test_no_link_on_the_way_to_the_iso_is_another_users(place):
    tree = place.write(good_tree())
    (place.path / "real").mkdir()
    planted(place.path / "theirs", "real")
    (place.path / "ours").symlink_to("./theirs")
    for path in ("theirs/out.iso", "ours/out.iso", "./tree/../ours/out.iso", place.path / "theirs/out.iso"):
        assert refused(place.run("-o", path, tree), "theirs: is a link of another user (number 65534)")
    assert os.listdir(place.path / "real") == []


def test_a_link_of_ours_stays_and_its_target_is_replaced(place):
    tree = place.write(good_tree())
    (place.path / "real").mkdir()
    (place.path / "directory").symlink_to("real")
    (place.path / "real/link.iso").symlink_to("target.iso")
    (place.path / "real/target.iso").write_bytes(b"old")
    assert place.run("-o", "directory/link.iso", tree).returncode == 0
    assert (place.path / "real/link.iso").is_symlink()
    assert (place.path / "real/target.iso").read_bytes()[0x8001:0x8006] == b"CD001"


@as_root
def test_the_systems_own_links_are_followed_in_a_namespace_without_root(place):
    """There the links of /dev and /proc seem to be nobody's."""
    program, tree = for_everyone(place.path), place.write(good_tree())
    alone = ["unshare", "-U", "-r"]
    ordinary = {"user": OTHER, "group": OTHER, "extra_groups": []}
    if subprocess.run([*alone, "true"], capture_output=True, **ordinary).returncode != 0:
        pytest.skip("users cannot make namespaces here")
    own_pipe = ["sh", "-c", '"$@" | cat', "sh"]  # ours, root's, could not be opened again by its name
    run = subprocess.run([*alone, *own_pipe, program, "-o", "/dev/stdout", tree], cwd="/", capture_output=True,
                         **ordinary)
    assert run.stdout[0x8001:0x8006] == b"CD001", run.stderr


@as_root
def test_a_pipe_of_another_user_gets_no_iso(place):
    tree = place.write(good_tree())
    os.mkfifo(place.path / "pipe")
    give_away(place.path / "pipe")
    assert refused(place.run("-o", "pipe", tree), "pipe: is a pipe of another user (number 65534)")


@as_root
def test_the_bench_writes_through_no_link_of_another_user(place, victim):
    planted(place.path / "probe", victim)
    assert refused(whelk(place, "bench", "--write-probe", "probe"), "probe: is a link of another user (number 65534)")


def test_a_file_that_is_replaced_has_the_mode_of_a_new_one(place):
    assert whelk(place, "bench", "--write-probe", "probe", preexec_fn=lambda: os.umask(0o027)).returncode == 0
    assert stat.S_IMODE((place.path / "probe").stat().st_mode) == 0o640
    assert os.listdir(place.path) == ["probe"]


# ---- The disk

# Notes each file that is had on the disk, and each that gets a new name.
NOTES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note(const char *what, const char *path)
{
    FILE *file = fopen(getenv("NOTES"), "a");
    fprintf(file, "%s %s\n", what, path);
    fclose(file);
}

int fsync(int descriptor)
{
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    path[readlink(link, path, sizeof path - 1)] = 0;
    note("fsync", path);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int rename(const char *from, const char *to)
{
    note("rename", from);
    return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
"""


@pytest.fixture
def noted(place, tmp_path_factory):
    directory = tmp_path_factory.mktemp("notes")
    (directory / "notes.c").write_text(NOTES)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", directory / "notes.so", directory / "notes.c", "-ldl"], check=True)

    def run(*arguments):
        log = directory / "log"
        log.write_text("")
        done = whelk(place, *arguments, env={**os.environ, "LD_PRELOAD": str(directory / "notes.so"), "NOTES": str(log)})
        assert done.returncode == 0, done.stderr
        return [line.split(maxsplit=1) for line in log.read_text().splitlines()]
    return run


@pytest.mark.parametrize("command", [("mkrescue", "-o", "out.iso", "tree"), ("bench", "--write-probe", "probe")])
def test_what_gets_its_final_name_is_on_the_disk(place, noted, command):
    place.write(good_tree())
    (first, synced), (second, renamed) = noted(*command)
    assert (first, second) == ("fsync", "rename") and os.path.basename(synced) == os.path.basename(renamed)


# ---- Standard output

@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("check", "tree"), ("check", "--json", "tree"),
                                       ("check", "app"), ("domain", "out.iso"), ("mkrescue", "--help")])
def test_what_standard_output_does_not_take_is_an_error_with_its_reason(place, app, arguments):
    place.make(place.write(good_tree()))
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = subprocess.run([WHELK, *arguments], cwd=place.path, stdin=subprocess.DEVNULL, stdout=full,
                             stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1 and run.stderr.endswith(": No space left on device\n"), run.stderr

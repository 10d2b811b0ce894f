# SPDX-License-Identifier: BSD-2-Clause
"""Tests completion in bash, zsh and fish, called as the shells call it."""

import os
import re
import subprocess
import tempfile

import pytest

from discs import BUILD, ROOT

pytestmark = pytest.mark.bios("the tool alone")

SCRIPTS = ROOT / "tools/completion"

BASH = """
source {scripts}/whelk.bash
compopt() {{ :; }}
COMP_WORDS=({words}) COMP_CWORD=$(({count} - 1))
_whelk
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
_describe() {{ local name=$@[-1]; [[ $1 == -o ]] && name=$3 || name=$2; print -l -- ${{(P)name}} | sed 's/:.*//'; }}
compset() {{ local start=${{2%=}}; words[CURRENT]=${{words[CURRENT]#*=}}; }}
_files() {{ print -l -- ${{words[CURRENT]}}*(N); }}
complete_whelk() {{ source {scripts}/_whelk; }}
words=({words}) CURRENT={count}
complete_whelk
"""


def complete(shell, *words):
    if shell == "fish":
        script = f"source {SCRIPTS}/whelk.fish; complete -C {' '.join(words)!r}"
    else:
        quoted = " ".join(repr(word) if word else '""' for word in words)
        script = (BASH if shell == "bash" else ZSH).format(scripts=SCRIPTS, words=quoted, count=len(words))
    command = {"bash": ["bash", "-c"], "zsh": ["zsh", "-f", "-c"], "fish": ["fish", "--no-config", "-c"]}[shell]
    with tempfile.TemporaryDirectory() as home:  # where fish leaves files of its own
        environment = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": home}
        run = subprocess.run([*command, script], capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60)
    assert run.stderr == ""
    lines = [line.split("\t")[0].strip() for line in run.stdout.splitlines()]
    return {line for line in lines if line.startswith(words[-1])}


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request):
    return request.param


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local"])
def test_zsh_looks_for_completions_where_make_install_puts_them(tmp_path, prefix):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["make", "-C", ROOT, f"BUILD={BUILD}", f"DESTDIR={tmp_path}", f"PREFIX={prefix}", "install"],
                   check=True, capture_output=True, env=environment)
    (installed,) = tmp_path.rglob("_whelk")
    looked_at = subprocess.run(["zsh", "-f", "-c", "print -l $fpath"], capture_output=True, text=True).stdout
    assert f"/{installed.parent.relative_to(tmp_path)}" in looked_at.splitlines()


def test_commands_are_completed(shell):
    assert {"mkrescue", "check", "run", "xen", "domain", "firmware", "bench", "help"} <= complete(shell, "whelk", "")
    assert complete(shell, "whelk", "help", "do") == {"domain"}
    assert {"how-to", "boot-errors"} <= complete(shell, "whelk", "help", "")
    assert complete(shell, "whelk", "mk") == {"mkrescue"}


def test_a_commands_options_are_completed(shell):
    assert complete(shell, "whelk", "run", "--t") == {"--timeout="}
    assert {"--bare", "--microvm", "--pvh", "--machine=pc", "--dry-run"} <= complete(shell, "whelk", "run", "--")
    assert {"--output=", "--verbose", "--help", "--xorriso="} <= complete(shell, "whelk", "mkrescue", "-")
    assert "--output=" not in complete(shell, "whelk", "run", "-")
    assert {"--raw-dma", "--timeout="} <= complete(shell, "whelk", "bench", "--")  # its help names other options


def test_a_links_options_are_completed(shell):
    assert complete(shell, "whelk-mkrescue", "--out") == {"--output="}
    assert "--is-x86-multiboot" in complete(shell, "whelk-file", "--is")


COMMANDS = ("mkrescue", "check", "run", "xen", "domain", "firmware", "bench")


def candidates(command):
    """All options with all values that --help shows."""
    found = set()
    text = subprocess.run([BUILD / "whelk", command, "--help"], capture_output=True, text=True, check=True).stdout
    for name, optional, argument in re.findall(r"^  (?:  |-.,) *(--[a-z0-9-]+)(\[)?(?:=(\S+))?", text, re.MULTILINE):
        values = argument.split("|") if "|" in argument else []
        found |= {f"{name}={value}" for value in values if not value.isupper()}
        if optional or not argument:
            found.add(name)
        if argument and (not values or any(value.isupper() for value in values)):
            found.add(f"{name}=")
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_all_options_and_values_of_the_help_are_known_and_no_others(shell, command):
    assert complete(shell, "whelk", command, "--") == candidates(command)


def test_some_options_have_values_that_the_help_shows():
    assert {"--machine=q35", "--gdb", "--gdb=", "--screenshot="} <= candidates("run")
    assert {"--format=libvirt", "--type=pvh", "--firmware=whelk", "--firmware=", "--hypervisor=xen"} <= candidates("domain")
    assert "--missing=warn" in candidates("mkrescue")


def test_values_are_completed(shell):
    def after_equals(option, start):
        """bash takes --option=value for three words."""
        if shell == "bash":
            return complete(shell, "whelk", "domain", option, "=", *([start] if start else []))
        return {word.partition("=")[2] for word in complete(shell, "whelk", "domain", f"{option}={start}")}
    assert after_equals("--format", "l") == {"libvirt"}
    assert complete(shell, "whelk", "domain", "--format", "k") == {"kubevirt"}
    assert complete(shell, "whelk", "firmware", "r") == {"rom"}
    if shell == "bash":
        assert complete(shell, "whelk", "run", "--machine", "=") == set()  # none begins with "="
    assert any(name.startswith("Makefile") for name in complete(shell, "whelk", "run", "--qemu", "Makef"))


def test_file_names_are_completed(shell):
    assert any(name.startswith("Makefile") for name in complete(shell, "whelk", "run", "Makef"))

# SPDX-License-Identifier: BSD-2-Clause
"""Tests completion in bash, zsh and fish, called as the shells call it."""

import os
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
    assert {"mkrescue", "check", "run", "xen", "domain", "firmware", "bench"} <= complete(shell, "whelk", "")
    assert complete(shell, "whelk", "mk") == {"mkrescue"}


def test_a_commands_options_are_completed(shell):
    assert complete(shell, "whelk", "run", "--t") == {"--timeout="}
    assert {"--bare", "--microvm", "--pvh", "--machine=", "--dry-run"} <= complete(shell, "whelk", "run", "--")
    assert {"--output=", "--verbose", "--help", "--xorriso="} <= complete(shell, "whelk", "mkrescue", "-")
    assert "--output=" not in complete(shell, "whelk", "run", "-")
    assert {"--raw-dma", "--timeout="} <= complete(shell, "whelk", "bench", "--")  # its help names other options


def test_a_links_options_are_completed(shell):
    assert complete(shell, "whelk-mkrescue", "--out") == {"--output="}
    assert "--is-x86-multiboot" in complete(shell, "whelk-file", "--is")


def test_file_names_are_completed(shell):
    assert any(name.startswith("Makefile") for name in complete(shell, "whelk", "run", "Makef"))

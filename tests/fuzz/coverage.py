# SPDX-License-Identifier: BSD-2-Clause
"""Measures which lines of the loader the fuzzers reach together: runs each program, built with
clang's coverage, from its seeds and from what earlier runs have found, then unites the lines.
Usage: coverage.py PROGRAMS-FOLDER CORPORA-FOLDER RUNS LEAST FOLDER…
RUNS: inputs for each program. Prints a table and the files with the most missing lines; fails if a FOLDER has less than LEAST
percent."""

import collections
import os
import pathlib
import subprocess
import sys

WORST = 15
VENDORED = "stage2/compression/xz-embedded", "stage2/compression/puff"


def tool(name):
    """llvm's program of this name, of the highest version if only numbered ones are there."""
    found = [path for folder in os.environ["PATH"].split(":") for path in pathlib.Path(folder).glob(f"{name}*")]
    exact = [path for path in found if path.name == name]
    return (exact or sorted(found))[-1]


def run(program, inputs, runs, profile):
    folders = [folder for folder in inputs if folder.is_dir()]
    command = [program, "-seed=1", f"-runs={runs}", "-rss_limit_mb=2048", *folders]
    result = subprocess.run(command, env={**os.environ, "LLVM_PROFILE_FILE": str(profile)}, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"{program} failed:\n{result.stderr[-2000:]}")


def lines_of(program, profile):
    """{file: {line: whether it was reached}}"""
    merged = profile.with_suffix(".profdata")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", profile, "-o", merged], check=True)
    export = subprocess.run([tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={merged}", program],
                            check=True, capture_output=True, text=True).stdout
    lines, name = collections.defaultdict(dict), ""
    for row in export.splitlines():
        if row.startswith("SF:"):
            name = os.path.relpath(row[3:])
        elif row.startswith("DA:"):
            number, count = row[3:].split(",")[:2]
            lines[name][int(number)] = int(count) > 0
    return lines


def main(programs, corpora, runs, least, folders):
    reached, known = collections.defaultdict(set), collections.defaultdict(set)
    for program in sorted(programs.glob("fuzz_*")):
        if program.suffix:
            continue
        name = program.name.removeprefix("fuzz_")
        profile = programs / f"{name}.profraw"
        run(program, [programs / "corpus" / name, programs / "seeds" / name, corpora / name], runs, profile)
        for file, lines in lines_of(program, profile).items():
            known[file] |= lines.keys()
            reached[file] |= {number for number, is_reached in lines.items() if is_reached}
    # .host.c is of the tools; the loader's C library cannot take the place of the process's.
    files = [file for file in known if file.endswith(".c") and not file.endswith(".host.c") and
             "stage2/libc/" not in file and not file.startswith(VENDORED)]
    failed = False
    for folder in folders:
        inside = [file for file in files if file.startswith(f"{folder}/")]
        total, good = sum(len(known[file]) for file in inside), sum(len(reached[file]) for file in inside)
        print(f"{folder + '/':10} {good:6} of {total:6} lines: {100 * good / total:5.1f} %")
        failed |= 100 * good < least * total
    inside = [file for file in files if file.split("/")[0] in folders]
    inside.sort(key=lambda file: len(reached[file]) - len(known[file]))
    for file in inside[:WORST]:
        missing = sorted(known[file] - reached[file])
        print(f"  {file}: {len(missing)} of {len(known[file])} missing: {', '.join(map(str, missing[:12]))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]),
                  sys.argv[5:]))

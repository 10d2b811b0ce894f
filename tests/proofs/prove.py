# SPDX-License-Identifier: BSD-2-Clause
"""Proves with Frama-C that the pure parsers have no run-time errors: no access outside of an object,
no uninitialised value, no division by 0, no overflow that C does not define.

Each prove_NAME.c is a program that Eva analyses for all values within the bounds that the file
states. An alarm is something that Eva could not exclude. Those that are known, and why each is
none, are in alarms.txt; any other one fails, and so does one that is listed but gone.
contracts.c has ACSL contracts, which WP proves with CVC4 or another prover of Why3.
Usage: prove.py FOLDER [NAME…]; FOLDER is for reports"""

import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KNOWN = HERE / "alarms.txt"
LEAST_REACHED = 90  # percent of the statements: less would prove little
LIMIT_SECONDS = 300
CONTRACTS = "range_within,overlap,end_of"
FRAMA_C = ["frama-c", "-machdep", "gcc_x86_32", "-cpp-extra-args=-std=c11 -I. -DWHELK_VERSION='\"proof\"'"]
EVA = ["-eva", "-eva-split-return", "full", "-eva-alloc-builtin", "fresh", "-eva-no-alloc-returns-null",
       "-eva-no-show-progress"]
OPTIONS = {"placement": ["-eva-precision", "1"], "iso9660": ["-eva-precision", "1", "-eva-slevel", "60"]}
USUALLY = ["-eva-precision", "3"]


def known_alarms():
    """{(proof, file, function, kind): reason} of alarms.txt."""
    known = {}
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            proof, file, function, kind, reason = (part.strip() for part in line.split("|"))
            known[proof, file, function, kind] = reason
    return known


def run(command, log):
    """Runs a command with its output in a file. Returns the output."""
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, timeout=LIMIT_SECONDS, check=False)
    text = log.read_text(encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{text[-2000:]}")
    return text


def alarms(report):
    """(file, function, kind) of what is not proven. A precondition counts where it is called."""
    with open(report, encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            if not row["directory"].startswith("FRAMAC_SHARE") and "clause" not in row["property kind"]:
                yield f"{row['directory']}/{row['file']}", row["function"], row["property kind"]


def prove(name, folder):
    """Returns the alarms and the percentage of statements that were reached."""
    report = folder / f"{name}.csv"
    command = [*FRAMA_C, HERE / f"prove_{name}.c", *EVA, *OPTIONS.get(name, USUALLY),
               "-then", "-report-csv", report, "-report-no-proven"]
    text = run(command, folder / f"{name}.log")
    reached = re.search(r"statements reached \(out of \d+\): (\d+)% coverage", text)
    return set(alarms(report)), int(reached[1]) if reached else 0


def check_eva(names, folder):
    known, wrong = known_alarms(), []
    for name in names:
        start = time.monotonic()
        found, reached = prove(name, folder)
        expected = {key[1:] for key in known if key[0] == name}
        print(f"{name:12} {reached:3} % of the statements, {len(found)} alarms, all known: "
              f"{'yes' if found == expected else 'NO'} ({time.monotonic() - start:.0f} s)")
        wrong += [f"{name}: {' '.join(alarm)}: not in {KNOWN.name}" for alarm in sorted(found - expected)]
        wrong += [f"{name}: {' '.join(alarm)}: in {KNOWN.name}, but gone" for alarm in sorted(expected - found)]
        if reached < LEAST_REACHED:
            wrong.append(f"{name}: only {reached} % of the statements are reached")
    return wrong


def check_wp(folder):
    """Proves the contracts. Without Why3's provers this is left out, and said."""
    config = folder / "why3.conf"
    if shutil.which("why3") is None:
        print("contracts    left out: why3 is not here")
        return []
    environment = {**os.environ, "WHY3CONFIG": str(config)}
    subprocess.run(["why3", "-C", config, "config", "detect"], capture_output=True, env=environment, check=False)
    os.environ["WHY3CONFIG"] = str(config)
    prover = next((name for name in ("cvc4", "cvc5", "z3", "alt-ergo") if shutil.which(name)), None)
    if prover is None:
        print("contracts    left out: no prover (cvc4, cvc5, z3, alt-ergo) is here")
        return []
    text = run([*FRAMA_C, HERE / "contracts.c", "-wp", "-wp-rte", "-wp-fct", CONTRACTS, "-wp-prover", prover, "-wp-timeout", "30"],
               folder / "contracts.log")
    goals = re.search(r"Proved goals:\s+(\d+) / (\d+)", text)
    print(f"contracts    {goals[1]} of {goals[2]} goals proved by {prover}" if goals else text[-500:])
    return [] if goals and goals[1] == goals[2] else ["contracts.c: not all goals are proved"]


def main(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    every = sorted(path.stem.removeprefix("prove_") for path in HERE.glob("prove_*.c"))
    wrong = check_eva(names or every, folder)
    wrong += check_wp(folder) if not names else []
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]))

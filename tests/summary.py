#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The table at the end of make check.

Usage: tests/summary.py run RESULT COMMAND…
           runs a command and makes sure that there is a result; exits with its status
       tests/summary.py table NAME STATUS RESULTS PART…
           prints the results in the folders RESULTS/PART; STATUS is that of the make that ran them

A result is RESULT.xml in JUnit's form, as pytest and cmocka write it. A command that writes none
counts as one test. The parts of the check run at once in processes of their own; they share only
the folder."""

import collections
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

FAILED = ("failure", "error")


def read(path):
    """The test cases of a result and the seconds that they took, or None if it is no result."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    return list(root.iter("testcase")), sum(float(suite.get("time", 0)) for suite in root.iter("testsuite"))


def has_failed(case):
    return any(case.find(kind) is not None for kind in FAILED)


def run(result, *command):
    path = pathlib.Path(result + ".xml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    start = time.monotonic()
    status = subprocess.call(command)
    found = read(path)
    if not found or (status != 0 and not any(map(has_failed, found[0]))):
        suite = ElementTree.Element("testsuite", time=f"{time.monotonic() - start:.3f}")
        suite.extend(found[0] if found else [])
        case = ElementTree.SubElement(suite, "testcase", name=path.stem)
        if status != 0:
            ElementTree.SubElement(case, "failure", message=f"status {status}")
        ElementTree.ElementTree(suite).write(path)
    return status if status >= 0 else 128 - status


def name_of(case, path):
    file, name = case.get("classname", path.stem).replace(".", "/"), case.get("name")
    return name if file == name else f"{file}: {name}"


def reason_of(skipped, path):
    """Why a test was skipped. cmocka does not say, so its tests print the reason."""
    log = path.with_suffix(".log")
    said = re.search("^SKIPPED: (.*)", log.read_text() if log.exists() else "", re.MULTILINE)
    return skipped.get("message") or (said[1] if said else "no reason was given")


def duration(seconds):
    minutes = int(seconds + 0.5) // 60
    return f"{minutes} min" if minutes >= 10 else f"{minutes}:{int(seconds + 0.5) % 60:02} min"


class Part:
    def __init__(self, folder):
        self.name = folder.name
        self.passed, self.seconds = 0, 0.0
        self.failed, self.skipped = [], collections.Counter()
        for path in sorted(folder.rglob("*.xml")):
            cases, seconds = read(path)
            self.seconds += seconds
            for case in cases:
                self.count(case, path)
        if not self.passed and not self.failed and not self.skipped:
            self.failed.append("it has not run")

    def count(self, case, path):
        skipped = case.find("skipped")
        if has_failed(case):
            self.failed.append(name_of(case, path))
        elif skipped is not None:
            self.skipped[reason_of(skipped, path)] += 1
        else:
            self.passed += 1


def table(name, status, results, *folders):
    parts = [Part(pathlib.Path(results) / folder) for folder in folders]
    failed = [f"{part.name}: {test}" for part in parts for test in part.failed]
    if int(status) != 0 and not failed:
        failed.append("make has failed outside of the tests: see above")
    print(f"\n{'part':<14}{'passed':>8}{'failed':>8}{'skipped':>9}{'time':>10}")
    for part in parts:
        print(f"{part.name:<14}{part.passed:>8}{len(part.failed):>8}{part.skipped.total():>9}{duration(part.seconds):>10}")
    for test in failed:
        print(f"failed: {test}")
    for part in parts:
        for reason, count in part.skipped.most_common():
            print(f"skipped: {part.name}: {count}: {reason}")
    passed, skipped = (sum(counts) for counts in zip(*((part.passed, part.skipped.total()) for part in parts)))
    print(f"{name}: {passed} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit({"run": run, "table": table}[sys.argv[1]](*sys.argv[2:]))

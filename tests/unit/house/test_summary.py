# SPDX-License-Identifier: BSD-2-Clause
"""tests/summary.py: each command leaves a result, and the table at the end names what failed and what was skipped."""

import subprocess
import sys
from pathlib import Path

import pytest

SUMMARY = Path(__file__).resolve().parents[2] / "summary.py"
PYTEST_RESULT = """<testsuites><testsuite time="61.5">
<testcase classname="tests.boot.test_menu" name="test_one[x.y]" time="1"/>
<testcase classname="tests.boot.test_menu" name="test_two"><failure message="no">text</failure></testcase>
<testcase classname="tests.boot.test_menu" name="test_three"><error message="no">text</error></testcase>
<testcase classname="tests.boot.test_menu" name="test_four"><skipped message="mounts"/></testcase>
<testcase classname="tests.boot.test_menu" name="test_five"><skipped message="mounts"/></testcase>
</testsuite></testsuites>"""
CMOCKA_RESULT = """<testsuites><testsuite name="tests" time="0.5">
<testcase name="a_thing_works" time="0.1"/><testcase name="another_is_left_out"><skipped/></testcase>
</testsuite></testsuites>"""
PASSED = '<testsuite time="1"><testcase name="a"/></testsuite>'


def summary(*words):
    done = subprocess.run([sys.executable, "-B", SUMMARY, *map(str, words)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


@pytest.fixture
def results(tmp_path):
    def write(**contents):
        for name, text in contents.items():
            path = tmp_path / name.replace("__", "/").replace("_xml", ".xml").replace("_log", ".log")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path
    return write


def last_line(said):
    return said.splitlines()[-1]


def test_a_table_names_what_failed_and_says_why_something_was_skipped(results):
    folder = results(boot__test_menu_xml=PYTEST_RESULT, unit__loader__test_elf_xml=CMOCKA_RESULT,
                     unit__loader__test_elf_log="SKIPPED: there is no corpus\n")
    status, said = summary("table", "check", 2, folder, "unit", "boot")
    assert status == 1
    assert said == """
part            passed  failed  skipped      time
unit                 1       0        1  0:01 min
boot                 1       2        2  1:02 min
failed: boot: tests/boot/test_menu: test_two
failed: boot: tests/boot/test_menu: test_three
skipped: unit: 1: there is no corpus
skipped: boot: 2: mounts
check: 2 passed, 2 failed, 3 skipped
"""


def test_the_table_is_a_success_if_all_has_passed(results):
    status, said = summary("table", "check-xen", 0, results(xen__pytest_xml=PASSED), "xen")
    assert (status, last_line(said)) == (0, "check-xen: 1 passed, 0 failed, 0 skipped")


def test_a_part_that_has_not_run_has_failed(results):
    status, said = summary("table", "check", 0, results(unit__a_xml=PASSED), "unit", "boot")
    assert "failed: boot: it has not run\n" in said
    assert (status, last_line(said)) == (1, "check: 1 passed, 1 failed, 0 skipped")


def test_a_failure_of_make_alone_is_a_failure(results):
    status, said = summary("table", "check", 2, results(unit__a_xml=PASSED), "unit")
    assert "failed: make has failed outside of the tests" in said
    assert (status, last_line(said)) == (1, "check: 1 passed, 1 failed, 0 skipped")


def run_and_look(folder, script, name="lint/rules"):
    status, said = summary("run", folder / name, "sh", "-c", script)
    return status, said, summary("table", "check", status, folder, name.split("/")[0])[1]


def test_a_command_without_a_result_is_one_test(tmp_path):
    status, said, table = run_and_look(tmp_path, "echo said")
    assert (status, said) == (0, "said\n")
    assert last_line(table) == "check: 1 passed, 0 failed, 0 skipped"
    status, _, table = run_and_look(tmp_path, "exit 3")
    assert status == 3
    assert "failed: lint: rules\n" in table and last_line(table) == "check: 0 passed, 1 failed, 0 skipped"


def test_a_command_that_ends_after_its_tests_have_passed_has_failed(tmp_path):
    script = f"echo '{PASSED}' >{tmp_path}/unit/test_elf.xml; kill -KILL $$"
    status, _, table = run_and_look(tmp_path, script, "unit/test_elf")
    assert status == 128 + 9
    assert "failed: unit: test_elf\n" in table and last_line(table) == "check: 1 passed, 1 failed, 0 skipped"


def test_a_truncated_result_is_no_result(tmp_path):
    _, _, table = run_and_look(tmp_path, f"echo '<testsuite><testc' >{tmp_path}/unit/test_elf.xml; exit 1", "unit/test_elf")
    assert "failed: unit: test_elf\n" in table


def test_a_result_without_a_test_is_a_result(tmp_path):
    """All tests of a file may be for another firmware."""
    _, _, table = run_and_look(tmp_path, f"echo '<testsuite/>' >{tmp_path}/boot/test_mbr.xml", "boot/test_mbr")
    assert last_line(table) == "check: 0 passed, 1 failed, 0 skipped" and "failed: boot: it has not run\n" in table


def test_the_result_of_an_earlier_run_does_not_count(tmp_path):
    run_and_look(tmp_path, f"echo '{PASSED}' >{tmp_path}/unit/test_elf.xml", "unit/test_elf")
    _, _, table = run_and_look(tmp_path, "exit 1", "unit/test_elf")
    assert last_line(table) == "check: 0 passed, 1 failed, 0 skipped"

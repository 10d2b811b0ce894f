# SPDX-License-Identifier: BSD-2-Clause
"""docs/boot-errors.md explains each message of the loader, and no other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "boot-errors.md").read_text(encoding="utf-8")
STAGE_2 = PAGE.split("## `whelk: …`: stage 2", 1)[1].split("### The disc", 1)[1]

# The functions whose arguments are, or become, a message to the user.
CALL = re.compile(r"\b(?:\w*fail\w*|eval_warn|console_print|console_write|say_result)\s*\(")
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
CONVERSION = re.compile(r"%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z)?[a-zA-Z]")
# Not messages about a boot that fails: the answers of commands, and the way on.
OTHERS = {"press a key for the next boot device", "the firmware's own"}


def arguments(text, at):
    """The text of a call's arguments; `at` is behind its opening parenthesis."""
    depth = 1
    for found in re.compile(r"""("(?:[^"\\\n]|\\.)*")|('(?:[^'\\]|\\.)')|([()])""").finditer(text, at):
        depth += {"(": 1, ")": -1}.get(found[3], 0)
        if depth == 0:
            return text[at:found.start()]
    return text[at:]


def messages(text):
    """The texts that calls in C source print, with … for what is inserted. Adjacent literals are one."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    for call in CALL.finditer(text):
        joined = re.sub(r'"\s*\n?\s*"', "", arguments(text, call.end()))
        for literal in LITERAL.findall(joined):
            for line in literal[1:-1].replace('\\"', '"').split("\\n"):
                line = CONVERSION.sub("…", line.replace("%%", "%"))
                line = line.removeprefix("whelk: ").removeprefix("…: ").removeprefix("…:…: ").strip()
                if len(re.findall(r"[A-Za-z]{2,}", line)) >= 2:
                    yield line


def texts_of_the_firmware(text):
    """UEFI's texts of 16-bit characters, which are printed without the loader's own functions."""
    return [line.removeprefix("whelk: ").removesuffix("\\r\\n") for line in re.findall(r'L"(whelk: [^"]*)"', text)]


def sources():
    for folder in ("boot", "stage2", "loader"):
        for path in sorted((ROOT / folder).rglob("*.c")):
            if not path.name.endswith(".host.c"):
                yield path.read_text(encoding="utf-8")


MESSAGES = sorted({message for text in sources() for message in (*messages(text), *texts_of_the_firmware(text))}
                  - OTHERS)
SPANS = sorted({" ".join(span.split()) for span in re.findall(r"`([^`]*)`", STAGE_2)})


def is_explained(message, spans):
    """Whether one of the page's spans is the message, with … for any text, or has all of it."""
    plain = re.sub(r"\s+", " ", message)
    for span in spans:
        pattern = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", span))
        if re.fullmatch(pattern, plain) or re.fullmatch(f"(?:…: )?{pattern}", plain) or plain in span:
            return True
    return False


def test_there_are_messages():
    assert len(MESSAGES) > 150
    assert "damaged directory record at byte … of sector …" in MESSAGES


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_of_the_loader_is_explained(message):
    assert is_explained(message, SPANS)


def bullets():
    """The spans that begin a line of the list: up to the colon that the explanation follows."""
    for bullet in re.findall(r"^- (`.*?)(?=^- |^#|\Z)", STAGE_2, re.MULTILINE | re.DOTALL):
        head = re.match(r"(?:`[^`]*`(?:, |\s\([^)]*\),?\s*|,?\s+)?)+", bullet)[0]
        yield from (" ".join(span.split()) for span in re.findall(r"`([^`]*)`", head))


@pytest.mark.parametrize("span", sorted(set(bullets())))
def test_each_message_that_is_explained_exists(span):
    parts = [part.strip() for part in span.split("…") if part.strip()]
    everything = re.sub(r"\s+", " ", "\n".join(MESSAGES))
    for part in parts:
        assert part in everything


def test_a_message_without_explanation_is_noticed():
    found = list(messages('return fail(error, "sector %u is "\n  "blue: %.*s", sector, "x y");'))
    assert found == ["sector … is blue: …"]
    assert not is_explained("sector … is blue: …", ["sector … is red: …", "blue sector"])
    assert is_explained("sector … is blue: …", ["sector … is …"])

# SPDX-License-Identifier: BSD-2-Clause
"""A serial terminal of 80 columns and 25 rows: shows a stream of bytes as a person sees it. It knows the sequences of
ECMA-48 that Whelk, GRUB and UEFI use, and refuses others."""

import re
import unicodedata

COLUMNS, ROWS = 80, 25
MARGIN = 1  # columns to the left of Whelk's menu
SEQUENCE = re.compile(r"\x1b(?:\[([0-9;?=]*)([A-Za-z])|([()].|[=>78]))")


class SerialTerminal:
    def __init__(self, data=b""):
        self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self.inverse = [[False] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.is_inverse = False
        self.feed(data)

    def feed(self, data):
        text = data.decode("utf-8", "replace")
        at = 0
        while at < len(text):
            match = SEQUENCE.match(text, at)
            if match:
                self._sequence(match)
                at = match.end()
                continue
            assert text[at] != "\x1b" or len(text) - at < 8, f"a sequence that no terminal knows: {text[at:at + 8]!r}"
            self._character(text[at])
            at += 1

    def _character(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character == "\n":
            self._line_feed()
        elif character >= " ":
            self._put(character)

    def _line_feed(self):
        if self.row < ROWS - 1:
            self.row += 1
            return
        for lines, empty in ((self.cells, " "), (self.inverse, False)):
            del lines[0]
            lines.append([empty] * COLUMNS)

    def _put(self, character):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + width > COLUMNS:
            self.column = 0
            self._line_feed()
        for i in range(width):
            self.cells[self.row][self.column + i] = character if i == 0 else ""
            self.inverse[self.row][self.column + i] = self.is_inverse
        self.column += width

    def _sequence(self, match):
        numbers = [int(number or 0) for number in (match[1] or "").lstrip("?=").split(";")]
        if match[2] == "H":
            numbers += [0]
            self.row, self.column = (max(number, 1) - 1 for number in numbers[:2])
            assert self.row < ROWS and self.column < COLUMNS
        elif match[2] == "J":
            assert numbers == [2]
            self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
            self.inverse = [[False] * COLUMNS for _ in range(ROWS)]
        elif match[2] == "K":
            for column in range(self.column, COLUMNS):
                self.cells[self.row][column] = " "
        elif match[2] == "C":
            self.column = min(self.column + max(numbers[0], 1), COLUMNS - 1)
        elif match[2] == "D":
            self.column = max(self.column - max(numbers[0], 1), 0)
        elif match[2] == "m":  # UEFI sends colours: black on white
            for number in numbers:
                self.is_inverse = number in (7, 47) or self.is_inverse and number not in (0, 40)

    @property
    def rows(self):
        return ["".join(row).rstrip() for row in self.cells]

    @property
    def text(self):
        return "\n".join(self.rows).rstrip("\n")

    @property
    def selected(self):
        """The text of the only row in inverse video; None if there is no such row, or more than one."""
        bar = self._bar
        return self.rows[bar].strip() if bar is not None else None

    @property
    def is_at_bar(self):
        """Whether the cursor is at the start of the row in inverse video, where it rests once the menu is drawn."""
        return (self.row, self.column) == (self._bar, MARGIN)

    @property
    def _bar(self):
        rows = [index for index, row in enumerate(self.inverse) if row[10]]
        return rows[0] if len(rows) == 1 else None

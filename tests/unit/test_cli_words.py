"""Answers of commands say one and many as the number wants it."""

from __future__ import annotations

import re
from pathlib import Path

import cli
from gis.wording import counted

# a number put straight before a word in the plural: "1 rows" when it is one
_STRAIGHT = re.compile(
    r"\{(?!counted)[^{}]*(?:count|len\([^)]*\)|:,|accepted|moved)\} (?:rows|grids|cameras|households|items|clocks|sheets|tiles|doors|lines|steps|posts|people)\b"
)


def test_one_and_many():
    assert [counted(n, "row") for n in (0, 1, 2, 1575)] == ["0 rows", "1 row", "2 rows", "1,575 rows"]
    assert counted(1, "person", "people") == "1 person"
    assert counted(3, "row was", "rows were") == "3 rows were"


def test_no_command_writes_a_number_before_a_plural_by_itself():
    found = [
        f"{file.name}:{number}: {line.strip()}"
        for file in sorted(Path(cli.__file__).parent.glob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if _STRAIGHT.search(line)
    ]
    assert found == []

"""The words of a PDF as our printer writes it: subset fonts with a table that leads back to letters."""

from __future__ import annotations

import base64
import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_STREAM = re.compile(rb"(.*?)stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_FONT = re.compile(rb"/(F\d+(?:\+\d+)?) (\d+) 0 R")
_SHOWN = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj|(T\*|\bET\b)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_text(content: bytes) -> str:
    """Return what stands on the sheets, one line for each text that was drawn."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    letters = {
        name.decode(): _letters(objects, int(number))
        for body in objects.values()
        for name, number in _FONT.findall(body)
    }
    lines: list[str] = []
    for body in objects.values():
        stream = _unpacked(body)
        if stream is None or b" Tf" not in stream:
            continue
        known: dict[int, str] = {}
        line = ""
        for font, text, end in _SHOWN.findall(stream):
            if font:
                known = letters[font.decode()]
            elif end:
                lines.append(line)
                line = ""
            else:
                line += "".join(known.get(code, chr(code)) for code in _ESCAPED.sub(_meant, text))
    return "\n".join(lines)


def _meant(found: re.Match[bytes]) -> bytes:
    mark = found[1]
    return bytes([int(mark, 8)]) if mark.isdigit() else _PLAIN.get(mark, mark)


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    named = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    table = _unpacked(objects[int(named[1])]) if named else b""
    assert table is not None
    pairs = re.findall(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>", table)
    return {int(code, 16): chr(int(letter, 16)) for code, letter in pairs}


def _unpacked(body: bytes) -> bytes | None:
    parts = _STREAM.match(body)
    if parts is None:
        return None
    head, data = parts.groups()
    if b"ASCII85Decode" in head:
        data = base64.a85decode(data.strip().removesuffix(b"~>"))
    return zlib.decompress(data) if b"FlateDecode" in head else data

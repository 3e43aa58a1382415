"""A load of so many requests at a time on kept-open connections, light enough not to be what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# what a browser of these years sends
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Run:
    """One run: seconds of each request in the order asked, and the whole."""

    seconds: list[float]
    total: float
    sizes: list[int]
    statuses: dict[int, int]
    answers: list[Answer] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.total

    @property
    def p50_ms(self) -> float:
        return float(np.median(self.seconds) * 1000)

    @property
    def p95_ms(self) -> float:
        return float(np.percentile(self.seconds, 95) * 1000)

    def told(self) -> str:
        return f"{self.per_second:7.1f}/s  p50 {self.p50_ms:6.1f} ms  p95 {self.p95_ms:6.1f} ms"


def run(port: int, paths: Sequence[str], *, at_once: int = 4, keep: bool = False, **headers: str) -> Run:
    """Ask for each path once, `at_once` at a time."""
    return asyncio.run(_run(port, [(path, headers) for path in paths], at_once, keep=keep))


def run_asked(port: int, asked: Sequence[tuple[str, dict[str, str]]], *, at_once: int = 4) -> Run:
    """As `run`, each path with its own headers."""
    return asyncio.run(_run(port, asked, at_once, keep=False))


async def _run(port: int, asked: Sequence[tuple[str, dict[str, str]]], at_once: int, *, keep: bool) -> Run:
    found = Run([0.0] * len(asked), 0.0, [0] * len(asked), {}, [None] * len(asked) if keep else [])  # type: ignore[list-item]
    todo = iter(enumerate(asked))
    started = time.perf_counter()
    await asyncio.gather(*[_work(port, todo, found, keep=keep) for _ in range(at_once)])
    found.total = time.perf_counter() - started
    return found


async def _work(port: int, todo: Iterable[tuple[int, Any]], found: Run, *, keep: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    for k, (path, headers) in todo:
        lines = "".join(f"{name}: {value}\r\n" for name, value in (BROWSER | headers).items())
        started = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode())
        answer = await _read(reader)
        found.seconds[k] = time.perf_counter() - started
        found.sizes[k] = len(answer.body)
        found.statuses[answer.status] = found.statuses.get(answer.status, 0) + 1
        if keep:
            found.answers[k] = answer
    writer.close()


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in head[1:-2]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    status = int(head[0].split()[1])
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(status, headers, body)

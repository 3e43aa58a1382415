"""The built page, and compression of what is sent."""

from __future__ import annotations

import gzip

import httpx
import pytest
import zstandard
from fastapi import FastAPI

from api import ui
from api.app import create_app
from api.compress import Compress
from api.middleware import POLICY
from tests.api.conftest import Client, serving

SCRIPT = "export const words = 'abc';\n" * 200
LARGE = "".join(f"export const word{n} = {n * 7919 % 10007};\n" for n in range(20_000))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text("{}")
    (folder / "index.html").write_text("<!doctype html><title>Gridward</title>")
    (folder / "sw.js").write_text("addEventListener('fetch', () => {})")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets" / "index-4f2a.js").write_text(SCRIPT)
    (folder / "assets" / "map-77aa.js").write_text(LARGE)
    (folder / "assets" / "font-11.woff2").write_bytes(bytes(range(256)) * 1000)
    app = FastAPI()
    ui.install(app, folder)
    app.add_middleware(Compress)
    return app


@pytest.fixture(scope="module")
def page(built):
    with Client(built) as client:
        yield client


@pytest.fixture(scope="module")
def wire(built):
    """Ask a real server, and see its answers as they were sent: a function of path and headers."""

    def sent(path, headers):
        with httpx.stream("GET", base + path, headers=headers, trust_env=False) as answer:
            return answer, b"".join(answer.iter_raw())

    with serving(built) as base:
        yield sent


def test_index_is_asked_for_each_time(page):
    answer = page.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert page.get("/favicon.svg").headers["cache-control"] == "no-cache"


def test_service_worker_lies_where_it_serves_the_whole_page_and_is_asked_for_each_time(page):
    answer = page.get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "javascript" in answer.headers["content-type"]


def test_hashed_assets_are_kept_for_ever(page):
    answer = page.get("/assets/index-4f2a.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["content-type"]
    again = page.get("/assets/index-4f2a.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def decoded(answer, body):
    unpack = {"gzip": gzip.decompress, "zstd": zstandard.ZstdDecompressor().decompress, "": bytes}
    return unpack[answer.headers.get("content-encoding", "")](body)


@pytest.mark.parametrize("path", ["/assets/index-4f2a.js", "/assets/map-77aa.js", "/"])
@pytest.mark.parametrize("accepted", ["gzip", "zstd", "identity"])
def test_what_was_cut_off_is_taken_up_with_the_same_bytes_or_from_the_beginning(page, wire, path, accepted):
    asked = {"Accept-Encoding": accepted}
    whole, sent = wire(path, asked)
    resumes = whole.headers.get("accept-ranges") == "bytes" and not whole.headers["etag"].startswith("W/")
    assert resumes == ("content-encoding" not in whole.headers)
    half = len(sent) // 2
    rest, further = wire(path, asked | {"Range": f"bytes={half}-", "If-Range": whole.headers["etag"]})
    put_together = sent[:half] + further if rest.status_code == 206 else further
    assert decoded(rest, put_together) == decoded(whole, sent) == page.get(path).content


def test_a_part_is_sent_as_it_lies_there(wire):
    answer, sent = wire("/assets/map-77aa.js", {"Accept-Encoding": "zstd", "Range": "bytes=10-2009"})
    assert (answer.status_code, sent) == (206, LARGE.encode()[10:2010])
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["zstd", "gzip"])
def test_large_assets_are_compressed_and_known_again(page, wire, accepted):
    answer, sent = wire("/assets/map-77aa.js", {"Accept-Encoding": accepted})
    assert answer.headers["content-encoding"] == accepted
    assert int(answer.headers["content-length"]) == len(sent) < len(LARGE) / 3
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert page.get("/assets/map-77aa.js", headers={"Accept-Encoding": accepted}).text == LARGE
    again, nothing = wire("/assets/map-77aa.js", {"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, nothing) == (304, b"")
    head = page.head("/assets/map-77aa.js", headers={"Accept-Encoding": accepted})
    assert (head.content, head.headers["content-length"]) == (b"", answer.headers["content-length"])
    font, _ = wire("/assets/font-11.woff2", {"Accept-Encoding": accepted})
    assert "content-encoding" not in font.headers


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets/none.js", "/assets/../index.html.bak", "/.vite/manifest.json", "/assets/%2e%2e/x"]
)
def test_nothing_else_is_given_out(page, path):
    assert page.get(path).status_code == 404


def test_page_that_was_not_built_says_how(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(ui.install, "__defaults__", (tmp_path / "nothing",))
    with Client(create_app(settings)) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.json()["detail"]


def test_page_carries_the_policy_that_its_worker_and_styles_live_with(anonymous):
    assert anonymous.get("/").headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "worker-src 'self'" in POLICY


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip", "gzip"),
        ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("br", None),
        ("", None),
        ("identity", None),
    ],
)
def test_text_is_compressed_as_the_client_likes(page, accepted, coding):
    answer = page.get("/assets/index-4f2a.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (int(answer.headers["content-length"]) < len(SCRIPT)) is (coding is not None)
    assert answer.text == SCRIPT


def test_large_json_is_compressed_and_small_is_not(client):
    large = client.get("/openapi.json", headers={"Accept-Encoding": "zstd"})
    assert large.headers["content-encoding"] == "zstd"
    assert "content-encoding" not in client.get("/health/live", headers={"Accept-Encoding": "zstd"}).headers

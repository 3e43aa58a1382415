"""Photos are told by what they hold, written anew, and blurred for good."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from PIL import Image

from store.media import LONGEST_EDGE, THUMB_EDGE, PhotoError, PixelBox, blur, clean_photo

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(size=(640, 480), colour=(200, 30, 30), kind="JPEG", mode="RGB", **options):
    image = Image.new(mode, size, colour)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(size):
    buffer = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def with_place():
    """A photo of a phone that was held on its side: left half red, right half blue, with a place and a comment."""
    image = Image.new("RGB", (64, 32), (255, 0, 0))
    image.paste((0, 0, 255), (32, 0, 64, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=b"taken by Mei", xmp=b"<x:xmpmeta>home</x:xmpmeta>", quality=95)
    return buffer.getvalue()


def test_what_a_phone_hides_is_gone_and_the_picture_stands_upright():
    sent = with_place()
    assert b"PhoneMaker" in sent
    photo = clean_photo(sent)
    assert (photo.width, photo.height) == (32, 64)
    for content in (photo.full, photo.thumb):
        assert not opened(content).getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & opened(content).info.keys()
        for secret in (b"PhoneMaker", b"Mei", b"xmpmeta", b"GPS"):
            assert secret not in content
    upper, lower = opened(photo.full).getpixel((16, 8)), opened(photo.full).getpixel((16, 56))
    assert upper[0] > 200 > upper[2]
    assert lower[2] > 200 > lower[0]


@pytest.mark.parametrize(("kind", "mode", "colour"), [("PNG", "RGBA", (0, 0, 0, 0)), ("WEBP", "RGB", (9, 200, 9)),
                                                      ("PNG", "L", 128), ("PNG", "P", 0), ("PNG", "1", 1)])  # fmt: skip
def test_other_formats_become_jpeg(kind, mode, colour):
    photo = clean_photo(picture((50, 40), colour, kind, mode))
    assert opened(photo.full).format == "JPEG"
    if mode == "RGBA":
        assert opened(photo.full).getpixel((5, 5)) == (255, 255, 255)


def test_large_ones_are_made_smaller():
    photo = clean_photo(picture((4000, 3000)))
    assert (photo.width, photo.height) == (LONGEST_EDGE, LONGEST_EDGE * 3 // 4)
    assert max(opened(photo.thumb).size) == THUMB_EDGE


def bomb():
    """A PNG of 30,000 by 30,000 pixels in a few hundred kilobytes."""
    import struct

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 3751 * 1000)) + chunk(
        b"IEND", b""
    )  # fmt: skip


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", b"\0" * 5_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [SVG, b"", b"GIF89a" + b"\0" * 20, zipped(), picture()[:400], b"\xff\xd8\xff\xe0" + SVG, bomb(), b"%PDF-1.7"],
    ids=["svg", "empty", "gif", "zip", "torn", "svg behind a JPEG's head", "bomb", "pdf"],
)
def test_what_is_no_photo_is_refused(content):
    with pytest.raises(PhotoError):
        clean_photo(content)


def test_bomb_is_refused_before_it_is_decoded():
    with pytest.raises(PhotoError, match="60 million pixels"):
        clean_photo(bomb())


def test_blurred_box_holds_a_few_colours_and_the_rest_stays():
    before = clean_photo(noise((300, 200)))
    after = blur(before.full, [PixelBox(20, 20, 120, 60), PixelBox(-10, 150, 30, 500)])
    assert (after.width, after.height) == (300, 200)
    inside = opened(after.full).crop((28, 28, 36, 36)).convert("L").getextrema()
    outside = opened(after.full).crop((200, 50, 260, 110)).convert("L").getextrema()
    assert inside[1] - inside[0] < 30 < outside[1] - outside[0]
    assert after.full != before.full
    assert after.thumb != before.thumb


def test_box_outside_is_refused():
    photo = clean_photo(picture((100, 100)))
    with pytest.raises(PhotoError, match="outside"):
        blur(photo.full, [PixelBox(200, 0, 10, 10)])

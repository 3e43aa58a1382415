"""Photos: decoded by what they hold, turned upright, and written anew so that nothing of the sent file remains.

What a phone hides in a picture (place, time, maker, thumbnail, text) ends here: only colours are copied.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 60_000_000
"""Decoded this takes 180 MB; no phone's camera makes more, and a bomb is refused before it is decoded."""
LONGEST_EDGE: Final = 2560
THUMB_EDGE: Final = 320
QUALITY: Final = 84
_CELLS: Final = 6
"""Cells along the longer edge of a blurred box: too few for a face, a plate or a word to be guessed."""
_LEAST_CELL: Final = 16


class PhotoError(InvalidInputError):
    """What was sent is no photo that is taken."""

    code = "not-a-photo"


@dataclass(frozen=True, slots=True)
class Photo:
    """A cleaned photo: JPEG without metadata, and a small copy of it.

    Attributes
    ----------
    full, thumb : bytes
    width, height : int
        Of the full picture, in pixels.
    """

    full: bytes
    thumb: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A box of the full picture in pixels from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


def clean_photo(content: bytes) -> Photo:
    """Decode a photo and write it anew.

    Parameters
    ----------
    content : bytes
        JPEG, PNG or WebP, whatever the file was called.

    Returns
    -------
    Photo
        Upright, at most `LONGEST_EDGE` pixels long, without EXIF, XMP, colour profile or comment.

    Raises
    ------
    PhotoError
        It is something else (a drawing named .jpg, an archive, a torn file), or has too many pixels.
    """
    return _written(_decoded(content))


def blur(content: bytes, boxes: Sequence[PixelBox]) -> Photo:
    """Replace boxes of a photo by a few cells of their mean colours; what was there can't be got back.

    Parameters
    ----------
    content : bytes
        A full picture from `clean_photo`.
    boxes : sequence of PixelBox

    Raises
    ------
    PhotoError
        A box lies outside the picture.
    """
    from PIL import Image  # noqa: PLC0415 - only who handles photos pays for it

    picture = _decoded(content)
    for box in boxes:
        left, top = max(0, box.x), max(0, box.y)
        right, bottom = min(picture.width, box.x + box.width), min(picture.height, box.y + box.height)
        if right <= left or bottom <= top:
            raise PhotoError(
                f"A box lies outside the picture of {picture.width} by {picture.height} pixels.", field="boxes"
            )
        size = (right - left, bottom - top)
        cell = max(_LEAST_CELL, -(-max(size) // _CELLS))
        few = (max(1, size[0] // cell), max(1, size[1] // cell))
        patch = picture.crop((left, top, right, bottom)).resize(few, Image.Resampling.BOX)
        picture.paste(patch.resize(size, Image.Resampling.NEAREST), (left, top))
    return _written(picture)


def _decoded(content: bytes) -> Image.Image:
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - as above

    remedy = "Send a photo as JPEG, PNG or WebP."
    try:
        with warnings.catch_warnings():
            # our own bound below is the one that counts
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            _refuse_bomb(picture.width * picture.height)
            # a JPEG is decoded at a half, a quarter or an eighth where that is enough
            picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            clean = Image.new("RGB", upright.size, "white")
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                solid = upright.convert("RGBA")
                clean.paste(solid, mask=solid.getchannel("A"))
            else:
                clean.paste(upright.convert("RGB"))
    except UnidentifiedImageError:
        raise PhotoError("The file is no photo, whatever its name says.", remedy=remedy) from None
    except Image.DecompressionBombError:  # Pillow's own bound lies higher
        raise _too_large() from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise PhotoError("The photo is torn or not what it says it is.", remedy=remedy) from None
    return clean


def _refuse_bomb(pixels: int) -> None:
    if pixels > MOST_PIXELS:
        raise _too_large()


def _too_large() -> PhotoError:
    return PhotoError(
        f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.", remedy="Send a smaller copy."
    )


def _written(picture: Image.Image) -> Photo:
    small = picture.copy()
    small.thumbnail((THUMB_EDGE, THUMB_EDGE))
    return Photo(_jpeg(picture), _jpeg(small), picture.width, picture.height)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return buffer.getvalue()

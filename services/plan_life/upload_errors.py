"""Errors of uploads, apart from the readers: the table of problems names them."""

from __future__ import annotations

from gis.errors import GridwardError


class UploadTooLargeError(GridwardError):
    """The uploaded file is larger than is taken."""

    code = "upload-too-large"

"""Reports: files that open anywhere. Equal inputs return the finished one."""

from services.reports.building import NAMES, build
from services.reports.files import write
from services.reports.formats import FORMATS, MEDIA
from services.reports.words import grouped_code

__all__ = ["FORMATS", "MEDIA", "NAMES", "build", "grouped_code", "write"]

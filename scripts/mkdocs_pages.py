"""MkDocs hook: add the reference pages that are made from the code while the documentation is built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reference_pages  # MkDocs loads a hook without its folder on the path

PAGES = {"reference/commands.md": reference_pages.commands_page, "reference/http-api.md": reference_pages.http_page}
TABLES = {"<!-- kinds of building -->": reference_pages.table_of_kinds}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Put the generated pages among the written ones."""
    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Put tables made from constants where a page asks for them."""
    for mark, make in TABLES.items():
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown

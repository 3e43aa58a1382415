"""What tests of single migrations share."""

from __future__ import annotations

import pytest
from alembic.config import Config

from store.database import schema


@pytest.fixture
def migrations(fresh_database_urls):
    made = Config()
    made.set_main_option("script_location", str(schema.migrations_folder()).replace("%", "%%"))
    made.attributes["url"] = fresh_database_urls.owner
    return made

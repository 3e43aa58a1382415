"""A territory that is not there is told in a whole sentence, with what to do."""

from __future__ import annotations

import pytest

from gis.errors import NotFoundError
from store.database.actor import Actor
from store.database.partition import find_territory


@pytest.mark.parametrize(
    ("said", "told"), [(None, "There is no territory; "), ("Nowhere", "There is no territory Nowhere; ")]
)
def test_missing_territory_says_how_to_load_one(database, said, told):
    with database.work(Actor.system()) as work, pytest.raises(NotFoundError) as caught:
        find_territory(work.session, said)
    assert caught.value.message.startswith(told)
    assert "gridward load osm FILE" in caught.value.message
    assert "load areas" in caught.value.message

"""Single resources are not sent again to whoever has them: the tag stands for what was told, not for the revision alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services import access
from store.database.actor import Actor
from store.database.models import Camera
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat

CAMERAS = "/api/v1/cameras"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_resource_that_a_client_has_is_not_sent_again(client, town):
    url = f"{CAMERAS}/{town.cameras['fixed']}"
    first = client.get(url)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"1-[0-9a-f]{16}"', tag)
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get(url, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), known
        assert "content-type" not in again.headers
    for other in ('"1"', '"2-0000000000000000"', "nonsense"):
        assert client.get(url, headers={"If-None-Match": other}).status_code == 200, other


def test_tag_that_was_read_says_which_revision_a_change_is_based_on(client, town):
    url = f"{CAMERAS}/{town.cameras['unknown']}"
    tag = client.get(url).headers["etag"]
    changed = client.patch(url, json={"owner": "Lamps"}, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    # the tag that a change answers is that of the resource from then on
    assert client.get(url, headers={"If-None-Match": changed.headers["etag"]}).status_code == 304
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200
    assert client.patch(url, json={"owner": "Roads"}, headers={"If-Match": tag}).status_code == 412
    assert client.patch(url, json={"owner": "Roads"}, headers={"If-Match": '"x-2"'}).status_code == 422


def test_tag_of_one_account_is_none_of_another_that_sees_less(app, client, database, town):
    url = f"{CAMERAS}/{town.cameras['far']}"
    first = client.get(url)
    assert first.json()["camera"]["ref"]
    with database.work(Actor.system()) as work:
        access.create_account(work, "sees-less", roles=["analyst"])
        token = access.issue_token(work, "sees-less", label="test", now=datetime.now(UTC))
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as analyst:
        seen = analyst.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert (seen.status_code, seen.json()["camera"]["ref"]) == (200, None)
        assert analyst.get(url, headers={"If-None-Match": seen.headers["etag"]}).status_code == 304
    with Client(app) as nobody:
        assert nobody.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 401
        assert nobody.get(url, headers={"If-None-Match": "*"}).status_code == 401
    assert client.get(f"{CAMERAS}/nothing", headers={"If-None-Match": "*"}).status_code == 404


def test_what_else_is_told_makes_another_tag_at_the_same_revision(client, database, town):
    """A zone tells which cameras look in: their names change while the zone stays."""
    west, south = lonlat(40, 40)
    east, north = lonlat(160, 160)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    body = {"kind": "yard", "reason": "A yard.", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    made = client.post("/api/v1/privacy-zones", json=body)
    assert made.status_code == 201, made.text
    url = f"/api/v1/privacy-zones/{made.json()['zone']['id']}"
    before = client.get(url)
    assert before.json()["zone"]["looking_in"]
    assert client.get(url, headers={"If-None-Match": before.headers["etag"]}).status_code == 304
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(Camera).values(gb28181_id=None, source_ref=Camera.source_ref + "/new"))
    after = client.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["zone"]["revision"]) == (200, before.json()["zone"]["revision"])
    assert after.json()["zone"]["looking_in"] != before.json()["zone"]["looking_in"]

"""Photos and proposed duplicates, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services import media as service
from store.database.actor import Actor
from store.database.models import MediaContent
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat
from tests.unit.test_photos import SVG, noise, opened, picture, with_place

URL = "/api/v1/media"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def send(client, content, name="photo.jpg", stage="other", **headers):
    return client.post(URL, files={"file": (name, content, "image/jpeg")}, data={"stage": stage}, headers=headers)


def report(client, x, y, item="Lamp out", **more):
    lon, lat = lonlat(x, y)
    answer = client.post(
        "/api/v1/incidents",
        json={"lon": lon, "lat": lat, "item": item, **more},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]


def key_of(database, no):
    with database.work(Actor.system()) as work:
        row = work.session.execute(sa.text("select month, incident_id from intake_key where no = :no"), {"no": no})
        return tuple(row.one())


def test_photo_comes_back_clean_in_two_sizes(client, town):
    sent = send(client, with_place(), stage="before")
    assert sent.status_code == 201, sent.text
    body = sent.json()
    assert (body["width"], body["height"], body["stage"], body["blurred"]) == (32, 64, "before", False)
    full = client.get(body["url"])
    assert full.headers["content-type"] == "image/jpeg"
    assert full.headers["x-content-type-options"] == "nosniff"
    assert not opened(full.content).getexif()
    assert opened(client.get(body["url"] + "?size=thumb").content).format == "JPEG"
    assert client.get(body["url"], headers={"If-None-Match": full.headers["etag"]}).status_code == 304


def test_repeat_with_the_same_key_is_one_photo(client, database, town):
    key, content = str(uuid4()), picture()
    first, again = (send(client, content, **{"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = send(client, picture(colour=(1, 2, 3)), **{"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")


@pytest.mark.parametrize("content", [SVG, b"PK\x03\x04" + b"\0" * 100], ids=["svg", "zip"])
def test_a_name_makes_no_photo(client, town, content):
    answer = send(client, content, name="photo.jpg")
    assert (answer.status_code, answer.json()["code"]) == (422, "not-a-photo")


def test_forty_megabytes_are_refused_before_they_are_read(client, town):
    answer = send(client, b"\xff\xd8" + b"\0" * 40 * 2**20)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_loose_photo_is_its_senders_alone_and_is_forgotten(client, app, database, make_account, town):
    url = send(client, picture()).json()["url"]
    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as colleague:
        assert colleague.get(url).status_code == 404
        assert (
            colleague.post(f"{url}/blur", json={"boxes": [{"x": 0, "y": 0, "width": 9, "height": 9}]}).status_code
            == 404
        )
    with database.work(Actor.system()) as work:
        assert service.forget_loose(work, now=datetime.now(UTC)) == 0
        assert service.forget_loose(work, now=datetime.now(UTC) + timedelta(days=3)) >= 1
    assert client.get(url).status_code == 404


def test_photo_follows_its_report_and_its_area(client, app, database, make_account, town):
    no = report(client, 100, 100, item="Broken bench")["no"]
    month, number = key_of(database, no)
    media = send(client, picture(), stage="after").json()
    account = client.get("/api/v1/session").json()["account"]["id"]
    from uuid import UUID

    with database.work(Actor(UUID(account), "x", frozenset({"dispatcher"}))) as work:
        (view,) = service.attach(work, month, number, [UUID(media["id"])])
        assert (view.stage, view.url) == ("after", media["url"])
        assert service.attach(work, month, number, [view.id]) == [view]
        assert [each.id for each in service.views(work, month, number)] == [view.id]
    for path, status in (("990101001.990101001001", 200), ("990101001.990101001002", 404)):
        token = make_account("dispatcher", area_path=path)
        with Client(app, headers={"Authorization": f"Bearer {token}"}) as neighbour:
            assert neighbour.get(media["url"]).status_code == status, path
    other = report(client, 100, 120, item="Other thing")["no"]
    with (
        database.work(Actor(UUID(account), "x", frozenset({"dispatcher"}))) as work,
        pytest.raises(Exception, match="another"),
    ):
        service.attach(work, *key_of(database, other), [UUID(media["id"])])
    with database.work(Actor.system()) as work:
        assert service.erase(work, month, number) == 1
        left = work.session.scalar(sa.select(sa.func.count()).where(MediaContent.media_id == UUID(media["id"])))
    assert left == 0
    assert client.get(media["url"]).status_code == 404


def test_blur_leaves_nothing_of_the_box(client, database, town):
    media = send(client, noise((200, 100))).json()
    before = client.get(media["url"]).content
    answer = client.post(f"{media['url']}/blur", json={"boxes": [{"x": 10, "y": 10, "width": 60, "height": 40}]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["blurred"] is True
    with database.work(Actor.system()) as work:
        kept = work.session.scalars(sa.select(MediaContent.content).where(MediaContent.media_id == media["id"])).all()
    assert before not in kept
    assert len(kept) == 2
    assert client.post(f"{media['url']}/blur", json={"boxes": []}).status_code == 422


def test_duplicates_are_proposed_across_channels(client, town):
    first = report(client, 300, 100, item="Water leak", channel="phone")
    second = report(client, 305, 104, item="water leak!", channel="app")
    report(client, 300, 102, item="Dirty wall")
    report(client, 560, 380, item="Water leak")
    answer = client.get(f"/api/v1/incidents/{second['no']}/duplicates")
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["duplicates"]
    assert (found["no"], found["reason"], found["channel"]) == (first["no"], "same-words", "phone")
    assert found["distance_m"] == pytest.approx(6.4, abs=0.2)
    assert found["score"] > 0.8
    assert client.get("/api/v1/incidents/2020-01-000001/duplicates").status_code == 404


def test_report_takes_its_photos_and_answers_with_what_it_repeats(client, town):
    first = report(client, 100, 300, item="Fallen tree")
    photo = send(client, picture(), stage="before").json()
    lon, lat = lonlat(103, 304)
    body = {"lon": lon, "lat": lat, "item": "fallen tree", "media": [photo["id"]]}
    key = {"Idempotency-Key": str(uuid4())}
    answer, again = (client.post("/api/v1/incidents", json=body, headers=key) for _ in range(2))
    assert (answer.status_code, again.status_code) == (201, 200), answer.text
    for each in (answer.json(), again.json()):
        assert [media["id"] for media in each["media"]] == [photo["id"]]
        assert [found["no"] for found in each["duplicates"]] == [first["no"]]
    whole = client.get(f"/api/v1/incidents/{answer.json()['incident']['no']}").json()
    assert [media["stage"] for media in whole["media"]] == ["before"]
    body["media"] = [str(uuid4())]
    missing = client.post("/api/v1/incidents", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert missing.status_code == 404
    assert client.get("/api/v1/incidents", params={"item": "fallen tree"}).json()["incidents"][0]["no"] != first["no"]

"""`gridward load camera-status`: plain files, and signed ones that came through a one-way gate."""

from __future__ import annotations

import json

import pytest

from services.signatures import sign
from tests.cli.test_load import TOWN

KEY = bytes(range(32))
HEAD = "camera,online,networked,serviceable,at\n"
STATES = HEAD + "P1,no,yes,no,2026-05-03T00:00:00Z\nP1,yes,yes,yes,2026-05-01T00:00:00Z\n"


@pytest.fixture
def camera(gridward, tmp_path):
    (tmp_path / "town.osm").write_text(TOWN, encoding="utf-8")
    (tmp_path / "cameras.csv").write_text("ref,lon,lat\nP1,25.001,60.005\n", encoding="utf-8")
    assert gridward("load", "osm", tmp_path / "town.osm", "--territory", "Town")[0] == 0
    assert gridward("load", "cameras", tmp_path / "cameras.csv", "--crs", "wgs84")[0] == 0


@pytest.fixture
def signed(camera, monkeypatch, tmp_path):
    (tmp_path / "gate.key").write_text(KEY.hex() + "\n", encoding="ascii")
    monkeypatch.setenv("GRIDWARD_STATUS_KEY_FILE", str(tmp_path / "gate.key"))
    file = tmp_path / "states.csv"
    file.write_text(STATES, encoding="utf-8")
    (tmp_path / "states.csv.sig").write_text(sign(file.read_bytes(), KEY), encoding="ascii")
    return file


def count(database) -> int:
    import sqlalchemy as sa

    with database.owner.connect() as connection:
        return connection.scalar(sa.text("select count(*) from camera_status"))


def test_rows_in_any_order_make_the_history(gridward, database, camera, tmp_path):
    (tmp_path / "states.csv").write_text(STATES, encoding="utf-8")
    code, out, err = gridward("load", "camera-status", tmp_path / "states.csv", "--json")
    assert code == 0, err
    assert json.loads(out)["counts"] == {"periods": 2, "changed": 1}
    code, out, _ = gridward("load", "camera-status", tmp_path / "states.csv", "--json")
    assert json.loads(out)["counts"] == {"periods": 0, "changed": 0, "late": 1}


def test_a_signed_file_is_taken(gridward, signed):
    code, _out, err = gridward("load", "camera-status", signed)
    assert code == 0, err
    other = signed.with_name("openssl.sig")
    other.write_text(f"HMAC-SHA2-256(states.csv)= {sign(signed.read_bytes(), KEY).upper()}\n", encoding="ascii")
    assert gridward("load", "camera-status", signed, "--signature", other)[0] == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_text(STATES.replace("no,yes,no", "yes,yes,no"), encoding="utf-8"),
        lambda file: file.with_name("states.csv.sig").write_text(sign(file.read_bytes(), KEY[::-1]), encoding="ascii"),
        lambda file: file.with_name("states.csv.sig").write_text("not a signature", encoding="ascii"),
        lambda file: file.with_name("states.csv.sig").unlink(),
    ],
    ids=["changed", "forged", "garbage", "unsigned"],
)
def test_what_is_not_what_was_signed_saves_nothing(gridward, database, signed, spoil):
    before = count(database)
    spoil(signed)
    code, out, err = gridward("load", "camera-status", signed, "--json")
    assert (code, out) == (2, "")
    assert json.loads(err)["code"] == "bad-signature"
    assert count(database) == before


def test_a_key_that_is_none_and_a_signature_without_key_are_told(gridward, signed, monkeypatch, tmp_path):
    (tmp_path / "gate.key").write_text("secret", encoding="ascii")
    code, _, err = gridward("load", "camera-status", signed)
    assert code == 2
    assert "openssl rand -hex 32" in err
    monkeypatch.setenv("GRIDWARD_STATUS_KEY_FILE", str(tmp_path / "missing.key"))
    assert gridward("load", "camera-status", signed)[0] == 2
    monkeypatch.delenv("GRIDWARD_STATUS_KEY_FILE")
    code, _, err = gridward("load", "camera-status", signed, "--signature", signed.with_name("states.csv.sig"))
    assert code == 2
    assert "GRIDWARD_STATUS_KEY_FILE" in err


def test_a_state_of_days_to_come_is_a_refused_row(gridward, camera, tmp_path):
    (tmp_path / "states.csv").write_text(HEAD + "P1,no,,,2090-05-03T00:00:00Z\n", encoding="utf-8")
    code, _, err = gridward("load", "camera-status", tmp_path / "states.csv")
    assert code == 2
    assert "lies in the future" in err

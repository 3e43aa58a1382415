"""Settings: where they come from, what does not fit, and what may listen to a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.errors import InvalidInputError
from services.http_settings import HttpSettings, is_loopback
from services.settings import GROUPS, DatabaseSettings, Settings, database_urls
from services.settings_group import PREFIX


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_every_setting_has_a_description_and_a_name_of_its_own():
    names = [name for group in GROUPS for name in group.model_fields]
    assert len(names) == len(set(names))
    undescribed = [name for group in GROUPS for name, field in group.model_fields.items() if not field.description]
    assert undescribed == []


def test_defaults_are_a_private_database_and_this_machine_only():
    settings = Settings.read()
    assert settings.database.home == Path(".gridward")
    assert settings.database.database_url is None
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8000)
    assert settings.access.publish_alone is False


def test_read_takes_the_environment_and_options_win(monkeypatch):
    monkeypatch.setenv("GRIDWARD_PORT", "9000")
    monkeypatch.setenv("GRIDWARD_LOG_LEVEL", "WARNING")
    assert Settings.read().http.port == 9000
    assert Settings.read(port=9001, host=None).http.port == 9001
    assert Settings.read().logs.log_level == "warning"


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", "")
    assert Settings.read().database.database_url is None


def test_a_value_that_does_not_fit_names_its_variable(monkeypatch):
    monkeypatch.setenv("GRIDWARD_PORT", "eighty")
    with pytest.raises(InvalidInputError, match="GRIDWARD_PORT") as caught:
        Settings.read()
    assert caught.value.fields["setting"] == "GRIDWARD_PORT"


def test_an_unknown_option_is_a_mistake_of_ours():
    with pytest.raises(TypeError, match="no such setting: prot"):
        Settings.read(prot=1)


def test_passwords_do_not_show_in_the_settings_own_text(monkeypatch):
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", "postgresql://gridward:swordfish@db/gridward")
    assert "swordfish" not in repr(Settings.read())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback_may_be_bound_in_the_clear(host):
    assert is_loopback(host)
    HttpSettings(host=host).require_safe_binding()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "gridward.example"])
def test_a_network_address_needs_tls_or_a_proxy(host, tmp_path):
    with pytest.raises(InvalidInputError, match="Refusing to listen") as caught:
        HttpSettings(host=host).require_safe_binding()
    assert "GRIDWARD_BEHIND_PROXY" in caught.value.fields["remedy"]
    HttpSettings(host=host, behind_proxy=True).require_safe_binding()
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("x")
    HttpSettings(host=host, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem").require_safe_binding()


def test_half_a_tls_pair_or_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="both"):
        HttpSettings(tls_cert=tmp_path / "cert.pem").require_safe_binding()
    with pytest.raises(InvalidInputError, match="no file"):
        HttpSettings(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem").require_safe_binding()


def test_cookies_are_secure_where_browsers_use_tls():
    assert not HttpSettings().secure
    assert HttpSettings(behind_proxy=True).secure


def test_with_a_url_nothing_is_started_and_the_owner_defaults_to_it(tmp_path):
    given = DatabaseSettings(home=tmp_path / "home", database_url="postgresql://a@db/x")
    urls = database_urls(given)
    assert (urls.app, urls.owner) == ("postgresql://a@db/x", "postgresql://a@db/x")
    both = DatabaseSettings(
        home=tmp_path / "home", database_url="postgresql://a@db/x", database_owner_url="postgresql://o@db/x"
    )
    assert database_urls(both).owner == "postgresql://o@db/x"
    assert not (tmp_path / "home").exists()


def test_an_owner_url_alone_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="GRIDWARD_DATABASE_URL is not"):
        database_urls(DatabaseSettings(home=tmp_path, database_owner_url="postgresql://o@db/x"))

"""Every setting of Gridward, in groups by concern; read once, at the edge.

Each is an environment variable with the prefix ``GRIDWARD_`` (or a line of a ``.env`` file in the current folder).
Nothing below ``api``, ``cli`` and ``migrations`` reads settings: they take arguments.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode

from gis.errors import InvalidInputError
from gis.grid_patterns import PATTERNS, pattern_for
from services.http_settings import HttpSettings
from services.settings_group import PREFIX, SettingsGroup, Words
from store.cluster import ClusterUrls, PrivateCluster


class DatabaseSettings(SettingsGroup):
    """Where the data live."""

    home: Path = Field(
        default=Path(".gridward"),
        description="Folder for everything Gridward keeps on this machine: the private database, the demo's summary, "
        "uploaded files. Relative to the current folder.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostGIS database to use, as postgresql://user:password@host/name. Without it Gridward runs a "
        "private PostgreSQL of its own under the home folder.",
    )
    database_owner_url: SecretStr | None = Field(
        default=None,
        description="URL of the role that owns the tables, for migrations, bulk loads and backups. "
        "Without it the database URL is used, and the application switches to the role gridward_app by itself.",
    )
    pg_bin: Path | None = Field(
        default=None,
        description="Folder of PostgreSQL's programs (initdb, pg_ctl, pg_dump), when they are in an unusual place.",
    )
    pool_size: int = Field(default=12, ge=1, le=64, description="Database connections that each process keeps.")
    tile_connections: int = Field(
        default=4, ge=1, le=64, description="Further database connections that each process keeps for map tiles."
    )
    statement_timeout_s: float = Field(
        default=60.0, gt=0, description="Longest single database statement of a change, a report or a file, in seconds."
    )
    question_timeout_s: float = Field(
        default=20.0,
        gt=0,
        description="Longest single database statement of what is asked while somebody waits, in seconds.",
    )
    tile_timeout_s: float = Field(
        default=10.0, gt=0, description="Longest single database statement of a map tile, in seconds."
    )


class LogSettings(SettingsGroup):
    """What is written to stderr."""

    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="Form of log lines; auto is text on a terminal and JSON otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important lines that are written."
    )

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class AccessSettings(SettingsGroup):
    """Sessions and who may do what alone."""

    session_hours: float = Field(default=12.0, gt=0, le=720, description="How long a sign-in lasts, in hours.")
    link_minutes: float = Field(
        default=60.0, gt=0, le=1440, description="How long a one-time sign-in link may be used, in minutes."
    )
    publish_alone: bool = Field(
        default=False,
        description="Whether the author of a plan or change of areas may publish it without a second person.",
    )
    audit_months: int = Field(
        default=12, ge=6, le=1200, description="How many months the audit trail is kept; six at least."
    )


class JobSettings(SettingsGroup):
    """Long work in the background."""

    job_slots: int = Field(default=1, ge=1, le=64, description="Jobs that one worker process runs at a time.")
    job_stalled_s: float = Field(
        default=30.0,
        ge=5,
        description="After this many seconds without a sign of life a job is given to another worker.",
    )
    jobs_in_server: bool = Field(
        default=True,
        description="Whether the server runs queued jobs too. Turn it off where `gridward worker` processes do.",
    )


class CaseSettings(SettingsGroup):
    """Reports and their numbers."""

    time_zone: str = Field(
        default="UTC",
        description="Time zone of the territory, such as Asia/Shanghai: decides the month that a report belongs to "
        "and that its number begins with, and when a day of areas and plans begins.",
    )
    contact_key_file: Path | None = Field(
        default=None,
        description="File with the key (32 characters or more) that reporters' contacts are encrypted with. Without it "
        "Gridward makes contact.key in its home folder; a backup of the database without the key opens no contact.",
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"'{value}' is no known time zone; give a name such as Asia/Shanghai") from error
        return value


class OutboundSettings(SettingsGroup):
    """Mail and webhooks."""

    smtp_host: str | None = Field(default=None, description="Mail server that notices to offices are handed to.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the way to the mail server is encrypted; a server that can't do it gets no mail.",
    )
    smtp_user: str | None = Field(default=None, description="Name to sign in to the mail server with.")
    smtp_password: SecretStr | None = Field(default=None, description="Password for it.")
    mail_from: str = Field(default="gridward@localhost", description="Sender of mail.")
    webhook_hosts: Words = Field(
        default=(),
        description="Hosts and networks, apart by commas, that webhooks may go to although they are not public, such "
        "as `desk.city.lan, 10.20.0.0/16`. Without it webhooks go to public addresses only.",
    )
    outbound_ca_file: Path | None = Field(
        default=None, description="File with further certificate authorities that mail server and webhooks may have."
    )

    @model_validator(mode="after")
    def _no_open_password(self) -> Self:
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("a password is not sent without encryption; set GRIDWARD_SMTP_SECURITY")
        return self


class CameraSettings(SettingsGroup):
    """States of cameras that come from another network."""

    status_key_file: Path | None = Field(
        default=None,
        description="File with the key (64 hexadecimal digits or more) that signs camera states coming through a "
        "one-way gate. With it `gridward load camera-status` takes signed files only.",
    )


class PlanSettings(SettingsGroup):
    """How plans are made."""

    grid_codes: Annotated[dict[str, str], NoDecode] = Field(
        default={},
        description="Pattern of new grid codes by grid kind, as JSON: an object number of six digits or none, the word "
        "area (grid for micro and ten_household, whose codes go on from their grid's), a capital or none, and the "
        'digits of the serial (2 to 6), such as {"household": "area 2", "police": "010203 area 2", "micro": '
        '"grid M 2"}. '
        f"Kinds that are not named keep the usual pattern: {', '.join(f'{k} {p}' for k, p in PATTERNS.items())}. Cells "
        "and waters take a longer serial where an area has more of them than it holds.",
    )

    @field_validator("grid_codes", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError('it is no JSON object such as {"household": "area 2"}') from error

    @field_validator("grid_codes")
    @classmethod
    def _known_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        for kind, pattern in value.items():
            if kind not in PATTERNS:
                raise ValueError(f"there is no pattern for {kind}; known kinds: {', '.join(PATTERNS)}")
            try:
                pattern_for(kind, pattern)
            except InvalidInputError as error:
                raise ValueError(f"{kind}: {error.message}") from error
        return value


class MapSettings(SettingsGroup):
    """Maps of others under ours."""

    basemaps: str | None = Field(
        default=None,
        description="Maps to draw on, each with its datum: a JSON list, or the path of a file that holds one. "
        "See [Maps to draw on](../how-to/basemaps.md).",
    )


GROUPS: tuple[type[SettingsGroup], ...] = (
    DatabaseSettings,
    HttpSettings,
    LogSettings,
    AccessSettings,
    JobSettings,
    CaseSettings,
    OutboundSettings,
    CameraSettings,
    PlanSettings,
    MapSettings,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All groups together.

    Parameters
    ----------
    database, http, logs, access, jobs, cases, outbound, cameras, plans, maps
        One group each; see the classes for their fields.
    """

    database: DatabaseSettings
    http: HttpSettings
    logs: LogSettings
    access: AccessSettings
    jobs: JobSettings
    cases: CaseSettings
    outbound: OutboundSettings
    cameras: CameraSettings
    plans: PlanSettings
    maps: MapSettings

    @classmethod
    def read(cls, **overrides: object) -> Self:
        """Read the environment.

        Parameters
        ----------
        **overrides
            Values that win over the environment, by field name (a command's options); None is left out.

        Raises
        ------
        InvalidInputError
            A value does not fit; names the variable and what it expects.
        """
        given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
        unknown = given.keys() - {name for group in GROUPS for name in group.model_fields}
        if unknown:
            raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
        try:
            parts = [group(**{name: given[name] for name in group.model_fields if name in given}) for group in GROUPS]
        except ValidationError as error:
            raise _unfit(error) from None
        return cls(*parts)  # type: ignore[arg-type]


def _unfit(error: ValidationError) -> InvalidInputError:
    first = error.errors(include_url=False, include_input=False)[0]
    variable = PREFIX + "_".join(str(step) for step in first["loc"]).upper()
    return InvalidInputError(
        f"The setting {variable} does not fit: {first['msg']}.", setting=variable, remedy="Correct it or unset it."
    )


def database_urls(settings: DatabaseSettings) -> ClusterUrls:
    """Return how to reach the database, starting the private cluster when no URL is set.

    Raises
    ------
    UnavailableError
        The private cluster cannot run here; the message has the remedy.
    InvalidInputError
        An owner URL came without a database URL.
    """
    owner = settings.database_owner_url
    if settings.database_url is not None:
        app = settings.database_url.get_secret_value()
        return ClusterUrls(owner.get_secret_value() if owner else app, app)
    if owner is not None:
        raise InvalidInputError(
            "GRIDWARD_DATABASE_OWNER_URL is set but GRIDWARD_DATABASE_URL is not.",
            setting="GRIDWARD_DATABASE_URL",
            remedy="Set both, or neither to use the private database.",
        )
    return PrivateCluster(settings.home, bin_folder=settings.pg_bin).ensure()


def owner_url() -> str:
    """Return the owner's URL from the environment, for `alembic` run by hand."""
    return database_urls(Settings.read().database).owner

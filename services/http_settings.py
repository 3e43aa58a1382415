"""Settings of how the server is reached, and what it refuses to be reached by."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from pydantic import Field

from gis.errors import InvalidInputError
from services.settings_group import SettingsGroup, Words


class HttpSettings(SettingsGroup):
    """How the server is reached."""

    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Anything but this machine's own addresses needs TLS or a declared proxy.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="TCP port to listen on; 0 takes a free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Server processes.")
    behind_proxy: bool = Field(
        default=False,
        description="Declare that a proxy in front speaks TLS with the browsers and sets X-Forwarded-Proto and -For.",
    )
    proxy_addresses: str = Field(
        default="127.0.0.1",
        description="Addresses of that proxy, comma-separated: only its X-Forwarded headers are believed.",
    )
    server_names: Words = Field(
        default=(),
        description="Names that the server goes by, apart by commas, such as `grid.city.lan` or `*.city.lan`. Requests "
        "by another name are refused then: links in answers repeat the name a request came by. Without it every name "
        "is taken.",
    )
    tls_cert: Path | None = Field(default=None, description="Certificate chain (PEM), to speak TLS without a proxy.")
    tls_key: Path | None = Field(default=None, description="Private key (PEM) of the certificate.")
    metrics_from_anywhere: bool = Field(
        default=False, description="Whether /metrics answers other machines than this one, without signing in."
    )
    most_requests: int = Field(
        default=200,
        ge=1,
        description="Requests that each process works on at a time, event streams aside; others are answered 503.",
    )
    request_timeout_s: float = Field(
        default=70.0,
        gt=0,
        description="Longest time until the answer to a request begins, in seconds; one that takes longer changes "
        "nothing. A proxy in front should wait a little longer.",
    )
    max_body_mb: int = Field(
        default=64,
        ge=1,
        description="Largest request body with files, in megabytes; a document without takes 32 at most.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        description="Where phones reach this page, such as https://grid.example.gov: printed into the codes of plates, "
        "and the beginning of links to sign in by. Without it plates bear the address that the printing browser used.",
    )
    max_photo_mb: int = Field(
        default=20,
        ge=1,
        le=64,
        description="Largest photo of a report, in megabytes; it is made smaller when it is kept.",
    )
    tile_cache_mb: int = Field(
        default=64, ge=0, le=65536, description="Memory for map tiles that each process keeps, in megabytes; 0 is none."
    )

    def require_safe_binding(self) -> None:
        """Refuse to offer sessions and reports to a network in the clear.

        Raises
        ------
        InvalidInputError
            The address can be reached from outside and neither TLS nor a proxy is declared, or only half of the
            TLS pair is given or readable.
        """
        if (self.tls_cert is None) != (self.tls_key is None):
            raise InvalidInputError(
                "TLS needs both a certificate and its key.",
                tls_cert=str(self.tls_cert or ""),
                tls_key=str(self.tls_key or ""),
                remedy="Set GRIDWARD_TLS_CERT and GRIDWARD_TLS_KEY together.",
            )
        for path in (self.tls_cert, self.tls_key):
            if path is not None and not path.is_file():
                raise InvalidInputError(f"There is no file {path}.", file=str(path), remedy="Correct the TLS setting.")
        if self.tls_cert is None and not self.behind_proxy and not is_loopback(self.host):
            raise InvalidInputError(
                f"Refusing to listen on {self.host}: others on the network could read sign-ins and reports on the way.",
                host=self.host,
                remedy="Set GRIDWARD_TLS_CERT and GRIDWARD_TLS_KEY, or put a proxy with TLS in front and set "
                "GRIDWARD_BEHIND_PROXY=1, or listen on 127.0.0.1.",
            )

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS, so that cookies can be marked Secure."""
        return self.tls_cert is not None or self.behind_proxy


def is_loopback(host: str) -> bool:
    """Whether an address is reachable from this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

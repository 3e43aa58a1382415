"""Signed webhooks: one POST, to an address that was looked at before, without following anything.

Where a webhook may go: to public addresses by https. A host or network that the setting names may be inside, and by
http. Link-local, multicast and unspecified addresses (where clouds keep their secrets) are never asked, and the address
that was checked is the one that is connected to, so that a name can't change its mind in between.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gis.errors import InvalidInputError

TIMEOUT_S: Final = 10.0
LONGEST_S: Final = 20.0
LONGEST_TARGET: Final = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """Something could not be delivered; the words are for the ledger."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature header of a body sent at a time.

    A receiver computes HMAC-SHA256 over ``"<t>." + body`` with the secret, compares in constant time, and refuses a `t`
    that is old.

    Examples
    --------
    >>> sign("secret", 1700000000, b"{}")[:23]
    't=1700000000,v1=b8569b7'
    """
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def check_target(target: str, inside: Sequence[str] = ()) -> SplitResult:
    """Read the address of a webhook.

    Parameters
    ----------
    target : str
    inside : sequence of str
        Hosts and networks that may be asked although they are not public.

    Raises
    ------
    InvalidInputError
        It is no https URL (http for hosts named in `inside`), or holds a name or password.
    """
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError as error:
        raise InvalidInputError("This is no URL.", field="target") from error
    host = parts.hostname or ""
    plain_allowed = parts.scheme == "http" and _named(host, inside)
    if not host or len(target) > LONGEST_TARGET or (parts.scheme != "https" and not plain_allowed) or port == 0:
        raise InvalidInputError(
            "A webhook has an https URL; http only to hosts that GRIDWARD_WEBHOOK_HOSTS names.", field="target"
        )
    if parts.username is not None or parts.password is not None or parts.fragment or not target.isprintable():
        raise InvalidInputError("The URL of a webhook holds no name, password or fragment.", field="target")
    address = _address(host)
    if address is not None and not _may_ask(address, host, inside):
        raise InvalidInputError(
            "This address is not public; name it in GRIDWARD_WEBHOOK_HOSTS to allow it.", field="target", host=host
        )
    return parts


def post(
    target: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    inside: Sequence[str] = (),
    ca_file: str | None = None,
) -> int:
    """Send one POST and return the status; nothing of the answer's body is read, no redirect is followed.

    Raises
    ------
    OutboundError
        The address may not be asked, or did not answer in time.
    """
    try:
        parts = check_target(target, inside)
    except InvalidInputError as error:
        raise OutboundError(error.message) from error
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(host, port, inside)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with socket.create_connection((str(address), port), timeout=TIMEOUT_S) as plain:
            # whoever drips an answer byte by byte is cut off
            watch = threading.Timer(LONGEST_S, _cut, (plain,))
            watch.start()
            try:
                line = plain if parts.scheme == "http" else _wrapped(plain, host, ca_file)
                return _ask(line, host, path, body, {**headers, "Host": parts.netloc})
            finally:
                watch.cancel()
    except (OSError, http.client.HTTPException) as error:
        raise OutboundError(f"{type(error).__name__}: {error}") from error


def _wrapped(plain: socket.socket, host: str, ca_file: str | None) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context.wrap_socket(plain, server_hostname=host)


def _ask(line: socket.socket, host: str, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT_S)
    connection.sock = line
    try:
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def resolve(host: str, port: int, inside: Sequence[str] = ()) -> Address:
    """Return the address of a host that may be asked.

    Raises
    ------
    OutboundError
        It has none, or one of them may not be asked.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutboundError(f"The host {host} is not known.") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses:
        raise OutboundError(f"The host {host} has no address.")
    for address in addresses:
        if not _may_ask(address, host, inside):
            raise OutboundError(f"{host} leads to {address}, which is not public and not allowed by the settings.")
    return addresses[0]


def _may_ask(address: Address, host: str, inside: Sequence[str]) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or _named(host, inside) or _within(address, inside)


def _named(host: str, inside: Sequence[str]) -> bool:
    address = _address(host)
    return host.lower() in {name.lower() for name in inside} or (address is not None and _within(address, inside))


def _within(address: Address, inside: Sequence[str]) -> bool:
    for name in inside:
        try:
            network = ipaddress.ip_network(name, strict=False)
        except ValueError:
            continue
        if address.version == network.version and address in network:
            return True
    return False


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None

"""Mail to offices by SMTP, encrypted on the way unless the settings say otherwise."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final

from store.outbound.webhooks import OutboundError

TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over.

    Attributes
    ----------
    security : str
        ``starttls``, ``tls`` or ``none``.
    ca_file : str or None
        Further authority whose certificates are trusted.
    """

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None


def send(server: MailServer, to: str, subject: str, text: str) -> None:
    """Send one mail.

    Raises
    ------
    OutboundError
        The server can't be reached, doesn't encrypt though it must, or refuses.
    """
    message = EmailMessage()
    message["From"], message["To"] = server.sender, to
    message["Subject"] = " ".join(subject.split())
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="gridward")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _open(server) as line:
            if server.user is not None:
                line.login(server.user, server.password or "")
            line.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise OutboundError(f"{type(error).__name__}: {error}") from error


def _open(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(server.ca_file)
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    line = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    if server.security == "starttls":
        try:
            line.starttls(context=context)
        except BaseException:
            line.close()
            raise
    return line

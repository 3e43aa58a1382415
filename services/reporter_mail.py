"""Mail to whoever left an address: their case was closed or refused, and a link to say what they think of it.

The address stays sealed beside the case until the moment of sending: no queue, no ledger and no log holds it. What a
worker that died was about to send comes again, so somebody may be told twice, never not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from casework.machine import window
from services.access import record
from services.cases import links
from services.catalogue import item_names
from services.notifications import is_mailbox
from store.database import case_reporters as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.trail import Doing
from store.outbound import mail
from store.outbound.mail import MailServer
from store.outbound.webhooks import OutboundError

BACKOFF: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 600, 3600, 6 * 3600, 24 * 3600))
"""How long after each failed try the next one comes; after the last it is given up."""
LEASE: Final = timedelta(minutes=2)
A_ROUND: Final = 100
ENDS: Final = {"CLOSED": ("is closed", "已结案"), "REJECTED": ("was not taken up", "不予受理")}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReporterMail:
    """What telling reporters needs.

    Attributes
    ----------
    server : MailServer
    base_url : str
        Where the page is reached, without a slash at its end.
    key : callable
        Returns what contacts are sealed with; asked only when somebody is to be told.
    """

    server: MailServer
    base_url: str
    key: Callable[[], str]


def tell_due(database: Database, told_by: ReporterMail, *, now: datetime) -> int:
    """Tell whoever is to be told by now; return how many tries were made.

    Parameters
    ----------
    database : Database
    told_by : ReporterMail
    now : datetime
    """
    for done in range(A_ROUND):
        with database.work(Actor.system(), Doing("reporter taken", asks=True)) as work:
            job = sql.take_to_tell(work.session, now, now + LEASE, most=len(BACKOFF) + 1)
        if job is None:
            return done
        address, token = _address_and_link(database, told_by, job, now)
        with database.work(Actor.system()) as work:
            names = item_names(work, job.item, job.item_code, job.territory_id)
        failure = _send(told_by, address, job, token, names) if address else ""
        with database.work(Actor.system(), Doing("reporter told", asks=True)) as work:
            last = not failure or job.tries > len(BACKOFF)
            sql.tell_again(work.session, (job.month, job.id), None if last else now + BACKOFF[job.tries - 1])
        if failure:
            _log.warning(
                "a reporter could not be told", extra={"no": job.no, "tries": job.tries, "note": failure[:200]}
            )
    return A_ROUND


def _address_and_link(database: Database, told_by: ReporterMail, job: Any, now: datetime) -> tuple[str, str]:  # noqa: ANN401
    """Open the contact, on the record; nothing for a telephone number, or where the case went on meanwhile."""
    if job.state != job.tell:
        return "", ""
    with database.work(Actor.system(), Doing("reporter told")) as work:
        found = sql.open_contact(work.session, (job.month, job.id), secret=told_by.key())
        if found is None or not is_mailbox(found.contact):
            return "", ""
        record(work, "contact.mail", job.no)
        return found.contact, links.issue(work, job.no, now=now, lasts=window(job.state))


def _send(told_by: ReporterMail, address: str, job: Any, token: str, names: tuple[str, str]) -> str:  # noqa: ANN401
    """Send one mail; return why it failed, or nothing."""
    subject, text = words(job.no, names, job.state, f"{told_by.base_url}/#/follow/{token}")
    try:
        mail.send(told_by.server, address, subject, text)
    except OutboundError as error:
        # what a server answers may repeat the address
        return str(error).replace(address, "…")
    return ""


def words(no: str, names: tuple[str, str], state: str, link: str) -> tuple[str, str]:
    """Return subject and text, in English and Chinese; `names` call what was reported in both.

    Examples
    --------
    >>> words("2026-11-000001", ("Pothole", "路面坑洞"), "CLOSED", "https://grid.example/#/follow/t")[0]
    '2026-11-000001 is closed / 已结案'
    """
    en, zh = ENDS[state]
    days = window(state).days
    text = (
        f"What you reported ({no}, {names[0]}) {en}.\n"
        f"Look at it, rate it, or say that it is not right, within {days} days and once:\n{link}\n\n"
        f"您上报的事项（{no}，{names[1]}）{zh}。\n"
        f"请在 {days} 天内通过上面的链接查看、评价或提出异议（仅限一次）。\n\n"
        "This address is erased when the case is put away. / 案件归档后，您的邮箱地址将被删除。\n"
    )
    return f"{no} {en} / {zh}", text

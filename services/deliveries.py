"""Bringing notices to where else they go: each try is in the ledger, failed ones come again, later each time.

A delivery is taken for a while (a lease) and sent outside any transaction; a worker that dies with it leaves it to the
next one. So a receiver may get one twice, never none: its id is in the header.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from casework.machine import machine
from services.cases.contacts import contact_key
from services.notifications import TEST, with_names
from services.reporter_mail import ReporterMail
from services.settings import OutboundSettings, Settings
from store.database import notifications as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.trail import Doing
from store.outbound import mail, plugins, webhooks
from store.outbound.mail import MailServer
from store.outbound.webhooks import OutboundError

BACKOFF: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 6 * 3600, 24 * 3600))
"""How long after each failed try the next one comes; after the last it is given up."""
LEASE: Final = timedelta(minutes=2)
A_ROUND: Final = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outbound:
    """How notices leave the house.

    Attributes
    ----------
    mail : MailServer or None
        None where none is set: mail then fails with words that say so.
    inside : tuple of str
        Hosts and networks that webhooks may go to although they are not public.
    ca_file : str or None
        Further authority whose certificates are trusted.
    reporters : ReporterMail or None
        How whoever reported is told; None without a mail server, or without a public address that a link could have.
    zone : str
        Of the territory: mail and plug-ins say hours by its clock.
    """

    mail: MailServer | None = None
    inside: tuple[str, ...] = ()
    ca_file: str | None = None
    reporters: ReporterMail | None = None
    zone: str = "UTC"


def outbound_of(settings: Settings) -> Outbound:
    """Build what the settings say."""
    server = _mail_server(settings.outbound)
    base_url, home, named = settings.http.public_url, settings.database.home, settings.cases.contact_key_file
    reporters = None
    if server is not None and base_url is not None:
        reporters = ReporterMail(server, base_url.rstrip("/"), lambda: contact_key(home, named))
    ca_file = str(settings.outbound.outbound_ca_file) if settings.outbound.outbound_ca_file else None
    return Outbound(server, settings.outbound.webhook_hosts, ca_file, reporters, settings.cases.time_zone)


def _mail_server(settings: OutboundSettings) -> MailServer | None:
    ca_file = str(settings.outbound_ca_file) if settings.outbound_ca_file else None
    server = None
    if settings.smtp_host is not None:
        password = settings.smtp_password
        server = MailServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.mail_from,
            settings.smtp_security,
            settings.smtp_user,
            None if password is None else password.get_secret_value(),
            ca_file,
        )
    return server


def deliver(database: Database, outbound: Outbound, *, now: datetime) -> int:
    """Queue what is new and send what is due; return how many tries were made."""
    with database.work(Actor.system(), Doing("notices spread", asks=True)) as work:
        sql.spread(work.session, now)
    for done in range(A_ROUND):
        with database.work(Actor.system(), Doing("notice taken", asks=True)) as work:
            job = sql.take(work.session, now, now + LEASE)
            facts = with_names(work, [(job.facts, job.territory_id)])[0] if job is not None else {}
        if job is None:
            return done
        started = perf_counter()
        status, note = _try(job, facts, outbound)
        took = round((perf_counter() - started) * 1000)
        with database.work(Actor.system(), Doing("notice delivered", asks=True)) as work:
            _conclude(work.session, job, status, note, took, now)
    return A_ROUND


def _try(job: Any, facts: dict[str, Any], outbound: Outbound) -> tuple[int | None, str]:  # noqa: ANN401 - a row
    """Send one notice; return the status and, where it failed, why."""
    try:
        if job.channel == "webhook":
            status = _post(job, facts, outbound)
            return status, "" if 200 <= status < 300 else f"answered {status}"
        if job.channel == "mail":
            if outbound.mail is None:
                return None, "No mail server is set (GRIDWARD_SMTP_HOST)."
            mail.send(outbound.mail, job.target, *words(job.kind, facts, outbound.zone))
        else:
            plugins.send(job.channel, job.target, "\n".join(words(job.kind, facts, outbound.zone)), facts)
    except OutboundError as error:
        return None, str(error)
    return None, ""


def _post(job: Any, facts: dict[str, Any], outbound: Outbound) -> int:  # noqa: ANN401 - a row
    body = orjson.dumps(
        {"id": job.notification_id, "kind": job.kind, "at": job.at, "role": job.role, "facts": facts},
        option=orjson.OPT_UTC_Z,
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Gridward",
        "Gridward-Event": job.kind,
        "Gridward-Delivery": str(job.id),
        "Gridward-Signature": webhooks.sign(job.secret, int(datetime.now(UTC).timestamp()), body),
    }
    return webhooks.post(job.target, body, headers, inside=outbound.inside, ca_file=outbound.ca_file)


def _conclude(session: Any, job: Any, status: int | None, note: str, took_ms: int, now: datetime) -> None:  # noqa: ANN401 - a row
    ok = not note
    sql.note_try(
        session,
        {
            "delivery_id": job.id, "seq": job.tries, "at": now, "ok": ok, "status": status, "note": note[:500],
            "took_ms": took_ms,
        },
    )  # fmt: skip
    if ok:
        sql.conclude(session, job.id, "sent", None, now)
    elif job.tries > len(BACKOFF):
        sql.conclude(session, job.id, "given_up", None, now)
        _log.warning("notice given up", extra={"delivery_id": str(job.id), "tries": job.tries, "note": note[:200]})
    else:
        sql.conclude(session, job.id, "queued", now + BACKOFF[job.tries - 1], None)


def _item(facts: dict[str, Any]) -> str:
    """Return what a case is about: as the catalogue calls it, in both languages, else as it was reported."""
    names = dict.fromkeys(str(facts[name]) for name in ("item_en", "item_zh") if facts.get(name))
    return " ".join(names) or str(facts.get("item", ""))


_BEYOND: Final = {
    "deadlock": ("joint call not settled in time", "吹哨逾期未处置"),
    "task_report_in": ("reported in", "报到"),
    "task_done": ("task done", "任务办结"),
    "task_sign": ("task signed off", "任务签认"),
    "task_rate": ("task rated", "任务评价"),
    "task_cancel": ("task called off", "任务取消"),
}
"""Steps that the state table does not hold, in English and Chinese."""


def _plain(code: str) -> str:
    return code.lower().replace("_", " ")


def _hour(moment: object, zone: str) -> str:
    """Return when something is due, by the clock on the wall of whoever reads it."""
    if not moment:
        return ""
    return datetime.fromisoformat(str(moment)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def words(kind: str, facts: dict[str, Any], zone: str = "UTC") -> tuple[str, str]:
    """Return subject and text of a notice, in English and Chinese; hours are those of `zone`.

    Examples
    --------
    >>> words("clock", {"no": "2026-11-000001", "state": "IN_PROGRESS", "percent": 100, "item": "Pothole"})[0]
    '2026-11-000001: 100 % of its limit (in progress 处置)'
    """
    state = str(facts.get("state", ""))
    zh = str(machine().states.get(state, {}).get("zh", ""))
    no, item = str(facts.get("no", "")), _item(facts)
    if kind == "clock":
        percent = facts.get("percent", 100)
        subject = f"{no}: {percent} % of its limit ({_plain(state)} {zh})"
        text = f"{item}\n\nThe limit is reached by {percent} %. 案件时限已用 {percent} %。\n"
        return subject, f"{text}Due 到期: {_hour(facts.get('due_at'), zone)}\n"
    if kind == TEST:
        return "Gridward: a test 测试", "This place is told of cases. 本地址接收案件通知。\n"
    action = str(facts.get("action", ""))
    row = machine().actions.get(action)
    en, said = _BEYOND.get(action, (_plain(action), row.zh if row else ""))
    subject = f"{no}: {en} ({said} → {zh})"
    return subject, f"{item}\n\nA step was taken on a case that concerns you. 与您有关的案件有新进展。\n"

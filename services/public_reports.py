"""Reports of anybody who scans a plate: no account, so little is asked, little is told, and doors are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from casework.masking import mask_personal_numbers
from gis.errors import InvalidInputError
from services import catalogue, media
from services.cases import contacts, links
from services.catalogue import ItemView
from services.incidents import DESCRIPTION_LENGTH, Report, register
from services.locate import Place, metres_between
from services.nearest_staff import StreetGraphs
from services.plates import PlateView, get_plate
from store.database.work import UnitOfWork

CHANNEL: Final = "plate"
STRAY_M: Final = 500.0
"""A phone that says it is farther from the plate than this is wrong, or the code was sent to somebody."""
MOST_ACCURACY_M: Final = 200.0
ITEM_WORDS: Final = 60


@dataclass(frozen=True, slots=True)
class PlatePage:
    """What the page behind a plate shows: where one is, and what may be reported."""

    plate: PlateView
    items: list[ItemView]


@dataclass(frozen=True, slots=True)
class PublicReport:
    """What somebody sends from the page of a plate.

    Attributes
    ----------
    item_code : str or None
        Of the catalogue, from those that the public may choose.
    description : str
    photo : bytes or None
    position : (lon, lat, accuracy in metres) or None
        Of the phone; taken only near the plate.
    language : str
    contact : str or None
        How to reach whoever reports, if they want to be told.
    """

    item_code: str | None
    description: str
    photo: bytes | None = None
    position: tuple[float, float, float] | None = None
    language: str = "zh"
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What the sender is told: the number, whether it is new, and the key of a page that shows what becomes of it."""

    fresh: bool
    no: str
    follow: str | None


def read_page(work: UnitOfWork, code: str) -> PlatePage:
    """Return what the page of a plate shows.

    Raises
    ------
    NotFoundError, PlateWithdrawnError
    """
    plate = get_plate(work, code)
    return PlatePage(plate, catalogue.list_items(work, territory=plate.territory_id, public=True))


def take(
    work: UnitOfWork,
    graphs: StreetGraphs,
    code: str,
    sent: PublicReport,
    *,
    key: str,
    now: datetime,
    contact_key: str,
    time_zone: str = "UTC",
) -> Received:
    """Take a report in from the page of a plate.

    Parameters
    ----------
    work : UnitOfWork
        Of the system: nobody is signed in.
    graphs : StreetGraphs
    code : str
        As scanned or typed.
    sent : PublicReport
    key : str
        Of the sender; a repeat changes nothing.
    now : datetime
    contact_key : str
        What a contact is sealed with.
    time_zone : str

    Raises
    ------
    NotFoundError, PlateWithdrawnError
        No such plate.
    InvalidInputError
        It says nothing, names an item that the public can't choose, or the photo is none.
    """
    plate = get_plate(work, code)
    description = sent.description.strip()
    if len(description) > DESCRIPTION_LENGTH:
        raise InvalidInputError(f"The description has at most {DESCRIPTION_LENGTH} characters.", field="description")
    report = Report(
        _place(plate, sent),
        _item(work, plate, sent, description),
        description,
        CHANNEL,
        item_code=sent.item_code,
    )
    taken = register(work, graphs, report, key=f"{plate.code}:{key}", now=now, time_zone=time_zone)
    no = taken.incident.no
    if not taken.fresh:
        # the first answer may be lost on its way, and only its key's digest is kept: a repeat gets a new one
        return Received(False, no, links.issue(work, no, now=now))
    if sent.photo is not None:
        photo = media.take_in(work, sent.photo, stage="before")
        media.attach(work, taken.incident.month, taken.incident.id, [photo.id])
    if sent.contact:
        contacts.keep_contact(work, no, sent.contact, key=contact_key, now=now)
    return Received(True, no, links.issue(work, no, now=now))


def _item(work: UnitOfWork, plate: PlateView, sent: PublicReport, description: str) -> str:
    if sent.item_code is None:
        if not description:
            raise InvalidInputError("Say what is wrong, or choose what it is about.", field="description")
        # the words of an item are not masked later, so they are here
        return mask_personal_numbers(description.splitlines()[0])[:ITEM_WORDS]
    found = catalogue.find_item(work, sent.item_code, plate.territory_id)
    if found is None or not found.public:
        raise InvalidInputError("This can't be reported here; choose from the list.", field="item_code")
    return (found.name_en if sent.language == "en" else found.name_zh) or found.name_zh or found.name_en


def _place(plate: PlateView, sent: PublicReport) -> Place:
    if sent.position is not None and plate.lon is not None and plate.lat is not None:
        lon, lat, accuracy = sent.position
        near = metres_between((lon, lat), (plate.lon, plate.lat)) <= STRAY_M
        # a plate of a grid hangs somewhere in it: there the phone knows better; at a place or camera the plate does
        if near and accuracy <= MOST_ACCURACY_M and plate.kind == "grid":
            return Place(lon, lat, accuracy_m=accuracy)
    return Place(plate=plate.code)

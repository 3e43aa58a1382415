"""The catalogue changed item by item: each change is a version of its own, so a case can still tell its rule."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

from casework.catalogue import AREA_CLASSES, Phase, read_list, read_phases, search_terms
from casework.masking import control_sign
from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from services.access import record
from services.catalogue import ItemView, items_of
from store.database import catalogue as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

EDITORS: Final = ("system_administrator", "shift_leader", "planner")
USUAL_TITLE: Final = "catalogue"
_LIMITS: Final = {f"limit_{number}": number for number in AREA_CLASSES}
_YES_OR_NO: Final = ("urgent", "self_handling", "public")
_YES, _NO = ("yes", "true", "1", "是"), ("no", "false", "0", "否")
_AMONG: Final[Mapping[str, tuple[object, ...]]] = {
    "kind": ("event", "component"),
    "severity": ("minor", "major", "critical"),
    "difficulty": (1, 2, 3, 4, 5),
}
_CODE: Final = re.compile(r"[^\s/*]{1,40}")
_CLASS_NAMES: Final = ("class_zh", "class_en")


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item as a form sends it.

    Attributes
    ----------
    class_zh, class_en : str
        Empty where the class has its names already.
    limits : mapping of int to str
        Class of area to the words of its limits, such as ``"make safe 3 紧急工作时; repair 5 工作日"``.
    """

    class_code: str
    kind: str = "event"
    class_zh: str = ""
    class_en: str = ""
    name_zh: str = ""
    name_en: str = ""
    filing_zh: str = ""
    filing_en: str = ""
    closing_zh: str = ""
    closing_en: str = ""
    severity: str = "minor"
    difficulty: int = 1
    urgent: bool = False
    self_handling: bool = False
    public: bool = True
    synonyms: tuple[str, ...] = ()
    limits: Mapping[int, str] | None = None


FIELDS: Final = (*(each.name for each in fields(ItemDraft) if each.name != "limits"), *_LIMITS)
"""What can be said of an item, under the names that a file's columns have."""


def read_draft(known: ItemView | None, words: Mapping[str, str]) -> ItemDraft:
    """Return an item as it stands, with some fields said anew in words, under the names that a file's columns have.

    Parameters
    ----------
    known : ItemView or None
        None for a new item.
    words : mapping of str to str
        Such as ``{"name_zh": "井盖缺失", "limit_1": "4 工作时", "urgent": "yes", "synonyms": "窨井盖; manhole"}``; an
        empty limit takes the limits for that class of areas away.

    Raises
    ------
    InvalidInputError
        With the ``field`` that there is not, or that makes no sense.
    """
    values: dict[str, Any] = (
        {} if known is None else {each.name: getattr(known, each.name, None) for each in fields(ItemDraft)}
    )
    limits = {} if known is None else {number: _limit_words(known.limits, number) for number in AREA_CLASSES}
    readers: dict[str, Callable[[str, str], Any]] = {
        **dict.fromkeys(_YES_OR_NO, _yes_or_no), "difficulty": _whole, "synonyms": _several,
    }  # fmt: skip
    for name, said in words.items():
        if name in _LIMITS:
            limits[_LIMITS[name]] = said
        elif name in {each.name for each in fields(ItemDraft)} - {"limits"}:
            values[name] = readers[name](name, said) if name in readers else said.strip()
        else:
            raise InvalidInputError(f"An item has no field '{name[:40]}'.", field=name[:40], known=FIELDS)
    if not values.get("class_code"):
        raise InvalidInputError("A new item needs the code of its class.", field="class_code")
    return ItemDraft(**{**values, "limits": limits})


def _limit_words(limits: Sequence[Phase], area_class: int) -> str:
    own = sorted((one for one in limits if one.area_class == area_class), key=lambda one: one.seq)
    return "; ".join(f"{one.name} {one.limit}".strip() for one in own)


def _yes_or_no(name: str, said: str) -> bool:
    word = said.strip().casefold()
    if word not in (*_YES, *_NO):
        raise InvalidInputError(f"Say yes or no for '{name}'.", field=name)
    return word in _YES


def _several(_name: str, said: str) -> tuple[str, ...]:
    return read_list(said)


def _whole(name: str, said: str) -> int:
    if not said.strip().isdecimal():
        raise InvalidInputError(f"'{name}' is a whole number.", field=name)
    return int(said)


def save_item(
    work: UnitOfWork, code: str, draft: ItemDraft, *, version: int, territory: UUID | str | None = None
) -> tuple[ItemView, int]:
    """Add an item, or put another in its place, in a new version; cases keep the limits they were opened with.

    Parameters
    ----------
    work : UnitOfWork
    code : str
    draft : ItemDraft
    version : int
        Of the catalogue that the caller saw; 0 where there was none.
    territory : UUID, str or None

    Returns
    -------
    (ItemView, int)
        The item, and the version that holds now; the same as before where nothing changed.

    Raises
    ------
    StaleRevisionError
        Somebody else made a version meanwhile.
    InvalidInputError
        With the ``field`` that is wrong.
    """
    place, before = _opened(work, version, territory)
    made = _item(code, draft, before)
    known = before.get(code)
    if known == made:
        return made, version
    changed = [
        each.name for each in fields(made) if known is None or getattr(known, each.name) != getattr(made, each.name)
    ]
    details = {"changed": [name for name in changed if name != "terms"]} if known else {"added": True}
    return made, _write(work, place, _with(before, made), "catalogue.item-save", {"item": code, **details})


def retire_item(work: UnitOfWork, code: str, *, version: int, territory: UUID | str | None = None) -> int:
    """Leave an item out of the next version; what was reported under it stays as it is. Returns the version.

    Raises
    ------
    NotFoundError
        The catalogue has no such item.
    StaleRevisionError
        Somebody else made a version meanwhile.
    """
    place, before = _opened(work, version, territory)
    if code not in before:
        raise NotFoundError(f"The catalogue has no item {code[:40]}.", item=code[:40])
    rest = {known: item for known, item in before.items() if known != code}
    return _write(work, place, rest, "catalogue.item-retire", {"item": code})


def _opened(work: UnitOfWork, version: int, territory: UUID | str | None) -> tuple[UUID, dict[str, ItemView]]:
    """Return territory and items once it is this caller's turn; two editors never write over each other."""
    work.actor.require(*EDITORS)
    work.actor.require_everywhere()
    place = find_territory(work.session, territory).id
    sql.lock_versions(work.session, place)
    newest = sql.newest(work.session, place)
    now = 0 if newest is None else int(newest.version)
    if now != version:
        raise StaleRevisionError(
            "The catalogue was changed since you read it; look at the present version first.", current={"version": now}
        )
    return place, items_of(work, None if newest is None else newest.id)


def _item(code: str, draft: ItemDraft, known: Mapping[str, ItemView]) -> ItemView:
    words = {each.name: getattr(draft, each.name) for each in fields(draft) if each.name not in ("limits", "synonyms")}
    texts = {name: " ".join(value.split()) for name, value in words.items() if isinstance(value, str)}
    for name, value in {"code": code, **texts}.items():
        control = control_sign(value)
        if control is not None:
            raise InvalidInputError(f"The text holds the control character {control}; remove it.", field=name)
    for name, known_values in _AMONG.items():
        if words[name] not in known_values:
            raise InvalidInputError(f"'{name}' is one of {', '.join(map(str, known_values))}.", field=name)
    for name in ("code", "class_code"):
        if not _CODE.fullmatch(code if name == "code" else texts[name]):
            raise InvalidInputError("A code has 1 to 40 characters, no blanks, '/' or '*'.", field=name)
    if not texts["name_zh"] and not texts["name_en"]:
        raise InvalidInputError("An item has a name.", field="name_zh")
    others = {one.code: one for one in known.values() if one.code != code}
    if any(one.class_code == code for one in others.values()) or texts["class_code"] in {code, *others}:
        raise InvalidInputError("Items and classes have codes of their own.", field="class_code")
    texts |= _class_names(texts, known.get(code), others)
    synonyms = tuple(dict.fromkeys(word for each in draft.synonyms if (word := " ".join(each.split()))))
    named = (texts["name_zh"], texts["name_en"], code, *synonyms)
    return ItemView(
        **{**words, **texts},
        code=code,
        synonyms=synonyms,
        terms=search_terms(named),
        limits=_limits(draft.limits or {}),
    )


def _class_names(texts: Mapping[str, str], now: ItemView | None, others: Mapping[str, ItemView]) -> dict[str, str]:
    """Call a class as its other items do; one that stands alone may be called anew."""
    like = next((one for one in others.values() if one.class_code == texts["class_code"]), None)
    found = {}
    for name in _CLASS_NAMES:
        own = getattr(now, name) if now is not None and now.class_code == texts["class_code"] else ""
        called = (getattr(like, name) if like is not None else "") or texts[name] or own
        if texts[name] and texts[name] != called:
            raise InvalidInputError(
                f"The other items of class {texts['class_code']} call it '{called}'; a class has one name.", field=name
            )
        found[name] = called
    return found


def _limits(words: Mapping[int, str]) -> tuple[Phase, ...]:
    found: list[Phase] = []
    for area_class in AREA_CLASSES:
        said = words.get(area_class, "").strip()
        if not said:
            continue
        try:
            found += read_phases(said, area_class)
        except InvalidInputError as error:
            raise InvalidInputError(error.message, field=f"limit_{area_class}") from error
    if not found:
        raise InvalidInputError("An item has a limit, such as '4 工作时' or '4 work hours'.", field="limit_1")
    return tuple(found)


def _with(before: Mapping[str, ItemView], made: ItemView) -> dict[str, ItemView]:
    """Put an item in its place; a new one after the last of its class."""
    if made.code in before:
        return {**before, made.code: made}
    codes = list(before)
    last = max((place for place, one in enumerate(before.values()) if one.class_code == made.class_code), default=-1)
    codes.insert(last + 1 if last >= 0 else len(codes), made.code)
    return {code: made if code == made.code else before[code] for code in codes}


def _write(
    work: UnitOfWork, place: UUID, items: Mapping[str, ItemView], action: str, details: Mapping[str, Any]
) -> int:
    newest = sql.newest(work.session, place)
    rows = [_row(item) for item in items.values()]
    about = {
        "territory_id": place,
        "title": USUAL_TITLE if newest is None else newest.title,
        "digest": hashlib.sha256(repr(rows).encode()).hexdigest(),
        "loaded_by": work.actor.account_id,
    }
    catalogue_id, version = sql.add_catalogue(work.session, about)
    sql.add_items(work.session, catalogue_id, rows)
    record(work, action, target=str(details["item"]), details={"version": version, **details})
    work.announce("organisation", {}, place)
    return version


def _row(item: ItemView) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    values = {name: getattr(item, name.replace("title_", "name_")) for name in sql.ITEM_COLUMNS}
    limits = [(one.area_class, one.seq, one.name, one.limit.amount, one.limit.unit.value) for one in item.limits]
    return values, limits

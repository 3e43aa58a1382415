"""The catalogue: its items found by any name, who leads for them, and its versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, field_validator

from api.deps import IfMatch, Work
from casework.catalogue import AREA_CLASSES, Phase
from services import catalogue, catalogue_edit, clock_recompute
from services.catalogue_edit import ItemDraft
from store.database.work import UnitOfWork

router = APIRouter(prefix="/api/v1/catalogue", tags=["catalogue"])
Territory = Annotated[UUID | None, Query(description="The only one without it.")]


class PhaseOut(BaseModel):
    """A limit of an item in areas of a class; several phases follow each other."""

    area_class: int
    seq: int
    phase: str
    amount: float
    unit: str


class CatalogueItemOut(BaseModel):
    """An item of the catalogue. `terms` are what it is found by: names, synonyms, pinyin and initials."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind: str
    class_code: str
    class_en: str
    class_zh: str
    name_en: str
    name_zh: str
    filing_en: str
    filing_zh: str
    closing_en: str
    closing_zh: str
    severity: str
    difficulty: int
    urgent: bool
    self_handling: bool
    public: bool
    synonyms: list[str]
    terms: list[str]
    limits: list[PhaseOut]

    @field_validator("limits", mode="before")
    @classmethod
    def _flat(cls, phases: tuple[Phase, ...]) -> list[PhaseOut]:
        """Tell amount and unit of a limit beside the phase that they are of."""
        return [
            PhaseOut(
                area_class=one.area_class, seq=one.seq, phase=one.name, amount=one.limit.amount, unit=one.limit.unit
            )
            for one in phases
        ]


class CatalogueItemsOut(BaseModel):
    """Items in the order of the catalogue, or best first where words were given."""

    version: int | None
    items: list[CatalogueItemOut]


Sentence = Annotated[str, Field(max_length=1000)]
Named = Annotated[str, Field(max_length=200)]
Limits = Annotated[
    str, Field(max_length=500, description="Such as `4 工作时`, `make safe 3 emergency hours; repair 5 work days`.")
]


class CatalogueItemIn(BaseModel):
    """An item to add or to put in place of one; `limit_1` … are limits in areas of a class, phases apart by `;`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["event", "component"] = "event"
    class_code: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\s/*]+$")]
    class_zh: Named = ""
    class_en: Named = ""
    name_zh: Named = ""
    name_en: Named = ""
    filing_zh: Sentence = ""
    filing_en: Sentence = ""
    closing_zh: Sentence = ""
    closing_en: Sentence = ""
    severity: Literal["minor", "major", "critical"] = "minor"
    difficulty: Annotated[StrictInt, Field(ge=1, le=5)] = 1
    urgent: StrictBool = False
    self_handling: StrictBool = False
    public: StrictBool = True
    synonyms: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)] = []
    limit_1: Limits = ""
    limit_2: Limits = ""
    limit_3: Limits = ""
    limit_4: Limits = ""

    def draft(self) -> ItemDraft:
        """Return it as the service takes it."""
        names = [f"limit_{number}" for number in AREA_CLASSES]
        values = self.model_dump(exclude={*names, "synonyms"})
        limits = {number: str(getattr(self, name)) for number, name in zip(AREA_CLASSES, names, strict=True)}
        return ItemDraft(**values, synonyms=tuple(self.synonyms), limits=limits)


class CatalogueItemSaved(BaseModel):
    """An item as it stands, and the version of the catalogue that holds now."""

    item: CatalogueItemOut
    version: int


class CatalogueItemRetired(BaseModel):
    """The version of the catalogue that holds now, without the item."""

    version: int


class CatalogueVersionOut(BaseModel):
    """A version of the catalogue; the highest holds."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    title: str
    file: str
    loaded_at: datetime
    items: int
    classes: int


class CatalogueOut(BaseModel):
    """The catalogue that holds, and all its versions, newest first."""

    current: CatalogueVersionOut | None
    versions: list[CatalogueVersionOut]


class LeadUnitName(BaseModel):
    """A unit by its names."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    name: str


class LeadRuleOut(BaseModel):
    """A unit leads for an item, a class or all (`*`), in an area or everywhere (`*`)."""

    item: str
    area: str
    unit: LeadUnitName


class PairOut(BaseModel):
    """An item and an area."""

    item: str
    area: str


class LeadUnitsOut(BaseModel):
    """Who leads. Every item should have exactly one unit in every area: what has none, or several, is listed."""

    rules: list[LeadRuleOut]
    items: int
    areas: int
    holes: int
    doubles: int
    first_holes: list[PairOut]
    first_doubles: list[PairOut]


class LimitsApplied(BaseModel):
    """How many open clocks came to another result; many are left to a `job`."""

    clocks_moved: int
    job: UUID | None


@router.post("/apply-limits", summary="Have open cases go by this catalogue", operation_id="apply_limits")
def apply_limits(work: Work, territory: Territory = None) -> LimitsApplied:
    """Reckon open clocks by the limits of the catalogue that holds; those they were opened with stay beside."""
    moved, job = clock_recompute.apply_rules(work, now=datetime.now(UTC), territory=territory)
    return LimitsApplied(clocks_moved=moved, job=job)


@router.get("", summary="Versions of the catalogue", operation_id="get_catalogue")
def get_catalogue(work: Work, territory: Territory = None) -> CatalogueOut:
    """Return the catalogue that holds and the versions before it."""
    versions = [CatalogueVersionOut.model_validate(row) for row in catalogue.list_versions(work, territory)]
    return CatalogueOut(current=versions[0] if versions else None, versions=versions)


@router.get(
    "/items",
    summary="Items of the catalogue",
    operation_id="list_catalogue_items",
    response_model=CatalogueItemsOut,
    responses={304: {"description": "Nothing changed since the `ETag` sent as `If-None-Match`."}},
)
def list_items(
    request: Request,
    work: Work,
    *,
    q: Annotated[
        str | None, Query(max_length=100, description="Chinese, pinyin, initials, other languages, or a code.")
    ] = None,
    class_code: Annotated[str | None, Query(alias="class", max_length=20)] = None,
    public: Annotated[bool, Query(description="Only what anybody may report.")] = False,
    limit: Annotated[int, Query(ge=1, le=5000)] = 2000,
    territory: Territory = None,
) -> Response:
    """Return items; all of them without words to search for, so that a page can search by itself."""
    version, etag = _etag(work, territory, (q, class_code, public, limit))
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    found = catalogue.list_items(work, q, territory=territory, class_code=class_code, public=public, limit=limit)
    answer = CatalogueItemsOut(version=version, items=[CatalogueItemOut.model_validate(item) for item in found])
    return Response(answer.model_dump_json(), media_type="application/json", headers=headers)


def _etag(work: UnitOfWork, territory: UUID | None, asked: tuple[object, ...]) -> tuple[int | None, str]:
    versions = catalogue.list_versions(work, territory)
    if not versions:
        return None, '"none"'
    words = "-".join(str(part or "") for part in asked).encode().hex()
    return versions[0].version, f'"{versions[0].id.hex}-{words}"'


@router.get("/items/{code}", summary="One item of the catalogue", operation_id="get_catalogue_item")
def get_item(work: Work, code: str, territory: Territory = None) -> CatalogueItemOut:
    """Return one item of the catalogue that holds."""
    return CatalogueItemOut.model_validate(catalogue.item(work, code, territory))


ItemCode = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[^\s/*]+$")]


@router.put("/items/{code}", summary="Add or change an item", operation_id="save_catalogue_item")
def save_item(
    work: Work, response: Response, code: ItemCode, body: CatalogueItemIn, version: IfMatch, territory: Territory = None
) -> CatalogueItemSaved:
    """Make the next version with this item in it; `If-Match` is the version that was seen, 0 for none."""
    item, now = catalogue_edit.save_item(work, code, body.draft(), version=version, territory=territory)
    response.headers["ETag"] = f'"{now}"'
    return CatalogueItemSaved(item=CatalogueItemOut.model_validate(item), version=now)


@router.delete("/items/{code}", summary="Retire an item", operation_id="retire_catalogue_item")
def retire_item(work: Work, code: ItemCode, version: IfMatch, territory: Territory = None) -> CatalogueItemRetired:
    """Make the next version of the catalogue without this item; cases under it keep their limits."""
    return CatalogueItemRetired(version=catalogue_edit.retire_item(work, code, version=version, territory=territory))


class LeadUnitIn(BaseModel):
    """Who leads for an item or class (`*`: all) in an area (`*`: everywhere); without `unit` nobody is written down."""

    model_config = ConfigDict(extra="forbid")

    item: Annotated[str, Field(min_length=1, max_length=40)]
    area: Annotated[str, Field(min_length=1, max_length=40)]
    unit: UUID | None = None


@router.put("/lead-units", summary="Say who leads", operation_id="set_lead_unit", status_code=204)
def set_lead_unit(work: Work, body: LeadUnitIn, territory: Territory = None) -> None:
    """Have one unit alone lead for an item in an area."""
    catalogue.set_lead_unit(work, body.item, body.area, body.unit, territory=territory)


@router.get("/lead-units", summary="Who leads for which item where", operation_id="list_lead_units")
def list_lead_units(work: Work, territory: Territory = None) -> LeadUnitsOut:
    """Return who leads, and every item without exactly one lead unit in an area."""
    report = catalogue.lead_report(work, territory)
    rules = [
        LeadRuleOut(item=item, area=area, unit=LeadUnitName.model_validate(unit))
        for item, area, unit in catalogue.lead_rules(work, territory)
    ]
    return LeadUnitsOut(
        rules=rules,
        items=report.items,
        areas=report.areas,
        holes=report.holes,
        doubles=report.doubles,
        first_holes=[PairOut(item=item, area=area) for item, area in report.first_holes],
        first_doubles=[PairOut(item=item, area=area) for item, area in report.first_doubles],
    )

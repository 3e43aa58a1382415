"""Read a CQL2 filter: bounds first, then the parser, then every name and type against the collection's fields.

The parser (`cql2`) is written in another language and ends the whole process on text that is nested too deeply, so
length and nesting are bounded before it sees anything. Nothing that it lets through is trusted: what is not on the
lists below is refused.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import cql2
import shapely

from layers.fields import PLACE, Fields, field_of
from layers.filters.literals import geometry_of, moment_of
from layers.filters.model import (
    Among,
    Between,
    Compare,
    CompareOp,
    Filter,
    Flag,
    Folded,
    InvalidFilterError,
    IsNull,
    Join,
    Like,
    Not,
    Property,
    Scalar,
    Span,
    Spatial,
    SpatialOp,
    Temporal,
    TemporalOp,
    Value,
)

Language = Literal["cql2-text", "cql2-json"]

LONGEST: Final = 8192
DEEPEST: Final = 40
MOST_NOTS: Final = 40
LONGEST_CHAIN: Final = 10
"""Operators between two of AND, OR, commas or brackets: ``1 = 1 = 1 …`` and ``- - - 1`` are nested, too."""
_DEEPEST_JSON: Final = 2 * DEEPEST + 10
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_MARKS: Final = re.compile(
    r"(?P<open>\()|(?P<close>\))|(?P<fresh>,|\band\b|\bor\b)"
    r"|(?P<link>(?P<no>\bnot\b)|<>|<=|>=|[<>=+*/%^-]|\b(?:like|in|is|between|div)\b)",
    re.IGNORECASE,
)
_COMPARE: Final = frozenset(get_args(CompareOp))
_SPATIAL: Final = {f"s_{op}": op for op in get_args(SpatialOp)}
_TEMPORAL: Final = {f"t_{op}": op for op in get_args(TemporalOp)}
_ORDERED: Final = ("number", "string", "timestamp")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a filter is read against.

    Attributes
    ----------
    fields : tuple of Field
        What it may name.
    srid : int
        Reference system of its geometries.
    lon_first : bool
        Whether they are x, y although the reference system says otherwise (CRS84).
    """

    fields: Fields
    srid: int = 4326
    lon_first: bool = True


def read_filter(text: str, language: Language, ground: Ground) -> Filter:
    """Read a filter.

    Parameters
    ----------
    text : str
        CQL2 text or JSON.
    language : {"cql2-text", "cql2-json"}
    ground : Ground

    Raises
    ------
    InvalidFilterError

    Examples
    --------
    >>> from layers.fields import FIELDS
    >>> read_filter("households > 50", "cql2-text", Ground(FIELDS["grids"])).op
    '>'
    """
    try:
        tree = _parse(text, language)
    except InvalidFilterError:
        # the standard also writes a quote inside of a text as \', which the parser does not know
        if language != "cql2-text" or "\\'" not in text:
            raise
        tree = _parse(text.replace("\\'", "''"), language)
    return _Reader(ground).filter(tree)


def _parse(text: str, language: Language) -> Any:  # noqa: ANN401 - any JSON
    _check_bounds(text, language)
    try:
        return (cql2.parse_text(text) if language == "cql2-text" else cql2.parse_json(text)).to_json()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of the parser is no Exception; the text is at fault
        reason = " ".join(str(error).split())[:200]
        raise InvalidFilterError(f"The filter is not {language}: {reason}", parameter="filter") from None


def _check_bounds(text: str, language: Language) -> None:
    if len(text) > LONGEST or len(text.encode(errors="replace")) > LONGEST:
        raise InvalidFilterError(f"A filter has at most {LONGEST} bytes.", parameter="filter")
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InvalidFilterError("The filter holds a character that can't be stored.", parameter="filter")
    if language == "cql2-text":
        _check_nesting(_QUOTED.sub("''", text))
    else:
        _check_json(text)


def _check_nesting(plain: str) -> None:
    """Refuse text that the parser would go down into too deeply: by brackets, by NOT, by chains of operators."""
    chains, nots = [0], 0
    for mark in _MARKS.finditer(plain):
        match mark.lastgroup:
            case "open":
                chains.append(0)
            case "close":
                # one bracket too many is for the parser to tell
                chains = chains[:-1] or [0]
            case "fresh":
                chains[-1] = 0
            case _:
                chains[-1] += 1
                nots += mark["no"] is not None
        if len(chains) > DEEPEST + 1 or nots > MOST_NOTS or chains[-1] > LONGEST_CHAIN:
            raise InvalidFilterError(
                f"The filter is nested too deeply: up to {DEEPEST} brackets, {MOST_NOTS} NOTs, and {LONGEST_CHAIN}"
                " operators without AND or OR.",
                parameter="filter",
            )


def _check_json(text: str) -> None:
    """Refuse what is no JSON object, what is nested too deeply, and numbers that are none."""
    depth = 0
    for sign in re.sub(r'"(?:[^"\\]|\\.)*"', '""', text):
        depth += (sign in "[{") - (sign in "]}")
        if depth > _DEEPEST_JSON:
            raise InvalidFilterError(f"The filter is nested more than {DEEPEST} deep.", parameter="filter")
    try:
        told = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidFilterError("The filter is not JSON.", parameter="filter") from None
    if not isinstance(told, (dict, bool)):
        raise InvalidFilterError("A cql2-json filter is an object with `op` and `args`.", parameter="filter")
    if not _is_storable(told):
        raise InvalidFilterError("The filter holds a character that can't be stored.", parameter="filter")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _is_storable(told: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(told, str):
        return "\x00" not in told and not any("\ud800" <= sign <= "\udfff" for sign in told)
    if isinstance(told, dict):
        return all(_is_storable(key) and _is_storable(value) for key, value in told.items())
    return not isinstance(told, list) or all(map(_is_storable, told))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the parser's tree into a checked filter."""

    ground: Ground

    def filter(self, told: Any) -> Filter:  # noqa: ANN401 - any JSON
        if isinstance(told, bool) or (isinstance(told, dict) and "property" in told):
            return self._flag(told)
        op, args = self._operation(told)
        if op in ("and", "or"):
            if not args:
                raise InvalidFilterError(f"'{op}' joins filters; there is none.")
            return Join(op, tuple(self.filter(each) for each in args))  # type: ignore[arg-type]
        if op == "not":
            return Not(self.filter(_one(op, args)))
        if op in _SPATIAL:
            left, right = _two(op, args)
            return self._spatial(_SPATIAL[op], left, right)
        if op.lower() in _TEMPORAL:  # `t_startedBy` in JSON
            left, right = _two(op, args)
            return Temporal(_TEMPORAL[op.lower()], self._span(left), self._span(right))
        return self._predicate(op, args)

    def _flag(self, told: bool | dict[str, Any]) -> Flag:
        if isinstance(told, bool):
            return Flag(Value(told, "boolean"))
        flag = self._property(told)
        if flag.kind != "boolean":
            raise InvalidFilterError(f"'{flag.field.name}' is not true or false; compare it with something.")
        return Flag(flag)

    def _predicate(self, op: str, args: list[Any]) -> Filter:
        if op in _COMPARE:
            return self._compare(op, *_two(op, args))
        if op == "like":
            of, pattern = (self._scalar(each) for each in _two(op, args))
            return self._like(of, pattern)
        if op == "between":
            if len(args) != 3:
                raise InvalidFilterError("'between' takes a value, the lowest and the highest.")
            of, low, high = (self._scalar(each) for each in args)
            _alike(of, low, high, kinds=_ORDERED)
            return Between(of, low, high)
        if op == "in":
            first, listed = _two(op, args)
            if not isinstance(listed, list) or not listed:
                raise InvalidFilterError("'in' takes a value and a list.")
            of = self._scalar(first)
            # a list of moments may be a list of texts that say them
            read = self._moment if of.kind == "timestamp" else self._scalar
            values = tuple(read(each) for each in listed)
            _alike(of, *values)
            return Among(of, values)
        if op == "isNull":
            first = _one(op, args)
            if not (isinstance(first, dict) and "property" in first):
                raise InvalidFilterError("'is null' asks about a property.")
            return IsNull(None if first["property"] == PLACE else self._property(first))
        raise InvalidFilterError(f"'{op[:60]}' is no operator or function that is known here.", operator=op[:60])

    def _compare(self, op: str, left: Any, right: Any) -> Compare:  # noqa: ANN401 - any JSON
        if left is None or right is None:
            raise InvalidFilterError("Nothing equals NULL; ask `IS NULL`.")
        one, other = self._scalar(left), self._scalar(right)
        _alike(one, other)
        return Compare(op, one, other)  # type: ignore[arg-type]

    @staticmethod
    def _like(of: Scalar, pattern: Scalar) -> Like:
        _alike(of, pattern, kinds=("string",))
        bare = pattern
        while isinstance(bare, Folded):
            bare = bare.of
        if not isinstance(bare, Value):
            raise InvalidFilterError("'like' takes a constant pattern.")
        if len(str(bare.value)) - len(str(bare.value).rstrip("\\")) & 1:
            raise InvalidFilterError("The pattern of 'like' ends with a backslash that nothing follows.")
        return Like(of, pattern)

    def _operation(self, told: Any) -> tuple[str, list[Any]]:  # noqa: ANN401 - any JSON
        if not (isinstance(told, dict) and isinstance(told.get("op"), str) and isinstance(told.get("args"), list)):
            raise InvalidFilterError("A filter is something that is true or false, such as `households > 50`.")
        return told["op"], told["args"]

    def _property(self, told: dict[str, Any]) -> Property:
        name = told["property"]
        field = field_of(self.ground.fields, name) if isinstance(name, str) else None
        if field is None:
            known = [PLACE, *(each.name for each in self.ground.fields)]
            raise InvalidFilterError(
                f"There is no property '{str(name)[:60]}'; there are: {', '.join(known)}.",
                property=str(name)[:60],
                known=known,
            )
        return Property(field)

    def _scalar(self, told: Any) -> Scalar:  # noqa: ANN401 - any JSON
        if isinstance(told, bool):
            return Value(told, "boolean")
        if isinstance(told, (int, float)):
            return Value(_number(told), "number")
        if isinstance(told, str):
            return Value(told, "string")
        if isinstance(told, dict):
            if "property" in told:
                return self._property(told)
            if "timestamp" in told or "date" in told:
                return Value(moment_of(told.get("timestamp", told.get("date"))), "timestamp")
            if told.get("op") in ("casei", "accenti"):
                op, args = self._operation(told)
                of = self._scalar(_one(op, args))
                _alike(of, kinds=("string",))
                return Folded(op, of)  # type: ignore[arg-type]
            if isinstance(told.get("op"), str):
                raise InvalidFilterError(f"'{told['op'][:60]}' is no function that is known here.")
        raise InvalidFilterError("A property, number, text, truth value or moment is wanted in a comparison.")

    def _spatial(self, op: SpatialOp, left: Any, right: Any) -> Spatial:  # noqa: ANN401 - any JSON
        one, other = self._shape(left), self._shape(right)
        if op not in ("intersects", "disjoint"):
            for each in (one, other):
                if each is not None and shapely.get_type_id(each) == shapely.GeometryType.GEOMETRYCOLLECTION:
                    raise InvalidFilterError(f"'s_{op}' takes no geometry collection.")
        return Spatial(op, one, other)

    def _shape(self, told: Any) -> shapely.Geometry | None:  # noqa: ANN401 - any JSON
        if isinstance(told, dict):
            if "property" in told:
                if told["property"] != PLACE:
                    raise InvalidFilterError(f"Functions of space take the property '{PLACE}'.", property=PLACE)
                return None
            if "bbox" in told or "coordinates" in told or "geometries" in told:
                return geometry_of(told, self.ground.srid, lon_first=self.ground.lon_first)
        raise InvalidFilterError(f"Functions of space take geometries or the property '{PLACE}'.")

    def _span(self, told: Any) -> Span:  # noqa: ANN401 - any JSON
        if isinstance(told, dict) and "interval" in told:
            ends = told["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise InvalidFilterError("An interval has a start and an end; '..' is open.")
            start, end = (None if each == ".." else self._moment(each) for each in ends)
            if isinstance(start, Value) and isinstance(end, Value) and start.value > end.value:  # type: ignore[operator]
                raise InvalidFilterError("An interval ends before it starts.")
            return Span(start, end)
        moment = self._moment(told)
        return Span(moment, moment)

    def _moment(self, told: Any) -> Property | Value:  # noqa: ANN401 - any JSON
        if isinstance(told, str):
            return Value(moment_of(told), "timestamp")
        found = self._scalar(told)
        if isinstance(found, Folded) or found.kind != "timestamp":
            raise InvalidFilterError("Functions of time take moments, intervals and properties that are moments.")
        return found


def _one(op: str, args: list[Any]) -> Any:  # noqa: ANN401 - any JSON
    if len(args) != 1:
        raise InvalidFilterError(f"'{op}' takes one argument, not {len(args)}.")
    return args[0]


def _two(op: str, args: list[Any]) -> tuple[Any, Any]:
    if len(args) != 2:
        raise InvalidFilterError(f"'{op}' takes two arguments, not {len(args)}.")
    return args[0], args[1]


def _number(told: float) -> float | int:
    """Whole numbers stay whole, so that PostgreSQL compares integers as integers."""
    if abs(told) > 1e300 or not math.isfinite(told):
        raise InvalidFilterError("A number of the filter is too large.")
    return int(told) if abs(told) < 2**53 and told == int(told) else float(told)


def _alike(*scalars: Scalar, kinds: tuple[str, ...] = ("boolean", *_ORDERED)) -> None:
    first = scalars[0].kind
    if first not in kinds:
        raise InvalidFilterError(f"A {first} can't be used here; wanted is a {' or a '.join(kinds)}.")
    for each in scalars[1:]:
        if each.kind != first:
            raise InvalidFilterError(f"A {first} can't be compared with a {each.kind}.")

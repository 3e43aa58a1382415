"""What a reader found, kept, mended and left out: shown to people, so every entry carries a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of trouble in a file, counted.

    Parameters
    ----------
    code : str
        Stable, kebab-case.
    count : int
        How many things it concerns.
    sentence : str
        What was found and what was done about it.
    examples : tuple of str
        The first few, as the source names them.
    """

    code: str
    count: int
    sentence: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was refused.

    Parameters
    ----------
    line : int
        Line of the text file, row of the sheet (header is 1) or feature number of the layer.
    column : str
        Column name; empty when the whole row is meant.
    value : str
        What stood there, shortened.
    reason, remedy : str
        Why it was refused, and what to do.
    """

    line: int
    column: str
    value: str
    reason: str
    remedy: str


@dataclass(slots=True)
class IngestReport:
    """Counts of everything a reader kept, mended and left out.

    Parameters
    ----------
    file : str
        The file's name.
    kept : dict
        Kind of thing -> number kept.
    """

    file: str
    kept: dict[str, int] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _sentences: dict[str, str] = field(default_factory=dict)
    _examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, code: str, sentence: str, *, count: int = 1, example: str | None = None) -> None:
        """Count one more thing of kind `code`.

        Parameters
        ----------
        code : str
            Stable, kebab-case.
        sentence : str
            What was found and done; the first one given for a code stays.
        count : int
            How many; nothing is noted for 0.
        example : str, optional
            Name of the thing in the source.
        """
        if count <= 0:
            return
        self._counts[code] = self._counts.get(code, 0) + count
        self._sentences.setdefault(code, sentence)
        examples = self._examples.setdefault(code, [])
        if example is not None and len(examples) < _EXAMPLES:
            examples.append(example)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything noted, in the order of first occurrence."""
        return tuple(
            Finding(code, count, self._sentences[code], tuple(self._examples[code]))
            for code, count in self._counts.items()
        )

    def count(self, code: str) -> int:
        """Tell how often `code` was noted."""
        return self._counts.get(code, 0)

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "file": self.file,
            "kept": dict(self.kept),
            "findings": [
                {"code": f.code, "count": f.count, "sentence": f.sentence, "examples": list(f.examples)}
                for f in self.findings
            ],
        }

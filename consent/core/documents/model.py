"""What a generated document is: sections of lines and tables, with marked blanks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence. A blank says what is to be written in its place, since it is not known here."""

    text: str
    is_blank: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A term and what is said of it."""

    term: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part; `article` names what it answers to, where it answers to an article."""

    id: str
    heading: str
    article: str = ""
    lines: tuple[Line, ...] = ()
    items: tuple[Line, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document in one language. `about` says what it belongs to: site, notice, day."""

    id: str
    language: str
    title: str
    intro: str
    about: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    notice: str
    made_at: int

    @property
    def blanks(self) -> int:
        """How much is left to fill in."""
        return sum(
            line.is_blank
            for section in self.sections
            for line in (
                *section.lines,
                *section.items,
                *(line for row in section.rows for line in row.lines),
            )
        )

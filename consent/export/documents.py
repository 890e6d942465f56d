"""A generated document as a file: a page that prints, Markdown to edit, JSON to read by machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from consent.core.documents.model import Document, Line
from consent.core.documents.words import own_words
from consent.core.times import rfc3339
from consent.export.pages import render_page

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|])")
_PLAIN = re.compile(r"[a-z]+(_[a-z]+)*|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a document: what the file is, and how it ends."""

    mimetype: str
    write: Callable[[Document], str]


def told(line: Line, language: str) -> str:
    """Return a line as it is written: of a blank, that it is one."""
    if not line.is_blank:
        return line.text
    return own_words(language)("document.blank", what=line.text)


def blanks_told(document: Document) -> str:
    """Return a sentence on how much is left to fill in."""
    words = own_words(document.language)
    if not document.blanks:
        return words("document.blanks.none")
    return words.count("document.blanks", document.blanks)


def as_markdown(document: Document) -> str:
    return "\n".join(_markdown(document)) + "\n"


def as_html(document: Document) -> str:
    """Return one page that needs nothing else, and prints."""
    return render_page(
        "document.html",
        document=document,
        told=lambda line: told(line, document.language),
        blanks=blanks_told(document),
        kept=own_words(document.language)("document.notice_kept"),
        is_code=lambda term: _PLAIN.fullmatch(term) is not None,
    )


def as_json(document: Document) -> str:
    """Return the document by its parts; a blank is marked as one and has no answer."""
    body = {
        "v": 1,
        "document": document.id,
        "language": document.language,
        "title": document.title,
        "intro": document.intro,
        "notice_hash": document.notice,
        "made_at": rfc3339(document.made_at),
        "about": dict(document.about),
        "blanks": document.blanks,
        "sections": [
            {
                "id": one.id,
                "heading": one.heading,
                "article": one.article or None,
                "text": [_line(line) for line in (*one.lines, *one.items)],
                "table": [
                    {"term": row.term, "text": [_line(line) for line in row.lines]}
                    for row in one.rows
                ],
            }
            for one in document.sections
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


FORMATS: Mapping[str, Format] = {
    "html": Format("text/html", as_html),
    "md": Format("text/markdown", as_markdown),
    "json": Format("application/json", as_json),
}


def _line(line: Line) -> dict[str, object]:
    if line.is_blank:
        return {"to_complete": line.text, "answer": None}
    return {"text": line.text}


def _markdown(document: Document) -> Iterator[str]:
    yield f"# {_escaped(document.title)}"
    yield ""
    yield _escaped(document.intro)
    yield ""
    yield from (f"- {_escaped(term)}: {_term(value)}" for term, value in document.about)
    yield ""
    yield f"{own_words(document.language)('document.notice_kept')} {blanks_told(document)}"
    for one in document.sections:
        yield ""
        yield f"## {_escaped(one.heading)}"
        if one.article:
            yield ""
            yield f"*{one.article}*"
        for line in one.lines:
            yield ""
            yield _marked(document, line)
        if one.items or one.rows:
            yield ""
        yield from (f"- {_marked(document, line)}" for line in one.items)
        for row in one.rows:
            text = " ".join(_marked(document, line) for line in row.lines)
            yield f"- {_term(row.term)}: {text}"


def _marked(document: Document, line: Line) -> str:
    text = _escaped(told(line, document.language))
    return f"**[{text}]**" if line.is_blank else text


def _term(text: str) -> str:
    return f"`{text}`" if _PLAIN.fullmatch(text) else _escaped(text)


def _escaped(text: str) -> str:
    """Return a text of the configuration so that it cannot become something else in Markdown."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))

"""The proof on paper: a PDF whose text can be selected, searched and read aloud.

It is tagged (headings, paragraphs, a figure with its alternative), names its language and title,
and carries its own letters: Latin, Greek and Cyrillic. What is written in another script is not
printed as empty boxes: the paper says so, and where it can be read.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from fontTools.ttLib import TTFont
from fpdf import FPDF, ViewerPreferences
from fpdf.enums import MethodReturnValue, XPos, YPos

from consent.bundled import bundled
from consent.web.console.proof_view import ProofView, ProvenAct
from consent.web.console.words import ConsoleWords

# The library tells of each step of making a font smaller.
logging.getLogger("fontTools.subset").setLevel(logging.WARNING)

_FONTS = "static/fonts"
_FAMILY = "NotoSans"
_MARGIN = 20.0  # millimetres, as all lengths here
_LABEL_WIDTH = 52.5  # the longest word of a label in one piece
_LINE = 5.0
_SMALL, _TEXT, _HEADING, _TITLE = 8.0, 9.5, 12.0, 17.0  # points
_PICTURE_WIDTH = 110.0


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What stands on paper beside the words of the page. `picture` is a PNG."""

    site: str
    hosts: str
    controller: str
    officer: str
    record_id: str
    entry: str
    log: str
    checkpoint: str
    picture: bytes | None
    picture_alt: str
    verify: str


def proof_pdf(view: ProofView, facts: PaperFacts, words: ConsoleWords) -> bytes:
    """Return the proof as a PDF."""
    paper = _Paper(view, facts, words)
    paper.write_all()
    return bytes(paper.output())


@cache
def printable_characters() -> frozenset[str]:
    """Return every character that the fonts of the paper have."""
    font = TTFont(bundled(_FONTS) / f"{_FAMILY}-Regular.ttf")
    return frozenset(map(chr, font.getBestCmap())) | {"\n"}


class _Paper(FPDF):
    def __init__(self, view: ProofView, facts: PaperFacts, words: ConsoleWords) -> None:
        super().__init__(format="A4")
        self._view, self._facts, self._words = view, facts, words
        for style, name in (("", "Regular"), ("B", "Bold")):
            self.add_font(_FAMILY, style, bundled(_FONTS) / f"{_FAMILY}-{name}.ttf")
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        self.set_title(words("proof.paper.title", site=facts.site))
        self.set_subject(words("proof.paper.subject", id=facts.record_id))
        self.set_author(facts.controller)
        self.set_creator("consent")
        self.set_lang(words.language)
        self.set_creation_date(dt.datetime.fromtimestamp(view.made_at / 1000, dt.UTC))
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def footer(self) -> None:
        """Say on each page which proof it is of: decoration, which nobody needs read aloud."""
        self.set_y(-15)
        self.set_font(_FAMILY, "", _SMALL)
        self._out("/Artifact BMC")
        about = self._words("proof.paper.footer", id=self._facts.record_id, page=self.page_no())
        self.cell(0, _LINE, about, align="C")
        self._out("EMC")

    def write_all(self) -> None:
        view, t = self._view, self._words
        self.add_page()
        self._block("/H1", t("proof.paper.title", site=self._facts.site), _TITLE, bold=True)
        self._block("/P", t("proof.paper.intro", verify=self._facts.verify))
        self._write_facts()
        self._heading(t("proof.choice"))
        self._write_act(view.focus)
        self._heading(t("proof.shown"))
        self._write_shown()
        self._heading(t("proof.checks"))
        for line in view.checks:
            self._pair(t(f"proof.result.{line.kind}"), f"{line.label}. {line.text}")
        self._heading(t("proof.unknown"))
        for text in view.unknown:
            self._block("/P", f"– {text}")
        if len(view.acts) > 1:
            self._heading(t("proof.timeline"))
            for act in view.acts:
                self._pair(t.moment(act.act.at), _summary(act, t))
        self._heading(t("proof.technical"))
        self._write_technical()

    def _write_facts(self) -> None:
        view, facts, t = self._view, self._facts, self._words
        self._pair(t("proof.site"), f"{facts.site} ({facts.hosts})")
        self._pair(t("proof.controller"), facts.controller)
        self._pair(t("proof.record"), facts.record_id)
        if view.code is not None:
            self._pair(t("proof.code"), view.code)
        self._pair(view.standing.label, view.standing.text)
        self._pair(
            t("proof.paper.made"),
            t("proof.paper.made_by", moment=t.moment(view.made_at), officer=facts.officer),
        )

    def _write_act(self, act: ProvenAct) -> None:
        shown, t = act.act, self._words
        self._pair(t("proof.when"), t.moment(shown.at))
        self._pair(t("proof.what"), f"{shown.what}. {shown.how}")
        for choice in shown.choices:
            self._pair(choice.label, choice.answer, bold=True)
        if shown.signals:
            self._pair(t("proof.signal"), shown.signals)
        self._pair(t("proof.then"), f"{act.became} {act.kept}")

    def _write_shown(self) -> None:
        shown, t = self._view.shown, self._words
        published = t("proof.shown.version", date=shown.published, language=shown.language)
        self._block("/P", published)
        texts = [f"“{shown.title}”"] if shown.title else []
        texts += [shown.intro] if shown.intro else []
        texts += [f"{label}: {description}" for label, description in shown.categories]
        texts.append(t("proof.shown.buttons", buttons=" · ".join(shown.buttons)))
        if _is_printable("".join(texts)):
            for text in texts:
                self._block("/P", text)
        else:
            self._block("/P", t("proof.paper.script", language=shown.tag, address=shown.address))
        if self._facts.picture is not None:
            self._picture(self._facts.picture)
        elif shown.others:
            elsewhere = t("proof.picture.elsewhere", address=shown.address)
            self._block("/P", f"{shown.lacking} {elsewhere}")
        elif shown.lacking:
            self._block("/P", shown.lacking)

    def _write_technical(self) -> None:
        """Write what is compared and not read: small enough for a digest to be on one line."""
        facts, shown, t = self._facts, self._view.shown, self._words
        self._pair(t("proof.notice"), shown.digest, size=_SMALL)
        self._pair(t("proof.scope"), shown.scope, size=_SMALL)
        self._pair(t("proof.entry"), facts.entry, size=_SMALL)
        if facts.checkpoint:
            self._pair(t("proof.checkpoint"), facts.checkpoint.strip(), size=_SMALL)
        self._pair(t("proof.notice_address"), shown.address, size=_SMALL)

    def _heading(self, text: str) -> None:
        self._need(3 * _LINE)  # a heading keeps some of its text
        self.ln(_LINE)
        self._block("/H2", text, _HEADING, bold=True)

    def _block(self, kind: str, text: str, size: float = _TEXT, *, bold: bool = False) -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        line = _LINE * max(1.0, size / 10)
        text = _printed(text)
        self._need(self._height(0, line, text))
        with self._tagged(kind):
            self.multi_cell(0, line, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def _pair(self, label: str, text: str, *, bold: bool = False, size: float = _TEXT) -> None:
        label, text = _printed(label), _printed(text)
        width = self.epw - _LABEL_WIDTH
        self.set_font(_FAMILY, "", _TEXT)
        label_height = self._height(_LABEL_WIDTH - 2, _LINE, label)
        self.set_font(_FAMILY, "B" if bold else "", size)
        height = max(label_height, self._height(width, _LINE, text))
        self._need(height)
        top = self.get_y()
        with self._tagged("/P"):
            self.set_font(_FAMILY, "", _TEXT)
            self.set_text_color(85)
            self.multi_cell(_LABEL_WIDTH - 2, _LINE, label, align="L")
            self.set_text_color(0)
            self.set_font(_FAMILY, "B" if bold else "", size)
            self.set_xy(self.l_margin + _LABEL_WIDTH, top)
            self.multi_cell(width, _LINE, text, align="L")
        self.set_xy(self.l_margin, top + height + 1)

    def _picture(self, content: bytes) -> None:
        name = _printed(self._facts.picture_alt)
        self._need(_PICTURE_WIDTH * 800 / 1280 + 2 * _LINE)
        self.image(io.BytesIO(content), w=_PICTURE_WIDTH, alt_text=name, title=name)
        self._block("/Caption", name, _SMALL)

    def _need(self, height: float) -> None:
        """Go to a new page unless this much fits: what is tagged as one stays on one page."""
        if self.will_page_break(min(height, self.eph)):
            self.add_page()

    def _height(self, width: float, line: float, text: str) -> float:
        found = self.multi_cell(
            width, line, text, align="L", dry_run=True, output=MethodReturnValue.HEIGHT
        )
        return float(found)  # type: ignore[arg-type]

    @contextmanager
    def _tagged(self, kind: str) -> Iterator[None]:
        """Put what is drawn meanwhile into the structure of the document.

        The library does this for pictures only; headings and paragraphs are not in its public
        part, so that a test reads the structure back.
        """
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=kind, mcid=number)
        self._out(f"{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")


def _summary(act: ProvenAct, t: ConsoleWords) -> str:
    """Return one act of the timeline in a line."""
    choices = ", ".join(f"{one.label}: {one.answer}" for one in act.act.choices)
    mark = f" ({t('proof.this_one')})" if act.is_focus else ""
    return f"{act.act.what}{mark}. {choices}. {act.proof.label}."


def _is_printable(text: str) -> bool:
    return printable_characters().issuperset(text)


def _printed(text: str) -> str:
    """Return a text with a question mark for each letter that the paper does not have."""
    known = printable_characters()
    return "".join(one if one in known else "?" for one in text)

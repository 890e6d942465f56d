"""Check how the site's own pages, made by somebody else, use the service: which script is first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from urllib.parse import urlsplit

from consent.core.sentence import sentence
from consent.services.diagnosis.client import (
    Answer,
    BrokenBodyError,
    UnreachableError,
    ask,
)
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, skipped
from consent.services.sites import LiveSite

_LATE = ("async", "defer")
_PUT_FIRST = "Put it first in the head, without async or defer: see docs/blocking.md."


@dataclass(frozen=True, slots=True)
class Embedded:
    """A site, and the origins where its pages are."""

    site: LiveSite
    origins: tuple[str, ...]

    @property
    def blocker_path(self) -> str:
        return f"/sites/{self.site.id}/auto.js"


EMBEDDED = Checks[Embedded]("pages")


@EMBEDDED.add("automatic blocker")
def check_blocker_is_first(embedded: Embedded) -> Iterator[Observation]:
    """Look at the first page of each origin: what runs before the blocker, it cannot hold."""
    if embedded.site.deployment.blocking.automatic:
        for origin in embedded.origins:
            yield judge_first_page(f"{origin}/", embedded.blocker_path)


def judge_first_page(url: str, blocker_path: str) -> Observation:
    try:
        answer = ask(url, headers={"Accept": "text/html"})
    except UnreachableError as error:
        return skipped(
            "{url} cannot be looked at: {reason}; look yourself that auto.js stands first in the "
            "head.",
            url=url,
            reason=error.reason,
        )
    if answer.status != HTTPStatus.OK or answer.media_type != "text/html":
        return skipped(
            "{url} answers {status} {type}, which is no page; look yourself that auto.js stands "
            "first in the head.",
            url=url,
            status=answer.status,
            type=answer.media_type or sentence("without a type"),
        )
    try:
        scripts = scripts_in(answer)
    except BrokenBodyError as error:
        return skipped(
            "{url} cannot be read: {reason}; look yourself that auto.js stands first in the head.",
            url=url,
            reason=error.reason,
        )
    return judge_scripts(url, scripts, blocker_path)


def judge_scripts(url: str, scripts: list[dict[str, str | None]], blocker_path: str) -> Observation:
    """Judge the scripts of a page, given as their attributes in the order of the page."""
    places = [
        place
        for place, script in enumerate(scripts)
        if urlsplit(script.get("src") or "").path.endswith(blocker_path)
    ]
    if not places:
        return problem("{url} has no auto.js, so nothing is held there.", _PUT_FIRST, url=url)
    first = scripts[places[0]]
    if places[0] > 0:
        return problem(
            "{url} has {script} before auto.js, which cannot hold that.",
            _PUT_FIRST,
            url=url,
            script=scripts[0].get("src") or sentence("an inline script"),
        )
    late = next((name for name in _LATE if name in first), None)
    if late is None and first.get("type") == "module":
        late = 'type="module"'
    if late:
        return problem(
            "{url} has auto.js with {attribute}, so that tags run before it.",
            _PUT_FIRST,
            url=url,
            attribute=late,
        )
    return ok("{url} has auto.js before every other script.", url=url)


def scripts_in(answer: Answer) -> list[dict[str, str | None]]:
    """Return the attributes of the scripts of a page that browsers would run.

    Raises BrokenBodyError where it cannot be read.
    """
    reader = _Scripts()
    reader.feed(answer.content().decode("utf-8", errors="replace"))
    return reader.found


class _Scripts(HTMLParser):
    """Remembers the scripts that are not data, templates or gated."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self._templates += 1
        given = dict(attrs)
        kind = (given.get("type") or "").strip().lower()
        runs = kind in ("", "module") or kind.endswith(("javascript", "ecmascript"))
        if tag == "script" and runs and not self._templates:
            self.found.append(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template" and self._templates:
            self._templates -= 1

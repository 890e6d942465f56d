"""`consent doctor` looks whether the automatic blocker stands before what it is to hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Request, Response

from tests.cli.findings import levels, sentence
from tests.cli.installations import Home
from tests.cli.proxies import Behind, behind_a_proxy

AUTO = '<script src="/consent/sites/programme/auto.js"></script>'
BANNER = '<script src="/consent/sites/programme/banner.js" defer></script>'
GATED = '<script type="text/plain" data-consent="ads" src="https://ads.example/tag.js"></script>'
DATA = '<script type="application/ld+json">{}</script><template><script></script></template>'
CHECK = ("pages", "automatic blocker")


@pytest.fixture
def running(home: Home) -> Iterator[Behind]:
    with behind_a_proxy(home, extra="\n[blocking]\nautomatic = true\n") as running:
        yield running


def show(running: Behind, head: str, status: int = 200, kind: str = "text/html") -> None:
    """Have the site's first page be so."""

    def change(request: Request, answer: Response) -> None:
        if request.path == "/":
            answer.status_code = status
            answer.content_type = kind
            answer.set_data(f"<!doctype html><head><title>Programme</title>{head}</head>")

    running.proxy.change_answer = change


def test_the_blocker_before_every_other_script_is_fine(running: Behind) -> None:
    show(running, DATA + GATED + AUTO + BANNER)
    assert "before every other script" in sentence(running.home.findings(), *CHECK, "ok")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (BANNER, "has no auto.js"),
        ("<script>tag()</script>" + AUTO, "has an inline script before auto.js"),
        (BANNER + AUTO, "has /consent/sites/programme/banner.js before auto.js"),
        (AUTO.replace("<script", "<script async"), "auto.js with async"),
        (AUTO.replace("<script", "<script defer"), "auto.js with defer"),
        (AUTO.replace("<script", "<script type=module"), 'auto.js with type="module"'),
    ],
)
def test_what_runs_before_the_blocker_is_a_problem(running: Behind, head: str, told: str) -> None:
    show(running, head)
    assert told in sentence(running.home.findings(), *CHECK, "problem")


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (302, "text/html", "answers 302 text/html"),
        (401, "text/html", "answers 401 text/html"),
        (200, "application/json", "answers 200 application/json"),
    ],
)
def test_a_page_that_cannot_be_looked_at_is_said_to_be_so(
    running: Behind, status: int, kind: str, told: str
) -> None:
    show(running, AUTO, status, kind)
    found = sentence(running.home.findings(), *CHECK, "skipped")
    assert told in found
    assert "look yourself" in found


def test_pages_of_a_site_without_the_blocker_are_not_looked_at(home: Home) -> None:
    with behind_a_proxy(home) as running:
        asked: list[str] = []
        running.proxy.change_answer = lambda request, _answer: asked.append(request.path)
        assert levels(running.home.findings(), *CHECK) == []
        assert "/" not in asked

"""What was measured to be unequal is an error of the gate, and is not published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from consent.core.equality import Pair
from consent.errors import PublishingRefusedError
from consent.services.equality import equality_findings
from consent.services.publishing import propose, publish
from consent.store.publications import list_publications
from tests.make import make_site

BUTTON: dict[str, Any] = {
    "tag": "BUTTON",
    "label": "Refuse all",
    "x": 20,
    "y": 500,
    "width": 100,
    "height": 44,
    "lines": 1,
    "looks": {"fontSize": "16px", "fontWeight": "600"},
    "text_contrast": 17.0,
    "ground_contrast": 17.0,
    "in_view": True,
    "on_top": True,
    "clipped": False,
    "position": 3,
    "focusable": True,
}


def pair(view: tuple[int, int] = (320, 568), **accept: Any) -> Pair:
    other = {**BUTTON, "x": 130, "position": 4, **accept}
    return Pair("en", "banner", "bar", "light", view, 0.5, BUTTON, other)


def test_equal_buttons_are_no_finding() -> None:
    assert equality_findings([pair()]) == []


@pytest.mark.legal("BF-04")
def test_one_fault_in_many_drawings_is_told_once() -> None:
    wide: dict[str, Any] = {"width": 130}
    [area, width] = equality_findings([pair(**wide), pair((768, 1024), **wide)])
    assert area.message.startswith("accept has 1.30 times the area of refuse (en, banner, bar, ")
    assert width.message.endswith("light, 320 × 568 px, and 1 more)")
    assert {area.severity, width.severity} == {"error"}


@pytest.mark.legal("BF-04", "BF-21")
@pytest.mark.parametrize(
    "accept",
    [
        {"width": 130},
        {"looks": {"fontSize": "20px", "fontWeight": "600"}},
        {"text_contrast": 19.0},
        {"position": 6},
        {"y": 440},
        {"clipped": True},
    ],
    ids=str,
)
def test_what_is_unequal_as_drawn_is_not_published(
    session: Session, accept: dict[str, Any]
) -> None:
    proposal = propose(session, make_site())
    assert proposal.errors == []
    measured = replace(proposal, findings=tuple(equality_findings([pair(**accept)])))
    with pytest.raises(PublishingRefusedError):
        publish(session, measured, now=1)
    assert list_publications(session) == []

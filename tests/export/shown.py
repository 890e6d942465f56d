"""The programme's notice as it was shown, and acts that refer to it."""

from __future__ import annotations

from typing import Any

from consent.core.model import ConsentEvent
from consent.export.shown import Shown
from tests.make import make_notice
from tests.make_events import make_event, make_refusal

SERVICE = "https://programme.example/consent"
POLICY = "90" * 32


def make_shown(**changes: Any) -> Shown:
    return Shown(make_notice(**changes), SERVICE, POLICY)


def act_on(shown: Shown, **changes: Any) -> ConsentEvent:
    """Return a grant of everything that this notice offered."""
    return make_event(notice=shown.notice.hash, scope=shown.notice.scope, **changes)


def refusal_of(shown: Shown, **changes: Any) -> ConsentEvent:
    return make_refusal(notice=shown.notice.hash, scope=shown.notice.scope, **changes)

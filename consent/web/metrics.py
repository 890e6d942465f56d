"""/metrics for monitoring, to who has the token; and the measuring of what it tells."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from consent.errors import (
    AuthenticationError,
    ConsentError,
    NotFoundError,
    StoreUnavailableError,
)
from consent.services.answering import Recorded

if TYPE_CHECKING:  # it is loaded only where it is asked for
    from consent.services.measures import Measures

MEASURES = "consent.measures"  # the extension of an application that measures
TOKEN = "CONSENT_METRICS_TOKEN"  # noqa: S105 -- where it is kept, not what it is

blueprint = Blueprint("metrics", __name__)

Note = Callable[[str], None]

ERASED = "erased"  # beside the names of events: a withdrawal that had the records erased as well


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Tell the numbers of this process, or of all that share a folder, in Prometheus' format."""
    measures: Measures | None = current_app.extensions.get(MEASURES)
    if measures is None:
        raise NotFoundError("there is nothing here")
    _require_token(current_app.config[TOKEN])
    body, content_type = measures.told(request.headers.get("Accept", ""))
    return Response(body, HTTPStatus.OK, content_type=content_type)


@contextmanager
def writing(site: str) -> Iterator[Note]:
    """Measure the recording of an act; say what it was by calling what this gives.

    Repeats are not said, and not counted. What fails by the service's own fault counts as such.
    """
    measures: Measures | None = current_app.extensions.get(MEASURES)
    if measures is None:
        yield lambda _event: None
        return
    begun = time.monotonic()
    noted: list[str] = []
    try:
        yield noted.append
    except Exception as error:
        if _is_our_fault(error):
            measures.failed(site)
        raise
    for event in noted:
        measures.recorded(site, event, time.monotonic() - begun)


def note_act(note: Note, recorded: Recorded) -> None:
    """Note what an act was; a repeat was noted when it was new."""
    if not recorded.is_repeat:
        note(recorded.event.value)


def _is_our_fault(error: Exception) -> bool:
    """Say whether an act failed for another reason than what was sent."""
    if isinstance(error, StoreUnavailableError):
        return True
    return not isinstance(error, (ConsentError, HTTPException))


def _require_token(token: str) -> None:
    given = request.authorization
    held = given.token if given is not None and given.type == "bearer" else None
    if not hmac.compare_digest((held or "").encode(), token.encode()):
        raise AuthenticationError("give the token of CONSENT_METRICS_TOKEN as Bearer")

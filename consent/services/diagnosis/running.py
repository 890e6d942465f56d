"""Check a running service from outside: that it answers, is ready, on time and described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from consent.services.diagnosis.client import Answer, UnreachableError, ask
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, skipped, warning
from consent.services.diagnosis.installation import Clock

LARGEST_CLOCK_DIFFERENCE_MS = 5000
DATE_PRECISION_MS = 1000

START_IT = "Start it with `consent serve`, or correct the address or the proxy in front of it."


@dataclass(frozen=True, slots=True)
class Running:
    """A service at an address, and the origins whose roots should speak of GPC."""

    url: str
    origins: tuple[str, ...]
    clock: Clock


RUNNING = Checks[Running]("service")


def find_absence(url: str) -> Observation | None:
    """Say what is wrong when no service of ours answers at an address; nothing if one does."""
    try:
        answer = ask(f"{url}/healthz")
    except UnreachableError as error:
        return problem(
            "Nothing answers at {url}: {reason}.", START_IT, url=url, reason=error.reason
        )
    if answer.status == HTTPStatus.OK and _json_of(answer).get("status") in ("ok", "degraded"):
        return None
    location = answer.header("Location")
    if location:
        return problem(
            "{url} redirects to {location}.", "Give the address visitors end at.",
            url=url, location=location,
        )  # fmt: skip
    return problem(
        "What answers at {url} is not this service (/healthz: {status}).",
        START_IT,
        url=url,
        status=answer.status,
    )


@RUNNING.add("answers")
def check_answers(running: Running) -> Iterator[Observation]:
    yield ok("A service answers at {url}.", url=running.url)


@RUNNING.add("ready")
def check_ready(running: Running) -> Iterator[Observation]:
    answer = ask(f"{running.url}/readyz")
    if answer.status == HTTPStatus.OK:
        yield ok("It can record choices.")
    else:
        yield problem(
            "It cannot record choices (/readyz: {status}).",
            "See its log and its database.",
            status=answer.status,
        )


@RUNNING.add("clock")
def check_clock(running: Running) -> Iterator[Observation]:
    before = running.clock.now()
    answer = ask(f"{running.url}/healthz")
    after = running.clock.now()
    theirs = _date_ms(answer)
    if theirs is None:
        yield skipped("Its answers have no Date, so its clock cannot be seen.")
        return
    difference = max(before - theirs - DATE_PRECISION_MS, theirs - after, 0)
    if difference > LARGEST_CLOCK_DIFFERENCE_MS:
        yield problem(
            "Its clock differs from this machine's by {seconds} seconds.",
            "Let a time service keep both clocks.",
            seconds=f"{difference / 1000:.0f}",
        )
    else:
        yield ok("Its clock agrees with this machine's.")


@RUNNING.add("description")
def check_description(running: Running) -> Iterator[Observation]:
    answer = ask(f"{running.url}/openapi.json")
    if answer.status == HTTPStatus.OK and "openapi" in _json_of(answer):
        yield ok("/openapi.json describes its API.")
    else:
        yield warning(
            "/openapi.json does not describe its API ({status}).",
            "Let the proxy pass every path below the mount on.",
            status=answer.status,
        )


@RUNNING.add("gpc document")
def check_gpc_document(running: Running) -> Iterator[Observation]:
    """The document has to be at the root of the pages' host (W3C GPC)."""
    for origin in running.origins:
        address = f"{origin}/.well-known/gpc.json"
        try:
            answer = ask(address)
        except UnreachableError as error:
            yield warning(
                "{address} cannot be reached: {reason}.", "Check the site's web server.",
                address=address, reason=error.reason,
            )  # fmt: skip
            continue
        if answer.status == HTTPStatus.OK and _json_of(answer).get("gpc") is True:
            yield ok("{address} says that Global Privacy Control is honoured.", address=address)
        else:
            yield warning(
                "{address} does not say that Global Privacy Control is honoured.",
                "Let the proxy pass /.well-known/gpc.json on to the service.",
                address=address,
            )


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _json_of(answer: Answer) -> dict[str, object]:
    try:
        found = json.loads(answer.content())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _date_ms(answer: Answer) -> int | None:
    try:
        return int(parsedate_to_datetime(answer.header("Date")).timestamp() * 1000)
    except ValueError:
        return None

"""For the tests of a website that embeds the banner: begin as a visitor who has chosen already.

    pytest_plugins = ["consent.testing"]

    def test_the_shop_without_cookies(context, consent_cookies):
        context.add_cookies(consent_cookies("http://localhost:8000/consent/sites/shop", "refused"))

It needs a running service, and asks it as a browser does: the choice is recorded there, and the
cookies are genuine. Give it the service of your tests, not the one your visitors use.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from email.message import Message
from http.cookies import SimpleCookie
from typing import Any, TypedDict
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

TIMEOUT_SECONDS = 10

Choice = str | Mapping[str, bool]

_SAID = {"accepted": True, "refused": False}


class Cookie(TypedDict):
    """A cookie in the shape that Playwright's `context.add_cookies` takes."""

    name: str
    value: str
    url: str
    httpOnly: bool


ConsentCookies = Callable[[str, Choice], list[Cookie]]


class ConsentTestingError(Exception):
    """The service did not take the choice; the message has its answer."""


@pytest.fixture(scope="session")
def consent_cookies() -> ConsentCookies:
    """Give `cookies_after`, which makes the cookies of a visitor who has chosen."""
    return cookies_after


def cookies_after(site_url: str, choice: Choice) -> list[Cookie]:
    """Return the cookies of a visitor who made a choice on a site; none for "undecided".

    `site_url` is the address of the site's banner without its last part, such as
    "http://localhost:8000/consent/sites/shop". `choice` is "accepted", "refused" or "undecided",
    or has the categories that are allowed, such as {"functional": True}; the others are refused.
    Raises ConsentTestingError when the service refuses it, OSError when it cannot be reached, and
    ValueError for a choice that there is not.
    """
    if choice == "undecided":
        return []
    if isinstance(choice, str) and choice not in _SAID:
        raise ValueError(f'{choice!r} is no choice; give "accepted", "refused" or "undecided"')
    mount, _, site = site_url.rstrip("/").rpartition("/sites/")
    address = urlsplit(site_url)
    api = f"{mount}/api/v1/sites/{site}"
    origin = f"{address.scheme}://{address.netloc}"
    notice, _ = _asked(Request(f"{api}/notice"))  # noqa: S310 - the caller's own service
    offered = [category["id"] for category in notice["categories"]]
    act = {
        "submission_id": str(uuid.uuid4()),
        "notice_token": notice["notice_token"],
        "layer": "dialog",
        **_chosen(choice, offered),
    }
    sent = Request(  # noqa: S310 - as above
        f"{api}/consents",
        data=json.dumps(act).encode(),
        headers={"Content-Type": "application/json", "Origin": origin},
    )
    _, headers = _asked(sent)
    return [_cookie(line, origin) for line in headers.get_all("Set-Cookie", []) if _keeps(line)]


def _chosen(choice: Choice, offered: list[str]) -> dict[str, Any]:
    """Return control and choices; whoever names each category has used the switches."""
    if isinstance(choice, str):
        control = "accept_all" if _SAID[choice] else "refuse_all"
        return {"control": control, "choices": dict.fromkeys(offered, _SAID[choice])}
    unknown = sorted(set(choice) - set(offered))
    if unknown:
        raise ValueError(
            f"there is no category {', '.join(unknown)}; the site has: {', '.join(offered)}"
        )
    return {"control": "save", "choices": {name: choice.get(name, False) for name in offered}}


def _asked(request: Request) -> tuple[dict[str, Any], Message]:
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            return json.load(response), response.headers
    except HTTPError as error:
        with error:
            answer = error.read(2_000).decode(errors="replace")
        raise ConsentTestingError(
            f"{request.full_url} answered {error.code}: {answer.strip()}"
        ) from error


def _keeps(line: str) -> bool:
    """Say whether a cookie is set, and not deleted."""
    return any(morsel.value for morsel in SimpleCookie(line).values())


def _cookie(line: str, origin: str) -> Cookie:
    [(name, morsel)] = SimpleCookie(line).items()
    return Cookie(name=name, value=morsel.value, url=origin, httpOnly=bool(morsel["httponly"]))

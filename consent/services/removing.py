"""Which cookies to take out of a browser when their category is not allowed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from consent.core.model import Choices, Kind
from consent.core.patterns import matches
from consent.services.sites import LiveSite

MOST_REMOVALS = 50  # an answer's headers have a limit; more than a site declares

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 6265, section 4.1.1


@dataclass(frozen=True, slots=True)
class Removal:
    """A cookie to delete. `was_seen` says that the browser did send it."""

    name: str
    domain: str | None
    path: str
    was_seen: bool


def cookies_to_remove(
    site: LiveSite, choices: Choices, *, sent: Collection[str], path: str
) -> list[Removal]:
    """Return the declared first-party cookies of all that `choices` refuse.

    `sent` has the names of the cookies that came with a request for `path`. A cookie of a path
    from which the browser sends nothing here is deleted unseen, if its name is known in full.
    """
    own = (site.deployment.answer_cookie, site.deployment.identity_cookie)
    wanted = {
        removal
        for tracker in site.notice.deletable_trackers()
        if tracker["kind"] == Kind.COOKIE and choices.get(tracker["category"]) is False
        for removal in _removals(tracker, sent, path)
        if removal.name not in own and _NAME.fullmatch(removal.name)
    }
    in_order = sorted(wanted, key=lambda one: (not one.was_seen, one.name, one.path))
    return in_order[:MOST_REMOVALS]


def _removals(tracker: dict[str, Any], sent: Collection[str], path: str) -> Iterator[Removal]:
    name, domain, cookie_path = tracker["name"], tracker["domain"], tracker["path"]
    if not _is_sent_to(path, cookie_path):
        if "*" not in name:
            yield Removal(name, domain, cookie_path, was_seen=False)
        return
    for found in sent:
        if matches(name, found):
            yield Removal(found, domain, cookie_path, was_seen=True)


def _is_sent_to(path: str, cookie_path: str) -> bool:
    """Say whether a browser sends a cookie of one path to another (RFC 6265, section 5.1.4)."""
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")

"""What stands around every page of the console: header, places to go, messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for

from consent.core.roles import ALL_SITES, Permission
from consent.services.sessions import take_messages
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.web.console.assets import asset_link
from consent.web.console.exports_bell import ended_exports
from consent.web.console.routing import declarations
from consent.web.console.visit import Visit, visit
from consent.web.console.words import LANGUAGES
from consent.web.context import service

# Areas in the order of the navigation; one is shown when it exists and the person may see it.
AREAS = (
    "overview",
    "records",
    "exports",
    "notices",
    "rights",
    "access_log",
    "settings",
    "people",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go."""

    label: str
    href: str
    is_current: bool


def page(template: str, **context: Any) -> str:
    """Return a page of the console, with everything around it."""
    current = visit()
    return render_template(f"console/{template}", **_frame(current), **context)


def site_name(site: LiveSite) -> str:
    """Return what a site is called, in the reader's language where it has one."""
    notice, language = site.notice, visit().words.language
    return notice.site_name(language if language in notice.languages else notice.default_language)


def granted_name(site_id: str) -> str:
    """Return what the place of a role is called: all sites, a site, or its id where it is gone."""
    if site_id == ALL_SITES:
        return visit().words("people.all_sites")
    live = next((one for one in service().sites.all() if one.id == site_id), None)
    return site_id if live is None else site_name(live)


def _frame(current: Visit) -> dict[str, Any]:
    signed_in = current.signed_in
    frame: dict[str, Any] = {
        "t": current.words,
        "asset_link": asset_link,
        "style": asset_link("console.css"),
        "script": asset_link("console.js"),
        "languages": LANGUAGES,
        "site": current.site,
        "site_name": site_name,
        "granted_name": granted_name,
        "person": None if signed_in is None else signed_in.person,
        "csrf": "" if signed_in is None else signed_in.csrf,
        "may": current.may,
        "Permission": Permission,
    }
    if signed_in is None:
        return frame | {"places": (), "sites": (), "messages": (), "search": None}
    shown = _site_to_go_on(current)
    return frame | {
        "places": _places(current, shown),
        "sites": _site_switch(current, shown),
        "shown_site": shown,
        "messages": [
            *take_messages(db.session, signed_in.session),
            *ended_exports(current),
        ],
        "search": _search(current),
    }


def _site_to_go_on(current: Visit) -> LiveSite | None:
    """Return the site of this page, or of the last one that had a site, or the first."""
    if current.site is not None:
        return current.site
    sites = current.sites()
    last = None if current.signed_in is None else current.signed_in.session.site
    return next((one for one in sites if one.id == last), sites[0] if sites else None)


def _places(current: Visit, shown: LiveSite | None) -> list[Place]:
    area = _area()
    places = []
    for name in AREAS:
        href = _href_of(current, name, shown)
        if href is not None:
            places.append(Place(current.words(f"nav.{name}"), href, is_current=name == area))
    return places


def _site_switch(current: Visit, shown: LiveSite | None) -> list[Place]:
    """Return the same area on each site, or where there is none the overview."""
    area = _area()
    return [
        Place(
            site_name(one),
            (None if area is None else _href_of(current, area, one, by_site=True))
            or _href_of(current, "overview_site", one)
            or url_for("console.overview"),
            is_current=shown is not None and one.id == shown.id,
        )
        for one in current.sites()
    ]


def _href_of(
    current: Visit, area: str, site: LiveSite | None, *, by_site: bool = False
) -> str | None:
    """Return where an area is; None where it is not, or not for this person."""
    endpoint = f"console.{area}"
    declared = declarations.get(endpoint)
    if declared is None or endpoint not in current_app.view_functions:
        return None
    has_site = any("site" in rule.arguments for rule in current_app.url_map.iter_rules(endpoint))
    if (has_site and site is None) or (by_site and not has_site):
        return None
    if isinstance(declared.permission, Permission):
        asked = site.id if has_site and site is not None else None
        if not current.may(declared.permission, asked):
            return None
    return url_for(endpoint, site=site.id) if has_site and site is not None else url_for(endpoint)


def _area() -> str | None:
    """Return the area of this page: that of the endpoint `console.<area>` or `console.<area>_…`."""
    name = (request.endpoint or "").partition(".")[2]
    return next((one for one in AREAS if name == one or name.startswith(f"{one}_")), None)


def _search(current: Visit) -> str | None:
    """Return where the search box leads, for those who may search."""
    if "console.search" not in current_app.view_functions:
        return None
    return url_for("console.search") if current.may(Permission.SEARCH_RECORDS) else None

"""The programme's site in every language of the catalogue, and what the script draws of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from consent.core.catalogue import LANGUAGES, load_language
from consent.core.model import LocalText, Site, Theme
from consent.core.theme import POSITIONS
from consent.services.unpublished import as_served
from consent.web.script import drawn_config
from tests.make import make_site


def site_in_every_language(site: Site | None = None) -> Site:
    """Return a site in all languages; words of its own, not the catalogue's, stay English."""
    site = site or make_site()
    return replace(
        site,
        languages=LANGUAGES,
        name=_everywhere(site.name["en"]),
        privacy_url=_everywhere("/privacy"),
        categories=tuple(
            replace(
                one,
                label=_catalogue(f"category.{one.id}.label"),
                description=_catalogue(f"category.{one.id}.description"),
            )
            for one in site.categories
        ),
        trackers=tuple(
            replace(
                one,
                purpose=_everywhere(one.purpose["en"]),
                necessity_reason=_everywhere(one.necessity_reason.get("en", "")),
            )
            for one in site.trackers
        ),
    )


def configs(
    site: Site | None = None,
    *,
    positions: Sequence[str] = POSITIONS,
    languages: Sequence[str] = LANGUAGES,
) -> list[dict[str, Any]]:
    """Return what the script works from, for each place of the banner in each language."""
    site = site_in_every_language(site)
    return [
        drawn_config(as_served(replace(site, theme=_at(site.theme, one))), language, now=0)
        for one in positions
        for language in languages
    ]


def _at(theme: Theme, position: str) -> Theme:
    return replace(theme, position=position)


def _everywhere(text: str) -> LocalText:
    return dict.fromkeys(LANGUAGES, text)


def _catalogue(key: str) -> LocalText:
    return {language: load_language(language).texts[key] for language in LANGUAGES}

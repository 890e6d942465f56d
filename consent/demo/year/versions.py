"""What the programme's website showed in the course of the year: one site, three versions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from consent.core.model import Site

VIDEO = "lecture-video"
FORMER_WORDS = {
    "en": {"banner.title": "Cookies on this website"},
    "nl": {"banner.title": "Cookies op deze website"},
}


@dataclass(frozen=True, slots=True)
class Version:
    """What is published from a day of the year on, counted from its first day."""

    day: int
    site: Site


def versions_of(site: Site, days: int) -> tuple[Version, ...]:
    """Return the versions of a year that ends with the site as it is now.

    The trial lectures came in spring, with a recipient of their own: visitors are asked again. Only
    words changed in late summer: nobody is.
    """
    with_videos = replace(site, texts=FORMER_WORDS)
    return (
        Version(0, _without_videos(with_videos)),
        Version(days * 11 // 36, with_videos),
        Version(days * 26 // 36, site),
    )


def _without_videos(site: Site) -> Site:
    return replace(
        site,
        providers=tuple(one for one in site.providers if one.id != VIDEO),
        trackers=tuple(one for one in site.trackers if one.provider != VIDEO),
        categories=tuple(
            replace(one, purposes=tuple(name for name in one.purposes if name != "embedded_media"))
            for one in site.categories
        ),
    )

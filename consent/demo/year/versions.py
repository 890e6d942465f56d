"""What the programme's website showed in the course of the year: one site, three versions.

Each is a file, as whoever keeps a website writes it: the one of today, with what came later left
out or put back. One more is proposed at the end, and waits for somebody of the console.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from consent.core.config import load_site
from consent.core.model import Site
from consent.services.publishing import SiteFile

VIDEO = "lecture-video"
FORMER_WORDS = """
[texts.en]
"banner.title" = "Cookies on this website"

[texts.nl]
"banner.title" = "Cookies op deze website"
"""
TOUR = """
[providers.campus-tour]
name = "Campus Tour"
role = "processor"
country = "FI"

[[trackers]]
name = "Campus tour"
category = "functional"
provider = "campus-tour"
kind = "embed"
hosts = ["tracker.localhost/embed/tour"]
purpose.en = "Lets you walk through the buildings on the page."
purpose.nl = "Laat u op de pagina door de gebouwen lopen."

[texts.en]
"banner.title" = "Cookies on this website: your choice"

[texts.nl]
"banner.title" = "Cookies op deze website: uw keuze"

[publishing]
approvals = 1
"""
WHY = "The virtual tour for the open days. It comes from a company in Finland."


@dataclass(frozen=True, slots=True)
class Version:
    """What is in force from a day of the year on, counted from its first day."""

    day: int
    file: SiteFile

    @property
    def site(self) -> Site:
        return load_site(self.file.text, self.file.name)


def versions_of(file: SiteFile, days: int) -> tuple[Version, ...]:
    """Return the versions of a year that ends with the file as it is now.

    The trial lectures came in spring, with a recipient of their own: visitors are asked again. Only
    words changed in late summer: nobody is.
    """
    with_videos = file.text + FORMER_WORDS
    return (
        Version(0, SiteFile(file.name, _without_videos(with_videos))),
        Version(days * 11 // 36, SiteFile(file.name, with_videos)),
        Version(days * 26 // 36, file),
    )


def proposal_of(file: SiteFile) -> SiteFile:
    """Return what is proposed in the end: another recipient, and that somebody approves it."""
    return SiteFile(file.name, file.text + TOUR)


def _without_videos(text: str) -> str:
    """Leave out the recipient and what it keeps: parts of the file that blank lines divide."""
    parts = re.split(r"\n{2,}", text.replace(', "embedded_media"]', "]"))
    theirs = (f"[providers.{VIDEO}]", f'provider = "{VIDEO}"')
    return "\n\n".join(part for part in parts if not any(line in part for line in theirs))

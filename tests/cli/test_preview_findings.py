"""`consent preview` tells what publishing would."""

from __future__ import annotations

from consent.cli.preview import findings_of
from tests.make import make_site, make_site_text

SHARED_HOST = """
[blocking]
automatic = true

[[trackers]]
name = "Map of ads"
category = "ads"
provider = "study-ads"
kind = "embed"
hosts = ["map.example"]
purpose = { en = "Shows a map.", nl = "Toont een kaart." }
"""


def test_what_the_blocker_cannot_keep_apart_is_told_in_the_preview_too() -> None:
    told = findings_of(make_site(text=make_site_text(extra=SHARED_HOST)), [])
    assert [one.place for one in told if one.rule == "PB-10"] == ["trackers hosts map.example"]

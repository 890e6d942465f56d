"""Sites and notices with plain defaults: the programme's site, in two languages, over HTTPS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from consent.core.catalogue import load_catalogue
from consent.core.config import load_site
from consent.core.model import Site, Tracker
from consent.core.notice import Notice, notice_document

_TOP = """\
schema = 1
id = "{site_id}"
origins = ["{origin}"]
service_url = "{service_url}"
languages = ["en", "nl"]
default_language = "en"
page_groups = ["programme", "admissions", "contact"]
record_refusals = "{record_refusals}"
name = {{ en = "Biomedical Sciences", nl = "Biomedische wetenschappen" }}
privacy_url = {{ en = "/privacy", nl = "/privacy" }}
{top}
[controller]
id = "leiden-university"
name = "Leiden University"
address = "Rapenburg 70, 2311 Leiden, Netherlands"
email = "privacy@university.example"
dpo_name = "Data Protection Officer"
dpo_email = "dpo@university.example"
authority_name = "Autoriteit Persoonsgegevens"
authority_url = "https://www.autoriteitpersoonsgegevens.nl"
"""

_FUNCTIONAL = """
[categories.functional]
purposes = ["embedded_maps"]
data = ["ip_address"]

[providers.campus-map]
name = "Campus Map"
role = "processor"
country = "NL"

[[trackers]]
name = "Campus map"
category = "functional"
provider = "campus-map"
kind = "embed"
hosts = ["map.example"]
purpose = { en = "Shows a map of the campus.", nl = "Toont een kaart van de campus." }

[[trackers]]
name = "map_view"
category = "functional"
provider = "campus-map"
kind = "cookie"
domain = "map.example"
lifetime = "30 days"
purpose = { en = "Remembers your view of the map.", nl = "Onthoudt uw beeld van de kaart." }
"""

_PERSONALISATION = """
[categories.personalisation]
purposes = ["personalised_content"]
data = ["page_views"]

[[trackers]]
name = "viewed"
category = "personalisation"
provider = "controller"
kind = "local_storage"
lifetime = "persistent"
purpose = { en = "Keeps what you viewed.", nl = "Bewaart wat u bekeek." }
"""

_ADS = """
[categories.ads]
purposes = ["advertising", "ad_measurement"]
data = ["page_views", "online_identifier"]

[providers.study-ads]
name = "Study Ads Network"
role = "controller"
country = "US"
transfer_basis = "standard_clauses"

[[trackers]]
pattern = "_study_ads_*"
category = "ads"
provider = "study-ads"
kind = "cookie"
lifetime = "90 days"
purpose = { en = "Tells your browser apart.", nl = "Onderscheidt uw browser." }

[[trackers]]
name = "Study ads pixel"
category = "ads"
provider = "study-ads"
kind = "pixel"
hosts = ["ads.example"]
purpose = { en = "Measures visits after an ad.", nl = "Meet bezoeken na een advertentie." }
"""

_NECESSARY = """
[[trackers]]
name = "contact_form"
category = "necessary"
provider = "controller"
kind = "cookie"
lifetime = "session"
http_only = true
purpose = { en = "Keeps the form safe.", nl = "Houdt het formulier veilig." }
necessity_reason = { en = "You ask for the form.", nl = "U vraagt om het formulier." }
"""

_CATEGORIES = {"functional": _FUNCTIONAL, "personalisation": _PERSONALISATION, "ads": _ADS}


def make_site_text(
    *,
    site_id: str = "programme",
    origin: str = "https://programme.example",
    service_url: str | None = None,
    record_refusals: str = "event",
    categories: Sequence[str] = tuple(_CATEGORIES),
    top: str = "",
    extra: str = "",
) -> str:
    """Return the TOML of a site; `top` goes among the top-level keys, `extra` to the end."""
    head = _TOP.format(
        site_id=site_id,
        origin=origin,
        service_url=f"{origin}/consent" if service_url is None else service_url,
        record_refusals=record_refusals,
        top=top,
    )
    return head + "".join(_CATEGORIES[name] for name in categories) + _NECESSARY + extra


def make_site(*, text: str | None = None, **overrides: Any) -> Site:
    """Return a site: of `text` if given; other keywords replace fields of the Site."""
    return replace(load_site(make_site_text() if text is None else text, "site.toml"), **overrides)


def make_site_in(*languages: str) -> Site:
    """Return the site in other languages, its own words English in all of them."""
    site = make_site()

    def spoken(text: Mapping[str, str]) -> dict[str, str]:
        return dict.fromkeys(languages, text[site.default_language]) if text else {}

    def known(key: str) -> dict[str, str]:
        return {tag: load_catalogue(tag)[key] for tag in languages}

    return replace(
        site,
        languages=languages,
        default_language=languages[0],
        name=spoken(site.name),
        privacy_url=spoken(site.privacy_url),
        categories=tuple(
            replace(
                one,
                label=known(f"category.{one.id}.label"),
                description=known(f"category.{one.id}.description"),
            )
            for one in site.categories
        ),
        trackers=tuple(
            replace(one, purpose=spoken(one.purpose), necessity_reason=spoken(one.necessity_reason))
            for one in site.trackers
        ),
    )


def make_notice(site: Site | None = None, **overrides: Any) -> Notice:
    """Return the notice of a site; other keywords replace fields of the Site."""
    return Notice(notice_document(replace(site or make_site(), **overrides)))


def make_tracker(site: Site | None = None, **overrides: Any) -> Tracker:
    """Return the advertising cookie, with some fields replaced."""
    trackers = (site or make_site()).trackers
    return replace(next(one for one in trackers if one.name == "_study_ads_*"), **overrides)

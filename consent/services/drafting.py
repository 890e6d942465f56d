"""Draft the commented file of a new site, with a blank where only its owner knows the value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from consent.core.config import load_site
from consent.errors import ConfigurationError

TEMPLATE = "site.toml"
SITE_ID_LENGTH = 32

_BLANK_VALUE = re.compile(r'= \[?""\]?(?: |$)')
_BLANK_FAULT = "is blank; give a text"

# What to write where nothing was given.
_HINTS = {
    "controller": "the organisation's name as in its register",
    "address": "its postal address",
    "email": "where visitors can ask about their data",
    "dpo_name": "the data protection officer, or who answers about privacy",
    "dpo_email": "the address of that person or office",
    "authority": "the supervisory authority, such as Autoriteit Persoonsgegevens",
    "authority_url": "its address, such as https://www.autoriteitpersoonsgegevens.nl",
}
CONTROLLER_KEYS = tuple(_HINTS)

_KEYS = {"reason_basket": "necessity_reason", "erasure_reason": "erasure_reason"}  # else: purpose

_EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "erasure_reason": {
        "en": "Claims about consent can be made for two years, and we must be able to answer them.",
        "nl": "Over toestemming kan twee jaar worden geklaagd; daarop moeten we kunnen antwoorden.",
    },
    "purpose_basket": {
        "en": "Keeps what you put in the basket.",
        "nl": "Bewaart wat u in het winkelmandje legt.",
    },
    "reason_basket": {
        "en": "You fill the basket yourself, and the next page must show it.",
        "nl": "U vult het mandje zelf, en de volgende pagina moet het tonen.",
    },
    "purpose_video": {
        "en": "Plays a video on the page.",
        "nl": "Speelt een video af op de pagina.",
    },
    "purpose_viewed": {
        "en": "Lists the pages that you viewed before.",
        "nl": "Toont een lijst van de pagina’s die u eerder bekeek.",
    },
    "purpose_ad_cookie": {
        "en": "Tells your browser apart, to choose ads and not repeat them.",
        "nl": "Onderscheidt uw browser, om advertenties te kiezen en niet te herhalen.",
    },
    "purpose_ad_pixel": {
        "en": "Measures whether a visit follows from an ad.",
        "nl": "Meet of een bezoek op een advertentie volgt.",
    },
    "purpose_visits": {
        "en": "Counts visits to the site.",
        "nl": "Telt bezoeken aan de site.",
    },
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a new site. `controller` has the keys of CONTROLLER_KEYS that are known."""

    site_id: str
    name: str
    languages: tuple[str, ...]
    origin: str
    mount: str
    controller: Mapping[str, str]


def site_id_of(name: str) -> str:
    """Return an id that fits a name: "My site" is my-site."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return re.sub(r"^[^a-z]+", "", "-".join(words))[:SITE_ID_LENGTH].strip("-") or "site"


def draft_site(draft: Draft, file_name: str) -> str:
    """Return the text of a site's file; raise ConfigurationError when a given value is wrong."""
    text = _fill_in(draft, file_name)
    try:
        load_site(text, file_name)
    except ConfigurationError as error:
        wrong = [fault for fault in error.faults if not fault.endswith(_BLANK_FAULT)]
        if wrong:
            raise ConfigurationError([_without_place(fault) for fault in wrong]) from error
    return text


def blank_lines(text: str) -> list[int]:
    """Return the numbers of the lines where something is to be filled in."""
    lines = enumerate(text.splitlines(), start=1)
    return [number for number, line in lines if _BLANK_VALUE.search(line) and line[0] != "#"]


def _fill_in(draft: Draft, file_name: str) -> str:
    template = files("consent.services").joinpath(TEMPLATE).read_text(encoding="utf-8")
    service_url = f"{draft.origin}{draft.mount}" if draft.origin else ""
    values = {
        "file": file_name,
        "id": _quoted(draft.site_id),
        "id_text": draft.site_id,
        "origin": _quoted(draft.origin),
        "origin_hint": _hint(draft.origin, "such as https://www.example.org"),
        "service_url": _quoted(service_url),
        "service_hint": _hint(service_url, f"such as https://www.example.org{draft.mount}"),
        "languages": ", ".join(_quoted(language) for language in draft.languages),
        "default_language": _quoted(draft.languages[0]),
        "names": _in_languages(draft.languages, draft.name),
        "privacy_urls": _in_languages(draft.languages, "/privacy"),
        "controller_id": _quoted(site_id_of(draft.controller.get("controller", draft.site_id))),
    }
    for key, hint in _HINTS.items():
        value = draft.controller.get(key, "")
        values |= {key: _quoted(value), f"{key}_hint": _hint(value, hint)}
    for key, texts in _EXAMPLES.items():
        values[key] = _example(key, texts, draft.languages)
    return Template(template).substitute(values)


def _in_languages(languages: Sequence[str], text: str) -> str:
    return "\n".join(f"{language} = {_quoted(text)}" for language in languages)


def _example(key: str, texts: Mapping[str, str], languages: Sequence[str]) -> str:
    """Return a commented-out text in each language, in English where there is no other."""
    name = _KEYS.get(key, "purpose")
    lines = ((language, texts.get(language, texts["en"])) for language in languages)
    return "\n".join(f"#{name}.{language} = {_quoted(text)}" for language, text in lines)


def _hint(value: str, hint: str) -> str:
    return "" if value else f" # fill in: {hint}"


def _quoted(text: str) -> str:
    """Return a TOML string; JSON writes it the same way but for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _without_place(fault: str) -> str:
    _file, _line, rest = fault.split(":", 2)
    return rest.strip()

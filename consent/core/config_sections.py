"""Read the parts of a site's file that stand on their own, each into its value."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from consent.core import limits
from consent.core.catalogue import load_catalogue
from consent.core.config_addresses import email_fault, url_fault
from consent.core.config_values import Table, hint, shown
from consent.core.countries import COUNTRIES, TRANSFER_BASES, is_outside_eea
from consent.core.model import (
    NECESSARY,
    Category,
    Controller,
    Lifetimes,
    Provider,
    Role,
    Theme,
)
from consent.core.own_trackers import OWN_PROVIDER
from consent.core.sentence import Sentence, sentence
from consent.core.texts import SITE_PLACEHOLDERS, placeholders
from consent.core.theme import (
    DEFAULT_COLOURS,
    DEFAULT_FONT,
    DEFAULT_RADIUS,
    POSITIONS,
    with_dark,
)

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,31}")
_CATEGORY_ID = re.compile(r"[a-z][a-z0-9]{0,23}")
_TAKEN = ("constructor",)  # every object of a browser's script has something of this name
_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_FAMILY = r"""(?:[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*|"[A-Za-z0-9 -]+"|'[A-Za-z0-9 -]+')"""
_FONT = re.compile(rf"(?=.{{1,200}}$){_FAMILY}(?: ?, ?{_FAMILY})*")


def slug_fault(name: str) -> str | None:
    if _SLUG.fullmatch(name):
        return None
    return "is not a name of small letters, digits and hyphens, a letter first, at most 32"


def read_controller(table: Table) -> Controller:
    table.allow(Controller.__dataclass_fields__)
    return Controller(
        id=table.judged("id", slug_fault),
        name=table.text("name"),
        address=table.text("address"),
        email=table.judged("email", email_fault),
        dpo_name=table.text("dpo_name"),
        dpo_email=table.judged("dpo_email", email_fault),
        authority_name=table.text("authority_name"),
        authority_url=table.judged("authority_url", url_fault),
    )


def read_provider(provider_id: str, table: Table) -> Provider:
    """Read a recipient; outside the EEA it needs a basis for the transfer (GDPR 13(1)(f))."""
    table.allow(("name", "role", "country", "transfer_basis", "privacy_url"))
    table.report(table.path, provider_id, slug_fault)
    if provider_id == OWN_PROVIDER:
        table.faults.add(table.path, "this id means the site's controller; choose another")
    country = table.judged("country", _country_fault)
    role = table.choice("role", list(Role), Role.CONTROLLER)
    return Provider(
        id=provider_id,
        name=table.text("name"),
        role=Role(role) if role in list(Role) else Role.CONTROLLER,
        country=country,
        transfer_basis=_transfer_basis(table, country),
        privacy_url=table.judged("privacy_url", url_fault, "") or None,
    )


def read_category(
    category_id: str,
    table: Table,
    languages: Sequence[str],
    purposes: Collection[str],
    data: Collection[str],
) -> Category:
    """Read a category; what the file does not say about it comes from the catalogue."""
    table.allow(("label", "description", "purposes", "data", "gpc"))
    if category_id == NECESSARY:
        table.faults.add(table.path, "is never a choice; only trackers may name it")
    elif not _CATEGORY_ID.fullmatch(category_id) or category_id in _TAKEN:
        table.faults.add(table.path, "give small letters and digits, a letter first, at most 24")
    return Category(
        id=category_id,
        label=_category_text(category_id, "label", table, languages),
        description=_category_text(category_id, "description", table, languages),
        purposes=table.codes("purposes", _known_codes("purpose", purposes)),
        data=table.codes("data", _known_codes("data", data)),
        gpc=table.boolean("gpc", default=category_id == "ads"),
    )


def read_labels(table: Table, key: str, languages: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read a site's own codes with their labels: [purposes.<code>], [data_kinds.<code>]."""
    labels: dict[str, dict[str, str]] = {}
    for code, inner in table.tables(key):
        inner.report(inner.path, code, _code_fault)
        labels[code] = inner.in_languages(languages)
    return labels


def read_lifetimes(table: Table | None) -> Lifetimes:
    default = limits.DEFAULT_CHOICE_DAYS
    if table is None:
        return Lifetimes(default, default, limits.DEFAULT_PROOF_MONTHS)
    table.allow(Lifetimes.__dataclass_fields__)
    consent_days = table.integer("consent_days", default, 1, limits.MAX_CONSENT_DAYS, "days")
    refusal_days = table.integer(
        "refusal_days", max(consent_days, default), 1, limits.MAX_DEVICE_DAYS, "days"
    )
    if refusal_days < consent_days:
        table.fault(
            "refusal_days",
            f"is {refusal_days}; a refusal is remembered at least as long as "
            f"consent: give {consent_days} or more",
        )
    months = table.integer(
        "proof_months", limits.DEFAULT_PROOF_MONTHS, 1, limits.MAX_PROOF_MONTHS, "months"
    )
    return Lifetimes(consent_days, refusal_days, months)


def read_theme(table: Table | None) -> Theme:
    if table is None:
        return Theme(POSITIONS[0], DEFAULT_RADIUS, DEFAULT_FONT, **DEFAULT_COLOURS)
    table.allow(Theme.__dataclass_fields__)
    given = {
        name: table.judged(name, _colour_fault, default).lower()
        for name, default in DEFAULT_COLOURS.items()
        if name in table
    }
    return Theme(
        position=table.choice("position", POSITIONS, POSITIONS[0]),
        radius=table.integer("radius", DEFAULT_RADIUS, 0, 32, "pixels"),
        font=table.judged("font", _font_fault, DEFAULT_FONT),
        **with_dark({name: one for name, one in given.items() if _COLOUR.fullmatch(one)}),
    )


def read_overrides(table: Table, languages: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read a site's own wording of texts in the catalogue, which keeps their placeholders."""
    overrides: dict[str, dict[str, str]] = {}
    for language, inner in table.tables("texts"):
        if language in languages:
            overrides[language] = _read_texts(inner, load_catalogue(language))
        else:
            inner.faults.add(inner.path, f"not a language of this site: {', '.join(languages)}")
    return overrides


def placeholder_faults(text: str, model: str) -> list[Sentence]:
    """Say how the placeholders of a site's own wording differ from those it must have."""
    has, should = placeholders(text), placeholders(model)
    missing = sorted(should - has - SITE_PLACEHOLDERS)
    extra = sorted(has - should - SITE_PLACEHOLDERS)
    lacks, has_more = "lacks {place}", "has {place}, which nothing fills in here"
    return [sentence(lacks, place=f"{{{name}}}") for name in missing] + [
        sentence(has_more, place=f"{{{name}}}") for name in extra
    ]


def _read_texts(table: Table, catalogue: Mapping[str, str]) -> dict[str, str]:
    """Read keys written in one ("banner.title") or as tables (banner.title)."""
    texts: dict[str, str] = {}
    for key, inner, name in table.leaves():
        if key not in catalogue:
            inner.fault(name, f"there is no text {shown(key)}; {hint(key, catalogue)}")
            continue
        texts[key] = inner.text(name)
        for fault in placeholder_faults(texts[key], catalogue[key]) if texts[key] else ():
            inner.fault(name, str(fault))
    return texts


def _category_text(
    category_id: str, part: str, table: Table, languages: Sequence[str]
) -> dict[str, str]:
    key = f"category.{category_id}.{part}"
    if part not in table and all(key in load_catalogue(language) for language in languages):
        return {language: load_catalogue(language)[key] for language in languages}
    return table.local_text(part, languages)


def _known_codes(prefix: str, own: Collection[str]) -> set[str]:
    """Return the codes that have a label: the catalogue's and the site's own."""
    start = f"{prefix}."
    return {key.removeprefix(start) for key in load_catalogue("en") if key.startswith(start)} | {
        *own
    }


def _transfer_basis(table: Table, country: str) -> str | None:
    basis = table.choice("transfer_basis", TRANSFER_BASES, "") or None
    if "transfer_basis" not in table and country in COUNTRIES and is_outside_eea(country):
        table.fault(
            "transfer_basis",
            f"is missing, and {country} is outside the European Economic Area; "
            f"allowed: {', '.join(TRANSFER_BASES)}",
        )
    if basis == "data_privacy_framework" and country != "US":
        table.fault("transfer_basis", "data_privacy_framework covers the United States only")
    return basis


def _country_fault(country: str) -> str | None:
    return None if country in COUNTRIES else "is not two capitals of ISO 3166-1, such as NL"


def _code_fault(code: str) -> str | None:
    if _CODE.fullmatch(code):
        return None
    return "is not a code of small letters, digits and underscores, a letter first"


def _colour_fault(colour: str) -> str | None:
    return None if _COLOUR.fullmatch(colour) else "is not a colour as #rrggbb, such as #001158"


def _font_fault(font: str) -> str | None:
    return None if _FONT.fullmatch(font) else "is not a list of font names"

"""Notices and policies as pages that open without us: one file each, in the visitors' language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from consent.core.catalogue import LANGUAGES, MODEL, load_catalogue, load_language
from consent.core.formats import duration, join_words, lifetime_text
from consent.core.model import NECESSARY
from consent.core.notice import EXEMPT, Notice, recipient_ids, trackers_of
from consent.core.texts import render_some

Document = Mapping[str, Any]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates of an evidence pack; what they are given is escaped."""
    return Environment(
        loader=PackageLoader("consent.export"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_page(name: str, **values: Any) -> str:
    """Return a page of the pack."""
    return environment().get_template(name).render(**values)


def notice_page(notice: Notice, language: str) -> str:
    """Return all that a notice said, in one of its languages."""
    document = notice.document
    texts = _texts_of(notice, language)
    return render_page(
        "notice.html",
        language=language,
        direction=load_language(_known(language)).direction,
        notice=notice,
        site=notice.site_name(language),
        t=texts.__getitem__,
        texts=sorted(notice.texts(language).items()),
        categories=[
            _category(notice, texts, language, category) for category in document["categories"]
        ],
        necessary=_trackers(notice, texts, language, NECESSARY),
        exempt=_trackers(notice, texts, language, EXEMPT),
        recipients=[
            f"{provider['name']}, {provider['country_name'][language]}:"
            f" {texts['role.' + provider['role']]}"
            for provider in document["providers"]
            if provider["id"] in recipient_ids(document)
        ],
        controller=document["controller"],
        lifetimes=[
            _lasting(texts["notice.consent_days"], language, notice.consent_days),
            _lasting(texts["notice.refusal_days"], language, notice.refusal_days),
        ],
    )


def policy_page(document: Document, version: str, language: str) -> str:
    """Return an archived cookie policy in one of its languages."""
    policy = document["languages"][language]
    direction = load_language(_known(language)).direction
    return render_page(
        "policy.html", language=language, direction=direction, policy=policy, version=version
    )


def _known(language: str) -> str:
    """Return the language, or the model for one the catalogue no longer has."""
    return language if language in LANGUAGES else MODEL


def _lasting(text: str, language: str, days: int) -> str:
    """Fill in an amount of days; old notices have it as a bare number."""
    amount = duration(_known(language), days, "days")
    return render_some(text, {"duration": amount, "days": days})


def _texts_of(notice: Notice, language: str) -> dict[str, str]:
    """Return the notice's own texts, filled in as they were shown.

    Headings that an old notice has no text for are today's.
    """
    catalogue = load_catalogue(_known(language))
    filled = {"controller": notice.controller_name, "recipients": notice.recipient_count}
    own = {key: render_some(text, filled) for key, text in notice.texts(language).items()}
    return {**catalogue, **own}


def _category(
    notice: Notice, texts: Mapping[str, str], language: str, category: Document
) -> dict[str, Any]:
    document = notice.document
    return {
        "label": category["label"][language],
        "description": category["description"][language],
        "purposes": [document["purposes"][code][language] for code in category["purposes"]],
        "data": [document["data_kinds"][code][language] for code in category["data"]],
        "trackers": _trackers(notice, texts, language, category["id"]),
    }


def _trackers(
    notice: Notice, texts: Mapping[str, str], language: str, group: str
) -> list[dict[str, str]]:
    return [
        {
            "name": one["name"],
            "kind": texts[f"kind.{one['kind']}"],
            "provider": notice.provider_name(one["provider"]),
            "purpose": one["purpose"][language],
            "lifetime": lifetime_text(
                _known(language),
                texts,
                one["kind"],
                one["lifetime"]["amount"],
                one["lifetime"]["unit"],
            ),
            "host": join_words(_known(language), one["hosts"])
            or one["domain"]
            or texts["party.first"],
            "reason": one["necessity_reason"].get(language, ""),
        }
        for one in trackers_of(notice.document, group)
    ]

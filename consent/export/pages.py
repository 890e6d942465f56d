"""Notices and policies as pages that open without us: one file each, in the visitors' language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from consent.core.model import NECESSARY
from consent.core.notice import Notice, recipient_ids
from consent.core.texts import LANGUAGES, join_words, lifetime_text, load_catalogue, render_some

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
        notice=notice,
        site=notice.site_name(language),
        t=texts.__getitem__,
        texts=sorted(notice.texts(language).items()),
        categories=[
            _category(notice, texts, language, category) for category in document["categories"]
        ],
        necessary=_trackers(notice, texts, language, NECESSARY),
        recipients=[
            f"{provider['name']}, {provider['country_name'][language]}:"
            f" {texts['role.' + provider['role']]}"
            for provider in document["providers"]
            if provider["id"] in recipient_ids(document)
        ],
        controller=document["controller"],
    )


def policy_page(document: Document, version: str, language: str) -> str:
    """Return an archived cookie policy in one of its languages."""
    policy = document["languages"][language]
    return render_page("policy.html", language=language, policy=policy, version=version)


def _texts_of(notice: Notice, language: str) -> dict[str, str]:
    """Return the notice's own texts, filled in as they were shown.

    Headings that an old notice has no text for are today's.
    """
    catalogue = load_catalogue(language if language in LANGUAGES else LANGUAGES[0])
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
    notice: Notice, texts: Mapping[str, str], language: str, category: str
) -> list[dict[str, str]]:
    return [
        {
            "name": one["name"],
            "kind": texts[f"kind.{one['kind']}"],
            "provider": notice.provider_name(one["provider"]),
            "purpose": one["purpose"][language],
            "lifetime": lifetime_text(
                texts, one["kind"], one["lifetime"]["amount"], one["lifetime"]["unit"]
            ),
            "host": join_words(texts, one["hosts"]) or one["domain"] or texts["party.first"],
            "reason": one["necessity_reason"].get(language, ""),
        }
        for one in notice.document["trackers"]
        if one["category"] == category
    ]

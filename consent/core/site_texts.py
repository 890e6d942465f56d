"""A site's texts: its own words over the catalogue's, with what the site decides filled in."""

from __future__ import annotations

from collections.abc import Mapping

from consent.core.model import LocalText, Site
from consent.core.texts import join_words, load_catalogue, render_some

_BUTTONS = ("accept_all", "refuse_all", "choose", "withdraw_all")


def site_texts(site: Site, language: str) -> dict[str, str]:
    """Return every text of a site in a language, with what the site decides filled in.

    What is left in braces is filled in when the text is shown.
    """
    texts = {**load_catalogue(language), **site.texts.get(language, {})}
    values = {name: texts[f"button.{name}"] for name in _BUTTONS}
    values["control"] = texts["control.label"]
    values["uses"] = join_words(texts, _uses(site, texts, language))
    refused_by_signal = [one.label[language] for one in site.categories if one.gpc]
    values["gpc"] = join_words(texts, refused_by_signal)
    return {key: render_some(text, values) for key, text in texts.items()}


def _uses(site: Site, texts: Mapping[str, str], language: str) -> list[str]:
    """Return what each category is good for, so that the banner names only what is offered."""
    return [
        texts.get(f"category.{category.id}.use", category.label[language])
        for category in site.categories
    ]


def site_text(site: Site, language: str, key: str, otherwise: str | None = None) -> str:
    """Return one text in the site's own words or the catalogue's; `otherwise` if there is none."""
    catalogue = load_catalogue(language)
    own = site.texts.get(language, {})
    if otherwise is not None and key not in own and key not in catalogue:
        return otherwise
    return own[key] if key in own else catalogue[key]


def in_each_language(site: Site, key: str, otherwise: str | None = None) -> LocalText:
    return {language: site_text(site, language, key, otherwise) for language in site.languages}

"""A site's texts: its own words over the catalogue's, with what the site decides filled in."""

from __future__ import annotations

from collections.abc import Mapping

from consent.core.catalogue import load_catalogue
from consent.core.formats import join_words
from consent.core.model import LocalText, Site
from consent.core.texts import render_some

_BUTTONS = ("accept_all", "refuse_all", "choose", "withdraw_all")


def site_texts(site: Site, language: str) -> dict[str, str]:
    """Return every text of a site in a language, with what the site decides filled in.

    What is left in braces is filled in when the text is shown.
    """
    texts = {**load_catalogue(language), **site.texts.get(language, {})}
    values = {name: texts[f"button.{name}"] for name in _BUTTONS}
    values["control"] = texts["control.label"]
    values["uses"] = join_words(language, _uses(site, texts, language))
    refused_by_signal = [one.label[language] for one in site.categories if one.gpc]
    values["gpc"] = join_words(language, refused_by_signal)
    return {key: render_some(text, values) for key, text in texts.items()}


def _uses(site: Site, texts: Mapping[str, str], language: str) -> list[str]:
    """Return what each category is good for, so that the banner names only what is offered."""
    return [
        texts.get(f"category.{category.id}.use", category.label[language])
        for category in site.categories
    ]


def site_text(site: Site, language: str, key: str) -> str:
    """Return one text in the site's own words or the catalogue's."""
    return site.texts.get(language, {}).get(key, load_catalogue(language)[key])


def in_each_language(site: Site, key: str) -> LocalText:
    return {language: site_text(site, language, key) for language in site.languages}
